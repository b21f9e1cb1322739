//! What a server says of itself: one test for each kind of document, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::oauth::{Flow, SignInTrouble};
use auth_client::{Header, Network};
use common::stage::{
    OAUTH, OPENID, Page, Stage, discovered, html, json_page, of, openid, raw, redirect,
};
use engine::Class;
use serde_json::{Value, json};

fn problem(outcome: Result<auth_client::oauth::Discovered, SignInTrouble>) -> (String, String) {
    match outcome {
        Err(SignInTrouble::Settings(problem)) => (problem.field, problem.message),
        other => panic!("{other:?}"),
    }
}

fn class(outcome: Result<auth_client::oauth::Discovered, SignInTrouble>) -> Class {
    match outcome {
        Err(SignInTrouble::Failed(failure)) => failure.class,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn both_documents_are_read_and_what_a_server_splits_between_them_is_put_together() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let oauth = json!({
        "issuer": base, "token_endpoint": format!("{base}/token2"),
        "revocation_endpoint": format!("{base}/revoke"),
        "device_authorization_endpoint": format!("{base}/device"),
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["refresh_token", "device"],
        "authorization_response_iss_parameter_supported": true,
    });
    let over = json!({
        "revocation_endpoint": null, "device_authorization_endpoint": null,
        "code_challenge_methods_supported": null, "grant_types_supported": ["refresh_token"],
        "authorization_response_iss_parameter_supported": null,
    });
    let stage = stage.openid(&base, over).at(OAUTH, json_page(&oauth));
    let (outcome, told) = discovered(&of(&base)).await;
    let found = outcome.unwrap();
    assert_eq!(stage.paths(), [OPENID, OAUTH]);
    assert_eq!(told.len(), 2);
    assert_eq!(found.issuer, base);
    assert!(found.openid && found.iss_in_response);
    assert_eq!(found.endpoints.revocation, format!("{base}/revoke"));
    assert_eq!(found.endpoints.device_authorization, format!("{base}/device"));
    assert_eq!(found.endpoints.userinfo, format!("{base}/me"));
    // Where they differ, OpenID Connect's goes first.
    assert_eq!(found.endpoints.token, format!("{base}/token"));
    assert_eq!(found.challenge_methods, ["S256"]);
    assert_eq!(found.grant_types, ["refresh_token", "device"]);
}

#[tokio::test]
async fn one_good_document_is_enough_whatever_stands_in_the_place_of_the_other() {
    let others: Vec<(&str, Page)> = vec![
        ("HTML", html(200)),
        ("HTML 404", html(404)),
        ("a redirect", redirect("https://elsewhere.example/")),
        ("garbage", raw(200, "application/json", "{\"issuer\": ")),
        ("not UTF-8", raw(200, "application/json", b"{\"issuer\": \"\xff\xfe\"}".to_vec())),
        ("a list", raw(200, "application/json", "[1, 2]")),
        ("nothing", raw(200, "application/json", "")),
        ("huge", raw(200, "application/json", vec![b' '; 1_200_000])),
        ("trouble", raw(503, "text/plain", "busy").with("Retry-After", "60")),
        ("somebody else's", json_page(&json!({"issuer": "https://evil.example"}))),
        ("nobody's", json_page(&json!({"token_endpoint": "https://evil.example/token"}))),
    ];
    for (what, other) in others {
        for good in [OPENID, OAUTH] {
            let bad = if good == OPENID { OAUTH } else { OPENID };
            let stage = Stage::new().await;
            let base = stage.base.clone();
            let document = openid(&base, &base, json!({}));
            let _stage = stage.at(good, json_page(&document)).at(bad, other.clone());
            let (outcome, told) = discovered(&of(&base)).await;
            let found = outcome.unwrap_or_else(|trouble| panic!("{what}: {trouble:?}"));
            assert_eq!(found.endpoints.token, format!("{base}/token"), "{what}");
            assert!(!format!("{found:?}").contains("evil"), "{what}");
            assert_eq!(told.len(), 2, "{what}");
        }
    }
}

#[tokio::test]
async fn without_a_good_document_the_failure_is_named_by_what_came() {
    for (page, expected) in [
        (html(200), Class::NotTheAuthServer),
        (redirect("https://elsewhere.example/"), Class::NotTheAuthServer),
        (raw(200, "application/json", "{"), Class::UnknownOutcome),
        (raw(200, "application/json", vec![b' '; 1_200_000]), Class::UnknownOutcome),
        (raw(500, "text/plain", "oops"), Class::ServerTrouble),
        (raw(503, "text/plain", "busy").with("Retry-After", "60"), Class::Throttled),
        (raw(429, "text/plain", "busy"), Class::Throttled),
    ] {
        let stage = Stage::new().await.at(OPENID, page);
        let (outcome, _) = discovered(&of(&stage.base)).await;
        assert_eq!(class(outcome), expected);
    }
    let nobody = of("http://127.0.0.1:1");
    let (outcome, told) = discovered(&nobody).await;
    assert_eq!(class(outcome), Class::NotSent);
    assert_eq!(told.len(), 1, "what cannot be reached is not asked for the next document");
}

#[tokio::test]
async fn a_document_of_another_issuer_is_refused_and_named() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let stage = stage.openid("https://honest.example", json!({}));
    let (outcome, _) = discovered(&of(&base)).await;
    let (field, message) = problem(outcome);
    assert_eq!(field, "issuer");
    assert!(message.contains("another issuer's, \"https://honest.example\""), "{message}");
    // Endpoints that are typed over do not make it good: the document says who is there.
    let mut typed = of(&base);
    typed.endpoints.authorization = format!("{base}/authorize");
    typed.endpoints.token = format!("{base}/token");
    assert_eq!(problem(discovered(&typed).await.0).0, "issuer");
    drop(stage);
}

