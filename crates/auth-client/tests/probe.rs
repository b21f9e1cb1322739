//! What a server promises, before anybody signs in.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::oauth::{Flow, PromiseTopic, ServerKind};
use auth_client::{Network, Verdict};
use common::NOON_TEXT;
use common::stage::{
    OAUTH, OPENID, Stage, html, json_page, jwks, openid, probed, probed_through, promise, raw,
    redirect, verdict,
};
use serde_json::json;

#[tokio::test]
async fn a_good_server_promises_everything_and_shows_by_which_request() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let page = json_page(&openid(&base, &base, json!({}))).with("Date", NOON_TEXT);
    let stage = stage.at(OPENID, page).at("/jwks", jwks());
    // As it is copied from an address bar.
    let report = probed(&format!("  {}/ ", base.trim_start_matches("http://"))).await;
    assert_eq!(report.kind, ServerKind::OpenId);
    assert_eq!(report.address, base);
    for promised in &report.promises {
        let expected = match promised.topic {
            PromiseTopic::Tls => Verdict::Note,
            _ => Verdict::Good,
        };
        assert_eq!(promised.verdict, expected, "{promised:?}");
    }
    let keys = promise(&report, PromiseTopic::IdToken);
    assert!(keys.detail.contains("RS256, ES256; 2 keys: RSA, EC P-256"), "{}", keys.detail);
    assert!(report.exchanges[keys.exchange.unwrap()].url.ends_with("/jwks"));
    let settings = report.settings.unwrap();
    assert_eq!((settings.issuer, settings.flow), (base, Flow::Browser));
    assert_eq!(report.discovered.unwrap().scopes.len(), 3);
    assert_eq!(stage.paths(), [OPENID, OAUTH, "/jwks"]);
}

#[tokio::test]
async fn nothing_is_sent_that_tells_who_asks() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let document = openid(&base, &base, json!({}));
    let page = json_page(&document).with("Set-Cookie", "seen=1; Path=/");
    let stage = stage.at(OPENID, page).at("/jwks", jwks());
    probed(&base).await;
    for heard in stage.heard() {
        let names: Vec<&str> = heard.headers.iter().map(|(name, _)| name.as_str()).collect();
        let known = ["accept", "host", "user-agent"];
        assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    }
}

