//! Codes and device codes: what is sent for them, what is read, and that nobody is shown any.

use super::*;
use crate::oauth::{ClientAuth, OAuthSettings};
use common::{Fake, Noon, answer, json, told};
use keeper::record::IdCheck;

#[path = "../../../tests/common/mod.rs"]
mod common;

const GOOD: &str = r#"{"access_token":"canary-access","refresh_token":"canary-refresh",
    "id_token":"canary-id","expires_in":20,"token_type":"Bearer"}"#;

fn endpoint(fake: &Fake, settings: OAuthSettings) -> TokenEndpoint {
    TokenEndpoint::new(fake.account(settings), Arc::new(Noon)).unwrap()
}

fn asking() -> OAuthSettings {
    OAuthSettings {
        scopes: vec!["openid".into(), "mail".into()],
        resources: vec!["https://api.example".into()],
        audience: "api".into(),
        ..OAuthSettings::default()
    }
}

fn confidential(client_auth: ClientAuth) -> OAuthSettings {
    OAuthSettings { confidential: true, client_auth, ..OAuthSettings::default() }
}

fn pairs(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn exchanged(
    endpoint: &TokenEndpoint,
    secret: Option<&SecretString>,
) -> Result<Answer, Box<Failure>> {
    let redirect = Url::parse("http://127.0.0.1:4711/callback").unwrap();
    let (code, verifier) = ("canary-code".into(), "canary-verifier".into());
    endpoint.exchange_code(&code, &verifier, &redirect, secret, &Marks::fresh()).await
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_verifier_and_its_redirect() {
    let fake = Fake::giving(vec![json(200, GOOD)]).await;
    let answer = exchanged(&endpoint(&fake, asking()), None).await.unwrap();
    let (head, form) = fake.form(0);
    assert!(head.starts_with("POST /token HTTP/1.1"), "{head}");
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "canary-code"),
        ("code_verifier", "canary-verifier"),
        ("client_id", "desk client"),
        ("redirect_uri", "http://127.0.0.1:4711/callback"),
        ("resource", "https://api.example"),
        ("audience", "api"),
    ];
    assert_eq!(form, pairs(&expected));
    assert_eq!(told(&answer.tokens.renewal), "token canary-refresh");
    assert_eq!(answer.tokens.id.unwrap().expose_secret(), "canary-id");
    assert!(answer.tokens.client_secret.is_none());
    assert_eq!(answer.id_check, IdCheck::Pending);
    assert!(answer.identity.is_none());
}

