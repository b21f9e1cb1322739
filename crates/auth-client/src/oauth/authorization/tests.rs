use super::*;
use crate::oauth::settings::{Discovered, Endpoints, OAuthSettings, Parameter};
use secrecy::ExposeSecret as _;

fn account() -> OAuthAccount {
    OAuthAccount {
        settings: OAuthSettings {
            issuer: "https://id.example".into(),
            client_id: "desk".into(),
            ..OAuthSettings::default()
        },
        discovered: Discovered {
            issuer: "https://id.example".into(),
            openid: true,
            endpoints: Endpoints {
                authorization: "https://id.example/auth".into(),
                ..Endpoints::default()
            },
            scopes: vec!["openid".into(), "offline_access".into()],
            ..Discovered::default()
        },
    }
}

fn redirect() -> Url {
    "http://127.0.0.1:4711/callback".parse().unwrap()
}

fn asked(account: &OAuthAccount) -> Authorization {
    request(account, &redirect()).unwrap()
}

/// Every value of this parameter.
fn values(link: &Url, name: &str) -> Vec<String> {
    let pairs = link.query_pairs().filter(|(key, _)| key == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

fn refused(account: &OAuthAccount) -> String {
    request(account, &redirect()).err().unwrap().field
}

#[test]
fn a_request_carries_what_a_native_client_owes() {
    let asked = asked(&account());
    let link = &asked.link;
    assert!(link.as_str().starts_with("https://id.example/auth?"), "{link}");
    assert_eq!(values(link, "response_type"), ["code"]);
    assert_eq!(values(link, "client_id"), ["desk"]);
    assert_eq!(values(link, "redirect_uri"), ["http://127.0.0.1:4711/callback"]);
    assert_eq!(values(link, "scope"), ["openid offline_access"]);
    assert_eq!(values(link, "prompt"), ["consent"]);
    assert_eq!(values(link, "state"), [asked.state.as_str()]);
    assert_eq!(values(link, "nonce"), [asked.nonce.unwrap().expose_secret()]);
    assert_eq!(values(link, "code_challenge_method"), ["S256"]);
}

#[test]
fn the_challenge_is_that_of_the_verifier_which_stays_here() {
    let asked = asked(&account());
    let verifier = asked.verifier.expose_secret();
    assert_eq!(verifier.len(), 43, "32 bytes as base64url");
    let verifier_again = oauth2::PkceCodeVerifier::new(verifier.to_owned());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier_again);
    assert_eq!(values(&asked.link, "code_challenge"), [challenge.as_str()]);
    assert!(!asked.link.as_str().contains(verifier));
}

#[test]
fn a_server_that_offers_only_plain_is_asked_with_s256_all_the_same() {
    let mut account = account();
    account.discovered.challenge_methods = vec!["plain".into()];
    assert_eq!(values(&asked(&account).link, "code_challenge_method"), ["S256"]);
}

#[test]
fn nothing_random_is_used_twice() {
    let (one, two) = (asked(&account()), asked(&account()));
    assert_ne!(one.state, two.state);
    assert_ne!(one.verifier.expose_secret(), two.verifier.expose_secret());
    assert_ne!(one.nonce.unwrap().expose_secret(), two.nonce.unwrap().expose_secret());
}

#[test]
fn plain_oauth_asks_for_no_scope_and_sends_no_nonce() {
    let mut account = account();
    account.discovered.openid = false;
    account.discovered.scopes = vec!["read".into()];
    let asked = asked(&account);
    assert!(asked.nonce.is_none());
    for absent in ["scope", "nonce", "prompt"] {
        assert!(values(&asked.link, absent).is_empty(), "{absent} in {}", asked.link);
    }
}

#[test]
fn chosen_scopes_replace_the_usual_ones() {
    let mut account = account();
    account.settings.scopes = vec!["read write".into(), " ".into()];
    let asked = asked(&account);
    assert_eq!(values(&asked.link, "scope"), ["read write"]);
    assert!(asked.nonce.is_none() && values(&asked.link, "prompt").is_empty());
}

#[test]
fn a_chosen_prompt_wins_and_one_that_the_server_does_not_know_is_not_made_up() {
    let mut account = account();
    account.discovered.prompts = vec!["login".into()];
    assert!(values(&asked(&account).link, "prompt").is_empty());
    account.settings.prompt = "login".into();
    assert_eq!(values(&asked(&account).link, "prompt"), ["login"]);
}

#[test]
fn resources_and_the_audience_are_said() {
    let mut account = account();
    account.settings.resources = vec!["https://a.example/".into(), "https://b.example/".into()];
    account.settings.audience = "api".into();
    let link = asked(&account).link;
    assert_eq!(values(&link, "resource"), ["https://a.example/", "https://b.example/"]);
    assert_eq!(values(&link, "audience"), ["api"]);
}

#[test]
fn added_parameters_replace_nothing() {
    let mut account = account();
    let add = |name: &str, value: &str| Parameter { name: name.into(), value: value.into() };
    account.settings.parameters = OURS.iter().map(|name| add(name, "evil")).collect();
    account.settings.parameters.extend([
        add("prompt", "none"),
        add("login_hint", "alice"),
        add(" ", "x"),
    ]);
    let link = asked(&account).link;
    assert!(!link.as_str().contains("evil"), "{link}");
    assert_eq!(values(&link, "prompt"), ["consent"]);
    assert_eq!(values(&link, "login_hint"), ["alice"]);
}

#[test]
fn an_endpoint_keeps_its_own_query_except_for_what_must_be_there_once() {
    let mut account = account();
    account.settings.endpoints.authorization = "https://id.example/auth?p=b2c%20x".into();
    assert!(asked(&account).link.as_str().starts_with("https://id.example/auth?p=b2c%20x&"));
    account.settings.endpoints.authorization =
        "https://id.example/auth?p=b2c&state=fixed&redirect_uri=http%3A%2F%2Felsewhere".into();
    let link = asked(&account).link;
    assert_eq!(values(&link, "p"), ["b2c"]);
    assert_eq!(values(&link, "redirect_uri"), ["http://127.0.0.1:4711/callback"]);
    assert_eq!(values(&link, "state").len(), 1);
}

#[test]
fn nobody_types_a_password_into_a_page_that_came_in_the_open() {
    let mut account = account();
    for address in [
        "",
        "auth",
        "javascript:alert(1)",
        "file:///etc",
        "http://id.example/auth",
        "https://id.example/auth#x",
    ] {
        account.discovered.endpoints.authorization = address.into();
        assert_eq!(refused(&account), "endpoints.authorization", "{address}");
    }
    account.discovered.endpoints.authorization = "http://id.example/auth".into();
    account.settings.network.http_to = "id.example".into();
    assert!(request(&account, &redirect()).is_ok());
    account.discovered.endpoints.authorization = "http://127.0.0.1:9/auth".into();
    account.settings.network.http_to = String::new();
    assert!(request(&account, &redirect()).is_ok());
}

#[test]
fn without_a_client_there_is_no_request() {
    let mut account = account();
    account.settings.client_id = " ".into();
    assert_eq!(refused(&account), "clientId");
}
