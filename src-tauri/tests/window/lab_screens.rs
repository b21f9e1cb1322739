//! Pictures of the Activity, the tokens, the Lab and its tour, and of a session after a lively life.

use std::fs;

use demo_server::{FaultKind, Switches};
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, JwtServer, LANGUAGES, Options, OwnServer, SOON, id, prepare_demo,
    until,
};
use crate::screens::{THEMES, in_each_size, pictures, pictures_at, wear};

const MINUTE: u64 = 60_000;

/// Long enough that nothing is renewed while it is photographed.
const HOUR: u64 = 60 * MINUTE;

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn the_activity_of_a_lively_life() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, tokens_for(HOUR)).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    app.renew_now().await;
    let other = desk.other_window().await;
    app.alternate_focus(&other, 2).await;
    drop(other);
    go_wrong(&app, &demo, json!({ "kind": "html200", "times": 1 })).await;
    for on in [true, false] {
        invoke(&app, "set_offline", json!({ "on": on })).await;
    }
    assert_eq!(app.terminate().await, 0);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.click(&id("call-api")).await;
    app.element(&id("api-result")).await;
    // The server answers, and the answer is lost: the same refresh token is sent once more.
    demo.set(json!({ "fault": { "kind": "dropAfterRotating", "times": 1 } })).await;
    let granted = demo.counters().await.refreshes_granted;
    app.sleep(2 * HOUR).await;
    demo.counted("the retry", SOON * 3, |all| all.refreshes_granted == granted + 2).await;
    app.wait_for_status("resting").await;

    app.click(&id("nav-activity")).await;
    app.element(&id("activity-list")).await;
    pictures_at(&app, "activity", "resting", "li:last-child").await;
    app.click(&format!("{} button", id("sent-before"))).await;
    let arrived = "li.arrived";
    app.element(arrived).await;
    let sent = app.attribute(&format!("{arrived} [data-fingerprint]"), "data-fingerprint").await;
    let sent = sent.expect("a token was sent");
    app.click(&format!("{arrived} [data-fingerprint=\"{sent}\"]")).await;
    pictures_at(&app, "activity-sent-before", "resting", arrived).await;
    let twice = format!("li:has({})", id("sent-before"));
    app.click(&format!("{twice} [data-open]")).await;
    app.element(&id("activity-detail")).await;
    pictures(&app, "activity-detail", "resting").await;
    pictures_at(&app, "activity-detail-end", "resting", &id("copy-curl")).await;
    app.press("Escape").await;
    app.choose("activity-filter-failures").await;
    pictures(&app, "activity-failures", "resting").await;
    app.choose("activity-filter-failures").await;
    app.type_into(&id("activity-search"), "nothing is called so").await;
    pictures(&app, "activity-no-match", "resting").await;
    app.click(&id("activity-show-all")).await;
    app.click(&id("activity-clear")).await;
    pictures(&app, "activity-clear", "resting").await;
    app.click(&id("activity-clear-confirm")).await;
    app.element(&id("activity-nothing")).await;
    pictures(&app, "activity-empty", "resting").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn the_tokens_in_use() {
    let server = JwtServer::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.click(&id("token-details")).await;
    app.element(&id("token-access")).await;
    pictures(&app, "token-jwt", "resting").await;
    pictures_at(&app, "token-jwt-end", "resting", &id("copy-token")).await;
    drop(app);

    let folder = AppFolder::new();
    prepare_demo(&folder, tokens_for(HOUR)).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.click(&id("token-details")).await;
    app.element(&id("token-access")).await;
    pictures(&app, "token-opaque", "resting").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn the_lab_after_an_hour_and_with_several_things_switched_on() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, tokens_for(10 * MINUTE)).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    let other = desk.other_window().await;
    app.focus().await;
    for (minutes, fault) in
        [(4, None), (9, Some("html200")), (5, None), (15, Some("dropAfterRotating")), (8, None)]
    {
        app.sleep(minutes * MINUTE).await;
        app.alternate_focus(&other, 1).await;
        app.wait_for_status("resting").await;
        if let Some(kind) = fault {
            go_wrong(&app, &demo, json!({ "kind": kind, "times": 1 })).await;
        }
    }
    app.sleep(6 * MINUTE).await;
    app.renew_now().await;
    app.sleep(10 * MINUTE).await;
    app.wait_for_status("resting").await;
    demo.set(json!({ "accessLifetimeMs": HOUR })).await;
    app.renew_now().await;
    drop(other);
    pictures(&app, "session-lively", "resting").await;
    app.click(&id("nav-lab")).await;
    app.click(&id("lifeline-hour")).await;
    pictures(&app, "lab", "resting").await;
    app.click(&id("lifeline-list")).await;
    pictures_at(&app, "lab-lifeline-list", "resting", &id("lifeline-list")).await;
    app.click(&id("lifeline-list")).await;
    invoke(&app, "set_offline", json!({ "on": true })).await;
    invoke(&app, "set_clock", json!({ "ms": HOUR })).await;
    let change = json!({
        "latencyMs": 800, "rotation": { "kind": "strict" }, "cookieForm": true,
        "fault": { "kind": "status", "code": 503, "times": 3 },
    });
    invoke(&app, "change_demo_switches", json!({ "change": change })).await;
    app.element(&id("switched-on")).await;
    let sentence = app.sentence_kind().await;
    pictures(&app, "lab-switched-on", &sentence).await;
    pictures_at(&app, "lab-client", &sentence, &id("leave-and-come-back")).await;
    pictures_at(&app, "lab-server", &sentence, &id("lab-rotation")).await;
    pictures_at(&app, "lab-fault", &sentence, &id("lab-fault")).await;
    pictures_at(&app, "lab-counters", &sentence, &id("lab-counters")).await;
    app.open_session().await;
    pictures(&app, "session-switched-on", &sentence).await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn the_lab_of_an_account_of_ones_own() {
    let server = OwnServer::start(tokens_for(HOUR)).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.click(&id("nav-lab")).await;
    pictures(&app, "lab-own", "resting").await;
    pictures_at(&app, "lab-own-end", "resting", &id("stop-in-mid-refresh")).await;
    app.click(&id("start-tour")).await;
    pictures_at(&app, "lab-own-tour", "resting", &id("tour-confirm")).await;
    app.choose("lab-part-scenarios").await;
    app.choose("where-own_account").await;
    app.click(&id("run-sign-out")).await;
    pictures(&app, "scenarios-own", "resting").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn scenarios_and_their_verdicts() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, tokens_for(HOUR)).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.click(&id("nav-lab")).await;
    app.choose("lab-part-scenarios").await;
    app.element(&id("run-sleep-8h")).await;
    pictures(&app, "scenarios", "resting").await;

    let own = folder.app_data().join("scenarios");
    let seven = "title \"A night of sleep costs seven refreshes\"\n\nsign-in\nsleep \"8h\"\n\
                 expect refreshes=7 within=\"5s\"\n";
    fs::write(own.join("seven.kdl"), seven).expect("the folder was made");
    fs::write(own.join("broken.kdl"), "title \"Broken\"\n\nsign-in\nslep \"8h\"\n").expect("too");
    app.click(&id("read-scenarios")).await;
    app.element(&id("scenario-mistake")).await;
    pictures_at(&app, "scenarios-mistake", "resting", &id("scenario-mistake")).await;
    for (name, verdict) in [("sleep-8h", "passed"), ("seven", "failed"), ("refused", "passed")] {
        app.click(&id(&format!("run-{name}"))).await;
        let ended = format!("{}[data-verdict={verdict}]", id(&format!("verdict-{name}")));
        app.wait_for(&ended, |_| true, SOON * 3).await;
    }
    app.click(&format!("{} summary", id("steps-seven"))).await;
    pictures_at(&app, "scenarios-failed", "resting", &id("evidence-seven")).await;
    app.click(&format!("{} summary", id("steps-sleep-8h"))).await;
    pictures_at(&app, "scenarios-passed", "resting", &id("steps-sleep-8h")).await;

    app.choose("pace-real_time").await;
    app.click(&id("run-sleep-8h")).await;
    let steps = format!("{} li[data-outcome]", id("steps-sleep-8h"));
    app.element(&steps).await;
    pictures_at(&app, "scenarios-running", "resting", &id("steps-sleep-8h")).await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn each_step_of_the_tour() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("start-tour")).await;
    step(&app, "1").await;
    pictures(&app, "tour-1", "signed_out").await;
    // The second step ends by itself after some seconds, so each picture has a tour of its own.
    for language in LANGUAGES {
        for theme in THEMES {
            wear(&app, language, theme).await;
            app.click(&id("tour-do")).await;
            step(&app, "2").await;
            in_each_size(&app, &format!("tour-2.{language}.{theme}"), "resting", "main h1").await;
            app.click(&id("tour-leave")).await;
            app.click(&id("nav-lab")).await;
            app.click(&id("start-tour")).await;
            step(&app, "1").await;
        }
    }
    app.click(&id("tour-do")).await;
    step(&app, "2").await;
    Demo::of(&folder).await.set(json!({ "accessLifetimeMs": HOUR })).await;
    for (number, scene, sentence) in [
        ("3", "tour-3", "resting"),
        ("4", "tour-4", "resting"),
        ("5", "tour-5", "resting"),
        ("end", "tour-end", "needs_sign_in"),
    ] {
        app.click(&id("tour-do")).await;
        step(&app, number).await;
        pictures(&app, scene, sentence).await;
    }
}

async fn step(app: &App<'_>, number: &str) {
    let step = format!("{}[data-step=\"{number}\"]", id("tour-step"));
    app.wait_for(&step, |_| true, SOON * 3).await;
}

/// A renewal meets this fault, and the ones after it do not.
async fn go_wrong(app: &App<'_>, demo: &Demo, fault: Value) {
    demo.set(json!({ "fault": fault })).await;
    let before = app.refreshes().await;
    app.click(&id("renew-now")).await;
    until("a renewal that works", SOON * 3, async || {
        if app.refreshes().await > before && app.status().await == "resting" {
            return Some(());
        }
        if app.status().await == "waiting" {
            app.click(&id("renew-now")).await;
        }
        None
    })
    .await;
    demo.set(json!({ "fault": FaultKind::None })).await;
}

async fn invoke(app: &App<'_>, command: &str, arguments: Value) {
    let answer = app.invoke(command, arguments).await;
    answer.unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
}

fn tokens_for(ms: u64) -> Switches {
    Switches { access_lifetime_ms: ms, ..Switches::default() }
}
