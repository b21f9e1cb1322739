//! What is sent, and what is read from an answer, in every form that the settings know.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::{
    AccountSettings, AnswerShape, Api, Header, LifetimeForm, Login, Logout, Preset, Refresh,
    RenewWith,
};
use common::{Fake, NOON, NOON_TEXT, Noon, alice, answer, json, page, tokens, told};
use engine::{Class, ClockSample, Lifetime};
use keeper::ports::{ApiVerdict, AuthServer as _, Call, Clock as _, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json as value};

#[tokio::test]
async fn a_sign_in_sends_name_and_password_where_the_settings_say() {
    let fake = Fake::giving(vec![json(200, r#"{"token":"a","refreshToken":"r"}"#)]).await;
    let settings = AccountSettings {
        login: Login {
            path: "sessions/".into(),
            user_field: "/auth/login".into(),
            password_field: "/auth/password".into(),
        },
        headers: vec![
            Header { name: "X-Client".into(), value: "desktop".into() },
            Header { name: "accept".into(), value: "application/vnd.x+json".into() },
        ],
        ..AccountSettings::default()
    };
    let granted = fake.api(settings).sign_in(&alice(), &Marks::fresh()).await.unwrap();
    let (head, body) = sent(&fake, 0);
    assert!(head.starts_with("POST /sessions/ HTTP/1.1"), "{head}");
    assert_eq!(body, value!({"auth": {"login": "alice", "password": "planted-password"}}));
    for line in [
        "x-client: desktop",
        "accept: application/vnd.x+json",
        "content-type: application/json",
        &format!("user-agent: SessionKeeper/{}", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(head.lines().any(|sent| sent.eq_ignore_ascii_case(line)), "{line} in {head}");
    }
    assert!(!head.to_lowercase().contains("referer"), "{head}");
    assert_eq!(granted.tokens.access.expose_secret(), "a");
    assert_eq!(told(&granted.tokens.renewal), "token r");
    assert_eq!(granted.asked, Noon.now());
    assert!(granted.identity.is_none());
}

#[tokio::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let answers = [
        r#"{"token":"b"}"#,
        r#"{"token":"b","refreshToken":null}"#,
        r#"{"token":"b","refreshToken":""}"#,
    ];
    let fake = Fake::giving(answers.map(|body| json(200, body)).to_vec()).await;
    let api = fake.api(AccountSettings::default());
    for (index, _) in answers.iter().enumerate() {
        let renewed = api.refresh(&tokens(), Call::default(), &Marks::fresh()).await.unwrap();
        assert_eq!(told(&renewed.tokens.renewal), "token old-refresh");
        let (head, body) = sent(&fake, index);
        assert!(head.starts_with("POST /api/refresh_token "), "{head}");
        assert_eq!(body, value!({"refreshToken": "old-refresh"}));
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
    }
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_cannot_be_renewed() {
    let fake = Fake::giving(vec![json(200, r#"{"token":"a"}"#)]).await;
    let api = fake.api(AccountSettings::default());
    let granted = api.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    assert_eq!(told(&granted.tokens.renewal), "nothing");
    let failure = api.refresh(&granted.tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(failure.class, Class::SetUp);
    assert_eq!(fake.heard().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn the_cookie_form_keeps_every_cookie_and_sends_them_to_refresh_and_logout_only() {
    let first = answer(
        200,
        &[("Set-Cookie", "rt=one; HttpOnly; Path=/api"), ("Set-Cookie", "sid=two; Max-Age=60")],
        r#"{"token":"a"}"#,
    );
    let second = answer(200, &[("Set-Cookie", "rt=three; Path=/api")], r#"{"token":"b"}"#);
    let third = answer(200, &[("Set-Cookie", "sid=; Max-Age=0")], r#"{"token":"c"}"#);
    let done = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let fake = Fake::giving(vec![first, second, third, json(200, "{}"), done]).await;
    let api = fake.api(AccountSettings {
        api: Some(Api::default()),
        headers: vec![Header { name: "Cookie".into(), value: "lang=en".into() }],
        ..Preset::Cookie.settings()
    });
    let signed_in = api.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    let renewed = api.refresh(&signed_in.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    let again = api.refresh(&renewed.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    api.call_api(&again.tokens.access, &Marks::fresh()).await.unwrap();
    api.sign_out(&again.tokens, &Marks::fresh()).await.unwrap().unwrap();
    assert_eq!(cookies(&fake, 0), "lang=en");
    assert_eq!(cookies(&fake, 1), "lang=en; rt=one; sid=two");
    assert_eq!(cookies(&fake, 2), "lang=en; sid=two; rt=three");
    assert_eq!(cookies(&fake, 3), "lang=en");
    assert_eq!(cookies(&fake, 4), "lang=en; rt=three");
    let stored = told(&again.tokens.renewal);
    let stored: Vec<String> =
        serde_json::from_str(stored.strip_prefix("cookies ").unwrap()).unwrap();
    assert_eq!(stored.len(), 1, "{stored:?}");
}

#[tokio::test]
async fn an_access_token_that_renews_itself_is_sent_as_bearer_and_in_the_body() {
    let fake = Fake::giving(vec![json(200, r#"{"token":"b"}"#), json(200, "{}")]).await;
    let api = fake.api(AccountSettings {
        refresh: Refresh {
            with: RenewWith::AccessToken { field: "/token".into() },
            ..Refresh::default()
        },
        ..AccountSettings::default()
    });
    let held = Tokens::new("old-access".into(), RenewalSecret::AccessToken);
    let renewed = api.refresh(&held, Call::default(), &Marks::fresh()).await.unwrap();
    let (head, body) = sent(&fake, 0);
    assert!(head.contains("authorization: Bearer old-access"), "{head}");
    assert_eq!(body, value!({"token": "old-access"}));
    assert_eq!(told(&renewed.tokens.renewal), "itself");
    api.sign_out(&renewed.tokens, &Marks::fresh()).await.unwrap();
    assert_eq!(sent(&fake, 1).1, value!({"refreshToken": "b"}));
}

#[tokio::test]
async fn a_session_begun_with_other_settings_is_not_sent_anywhere() {
    let fake = Fake::giving(Vec::new()).await;
    let api = fake.api(Preset::Cookie.settings());
    let failure = api.refresh(&tokens(), Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(failure.class, Class::SetUp);
    assert!(failure.exchange.detail.contains("sign in again"), "{failure:?}");
}

#[tokio::test]
async fn a_sign_out_goes_where_the_settings_say() {
    let done = || b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let fake = Fake::giving(vec![done()]).await;
    let logout = Logout {
        path: "/sessions/current".into(),
        method: "delete".into(),
        refresh_field: String::new(),
        bearer: true,
    };
    let api = fake.api(AccountSettings { logout: Some(logout), ..AccountSettings::default() });
    let exchange = api.sign_out(&tokens(), &Marks::fresh()).await.unwrap().unwrap();
    let (head, body) = sent(&fake, 0);
    assert!(head.starts_with("DELETE /sessions/current "), "{head}");
    assert!(head.contains("authorization: Bearer old-access"), "{head}");
    assert_eq!(body, Value::Null);
    assert_eq!(exchange.status, Some(204));

    let none = Fake::giving(Vec::new()).await;
    let api = none.api(AccountSettings { logout: None, ..AccountSettings::default() });
    assert_eq!(api.sign_out(&tokens(), &Marks::fresh()).await.unwrap(), None);
}

#[tokio::test]
async fn a_sign_out_is_done_by_any_2xx_but_somebody_elses_page() {
    let rows = vec![
        (json(200, r#"{"code":401}"#), None),
        (json(200, r#"{"torn"#), None),
        (page(200), Some(Class::NotTheAuthServer)),
        (json(401, "{}"), Some(Class::Refused)),
        (answer(503, &[], ""), Some(Class::ServerTrouble)),
    ];
    let fake = Fake::giving(rows.iter().map(|(bytes, _)| bytes.clone()).collect()).await;
    let api = fake.api(AccountSettings::default());
    for (_, expected) in rows {
        let class =
            api.sign_out(&tokens(), &Marks::fresh()).await.err().map(|failure| failure.class);
        assert_eq!(class, expected);
    }
}

#[tokio::test]
async fn the_api_says_whether_it_takes_the_token() {
    use ApiVerdict::{Accepted, NotAllowed, SaysNothing, TokenRefused};
    let challenge = |status, text| answer(status, &[("WWW-Authenticate", text)], "");
    let rows = vec![
        (json(200, r#"{"name":"Alice"}"#), Accepted, None),
        (page(200), SaysNothing, None),
        (json(200, r#"{"code":401}"#), TokenRefused, Some("401")),
        (answer(401, &[], ""), TokenRefused, None),
        (page(401), TokenRefused, None),
        (
            challenge(401, "Bearer realm=\"x\", error=\"invalid_token\""),
            TokenRefused,
            Some("invalid_token"),
        ),
        (
            challenge(401, "Bearer error=\"insufficient_scope\""),
            NotAllowed,
            Some("insufficient_scope"),
        ),
        (json(401, r#"{"error":"insufficient_scope"}"#), NotAllowed, Some("insufficient_scope")),
        (answer(403, &[], ""), NotAllowed, None),
        (answer(302, &[("Location", "/login")], ""), SaysNothing, None),
        (answer(404, &[], ""), SaysNothing, None),
        (answer(500, &[], ""), SaysNothing, None),
    ];
    let fake = Fake::giving(rows.iter().map(|(bytes, _, _)| bytes.clone()).collect()).await;
    let api = fake.api(AccountSettings {
        api: Some(Api {
            path: "/me?full=1".into(),
            header: "X-Token".into(),
            scheme: String::new(),
        }),
        ..AccountSettings::default()
    });
    for (index, (_, verdict, code)) in rows.into_iter().enumerate() {
        let said = api.call_api(&"access-1".into(), &Marks::fresh()).await.unwrap();
        assert_eq!(said.verdict, verdict, "row {index}");
        assert_eq!(said.exchange.code.as_deref(), code, "row {index}");
        assert!(said.exchange.url.ends_with("/me"), "{}", said.exchange.url);
    }
    let (head, _) = sent(&fake, 0);
    assert!(head.starts_with("GET /me?full=1 "), "{head}");
    assert!(head.contains("x-token: access-1"), "{head}");

    let none = fake.api(AccountSettings { api: None, ..AccountSettings::default() });
    assert!(none.call_api(&"access-1".into(), &Marks::fresh()).await.is_none());
}

#[tokio::test]
async fn lifetimes_name_and_clock_are_read_from_the_answer() {
    let body = r#"{"data":{"token":"a","refreshToken":"r","expiresAt":"2025-11-23T12:00:20Z",
        "refreshExpiresAt":"2025-12-23T12:00:00Z","user":{"name":"Alice Liddell"}}}"#;
    let dated = answer(200, &[("Date", NOON_TEXT)], body);
    let fake = Fake::giving(vec![dated.clone(), json(200, body), json(200, body), dated]).await;
    let api = fake.api(AccountSettings {
        answer: AnswerShape {
            lifetime: "/expiresAt".into(),
            lifetime_form: LifetimeForm::Absolute,
            refresh_lifetime: "/refreshExpiresAt".into(),
            name: "/user/name".into(),
            ..AnswerShape::default()
        },
        ..AccountSettings::default()
    });
    let granted = api.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    assert_eq!(granted.lifetime, Lifetime::Told(20_000));
    assert_eq!(granted.refresh_lifetime_ms, Some(30 * 24 * engine::HOUR));
    let identity = granted.identity.unwrap();
    assert_eq!((identity.user.as_str(), identity.name.as_str()), ("alice", "Alice Liddell"));
    assert_eq!(granted.clock, Some(ClockSample { offset_ms: 500, bound_ms: 500 }));

    // Without a Date, only a clock that was measured can tell how far away the end is.
    let unmeasured = api.refresh(&tokens(), Call::default(), &Marks::fresh()).await.unwrap();
    assert_eq!(unmeasured.lifetime, Lifetime::Unknown(Some("2025-11-23T12:00:20Z".into())));
    assert_eq!(unmeasured.clock, None);
    let call = Call { clock_offset_ms: Some(-10_000), ..Call::default() };
    let measured = api.refresh(&tokens(), call, &Marks::fresh()).await.unwrap();
    assert_eq!(measured.lifetime, Lifetime::Told(30_000));
    let dated = api.refresh(&tokens(), call, &Marks::fresh()).await.unwrap();
    assert_eq!(dated.lifetime, Lifetime::Told(20_000), "the answer's own Date comes first");
}

#[tokio::test]
async fn simple_jwt_tells_both_lifetimes_inside_its_tokens() {
    let jwt = |lifetime_s: i64| {
        use base64::Engine as _;
        let now = NOON / 1_000;
        let claims = value!({"exp": now + lifetime_s, "iat": now}).to_string();
        let encode = |text: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", encode(r#"{"alg":"HS256"}"#), encode(&claims))
    };
    let first = value!({"access": jwt(300), "refresh": jwt(86_400)}).to_string();
    let second = value!({"access": jwt(300)}).to_string();
    let dead = r#"{"detail":"Token is blacklisted","code":"token_not_valid"}"#;
    let fake = Fake::giving(vec![json(200, &first), json(200, &second), json(401, dead)]).await;
    let api = fake.api(Preset::SimpleJwt.settings());
    let signed_in = api.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    assert_eq!(signed_in.lifetime, Lifetime::Told(300_000));
    assert_eq!(signed_in.refresh_lifetime_ms, Some(86_400_000));
    let renewed = api.refresh(&signed_in.tokens, Call::default(), &Marks::fresh()).await.unwrap();
    assert_eq!(told(&renewed.tokens.renewal), told(&signed_in.tokens.renewal));
    assert_eq!(renewed.refresh_lifetime_ms, Some(86_400_000));
    let refused = api.refresh(&renewed.tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(refused.class, Class::Refused);
    assert_eq!(refused.exchange.code.as_deref(), Some("token_not_valid"));
    assert!(sent(&fake, 1).0.starts_with("POST /api/token/refresh/ "));
}

#[tokio::test]
async fn the_lifetime_in_a_jwt_is_not_looked_at_unless_the_settings_say_so() {
    let jwt = "e30.eyJleHAiOjE3NjM4OTk1MDAsImlhdCI6MTc2Mzg5OTIwMH0.c2ln";
    let fake = Fake::giving(vec![json(200, &value!({"token": jwt}).to_string())]).await;
    let granted =
        fake.api(AccountSettings::default()).sign_in(&alice(), &Marks::fresh()).await.unwrap();
    assert_eq!(granted.lifetime, Lifetime::Unknown(None));
}

/// The head and the body of a request.
fn sent(fake: &Fake, index: usize) -> (String, Value) {
    let heard = fake.heard();
    let (head, body) = heard[index].split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null))
}

fn cookies(fake: &Fake, index: usize) -> String {
    let (head, _) = sent(fake, index);
    let line = head.lines().find_map(|line| line.strip_prefix("cookie: "));
    line.unwrap_or_default().to_owned()
}
