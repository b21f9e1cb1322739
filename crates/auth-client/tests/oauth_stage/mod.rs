//! A stage for sign-ins: an auth server that says what it was told to say, a browser of raw bytes, and
//! clocks that stand.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use auth_client::oauth::{
    BrowserSignIn, Discovered, Endpoints, OAuthAccount, OAuthSettings, PageWords, Tell,
};
use axum::Router;
use axum::extract::{Request, State};
use keeper::activity::What;
use keeper::clock::ManualClock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use url::Url;

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;
/// Nothing on this computer takes this long; what hangs fails.
pub(crate) const HANGS: Duration = Duration::from_secs(20);

/// What an endpoint says: status and body.
pub(crate) type Said = (u16, String);
/// What an endpoint was sent.
pub(crate) type Form = HashMap<String, String>;

/// An auth server. Endpoints say what they were told to, one after the other; the last one for ever.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) base: String,
    lines: Arc<Mutex<HashMap<String, Vec<Said>>>>,
    heard: Arc<Mutex<Vec<(String, Form)>>>,
    held: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server =
            Self { base, lines: Arc::default(), heard: Arc::default(), held: Arc::default() };
        server.says("/token", 200, r#"{"access_token":"planted-access","token_type":"Bearer","expires_in":3600,"refresh_token":"planted-refresh"}"#);
        server.says("/revoke", 200, "");
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// The endpoint says this from now on.
    pub(crate) fn says(&self, path: &str, status: u16, body: &str) {
        self.says_in_turn(path, &[(status, body)]);
    }

    /// The endpoint says these one after the other.
    pub(crate) fn says_in_turn(&self, path: &str, said: &[(u16, &str)]) {
        let said = said.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        self.lines.lock().unwrap().insert(path.to_owned(), said);
    }

    /// The endpoint says nothing until it gets a permit, one for each answer.
    pub(crate) fn holds(&self, path: &str) -> Arc<Semaphore> {
        let permits = Arc::new(Semaphore::new(0));
        self.held.lock().unwrap().insert(path.to_owned(), Arc::clone(&permits));
        permits
    }

    /// Returns once the endpoint was asked.
    pub(crate) async fn is_asked(&self, path: &str) {
        let asked = async {
            while self.forms(path).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANGS, asked).await.expect("it is asked");
    }

    /// The forms that this endpoint was sent.
    pub(crate) fn forms(&self, path: &str) -> Vec<Form> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(at, _)| at == path).map(|(_, form)| form.clone()).collect()
    }

    /// An account at this server: plain OAuth.
    pub(crate) fn account(&self) -> OAuthAccount {
        let at = |path: &str| format!("{}{path}", self.base);
        OAuthAccount {
            settings: OAuthSettings {
                issuer: self.base.clone(),
                client_id: "desk".into(),
                ..OAuthSettings::default()
            },
            discovered: Discovered {
                issuer: self.base.clone(),
                endpoints: Endpoints {
                    authorization: at("/auth"),
                    token: at("/token"),
                    device_authorization: at("/device"),
                    revocation: at("/revoke"),
                    jwks: at("/jwks"),
                    ..Endpoints::default()
                },
                ..Discovered::default()
            },
        }
    }
}