#[tokio::test]
async fn a_strangers_words_run_as_ours_do() {
    let turned = "https://evil.example/\u{202e}moc.elpmaxe\u{7}\n";
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let stage = stage.openid(&format!("{turned}{}", "x".repeat(1_500)), json!({}));
    let (_, message) = problem(discovered(&of(&base)).await.0);
    assert!(message.contains("\"https://evil.example/moc.elpmaxe xxx"), "{message}");
    assert!(message.chars().count() < 500 && !message.contains('\u{202e}'), "{message}");
    let stage = stage.at(OPENID, raw(400, "application/json", json!({"why": turned}).to_string()));
    let Err(SignInTrouble::Failed(failure)) = discovered(&of(&base)).await.0 else {
        panic!("there is no document");
    };
    let shown = failure.exchange.response.join("\n");
    assert!(shown.contains("evil.example/\u{fffd}moc"), "{shown}");
    drop(stage);
}

#[tokio::test]
async fn an_issuer_is_compared_to_the_letter_and_the_letters_are_told() {
    for end in ["/", ""] {
        let stage = Stage::new().await;
        let base = stage.base.clone();
        let said = format!("{base}{end}");
        let asked = if end.is_empty() { format!("{base}/") } else { base.clone() };
        let stage = stage.openid(&said, json!({}));
        let (field, message) = problem(discovered(&of(&asked)).await.0);
        assert_eq!(field, "issuer");
        assert!(message.contains(&format!("\"{said}\"")), "{message}");
        assert_eq!(discovered(&of(&said)).await.0.unwrap().issuer, said);
        drop(stage);
    }
}

#[tokio::test]
async fn the_documents_of_an_issuer_with_a_path_are_found_wherever_servers_put_them() {
    for place in [
        format!("/realms/a{OPENID}"),
        format!("{OPENID}/realms/a"),
        format!("{OAUTH}/realms/a"),
        format!("/realms/a{OAUTH}"),
    ] {
        for end in ["", "/"] {
            let stage = Stage::new().await;
            let (base, issuer) = (stage.base.clone(), format!("{}/realms/a{end}", stage.base));
            let stage = stage.at(&place, json_page(&openid(&base, &issuer, json!({}))));
            let found = discovered(&of(&issuer)).await.0.unwrap();
            assert_eq!(found.issuer, issuer, "{place}");
            let mut paths = stage.paths();
            paths.dedup();
            assert_eq!(paths.len(), stage.paths().len(), "each is asked for once");
        }
    }
}

