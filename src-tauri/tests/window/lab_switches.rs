//! Every switch of the Lab has its effect, and one button undoes them.

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until, while_closed,
};

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn offline_nothing_leaves_and_back_online_everything_that_waited_goes_at_once() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;

    invoke(&app, "set_offline", json!({ "on": true })).await;

    seen(&app, "lab", |lab| lab["offline"] == true).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    let why = app.view().await["session"]["why"].clone();
    assert_eq!(why["what"], json!({ "kind": "failed", "class": "not_sent" }), "{why}");
    assert_eq!(why["exchange"]["detail"], "offline: switched on in the Lab");
    let call = invoke(&app, "call_api", json!({})).await;
    assert_eq!(call["result"], "no_answer");
    let counters = demo.counters().await;
    assert_eq!((counters.refreshes, counters.api_calls), (0, 0), "nothing has left");

    invoke(&app, "set_offline", json!({ "on": false })).await;

    app.wait_for_refreshes(1, SOON).await;
    app.goes_on().await;
    assert_eq!(demo.counters().await.refreshes, 1);
}

#[tokio::test]
async fn a_sign_out_offline_is_told_when_the_network_is_back() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    invoke(&app, "set_offline", json!({ "on": true })).await;

    app.invoke("sign_out", json!({ "inBrowser": false })).await.expect("one may");

    app.wait_for_status("signed_out").await;
    seen(&app, "outbox", |outbox| outbox[0]["tries"].as_u64() >= Some(1)).await;
    assert_eq!(server.counters().await.logouts, 0);
    // A sign-in finds no network either.
    let form = json!({
        "account": "main", "settings": app.view().await["account"]["settings"],
        "password": "wonderland", "keep": "disk", "confirmed": true,
    });
    let refusal = app.invoke("sign_in", form).await.expect_err("there is no network");
    assert_eq!(refusal["code"], "unreachable", "{refusal}");

    invoke(&app, "set_offline", json!({ "on": false })).await;

    seen(&app, "outbox", |outbox| outbox == &json!([])).await;
    assert_eq!((server.counters().await.logouts, server.counters().await.logins), (1, 1));
}

#[tokio::test]
async fn a_month_of_pretended_sleep_gives_up_on_nobody_who_has_still_to_be_told() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    invoke(&app, "set_offline", json!({ "on": true })).await;
    app.invoke("sign_out", json!({ "inBrowser": false })).await.expect("one may");
    seen(&app, "outbox", |outbox| outbox[0]["tries"] == 1).await;

    app.sleep(30 * 24 * HOUR).await;
    app.set_clock(24 * 3_600_000).await;

    seen(&app, "outbox", |outbox| outbox[0]["tries"].as_u64() >= Some(1)).await;
    assert_eq!(app.view().await["notices"], json!([]), "the sleep was none");
    invoke(&app, "all_well", json!({})).await;
    seen(&app, "outbox", |outbox| outbox == &json!([])).await;
    assert_eq!(server.counters().await.logouts, 1);
}

#[tokio::test]
async fn expire_and_refuse_now_each_cost_one_refresh() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;

    invoke(&app, "expire_now", json!({})).await;

    app.wait_for_refreshes(1, SOON).await;
    let slept = app.view().await["timeMoved"]["sleptMs"].as_u64().unwrap_or_default();
    assert!((HOUR - 60_000..HOUR + 5_000).contains(&slept), "just past the end: {slept}");
    app.goes_on().await;

    invoke(&app, "refuse_now", json!({})).await;

    app.wait_for_refreshes(2, SOON).await;
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes, counters.api_refused), (1, 2, 0));
}

#[tokio::test]
async fn leaving_and_coming_back_is_a_focus_that_renews_what_is_due() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Too short to be renewed ahead of time: nothing but somebody who comes renews it.
    prepare_demo(&folder, Switches { access_lifetime_ms: 4_000, ..Switches::default() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("try-it")).await;
    app.wait_for_sentence("resting_on_demand", SOON).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "accessLifetimeMs": HOUR })).await;
    app.focus().await;

    app.run("window.__TAURI_INTERNALS__.invoke('leave_and_come_back', {})", &[]).await;

    seen(&app, "lab", |lab| lab["away"] == true).await;
    // It is due, and so short a nap is no wake.
    app.sleep(6_000).await;
    until("the window to be away", SOON, async || (!app.has_focus().await).then_some(())).await;
    until("the window to be back", SOON, async || app.has_focus().await.then_some(())).await;
    seen(&app, "lab", |lab| lab["away"] == false).await;
    app.wait_for_refreshes(1, SOON).await;
    let why = app.view().await["session"]["why"]["reason"].clone();
    assert_eq!(why, "focus");
    assert_eq!(demo.counters().await.refreshes, 1);
}

