//! A server of the tutorial's shape whose access tokens are JWTs.

use std::sync::{Arc, Mutex};
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
    given: Given,
}

/// The pairs that were handed out, access token first.
type Given = Arc<Mutex<Vec<[String; 2]>>>;

impl JwtServer {
    /// Starts it on a free port; it ends with the test.
    pub(crate) async fn start() -> Self {
        let given = Given::default();
        let routes = Router::new()
            .route("/api/login", post(tokens))
            .route("/api/refresh_token", post(tokens))
            .route("/api/me", get(async || Json(json!({ "hello": "alice" }))))
            .with_state(Arc::clone(&given));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, given }
    }

    /// Whether this is an access token of its own.
    pub(crate) fn has_given(&self, access: &str) -> bool {
        self.pairs().iter().any(|[given, _]| given == access)
    }

    /// Every part of a token that must not be seen: claims and signatures, and refresh tokens.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let parts = |[access, refresh]: [String; 2]| {
            let parts = access.split('.').skip(1).map(str::to_owned).collect::<Vec<_>>();
            parts.into_iter().chain([refresh])
        };
        self.pairs().into_iter().flat_map(parts).collect()
    }

    fn pairs(&self) -> Vec<[String; 2]> {
        self.given.lock().expect("nobody panics with it").clone()
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

async fn tokens(State(given): State<Given>) -> Json<Value> {
    let mut given = given.lock().expect("nobody panics with it");
    let number = given.len();
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
    let signature = part(format!("a signature {number}"));
    let access = [part(header.to_string()), part(claims.to_string()), signature].join(".");
    let refresh = format!("opaque-refresh-token-{number}");
    let answer = json!({ "token": access, "refreshToken": refresh, "expiresIn": 3_600 });
    given.push([access, refresh]);
    Json(answer)
}
