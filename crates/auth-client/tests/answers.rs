//! What a server may answer, and what each answer is called. Every row goes over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::{AccountSettings, RefusedShape};
use common::{Fake, NOON_TEXT, alice, answer, json, page, tokens};
use engine::{Class, Failure};
use keeper::ports::{Answer, AuthServer as _, Call, Marks};

use Class::{
    NotTheAuthServer, Refused, ServerTrouble, SetUp, Throttled, UnclearRefusal, UnknownOutcome,
};

/// What an answer is called: its class, then its code and the wait where there are any.
type Named = (Class, Option<&'static str>, Option<i64>);
type Row = (&'static str, Vec<u8>, Result<(), Named>);

const GRANTED: Result<(), Named> = Ok(());

fn is(class: Class) -> Result<(), Named> {
    Err((class, None, None))
}

fn coded(class: Class, code: &'static str) -> Result<(), Named> {
    Err((class, Some(code), None))
}

fn waits(class: Class, ms: i64) -> Result<(), Named> {
    Err((class, None, Some(ms)))
}

#[tokio::test]
async fn every_answer_to_a_refresh_has_its_name() {
    refreshed(AccountSettings::default(), refusals()).await;
    refreshed(AccountSettings::default(), trouble()).await;
    refreshed(AccountSettings::default(), somebody_else()).await;
    refreshed(AccountSettings::default(), two_hundreds()).await;
}

#[rustfmt::skip] // one row, one line
fn refusals() -> Vec<Row> {
    vec![
        // By the book, whatever the status and the content type.
        ("invalid_grant", error(400, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant in 401", error(401, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant in 403", error(403, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant in 200", error(200, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant in 500", error(500, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant in 429", error(429, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant as text", answer(400, &[("Content-Type", "text/plain")], r#"{"error":"invalid_grant"}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant said to be HTML", answer(400, &[("Content-Type", "text/html")], r#"{"error":"invalid_grant"}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant in an envelope", json(400, r#"{"data":{"error":"invalid_grant"}}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant inside an error", json(400, r#"{"error":{"code":"invalid_grant","message":"x"}}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant after a byte order mark", answer(400, &[], "\u{feff}{\"error\":\"invalid_grant\"}"), coded(Refused, "invalid_grant")),
        // The account's settings: 401 with JSON, or /code = 401 in any answer.
        ("401 with a JSON object", json(401, r#"{"message":"who?"}"#), is(Refused)),
        ("401 with an empty object", json(401, "{}"), is(Refused)),
        ("401 with JSON under no content type", answer(401, &[], r#"{"message":"who?"}"#), is(Refused)),
        ("401 with a JSON string", json(401, r#""expired""#), is(Refused)),
        ("401 with an unknown code", error(401, "token_expired"), coded(Refused, "token_expired")),
        ("an envelope with 401 in it", json(200, r#"{"code":401,"message":"no"}"#), coded(Refused, "401")),
        ("an envelope with 401 as text", json(200, r#"{"code":"401"}"#), coded(Refused, "401")),
        ("an envelope with 401 in 500", json(500, r#"{"code":401}"#), coded(Refused, "401")),
        // What looks like a refusal and proves nothing about the session.
        ("an empty 401", answer(401, &[], ""), is(UnclearRefusal)),
        ("401 with a word", answer(401, &[], "Unauthorized"), is(UnclearRefusal)),
        ("401 with the number 401", answer(401, &[("Content-Type", "text/plain")], "401"), is(UnclearRefusal)),
        ("401 with torn JSON", json(401, r#"{"message":"wh"#), is(UnclearRefusal)),
        ("401 with JSON that breaks off", b"HTTP/1.1 401 No\r\nContent-Length: 99\r\n\r\n{\"message\":\"who?\"}".to_vec(), is(UnclearRefusal)),
        ("an empty 400", answer(400, &[], ""), is(UnclearRefusal)),
        ("400 with JSON", json(400, r#"{"message":"bad"}"#), is(UnclearRefusal)),
        ("invalid_request", error(400, "invalid_request"), coded(UnclearRefusal, "invalid_request")),
        ("403 with JSON", json(403, r#"{"message":"no"}"#), is(UnclearRefusal)),
        ("404 with JSON", json(404, r#"{"code":40401}"#), coded(UnclearRefusal, "40401")),
        ("422 with JSON", json(422, r#"{"errors":[]}"#), is(UnclearRefusal)),
        ("418", answer(418, &[], "short and stout"), is(UnclearRefusal)),
        // The settings of this app, and not the session.
        ("invalid_client", error(400, "invalid_client"), coded(SetUp, "invalid_client")),
        ("invalid_client in 401", error(401, "invalid_client"), coded(SetUp, "invalid_client")),
        ("unauthorized_client", error(400, "unauthorized_client"), coded(SetUp, "unauthorized_client")),
        ("invalid_scope", error(400, "invalid_scope"), coded(SetUp, "invalid_scope")),
        ("unsupported_grant_type", error(400, "unsupported_grant_type"), coded(SetUp, "unsupported_grant_type")),
    ]
}

#[rustfmt::skip] // one row, one line
fn trouble() -> Vec<Row> {
    let retry = |status, wait| answer(status, &[("Retry-After", wait)], "");
    let dated = |status, wait| answer(status, &[("Date", NOON_TEXT), ("Retry-After", wait)], "");
    let busy = r#"{"error":"temporarily_unavailable"}"#;
    vec![
        ("429", answer(429, &[], ""), is(Throttled)),
        ("429 with HTML", page(429), is(Throttled)),
        ("429 with JSON", error(429, "slow_down"), coded(Throttled, "slow_down")),
        ("429 with seconds", retry(429, "120"), waits(Throttled, 120_000)),
        ("429 with a date", dated(429, "Sun, 23 Nov 2025 12:01:30 GMT"), waits(Throttled, 90_000)),
        ("429 with a date that has passed", dated(429, "Sun, 23 Nov 2025 11:00:00 GMT"), waits(Throttled, 0)),
        ("429 with a date and no Date", retry(429, "Sun, 23 Nov 2025 12:00:05 GMT"), waits(Throttled, 5_000)),
        ("429 with a negative wait", retry(429, "-7"), waits(Throttled, 0)),
        ("429 with nonsense", retry(429, "later"), is(Throttled)),
        ("503 with seconds", retry(503, "30"), waits(Throttled, 30_000)),
        ("503 with HTML and seconds", answer(503, &[("Retry-After", "30")], "<html>"), waits(Throttled, 30_000)),
        ("503 with a code and seconds", answer(503, &[("Retry-After", "30")], busy), Err((Throttled, Some("temporarily_unavailable"), Some(30_000)))),
        ("503", answer(503, &[], ""), is(ServerTrouble)),
        ("503 with nonsense", retry(503, "later"), is(ServerTrouble)),
        ("500", answer(500, &[], ""), is(ServerTrouble)),
        ("500 with HTML", page(500), is(ServerTrouble)),
        ("500 with a wait", retry(500, "9"), waits(ServerTrouble, 9_000)),
        ("501", answer(501, &[], ""), is(ServerTrouble)),
        ("520", page(520), is(ServerTrouble)),
        ("408", answer(408, &[], ""), is(ServerTrouble)),
        ("409 with JSON", json(409, r#"{"message":"again"}"#), is(ServerTrouble)),
        ("425", answer(425, &[], ""), is(ServerTrouble)),
        ("server_error in 400", error(400, "server_error"), coded(ServerTrouble, "server_error")),
        ("temporarily_unavailable in 401", json(401, busy), coded(ServerTrouble, "temporarily_unavailable")),
        ("502", page(502), is(UnknownOutcome)),
        ("504", answer(504, &[], ""), is(UnknownOutcome)),
        ("502 with a code", json(502, busy), coded(UnknownOutcome, "temporarily_unavailable")),
    ]
}

#[rustfmt::skip] // one row, one line
fn somebody_else() -> Vec<Row> {
    let moved = |status| answer(status, &[("Location", "https://portal.example.com/?t=1")], "");
    vec![
        ("a page", page(200), is(NotTheAuthServer)),
        ("a page without a content type", answer(200, &[], "\n <HTML><head>"), is(NotTheAuthServer)),
        ("a page said to be JSON", json(200, "<!doctype html><title>Hello"), is(NotTheAuthServer)),
        ("a page that breaks off", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<html><body>".to_vec(), is(NotTheAuthServer)),
        ("a page in 400", page(400), is(NotTheAuthServer)),
        ("a page in 401", page(401), is(NotTheAuthServer)),
        ("a page in 403", page(403), is(NotTheAuthServer)),
        ("301", moved(301), is(NotTheAuthServer)),
        ("302", moved(302), is(NotTheAuthServer)),
        ("303 with JSON", answer(303, &[("Location", "/x"), ("Content-Type", "application/json")], "{}"), is(NotTheAuthServer)),
        ("307", moved(307), is(NotTheAuthServer)),
        ("308", moved(308), is(NotTheAuthServer)),
        ("an empty 403", answer(403, &[], ""), is(NotTheAuthServer)),
        ("404 with a word", answer(404, &[], "Not Found"), is(NotTheAuthServer)),
        ("an empty 405", answer(405, &[], ""), is(NotTheAuthServer)),
        ("407", answer(407, &[], ""), is(NotTheAuthServer)),
        ("511", page(511), is(NotTheAuthServer)),
    ]
}

#[rustfmt::skip] // one row, one line
fn two_hundreds() -> Vec<Row> {
    let good = r#"{"token":"new","expiresIn":20}"#;
    let huge = format!("{good}{}", " ".repeat(1_100_000));
    vec![
        ("a token", json(200, good), GRANTED),
        ("a token in 201", json(201, good), GRANTED),
        ("a token in an envelope", json(200, r#"{"code":0,"data":{"token":"new"}}"#), GRANTED),
        ("a token said to be HTML", answer(200, &[("Content-Type", "text/html")], good), GRANTED),
        ("a token under no content type", answer(200, &[], good), GRANTED),
        ("a token after a byte order mark", answer(200, &[], format!("\u{feff}{good}")), GRANTED),
        ("nothing", answer(200, &[], ""), is(UnknownOutcome)),
        ("204", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), is(UnknownOutcome)),
        ("white space", answer(200, &[], " \r\n"), is(UnknownOutcome)),
        ("nothing, said to be HTML", answer(200, &[("Content-Type", "text/html")], ""), is(UnknownOutcome)),
        ("torn JSON", json(200, r#"{"token":"ne"#), is(UnknownOutcome)),
        ("no JSON", json(200, r#"{"token": oops"#), is(UnknownOutcome)),
        ("a word", answer(200, &[], "OK"), is(UnknownOutcome)),
        ("bytes", answer(200, &[], [0xff, 0xfe, 0x00]), is(UnknownOutcome)),
        ("an answer that breaks off", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"token\":\"new\"".to_vec(), is(UnknownOutcome)),
        ("whole JSON, and then it breaks off", format!("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{good}").into_bytes(), is(UnknownOutcome)),
        ("a megabyte and more", answer(200, &[], huge), is(UnknownOutcome)),
        ("null", json(200, "null"), is(UnclearRefusal)),
        ("an empty object", json(200, "{}"), is(UnclearRefusal)),
        ("a list", json(200, "[]"), is(UnclearRefusal)),
        ("an empty token", json(200, r#"{"token":""}"#), is(UnclearRefusal)),
        ("a blank token", json(200, r#"{"token":" "}"#), is(UnclearRefusal)),
        ("null for a token", json(200, r#"{"token":null}"#), is(UnclearRefusal)),
        ("a token under another name", json(200, r#"{"accessToken":"new"}"#), is(UnclearRefusal)),
        ("an unknown code in 200", json(200, r#"{"code":50001,"message":"busy"}"#), coded(UnclearRefusal, "50001")),
    ]
}

#[rustfmt::skip] // one row, one line
#[tokio::test]
async fn every_answer_to_a_sign_in_has_its_name() {
    let rows: Vec<Row> = vec![
        ("a token", json(200, r#"{"token":"new"}"#), GRANTED),
        ("401 with JSON", error(401, "invalid_credentials"), coded(Refused, "invalid_credentials")),
        ("an empty 401", answer(401, &[], ""), is(Refused)),
        ("401 with a word", answer(401, &[], "Unauthorized"), is(Refused)),
        ("a page in 401", page(401), is(NotTheAuthServer)),
        ("400 with JSON", json(400, r#"{"message":"wrong password"}"#), is(Refused)),
        ("403 with JSON", json(403, r#"{"message":"locked"}"#), is(Refused)),
        ("422 with JSON", json(422, r#"{"errors":{}}"#), is(Refused)),
        ("an envelope with 401 in it", json(200, r#"{"code":401}"#), coded(Refused, "401")),
        ("invalid_grant", error(400, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_request", error(400, "invalid_request"), coded(UnclearRefusal, "invalid_request")),
        ("invalid_client", error(401, "invalid_client"), coded(SetUp, "invalid_client")),
        ("an empty 400", answer(400, &[], ""), is(UnclearRefusal)),
        ("404 with JSON", json(404, r#"{"message":"no such path"}"#), is(UnclearRefusal)),
        ("an empty 404", answer(404, &[], ""), is(NotTheAuthServer)),
        ("a page", page(200), is(NotTheAuthServer)),
        ("429", answer(429, &[("Retry-After", "5")], ""), waits(Throttled, 5_000)),
        ("500", page(500), is(ServerTrouble)),
        ("no token", json(200, r#"{"ok":true}"#), is(UnclearRefusal)),
    ];
    let fake = Fake::giving(rows.iter().map(|(_, bytes, _)| bytes.clone()).collect()).await;
    let api = fake.api(AccountSettings::default());
    for (name, _, expected) in rows {
        agree(name, api.sign_in(&alice(), &Marks::fresh()).await, expected);
    }
}

#[rustfmt::skip] // one row, one line
#[tokio::test]
async fn the_settings_say_what_refused_looks_like() {
    let member = RefusedShape {
        statuses: Vec::new(),
        field: "/status/reason".into(),
        values: vec!["gone".into(), "17".into(), "true".into()],
    };
    let rows = vec![
        ("a value", json(200, r#"{"status":{"reason":"gone"}}"#), coded(Refused, "gone")),
        ("a number", json(500, r#"{"status":{"reason":17}}"#), coded(Refused, "17")),
        ("a boolean", json(400, r#"{"status":{"reason":true}}"#), coded(Refused, "true")),
        ("in the envelope", json(400, r#"{"data":{"status":{"reason":"gone"}}}"#), coded(Refused, "gone")),
        ("before a known code", json(400, r#"{"error":"invalid_client","status":{"reason":"gone"}}"#), coded(Refused, "gone")),
        ("another value", json(400, r#"{"status":{"reason":"later"}}"#), is(UnclearRefusal)),
        ("401 means nothing here", json(401, "{}"), is(UnclearRefusal)),
    ];
    refreshed(AccountSettings { refused: member, ..AccountSettings::default() }, rows).await;

    let statuses =
        RefusedShape { statuses: vec![400, 419], field: String::new(), values: vec!["".into()] };
    let rows = vec![
        ("400 with JSON", json(400, r#"{"message":"x"}"#), is(Refused)),
        ("419 with JSON", json(419, "{}"), is(Refused)),
        ("419 without", answer(419, &[], ""), is(UnclearRefusal)),
        ("invalid_request", error(400, "invalid_request"), coded(Refused, "invalid_request")),
        ("invalid_scope", error(400, "invalid_scope"), coded(SetUp, "invalid_scope")),
        ("a page", page(400), is(NotTheAuthServer)),
    ];
    refreshed(AccountSettings { refused: statuses, ..AccountSettings::default() }, rows).await;
}

/// An error by the book (RFC 6749 section 5.2).
fn error(status: u16, code: &str) -> Vec<u8> {
    json(status, &format!(r#"{{"error":"{code}"}}"#))
}

/// Refreshes once for each row, and looks whether the server was asked exactly once for each.
async fn refreshed(settings: AccountSettings, rows: Vec<Row>) {
    let fake = Fake::giving(rows.iter().map(|(_, bytes, _)| bytes.clone()).collect()).await;
    let api = fake.api(settings);
    for (asked, (name, _, expected)) in rows.into_iter().enumerate() {
        agree(name, api.refresh(&tokens(), Call::default(), &Marks::fresh()).await, expected);
        assert_eq!(fake.heard().len(), asked + 1, "{name}: asked exactly once");
    }
}

fn agree(name: &str, came: Result<Answer, Box<Failure>>, expected: Result<(), Named>) {
    let came = came.map(|_| ()).map_err(|failure| {
        assert!(!failure.exchange.detail.is_empty(), "{name}: a plain line says what came");
        assert!(failure.exchange.status.is_some(), "{name}: {failure:?}");
        (failure.class, failure.exchange.code.clone(), failure.retry_after_ms)
    });
    let expected = expected.map_err(|(class, code, wait)| (class, code.map(str::to_owned), wait));
    assert_eq!(came, expected, "{name}");
}
