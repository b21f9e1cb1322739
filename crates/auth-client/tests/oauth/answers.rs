//! What a token endpoint may answer to a refresh, and what each answer is called.

use crate::common::{Fake, NOON_TEXT, answer, json, page, tokens};
use auth_client::oauth::OAuthSettings;
use engine::Class;
use keeper::ports::{AuthServer as _, Call, Marks};

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

/// An error by the book (RFC 6749 section 5.2).
fn error(status: u16, code: &str) -> Vec<u8> {
    json(status, &format!(r#"{{"error":"{code}","error_description":"no"}}"#))
}

fn form(status: u16, body: &str) -> Vec<u8> {
    answer(status, &[("Content-Type", "application/x-www-form-urlencoded")], body)
}

#[tokio::test]
async fn every_answer_to_a_refresh_has_its_name() {
    let rows: Vec<Row> =
        [refusals(), set_up(), trouble(), somebody_else(), two_hundreds()].concat();
    assert!(rows.len() >= 60, "{}", rows.len());
    let fake = Fake::giving(rows.iter().map(|(_, bytes, _)| bytes.clone()).collect()).await;
    let server = fake.oauth(OAuthSettings::default());
    for (asked, (name, _, expected)) in rows.into_iter().enumerate() {
        let came = server.refresh(&tokens(), Call::default(), &Marks::fresh()).await;
        let came = came.map(|_| ()).map_err(|failure| {
            assert!(!failure.exchange.detail.is_empty(), "{name}: a plain line says what came");
            assert!(failure.exchange.status.is_some(), "{name}: {failure:?}");
            (failure.class, failure.exchange.code.clone(), failure.retry_after_ms)
        });
        let expected =
            expected.map_err(|(class, code, wait)| (class, code.map(str::to_owned), wait));
        assert_eq!(came, expected, "{name}");
        assert_eq!(fake.heard().len(), asked + 1, "{name}: asked exactly once");
    }
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
        ("invalid_grant in 302", error(302, "invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant as text", answer(400, &[("Content-Type", "text/plain")], r#"{"error":"invalid_grant"}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant said to be HTML", answer(400, &[("Content-Type", "text/html")], r#"{"error":"invalid_grant"}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant inside an error", json(400, r#"{"error":{"code":"invalid_grant"}}"#), coded(Refused, "invalid_grant")),
        ("invalid_grant as a form", form(400, "error=invalid_grant&error_description=expired+token"), coded(Refused, "invalid_grant")),
        ("invalid_grant as a form in 200", form(200, "error=invalid_grant"), coded(Refused, "invalid_grant")),
        ("invalid_grant as a form said to be HTML", answer(400, &[("Content-Type", "text/html")], "error=invalid_grant"), coded(Refused, "invalid_grant")),
        // By other names.
        ("GitHub's name for it, in 200", error(200, "bad_refresh_token"), coded(Refused, "bad_refresh_token")),
        ("GitHub's name for it, as a form", form(200, "error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect+or+expired."), coded(Refused, "bad_refresh_token")),
        ("GitHub's name for a code that is none", error(200, "bad_verification_code"), coded(Refused, "bad_verification_code")),
        ("fosite's name for it", error(401, "token_inactive"), coded(Refused, "token_inactive")),
        // What looks like a refusal and proves nothing: no status alone ends a session here.
        ("401 with JSON", json(401, r#"{"message":"who?"}"#), is(UnclearRefusal)),
        ("401 with an unknown code", error(401, "invalid_token"), coded(UnclearRefusal, "invalid_token")),
        ("an empty 401", answer(401, &[], ""), is(UnclearRefusal)),
        ("an envelope with 401 in it", json(400, r#"{"code":401}"#), coded(UnclearRefusal, "401")),
        ("401 with torn JSON", json(401, r#"{"error":"invalid_gr"#), is(UnclearRefusal)),
        ("an empty 400", answer(400, &[], ""), is(UnclearRefusal)),
        ("400 with JSON", json(400, r#"{"message":"bad"}"#), is(UnclearRefusal)),
        ("400 with prose that names the code", answer(400, &[("Content-Type", "text/plain")], "They said: x=1&error=invalid_grant"), is(UnclearRefusal)),
        ("invalid_request", error(400, "invalid_request"), coded(UnclearRefusal, "invalid_request")),
        ("interaction_required", error(400, "interaction_required"), coded(UnclearRefusal, "interaction_required")),
        ("403 with JSON", json(403, r#"{"message":"no"}"#), is(UnclearRefusal)),
        ("404 with JSON", json(404, r#"{"message":"no"}"#), is(UnclearRefusal)),
        // What a device code is answered until it was used (RFC 8628 section 3.5).
        ("authorization_pending", error(400, "authorization_pending"), coded(UnclearRefusal, "authorization_pending")),
        ("slow_down", error(400, "slow_down"), coded(UnclearRefusal, "slow_down")),
        ("slow_down in 429", error(429, "slow_down"), coded(Throttled, "slow_down")),
        ("access_denied", error(403, "access_denied"), coded(UnclearRefusal, "access_denied")),
        ("expired_token", error(400, "expired_token"), coded(UnclearRefusal, "expired_token")),
        ("authorization_pending as a form in 200", form(200, "error=authorization_pending"), coded(UnclearRefusal, "authorization_pending")),
    ]
}

#[rustfmt::skip] // one row, one line
fn set_up() -> Vec<Row> {
    vec![
        ("invalid_client", error(400, "invalid_client"), coded(SetUp, "invalid_client")),
        ("invalid_client in 401", error(401, "invalid_client"), coded(SetUp, "invalid_client")),
        ("unauthorized_client", error(400, "unauthorized_client"), coded(SetUp, "unauthorized_client")),
        ("invalid_scope", error(400, "invalid_scope"), coded(SetUp, "invalid_scope")),
        ("unsupported_grant_type", error(400, "unsupported_grant_type"), coded(SetUp, "unsupported_grant_type")),
        ("GitHub's name for invalid_client, in 200", error(200, "incorrect_client_credentials"), coded(SetUp, "incorrect_client_credentials")),
        ("another redirect than the registered one", form(200, "error=redirect_uri_mismatch"), coded(SetUp, "redirect_uri_mismatch")),
        ("invalid_target", error(400, "invalid_target"), coded(SetUp, "invalid_target")),
        ("use_dpop_nonce", error(401, "use_dpop_nonce"), coded(SetUp, "use_dpop_nonce")),
        ("a DPoP token", json(200, r#"{"access_token":"new","token_type":"DPoP"}"#), is(SetUp)),
        ("a mac token", json(200, r#"{"access_token":"new","token_type":"mac"}"#), is(SetUp)),
        ("a token of no known type", json(200, r#"{"access_token":"new","token_type":"N_A"}"#), is(SetUp)),
    ]
}

#[rustfmt::skip] // one row, one line
fn trouble() -> Vec<Row> {
    let retry = |status, wait| answer(status, &[("Retry-After", wait)], "");
    let dated = |status, wait| answer(status, &[("Date", NOON_TEXT), ("Retry-After", wait)], "");
    vec![
        ("429", answer(429, &[], ""), is(Throttled)),
        ("429 with HTML", page(429), is(Throttled)),
        ("429 with seconds", retry(429, "120"), waits(Throttled, 120_000)),
        ("429 with a date", dated(429, "Sun, 23 Nov 2025 12:01:30 GMT"), waits(Throttled, 90_000)),
        ("503 with seconds", retry(503, "30"), waits(Throttled, 30_000)),
        ("503 with a code and seconds", answer(503, &[("Retry-After", "30")], r#"{"error":"temporarily_unavailable"}"#), Err((Throttled, Some("temporarily_unavailable"), Some(30_000)))),
        ("503", answer(503, &[], ""), is(ServerTrouble)),
        ("500", answer(500, &[], ""), is(ServerTrouble)),
        ("500 with JSON", error(500, "server_error"), coded(ServerTrouble, "server_error")),
        ("500 with HTML", page(500), is(ServerTrouble)),
        ("409", answer(409, &[], ""), is(ServerTrouble)),
        ("server_error in 400", error(400, "server_error"), coded(ServerTrouble, "server_error")),
        ("temporarily_unavailable in 400", error(400, "temporarily_unavailable"), coded(ServerTrouble, "temporarily_unavailable")),
        ("502", page(502), is(UnknownOutcome)),
        ("504", answer(504, &[], ""), is(UnknownOutcome)),
    ]
}

#[rustfmt::skip] // one row, one line
fn somebody_else() -> Vec<Row> {
    let moved = |status| answer(status, &[("Location", "https://portal.example.com/")], "");
    vec![
        ("a page", page(200), is(NotTheAuthServer)),
        ("a page in 401", page(401), is(NotTheAuthServer)),
        ("a page with a form in it", answer(200, &[], "<html><form action=/?error=invalid_grant>"), is(NotTheAuthServer)),
        ("302", moved(302), is(NotTheAuthServer)),
        ("307", moved(307), is(NotTheAuthServer)),
        ("308", moved(308), is(NotTheAuthServer)),
        ("an empty 403", answer(403, &[], ""), is(NotTheAuthServer)),
        ("404 with a word", answer(404, &[], "Not Found"), is(NotTheAuthServer)),
        ("511", page(511), is(NotTheAuthServer)),
    ]
}

#[rustfmt::skip] // one row, one line
fn two_hundreds() -> Vec<Row> {
    let good = r#"{"access_token":"new","token_type":"Bearer","expires_in":20}"#;
    let huge = format!("{good}{}", " ".repeat(1_100_000));
    vec![
        ("a token", json(200, good), GRANTED),
        ("a token in 201", json(201, good), GRANTED),
        ("a token said to be HTML", answer(200, &[("Content-Type", "text/html")], good), GRANTED),
        ("a token under no content type", answer(200, &[], good), GRANTED),
        ("bearer", json(200, r#"{"access_token":"new","token_type":"bearer"}"#), GRANTED),
        ("BEARER", json(200, r#"{"access_token":"new","token_type":"BEARER"}"#), GRANTED),
        ("BearerToken", json(200, r#"{"access_token":"new","token_type":"BearerToken","expires_in":"1799","refresh_token_expires_in":"0"}"#), GRANTED),
        ("no type", json(200, r#"{"access_token":"new"}"#), GRANTED),
        ("a type that is null", json(200, r#"{"access_token":"new","token_type":null}"#), GRANTED),
        ("an empty type", json(200, r#"{"access_token":"new","token_type":""}"#), GRANTED),
        ("everything else null", json(200, r#"{"access_token":"new","refresh_token":null,"expires_in":null,"scope":null,"id_token":null}"#), GRANTED),
        ("a token as a form", form(200, "access_token=new&token_type=bearer&expires_in=20"), GRANTED),
        ("a token as a form said to be text", answer(200, &[("Content-Type", "text/plain")], "access_token=new&scope="), GRANTED),
        ("a form without a token", form(200, "scope=a&token_type=bearer"), is(UnknownOutcome)),
        ("a form with an empty token", form(200, "access_token=&token_type=bearer"), is(UnclearRefusal)),
        ("a form that breaks off", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\naccess_token=ne".to_vec(), is(UnknownOutcome)),
        ("nothing", answer(200, &[], ""), is(UnknownOutcome)),
        ("204", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), is(UnknownOutcome)),
        ("torn JSON", json(200, r#"{"access_token":"ne"#), is(UnknownOutcome)),
        ("JSON that breaks off", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"access_token\":\"new\"}".to_vec(), is(UnknownOutcome)),
        ("more than a megabyte", json(200, &huge), is(UnknownOutcome)),
        ("a word", answer(200, &[], "OK"), is(UnknownOutcome)),
        ("null", json(200, "null"), is(UnclearRefusal)),
        ("no token", json(200, r#"{"token_type":"Bearer"}"#), is(UnclearRefusal)),
        ("an empty token", json(200, r#"{"access_token":""}"#), is(UnclearRefusal)),
        ("a token that is null", json(200, r#"{"access_token":null}"#), is(UnclearRefusal)),
        ("a token that is a number", json(200, r#"{"access_token":7}"#), is(UnclearRefusal)),
        ("a token in an envelope", json(200, r#"{"data":{"access_token":"new"}}"#), is(UnclearRefusal)),
    ]
}
