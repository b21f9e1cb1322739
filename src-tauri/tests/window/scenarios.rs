//! Scenarios, run from the window beside the session that the app keeps.

use std::fs;

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Demo, Desk, Options, OwnServer, SOON, prepare_demo, until};

/// Expects what does not happen: it fails on purpose.
const FAILING: &str = r#"title "A night of sleep costs seven refreshes"
sign-in
sleep "8h"
expect refreshes=7 within="5s"
"#;

#[tokio::test]
async fn they_end_with_a_verdict_and_touch_no_session() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let all = app.invoke("scenarios", json!({})).await.expect("one may look");
    let own = std::path::PathBuf::from(all["folder"].as_str().expect("it has a folder"));
    assert_eq!(own, folder.app_data().join("scenarios"));
    fs::write(own.join("seven.kdl"), FAILING).expect("the folder was made");
    fs::write(own.join("broken.kdl"), "title \"Broken\"\nslep \"8h\"\n").expect("it is writable");

    let all = app.invoke("scenarios", json!({})).await.expect("one may look");
    let names: Vec<_> = all["scenarios"].as_array().expect("a list").iter().collect();
    assert!(names.len() > 20 && names.iter().any(|it| it["name"] == "seven"));
    assert_eq!((all["mistakes"][0]["line"].clone(), names.len() > 20), (json!(2), true), "{all}");

    run(&app, json!({ "names": ["sleep-8h", "seven", "refused"], "on": "demo" })).await;

    let reports = reports(&app).await;
    let verdicts: Vec<_> = reports.iter().map(|it| it["verdict"].clone()).collect();
    assert_eq!(verdicts, ["passed", "failed", "passed"], "{reports:?}");
    assert_eq!(reports[0]["evidence"]["refreshes"], 1);
    assert!(reports[1]["says"].as_str().is_some_and(|says| says.contains('1')), "{reports:?}");
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0), "the app's own is left alone");
    app.goes_on().await;

    let refusal = app.subscribe("run_scenarios", "channel", wish(json!({ "names": ["none"] })));
    assert_eq!(refusal.await.expect_err("there is none")["code"], "bad_settings");
}

#[tokio::test]
async fn a_run_is_stopped_by_a_word_and_by_the_next_one() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    let slow = json!({ "names": ["sleep-8h", "throttled"], "pace": "real_time" });
    app.run(
        "window.__ended = null;
         const id = window.__TAURI_INTERNALS__.transformCallback(() => {});
         window.__TAURI_INTERNALS__
           .invoke('run_scenarios', { ...arguments[0], channel: `__CHANNEL__:${id}` })
           .then(() => (window.__ended = true));",
        &[wish(slow)],
    )
    .await;
    until("it to begin", SOON, async || {
        let news = app.messages().await;
        news.iter().any(|it| it["message"]["kind"] == "stepped").then_some(())
    })
    .await;

    app.invoke("stop_scenarios", json!({})).await.expect("one may");

    until("the run to end", SOON, async || {
        (app.run("return window.__ended", &[]).await == true).then_some(())
    })
    .await;
    let reports = reports(&app).await;
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["verdict"], "not_run");
    // Another one can be run at once; quitting in the middle of it is no trouble.
    run(&app, json!({ "names": ["sleep-8h"] })).await;
    assert_eq!(app.terminate().await, 0);
}

#[tokio::test]
async fn an_account_of_ones_own_is_signed_in_to_beside_the_session_with_the_password_given() {
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    let server = OwnServer::start(calm).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    let on = |password: Value| {
        wish(json!({ "names": ["sign-out"], "on": "own_account", "password": password }))
    };
    let nobody = app.subscribe("run_scenarios", "channel", on(json!("wonderland"))).await;
    assert_eq!(nobody.expect_err("there is no account")["code"], "bad_settings");
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    let without = app.subscribe("run_scenarios", "channel", on(Value::Null)).await;
    assert_eq!(without.expect_err("there is no password")["code"], "bad_settings");
    app.invoke("set_offline", json!({ "on": true })).await.expect("it may be");
    let offline = app.subscribe("run_scenarios", "channel", on(json!("wonderland"))).await;
    assert_eq!(offline.expect_err("there is no network")["code"], "unreachable");
    app.invoke("set_offline", json!({ "on": false })).await.expect("it may be");

    run(&app, json!({ "names": ["sign-out"], "on": "own_account", "password": "wonderland" }))
        .await;

    let reports = reports(&app).await;
    assert_eq!(reports[0]["verdict"], "passed", "{reports:?}");
    assert_eq!(server.counters().await.logins, 2, "the app's, and the scenario's");
    app.goes_on().await;
    assert!(folder.files_with("wonderland").is_empty(), "the password is kept nowhere");
}

/// What the page asks for, where `asked` says nothing else: at speed, against a demo server.
fn wish(mut asked: Value) -> Value {
    for (name, usual) in [("pace", json!("at_speed")), ("on", json!("demo"))] {
        if asked[name].is_null() {
            asked[name] = usual;
        }
    }
    if asked["password"].is_null() {
        asked["password"] = Value::Null;
    }
    asked
}

async fn run(app: &App<'_>, asked: Value) {
    let ran = app.subscribe("run_scenarios", "channel", wish(asked)).await;
    ran.unwrap_or_else(|refusal| panic!("they are not run: {refusal}"));
}

/// What came of those that were run.
async fn reports(app: &App<'_>) -> Vec<Value> {
    let reports = async || {
        let mut messages: Vec<Value> = app.messages().await;
        let done = messages.iter().any(|it| it["message"]["kind"] == "done");
        messages.retain(|it| it["message"]["kind"] == "ended");
        let reports = messages.into_iter().map(|mut it| it["message"]["report"].take());
        done.then(|| reports.collect())
    };
    until("the reports", SOON, reports).await
}
