//! Renewal, revocation and sign-out: the tokens go by the rules that the tutorial's API has.

use demo_server::{Fault, FaultKind, OpenIdSwitches, Rotation, Switches};
use serde_json::{Value, json};

use crate::client::{automatic, of, part};
use crate::support::Scene;

async fn under(rotation: Rotation) -> Scene {
    Scene::with(Switches { rotation, ..automatic(OpenIdSwitches::default()) }).await
}

#[tokio::test]
async fn without_rotation_the_same_token_renews() {
    let scene = under(Rotation::None).await;
    let first = scene.sign_in().await.text("refresh_token");
    for _ in 0..5 {
        assert_eq!(scene.renew(&first).await.text("refresh_token"), first);
    }
    scene.set(json!({"tellRefreshToken": "whenNew"})).await;
    assert_eq!(scene.renew(&first).await.json()["refresh_token"], Value::Null);
    assert_eq!(scene.counts().await.refreshes_granted, 6);
}

#[tokio::test]
async fn under_strict_rotation_an_old_token_ends_the_session() {
    let scene = under(Rotation::Strict).await;
    let first = scene.sign_in().await.text("refresh_token");
    let second = scene.renew(&first).await.text("refresh_token");
    assert_ne!(second, first);
    let reply = scene.renew(&first).await;
    assert_eq!((reply.status, reply.text("error")), (400, "invalid_grant".to_owned()));
    assert_eq!(scene.renew(&second).await.status, 400);
    assert_eq!(scene.counts().await.reuse_detected, 1);
}

#[tokio::test]
async fn under_a_grace_an_old_token_is_good_for_so_long() {
    let scene = under(Rotation::Grace { seconds: 10 }).await;
    let first = scene.sign_in().await.text("refresh_token");
    scene.renew(&first).await;
    scene.hands.pass(9_999);
    assert_eq!(scene.renew(&first).await.status, 200);
    scene.hands.pass(1);
    assert_eq!(scene.renew(&first).await.status, 400);
}

