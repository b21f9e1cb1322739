//! What was done and why: told as it happens, kept over a restart, exported, and forgotten.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until,
};

const TITLE: &str = "Export the activity";

#[tokio::test]
async fn everything_is_told_as_it_happens_and_kept_over_a_restart() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    watch(&app).await;
    app.renew_now().await;
    app.invoke("set_offline", json!({ "on": true })).await.expect("it may be");

    let told = wait_for(&app, |it| it["what"]["name"] == "offline").await;

    let kinds: Vec<_> = told.iter().map(|entry| entry["what"]["kind"].clone()).collect();
    for kind in ["app", "decision", "exchange", "disk", "switch"] {
        assert!(kinds.contains(&json!(kind)), "{kind} is told: {kinds:?}");
    }
    assert_eq!(told[0]["what"], json!({ "kind": "app", "did": "start" }));
    let refreshes = exchanges(&told, "refresh");
    assert_eq!(refreshes.len(), 1);
    assert_eq!(refreshes[0]["what"]["reason"], "asked");
    assert_eq!(refreshes[0]["what"]["access"], app.fingerprint().await);
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    watch(&app).await;
    let again = wait_for(&app, |it| it["run"] == 2).await;
    assert_eq!(&again[..told.len()], &told[..], "the entries of the run before");
    assert!(again.iter().any(|it| it["what"]["did"] == "quit" && it["run"] == 1));
    let life = app.invoke("life", json!({})).await.expect("one may look");
    assert_eq!(life["tokens"].as_array().map(Vec::len), Some(2), "{life}");
}

#[tokio::test]
async fn after_a_pretended_sleep_and_a_restart_nothing_is_later_than_now() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    app.sleep(8 * 3_600_000).await;
    app.wait_for_refreshes(1, SOON).await;
    app.renew_now().await;
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    watch(&app).await;
    let told = wait_for(&app, |it| it["run"] == 2).await;
    let life = app.invoke("life", json!({})).await.expect("one may look");

    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_millis();
    let is_past =
        |at: &Value| at.as_i64().is_some_and(|at| u128::try_from(at).is_ok_and(|at| at <= now));
    let moments = |list: &Value, name: &str| {
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().map(|it| it[name].clone()).collect::<Vec<_>>()
    };
    let mut all: Vec<Value> = told.iter().map(|entry| entry["atMs"].clone()).collect();
    all.extend(exchanges(&told, "refresh").iter().map(|it| it["what"]["exchange"]["atMs"].clone()));
    all.extend(moments(&life["tokens"], "fromMs"));
    all.extend(moments(&life["marks"], "atMs"));
    assert!(all.len() > 20 && all.iter().all(is_past), "{now}: {told:?} {life}");
}

#[tokio::test]
async fn what_is_done_to_a_session_in_memory_only_is_told_and_not_written() {
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    let server = OwnServer::start(calm).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    let settings = app.view().await["account"]["settings"].clone();
    let form = json!({
        "account": "main", "settings": settings, "password": "wonderland", "keep": "memory",
        "confirmed": true,
    });
    app.invoke("sign_in", form).await.expect("one may sign in again");
    until("it to be in memory", SOON, async || {
        (app.view().await["account"]["memoryOnly"] == true).then_some(())
    })
    .await;
    watch(&app).await;

    app.sleep(60_000).await;
    let form = json!({ "settings": settings, "password": "wonderland" });
    app.invoke("check_settings", form).await.expect("one may check");

    let told = wait_for(&app, |it| it["what"]["purpose"] == "sign_out").await;
    assert!(told.iter().any(|it| it["what"]["name"] == "sleep"), "{told:?}");
    assert_eq!(exchanges(&told, "sign_in").len(), 3, "two, and the one of the check");
    // Nor can scenarios be run there, which keep their sessions in files.
    let run = json!({
        "names": ["sign-out"], "on": "own_account", "password": "wonderland", "pace": "at_speed",
    });
    let refusal = app.subscribe("run_scenarios", "channel", run).await;
    assert_eq!(refusal.expect_err("it leaves traces")["code"], "bad_settings");
    assert_eq!(app.terminate().await, 0);
    let written = fs::read_to_string(folder.app_data().join("activity/activity.jsonl"));
    let written = written.expect("the first sign-in was written down");
    assert!(!written.contains("\"switch\"") && !written.contains("sign_out"), "{written}");
}

#[tokio::test]
async fn a_stop_in_mid_refresh_shows_a_refresh_token_that_was_used_twice() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    watch(&app).await;

    app.invoke("stop_in_mid_refresh", json!({})).await.expect("it may be stopped");

    let told = wait_for(&app, |it| it["sentBefore"].is_u64()).await;
    let did: Vec<_> = told.iter().filter_map(|it| it["what"]["did"].as_str()).collect();
    assert_eq!(did, ["start", "stop_in_mid_refresh", "start_again"]);
    let twice = told.iter().find(|it| it["sentBefore"].is_u64()).expect("it is there");
    assert_eq!(twice["what"]["purpose"], "refresh");
    let before = told.iter().find(|it| it["seq"] == twice["sentBefore"]).expect("it is there");
    assert_eq!(before["what"]["sent"], twice["what"]["sent"]);
}

