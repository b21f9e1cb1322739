//! What carries the access token, whom userinfo speaks of, and the link that signs out.

use crate::common::{Fake, Noon, answer, json, jwt, page, tokens};
use auth_client::oauth::{OAuthServer, OAuthSettings};
use keeper::ports::{ApiVerdict, AuthServer as _, Marks};
use keeper::record::Tokens;
use serde_json::json as value;
use std::sync::Arc;

use ApiVerdict::{Accepted, NotAllowed, SaysNothing, TokenRefused};

fn challenge(status: u16, text: &str) -> Vec<u8> {
    answer(status, &[("WWW-Authenticate", text)], "")
}

#[tokio::test]
async fn an_api_says_what_the_token_is_worth() {
    let rows = [
        (json(200, r#"{"sub":"x"}"#), Accepted, None),
        (answer(204, &[], ""), Accepted, None),
        (challenge(401, r#"Bearer error="invalid_token""#), TokenRefused, Some("invalid_token")),
        (challenge(401, "Bearer"), TokenRefused, None),
        (
            challenge(401, r#"Bearer error="insufficient_scope""#),
            NotAllowed,
            Some("insufficient_scope"),
        ),
        (
            challenge(403, r#"Bearer error="insufficient_scope""#),
            NotAllowed,
            Some("insufficient_scope"),
        ),
        (json(403, "{}"), NotAllowed, None),
        (page(200), SaysNothing, None),
        (answer(302, &[("Location", "/login")], ""), SaysNothing, None),
        (page(500), SaysNothing, None),
    ];
    let fake = Fake::giving(rows.iter().map(|(bytes, ..)| bytes.clone()).collect()).await;
    let api_url = format!("{}/v1/things?page=1", fake.base);
    let server = fake.oauth(OAuthSettings { api_url, ..OAuthSettings::default() });
    for (index, (_, verdict, code)) in rows.iter().enumerate() {
        let said = server.call_api(&"old-access".into(), &Marks::fresh()).await.unwrap();
        assert_eq!((said.verdict, said.exchange.code.as_deref()), (*verdict, *code), "{index}");
        let head = &fake.heard()[index];
        assert!(head.starts_with("GET /v1/things?page=1 HTTP/1.1"), "{head}");
        assert!(head.to_lowercase().contains("authorization: bearer old-access"), "{head}");
    }
}

#[tokio::test]
async fn userinfo_stands_for_the_api_where_none_is_named() {
    let fake = Fake::giving(vec![json(200, r#"{"sub":"x"}"#)]).await;
    let server = fake.oauth(OAuthSettings::default());
    let marks = Marks::fresh();
    let said = server.call_api(&"old-access".into(), &marks).await.unwrap();
    assert_eq!(said.verdict, Accepted);
    let carried = format!("authorization: Bearer ‹token {}›", marks.of(&"old-access".into()));
    assert!(said.exchange.request.contains(&carried), "{:?}", said.exchange.request);
    assert!(fake.heard()[0].starts_with("GET /userinfo HTTP/1.1"));

    let mut account = fake.account(OAuthSettings::default());
    account.discovered.endpoints.userinfo = String::new();
    let server = OAuthServer::new(account, Arc::new(Noon)).unwrap();
    assert!(server.call_api(&"old-access".into(), &Marks::fresh()).await.is_none());
    assert!(server.confirm(&tokens(), &Marks::fresh()).await.is_none());
}

#[tokio::test]
async fn a_session_is_confirmed_by_userinfo_about_its_own_subject_only() {
    let rows = [
        (json(200, r#"{"sub":"alice","name":"Alice"}"#), Accepted, ""),
        (json(200, r#"{"sub":"mallory"}"#), SaysNothing, "sub"),
        (json(200, r#"{"sub":"Alice"}"#), SaysNothing, "sub"),
        (json(200, r#"{"name":"Alice"}"#), SaysNothing, "sub"),
        (json(200, r#"{"sub":7}"#), SaysNothing, "sub"),
        (
            answer(200, &[("Content-Type", "application/jwt")], jwt(&value!({"sub": "alice"}))),
            Accepted,
            "",
        ),
        (challenge(401, "Bearer"), TokenRefused, ""),
    ];
    let fake = Fake::giving(rows.iter().map(|(bytes, ..)| bytes.clone()).collect()).await;
    let server = fake.oauth(OAuthSettings::default());
    let id = Some(jwt(&value!({"sub": "alice"})).into());
    let tokens = Tokens { id, ..tokens() };
    for (index, (_, verdict, words)) in rows.iter().enumerate() {
        let said = server.confirm(&tokens, &Marks::fresh()).await.unwrap();
        assert_eq!(said.verdict, *verdict, "{index}");
        assert!(said.exchange.detail.contains(words), "{}", said.exchange.detail);
        let shown = said.exchange.response.join("\n");
        assert!(!shown.contains("mallory") && !shown.contains("\"Alice"), "{shown}");
    }
}

#[tokio::test]
async fn without_an_id_token_there_is_nobody_to_compare_userinfo_with() {
    let fake = Fake::giving(vec![json(200, r#"{"login":"alice"}"#)]).await;
    let server = fake.oauth(OAuthSettings::default());
    let said = server.confirm(&tokens(), &Marks::fresh()).await.unwrap();
    assert_eq!(said.verdict, Accepted);
}

#[tokio::test]
async fn a_link_signs_out_in_the_browser_where_the_server_has_such_a_page() {
    let fake = Fake::giving(Vec::new()).await;
    let mut account = fake.account(OAuthSettings::default());
    account.discovered.endpoints.end_session = "https://as.example/end?tenant=1".into();
    let server = OAuthServer::new(account.clone(), Arc::new(Noon)).unwrap();
    let with = server.logout_link(Some(&"e30.e30.c2ln".into())).unwrap();
    let expected =
        "https://as.example/end?tenant=1&id_token_hint=e30.e30.c2ln&client_id=desk+client";
    assert_eq!(with.as_str(), expected);
    let without = server.logout_link(None).unwrap();
    assert_eq!(without.as_str(), "https://as.example/end?tenant=1&client_id=desk+client");

    for page in ["", "nowhere", "javascript:alert(1)", "file:///etc/passwd"] {
        account.discovered.endpoints.end_session = page.into();
        let server = OAuthServer::new(account.clone(), Arc::new(Noon)).unwrap();
        assert!(server.logout_link(None).is_none(), "{page}");
    }
}
