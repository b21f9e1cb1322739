//! A server hands out tokens that are easy to recognise; nobody but the server ever sees them again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Desk, Options, SOON, id, until};

/// What every planted secret has in it, and nothing else.
const PLANTED: [&str; 4] = ["planted-access", "planted-refresh", "planted-cookie", "planted-pass"];

const PASSWORD: &str = "planted-password";

/// What is no secret, and shows that the search looks in the right places.
const USER: &str = "findable-user";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_token_is_in_no_message_no_log_and_no_file() {
    let server = Careless::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let loud = ["session_keeper", "keeper", "vault", "engine", "auth_client", "demo_server"];
    let loud = loud.map(|name| format!("{name}=trace")).join(",");
    let environment = [("RUST_LOG", loud.as_str())];
    let start = || Options { environment: &environment, ..Options::default() };
    let mut messages = Vec::new();
    let app = App::start(&desk, &folder, start()).await;
    app.reload_recorded().await;

    // Everything that carries a token somewhere, and everything that shows what was carried.
    app.fill_form(&server.url, "tutorial", USER, PASSWORD).await;
    app.click(&id("check-settings")).await;
    app.click(&format!("{} summary", id("check-report"))).await;
    not_in(&app.text(&id("check-report")).await, "the report of a check");
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    app.renew_now().await;
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    not_in(&app.source().await, "the page with an exchange");
    app.press("Escape").await;
    app.wait_until_gone(&id("exchange-dialog")).await;
    app.click(&id("call-api")).await;
    app.click(&format!("{} button", id("api-result"))).await;
    app.element(&id("exchange-dialog")).await;
    not_in(&app.source().await, "the page with an API call");
    app.press("Escape").await;
    app.wait_until_gone(&id("exchange-dialog")).await;
    server.fail();
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    not_in(&app.source().await, "the page with a failure");
    messages.extend(app.messages().await);
    // The first view of a page, complete.
    app.reload_recorded().await;
    app.wait_for_status("waiting").await;
    // And everything that was done, as it is told, and as it is copied.
    app.subscribe("watch_activity", "channel", json!({})).await.expect("one may watch");
    let details = app.invoke("token_details", json!({})).await.expect("one may look");
    assert!(details["refresh"]["length"].is_u64(), "{details}");
    let told = until("the activity", SOON, async || {
        let mut told = app.messages().await;
        told.retain(|message| message["message"]["anew"] == true);
        told.pop().map(|mut message| message["message"]["entries"].take())
    });
    let entries = told.await.as_array().cloned().unwrap_or_default();
    let mut copied = 0;
    for entry in entries.iter().filter(|entry| entry["what"]["kind"] == "exchange") {
        let seq = entry["seq"].clone();
        app.invoke("copy_as_curl", json!({ "seq": seq })).await.expect("it may be copied");
        not_in(&desk.clipboard().unwrap_or_default(), "a copied request");
        copied += 1;
    }
    assert!(copied >= 4, "a sign-in, two refreshes and a call of the API at least: {copied}");
    messages.extend(app.messages().await);
    assert_eq!(app.terminate().await, 0);

    let messages = Value::from(messages).to_string();
    assert!(messages.contains(USER), "the messages were recorded");
    not_in(&messages, "the messages to the page");
    assert!(folder.log().contains("TRACE") || folder.log().contains("DEBUG"), "the log is loud");
    not_in(&folder.log(), "the log");
    let found = folder.files_with(USER);
    let activity = folder.app_data().join("activity");
    assert!(found.iter().any(|file| file.starts_with(&activity)), "the activity was searched");
    for planted in PLANTED {
        for form in forms(planted) {
            assert_eq!(folder.files_with(&form), Vec::<std::path::PathBuf>::new(), "{form}");
        }
    }
    assert!(server.refreshes.load(Ordering::Relaxed) >= 3, "there was something to find");
}

