//! A server that gives the answers it was told to give, byte for byte, and a clock that stands.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

pub(crate) mod stage;

use async_trait::async_trait;
use auth_client::oauth::{Discovered, Endpoints, OAuthAccount, OAuthServer, OAuthSettings};
use auth_client::{AccountSettings, TokenApi};
use engine::{Boot, Now, Wall};
use keeper::ports::{Clock, Credentials};
use keeper::record::{RenewalSecret, Tokens};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;
pub(crate) const NOON_TEXT: &str = "Sun, 23 Nov 2025 12:00:00 GMT";

/// It is noon, and stays noon.
pub(crate) struct Noon;

#[async_trait]
impl Clock for Noon {
    fn now(&self) -> Now {
        Now { wall: Wall(NOON), boot: Boot(5_000) }
    }
    fn boot_id(&self) -> String {
        "this one".into()
    }
    async fn sleep_until(&self, _until: Boot) {
        std::future::pending().await
    }
}

/// Gives one answer per connection, in order, and remembers what it was asked.
pub(crate) struct Fake {
    pub(crate) base: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) async fn giving(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&heard);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = hear(&mut stream).await;
                book.lock().unwrap().push(request);
                // The client may leave in the middle of a huge answer.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { base, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The settings, with this server in them.
    pub(crate) fn settings(&self, settings: AccountSettings) -> AccountSettings {
        AccountSettings { base_url: self.base.clone(), user: "alice".into(), ..settings }
    }

    /// An account here of an OAuth server that has told all its endpoints.
    pub(crate) fn account(&self, settings: OAuthSettings) -> OAuthAccount {
        let at = |path: &str| format!("{}{path}", self.base);
        let endpoints = Endpoints {
            authorization: at("/authorize"),
            token: at("/token"),
            device_authorization: at("/device"),
            revocation: at("/revoke"),
            userinfo: at("/userinfo"),
            jwks: at("/jwks"),
            end_session: at("/logout"),
        };
        let discovered =
            Discovered { issuer: self.base.clone(), endpoints, ..Discovered::default() };
        let settings = OAuthSettings {
            issuer: self.base.clone(),
            client_id: "desk client".into(),
            ..settings
        };
        OAuthAccount { settings, discovered }
    }

    pub(crate) fn oauth(&self, settings: OAuthSettings) -> OAuthServer {
        OAuthServer::new(self.account(settings), Arc::new(Noon)).unwrap()
    }

    /// The head of a request, and the parameters of the form in it.
    pub(crate) fn form(&self, index: usize) -> (String, Vec<(String, String)>) {
        let heard = self.heard();
        let (head, body) = heard[index].split_once("\r\n\r\n").unwrap();
        let pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        (head.to_owned(), pairs)
    }

    pub(crate) fn api(&self, settings: AccountSettings) -> TokenApi {
        TokenApi::new(self.settings(settings), Arc::new(Noon)).unwrap()
    }
}

/// Reads one request: its head, and as much body as it says.
async fn hear(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut piece = [0; 4_096];
        let read = stream.read(&mut piece).await.unwrap();
        if read == 0 {
            return text;
        }
        request.extend_from_slice(&piece[..read]);
    }
}

/// An answer: its status, headers and body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status} Told\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

pub(crate) fn json(status: u16, body: &str) -> Vec<u8> {
    answer(status, &[("Content-Type", "application/json")], body)
}

pub(crate) fn page(status: u16) -> Vec<u8> {
    let html = "<!DOCTYPE html><html><body>Please accept the terms</body></html>";
    answer(status, &[("Content-Type", "text/html; charset=utf-8")], html)
}

pub(crate) fn alice() -> Credentials {
    Credentials { user: "alice".into(), password: "planted-password".into() }
}

pub(crate) fn tokens() -> Tokens {
    Tokens {
        access: "old-access".into(),
        renewal: RenewalSecret::RefreshToken("old-refresh".into()),
        id: None,
        client_secret: None,
    }
}

/// A JWT that nobody has signed.
pub(crate) fn jwt(claims: &serde_json::Value) -> String {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    format!("e30.{}.c2ln", base64.encode(claims.to_string()))
}

/// What is inside a renewal secret, with its kind before it.
pub(crate) fn told(renewal: &RenewalSecret) -> String {
    use secrecy::ExposeSecret as _;
    match renewal {
        RenewalSecret::RefreshToken(token) => format!("token {}", token.expose_secret()),
        RenewalSecret::Cookies(cookies) => format!("cookies {}", cookies.expose_secret()),
        RenewalSecret::AccessToken => "itself".into(),
        RenewalSecret::Nothing => "nothing".into(),
    }
}
