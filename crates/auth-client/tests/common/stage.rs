//! A server that publishes what a test wants it to publish, over real HTTP.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use super::Noon;
use auth_client::oauth::{
    Discovered, OAuthSettings, Promise, PromiseTopic, ServerReport, SignInTrouble, Tell, discover,
    probe,
};
use auth_client::{Network, Verdict};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use engine::Exchange;
use keeper::activity::What;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

pub(crate) const OPENID: &str = "/.well-known/openid-configuration";
pub(crate) const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// One answer.
#[derive(Clone)]
pub(crate) struct Page {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(crate) fn json_page(document: &Value) -> Page {
    raw(200, "application/json", document.to_string().into_bytes())
}

pub(crate) fn raw(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Page {
    Page { status, headers: vec![("Content-Type".into(), kind.into())], body: body.into() }
}

impl Page {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

pub(crate) fn html(status: u16) -> Page {
    raw(status, "text/html", "<!DOCTYPE html><html><body>Welcome</body></html>")
}

pub(crate) fn redirect(to: &str) -> Page {
    raw(302, "text/plain", "").with("Location", to)
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

type Pages = Arc<Mutex<HashMap<String, Page>>>;

/// A server.
pub(crate) struct Stage {
    /// `http://127.0.0.1:port`.
    pub(crate) base: String,
    pages: Pages,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (pages, heard) = (Pages::default(), Arc::new(Mutex::new(Vec::new())));
        let state = (Arc::clone(&pages), Arc::clone(&heard));
        let app = Router::new().fallback(answer).with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, pages, heard }
    }

    pub(crate) fn at(self, path: &str, page: Page) -> Self {
        self.pages.lock().unwrap().insert(path.into(), page);
        self
    }

    /// A good OpenID document at this path of the server, with what is here put over it.
    pub(crate) fn openid(self, issuer: &str, over: Value) -> Self {
        let document = openid(&self.base, issuer, over);
        self.at(OPENID, json_page(&document))
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.heard().into_iter().map(|heard| heard.path).collect()
    }
}

async fn answer(
    State((pages, heard)): State<(Pages, Arc<Mutex<Vec<Heard>>>)>,
    request: Request,
) -> Response {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
    let headers = request.headers().iter().map(|(name, it)| (name.to_string(), text(it))).collect();
    let path = request.uri().path().to_owned();
    heard.lock().unwrap().push(Heard { path: path.clone(), headers });
    let page = pages.lock().unwrap().get(&path).cloned();
    let page = page.unwrap_or_else(|| raw(404, "application/json", "{\"error\":\"not_found\"}"));
    let mut response = Response::builder().status(page.status);
    for (name, value) in page.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(page.body)).unwrap()
}

/// A document with everything in it.
pub(crate) fn openid(base: &str, issuer: &str, over: Value) -> Value {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "device_authorization_endpoint": format!("{base}/device"),
        "revocation_endpoint": format!("{base}/revoke"),
        "userinfo_endpoint": format!("{base}/me"),
        "jwks_uri": format!("{base}/jwks"),
        "end_session_endpoint": format!("{base}/logout"),
        "scopes_supported": ["openid", "profile", "offline_access"],
        "response_types_supported": ["code", "code id_token"],
        "grant_types_supported":
            ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "prompt_values_supported": ["none", "login", "consent"],
        "authorization_response_iss_parameter_supported": true,
    });
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            document.as_object_mut().unwrap().remove(name);
        } else {
            document[name] = value.clone();
        }
    }
    document
}

pub(crate) fn jwks() -> Page {
    json_page(&json!({"keys": [
        {"kty": "RSA", "kid": "a", "use": "sig", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "kid": "b", "x": "AQ", "y": "AQ"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "use": "enc"},
        "nonsense",
    ]}))
}

/// What came of a discovery, and what was told on the way.
pub(crate) async fn discovered(
    settings: &OAuthSettings,
) -> (Result<Discovered, SignInTrouble>, Vec<Exchange>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let book = Arc::clone(&told);
    let tell: Tell = Arc::new(move |what| {
        let What::Exchange { exchange, .. } = what else { return };
        book.lock().unwrap().push(exchange);
    });
    let outcome = discover(settings, Arc::new(Noon), &tell).await;
    let told = told.lock().unwrap().clone();
    (outcome, told)
}

pub(crate) fn of(issuer: &str) -> OAuthSettings {
    OAuthSettings { issuer: issuer.into(), client_id: "desk".into(), ..OAuthSettings::default() }
}

pub(crate) async fn probed(address: &str) -> ServerReport {
    probed_through(address, &Network::default()).await
}

pub(crate) async fn probed_through(address: &str, network: &Network) -> ServerReport {
    let report = probe(address, network, Arc::new(Noon)).await;
    let topics: Vec<PromiseTopic> = report.promises.iter().map(|it| it.topic).collect();
    assert_eq!(topics, PromiseTopic::ALL, "one promise for each topic, in order: {address}");
    for promise in &report.promises {
        assert!(promise.exchange.is_none_or(|it| it < report.exchanges.len()), "{promise:?}");
        assert!(!promise.detail.is_empty());
    }
    report
}

pub(crate) fn promise(report: &ServerReport, topic: PromiseTopic) -> Promise {
    report.promises.iter().find(|it| it.topic == topic).unwrap().clone()
}

pub(crate) fn verdict(report: &ServerReport, topic: PromiseTopic) -> Verdict {
    promise(report, topic).verdict
}