#[tokio::test]
async fn an_export_is_written_where_the_person_says_and_nowhere_else() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    app.renew_now().await;
    let other = desk.other_window().await;
    let path = folder.home().join("exported.jsonl");

    // Cancelled.
    ask(&app, "json_lines").await;
    desk.dialog(TITLE).await;
    desk.press("Escape");
    desk.gone(TITLE).await;
    assert_eq!(answer(&app).await, json!("cancelled"));

    export(&app, &desk, "json_lines", &path.display().to_string()).await;

    let lines = fs::read_to_string(&path).expect("it was written");
    let entries: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect();
    assert_eq!(exchanges(&entries, "refresh").len(), 1);
    let mode = fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for nobody else");

    let report = folder.home().join("exported.md");
    export(&app, &desk, "markdown", &report.display().to_string()).await;
    let report = fs::read_to_string(&report).expect("it was written");
    assert!(report.starts_with("# ") && report.contains("/api/refresh_token"), "{report}");
    // The tokens themselves are in neither: the demo's API takes nothing that stands there.
    let token = crate::tokens::copied_token(&app, &desk).await;
    assert!(!lines.contains(&token) && !report.contains(&token));
    desk.focus(other.window()).await;
}

#[tokio::test]
async fn a_request_is_copied_as_curl_without_its_secrets() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    watch(&app).await;
    app.renew_now().await;
    let told = wait_for(&app, |it| it["what"]["purpose"] == "refresh").await;
    let refresh = exchanges(&told, "refresh")[0].clone();

    let seq = refresh["seq"].clone();
    app.invoke("copy_as_curl", json!({ "seq": seq })).await.expect("it may be copied");

    let curl = desk.clipboard().expect("something was copied");
    assert!(curl.starts_with("curl ") && curl.contains("/api/refresh_token"), "{curl}");
    let sent = refresh["what"]["sent"].as_str().expect("a refresh token was sent");
    assert!(curl.contains(sent), "its mark stands for it: {curl}");
    let refusal = app.invoke("copy_as_curl", json!({ "seq": 123_456 })).await;
    assert_eq!(refusal.expect_err("there is none")["code"], "bad_settings");
}

#[tokio::test]
async fn forgetting_everything_forgets_what_was_done() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let name = app.fingerprint().await;
    until("the activity to be on disk", SOON, async || {
        (!folder.files_with(&name).is_empty()).then_some(())
    })
    .await;
    watch(&app).await;

    app.invoke("forget_everything", json!({})).await.expect("one may");

    app.wait_for_status("signed_out").await;
    assert_eq!(folder.files_with(&name), Vec::<std::path::PathBuf>::new());
    until("the page to be told", SOON, async || {
        let told = told(&app).await;
        exchanges(&told, "sign_in").is_empty().then_some(())
    })
    .await;
    assert_eq!(app.invoke("life", json!({})).await, Ok(json!({ "tokens": [], "marks": [] })));
    // And cleared by itself, the session goes on.
    app.try_it().await;
    app.invoke("clear_activity", json!({})).await.expect("one may");
    app.goes_on().await;
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 2);
}

async fn signed_in<'a>(desk: &'a Desk, folder: &'a AppFolder) -> App<'a> {
    folder.prefer(&json!({ "language": "en" }));
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(folder, calm).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.wait_for(&id("try-it"), |_| true, SOON).await;
    app.try_it().await;
    app
}

async fn watch(app: &App<'_>) {
    app.subscribe("watch_activity", "channel", json!({})).await.expect("one may watch");
}

/// Every entry that the page knows by now.
async fn told(app: &App<'_>) -> Vec<Value> {
    let mut known = Vec::new();
    for message in app.messages().await {
        let news = &message["message"];
        let Some(entries) = news["entries"].as_array() else { continue };
        if news["anew"] == true {
            known.clear();
        }
        known.extend(entries.iter().cloned());
    }
    known
}

/// What the page knows once it knows of this.
async fn wait_for(app: &App<'_>, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    until("the activity", SOON, async || {
        Some(told(app).await).filter(|told| told.iter().any(&wanted))
    })
    .await
}

fn exchanges(entries: &[Value], purpose: &str) -> Vec<Value> {
    let is = |entry: &&Value| entry["what"]["purpose"] == purpose;
    entries.iter().filter(is).cloned().collect()
}

async fn export(app: &App<'_>, desk: &Desk, format: &str, path: &str) {
    ask(app, format).await;
    desk.dialog(TITLE).await;
    desk.press("ctrl+a");
    desk.write(path);
    desk.press("Return");
    desk.gone(TITLE).await;
    assert_eq!(answer(app).await, json!(path));
}

async fn ask(app: &App<'_>, format: &str) {
    let script = "window.__path = null;
        window.__TAURI_INTERNALS__.invoke('export_activity', { format: arguments[0] })
          .then((path) => (window.__path = path ?? 'cancelled'), (error) => (window.__path = error));";
    app.run(script, &[json!(format)]).await;
}

async fn answer(app: &App<'_>) -> Value {
    until("an answer", SOON, async || {
        Some(app.run("return window.__path", &[]).await).filter(|answer| !answer.is_null())
    })
    .await
}
