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
        ("read_the_token", json!({})),
    ] {
        let refusal = app.invoke(command, arguments).await;
        let refusal = refusal.expect_err(command).to_string();
        let refused = refusal.contains("not allowed") || refusal.contains("not found");
        assert!(refused, "{command}: {refusal}");
    }
    // The same way does work for what was given.
    assert!(app.invoke("presets", json!({})).await.expect("it is allowed").is_array());
    assert!(app.is_running());
}