#[tokio::test]
async fn a_document_of_the_whole_server_is_not_that_of_its_realms() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let stage = stage.openid(&base, json!({}));
    let (outcome, _) = discovered(&of(&format!("{base}/realms/a"))).await;
    assert_eq!(problem(outcome).0, "issuer");
    assert!(!stage.paths().contains(&OPENID.to_owned()));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Stage::new().await;
    let base = elsewhere.base.clone();
    let elsewhere = elsewhere.openid(&base, json!({}));
    let stage = Stage::new().await.at(OPENID, redirect(&format!("{base}{OPENID}")));
    assert_eq!(class(discovered(&of(&stage.base)).await.0), Class::NotTheAuthServer);
    assert_eq!(elsewhere.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn endpoints_that_must_not_be_asked_are_left_out() {
    for endpoint in [
        json!("http://auth.example.com/revoke"),
        json!("/revoke"),
        json!("javascript:alert(1)"),
        json!("file:///etc/passwd"),
        json!("https://alice:pw@auth.example.com/revoke"),
        json!("https://auth.example.com/revoke#x"),
        json!(format!("https://auth.example.com/{}", "x".repeat(3_000))),
        json!(""),
        json!(7),
        json!({"url": "https://auth.example.com"}),
        json!(["https://auth.example.com"]),
        Value::Bool(true),
    ] {
        let stage = Stage::new().await;
        let base = stage.base.clone();
        let _stage = stage.openid(&base, json!({"revocation_endpoint": endpoint.clone()}));
        let found = discovered(&of(&base)).await.0.unwrap();
        assert_eq!(found.endpoints.revocation, "", "{endpoint}");
        assert_eq!(found.endpoints.userinfo, format!("{base}/me"), "the others stay");
    }
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let over = json!({"revocation_endpoint": "http://Auth.corp.example:8080/revoke"});
    let _stage = stage.openid(&base, over);
    let network = Network { http_to: "auth.corp.example".into(), ..Network::default() };
    let settings = auth_client::oauth::OAuthSettings { network, ..of(&base) };
    let found = discovered(&settings).await.0.unwrap();
    assert_eq!(found.endpoints.revocation, "http://Auth.corp.example:8080/revoke");
}

#[tokio::test]
async fn members_of_the_wrong_kind_are_left_out_and_nothing_else_is() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let over = json!({
        "scopes_supported": "openid email", "grant_types_supported": {"a": 1},
        "id_token_signing_alg_values_supported": ["RS256", 7, null, {"a": []}],
        "prompt_values_supported": 3, "code_challenge_methods_supported": [],
        "authorization_response_iss_parameter_supported": "true",
        "response_types_supported": [[]],
    });
    let _stage = stage.openid(&base, over);
    let found = discovered(&of(&base)).await.0.unwrap();
    assert_eq!(found.scopes, ["openid", "email"]);
    assert_eq!(found.grant_types, Vec::<String>::new());
    assert_eq!(found.id_token_algs, ["RS256"]);
    assert!(found.iss_in_response);
    assert_eq!(found.endpoints.token, format!("{base}/token"));
}

#[tokio::test]
async fn a_stranger_cannot_bloat_what_is_kept_of_it() {
    let many: Vec<String> = (0..5_000).map(|n| format!("scope-{n}")).collect();
    let long = vec!["x".repeat(10_000), "fits".into(), "line\nbreak".into()];
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let other: Vec<String> = (0..5_000).map(|n| format!("more-{n}")).collect();
    let over = json!({"scopes_supported": many, "prompt_values_supported": long});
    let stage = stage.openid(&base, over);
    let second = openid(&base, &base, json!({"scopes_supported": other}));
    let _stage = stage.at(OAUTH, json_page(&second));
    let (outcome, told) = discovered(&of(&base)).await;
    let found = outcome.unwrap();
    assert_eq!(found.scopes.len(), 100);
    assert_eq!(found.prompts, ["fits", "none", "login", "consent"]);
    assert!(format!("{told:?}").len() < 20_000);
}

