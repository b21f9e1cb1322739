//! The simulation names answers as the auth client does: each of them sent to the auth client over
//! HTTP, and its word compared.

use auth_client::{AccountSettings, TokenApi, presets};
use engine::Class;
use keeper::clock::SystemClock;
use keeper::ports::{AuthServer as _, Call, Marks};
use keeper::record::{RenewalSecret, Tokens};
use simulation::policies::keeper::class;
use simulation::reply::{Answer, Body, Reply};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn answer(status: u16, body: Body, retry_after_ms: Option<i64>) -> Reply {
    Reply::Answer(Answer { status, retry_after_ms, date_ms: 0, body })
}

/// As it travels.
fn on_the_wire(reply: &Reply) -> String {
    let Reply::Answer(answer) = reply else { unreachable!("no answer, nothing on the wire") };
    let (kind, body) = match &answer.body {
        Body::Tokens(_) => ("application/json", r#"{"token":"a","refreshToken":"r"}"#.to_owned()),
        Body::Error(code) => ("application/json", format!(r#"{{"error":"{code}"}}"#)),
        Body::Json => ("application/json", r#"{"user":"alice"}"#.to_owned()),
        Body::Html => ("text/html", "<!doctype html><title>Welcome</title>".to_owned()),
        Body::Empty => ("text/plain", String::new()),
    };
    let wait = answer.retry_after_ms.map(|ms| format!("retry-after: {}\r\n", ms / 1_000));
    format!(
        "HTTP/1.1 {} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{}connection: close\r\n\r\n{body}",
        answer.status,
        body.len(),
        wait.unwrap_or_default()
    )
}

/// What the auth client makes of a refresh that is answered so.
async fn named(reply: &Reply) -> Class {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let wire = on_the_wire(reply);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4_096];
        let _read = stream.read(&mut asked).await.unwrap();
        stream.write_all(wire.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let settings = AccountSettings { base_url, ..presets().remove(0).settings };
    let api = TokenApi::new(settings, Arc::new(SystemClock::new())).unwrap();
    let tokens = Tokens::new("a-1".into(), RenewalSecret::RefreshToken("r-1".into()));
    let failure = api.refresh(&tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    server.await.unwrap();
    failure.class
}

#[tokio::test]
async fn an_answer_has_the_name_that_the_auth_client_gives_it() {
    let answers = [
        answer(400, Body::Error("invalid_grant"), None),
        answer(400, Body::Error("invalid_request"), None),
        answer(401, Body::Error("invalid_client"), None),
        answer(429, Body::Empty, None),
        answer(429, Body::Empty, Some(30_000)),
        answer(500, Body::Empty, None),
        answer(502, Body::Html, None),
        answer(503, Body::Empty, None),
        answer(503, Body::Empty, Some(30_000)),
        answer(504, Body::Empty, None),
        answer(408, Body::Empty, None),
        answer(200, Body::Html, None),
        answer(200, Body::Json, None),
        answer(200, Body::Empty, None),
        answer(302, Body::Html, None),
        answer(404, Body::Empty, None),
    ];
    for reply in &answers {
        assert_eq!(class(reply), named(reply).await, "{reply:?}");
    }
}