#[tokio::test]
async fn a_first_answer_may_hold_an_access_token_alone() {
    let fake = Fake::giving(vec![json(200, r#"{"access_token":"a"}"#)]).await;
    let secret = "the-secret".into();
    let endpoint = endpoint(&fake, confidential(ClientAuth::Post));
    let tokens = exchanged(&endpoint, Some(&secret)).await.unwrap().tokens;
    assert_eq!(told(&tokens.renewal), "nothing");
    assert!(tokens.id.is_none());
    assert_eq!(tokens.client_secret.unwrap().expose_secret(), "the-secret");
    let (_, form) = fake.form(0);
    assert!(form.contains(&("client_secret".into(), "the-secret".into())), "{form:?}");
}

#[tokio::test]
async fn a_device_code_is_asked_for_with_scopes_and_read_in_full() {
    let body = r#"{"device_code":"canary-device","user_code":"WDJB-MJHT",
        "verification_uri":"https://as.example/device","expires_in":"1800","interval":7,
        "verification_uri_complete":"https://as.example/device?user_code=WDJB-MJHT"}"#;
    let fake = Fake::giving(vec![json(200, body)]).await;
    let endpoint = endpoint(&fake, asking());
    let code = endpoint.device_code(None, &Marks::fresh()).await.ok().unwrap();
    let (head, form) = fake.form(0);
    assert!(head.starts_with("POST /device HTTP/1.1"), "{head}");
    let expected = [
        ("scope", "openid mail"),
        ("client_id", "desk client"),
        ("resource", "https://api.example"),
        ("audience", "api"),
    ];
    assert_eq!(form, pairs(&expected));
    assert_eq!(code.device_code.expose_secret(), "canary-device");
    assert_eq!(code.user_code, "WDJB-MJHT");
    assert_eq!(code.link.as_str(), "https://as.example/device");
    let complete = "https://as.example/device?user_code=WDJB-MJHT";
    assert_eq!(code.complete_link.unwrap().as_str(), complete);
    assert_eq!((code.lifetime_ms, code.interval_ms), (1_800_000, 7_000));
    let shown = format!("{:?}", code.exchange);
    assert!(!shown.contains("canary-device") && !shown.contains("WDJB"), "{shown}");
}

#[tokio::test]
async fn what_a_device_answer_leaves_out_is_assumed_where_it_can_be() {
    let whole =
        r#"{"device_code":"dev-1","user_code":"u","verification_url":"https://as.example/d"}"#;
    let zero = r#"{"device_code":"dev-1","user_code":"u","verification_uri":"https://as.example/d",
        "verification_uri_complete":"javascript:alert(1)","interval":0,"expires_in":-1}"#;
    for body in [whole, zero] {
        let fake = Fake::giving(vec![json(200, body)]).await;
        let endpoint = endpoint(&fake, OAuthSettings::default());
        let code = endpoint.device_code(None, &Marks::fresh()).await.ok().unwrap();
        assert_eq!((code.lifetime_ms, code.interval_ms), (900_000, 5_000), "{body}");
        assert!(code.complete_link.is_none());
    }
}

#[tokio::test]
async fn a_device_answer_that_nobody_can_use_is_a_failure_in_words() {
    for (body, class, words) in [
        (
            r#"{"user_code":"u","verification_uri":"https://a.b"}"#,
            Class::UnclearRefusal,
            "device code",
        ),
        (
            r#"{"device_code":"dev-1","verification_uri":"https://a.b"}"#,
            Class::UnclearRefusal,
            "person",
        ),
        (r#"{"device_code":"dev-1","user_code":"u"}"#, Class::UnclearRefusal, "page"),
        (
            r#"{"device_code":"dev-1","user_code":"u","verification_uri":"file:///etc/passwd"}"#,
            Class::UnclearRefusal,
            "page",
        ),
        (r#"{"error":"invalid_client"}"#, Class::SetUp, "settings"),
        (r#"{"access_token":"a"}"#, Class::UnclearRefusal, "device code"),
    ] {
        let fake = Fake::giving(vec![json(200, body)]).await;
        let endpoint = endpoint(&fake, OAuthSettings::default());
        let failure = endpoint.device_code(None, &Marks::fresh()).await.err().unwrap();
        assert_eq!(failure.class, class, "{body}");
        let detail = failure.exchange.detail;
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test]
async fn a_device_code_is_polled_for_by_one_request_at_a_time() {
    let not_yet = |code: &str| json(400, &format!(r#"{{"error":"{code}"}}"#));
    let codes = ["authorization_pending", "slow_down", "access_denied", "expired_token"];
    let mut answers: Vec<Vec<u8>> = codes.iter().map(|code| not_yet(code)).collect();
    answers.push(json(200, GOOD));
    let fake = Fake::giving(answers).await;
    let endpoint = endpoint(&fake, asking());
    let code = "canary-device".into();
    for (index, error) in codes.iter().enumerate() {
        let failure = endpoint.poll(&code, None, &Marks::fresh()).await.unwrap_err();
        assert_eq!(failure.failure.exchange.code.as_deref(), Some(*error));
        assert_eq!(fake.heard().len(), index + 1);
    }
    let answer = endpoint.poll(&code, None, &Marks::fresh()).await.unwrap();
    assert_eq!(answer.id_check, IdCheck::Pending);
    let (_, form) = fake.form(4);
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", "canary-device"),
        ("client_id", "desk client"),
        ("resource", "https://api.example"),
        ("audience", "api"),
    ];
    assert_eq!(form, pairs(&expected));
    let shown = answer.exchange.request.join("\n");
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
    assert!(shown.contains(grant) && shown.contains("device_code=‹hidden›"), "{shown}");
}

#[tokio::test]
async fn an_endpoint_that_the_server_does_not_have_is_not_asked() {
    let fake = Fake::giving(Vec::new()).await;
    let mut account = fake.account(OAuthSettings::default());
    account.discovered.endpoints.device_authorization = String::new();
    let endpoint = TokenEndpoint::new(account, Arc::new(Noon)).unwrap();
    let failure = endpoint.device_code(None, &Marks::fresh()).await.err().unwrap();
    assert_eq!(failure.class, Class::SetUp);
    assert!(!failure.has_left());
}

#[tokio::test]
async fn no_code_verifier_secret_or_token_is_in_anything_that_is_shown() {
    let planted = [
        "canary-code",
        "canary-verifier",
        "canary-device",
        "canary-secret",
        "canary-access",
        "canary-refresh",
        "canary-id",
    ];
    let everything = planted.join(" ");
    let echo = format!(r#"{{"error":"canary-code","error_description":"{everything}"}}"#);
    let brought = GOOD.replace("Bearer", "canary-access");
    let bodies = [GOOD, &echo, &brought, "error=canary-code&device_code=canary-device"];
    let secret: SecretString = "canary-secret".into();
    for client_auth in [ClientAuth::Basic, ClientAuth::Post] {
        for status in [200, 400, 401, 500] {
            for body in bodies {
                let headers = [("WWW-Authenticate", "Basic got=\"canary-secret\"")];
                let fake = Fake::giving(vec![answer(status, &headers, body); 3]).await;
                let endpoint = endpoint(&fake, confidential(client_auth));
                let shown = format!("{:?}", exchanged(&endpoint, Some(&secret)).await);
                clean(&shown, &["canary-code", "canary-verifier", "canary-secret"]);
                let code = "canary-device".into();
                let came = endpoint.poll(&code, Some(&secret), &Marks::fresh()).await;
                clean(&format!("{came:?}"), &["canary-device", "canary-secret"]);
                let came = endpoint.device_code(Some(&secret), &Marks::fresh()).await;
                let shown = format!("{:?}", came.err());
                clean(&shown, &["canary-secret"]);
                if body == GOOD || body == brought {
                    clean(&shown, &planted[4..]);
                }
            }
        }
    }
}

fn clean(shown: &str, planted: &[&str]) {
    for secret in planted {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
