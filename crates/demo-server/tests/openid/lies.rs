//! Every lie does what it says, and nothing more.

use demo_server::{Lie, OpenIdSwitches, SigningAlg};
use serde_json::{Value, json};

use crate::client::{automatic, of, part};
use crate::support::{NOON, Scene};

async fn telling(lie: Lie) -> Scene {
    Scene::with(automatic(OpenIdSwitches { lie, ..OpenIdSwitches::default() })).await
}

/// Header and claims of the ID token of a sign-in, and whether its signature is good.
async fn told(lie: Lie) -> (Value, Value, bool) {
    let scene = telling(lie).await;
    let token = scene.sign_in().await.text("id_token");
    (part(&token, 0), part(&token, 1), scene.verifies(&token).await)
}

#[tokio::test]
async fn a_false_claim_is_the_only_thing_that_is_false() {
    let (_, truth, _) = told(Lie::None).await;
    let now = NOON / 1_000;
    for (lie, name, value) in [
        (Lie::AudMissing, "aud", Value::Null),
        (Lie::AudWrong, "aud", json!("another-client")),
        (Lie::Expired, "exp", json!(now - 3_600)),
        (Lie::NoExp, "exp", Value::Null),
        (Lie::NoIat, "iat", Value::Null),
        (Lie::NonceMissing, "nonce", Value::Null),
        (Lie::NonceWrong, "nonce", json!("a nonce that nobody sent")),
        (Lie::NoSub, "sub", Value::Null),
    ] {
        let (header, claims, verified) = told(lie).await;
        assert_eq!(claims[name], value, "{lie:?}");
        assert_eq!(header["alg"], "ES256");
        assert!(verified, "{lie:?} is well signed");
        // Port, tokens and session ids are others each time.
        for same in ["sub", "aud", "exp", "nonce"].into_iter().filter(|same| *same != name) {
            assert_eq!(claims[same], truth[same], "{lie:?} and {same}");
        }
    }
    let (_, claims, _) = told(Lie::AzpWrong).await;
    assert_eq!(claims["aud"], json!(["demo", "another-client"]));
    assert_eq!(claims["azp"], "another-client");
}

#[tokio::test]
async fn another_issuer_is_named_in_the_token_or_in_the_metadata() {
    let scene = telling(Lie::WrongIssuerInToken).await;
    let other = format!("{}/elsewhere", scene.server.issuer());
    assert_eq!(part(&scene.sign_in().await.text("id_token"), 1)["iss"], other);
    let scene = telling(Lie::WrongIssuerInDiscovery).await;
    let other = format!("{}/elsewhere", scene.server.issuer());
    for path in [
        "/openid/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/openid",
    ] {
        assert_eq!(scene.fetch(path).await.text("issuer"), other);
    }
}

#[tokio::test]
async fn a_bad_signature_is_bad_with_every_algorithm() {
    for alg in [SigningAlg::Rs256, SigningAlg::Es256, SigningAlg::EdDsa] {
        let openid = OpenIdSwitches { alg, lie: Lie::BadSignature, ..OpenIdSwitches::default() };
        let scene = Scene::with(automatic(openid)).await;
        let token = scene.sign_in().await.text("id_token");
        assert!(!scene.verifies(&token).await, "{alg:?}");
        scene.set(json!({"openid": {"lie": null}})).await;
        assert!(scene.verifies(&scene.sign_in().await.text("id_token")).await, "{alg:?}");
    }
}

#[tokio::test]
async fn none_and_hs256_stand_in_the_header() {
    let scene = telling(Lie::AlgNone).await;
    let token = scene.sign_in().await.text("id_token");
    assert_eq!(part(&token, 0)["alg"], "none");
    assert!(token.ends_with('.'), "there is no signature");
    let (header, _, _) = told(Lie::Hs256).await;
    assert_eq!(header["alg"], "HS256");
}

#[tokio::test]
async fn a_missing_kid_leaves_one_key_to_choose_or_several() {
    for (lie, keys) in [(Lie::None, 1), (Lie::KidMissing, 1), (Lie::KidMissingSeveralKeys, 2)] {
        let scene = telling(lie).await;
        let token = scene.sign_in().await.text("id_token");
        assert_eq!(part(&token, 0).get("kid").is_none(), lie != Lie::None, "{lie:?}");
        assert_eq!(scene.jwks().await.keys.len(), keys, "{lie:?}");
        assert!(scene.verifies(&token).await, "{lie:?}");
    }
}

#[tokio::test]
async fn an_unknown_kid_is_nowhere_published() {
    let scene = telling(Lie::KidUnknown).await;
    let token = scene.sign_in().await.text("id_token");
    let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
    assert!(scene.jwks().await.find(&kid).is_none());
}

#[tokio::test]
async fn at_hash_is_of_the_access_token_or_of_something_else() {
    use base64::Engine as _;
    use sha2::Digest as _;
    for (lie, right) in [(Lie::None, true), (Lie::AtHashWrong, false)] {
        let tokens = telling(lie).await.sign_in().await;
        let hash = sha2::Sha256::digest(tokens.text("access_token").as_bytes());
        let half = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash[..16]);
        assert_eq!(part(&tokens.text("id_token"), 1)["at_hash"] == half.as_str(), right);
    }
}

#[tokio::test]
async fn userinfo_tells_of_somebody_else() {
    let scene = telling(Lie::UserinfoOtherSub).await;
    let tokens = scene.sign_in().await;
    assert_eq!(part(&tokens.text("id_token"), 1)["sub"], "alice");
    assert_eq!(scene.userinfo(&tokens.text("access_token")).await.text("sub"), "somebody-else");
}

#[tokio::test]
async fn no_id_token_is_given_although_it_was_asked_for() {
    assert_eq!(telling(Lie::NoIdToken).await.sign_in().await.json().get("id_token"), None);
}

#[tokio::test]
async fn the_redirect_lies_about_state_or_issuer() {
    for (lie, name, right) in [
        (Lie::IssMissingInRedirect, "iss", None),
        (Lie::IssWrongInRedirect, "iss", Some("/elsewhere")),
        (Lie::StateMissingInRedirect, "state", None),
        (Lie::StateWrongInRedirect, "state", Some("a state that nobody sent")),
    ] {
        let scene = telling(lie).await;
        let back = scene.browse(&[]).await;
        match (of(&back, name), right) {
            (Some(said), Some(end)) => assert!(said.ends_with(end), "{lie:?}: {said}"),
            (said, right) => assert_eq!(said.as_deref(), right, "{lie:?}"),
        }
        assert!(of(&back, "code").is_some());
    }
}

#[tokio::test]
async fn the_lies_of_a_refresh_are_not_told_at_the_sign_in() {
    for (lie, name) in [
        (Lie::OtherSubOnRefresh, "sub"),
        (Lie::OtherIssOnRefresh, "iss"),
        (Lie::OtherAudOnRefresh, "aud"),
    ] {
        let scene = telling(lie).await;
        let tokens = scene.sign_in().await;
        let renewed = scene.renew(&tokens.text("refresh_token")).await;
        let first = part(&tokens.text("id_token"), 1);
        let second = part(&renewed.text("id_token"), 1);
        for claim in ["sub", "iss", "aud"] {
            assert_eq!(first[claim] == second[claim], claim != name, "{lie:?}: {claim}");
        }
        assert_eq!(first["sub"], "alice");
    }
}
