use super::*;
use crate::network::{AddedCa, Network};
use crate::oauth::{Endpoints, Parameter};
use crate::settings::Header;

fn at(issuer: &str) -> OAuthSettings {
    OAuthSettings { issuer: issuer.into(), client_id: "desk".into(), ..OAuthSettings::default() }
}

fn fields(settings: &OAuthSettings) -> Vec<String> {
    settings.problems().into_iter().map(|problem| problem.field).collect()
}

#[test]
fn an_issuer_is_an_https_url_or_on_this_computer_and_nothing_more() {
    for good in [
        "https://id.example.com",
        "https://id.example.com/",
        "https://id.example.com:8443/realms/a",
        "http://127.0.0.1:8080/oidc",
        "http://localhost:3000",
    ] {
        assert_eq!(fields(&at(good)), Vec::<String>::new(), "{good}");
    }
    for bad in [
        "",
        "id.example.com",
        "http://id.example.com",
        "https://id.example.com?tenant=1",
        "https://id.example.com/#x",
        "https://alice:pw@id.example.com",
        " https://id.example.com",
        "ftp://id.example.com",
    ] {
        assert_eq!(fields(&at(bad)), ["issuer"], "{bad}");
    }
}

#[test]
fn the_host_named_for_plain_http_may_be_an_issuer_and_an_endpoint_and_no_other_may() {
    let mut settings = at("http://id.corp.example/realms/a");
    assert!(settings.problems()[0].message.contains("network settings"));
    settings.network.http_to = "ID.corp.example".into();
    settings.endpoints.token = "http://id.corp.example:8080/token".into();
    assert_eq!(fields(&settings), Vec::<String>::new());
    settings.endpoints.token = "http://token.corp.example/token".into();
    assert_eq!(fields(&settings), ["endpoints.token"]);
}

#[test]
fn every_field_that_cannot_be_used_is_named() {
    let parameter = |name: &str| Parameter { name: name.into(), value: "x".into() };
    let mut settings = OAuthSettings {
        client_id: " ".into(),
        scopes: vec!["openid".into(), "read write".into(), "".into(), "a\"b".into()],
        resources: vec!["api://one".into(), "api".into(), "https://a.example/#x".into()],
        parameters: vec![
            parameter("login_hint"),
            parameter("State"),
            parameter(""),
            parameter("login_hint"),
        ],
        endpoints: Endpoints {
            authorization: "/authorize".into(),
            token: "http://id.example.com/token".into(),
            device_authorization: "https://id.example.com/device#x".into(),
            revocation: "https://id.example.com/revoke?tenant=1".into(),
            ..Endpoints::default()
        },
        api_url: "me".into(),
        headers: vec![Header { name: "Host".into(), value: "x".into() }],
        network: Network {
            ca: Some(AddedCa { pem: "hello".into(), ..AddedCa::default() }),
            http_to: "http://x".into(),
        },
        assumed_lifetime_s: 0,
        ..at("https://id.example.com")
    };
    settings.redirect.path = "callback".into();
    settings.redirect.ports = vec![8400, 0];
    assert_eq!(
        fields(&settings),
        [
            "clientId",
            "scopes.1",
            "scopes.2",
            "scopes.3",
            "resources.1",
            "resources.2",
            "parameters.1.name",
            "parameters.2.name",
            "parameters.3.name",
            "redirect.path",
            "redirect.ports.1",
            "endpoints.authorization",
            "endpoints.token",
            "endpoints.deviceAuthorization",
            "apiUrl",
            "headers.0.name",
            "network.ca",
            "network.httpTo",
            "assumedLifetimeS",
        ]
    );
    settings.redirect.path = "/callback?x".into();
    assert!(fields(&settings).contains(&"redirect.path".to_owned()));
}

#[test]
fn whatever_the_app_sets_itself_cannot_be_set_beside_it() {
    for name in [
        "client_id",
        "redirect_uri",
        "response_type",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "scope",
        "prompt",
        "resource",
        "audience",
        "response_mode",
    ] {
        let mut settings = at("https://id.example.com");
        settings.parameters = vec![Parameter { name: name.into(), value: "x".into() }];
        assert_eq!(fields(&settings), ["parameters.0.name"], "{name}");
    }
}