async fn answer(State(server): State<Server>, request: Request) -> axum::response::Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 65_536).await.unwrap();
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    server.heard.lock().unwrap().push((path.clone(), form));
    let held = server.held.lock().unwrap().get(&path).cloned();
    if let Some(permits) = held {
        permits.acquire().await.unwrap().forget();
    }
    let mut lines = server.lines.lock().unwrap();
    let (status, body) = match lines.get_mut(&path) {
        Some(said) if said.len() > 1 => said.remove(0),
        Some(said) => said[0].clone(),
        None => (404, r#"{"error":"not_found"}"#.to_owned()),
    };
    axum::response::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

/// What was told on the way.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<What>>>);

impl Told {
    pub(crate) fn tell(&self) -> Tell {
        let told = self.clone();
        Arc::new(move |what| told.0.lock().unwrap().push(what))
    }

    /// A line each: what it was for, what came of it, and the detail.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |what: &What| {
            let What::Exchange { purpose, outcome, exchange, .. } = what else {
                return format!("{what:?}");
            };
            let code = exchange.code.as_deref().unwrap_or("-");
            format!("{purpose:?} {outcome:?} {code}")
        };
        self.0.lock().unwrap().iter().map(line).collect()
    }

    /// Everything that was told, to the last field.
    pub(crate) fn everything(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

/// The key of RFC 8037, appendix A: everybody knows it.
pub(crate) const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"known",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// An ID token of this server for our client, signed by that key, with more claims.
pub(crate) fn id_token(server: &Server, more: &[(&str, &str)]) -> String {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let der = format!("302e020100300506032b657004220420{seed}");
    let byte = |at: usize| u8::from_str_radix(&der[at..at + 2], 16).unwrap();
    let der: Vec<u8> = (0..der.len()).step_by(2).map(byte).collect();
    // The server's `Date` is that of today, and the client goes by it.
    let now = jsonwebtoken::get_current_timestamp();
    let mut claims = serde_json::json!({
        "iss": server.base, "aud": "desk", "sub": "u-1", "name": "Alice", "iat": now, "exp": now + 600,
    });
    for (name, value) in more {
        claims[*name] = (*value).into();
    }
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    header.kid = Some("known".into());
    let key = jsonwebtoken::EncodingKey::from_ed_der(&der);
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

pub(crate) fn words() -> PageWords {
    PageWords {
        lang: "zh-CN".into(),
        done: "已登录".into(),
        done_hint: "可以关闭此页 & 返回".into(),
        failed: "未登录".into(),
        failed_hint: "请返回应用重试".into(),
    }
}

/// A browser sign-in, and what its link says of it.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) told: Told,
    pub(crate) sign_in: BrowserSignIn,
    pub(crate) tab: Tab,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut OAuthAccount)) -> Self {
        let server = Server::start().await;
        let mut account = server.account();
        change(&mut account);
        let clock = Arc::new(ManualClock::new(NOON));
        let told = Told::default();
        let begun =
            BrowserSignIn::begin(account, None, words(), Arc::clone(&clock) as _, told.tell());
        let sign_in = begun.await.expect("the sign-in begins");
        let tab = Tab::of(sign_in.link());
        Self { server, clock, told, sign_in, tab }
    }
}

/// What somebody who has seen the link knows.
#[derive(Clone)]
pub(crate) struct Tab {
    pub(crate) redirect: Url,
    pub(crate) state: String,
    pub(crate) challenge: String,
    pub(crate) nonce: String,
}

impl Tab {
    fn of(link: &Url) -> Self {
        let value = |name: &str| {
            let mut pairs = link.query_pairs();
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let needed = |name: &str| value(name).unwrap_or_else(|| panic!("no {name} in {link}"));
        Self {
            redirect: needed("redirect_uri").parse().unwrap(),
            state: needed("state"),
            challenge: needed("code_challenge"),
            nonce: value("nonce").unwrap_or_default(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.redirect.port().unwrap()
    }

    pub(crate) fn host(&self) -> String {
        format!("{}:{}", self.redirect.host_str().unwrap(), self.port())
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port())).await.expect("the port is open")
    }

    /// A request as a browser makes it.
    pub(crate) fn get(&self, path_and_query: &str) -> String {
        format!("GET {path_and_query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host())
    }

    /// The redirect with this query and our state.
    pub(crate) fn answer(&self, query: &str) -> String {
        self.get(&format!("{}?{query}&state={}", self.redirect.path(), self.state))
    }

    /// Sends bytes and reads all that comes back. Whoever is cut off hears what came before.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        // A connection may be closed while a huge request is still being written.
        let _ = stream.write_all(bytes.as_ref()).await;
        heard(stream).await
    }

    /// Goes where an answer leads, as a browser does.
    pub(crate) async fn follow(&self, answer: &str) -> String {
        let place: Url = header(answer, "location").expect("a redirect").parse().unwrap();
        assert_eq!(place.origin(), self.redirect.origin(), "it leads nowhere else");
        assert_eq!(place.query(), None, "it carries no code");
        self.send(self.get(place.path())).await
    }

    /// Returns once nobody listens on the port any more.
    pub(crate) async fn is_freed(&self) {
        let freed = async {
            while TcpListener::bind(("127.0.0.1", self.port())).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(HANGS, freed).await.expect("the port is freed");
    }
}

/// All that comes until the other side closes.
pub(crate) async fn heard(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A reset ends it, too.
    let _ = tokio::time::timeout(HANGS, stream.read_to_end(&mut all)).await.expect("it is closed");
    String::from_utf8_lossy(&all).into_owned()
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

pub(crate) fn header(answer: &str, name: &str) -> Option<String> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}
