//! Sign-in through a browser.

use demo_server::{ClientAuth, OpenIdSwitches, SignIn, SigningAlg, Switches};
use serde_json::json;

use crate::client::{FORM, REDIRECT, VERIFIER, automatic, encoded, of, part, redeeming};
use crate::support::{NOON, Scene, send};

async fn scene() -> Scene {
    Scene::with(automatic(OpenIdSwitches::default())).await
}

#[tokio::test]
async fn a_code_gives_tokens_that_the_api_and_userinfo_take() {
    let scene = scene().await;
    let back = scene.browse(&[]).await;
    assert_eq!(of(&back, "state").as_deref(), Some("a state"));
    assert_eq!(of(&back, "iss"), Some(scene.server.issuer()));
    let reply = scene.redeem(&of(&back, "code").unwrap()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.text("token_type"), "Bearer");
    assert_eq!(reply.json()["expires_in"], json!(20));
    assert_eq!(reply.text("scope"), "openid profile offline_access");
    let access = reply.text("access_token");
    assert_eq!(scene.me(&access).await.json(), json!({"username": "alice", "name": "Alice"}));
    assert_eq!(scene.userinfo(&access).await.text("sub"), "alice");
    let counts = scene.counts().await;
    assert_eq!((counts.codes_issued, counts.logins, counts.userinfo_calls), (1, 1, 1));
    assert_eq!((counts.codes_refused, counts.logins_refused), (0, 0));
}

#[tokio::test]
async fn the_id_token_is_true_and_signed_with_the_published_key_whatever_the_algorithm() {
    for (alg, name) in
        [(SigningAlg::Es256, "ES256"), (SigningAlg::EdDsa, "EdDSA"), (SigningAlg::Rs256, "RS256")]
    {
        let scene = Scene::with(automatic(OpenIdSwitches { alg, ..Default::default() })).await;
        let id_token = scene.sign_in().await.text("id_token");
        assert_eq!(part(&id_token, 0)["alg"], name);
        assert!(scene.verifies(&id_token).await, "{name}");
        let claims = part(&id_token, 1);
        assert_eq!(claims["iss"], scene.server.issuer());
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("alice"), &json!("demo")));
        assert_eq!(claims["nonce"], "a nonce");
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&json!(NOON / 1_000), &json!(NOON / 1_000 + 3_600))
        );
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_its_return_ends_what_it_gave() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.redeem(&code).await;
    let again = scene.redeem(&code).await;
    assert_eq!((again.status, again.text("error")), (400, "invalid_grant".to_owned()));
    assert_eq!(scene.me(&tokens.text("access_token")).await.status, 401);
    assert_eq!(scene.renew(&tokens.text("refresh_token")).await.text("error"), "invalid_grant");
    assert_eq!(scene.counts().await.codes_refused, 1);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let scene = scene().await;
    let (first, second) = (scene.code().await, scene.code().await);
    scene.hands.pass(59_999);
    assert_eq!(scene.redeem(&first).await.status, 200);
    scene.hands.pass(1);
    assert_eq!(scene.redeem(&second).await.text("error"), "invalid_grant");
}

#[tokio::test]
async fn a_code_wants_its_verifier_its_client_and_its_redirect() {
    let scene = scene().await;
    for (name, value) in [
        ("code_verifier", "another-verifier-that-is-long-enough-to-be-one"),
        ("code_verifier", ""),
        ("client_id", "somebody"),
        ("redirect_uri", "http://127.0.0.1:5124/callback"),
        ("redirect_uri", ""),
    ] {
        let code = scene.code().await;
        let fields = redeeming(&code)
            .map(|(known, right)| (known, if known == name { value } else { right }));
        let reply = scene.token(&fields).await;
        assert_eq!(reply.text("error"), "invalid_grant", "{name}={value}");
        assert_eq!(scene.redeem(&code).await.status, 400, "a second try with {name}");
    }
}

