//! Planted secrets, looked for in everything that people are shown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::{AccountSettings, Api, Header, Preset, RenewWith, check};
use common::{Fake, Noon, alice, answer, json};
use engine::Exchange;
use keeper::ports::{AuthServer, Call, Credentials, Marks};
use keeper::record::{RenewalSecret, Tokens};
use std::fmt::Debug;
use std::sync::Arc;

/// Each of these is sent, received, or both. What is sent is known, and may look like nothing; what
/// comes unasked, outside its place, has to look like a token.
const PLANTED: [&str; 9] = [
    "planted-password",
    "canary-a1",
    "canary-r1",
    "canary-a2-8f3b2c9d1e0a",
    "canary-r2-5d7e1f0b9c2a",
    "canary-cookie-1",
    "canary-cookie-2",
    "canary-header",
    "canary-query",
];

/// Servers that say everything they know, wherever they can.
fn indiscreet() -> Vec<Vec<u8>> {
    let everything = PLANTED.join(" ");
    let in_headers: [(&str, &str); 5] = [
        ("WWW-Authenticate", &format!("Bearer error=\"{everything}\"")),
        ("Location", "https://x.example/canary-a1?code=canary-query"),
        ("Set-Cookie", "sid=canary-cookie-2; Path=/"),
        ("Retry-After", "canary-a1"),
        ("X-Debug", &everything),
    ];
    let members = r#"{"error":"canary-a1","code":"canary-r1","message":"planted-password is wrong",
        "canary-r1":1,"token":"canary-a2-8f3b2c9d1e0a","refreshToken":"canary-r2-5d7e1f0b9c2a","expiresIn":"canary-a2-8f3b2c9d1e0a",
        "debug":{"sent":["canary-a1","canary-cookie-1"],"bearer":"canary-header"}}"#;
    let escaped = "<html>planted%2Dpassword &amp; planted-password, token=canary-a2-8f3b2c9d1e0a";
    let torn =
        r#"{"token":"canary-a2-8f3b2c9d1e0a","x":"canary-r2-5d7e1f0b9c2a","message":"planted-pass"#;
    [200, 400, 401, 403, 404, 429, 500, 503]
        .into_iter()
        .flat_map(|status| {
            [
                answer(status, &in_headers, members),
                answer(status, &in_headers, escaped),
                answer(status, &in_headers, torn),
                answer(status, &in_headers, &everything),
            ]
        })
        .chain([answer(302, &in_headers, "")])
        .collect()
}

fn settings(with: RenewWith) -> AccountSettings {
    let mut settings = AccountSettings {
        api: Some(Api { path: "/me?key=canary-query".into(), ..Api::default() }),
        headers: vec![Header { name: "X-Api-Key".into(), value: "canary-header".into() }],
        ..AccountSettings::default()
    };
    settings.refresh.with = with;
    // A lifetime pointer that names the token by mistake.
    settings.answer.lifetime = "/token".into();
    settings.answer.name = "/refreshToken".into();
    settings
}

#[tokio::test]
async fn no_secret_is_in_anything_that_is_shown() {
    let cookies = r#"["rt=canary-cookie-1; Path=/","sid=canary-cookie-2"]"#;
    let body = || RenewWith::Body { field: "/refreshToken".into() };
    let itself = || RenewWith::AccessToken { field: "/token".into() };
    for (with, renewal) in [
        (body(), RenewalSecret::RefreshToken("canary-r1".into())),
        (RenewWith::Cookie, RenewalSecret::Cookies(cookies.into())),
        (itself(), RenewalSecret::AccessToken),
    ] {
        let tokens = Tokens::new("canary-a1".into(), renewal);
        for bytes in indiscreet() {
            let fake = Fake::giving(vec![bytes; 4]).await;
            let api = fake.api(settings(with.clone()));
            // A sign-in knows what it sends and what it gets; tokens of an earlier session are
            // nothing that it could recognise.
            let got = ["planted-password", "canary-cookie-2", "canary-header"];
            clean(&shown(&api.sign_in(&alice(), &Marks::fresh()).await, |one| &one.exchange), &got);
            let held =
                ["canary-a1", "canary-a2-8f3b2c9d1e0a", "canary-r2-5d7e1f0b9c2a", "canary-header"];
            clean(
                &shown(&api.refresh(&tokens, Call::default(), &Marks::fresh()).await, |one| {
                    &one.exchange
                }),
                &held,
            );
            clean(&format!("{:?}", api.sign_out(&tokens, &Marks::fresh()).await), &held);
            let said = api.call_api(&tokens.access, &Marks::fresh()).await.unwrap();
            clean(&format!("{said:?}"), &["canary-a1", "canary-a2-8f3b2c9d1e0a", "canary-header"]);
            clean(&format!("{api:?}{tokens:?}{:?}", alice()), &PLANTED[..7]);
        }
    }
}

