//! A client that sees everything: also a connection that closed without a word, and a body that
//! broke off, which a proper HTTP client hides behind an error.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use demo_server::{ALICE, Clock, Running, Switches};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const NOON: u64 = 1_800_000_000_000;

/// A clock that stands still until a test moves it.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicU64>);

impl Hands {
    pub(crate) fn at(ms: u64) -> Self {
        Self(Arc::new(AtomicU64::new(ms)))
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Clock::from_fn(Arc::new(move || {
            UNIX_EPOCH + Duration::from_millis(hands.load(Ordering::SeqCst))
        }))
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its announced end.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut known = self.headers.iter().filter(|(known, _)| known == name);
        known.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }
}

/// One request on a connection of its own; none if it was closed without an answer.
pub(crate) async fn send(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Reply> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        request += &format!("host: 127.0.0.1:{port}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A reset is as good a way to end a connection as any.
    let _ = stream.read_to_end(&mut bytes).await;
    (!bytes.is_empty()).then(|| parse(&bytes))
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut reply = Reply { status, headers, body: bytes[end + 4..].to_vec(), whole: true };
    if let Some(length) = reply.header("content-length") {
        reply.whole = length.parse() == Ok(reply.body.len());
    } else if reply.header("transfer-encoding").is_some() {
        reply.whole = reply.body.ends_with(b"0\r\n\r\n");
    }
    reply
}

/// A server with a person in front of it.
pub(crate) struct Scene {
    pub(crate) server: Running,
    pub(crate) hands: Hands,
}

impl Scene {
    pub(crate) async fn with(switches: Switches) -> Self {
        let hands = Hands::at(NOON);
        let server = Running::in_memory(switches, hands.clock()).await.unwrap();
        Self { server, hands }
    }

    pub(crate) async fn well() -> Self {
        Self::with(Switches::default()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Option<Reply> {
        send(self.server.port(), "POST", path, &[], &body.to_string()).await
    }

    pub(crate) async fn ask_login(&self) -> Option<Reply> {
        let body = json!({"username": ALICE.username, "password": ALICE.password});
        self.post("/api/login", &body).await
    }

    /// Signs in; gives the access and the refresh token.
    pub(crate) async fn login(&self) -> (String, String) {
        let reply = self.ask_login().await.unwrap();
        assert_eq!(reply.status, 200);
        (reply.text("token"), reply.text("refreshToken"))
    }

    pub(crate) async fn ask_refresh(&self, token: &str) -> Option<Reply> {
        self.post("/api/refresh_token", &json!({"refreshToken": token})).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        self.ask_refresh(token).await.expect("an answer")
    }

    pub(crate) async fn me(&self, token: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        send(self.server.port(), "GET", "/api/me", &headers, "").await.expect("an answer")
    }

    pub(crate) async fn set(&self, change: Value) {
        self.server.control().patch_switches(change).await.unwrap();
    }
}