/// One change of a good document, and what it changes in the report.
#[tokio::test]
async fn each_thing_that_is_missing_or_bad_is_said_with_its_field() {
    use PromiseTopic as T;
    use Verdict::{Bad, Good, NotTried, Note};
    let cases = [
        (
            json!({"authorization_endpoint": null}),
            T::Browser,
            Note,
            Some("endpoints.authorization"),
            "where the browser goes",
        ),
        (
            json!({"authorization_endpoint": null, "device_authorization_endpoint": null}),
            T::Browser,
            Bad,
            Some("endpoints.authorization"),
            "",
        ),
        (json!({"token_endpoint": null}), T::Browser, Bad, Some("endpoints.token"), ""),
        (
            json!({"response_types_supported": ["token"]}),
            T::Browser,
            Note,
            Some("flow"),
            "authorization code",
        ),
        (
            json!({"require_pushed_authorization_requests": true}),
            T::Browser,
            Note,
            Some("flow"),
            "RFC 9126",
        ),
        (
            json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
            T::Browser,
            Note,
            Some("confidential"),
            "without a secret",
        ),
        (
            json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}),
            T::Browser,
            Note,
            Some("confidential"),
            "no way",
        ),
        (
            json!({"code_challenge_methods_supported": null}),
            T::Pkce,
            Note,
            Some("flow"),
            "used all the same",
        ),
        (
            json!({"code_challenge_methods_supported": ["plain"]}),
            T::Pkce,
            Bad,
            Some("flow"),
            "S256",
        ),
        (
            json!({"code_challenge_methods_supported": ["plain", "S256"]}),
            T::Pkce,
            Good,
            None,
            "S256",
        ),
        (json!({"authorization_endpoint": null}), T::Pkce, NotTried, Some("flow"), ""),
        (
            json!({"authorization_response_iss_parameter_supported": null}),
            T::IssInResponse,
            Note,
            None,
            "RFC 9207",
        ),
        (
            json!({"device_authorization_endpoint": null, "grant_types_supported": ["authorization_code"]}),
            T::Device,
            Note,
            Some("endpoints.deviceAuthorization"),
            "not offered",
        ),
        (
            json!({"grant_types_supported": ["authorization_code"], "scopes_supported": ["openid"]}),
            T::Refresh,
            Note,
            Some("scopes"),
            "not among",
        ),
        (
            json!({"grant_types_supported": null, "scopes_supported": ["openid"]}),
            T::Refresh,
            Note,
            Some("scopes"),
            "does not say",
        ),
        (json!({"grant_types_supported": null}), T::Refresh, Good, None, "offline_access"),
        (
            json!({"id_token_signing_alg_values_supported": ["HS256", "none"]}),
            T::IdToken,
            Bad,
            Some("issuer"),
            "HS256, none only",
        ),
        (
            json!({"id_token_signing_alg_values_supported": ["ES512"]}),
            T::IdToken,
            Bad,
            Some("issuer"),
            "ES512 only: this app knows no way",
        ),
        (json!({"id_token_signing_alg_values_supported": null}), T::IdToken, Good, None, "2 keys"),
        (json!({"jwks_uri": null}), T::IdToken, Bad, Some("endpoints.jwks"), "where its keys are"),
        (
            json!({"jwks_uri": "http://keys.example.com/jwks"}),
            T::IdToken,
            Bad,
            Some("endpoints.jwks"),
            "no encryption",
        ),
        (json!({"userinfo_endpoint": null}), T::Userinfo, Note, Some("endpoints.userinfo"), ""),
        (
            json!({"revocation_endpoint": null}),
            T::Revocation,
            Note,
            Some("endpoints.revocation"),
            "cannot be told of a sign-out",
        ),
        (
            json!({"revocation_endpoint": 7}),
            T::Revocation,
            Note,
            Some("endpoints.revocation"),
            "revocation_endpoint is no text: left out",
        ),
        (json!({"end_session_endpoint": null}), T::Logout, Note, Some("endpoints.endSession"), ""),
        (json!({"scopes_supported": 7}), T::Refresh, Note, None, "scopes_supported is no list"),
    ];
    for (over, topic, expected, field, words) in cases {
        let stage = Stage::new().await;
        let base = stage.base.clone();
        let _stage = stage.openid(&base, over.clone()).at("/jwks", jwks());
        let report = probed(&base).await;
        let found = promise(&report, topic);
        assert_eq!(found.verdict, expected, "{over}: {found:?}");
        assert_eq!(found.field.as_deref(), field, "{over}: {found:?}");
        assert!(found.detail.contains(words), "{over}: {found:?}");
        assert!(report.settings.is_some(), "{over}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_or_are_none_are_bad() {
    for (page, words) in [
        (raw(404, "text/plain", ""), "404: no such document"),
        (html(200), "HTML"),
        (redirect("https://elsewhere.example/"), "redirect"),
        (json_page(&json!({"keys": []})), "no key"),
        (json_page(&json!({"keys": "many"})), "no key"),
        (json_page(&json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})), "no key"),
    ] {
        let stage = Stage::new().await;
        let base = stage.base.clone();
        let _stage = stage.openid(&base, json!({})).at("/jwks", page);
        let found = promise(&probed(&base).await, PromiseTopic::IdToken);
        assert_eq!(found.verdict, Verdict::Bad, "{found:?}");
        assert!(found.detail.contains(words), "{found:?}");
    }
}

#[tokio::test]
async fn a_server_for_devices_only_is_one_to_sign_in_by_device() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let over = json!({"authorization_endpoint": null, "scopes_supported": ["read"],
        "id_token_signing_alg_values_supported": null});
    let document = openid(&base, &base, over);
    let _stage = stage.at(OAUTH, json_page(&document));
    let report = probed(&base).await;
    assert_eq!(report.kind, ServerKind::OAuth);
    assert_eq!(report.settings.as_ref().unwrap().flow, Flow::Device);
    assert_eq!(verdict(&report, PromiseTopic::Device), Verdict::Good);
    let tokens = promise(&report, PromiseTopic::IdToken);
    assert!(tokens.detail.contains("none"), "{tokens:?}");
}

