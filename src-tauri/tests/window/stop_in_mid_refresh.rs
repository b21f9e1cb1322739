//! Stopped in the middle of a refresh from the Lab, and started again over the same files.

use demo_server::Switches;
use serde_json::json;

use crate::harness::{App, AppFolder, Demo, Desk, Options, SOON, prepare_demo, until};

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn the_session_survives_and_the_retry_uses_the_same_refresh_token() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let before = app.fingerprint().await;

    app.invoke("stop_in_mid_refresh", json!({})).await.expect("it may be stopped");

    // The one that comes after finds the intent, and asks once more with the same token.
    let demo = Demo::of(&folder).await;
    let counters = demo.counted("the retry", SOON * 2, |all| all.refreshes_granted == 2).await;
    assert_eq!((counters.logins, counters.refreshes), (1, 2), "the lost one and its retry");
    assert_eq!((counters.refresh_tokens_seen_twice, counters.refreshes_refused), (1, 0));
    app.wait_for_status("resting").await;
    assert_ne!(app.fingerprint().await, before);
    let lab = app.view().await["lab"].clone();
    assert_eq!(lab, json!({ "offline": false, "stopping": false, "away": false }));

    // It goes on as ever: by hand, by the API, and over a real restart.
    app.renew_now().await;
    app.goes_on().await;
    assert_eq!(app.terminate().await, 0);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    assert_eq!(demo.counters().await.logins, 1);
    assert!(app.is_running());
}

#[tokio::test]
async fn quitting_while_it_is_about_to_be_stopped_ends_the_app_and_loses_nothing() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "hold", "afterHandling": true } })).await;
    // Nobody waits for what never comes.
    app.run("window.__TAURI_INTERNALS__.invoke('stop_in_mid_refresh', {}).catch(() => {})", &[])
        .await;
    demo.counted("the refresh", SOON, |all| all.refreshes == 1).await;
    until("the Lab to say so", SOON, async || {
        (app.view().await["lab"]["stopping"] == true).then_some(())
    })
    .await;

    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    demo.set(json!({ "fault": null })).await;
    app.wait_for_status("resting").await;
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
}

#[tokio::test]
async fn offline_nothing_is_stopped_and_no_token_seems_to_have_been_sent() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.invoke("set_offline", json!({ "on": true })).await.expect("it may be");

    let refusal = app.invoke("stop_in_mid_refresh", json!({})).await;

    assert_eq!(refusal.expect_err("nothing leaves")["message"], "no refresh could be begun");
    assert_eq!(app.view().await["lab"]["stopping"], false);
    app.invoke("set_offline", json!({ "on": false })).await.expect("it may be");
    app.wait_for_refreshes(1, SOON).await;
    let written = std::fs::read_to_string(folder.app_data().join("activity/activity.jsonl"));
    let written = written.unwrap_or_default();
    assert!(written.contains("\"sentBefore\":null"), "{written}");
    assert!(!written.contains("stop_in_mid_refresh") && !written.contains("\"sentBefore\":1"));
}

#[tokio::test]
async fn what_is_signed_out_while_it_is_stopped_stays_signed_out() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let script = "const { invoke } = window.__TAURI_INTERNALS__;
        window.__stopped = window.__out = null;
        invoke('stop_in_mid_refresh', {}).then(() => (window.__stopped = true), () => {});
        const out = () => invoke('sign_out', { inBrowser: false }).then(() => (window.__out = true), () => {});
        setTimeout(out, arguments[0]);";
    for after_ms in [5, 20, 60] {
        app.run(script, &[json!(after_ms)]).await;
        until("the sign-out to be heard", SOON, async || {
            (app.run("return window.__out", &[]).await == json!(true)).then_some(())
        })
        .await;
        app.wait_for_status("signed_out").await;
        until("it to be over", SOON, async || {
            (app.view().await["lab"]["stopping"] == false).then_some(())
        })
        .await;
        app.wait_for_status("signed_out").await;
        app.invoke("try_demo", json!({})).await.expect("one may sign in again");
        app.wait_for_status("resting").await;
    }
}

#[tokio::test]
async fn with_nothing_to_renew_nothing_is_stopped() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
    let refusal = app.invoke("stop_in_mid_refresh", json!({})).await;
    assert_eq!(refusal.expect_err("there is nothing")["message"], "no refresh could be begun");
    assert_eq!(app.view().await["lab"]["stopping"], false);
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: HOUR, ..Switches::default() }
}
