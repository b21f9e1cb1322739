//! What the provider says about itself, its keys, and what it remembers.

use demo_server::{Config, OpenIdSwitches, PortChoice, Running, SigningAlg, Start, start};
use serde_json::{Value, json};

use crate::client::{FORM, automatic, encoded, of, redeeming, request};
use crate::support::{Scene, send};

const OPENID: &str = "/openid/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server/openid";

#[tokio::test]
async fn both_documents_tell_the_same_and_every_endpoint_is_there() {
    let scene = Scene::well().await;
    let (openid, oauth) = (scene.fetch(OPENID).await.json(), scene.fetch(OAUTH).await.json());
    assert_eq!(openid, oauth);
    assert_eq!(openid["issuer"], scene.server.issuer());
    assert_eq!(openid["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(openid["authorization_response_iss_parameter_supported"], json!(true));
    let base = scene.server.base_url();
    let endpoints = openid
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut seen = 0;
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(&base).unwrap();
        assert_ne!(scene.fetch(path).await.status, 404, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[tokio::test]
async fn split_documents_make_a_whole_together() {
    let scene = Scene::well().await;
    let whole = scene.fetch(OPENID).await.json();
    scene.set(json!({"openid": {"documents": "split"}})).await;
    let (openid, oauth) = (scene.fetch(OPENID).await.json(), scene.fetch(OAUTH).await.json());
    assert!(openid.get("revocation_endpoint").is_none() && openid["userinfo_endpoint"].is_string());
    assert!(oauth.get("userinfo_endpoint").is_none() && oauth["revocation_endpoint"].is_string());
    let mut together = openid.as_object().unwrap().clone();
    together.extend(oauth.as_object().unwrap().clone());
    assert_eq!(Value::Object(together), whole);
    for (documents, openid, oauth) in [("openidOnly", 200, 404), ("oauthOnly", 404, 200)] {
        scene.set(json!({"openid": {"documents": documents}})).await;
        assert_eq!(scene.fetch(OPENID).await.status, openid);
        assert_eq!(scene.fetch(OAUTH).await.status, oauth);
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_named() {
    let scene = Scene::well().await;
    for (switch, name) in [
        ("offersRevocation", "revocation_endpoint"),
        ("offersDevice", "device_authorization_endpoint"),
        ("offersEndSession", "end_session_endpoint"),
        ("offersUserinfo", "userinfo_endpoint"),
        ("offersIssParameter", "authorization_response_iss_parameter_supported"),
    ] {
        assert!(scene.fetch(OPENID).await.json().get(name).is_some(), "{name}");
        scene.set(json!({"openid": {switch: false}})).await;
        assert!(scene.fetch(OPENID).await.json().get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_rotated_key_stays_published_or_goes() {
    for (keep_old, published) in [(true, 2), (false, 1)] {
        let scene = Scene::with(automatic(OpenIdSwitches::default())).await;
        let before = scene.sign_in().await.text("id_token");
        scene.server.control().rotate_keys(keep_old).await.unwrap();
        let after = scene.sign_in().await.text("id_token");
        assert_eq!(scene.jwks().await.keys.len(), published);
        assert_eq!(scene.verifies(&before).await, keep_old);
        assert!(scene.verifies(&after).await);
    }
}

async fn run(folder: &std::path::Path) -> Running {
    let config = Config {
        state_folder: Some(folder.to_owned()),
        port: PortChoice::Remembered,
        ..Config::default()
    };
    match start(config).await.unwrap() {
        Start::Running(running) => running,
        Start::Elsewhere(_) => panic!("nobody else is here"),
    }
}

#[tokio::test]
async fn sessions_codes_and_keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = run(folder.path()).await;
    let (port, issuer) = (server.port(), server.issuer());
    let change = json!({"openid": {"signIn": "automatic", "alg": SigningAlg::EdDsa}});
    server.control().patch_switches(change).await.unwrap();
    let code = async || {
        let path = format!("/openid/authorize?{}", request(&[]));
        let reply = send(port, "GET", &path, &[], "").await.unwrap();
        of(&reply.header("location").unwrap().parse().unwrap(), "code").unwrap()
    };
    let token = async |fields: &[(&str, &str)]| {
        send(port, "POST", "/openid/token", &[FORM], &encoded(fields)).await.unwrap()
    };
    let refresh = token(&redeeming(&code().await)).await.text("refresh_token");
    let waiting = code().await;
    let keys = send(port, "GET", "/openid/jwks", &[], "").await.unwrap().json();
    server.shutdown().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let state = std::fs::metadata(folder.path().join("state.json")).unwrap();
        assert_eq!(state.permissions().mode() & 0o777, 0o600, "private keys are in it");
    }
    let server = run(folder.path()).await;
    assert_eq!(server.issuer(), issuer);
    assert_eq!(send(port, "GET", "/openid/jwks", &[], "").await.unwrap().json(), keys);
    assert_eq!(token(&redeeming(&waiting)).await.status, 200);
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("client_id", "demo")];
    assert_eq!(token(&fields).await.status, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn no_key_is_made_before_openid_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let server = run(folder.path()).await;
    let body = json!({"username": "alice", "password": "wonderland"}).to_string();
    send(server.port(), "POST", "/api/login", &[], &body).await.unwrap();
    send(server.port(), "GET", OPENID, &[], "").await.unwrap();
    server.shutdown().await;
    let state = std::fs::read_to_string(folder.path().join("state.json")).unwrap();
    assert!(!state.contains("pkcs8"), "a key was made");
}
