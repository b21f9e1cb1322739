//! Signing in in the browser at a server that speaks OpenID Connect.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod oauth_stage;

use auth_client::oauth::{Granted, SignInTrouble};
use keeper::record::IdCheck;
use oauth_stage::*;
use secrecy::ExposeSecret as _;

/// Signs in at a server whose ID token is the one that `make` makes of the request's nonce.
async fn play(
    make: fn(&Server, &str) -> String,
) -> (Stage, Result<Granted, SignInTrouble>, String) {
    let mut stage = Stage::with(|account| {
        account.discovered.openid = true;
        account.discovered.id_token_algs = vec!["EdDSA".into()];
    })
    .await;
    let (server, tab) = (stage.server.clone(), stage.tab.clone());
    let id_token = make(&server, &tab.nonce);
    server.says("/jwks", 200, JWKS);
    server.says(
        "/token",
        200,
        &format!(
            r#"{{"access_token":"planted-access","token_type":"Bearer","expires_in":3600,
            "refresh_token":"planted-refresh","id_token":"{id_token}"}}"#
        ),
    );
    let another = Stage::set().await.sign_in;
    let sign_in = std::mem::replace(&mut stage.sign_in, another);
    let finish = tokio::spawn(sign_in.finish(|| ()));
    let page = tab.follow(&tab.send(tab.answer("code=the-code")).await).await;
    (stage, finish.await.unwrap(), page)
}

#[tokio::test]
async fn an_id_token_with_our_nonce_says_who_it_is() {
    let (stage, granted, page) = play(|server, nonce| id_token(server, &[("nonce", nonce)])).await;
    let granted = granted.unwrap();
    let who = granted.answer.identity.unwrap();
    assert_eq!((who.user.as_str(), who.name.as_str()), ("u-1", "Alice"));
    assert_eq!(granted.answer.id_check, IdCheck::Passed);
    assert_eq!(granted.answer.tokens.access.expose_secret(), "planted-access");
    assert_eq!(stage.told.lines(), ["Keys Good -"], "the keeper tells of what was granted");
    assert!(stage.server.forms("/revoke").is_empty());
    assert!(page.contains("已登录"), "{page}");
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_gives_everything_back() {
    for make in [
        (|server, _| id_token(server, &[("nonce", "another")])) as fn(&Server, &str) -> String,
        |server, _| id_token(server, &[]),
        |server, nonce| id_token(server, &[("nonce", nonce), ("aud", "somebody-else")]),
    ] {
        let (stage, granted, page) = play(make).await;
        let trouble = granted.unwrap_err();
        let SignInTrouble::IdToken(exchange) = trouble else { panic!("{trouble:?}") };
        assert!(exchange.detail.starts_with("the ID token cannot be trusted: "));
        assert!(page.contains("未登录"), "{page}");
        assert_eq!(stage.server.forms("/revoke")[0]["token"], "planted-refresh");
        let told = stage.told.everything() + &format!("{exchange:?}");
        for secret in ["planted-access", "planted-refresh", stage.tab.nonce.as_str()] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