#[tokio::test]
async fn the_issuer_is_taken_as_the_server_writes_it() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let said = format!("{base}/");
    let _stage = stage.openid(&said, json!({})).at("/jwks", jwks());
    let report = probed(&base).await;
    assert_eq!(report.settings.unwrap().issuer, said);
    assert_eq!(report.discovered.unwrap().issuer, said);
}

#[tokio::test]
async fn two_documents_that_name_two_issuers_are_not_put_together() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let stage = stage.openid(&base, json!({"revocation_endpoint": null})).at("/jwks", jwks());
    let other = openid(&base, &format!("{base}/"), json!({}));
    let _stage = stage.at(OAUTH, json_page(&other));
    let report = probed(&base).await;
    assert_eq!(report.settings.as_ref().unwrap().issuer, base);
    assert_eq!(report.discovered.as_ref().unwrap().endpoints.revocation, "");
    let found = promise(&report, PromiseTopic::Issuer);
    assert_eq!(found.verdict, Verdict::Note);
    assert!(found.detail.contains(&format!("\"{base}/\"")), "{found:?}");
}

#[tokio::test]
async fn the_address_of_a_document_or_of_a_page_leads_to_the_issuer() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let realm = format!("{base}/realms/a");
    let document = openid(&base, &realm, json!({}));
    let stage = stage.at(&format!("/realms/a{OPENID}"), json_page(&document)).at("/jwks", jwks());
    for pasted in [format!("{realm}{OPENID}"), format!("{base}{OAUTH}/realms/a"), realm.clone()] {
        let report = probed(&pasted).await;
        assert_eq!(report.settings.unwrap().issuer, realm, "{pasted}");
    }
    let stage = stage.openid(&base, json!({}));
    let report = probed(&format!("{base}/sign-in?next=%2F")).await;
    assert_eq!(report.kind, ServerKind::OpenId);
    assert_eq!(verdict(&report, PromiseTopic::Address), Verdict::Note);
    assert_eq!(verdict(&report, PromiseTopic::Issuer), Verdict::Note);
    assert_eq!(report.settings.unwrap().issuer, base);
    drop(stage);
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_believed_and_its_name_can_be_taken_over() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let _stage = stage.openid("https://id.example.com/a", json!({}));
    let report = probed(&base).await;
    let found = promise(&report, PromiseTopic::Issuer);
    assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("issuer")));
    assert!(found.detail.contains("\"https://id.example.com/a\""), "{found:?}");
    assert_eq!(report.settings.as_ref().unwrap().issuer, "https://id.example.com/a");
    assert_eq!(report.discovered, None);
    for topic in [PromiseTopic::Browser, PromiseTopic::IdToken, PromiseTopic::Revocation] {
        assert_eq!(promise(&report, topic).verdict, Verdict::NotTried);
    }
}

#[tokio::test]
async fn an_issuer_with_a_place_to_be_filled_in_is_nobodys_and_is_not_taken_over() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let _stage = stage.openid(&format!("{base}/{{tenantid}}/v2.0"), json!({}));
    let report = probed(&base).await;
    let found = promise(&report, PromiseTopic::Issuer);
    assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("issuer")));
    assert!(found.detail.contains("many organisations"), "{found:?}");
    assert!(found.detail.contains("/{tenantid}/v2.0"), "{found:?}");
    assert_eq!((report.settings, report.discovered), (None, None));
}

#[tokio::test]
async fn a_server_without_documents_says_nothing_and_shows_what_it_answered() {
    for (page, words) in [
        (raw(404, "application/json", "{}"), "404"),
        (html(200), "HTML"),
        (raw(500, "text/plain", "oops"), "500"),
        (json_page(&json!({"code": 401, "message": "sign in", "data": null})), "no issuer"),
        (
            redirect("https://www.elsewhere.example/welcome?token=x"),
            "https://www.elsewhere.example/welcome;",
        ),
    ] {
        let stage = Stage::new().await.at(OPENID, page);
        let report = probed(&stage.base).await;
        assert_eq!(report.kind, ServerKind::SaysNothing);
        assert_eq!(verdict(&report, PromiseTopic::Reach), Verdict::Good);
        let found = promise(&report, PromiseTopic::Issuer);
        assert!(found.detail.contains(words), "{found:?}");
        assert!(!found.detail.contains("token=x"), "{found:?}");
        assert_eq!((report.settings, report.discovered), (None, None));
        assert!(report.exchanges.len() >= 2);
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_says_why() {
    let report = probed("127.0.0.1:1").await;
    assert_eq!(report.kind, ServerKind::Unreachable);
    let found = promise(&report, PromiseTopic::Reach);
    assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("address")));
    assert!(found.detail.contains("refused"), "{found:?}");
    assert_eq!(report.exchanges.len(), 1);

    let report = probed("https://id.invalid").await;
    assert_eq!(report.kind, ServerKind::Unreachable);
    assert!(promise(&report, PromiseTopic::Reach).detail.contains("DNS"));

    let busy = raw(503, "text/plain", "busy");
    let stage = Stage::new().await.at(OPENID, busy.clone()).at(OAUTH, busy);
    let report = probed(&stage.base).await;
    assert_eq!(report.kind, ServerKind::Unreachable);
    assert!(promise(&report, PromiseTopic::Reach).detail.contains("503"));
}

