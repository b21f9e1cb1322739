//! What the page may ask of the app.

use serde_json::json;

use crate::harness::{App, AppFolder, Desk, Options};

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
        ("plugin:window|close", json!({ "label": "main" })),
        ("plugin:webview|internal_toggle_devtools", json!({})),
        // The system's dialogs are opened from Rust; the clipboard is no plugin's at all.
        ("plugin:dialog|save", json!({ "options": {} })),
        ("plugin:dialog|open", json!({ "options": {} })),
        ("plugin:dialog|message", json!({ "message": "Yes?" })),
        ("plugin:fs|read_text_file", json!({ "path": "main-a.json" })),
        ("plugin:clipboard-manager|read_text", json!({})),
        ("read_the_token", json!({})),
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
