//! What the page may ask of the app.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;

use crate::harness::{App, AppFolder, Desk, Options, SOON, id, until};

/// What the one window is given, as it is built into the app.
const CAPABILITY: &str = include_str!("../../capabilities/main.json");

/// Where the commands are put together.
const COMMANDS: &str = include_str!("../../src/main.rs");

#[tokio::test]
async fn the_page_may_call_what_it_was_given_and_nothing_else() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;

    for (command, arguments) in [
        ("plugin:store|load", json!({ "path": "main-a.json" })),
        ("plugin:store|get_store", json!({ "path": "main-a.json" })),
        (
            "plugin:event|listen",
            json!({ "event": "store://change", "target": { "kind": "Any" }, "handler": 1 }),
        ),
        ("plugin:event|emit", json!({ "event": "store://change", "payload": {} })),
        ("plugin:window|close", json!({ "label": "main" })),
        // Neither a second window nor a second page: what they might ask was never thought of.
        ("plugin:window|create", json!({ "options": { "label": "main-2" } })),
        ("plugin:webview|create_webview_window", json!({ "options": { "label": "main-2" } })),
        ("plugin:webview|internal_toggle_devtools", json!({})),
        // The system's dialogs are opened from Rust; the clipboard is no plugin's at all.
        ("plugin:dialog|save", json!({ "options": {} })),
        ("plugin:dialog|open", json!({ "options": {} })),
        ("plugin:dialog|message", json!({ "message": "Yes?" })),
        ("plugin:fs|read_text_file", json!({ "path": "main-a.json" })),
        ("plugin:clipboard-manager|read_text", json!({})),
        // Where the browser goes, Rust decides alone; and what is asked of servers, too.
        ("plugin:opener|open_url", json!({ "url": "https://example.com" })),
        ("plugin:shell|open", json!({ "path": "https://example.com" })),
        ("plugin:http|fetch", json!({ "clientConfig": { "url": "https://example.com" } })),
        ("open_link", json!({ "link": "https://example.com" })),
        ("read_the_token", json!({})),
        ("client_secret", json!({ "id": "main" })),
    ] {
        let refusal = app.invoke(command, arguments).await;
        let refusal = refusal.expect_err(command).to_string();
        let refused = refusal.contains("not allowed") || refusal.contains("not found");
        assert!(refused, "{command}: {refusal}");
    }
    // The same way does work for what was given.
    assert!(app.invoke("presets", json!({})).await.expect("it is allowed").is_array());
    for (command, arguments) in [
        ("demo_state", json!({})),
        ("change_demo_switches", json!({ "change": {} })),
        ("demo_now", json!({ "act": "expire" })),
        ("set_offline", json!({ "on": false })),
        ("all_well", json!({})),
        ("stop_watching_activity", json!({})),
        ("clear_activity", json!({})),
        ("life", json!({})),
        ("token_details", json!({})),
    ] {
        let answer = app.invoke(command, arguments).await;
        answer.unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
    }
    assert!(app.is_running());
}

#[tokio::test]
async fn the_page_may_keep_several_accounts_and_sign_in_at_them() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    let network = json!({ "ca": null, "httpTo": "" });
    let settings = json!({ "issuer": "http://127.0.0.1:1", "clientId": "desk" });
    let account = json!({ "kind": "oauth", "settings": settings });

    let added = app.invoke("add_account", json!({ "account": account })).await;
    let added = added.expect("an account may be added");
    for (command, arguments) in [
        ("probe_server", json!({ "address": "http://127.0.0.1:1", "network": network })),
        ("change_account", json!({ "id": added, "account": account })),
        ("bring_to_front", json!({ "id": added })),
        ("confirm_session", json!({})),
        ("begin_sign_in", json!({ "id": added, "keep": "memory", "clientSecret": null })),
        ("answer_other_person", json!({ "answer": "cancel" })),
        ("open_browser_again", json!({})),
        ("copy_sign_in_link", json!({})),
        ("cancel_sign_in", json!({})),
        ("remove_account", json!({ "id": added })),
    ] {
        // Some have nothing to act on here: then it is the app's own words that say so.
        if let Err(refusal) = app.invoke(command, arguments).await {
            assert!(refusal["code"].is_string(), "{command}: {refusal}");
        }
    }
    // What these three read or write, somebody at the system's dialog chooses.
    for (command, title) in [
        ("export_accounts", "Export the accounts"),
        ("import_accounts", "Import accounts"),
        ("choose_ca", "Choose a certificate authority"),
    ] {
        app.run(ASK, &[json!(command)]).await;
        desk.dialog(title).await;
        desk.press("Escape");
        desk.gone(title).await;
        let answer = async || {
            let answer = app.run("return window.__answer", &[]).await;
            (answer != "none yet").then_some(answer)
        };
        assert_eq!(until("an answer", SOON, answer).await, Value::Null, "{command}");
    }
    app.element(&id("welcome")).await;
}

