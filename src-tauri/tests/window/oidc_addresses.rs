//! What somebody pastes for a server's address, and what is said of it before anybody signs in.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use serde_json::json;

use crate::harness::{App, AppFolder, Desk, GONE_THROUGH, Options, Provider, id};

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_next_to_its_field() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("test-server")).await;

    // Nothing, and nonsense.
    app.click(&id("look")).await;
    wrong_at(&app, "address").await;
    app.look_at("what is this").await;
    wrong_at(&app, "address").await;

    // Nobody listens.
    app.look_at("http://127.0.0.1:9").await;
    app.element(&format!("{}[data-kind=unreachable]", id("server-report"))).await;
    wrong_at(&app, "address").await;
    assert_eq!(app.text_if_any(&id("use-oauth")).await, None);

    // A website that knows nothing of signing in.
    let website = website().await;
    app.look_at(&website).await;
    app.element(&format!("{}[data-kind=says_nothing]", id("server-report"))).await;
    app.wait_until_gone(&format!("{}[aria-invalid=true]", id("field-address"))).await;
    app.element(&id("use-token-api")).await;
    app.element(&id("use-oauth-by-hand")).await;
    assert_eq!(app.text_if_any(&id("use-oauth")).await, None);
}

#[tokio::test]
async fn a_provider_that_calls_itself_otherwise_is_bad_until_its_own_name_is_taken() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "alice" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;

    app.look_at(&format!("http://localhost:{}", provider.port())).await;

    let issuer = app.text(&format!("{}[data-verdict=bad]", id("promise-issuer"))).await;
    assert!(issuer.contains(provider.issuer()), "{issuer}");
    // One press looks there instead.
    app.click(&id("take-issuer")).await;
    app.element(&format!("{}[data-kind=openid]", id("server-report"))).await;
    let field = app.element(&id("field-address")).await.prop("value").await;
    assert_eq!(field.expect("it is a field").as_deref(), Some(provider.issuer()));
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.click(&id("save-account")).await;
    app.element(&id("begin-form")).await;
    app.signs_in().await;
    app.renews_at(&provider, 1).await;
}

#[tokio::test]
async fn plain_http_to_another_computer_is_asked_for_by_name_and_shown_on_every_screen() {
    const HOST: &str = "auth.example.test";
    let provider = Provider::start_as(&format!("http://{HOST}"), 3_600).await;
    let proxy = format!("http://127.0.0.1:{}", provider.port());
    // The driver would go through it, too.
    let environment = [("http_proxy", proxy.as_str()), ("no_proxy", "127.0.0.1,localhost")];
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let through = Options { environment: &environment, ..Options::default() };
    let app = App::start(&desk, &folder, through).await;
    app.click(&id("go-sign-in")).await;

    // Its address alone is not enough, nor is another host's.
    app.type_into(&id("field-address"), provider.issuer()).await;
    app.click(&id("look")).await;
    let said = wrong_at(&app, "network.httpTo").await;
    assert!(said.contains(HOST), "{said}");
    app.type_into(&id("field-network.httpTo"), "example.test").await;
    app.click(&id("look")).await;
    wrong_at(&app, "network.httpTo").await;
    assert_eq!(app.text_if_any(&id("server-report")).await, None, "nothing was asked");
    app.type_into(&id("field-network.httpTo"), HOST).await;
    assert!(app.text(&id("http-warning")).await.contains(HOST));
    app.click(&id("look")).await;
    app.element(&format!("{}[data-kind=openid]", id("server-report"))).await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.choose("flow-device").await;
    app.click(&id("save-account")).await;
    app.element(&id("begin-form")).await;
    assert!(app.text(&id("plain-http-banner")).await.contains(HOST));

    // The other device has another way there.
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("device").await;
    let code = app.text(&id("user-code")).await;
    let _visitor =
        folder.visit(&format!("{proxy}/device"), &json!({ "as": "alice", "code": code }));
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    app.renews_at(&provider, 1).await;

    for screen in ["nav-settings", "nav-activity", "nav-lab", "nav-session"] {
        app.click(&id(screen)).await;
        assert!(app.text(&id("plain-http-banner")).await.contains(HOST), "{screen}");
    }
    app.terminate().await;
    let through = Options { environment: &environment, ..Options::default() };
    let app = App::start(&desk, &folder, through).await;
    app.wait_for_status("resting").await;
    assert!(app.text(&id("plain-http-banner")).await.contains(HOST));
}

/// What is said to be wrong next to a field.
async fn wrong_at(app: &App<'_>, field: &str) -> String {
    app.element(&format!("#setting-{}[aria-invalid=true]", field.replace('.', "\\."))).await;
    app.text(&id(&format!("wrong-{field}"))).await
}

/// A website: pages for people, and nothing else.
async fn website() -> String {
    let page = || async { (StatusCode::OK, Html("<!doctype html><title>Bakery</title><h1>Bread")) };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it listens");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    format!("http://{address}")
}
