//! The demo server's side of the Lab: each control turned in the window, and read back at the server.

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until,
};
use crate::lab_screen::{HOUR, SCREENS, calm, checked, in_lab, signed_in};

/// The controls of the demo server's side.
const OF_THE_SERVER: [&str; 15] = [
    "lab-server",
    "lab-fault",
    "lab-latency",
    "lab-clock-offset",
    "lab-access-lifetime",
    "lab-refresh-lifetime",
    "lab-rotation",
    "lab-tell",
    "lab-tell-lifetime",
    "lab-kill-old",
    "lab-shape",
    "lab-envelope",
    "lab-cookie",
    "demo-expire",
    "demo-revoke",
];
#[tokio::test]
async fn each_switch_of_the_demo_server_is_set_there_and_all_well_brings_its_defaults_back() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;

    app.enter("lab-access-lifetime", 2).await;
    set(&demo, "/accessLifetimeMs", json!(2 * HOUR)).await;
    app.choose_option("lab-access-lifetime-unit", "min").await;
    set(&demo, "/accessLifetimeMs", json!(2 * 60_000)).await;
    app.enter("lab-refresh-lifetime", 3).await;
    set(&demo, "/refreshLifetimeMs", json!(3 * 24 * HOUR)).await;
    app.choose_option("lab-rotation", "grace").await;
    app.enter("lab-grace", 25).await;
    set(&demo, "/rotation", json!({ "kind": "grace", "seconds": 25 })).await;
    for kind in ["none", "strict"] {
        app.choose_option("lab-rotation", kind).await;
        set(&demo, "/rotation", json!({ "kind": kind })).await;
    }
    for tell in ["never", "whenNew"] {
        app.choose_option("lab-tell", tell).await;
        set(&demo, "/tellRefreshToken", json!(tell)).await;
    }
    for shape in [
        "milliseconds",
        "text",
        "fraction",
        "absolute",
        "year9999",
        "zero",
        "negative",
        "words",
        "absent",
    ] {
        app.choose_option("lab-shape", shape).await;
        set(&demo, "/lifetimeShape", json!(shape)).await;
    }
    for (toggle, name) in [
        ("lab-tell-lifetime", "/tellRefreshLifetime"),
        ("lab-kill-old", "/killOldAccessOnRefresh"),
        ("lab-envelope", "/envelope"),
        ("lab-cookie", "/cookieForm"),
    ] {
        app.click(&id(toggle)).await;
        set(&demo, name, json!(true)).await;
        assert_eq!(checked(&app, toggle).await, true);
    }
    app.choose_option("lab-latency-unit", "ms").await;
    app.enter("lab-latency", 15).await;
    set(&demo, "/latencyMs", json!(15)).await;
    app.enter("lab-clock-offset", 90).await;
    set(&demo, "/clockOffsetMs", json!(90_000)).await;
    app.choose_option("lab-fault", "html200").await;
    set(&demo, "/fault/kind", json!("html200")).await;

    // All of it is said, on every screen.
    for screen in SCREENS {
        app.click(&id(&format!("nav-{screen}"))).await;
        let said = app.text(&id("switched-on")).await;
        for part in [
            "a network's sign-in page",
            "answers 15 ms late",
            "server's clock 1 min 30 s ahead",
            "tokens live 2 min",
            "refresh tokens live 3 days",
            "strict rotation",
            "refresh token told only when new",
            "refresh token's lifetime told",
            "old access tokens die at a renewal",
            "lifetime not told",
            "answers in an envelope",
            "refresh token in a cookie",
        ] {
            assert!(said.contains(part), "{part:?} is missing on {screen}: {said}");
        }
    }

    app.click(&id("all-well")).await;

    let defaults = serde_json::to_value(Switches::default()).expect("switches are JSON");
    set(&demo, "", defaults).await;
    app.wait_until_gone(&id("switched-on")).await;
    app.click(&id("nav-session")).await;
    app.goes_on().await;
    assert_eq!(demo.counters().await.logins, 1);
    in_lab(&app).await;
    assert_eq!(checked(&app, "lab-envelope").await, false);
    assert_eq!(app.text_if_any(&id("fault-parameters")).await, None);
}

#[tokio::test]
async fn each_fault_is_set_with_its_parts_and_seen_in_the_session() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;

    for kind in [
        "dropAfterRotating",
        "dropBeforeHandling",
        "hold",
        "html200",
        "emptyBody",
        "notJson",
        "truncatedBody",
        "hugeBody",
        "withoutToken",
        "refuse",
        "bare401",
        "apiRefuses",
        "status",
    ] {
        app.choose_option("lab-fault", kind).await;
        set(&demo, "/fault/kind", json!(kind)).await;
        app.element(&id("switched-on")).await;
    }
    app.enter("lab-fault-code", 429).await;
    set(&demo, "/fault/code", json!(429)).await;
    app.choose_option("lab-fault-retry", "seconds").await;
    app.enter("lab-fault-wait", 40).await;
    set(&demo, "/fault/retryAfter", json!({ "seconds": 40 })).await;
    app.choose_option("lab-fault-body", "html").await;
    set(&demo, "/fault/body", json!("html")).await;
    app.click(&id("lab-fault-after")).await;
    set(&demo, "/fault/afterHandling", json!(true)).await;
    app.click(&id("lab-fault-after")).await;
    set(&demo, "/fault/afterHandling", json!(false)).await;
    app.choose_option("lab-fault-often", "some").await;
    app.enter("lab-fault-count", 2).await;
    set(&demo, "/fault/times", json!(2)).await;
    app.click(&id("lab-fault-on-api")).await;
    set(&demo, "/fault/on", json!(["refresh", "api"])).await;

    // What was put together is what happens.
    app.click(&id("nav-session")).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    app.wait_for(&id("why"), |why| why.contains("429"), SOON).await;
    app.click(&id("call-api")).await;
    app.element(&format!("{}[data-result=no_answer]", id("api-result"))).await;
    // Both times are used up, and the page knows it.
    set(&demo, "/fault/kind", json!("none")).await;
    app.wait_until_gone(&id("switched-on")).await;
    assert_eq!(demo.counters().await.faults_shown, 2);
    app.click(&id("renew-now")).await;
    app.wait_for_refreshes(1, SOON).await;
    app.goes_on().await;
}