#[tokio::test]
async fn what_is_not_an_address_is_not_asked() {
    for bad in ["", "not an address", "https://alice:pw@id.example.com", "ftp://id.example.com"] {
        let report = probed(bad).await;
        assert_eq!(report.kind, ServerKind::Unreachable, "{bad}");
        let found = promise(&report, PromiseTopic::Address);
        assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("address")));
        assert_eq!(report.exchanges, []);
    }
    let report = probed("http://id.example.com").await;
    let found = promise(&report, PromiseTopic::Tls);
    assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("network.httpTo")));
    let network = Network { http_to: "a b".into(), ..Network::default() };
    let report = probed_through("https://id.example.com", &network).await;
    assert_eq!(promise(&report, PromiseTopic::Reach).field.as_deref(), Some("network.httpTo"));
    assert_eq!(report.exchanges, []);
}

#[tokio::test]
async fn a_clock_that_differs_is_told_by_the_request_that_shows_it() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let page = json_page(&openid(&base, &base, json!({"jwks_uri": null})));
    let stage = stage.at(OPENID, page.with("Date", "Sun, 23 Nov 2025 12:05:00 GMT"));
    let stage = stage.at(OAUTH, raw(404, "text/plain", "").with("Age", "9"));
    let found = promise(&probed(&stage.base).await, PromiseTopic::Clock);
    assert_eq!((found.verdict, found.exchange), (Verdict::Note, Some(0)));
    assert!(found.detail.contains("5 minutes ahead"), "{found:?}");
}

/// Whatever a stranger answers, there is a report.
#[tokio::test]
async fn no_answer_breaks_the_probe() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for body in [
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"issuer\": null}".to_vec(),
        b"{\"issuer\": [1e999]}".to_vec(),
        b"{\"issuer\": \"\xc3\x28\"}".to_vec(),
        b"\x00\x01\x02".to_vec(),
        deep.into_bytes(),
        format!("{{\"issuer\": \"{}\"}}", "x".repeat(100_000)).into_bytes(),
        vec![b'9'; 1_100_000],
    ] {
        let stage = Stage::new().await.at(OPENID, raw(200, "application/json", body.clone()));
        let stage = stage.at(OAUTH, raw(200, "application/json", body));
        let report = probed(&stage.base).await;
        assert_eq!(report.discovered, None);
        assert!(serde_json::to_string(&report).unwrap().len() < 20_000);
    }
}

#[tokio::test]
async fn whose_page_it_is_and_who_gets_the_codes_is_said_before_anybody_signs_in() {
    let stage = Stage::new().await;
    let base = stage.base.clone();
    let mixed = json!({"authorization_endpoint": "https://honest.example/authorize"});
    let stage = stage.openid(&base, mixed);
    let browser = promise(&probed(&base).await, PromiseTopic::Browser);
    assert_eq!(browser.verdict, Verdict::Note);
    assert_eq!(browser.field.as_deref(), Some("endpoints.authorization"));
    assert!(browser.detail.contains("the browser goes to honest.example"), "{browser:?}");
    let apart = json!({"token_endpoint": "https://tokens.example/token"});
    let stage = stage.openid(&base, apart);
    let browser = promise(&probed(&base).await, PromiseTopic::Browser);
    assert_eq!(browser.verdict, Verdict::Good);
    assert!(browser.detail.ends_with("; tokens are asked for at tokens.example"), "{browser:?}");
    drop(stage);
}