#[tokio::test]
async fn until_the_successor_is_used_an_old_token_is_good_again() {
    let scene = under(Rotation::UntilSuccessorUsed).await;
    let first = scene.sign_in().await.text("refresh_token");
    scene.renew(&first).await;
    let second = scene.renew(&first).await;
    assert_eq!(second.status, 200);
    assert_eq!(scene.userinfo(&second.text("access_token")).await.status, 200);
    assert_eq!(scene.renew(&first).await.status, 400);
    assert_eq!(scene.renew(&second.text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_refresh_carries_what_the_switches_want() {
    let scene = under(Rotation::None).await;
    let token = scene.sign_in().await.text("refresh_token");
    let plain = scene.renew(&token).await;
    let claims = part(&plain.text("id_token"), 1);
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("alice"), &Value::Null));
    assert_eq!(plain.text("scope"), "openid profile offline_access");
    scene
        .set(json!({"tellRefreshLifetime": true, "openid": {"refreshGivesIdToken": false,
            "refreshTellsScope": false, "floatNumbers": true, "expiresAtToo": true,
            "refreshInS": 7, "tokenType": "upper"}}))
        .await;
    let reply = scene.renew(&token).await;
    let body = reply.json();
    assert_eq!((&body["id_token"], &body["scope"]), (&Value::Null, &Value::Null));
    let text = String::from_utf8(reply.body.clone()).unwrap();
    assert!(text.contains(r#""expires_in":20.0"#), "{text}");
    assert!(text.contains(r#""expires_at":1800000020.5"#), "{text}");
    assert!(text.contains(r#""refresh_in":7.0"#), "{text}");
    assert!(text.contains(r#""refresh_expires_in":2592000.0"#), "{text}");
    assert_eq!(reply.text("token_type"), "BEARER");
    scene.set(json!({"lifetimeShape": "absent", "openid": {"tokenType": "missing"}})).await;
    let body = scene.renew(&token).await.json();
    assert_eq!((&body["expires_in"], &body["token_type"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_faults_of_a_refresh_are_those_of_the_token_endpoint() {
    let scene = under(Rotation::Strict).await;
    let token = scene.sign_in().await.text("refresh_token");
    let fault = |kind: FaultKind| json!({"fault": Fault::from(kind).times(1)});
    scene.set(json!({"fault": {"kind": "status", "code": 503, "retryAfter": {"seconds": 3}, "times": 1}})).await;
    let reply = scene.renew(&token).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("3")));
    scene.set(fault(FaultKind::Html200)).await;
    assert_eq!(scene.renew(&token).await.header("content-type"), Some("text/html; charset=utf-8"));
    scene.set(fault(FaultKind::Refuse)).await;
    let reply = scene.renew(&token).await;
    assert_eq!((reply.status, reply.text("error")), (400, "invalid_grant".to_owned()));
    scene.set(fault(FaultKind::DropAfterRotating)).await;
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "demo")];
    assert!(scene.form("/openid/token", &fields).await.is_none());
    assert_eq!(scene.renew(&token).await.status, 400, "it had rotated");
    let counts = scene.counts().await;
    assert_eq!((counts.faults_shown, counts.refreshes, counts.refreshes_granted), (4, 5, 1));
}

#[tokio::test]
async fn a_refresh_token_is_good_for_its_client_and_its_scope_alone() {
    let scene = under(Rotation::None).await;
    let token = scene.sign_in().await.text("refresh_token");
    let ask = async |client: &str, scope: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
            ("client_id", client),
            ("scope", scope),
        ];
        scene.token(&fields).await
    };
    assert_eq!(ask("somebody", "").await.text("error"), "invalid_grant");
    assert_eq!(ask("demo", "openid email").await.text("error"), "invalid_scope");
    assert_eq!(ask("demo", "openid").await.text("scope"), "openid");
    assert_eq!(scene.refresh(&token).await.status, 401, "the tutorial's API has no clients");
    let (_, tutorials) = scene.login().await;
    assert_eq!(scene.renew(&tutorials).await.text("error"), "invalid_grant");
}

#[tokio::test]
async fn staying_signed_in_is_asked_for_where_that_is_needed() {
    let openid = OpenIdSwitches { needs_offline_access: true, ..OpenIdSwitches::default() };
    let scene = Scene::with(automatic(openid)).await;
    assert_eq!(scene.sign_in().await.json()["refresh_token"], Value::Null);
    let code = of(&scene.browse(&[("prompt", "consent")]).await, "code").unwrap();
    assert!(scene.redeem(&code).await.json()["refresh_token"].is_string());
}

#[tokio::test]
async fn a_revoked_token_and_its_session_are_over() {
    let scene = under(Rotation::None).await;
    let tokens = scene.sign_in().await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let revoke = async |client: &str, token: &str| {
        scene.form("/openid/revoke", &[("token", token), ("client_id", client)]).await.unwrap()
    };
    assert_eq!(revoke("somebody", &refresh).await.text("error"), "unauthorized_client");
    assert_eq!(scene.me(&access).await.status, 200);
    let reply = revoke("demo", &refresh).await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(revoke("demo", "never given").await.status, 200);
    assert_eq!(scene.userinfo(&access).await.status, 401);
    assert_eq!(scene.renew(&refresh).await.text("error"), "invalid_grant");
    assert_eq!(scene.counts().await.revocations, 3);
    scene.set(json!({"openid": {"offersRevocation": false}})).await;
    assert_eq!(revoke("demo", &refresh).await.status, 404);
}

#[tokio::test]
async fn a_sign_out_in_the_browser_ends_the_session_and_may_come_back() {
    let scene = under(Rotation::None).await;
    let back = "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A5123%2Fout&state=s";
    for (comes_back, uri, goes) in [
        (true, back, Some("http://127.0.0.1:5123/out?state=s")),
        (false, back, None),
        (true, "post_logout_redirect_uri=https%3A%2F%2Fexample.com", None),
    ] {
        scene.set(json!({"openid": {"logoutComesBack": comes_back}})).await;
        let tokens = scene.sign_in().await;
        let hint = tokens.text("id_token");
        let reply = scene.fetch(&format!("/openid/logout?id_token_hint={hint}&{uri}")).await;
        assert_eq!(reply.header("location"), goes);
        assert_eq!(scene.me(&tokens.text("access_token")).await.status, 401);
    }
    let reply = scene.fetch(&format!("/openid/logout?{back}")).await;
    assert_eq!((reply.status, reply.header("location")), (200, None), "nobody's session");
}