#[tokio::test]
async fn what_the_server_is_set_to_is_seen_among_the_facts() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    in_lab(&app).await;
    app.enter("lab-access-lifetime", 2).await;
    app.enter("lab-clock-offset", 90).await;
    app.wait_for(&id("switched-on"), |said| said.contains("1 min 30 s ahead"), SOON).await;
    app.click(&id("nav-session")).await;
    app.renew_now().await;
    app.wait_for("[data-fact=access] dd", |said| said.ends_with("· 2 h"), SOON).await;
    let clock = "your clock is 1 min 30 s behind; corrected";
    app.wait_for("[data-fact=clock] dd", |said| said == clock, SOON).await;

    in_lab(&app).await;
    app.choose_option("lab-shape", "absent").await;
    app.wait_for(&id("switched-on"), |said| said.contains("lifetime not told"), SOON).await;
    app.click(&id("nav-session")).await;
    app.renew_now().await;
    app.wait_for("[data-fact=access] dd", |said| said.contains("assumed"), SOON).await;

    in_lab(&app).await;
    app.click(&id("all-well")).await;
    app.wait_until_gone(&id("switched-on")).await;
    app.click(&id("nav-session")).await;
    app.renew_now().await;
    app.wait_for("[data-fact=access] dd", |said| said.ends_with("· 20 s"), SOON).await;
}

#[tokio::test]
async fn expired_and_revoked_by_their_buttons_at_the_server_and_counted_on_the_page() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;

    app.click(&id("demo-expire")).await;
    acted(&app, 1).await;
    app.click(&id("nav-session")).await;
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.api_refused, counters.refreshes), (1, 1), "refused once, then renewed");

    in_lab(&app).await;
    for (name, count) in [("logins", "1"), ("refreshes", "1"), ("apiRefused", "1")] {
        let shown = format!("{} [data-count={name}] dd", id("lab-counters"));
        app.wait_for(&shown, |said| said == count, SOON).await;
    }
    app.click(&id("demo-revoke")).await;
    let living = format!("{} [data-count=livingSessions] dd", id("lab-counters"));
    app.wait_for(&living, |said| said == "0", SOON).await;
    app.click(&id("nav-session")).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("needs_sign_in").await;
    assert_eq!(demo.counters().await.refreshes_refused, 1);
}

#[tokio::test]
async fn at_a_server_of_ones_own_there_is_nothing_of_the_demo_servers() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // What the demo server is set to is no business of an account elsewhere.
    prepare_demo(&folder, Switches { latency_ms: 7, ..calm() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    in_lab(&app).await;
    app.element(&id("stop-in-mid-refresh")).await;

    for name in OF_THE_SERVER.into_iter().chain(["lab-counters", "switched-on"]) {
        assert_eq!(app.text_if_any(&id(name)).await, None, "{name} is absent, not greyed out");
    }

    // This side's switches work with any account.
    app.click(&id("lab-offline")).await;
    app.wait_for(&id("switched-on"), |said| said == "Switched on: offline", SOON).await;
    app.click(&id("all-well")).await;
    app.wait_until_gone(&id("switched-on")).await;
    app.click(&id("sleep-28800000")).await;
    until("the renewal on waking", SOON, async || {
        (server.counters().await.refreshes == 1).then_some(())
    })
    .await;
    app.click(&id("nav-session")).await;
    app.goes_on().await;
}

#[tokio::test]
async fn with_everything_forgotten_all_well_sets_the_demo_server_right_too() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;
    app.choose_option("lab-rotation", "strict").await;
    set(&demo, "/rotation/kind", json!("strict")).await;
    app.click(&id("nav-session")).await;
    app.invoke("forget_everything", json!({})).await.expect("it can be forgotten");
    app.element(&id("welcome")).await;
    app.wait_for(&id("switched-on"), |said| said.contains("strict rotation"), SOON).await;

    app.click(&id("all-well")).await;

    app.wait_until_gone(&id("switched-on")).await;
    let defaults = serde_json::to_value(Switches::default()).expect("switches are JSON");
    assert_eq!(demo.switches().await, defaults);
}

/// Waits until the demo server is set so, as it says itself.
async fn set(demo: &Demo, pointer: &str, to: Value) {
    until(format!("the demo server's {pointer} to be {to}"), SOON, async || {
        (demo.switches().await.pointer(pointer) == Some(&to)).then_some(())
    })
    .await;
}

/// Waits until the activity knows of so many acts at the demo server: the button's work is done.
async fn acted(app: &App<'_>, count: usize) {
    app.click(&id("nav-activity")).await;
    let line = "return Array.from(document.querySelectorAll(arguments[0]))
        .filter((it) => it.textContent.includes('Expire all access tokens')).length";
    until("the activity to know", SOON, async || {
        (app.run(line, &[json!(id("activity-entry"))]).await == count).then_some(())
    })
    .await;
}
