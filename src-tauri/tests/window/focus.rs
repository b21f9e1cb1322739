//! The window comes to the front, however often: one refresh. The demo server's counters tell.

use std::time::{Duration, Instant};

use demo_server::Switches;
use serde_json::json;

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, Other, SOON, id, prepare_demo, until, until_past,
};

/// Long enough that nothing is due again while a test runs.
const AN_HOUR: u64 = 3_600_000;

#[tokio::test]
async fn focus_renews_a_token_too_short_to_plan_for_and_does_so_once() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, Switches { access_lifetime_ms: 4_000, ..Switches::default() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    let other = desk.other_window().await;
    app.click(&id("try-it")).await;
    // The click alone may bring the window to the front; it is put behind again.
    app.wait_for_sentence("resting_on_demand", SOON).await;
    desk.focus(other.window()).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "accessLifetimeMs": AN_HOUR })).await;
    // It is due, and so short a nap is no wake.
    app.sleep(6_000).await;
    assert_eq!(demo.counters().await.refreshes, 0, "nothing but the focus asks for it");

    app.focus().await;

    app.wait_for_refreshes(1, SOON).await;
    let why = app.why().await;
    assert!(why.contains("window came to front"), "{why}");
    nothing_more_happens(&app, &other, &demo).await;
}

#[tokio::test]
async fn focus_and_launch_together_refresh_a_due_token_once() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, Switches { access_lifetime_ms: 5_000, ..Switches::default() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let signed_in = Instant::now();
    // The refresh at launch takes two seconds: time enough for many a focus beside it.
    Demo::of(&folder).await.set(json!({ "accessLifetimeMs": AN_HOUR, "latencyMs": 2_000 })).await;
    app.terminate().await;
    until_past("the token to be due", signed_in + Duration::from_secs(5)).await;

    let app = App::start(&desk, &folder, Options::default()).await;
    let other = desk.other_window().await;
    app.alternate_focus(&other, 5).await;

    app.wait_for_refreshes(1, SOON).await;
    let why = app.why().await;
    assert!(why.contains("the app started"), "{why}");
    let demo = Demo::of(&folder).await;
    assert_eq!(demo.counters().await.logins, 1);
    nothing_more_happens(&app, &other, &demo).await;
}

#[tokio::test]
async fn a_storm_of_focus_after_a_sleep_refreshes_once() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, Switches { access_lifetime_ms: 8_000, ..Switches::default() }).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    let other = desk.other_window().await;
    app.try_it().await;
    let signed_in = Instant::now();
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "accessLifetimeMs": AN_HOUR, "latencyMs": 1_000 })).await;
    let before = app.fingerprint().await;
    app.freeze();
    until_past("the token to be due", signed_in + Duration::from_secs(8)).await;
    // Timer, tick and every focus of these are waiting when it wakes.
    app.alternate_focus(&other, 3).await;

    app.wake();
    app.alternate_focus(&other, 3).await;

    app.wait_for_refreshes(1, SOON).await;
    assert_ne!(app.fingerprint().await, before);
    nothing_more_happens(&app, &other, &demo).await;
}

/// More focus, until the app has seen it and found nothing to do; and still one refresh.
async fn nothing_more_happens(app: &App<'_>, other: &Other, demo: &Demo) {
    app.wait_for_status("resting").await;
    let before = app.idle_focuses().await;
    until("a focus that finds nothing to do", SOON, async || {
        // Focus that comes in a burst counts once; this one is to count.
        app.desk().focus(other.window()).await;
        until_past("the burst to be over", Instant::now() + Duration::from_millis(400)).await;
        app.focus().await;
        (app.idle_focuses().await > before).then_some(())
    })
    .await;
    let counters = demo.counters().await;
    assert_eq!((counters.refreshes, counters.refreshes_granted), (1, 1));
    assert_eq!(app.refreshes().await, 1);
}