#[tokio::test]
async fn no_other_page_comes_into_the_window() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element(&id("welcome")).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let elsewhere = format!("http://{}/", listener.local_addr().expect("it listens"));

    for script in [
        "location.href = arguments[0]",
        "const link = document.createElement('a'); link.href = arguments[0];
         document.body.append(link); link.click(); link.remove()",
        "const link = document.createElement('a'); link.href = arguments[0]; link.target = '_blank';
         document.body.append(link); link.click(); link.remove()",
        "window.open(arguments[0])",
        "const frame = document.createElement('iframe'); frame.src = arguments[0];
         document.body.append(frame); setTimeout(() => frame.remove(), 300)",
    ] {
        app.run(script, &[json!(elsewhere)]).await;
        // A web view may connect before it asks whether it may: it is to ask for nothing there.
        let asked = tokio::time::timeout(Duration::from_secs(1), asked(&listener)).await;
        assert!(asked.is_err(), "it was loaded: {script}: {asked:?}");
        let at = app.run("return location.href", &[]).await;
        assert!(at.as_str().is_some_and(|at| at.starts_with("tauri://localhost")), "{at}");
    }
    app.element(&id("welcome")).await;
    assert_eq!(app.client().windows().await.expect("the driver tells").len(), 1);
}

/// Waits until somebody asks for something there; the first line.
async fn asked(listener: &TcpListener) -> String {
    loop {
        let (stream, _) = listener.accept().await.expect("it listens");
        let mut line = String::new();
        let read = BufReader::new(stream).read_line(&mut line).await;
        if read.is_ok_and(|bytes| bytes > 0) {
            return line;
        }
    }
}

#[test]
fn every_command_is_given_to_the_one_window_alone() {
    let capability: Value = serde_json::from_str(CAPABILITY).expect("it is JSON");

    assert_eq!(capability["windows"], json!(["main"]));
    assert_eq!(capability["local"], true);
    let said = capability.as_object().expect("it is an object").keys();
    let mut said: Vec<_> = said.map(String::as_str).collect();
    said.sort_unstable();
    assert_eq!(
        said,
        ["description", "identifier", "local", "permissions", "windows"],
        "neither `remote` nor `webviews` widens it"
    );
    let mut given: Vec<_> = capability["permissions"]
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|it| it.as_str().expect("it is given by name, with no scope").to_owned())
        .collect();
    given.sort_unstable();
    let mut there: Vec<_> = COMMANDS
        .lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix("commands::")?.strip_suffix(','))
        .map(|path| path.rsplit("::").next().unwrap_or(path).replace('_', "-"))
        .map(|name| format!("allow-{name}"))
        .collect();
    there.sort_unstable();
    assert!(there.len() > 40, "they were found: {there:?}");
    assert_eq!(given, there, "no command of a plugin, and none of ours that is never called");
}

/// Asks as the page does, and waits for no answer.
const ASK: &str = "window.__answer = 'none yet';
    window.__TAURI_INTERNALS__.invoke(arguments[0])
      .then((said) => (window.__answer = said), (error) => (window.__answer = error));";
