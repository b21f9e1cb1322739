//! The provider that tells everybody's secrets wherever it can.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::planted::none_in;

/// What every planted secret has in it, and nothing else.
const PLANTED: [&str; 6] = [
    "planted-access",
    "planted-refresh",
    "planted-cookie",
    "planted-code",
    "planted-device",
    "planted-client-secret",
];

/// What the app is called here.
pub(super) const CLIENT: &str = "findable-client";
/// What it proves that with.
pub(super) const SECRET: &str = "planted-client-secret";
/// What is no secret, and shows that the search looks in the right places.
pub(super) const USER: &str = "findable-user";

/// The provider.
pub(super) struct Careless {
    pub(super) issuer: String,
    desk: Arc<Back>,
}

/// What is behind its counter.
struct Back {
    issuer: String,
    key: EncodingKey,
    grants: AtomicU32,
    refuses: AtomicBool,
    nonce: Mutex<Option<String>>,
    heard: Mutex<Vec<Heard>>,
    /// The ID tokens it gave, as far as they may not be seen: claims and signature.
    given: Mutex<Vec<String>>,
}

struct Heard {
    path: String,
    form: HashMap<String, String>,
    authorization: String,
}

impl Careless {
    /// Starts it on a free port; it ends with the test.
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("it listens"));
        // An Ed25519 key as RFC 8410 section 7 writes it: what kind it is, and 32 bytes of its own.
        let kind = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
        let desk = Arc::new(Back {
            issuer: issuer.clone(),
            key: EncodingKey::from_ed_der(&[&kind[..], &[7; 32]].concat()),
            grants: AtomicU32::default(),
            refuses: AtomicBool::default(),
            nonce: Mutex::default(),
            heard: Mutex::default(),
            given: Mutex::default(),
        });
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { issuer, desk }
    }

    /// From now on its token endpoint refuses, or does so no more.
    pub(super) fn refuses(&self, on: bool) {
        self.desk.refuses.store(on, Ordering::Relaxed);
    }

    /// How often it was asked there.
    pub(super) fn heard(&self, path: &str) -> usize {
        let heard = self.desk.heard.lock().expect("nobody panics with it");
        heard.iter().filter(|heard| heard.path == path).count()
    }

    /// Whether the client's secret ever came.
    pub(super) fn secret_came(&self) -> bool {
        let heard = self.desk.heard.lock().expect("nobody panics with it");
        let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        heard.iter().any(|heard| heard.authorization == format!("Basic {basic}"))
    }

    /// What codes were exchanged with (RFC 7636 section 4.1).
    pub(super) fn proofs(&self) -> Vec<String> {
        let heard = self.desk.heard.lock().expect("nobody panics with it");
        heard.iter().filter_map(|heard| heard.form.get("code_verifier").cloned()).collect()
    }

    /// Everything that nobody else is to see.
    pub(super) fn secrets(&self) -> Vec<String> {
        let given = self.desk.given.lock().expect("nobody panics with it").clone();
        let planted = PLANTED.map(str::to_owned);
        planted.into_iter().chain(self.proofs()).chain(given).collect()
    }

    /// Nothing of that is in there, in any clothes.
    pub(super) fn none_in(&self, text: &str, place: &str) {
        let secrets = self.secrets();
        let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
        none_in(&secrets, text, place);
    }
}

async fn answer(State(desk): State<Arc<Back>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 16).await.unwrap_or_default();
    let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect();
    let query: HashMap<String, String> = pairs(parts.uri.query().unwrap_or_default().as_bytes());
    let form: HashMap<String, String> = pairs(&body);
    let authorization = parts.headers.get("authorization");
    let authorization = authorization.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (path, authorization) = (parts.uri.path().to_owned(), authorization.to_owned());
    let (status, said) = match path.as_str() {
        "/.well-known/openid-configuration" => (StatusCode::OK, metadata(&desk.issuer)),
        "/jwks" => (StatusCode::OK, json!({ "keys": [desk.public_key()] })),
        "/authorize" => return desk.sends_back(&query),
        "/device" => (StatusCode::OK, device(&desk.issuer, &form)),
        "/token" => desk.tokens(&form, &authorization),
        "/userinfo" => {
            let encoded = STANDARD.encode(&authorization);
            let said = json!({ "sub": USER, "name": USER, "bearer": authorization, "it": encoded });
            (StatusCode::OK, said)
        }
        "/revoke" => (StatusCode::OK, json!({ "revoked": form, "by": authorization })),
        _ => (StatusCode::NOT_FOUND, json!({})),
    };
    let mut heard = desk.heard.lock().expect("nobody panics with it");
    heard.push(Heard { path, form, authorization });
    (status, COOKIE, Json(said)).into_response()
}

const COOKIE: [(&str, &str); 1] = [("set-cookie", "sid=planted-cookie-1; Path=/; HttpOnly")];

fn metadata(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "device_authorization_endpoint": at("/device"),
        "userinfo_endpoint": at("/userinfo"),
        "revocation_endpoint": at("/revoke"),
        "jwks_uri": at("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "offline_access"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
    })
}

fn device(issuer: &str, asked: &HashMap<String, String>) -> Value {
    json!({
        "device_code": "planted-device-code-1", "user_code": "WDJB-MJHT",
        "verification_uri": format!("{issuer}/here"), "expires_in": 600, "interval": 1,
        "you": asked,
    })
}

impl Back {
    fn public_key(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA).expect("it is a key");
        key.common.key_id = Some("1".to_owned());
        serde_json::to_value(key).expect("a key is JSON")
    }

    fn sends_back(&self, asked: &HashMap<String, String>) -> Response {
        *self.nonce.lock().expect("nobody panics with it") = asked.get("nonce").cloned();
        let text = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let mut back = url::Url::parse(text("redirect_uri")).expect("it says where to");
        back.query_pairs_mut()
            .append_pair("code", "planted-code-1")
            .append_pair("state", text("state"));
        (StatusCode::FOUND, COOKIE, [("location", back.as_str())]).into_response()
    }

    fn tokens(&self, asked: &HashMap<String, String>, by: &str) -> (StatusCode, Value) {
        let grant = asked.get("grant_type").map(String::as_str).unwrap_or_default();
        if self.refuses.load(Ordering::Relaxed) {
            let (status, error) = match grant {
                "refresh_token" => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
                "authorization_code" => (StatusCode::BAD_REQUEST, "invalid_grant"),
                _ => (StatusCode::BAD_REQUEST, "authorization_pending"),
            };
            let said = json!({
                "error": error, "error_description": format!("{by} asked with {asked:?}"),
                "request": asked, "cookie": "planted-cookie-1",
            });
            return (status, said);
        }
        let number = self.grants.fetch_add(1, Ordering::Relaxed);
        let said = json!({
            "access_token": format!("planted-access-{number}"),
            "refresh_token": format!("planted-refresh-{number}"),
            "id_token": self.id_token(),
            "token_type": "Bearer", "expires_in": 3_600, "asked": asked, "by": by,
        });
        (StatusCode::OK, said)
    }

    fn id_token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs();
        let nonce = self.nonce.lock().expect("nobody panics with it").clone();
        let mut claims = json!({
            "iss": self.issuer, "sub": USER, "aud": CLIENT, "name": USER,
            "iat": now, "exp": now + 600,
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let header = Header { kid: Some("1".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &self.key).expect("it can be signed");
        let parts = token.split('.').skip(1).map(str::to_owned);
        self.given.lock().expect("nobody panics with it").extend(parts);
        token
    }
}
