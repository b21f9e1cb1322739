//! A server of the tutorial's shape whose access tokens are JWTs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// It hands out another pair of tokens at each sign-in and refresh, and takes any of them.
pub(crate) struct JwtServer {
    url: String,
}

impl JwtServer {
    /// Starts it on a free port; it ends with the test.
    pub(crate) async fn start() -> Self {
        let routes = Router::new()
            .route("/api/login", post(tokens))
            .route("/api/refresh_token", post(tokens))
            .route("/api/me", get(async || Json(json!({ "hello": "alice" }))))
            .with_state(Arc::new(AtomicU32::new(0)));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn tokens(State(given): State<Arc<AtomicU32>>) -> Json<Value> {
    let number = given.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let header = json!({ "alg": "RS256", "kid": "2026-11", "typ": "at+jwt" });
    let claims = json!({
        "aud": "https://api.example.com",
        "exp": now + 3_600,
        "iat": now,
        "iss": "https://login.example.com",
        "jti": format!("token-{number}"),
        "roles": ["reader", "writer"],
        "scope": "profile offline_access",
        "sub": "alice",
    });
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let token = [header, claims].map(|it| part(it.to_string())).join(".");
    Json(json!({
        "token": format!("{token}.{}", part(format!("a signature {number}"))),
        "refreshToken": format!("opaque-refresh-token-{number}"),
        "expiresIn": 3_600,
    }))
}