#[tokio::test]
async fn without_pkce_the_browser_comes_back_with_an_error_and_the_state() {
    let scene = scene().await;
    for change in
        [("code_challenge", ""), ("code_challenge_method", "plain"), ("code_challenge_method", "")]
    {
        let back = scene.browse(&[change]).await;
        assert_eq!(of(&back, "error").as_deref(), Some("invalid_request"), "{change:?}");
        assert_eq!(of(&back, "state").as_deref(), Some("a state"));
        assert_eq!(of(&back, "iss"), Some(scene.server.issuer()));
    }
    assert_eq!(scene.counts().await.codes_issued, 0);
}

#[tokio::test]
async fn the_browser_is_never_sent_to_a_foreign_address() {
    let scene = scene().await;
    for uri in ["https://example.com/", "http://127.0.0.1@example.com/", "custom:/cb"] {
        let path =
            format!("/openid/authorize?{}", crate::client::request(&[("redirect_uri", uri)]));
        let reply = scene.fetch(&path).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{uri}");
    }
}

#[tokio::test]
async fn a_silent_request_is_answered_that_somebody_has_to_sign_in() {
    let scene = Scene::well().await;
    let back = scene.browse(&[("prompt", "none")]).await;
    assert_eq!(of(&back, "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_person_who_says_no_is_told_as_access_denied() {
    let openid = OpenIdSwitches { sign_in: SignIn::Denied, ..OpenIdSwitches::default() };
    let scene = Scene::with(Switches { openid, ..Switches::default() }).await;
    assert_eq!(of(&scene.browse(&[]).await, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn the_hint_says_who_is_let_in() {
    let scene = scene().await;
    let back = scene.browse(&[("login_hint", "bob")]).await;
    let tokens = scene.redeem(&of(&back, "code").unwrap()).await;
    assert_eq!(part(&tokens.text("id_token"), 1)["sub"], "bob");
}

#[tokio::test]
async fn the_confidential_client_needs_its_secret_in_a_way_that_is_accepted() {
    // demo-confidential:demo-secret, and with another secret.
    let (right, wrong) = (
        "Basic ZGVtby1jb25maWRlbnRpYWw6ZGVtby1zZWNyZXQ=",
        "Basic ZGVtby1jb25maWRlbnRpYWw6b3RoZXI=",
    );
    for (way, basic, in_body, status) in [
        (ClientAuth::Any, Some(right), None, 200),
        (ClientAuth::Any, Some(wrong), None, 401),
        (ClientAuth::Any, None, Some("demo-secret"), 200),
        (ClientAuth::Any, None, Some("other"), 401),
        (ClientAuth::Any, None, None, 401),
        (ClientAuth::Any, Some(right), Some("demo-secret"), 400),
        (ClientAuth::Basic, Some(right), None, 200),
        (ClientAuth::Basic, None, Some("demo-secret"), 401),
        (ClientAuth::Post, Some(right), None, 401),
        (ClientAuth::Post, None, Some("demo-secret"), 200),
    ] {
        let openid = OpenIdSwitches { client_auth: way, ..OpenIdSwitches::default() };
        let scene = Scene::with(automatic(openid)).await;
        let id = "demo-confidential";
        let code = of(&scene.browse(&[("client_id", id)]).await, "code").unwrap();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_id", id),
        ];
        fields.extend(in_body.map(|secret| ("client_secret", secret)));
        let mut headers = vec![FORM];
        headers.extend(basic.map(|basic| ("authorization", basic)));
        let port = scene.server.port();
        let reply = send(port, "POST", "/openid/token", &headers, &encoded(&fields)).await.unwrap();
        assert_eq!(reply.status, status, "{way:?} {basic:?} {in_body:?}: {}", reply.json());
        if status == 401 {
            assert_eq!(reply.text("error"), "invalid_client");
            assert_eq!(reply.header("www-authenticate").is_some(), basic.is_some());
        }
    }
}

#[tokio::test]
async fn a_client_that_is_not_known_is_refused_where_clients_are_known() {
    let scene =
        Scene::with(automatic(OpenIdSwitches { any_client: false, ..Default::default() })).await;
    let mut fields = redeeming("a code");
    fields[4].1 = "somebody";
    let reply = scene.token(&fields).await;
    assert_eq!((reply.status, reply.text("error")), (401, "invalid_client".to_owned()));
    assert_eq!(scene.redeem(&scene.code().await).await.status, 200);
}
