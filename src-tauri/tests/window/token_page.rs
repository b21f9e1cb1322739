//! What is in the tokens, looked at from the Session screen; and the one way to a copy of them.

use serde_json::json;

use crate::harness::{App, AppFolder, Desk, JwtServer, Options, SOON, id};
use crate::tokens::say_yes;

const COPY: &str = "Copy the access token?";

#[tokio::test]
async fn the_claims_of_a_jwt_are_read_on_the_page_and_follow_a_renewal() {
    let server = JwtServer::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder, &server).await;

    app.click(&id("token-details")).await;

    app.wait_for(&claim("sub"), |text| text == "\"alice\"", SOON).await;
    app.wait_for(&claim("scope"), |text| text == "\"profile offline_access\"", SOON).await;
    // A moment is told as the token has it, and as a person reads it.
    app.wait_for(&claim("exp"), |text| text.contains(':') && text.starts_with("1"), SOON).await;
    app.shows(&format!("{} dt", "[data-claim=exp]"), ["Ends exp", "到期时间 exp"]).await;
    app.speak("en").await;
    assert!(app.text(&id("token-access")).await.contains(&app.fingerprint().await));
    let refresh = app.text(&id("token-refresh")).await;
    assert!(
        refresh.contains("Opaque: only its server can read it. It is 22 characters long."),
        "{refresh}"
    );
    app.wait_for(&claim("jti"), |text| text == "\"token-0\"", SOON).await;

    // Another token while one looks.
    app.invoke("renew_now", json!({})).await.expect("one may");
    app.wait_for(&claim("jti"), |text| text == "\"token-1\"", SOON).await;
    for secret in server.secrets() {
        assert!(!app.source().await.contains(&secret), "{secret} is in the page");
    }
    let wrong = app.axe().await;
    assert_eq!(wrong, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn the_pages_button_copies_only_what_the_systems_dialog_allows() {
    let server = JwtServer::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder, &server).await;
    let other = desk.other_window().await;
    app.focus().await;
    app.click(&id("token-details")).await;
    let said = id("copy-token-said");

    app.click(&id("copy-token")).await;
    desk.dialog(COPY).await;
    desk.press("Escape");
    desk.gone(COPY).await;
    app.wait_for(&said, |text| text == "It was not copied.", SOON).await;
    assert_eq!(desk.clipboard(), None);

    app.click(&id("copy-token")).await;
    desk.dialog(COPY).await;
    say_yes(&desk).await;
    desk.gone(COPY).await;
    let told = app.wait_for(&said, |text| text.starts_with("It was copied."), SOON).await;
    assert!(told.contains("The clipboard is cleared at "), "{told}");
    let copied = desk.clipboard().expect("something was copied");
    assert!(server.has_given(&copied), "the access token itself");
    assert!(!app.source().await.contains(&copied), "and not by way of the page");
    drop(other);
}

fn claim(name: &str) -> String {
    format!("[data-claim={name}] dd")
}

async fn signed_in<'a>(desk: &'a Desk, folder: &'a AppFolder, server: &JwtServer) -> App<'a> {
    folder.prefer(&json!({ "language": "en" }));
    let app = App::start(desk, folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app
}
