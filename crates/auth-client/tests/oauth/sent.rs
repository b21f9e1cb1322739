//! What is sent: refresh and revocation, by public and by confidential clients.

use crate::common::{Fake, answer, json, page, tokens};
use auth_client::Header;
use auth_client::oauth::{ClientAuth, OAuthAccount, OAuthServer, OAuthSettings};
use engine::Class;
use keeper::ports::{AuthServer as _, Call, Marks};
use keeper::record::{RenewalSecret, Tokens};
use std::sync::Arc;

const GOOD: &str = r#"{"access_token":"new"}"#;

fn pairs(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn authorization(head: &str) -> Option<&str> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then_some(value)
    })
}

fn confidential(client_auth: ClientAuth) -> OAuthSettings {
    OAuthSettings { confidential: true, client_auth, ..OAuthSettings::default() }
}

fn with_secret() -> Tokens {
    Tokens { client_secret: Some("s&cret: ä".into()), ..tokens() }
}

#[tokio::test]
async fn a_public_client_names_itself_in_the_body_and_asks_for_no_scope() {
    let fake = Fake::giving(vec![json(200, GOOD)]).await;
    let settings = OAuthSettings {
        scopes: vec!["openid".into(), "offline_access".into()],
        headers: vec![
            Header { name: "X-Client".into(), value: "desktop".into() },
            Header { name: "Accept".into(), value: "application/vnd.x+json".into() },
            Header { name: "Content-Type".into(), value: "text/plain".into() },
        ],
        ..OAuthSettings::default()
    };
    // A secret that is left over from other settings stays here.
    fake.oauth(settings).refresh(&with_secret(), Call::default(), &Marks::fresh()).await.unwrap();
    let (head, form) = fake.form(0);
    assert!(head.starts_with("POST /token HTTP/1.1"), "{head}");
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "old-refresh"),
        ("client_id", "desk client"),
    ];
    assert_eq!(form, pairs(&expected));
    assert_eq!(authorization(&head), None);
    for line in [
        "content-type: application/x-www-form-urlencoded",
        "accept: application/vnd.x+json",
        "x-client: desktop",
        &format!("user-agent: SessionKeeper/{}", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(head.lines().any(|sent| sent.eq_ignore_ascii_case(line)), "{line} in {head}");
    }
}

#[tokio::test]
async fn resources_and_audience_are_sent_with_a_refresh() {
    let fake = Fake::giving(vec![json(200, GOOD)]).await;
    let settings = OAuthSettings {
        resources: vec!["https://a.example/v1".into(), "https://b.example".into()],
        audience: "https://api.example".into(),
        ..OAuthSettings::default()
    };
    fake.oauth(settings).refresh(&tokens(), Call::default(), &Marks::fresh()).await.unwrap();
    let (_, form) = fake.form(0);
    let expected = [
        ("resource", "https://a.example/v1"),
        ("resource", "https://b.example"),
        ("audience", "https://api.example"),
    ];
    assert_eq!(form[3..], pairs(&expected));
}

#[tokio::test]
async fn a_confidential_client_proves_its_secret_as_it_is_told_to() {
    use ClientAuth::{AsTheServerSays, Basic, Post};
    // RFC 6749 section 2.3.1: id and secret are form-encoded, each, before they are joined.
    // printf %s 'desk+client:s%26cret%3A+%C3%A4' | base64
    const IN_HEADER: &str = "Basic ZGVzaytjbGllbnQ6cyUyNmNyZXQlM0ErJUMzJUE0";
    for (chosen, methods, in_header) in [
        (AsTheServerSays, vec![], true),
        (AsTheServerSays, vec!["client_secret_basic", "client_secret_post"], true),
        (AsTheServerSays, vec!["client_secret_post", "none"], false),
        (AsTheServerSays, vec!["private_key_jwt"], true),
        (Basic, vec!["client_secret_post"], true),
        (Post, vec!["client_secret_basic"], false),
    ] {
        let fake = Fake::giving(vec![json(200, GOOD), answer(200, &[], "")]).await;
        let mut account = fake.account(confidential(chosen));
        account.discovered.client_auth_methods = methods.iter().map(|it| (*it).into()).collect();
        let server = OAuthServer::new(account, Arc::new(crate::common::Noon)).unwrap();
        server.refresh(&with_secret(), Call::default(), &Marks::fresh()).await.unwrap();
        server.sign_out(&with_secret(), &Marks::fresh()).await.unwrap().unwrap();
        for index in [0, 1] {
            let (head, form) = fake.form(index);
            let proof = pairs(&[("client_id", "desk client"), ("client_secret", "s&cret: ä")]);
            if in_header {
                assert_eq!(authorization(&head), Some(IN_HEADER), "{chosen:?} {methods:?}");
                assert!(!form.iter().any(|pair| proof.contains(pair)), "{form:?}");
            } else {
                assert_eq!(authorization(&head), None, "{chosen:?} {methods:?}");
                assert_eq!(form[2..], proof);
            }
        }
    }
}