#[test]
fn a_token_is_recognised_as_it_is_in_hexadecimal_and_inside_base64() {
    for before in ["", "B", "Be", "Bea", "Bearer "] {
        let text = format!("{before}planted-access-7 and more");
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        for clothes in [text.clone(), hex, STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            let found = forms("planted-access").iter().any(|form| clothes.contains(form));
            assert!(found, "{clothes}");
        }
    }
}

fn not_in(text: &str, place: &str) {
    none_in(&PLANTED, text, place);
}

/// Neither as it is nor in any clothes that are easily taken off.
pub(crate) fn none_in(secrets: &[&str], text: &str, place: &str) {
    for planted in secrets {
        for form in forms(planted) {
            if let Some(at) = text.find(&form) {
                let around: String = text[..at].chars().rev().take(300).collect();
                let around: String = around.chars().rev().collect();
                panic!("{form} ({planted}) is in {place}, after: {around}");
            }
        }
    }
}

/// A text as it is, in hexadecimal, and inside any base64 text that holds it.
pub(crate) fn forms(text: &str) -> Vec<String> {
    let hex = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![text.to_owned(), hex];
    for before in 0..3 {
        // What stands before and after it colours the first and last characters of it only.
        let bytes = [&vec![0_u8; before], text.as_bytes()].concat();
        for encoded in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let whole = bytes.len() / 3 * 4;
            let coloured = (before * 4).div_ceil(3);
            forms.push(encoded[coloured..whole].to_owned());
        }
    }
    forms
}

/// A server of the tutorial's shape that tells everybody's secrets wherever it can.
struct Careless {
    url: String,
    refreshes: Arc<AtomicU32>,
    fails: Arc<AtomicU32>,
}

#[derive(Clone)]
struct Shared {
    refreshes: Arc<AtomicU32>,
    fails: Arc<AtomicU32>,
}

impl Careless {
    async fn start() -> Self {
        let shared = Shared { refreshes: Arc::default(), fails: Arc::default() };
        let routes = Router::new()
            .route("/api/login", post(login))
            .route("/api/refresh_token", post(refresh))
            .route("/api/me", get(me))
            .route("/api/logout", post(async || StatusCode::NO_CONTENT))
            .with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, refreshes: shared.refreshes, fails: shared.fails }
    }

    /// From now on it refuses, in words that repeat what it was asked.
    fn fail(&self) {
        // It names the token that it granted last, however often it is asked.
        self.fails.store(self.refreshes.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

async fn login(Json(asked): Json<Value>) -> Response {
    let tokens = json!({
        "token": "planted-access-0", "refreshToken": "planted-refresh-0", "expiresIn": 3_600,
        "you": asked["username"], "sent": asked,
    });
    (with_secrets(), Json(tokens)).into_response()
}

async fn refresh(State(shared): State<Shared>, Json(asked): Json<Value>) -> Response {
    let number = shared.refreshes.fetch_add(1, Ordering::Relaxed) + 1;
    let granted = shared.fails.load(Ordering::Relaxed);
    if granted > 0 {
        let token = asked["refreshToken"].as_str().unwrap_or_default();
        let refusal = json!({
            "error": "invalid_request",
            "message": format!("no idea what {token} is (was it planted-access-{granted}?)"),
            "request": asked,
        });
        return (StatusCode::BAD_REQUEST, with_secrets(), Json(refusal)).into_response();
    }
    let tokens = json!({
        "token": format!("planted-access-{number}"),
        "refreshToken": format!("planted-refresh-{number}"),
        "expiresIn": 3_600,
        "replaces": asked["refreshToken"],
    });
    (with_secrets(), Json(tokens)).into_response()
}

async fn me(headers: HeaderMap) -> Response {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.unwrap_or_default();
    let encoded = STANDARD.encode(bearer);
    Json(json!({ "hello": USER, "bearer": bearer, "encoded": encoded })).into_response()
}

fn with_secrets() -> [(&'static str, &'static str); 2] {
    [("set-cookie", "sid=planted-cookie-1; Path=/; HttpOnly"), ("x-request-id", "42")]
}