/// Letters alone, so that nothing but being known gives it away: the half that a cut leaves is not known.
#[tokio::test]
async fn a_known_token_in_the_names_place_is_redacted_whole_however_long_it_is() {
    let token = "abcdefghij".repeat(20);
    let tokens =
        Tokens::new("canary-a1".into(), RenewalSecret::RefreshToken(token.as_str().into()));
    let said = format!(r#"{{"token":"t-1","refreshToken":"{token}","expiresIn":3600}}"#);
    let fake = Fake::giving(vec![answer(200, &[], &said)]).await;
    let api = fake.api(settings(RenewWith::Body { field: "/refreshToken".into() }));
    let came = api.refresh(&tokens, Call::default(), &Marks::fresh()).await;
    let shown = shown(&came, |one| &one.exchange);
    assert!(came.is_ok(), "{shown}");
    clean(&shown, &["abcdefghij"]);
}

#[tokio::test]
async fn what_a_session_holds_is_in_nothing_that_its_refresh_shows() {
    let cookies = r#"["rt=canary-cookie-1; Path=/","sid=canary-cookie-2"]"#;
    let tokens = Tokens::new("canary-a1".into(), RenewalSecret::Cookies(cookies.into()));
    for bytes in indiscreet() {
        let fake = Fake::giving(vec![bytes; 2]).await;
        let api = fake.api(settings(RenewWith::Cookie));
        let held = ["canary-a1", "canary-cookie-1", "canary-cookie-2"];
        clean(
            &shown(&api.refresh(&tokens, Call::default(), &Marks::fresh()).await, |one| {
                &one.exchange
            }),
            &held,
        );
        clean(&format!("{:?}", api.sign_out(&tokens, &Marks::fresh()).await), &held);
    }
}

#[tokio::test]
async fn a_check_shows_no_secret_either() {
    let granted = answer(
        200,
        &[("Set-Cookie", "rt=canary-cookie-1")],
        r#"{"token":"canary-a1","refreshToken":"canary-r1","expiresIn":20}"#,
    );
    let renewed = json(
        200,
        r#"{"token":"canary-a2-8f3b2c9d1e0a","refreshToken":"canary-r2-5d7e1f0b9c2a","expiresIn":20}"#,
    );
    let echo = json(200, r#"{"you":"canary-a2-8f3b2c9d1e0a","were":"canary-a2-8f3b2c9d1e0a"}"#);
    let fake = Fake::giving(vec![granted, renewed, echo.clone(), echo]).await;
    let settings = fake.settings(Preset::Tutorial.settings());
    let report = check(&settings, &alice().password, Arc::new(Noon)).await;
    assert!(report.works);
    clean(&format!("{report:?}"), &PLANTED);
    clean(&serde_json::to_string(&report).unwrap(), &PLANTED);
}

#[tokio::test]
async fn equal_tokens_can_be_seen_to_be_equal() {
    let granted = json(200, r#"{"token":"canary-a1","refreshToken":"canary-r1"}"#);
    let fake = Fake::giving(vec![granted, json(500, "{}"), json(500, "{}")]).await;
    let api = fake.api(AccountSettings::default());
    let marks = Marks::fresh();
    let signed_in = api.sign_in(&alice(), &marks).await.unwrap();
    let told = mark_in(&signed_in.exchange.response, "\"refreshToken\"");
    for _ in 0..2 {
        let failure = api.refresh(&signed_in.tokens, Call::default(), &marks).await.unwrap_err();
        assert_eq!(mark_in(&failure.exchange.request, "\"refreshToken\""), told);
    }
    // The six characters are those of the window.
    let six = marks.of(&"canary-r1".into()).to_string();
    assert!(told.contains(&format!("‹token {six}›")), "{told}");
    assert_ne!(mark_in(&signed_in.exchange.response, "\"token\""), told);
}

#[tokio::test]
async fn what_tells_nothing_secret_is_still_there() {
    let body = r#"{"error":"invalid_grant","message":"refresh token was revoked","status":401}"#;
    let came = answer(
        401,
        &[
            ("Content-Type", "application/json"),
            ("Date", "Sun, 23 Nov 2025 12:00:00 GMT"),
            ("Set-Cookie", "sid=canary-cookie-1"),
        ],
        body,
    );
    let fake = Fake::giving(vec![came]).await;
    let api = fake.api(AccountSettings::default());
    let tokens = Tokens {
        access: "canary-a1".into(),
        renewal: RenewalSecret::RefreshToken("canary-r1".into()),
        id: None,
        client_secret: None,
    };
    let exchange =
        api.refresh(&tokens, Call::default(), &Marks::fresh()).await.unwrap_err().exchange;
    assert_eq!(exchange.method, "POST");
    assert_eq!(exchange.url, format!("{}/api/refresh_token", fake.base));
    assert_eq!(exchange.code.as_deref(), Some("invalid_grant"));
    let mark = mark_in(&exchange.request, "\"refreshToken\"");
    assert_eq!(
        exchange.request,
        [
            "accept: application/json",
            "content-type: application/json",
            "",
            "{",
            &format!("  \"refreshToken\": \"{mark}\""),
            "}",
        ]
    );
    assert_eq!(
        exchange.response,
        [
            "date: Sun, 23 Nov 2025 12:00:00 GMT",
            "content-type: application/json",
            "set-cookie: sid=…",
            "",
            "{",
            "  \"error\": \"invalid_grant\",",
            "  \"message\": \"refresh token was revoked\",",
            "  \"status\": 401",
            "}",
        ]
    );
}

#[tokio::test]
async fn half_an_answer_shows_the_names_in_it_and_no_value() {
    let torn = json(200, r#"{"ticket":"abc","list":["def"],"n":20,"other":"gh"#);
    let fake = Fake::giving(vec![torn]).await;
    let api = fake.api(AccountSettings::default());
    let exchange = api.sign_in(&alice(), &Marks::fresh()).await.unwrap_err().exchange;
    let shown = exchange.response.join("\n");
    clean(&shown, &["abc", "def", "gh"]);
    assert!(shown.contains("\"ticket\"") && shown.contains("20"), "{shown}");
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let list = format!("[{}]", vec!["\"word\""; 5_000].join(","));
    let text = "word ".repeat(5_000);
    let fake = Fake::giving(vec![json(500, &list), answer(500, &[], text)]).await;
    let api = fake.api(AccountSettings::default());
    for most in [4_000, 400] {
        let credentials = Credentials { user: "alice".into(), password: "planted-password".into() };
        let exchange = api.sign_in(&credentials, &Marks::fresh()).await.unwrap_err().exchange;
        let shown: usize = exchange.response.iter().map(String::len).sum();
        assert!(shown < most, "{shown}");
    }
}

#[tokio::test]
async fn of_a_good_answer_the_shape_is_told_and_nobody_s_profile() {
    let granted = json(
        200,
        r#"{"token":"canary-a1","refreshToken":"canary-r1","expiresIn":"3600","tokenType":"Bearer",
            "user":{"id":7,"admin":true,"name":"Alice Liddell","mail":["alice@wonder.example"]},
            "expiresAt":"2025-11-23T13:00:00Z","rest":null}"#,
    );
    let profile = r#"{"street":"Rabbit Hole 1","age":7}"#;
    let text = answer(200, &[("Content-Type", "text/plain")], "Rabbit Hole 1");
    let refused = r#"{"error":"invalid_token","message":"Rabbit Hole 1"}"#;
    let api = |fake: &Fake| {
        let me = Api { path: "/me".into(), ..Api::default() };
        fake.settings(AccountSettings { api: Some(me), ..AccountSettings::default() })
    };
    let answers = vec![granted.clone(), json(200, profile), text, json(401, refused)];
    let fake = Fake::giving(answers).await;
    let server = auth_client::TokenApi::new(api(&fake), Arc::new(Noon)).unwrap();
    let signed_in = server.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    let shown = signed_in.exchange.response.join("\n");
    clean(&shown, &["Liddell", "wonder", "canary-a1", "canary-r1"]);
    for kept in [
        "\"name\": \"‹…›\"",
        "\"id\": 7",
        "\"admin\": true",
        "\"expiresIn\": \"3600\"",
        "\"expiresAt\": \"2025-11-23T13:00:00Z\"",
        "\"token\": \"‹token ",
        "\"rest\": null",
    ] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
    let mut called = Vec::new();
    for _ in 0..3 {
        let said = server.call_api(&signed_in.tokens.access, &Marks::fresh()).await.unwrap();
        called.push(said.exchange.response.join("\n"));
    }
    assert!(called[0].contains("\"street\": \"‹…›\"") && called[0].contains("\"age\": 7"));
    clean(&called[..2].join("\n"), &["Rabbit"]);
    assert!(called[2].contains("Rabbit Hole 1"), "a failure keeps its evidence: {}", called[2]);

    // Whoever checks settings wants to see what came.
    let fake = Fake::giving(vec![granted.clone(), granted, json(200, profile)]).await;
    let report = check(&api(&fake), &alice().password, Arc::new(Noon)).await;
    let shown = format!("{report:?}");
    assert!(shown.contains("Rabbit Hole 1") && shown.contains("Alice Liddell"), "{shown}");
    clean(&shown, &["canary-a1", "canary-r1"]);
}

#[tokio::test]
async fn the_names_of_cookies_are_plain_short_and_few() {
    let long = format!("{}=x", "n".repeat(4_000));
    let mut headers: Vec<(&str, String)> = vec![
        ("Set-Cookie", "a'$(b)=canary-cookie-1".into()),
        ("Set-Cookie", "canary-a1=1".into()),
        ("Set-Cookie", long),
    ];
    headers.extend((0..60).map(|number| ("Set-Cookie", format!("c{number}=x"))));
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let fake = Fake::giving(vec![answer(500, &headers, "{}")]).await;
    let jar: Vec<String> = std::iter::once("a'$(b)=canary-cookie-1".to_owned())
        .chain(std::iter::once("canary-a1=1".to_owned()))
        .chain((0..200).map(|number| format!("c{number}=canary-cookie-2")))
        .collect();
    let renewal = RenewalSecret::Cookies(serde_json::to_string(&jar).unwrap().into());
    let tokens = Tokens::new("canary-a1".into(), renewal);
    let api = fake.api(settings(RenewWith::Cookie));
    let failed = api.refresh(&tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    let Exchange { request, response, .. } = failed.exchange;
    let all = [request.clone(), response.clone()].concat();
    clean(&all.join("\n"), &["$(b)", "canary-a1", "canary-cookie"]);
    assert!(all.iter().all(|line| line.chars().count() <= 310), "{all:?}");
    assert!(all.iter().any(|line| line.contains("a\u{fffd}\u{fffd}\u{fffd}b\u{fffd}=")), "{all:?}");
    let set = response.iter().filter(|line| line.starts_with("set-cookie")).count();
    assert!((3..=20).contains(&set), "{response:?}");
    assert!(response.iter().any(|line| line.ends_with("more headers")), "{response:?}");
}

/// Whatever came, as a developer would print it and as a person is shown it.
fn shown<T: Debug>(
    came: &Result<T, Box<engine::Failure>>,
    exchange: impl Fn(&T) -> &Exchange,
) -> String {
    let exchange = match came {
        Ok(came) => exchange(came),
        Err(failure) => &failure.exchange,
    };
    format!("{came:?}\n{}", serde_json::to_string_pretty(exchange).unwrap())
}

fn clean(shown: &str, planted: &[&str]) {
    for secret in planted {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// The mark that stands on the line with `name`.
fn mark_in(lines: &[String], name: &str) -> String {
    let line = lines.iter().find(|line| line.contains(name)).unwrap();
    let (_, after) = line.split_once('‹').unwrap();
    let (mark, _) = after.split_once('›').unwrap();
    format!("‹{mark}›")
}