#[tokio::test]
async fn where_nothing_is_published_typed_endpoints_suffice_and_are_asked_for_otherwise() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let (field, message) = problem(discovered(&of(&base)).await.0);
    assert_eq!(field, "issuer");
    assert!(message.contains("publishes nothing"), "{message}");

    let mut typed = of(&base);
    typed.endpoints.token = format!("{base}/token");
    assert_eq!(problem(discovered(&typed).await.0).0, "issuer");
    typed.endpoints.authorization = format!("{base}/authorize");
    let found = discovered(&typed).await.0.unwrap();
    assert_eq!(found.issuer, base);
    assert_eq!(found.endpoints, auth_client::oauth::Endpoints::default());
    assert!(!found.openid);
    typed.flow = Flow::Device;
    assert_eq!(problem(discovered(&typed).await.0).0, "issuer");

    // A server that is in trouble may well have a document, with what protects a sign-in.
    let stage = stage.at(OPENID, raw(503, "text/plain", "busy"));
    typed.flow = Flow::Browser;
    assert_eq!(class(discovered(&typed).await.0), Class::ServerTrouble);
    // And one that shows its front page at every address has none.
    let stage = stage.at(OPENID, html(200)).at(OAUTH, html(200));
    assert!(discovered(&typed).await.0.is_ok());
    drop(stage);
}

#[tokio::test]
async fn an_endpoint_that_is_missing_is_named_by_its_field_and_can_be_typed_over() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let over = json!({"token_endpoint": null, "device_authorization_endpoint": null});
    let _stage = stage.openid(&base, over);
    let mut settings = of(&base);
    assert_eq!(problem(discovered(&settings).await.0).0, "endpoints.token");
    settings.endpoints.token = format!("{base}/typed");
    let found = discovered(&settings).await.0.unwrap();
    assert_eq!(found.endpoints.token, "", "what is typed stays a setting");
    settings.flow = Flow::Device;
    assert_eq!(problem(discovered(&settings).await.0).0, "endpoints.deviceAuthorization");
}

#[tokio::test]
async fn without_a_place_for_its_keys_nobody_is_sent_to_sign_in_where_an_id_token_is_asked_for() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let _stage = stage.openid(&base, json!({"jwks_uri": null}));
    let mut settings = of(&base);
    assert_eq!(problem(discovered(&settings).await.0).0, "endpoints.jwks");
    settings.endpoints.jwks = format!("{base}/typed");
    assert!(discovered(&settings).await.0.is_ok());
    settings.endpoints.jwks = String::new();
    settings.scopes = vec!["profile".into()];
    assert!(discovered(&settings).await.0.is_ok(), "no ID token is asked for");
}

#[tokio::test]
async fn the_accounts_own_headers_go_along_and_are_not_shown() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let stage = stage.openid(&base, json!({"echo": "planted-api-key-1"}));
    let mut settings = of(&base);
    settings.headers = vec![Header { name: "X-Api-Key".into(), value: "planted-api-key-1".into() }];
    let (outcome, told) = discovered(&settings).await;
    outcome.unwrap();
    let sent = &stage.heard()[0].headers;
    assert!(sent.contains(&("x-api-key".into(), "planted-api-key-1".into())), "{sent:?}");
    let shown = format!("{told:?}");
    assert!(!shown.contains("planted"), "{shown}");
    // What the server publishes is shown, although its names speak of tokens.
    assert!(shown.contains(&format!("{base}/token")), "{shown}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named_before_anything_is_asked() {
    let (outcome, told) = discovered(&of("http://auth.example.com")).await;
    assert_eq!(problem(outcome).0, "issuer");
    assert_eq!(told, []);
}
