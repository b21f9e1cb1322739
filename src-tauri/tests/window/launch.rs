//! The app starts and finds a session on disk.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use demo_server::{Counters, Switches};
use serde_json::json;

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, SOON, id, prepare_demo, until_past, while_closed,
};

#[tokio::test]
async fn a_due_token_is_refreshed_at_launch() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Due after half of its life, so that there is time to start before it ends.
    folder.prefer(&json!({ "leadS": 60 }));
    let signed_in = leave_a_session(&desk, &folder, 14_000).await;
    until_past("the token to be due", signed_in + Duration::from_millis(7_100)).await;

    let app = App::start(&desk, &folder, Options::default()).await;

    app.wait_for_refreshes(1, SOON).await;
    app.wait_for_status("resting").await;
    let why = app.why().await;
    assert!(why.contains("the app started") && why.contains(" left"), "{why}");
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 1));
}

#[tokio::test]
async fn an_expired_token_is_refreshed_at_launch() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let signed_in = leave_a_session(&desk, &folder, 5_000).await;
    until_past("the token to end", signed_in + Duration::from_millis(5_100)).await;

    let app = App::start(&desk, &folder, Options::default()).await;

    app.wait_for_refreshes(1, SOON).await;
    app.wait_for_status("resting").await;
    let why = app.why().await;
    assert!(why.contains("the app started") && why.contains(" past its end"), "{why}");
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 1));
}

#[tokio::test]
async fn a_session_that_was_refused_while_the_app_was_closed_keeps_the_name() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let signed_in = leave_a_session(&desk, &folder, 5_000).await;
    let revoked =
        async |control: demo_server::Control| control.revoke(None).await.expect("it runs");
    assert_eq!(while_closed(&folder, revoked).await, 1);
    until_past("the token to be due", signed_in + Duration::from_millis(5_100)).await;

    let app = App::start(&desk, &folder, Options::default()).await;

    let sentence = app.wait_for_sentence("needs_sign_in", SOON).await;
    assert_eq!(sentence, "Welcome back, Alice. The server ended this session; sign in to go on.");
    app.click(&id("sign-in-again")).await;
    app.wait_for_status("resting").await;
    let counters = Demo::of(&folder).await.counters().await;
    let Counters { logins, refreshes, refreshes_refused, .. } = counters;
    assert_eq!((logins, refreshes, refreshes_refused), (2, 1, 1));
}

#[tokio::test]
async fn quitting_either_way_writes_nothing_and_keeps_the_session() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let (token, written) = (app.fingerprint().await, slots(&folder));
    assert!(written.iter().all(Option::is_some), "a sign-in writes both slots");

    assert_eq!(app.terminate().await, 0, "ended by the system");
    assert!(slots(&folder) == written, "quitting wrote");

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    assert_eq!(app.fingerprint().await, token);
    app.close_window().await;
    assert_eq!(app.exit_code().await, 0, "ended by its window");
    assert!(slots(&folder) == written, "quitting wrote");

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    assert_eq!(app.fingerprint().await, token);
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
}

/// Signs in with tokens of that lifetime and quits. Tokens from then on live for an hour.
async fn leave_a_session(desk: &Desk, folder: &AppFolder, lifetime_ms: u64) -> Instant {
    let short = Switches { access_lifetime_ms: lifetime_ms, ..Switches::default() };
    prepare_demo(folder, short).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.try_it().await;
    let signed_in = Instant::now();
    Demo::of(folder).await.set(json!({ "accessLifetimeMs": 3_600_000 })).await;
    assert_eq!(app.terminate().await, 0);
    signed_in
}

/// What is in the session's files, and since when.
fn slots(folder: &AppFolder) -> [Option<(Vec<u8>, SystemTime)>; 2] {
    folder.slots().map(|slot| {
        let since = fs::metadata(&slot).and_then(|meta| meta.modified()).ok()?;
        Some((fs::read(&slot).ok()?, since))
    })
}
