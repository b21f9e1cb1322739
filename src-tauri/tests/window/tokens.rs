//! What the tokens hold is shown, and they are not; a copy is made only by somebody at the screen.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Desk, Options, SOON, prepare_demo, until};

const TITLES: [&str; 2] = ["Copy the access token?", "复制访问令牌？"];

#[tokio::test]
async fn header_and_claims_are_shown_and_the_token_is_not() {
    let (url, token) = jwt_server().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.reload_recorded().await;
    assert_eq!(details(&app).await["access"], Value::Null, "nobody is signed in");
    app.sign_in_at(&url, "tutorial", "alice", "wonderland").await;

    let details = details(&app).await;

    let access = &details["access"];
    assert_eq!(access["fingerprint"], app.fingerprint().await);
    assert_eq!(access["length"], token.len());
    let names = |part: &Value| {
        let members = part.as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&access["jwt"]["header"]), ["typ", "alg"]);
    assert_eq!(
        names(&access["jwt"]["claims"]),
        ["sub", "exp", "refresh_token", "session_expires_at"]
    );
    let claims = &access["jwt"]["claims"];
    assert_eq!(claims[0]["value"], "\"alice\"");
    assert_eq!(claims[1]["atMs"], 4_102_444_800_000_i64);
    assert_eq!(details["sessionEndsMs"], 4_102_444_900_000_i64);
    assert_eq!(details["refresh"]["jwt"], Value::Null, "it is opaque");
    // The claim that is the refresh token is called what that is called.
    let name = details["refresh"]["fingerprint"].as_str().expect("it has a name");
    assert_eq!(claims[2]["value"], format!("\"‹token {name}›\""));

    let messages = Value::from(app.messages().await).to_string();
    for part in token.split('.').chain(["planted-refresh"]) {
        assert!(!app.source().await.contains(part), "{part} is in the page");
        assert!(!messages.contains(part), "{part} is in a message");
    }
}

#[tokio::test]
async fn a_token_is_copied_after_a_yes_and_only_then() {
    for (language, title) in ["en", "zh-CN"].into_iter().zip(TITLES) {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        folder.prefer(&json!({ "language": language }));
        let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
        prepare_demo(&folder, calm).await;
        let app = App::start(&desk, &folder, Options::default()).await;
        app.try_it().await;
        let other = desk.other_window().await;
        app.focus().await;

        // No.
        ask(&app).await;
        desk.dialog(title).await;
        // The page asks for another one meanwhile: there is one at a time.
        let second = app.invoke("copy_access_token", json!({})).await;
        assert_eq!(second, Ok(json!(false)));
        desk.press("Escape");
        desk.gone(title).await;
        assert_eq!(answer(&app).await, json!(false));
        assert_eq!(desk.clipboard(), None);

        // Yes.
        ask(&app).await;
        desk.dialog(title).await;
        say_yes(&desk).await;
        desk.gone(title).await;
        assert_eq!(answer(&app).await, json!(true));
        let copied = desk.clipboard().expect("something was copied");
        assert!(copied.len() > 20, "{copied}");
        // It is the access token: the demo's API takes it.
        let url = app.view().await["demo"]["baseUrl"].as_str().expect("it runs").to_owned();
        assert_eq!(call_me(&url, &copied).await, 200);
        // The page neither got it nor can read it from there.
        assert!(!app.source().await.contains(&copied));
        assert!(!Value::from(app.messages().await).to_string().contains(&copied));
        let script = "window.__read = null;
            (navigator.clipboard?.readText?.() ?? Promise.reject('no clipboard'))
              .then((text) => (window.__read = text), (error) => (window.__read = 'refused'));";
        app.run(script, &[]).await;
        let read = until("an answer about the clipboard", SOON, async || {
            Some(app.run("return window.__read", &[]).await).filter(|read| !read.is_null())
        });
        assert_eq!(read.await, json!("refused"));
        desk.focus(other.window()).await;

        // Quitting takes it off.
        assert_eq!(app.terminate().await, 0);
        assert_ne!(desk.clipboard(), Some(copied));
    }
}

#[tokio::test]
async fn with_nobody_signed_in_nothing_is_copied() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
    let refusal = app.invoke("copy_access_token", json!({})).await;
    assert_eq!(refusal.expect_err("there is none")["message"], "no access token is in use");
    assert_eq!(desk.clipboard(), None);
}

async fn details(app: &App<'_>) -> Value {
    app.invoke("token_details", json!({})).await.expect("one may look")
}

/// The access token, copied as a person does it.
pub(crate) async fn copied_token(app: &App<'_>, desk: &Desk) -> String {
    ask(app).await;
    desk.dialog(TITLES[0]).await;
    say_yes(desk).await;
    desk.gone(TITLES[0]).await;
    assert_eq!(answer(app).await, json!(true));
    desk.clipboard().expect("something was copied")
}

/// As somebody who reads what is asked: a yes that comes sooner is none.
pub(crate) async fn say_yes(desk: &Desk) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    desk.press("Return");
}

/// Asks as the page does, and waits for no answer.
async fn ask(app: &App<'_>) {
    let script = "window.__copied = null;
        window.__TAURI_INTERNALS__.invoke('copy_access_token')
          .then((copied) => (window.__copied = copied), (error) => (window.__copied = error));";
    app.run(script, &[]).await;
}

async fn answer(app: &App<'_>) -> Value {
    until("an answer", SOON, async || {
        Some(app.run("return window.__copied", &[]).await).filter(|answer| !answer.is_null())
    })
    .await
}

/// The status with which the demo's API answers a token.
async fn call_me(url: &str, token: &str) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(host).await.expect("it listens");
    let request = format!(
        "GET /api/me HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.expect("an answer has a status")
}

/// A server of the tutorial's shape whose access token is a JWT; its address and that token.
async fn jwt_server() -> (String, String) {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = json!({
        "sub": "alice", "exp": 4_102_444_800_i64, "refresh_token": "planted-refresh-1",
        "session_expires_at": 4_102_444_900_i64,
    });
    let order = ["sub", "exp", "refresh_token", "session_expires_at"]
        .map(|name| format!("\"{name}\":{}", claims[name]))
        .join(",");
    let header = part(r#"{"typ":"JWT","alg":"HS256"}"#);
    let token = format!("{header}.{}.{}", part(&format!("{{{order}}}")), part("a signature"));
    let tokens = json!({
        "token": token, "refreshToken": "planted-refresh-1", "expiresIn": 3_600,
    });
    let routes = Router::new()
        .route("/api/login", post(async move || Json(tokens.clone())))
        .route("/api/refresh_token", post(async || axum::http::StatusCode::INTERNAL_SERVER_ERROR));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, token)
}