#[tokio::test]
async fn without_its_secret_a_confidential_client_asks_nothing() {
    let fake = Fake::giving(vec![json(200, GOOD)]).await;
    let server = fake.oauth(confidential(ClientAuth::Basic));
    let failure = server.refresh(&tokens(), Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(failure.class, Class::SetUp);
    assert!(failure.exchange.detail.contains("secret"), "{}", failure.exchange.detail);
    assert!(fake.heard().is_empty());
}

#[tokio::test]
async fn a_sign_out_revokes_the_refresh_token_by_one_request() {
    let fake = Fake::giving(vec![answer(200, &[], "")]).await;
    let server = fake.oauth(OAuthSettings::default());
    let told = server.sign_out(&tokens(), &Marks::fresh()).await.unwrap().unwrap();
    assert_eq!(told.status, Some(200));
    let (head, form) = fake.form(0);
    assert!(head.starts_with("POST /revoke HTTP/1.1"), "{head}");
    let expected = [
        ("token", "old-refresh"),
        ("token_type_hint", "refresh_token"),
        ("client_id", "desk client"),
    ];
    assert_eq!(form, pairs(&expected));
    assert_eq!(fake.heard().len(), 1);
}

#[tokio::test]
async fn a_session_without_a_refresh_token_gives_its_access_token_back() {
    let fake = Fake::giving(vec![json(200, "{}")]).await;
    let server = fake.oauth(OAuthSettings::default());
    let tokens = Tokens::new("old-access".into(), RenewalSecret::Nothing);
    server.sign_out(&tokens, &Marks::fresh()).await.unwrap().unwrap();
    let (_, form) = fake.form(0);
    assert_eq!(form[..2], pairs(&[("token", "old-access"), ("token_type_hint", "access_token")]));
}

#[tokio::test]
async fn a_server_that_offers_no_revocation_is_told_nothing() {
    let fake = Fake::giving(vec![json(200, "{}")]).await;
    let mut account = fake.account(OAuthSettings::default());
    account.discovered.endpoints.revocation = String::new();
    let server = OAuthServer::new(account, Arc::new(crate::common::Noon)).unwrap();
    assert!(server.sign_out(&tokens(), &Marks::fresh()).await.unwrap().is_none());
    assert!(fake.heard().is_empty());
}

#[tokio::test]
async fn a_revocation_that_is_not_accepted_is_told_apart_from_one_that_may_come_later() {
    let busy = answer(503, &[("Retry-After", "60")], "");
    for (bytes, class, status, code, wait) in [
        (
            json(400, r#"{"error":"unsupported_token_type"}"#),
            Class::UnclearRefusal,
            400,
            Some("unsupported_token_type"),
            None,
        ),
        (
            json(401, r#"{"error":"invalid_client"}"#),
            Class::SetUp,
            401,
            Some("invalid_client"),
            None,
        ),
        (busy, Class::Throttled, 503, None, Some(60_000)),
        (page(200), Class::NotTheAuthServer, 200, None, None),
    ] {
        let fake = Fake::giving(vec![bytes]).await;
        let server = fake.oauth(OAuthSettings::default());
        let failure = server.sign_out(&tokens(), &Marks::fresh()).await.unwrap_err();
        assert_eq!(failure.class, class);
        assert_eq!(failure.exchange.status, Some(status));
        assert_eq!(failure.exchange.code.as_deref(), code);
        assert_eq!(failure.retry_after_ms, wait);
        assert_eq!(fake.heard().len(), 1);
    }
}

#[tokio::test]
async fn tokens_are_sent_where_nobody_can_read_them_on_the_way_or_not_at_all() {
    let fake = Fake::giving(Vec::new()).await;
    let refused = |change: fn(&mut OAuthAccount)| {
        let mut account = fake.account(OAuthSettings::default());
        change(&mut account);
        let came = OAuthServer::new(account, Arc::new(crate::common::Noon));
        came.err().map(|problem| problem.field)
    };
    let problem = Some("endpoints.token".to_owned());
    assert_eq!(refused(|it| it.discovered.endpoints.token = String::new()), problem);
    assert_eq!(refused(|it| it.discovered.endpoints.token = "token".into()), problem);
    assert_eq!(refused(|it| it.discovered.endpoints.token = "http://as.example/t".into()), problem);
    assert_eq!(
        refused(|it| it.discovered.endpoints.token = "https://a:b@as.example/t".into()),
        problem
    );
    assert_eq!(
        refused(|it| it.discovered.endpoints.token = "https://as.example/t?x=1".into()),
        None
    );
    // Typed over it is a mistake; told by the server it is as good as not told.
    let userinfo = Some("endpoints.userinfo".to_owned());
    assert_eq!(
        refused(|it| it.settings.endpoints.userinfo = "http://as.example/".into()),
        userinfo
    );
    assert_eq!(refused(|it| it.discovered.endpoints.userinfo = "http://as.example/".into()), None);
    assert_eq!(
        refused(|it| {
            it.settings.network.http_to = "as.example".into();
            it.discovered.endpoints.token = "http://as.example/t".into();
        }),
        None
    );
}
