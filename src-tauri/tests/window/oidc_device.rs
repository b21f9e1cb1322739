//! Signing in with a code, on another device.

use serde_json::json;

use crate::harness::{App, AppFolder, Desk, GONE_THROUGH, Options, Provider, id};

#[tokio::test]
async fn a_code_typed_on_another_device_signs_in_here_and_renews_five_times() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    begins_with_a_code(&app, &provider).await;

    app.wait_for_phase("device").await;

    let code = app.text(&id("user-code")).await;
    let link = app.sign_in_link().await;
    assert_eq!(link, format!("{}/device", provider.issuer()));
    assert_eq!(code.chars().filter(|it| it.is_alphanumeric()).count(), 8, "{code}");
    let picture = app.attribute(&format!("{} path", id("qr")), "d").await.unwrap_or_default();
    assert!(picture.starts_with('M') && picture.len() > 1_000, "{picture}");
    assert!(folder.opened_in_browser().is_empty(), "nothing is opened here by itself");
    // Somebody opens the link elsewhere and types the code.
    let _visitor = folder.visit(&link, &json!({ "as": "alice", "code": code }));
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    app.wait_until_gone(&id("sign-in-panel")).await;
    let device = Some("urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(provider.count("grant.success", device), 1);

    app.renews_at(&provider, 5).await;

    app.open_settings().await;
    assert!(app.text(&id("account-row")).await.contains("alice"));
    app.open_session().await;
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.renews_at(&provider, 1).await;
    assert_eq!(provider.refreshes(), 6);
}

#[tokio::test]
async fn a_denied_code_is_said_and_the_next_one_works_when_opened_here() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    begins_with_a_code(&app, &provider).await;
    app.wait_for_phase("device").await;
    let first = app.text(&id("user-code")).await;
    let link = app.sign_in_link().await;

    let refusing = json!({ "as": "alice", "code": first, "deny": true });
    let _visitor = folder.visit(&link, &refusing);

    app.wait_for_phase("failed").await;
    app.element(&format!("{}[data-code=denied]", id("sign-in-error"))).await;
    app.click(&id("sign-in-try-again")).await;
    app.wait_for_phase("device").await;
    assert_ne!(app.text(&id("user-code")).await, first);
    folder.browse_as(&json!({ "as": "alice" }));
    app.click(&id("open-again")).await;
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    let opened = folder.opened_in_browser();
    assert!(opened[0].contains("user_code="), "the code is in the link: {opened:?}");
}

/// Adds an account that signs in with a code, and begins.
async fn begins_with_a_code(app: &App<'_>, provider: &Provider) {
    app.click(&id("go-sign-in")).await;
    app.look_at(provider.issuer()).await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.choose("flow-device").await;
    app.click(&id("save-account")).await;
    app.element(&id("begin-form")).await;
    app.click(&id("begin-sign-in")).await;
}