#[tokio::test]
async fn the_demo_servers_switches_are_shown_and_a_fault_that_is_over_is_shown_to_be() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let fault = json!({ "kind": "status", "code": 500, "times": 1, "on": ["refresh"] });

    let change = json!({ "change": { "fault": fault, "latencyMs": 5 } });
    invoke(&app, "change_demo_switches", change).await;

    let set = seen(&app, "demo", |demo| demo["switches"]["latencyMs"] == 5).await;
    assert_eq!(set["switches"]["fault"]["kind"], "status");
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    seen(&app, "demo", |demo| demo["switches"]["fault"]["kind"] == "none").await;
    app.wait_for_refreshes(1, SOON).await;
    let state = invoke(&app, "demo_state", json!({})).await;
    assert_eq!(state["counters"]["faultsShown"], 1);
    assert!(state["log"].as_array().is_some_and(|log| log.len() == 3), "{state}");

    // One that does not exist changes nothing.
    let refusal = app.invoke("change_demo_switches", json!({ "change": { "x": 1 } })).await;
    assert_eq!(refusal.expect_err("there is none")["code"], "bad_settings");

    // What the server can be made to do at once.
    invoke(&app, "demo_now", json!({ "act": "expire" })).await;
    let call = invoke(&app, "call_api", json!({})).await;
    assert_eq!(
        (call["how"].clone(), call["result"].clone()),
        (json!("repeated"), json!("accepted"))
    );
    invoke(&app, "demo_now", json!({ "act": "revoke" })).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("needs_sign_in").await;
}

#[tokio::test]
async fn all_well_turns_everything_off() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let change = json!({ "change": {
        "latencyMs": 50, "rotation": { "kind": "strict" }, "clockOffsetMs": 60_000,
        "fault": { "kind": "html200" },
    } });
    invoke(&app, "change_demo_switches", change).await;
    invoke(&app, "set_offline", json!({ "on": true })).await;
    app.set_clock(3_600_000).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;

    invoke(&app, "all_well", json!({})).await;

    let is_well = |view: &Value| {
        view["lab"] == json!({ "offline": false, "stopping": false, "away": false })
            && view["timeMoved"].is_null()
            && view["demo"]["switches"] == serde_json::to_value(Switches::default()).unwrap()
    };
    until("all to be well", SOON, async || is_well(&app.view().await).then_some(())).await;
    app.wait_for_refreshes(1, SOON).await;
    app.goes_on().await;
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 1);
}

#[tokio::test]
async fn on_an_account_of_ones_own_all_well_leaves_the_demo_server_alone() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, Switches { latency_ms: 7, ..calm() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    let state = invoke(&app, "demo_state", json!({})).await;
    assert_eq!(state["switches"]["latencyMs"], 7);

    invoke(&app, "set_offline", json!({ "on": true })).await;
    invoke(&app, "all_well", json!({})).await;

    seen(&app, "lab", |lab| lab["offline"] == false).await;
    let state = invoke(&app, "demo_state", json!({})).await;
    assert_eq!(state["switches"]["latencyMs"], 7);
    app.goes_on().await;
}

#[tokio::test]
async fn the_switches_of_a_demo_server_that_another_copy_runs_are_known_while_somebody_looks() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    while_closed(&folder, async |theirs| {
        theirs.set_switches(calm()).await.expect("it takes them");
        let app = App::start(&desk, &folder, Options::default()).await;
        app.try_it().await;
        seen(&app, "demo", |demo| demo["elsewhere"] == true).await;
        invoke(&app, "demo_state", json!({})).await;

        theirs.patch_switches(json!({ "latencyMs": 9 })).await.expect("it takes them");
        seen(&app, "demo", |demo| demo["switches"]["latencyMs"] == 9).await;
        // And turned from here, they are turned there.
        invoke(&app, "change_demo_switches", json!({ "change": { "latencyMs": 11 } })).await;
        assert_eq!(theirs.switches().await.expect("it answers").latency_ms, 11);
        seen(&app, "demo", |demo| demo["switches"]["latencyMs"] == 11).await;
        invoke(&app, "all_well", json!({})).await;
        assert_eq!(theirs.switches().await.expect("it answers"), Switches::default());
    })
    .await;
}

async fn signed_in<'a>(desk: &'a Desk, folder: &'a AppFolder) -> App<'a> {
    prepare_demo(folder, calm()).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.try_it().await;
    app
}

async fn invoke(app: &App<'_>, command: &str, arguments: Value) -> Value {
    let answer = app.invoke(command, arguments).await;
    answer.unwrap_or_else(|refusal| panic!("{command}: {refusal}"))
}

/// Waits until this part of the view is as it is wanted.
async fn seen(app: &App<'_>, part: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(format!("the view's {part}"), SOON, async || {
        Some(app.view().await[part].clone()).filter(&wanted)
    })
    .await
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: HOUR, ..Switches::default() }
}
