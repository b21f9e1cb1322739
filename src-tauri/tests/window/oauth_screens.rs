//! Pictures of accounts at OAuth servers, from a pasted address to a session, and of several beside each
//! other.

use axum::Router;
use axum::response::Html;
use demo_server::Switches;
use serde_json::json;

use crate::harness::{App, AppFolder, Desk, GONE_THROUGH, Options, OwnServer, Provider, SOON, id};
use crate::screens::{pictures, pictures_at};

/// Long enough that nothing is renewed while it is photographed.
const HOUR_S: u32 = 3_600;

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn an_address_and_what_answers_there() {
    let provider = Provider::start(HOUR_S).await;
    let mut demo = OwnServer::start(calm()).await;
    demo.set(json!({ "openid": { "lie": "wrongIssuerInDiscovery" } })).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.element(&id("field-address")).await;
    pictures(&app, "address", "signed_out").await;
    let report = id("server-report");
    for (scene, kind, address) in [
        ("report-openid", "openid", provider.issuer().to_owned()),
        ("report-website", "says_nothing", website().await),
        ("report-wrong-issuer", "openid", format!("{}/openid", demo.url())),
    ] {
        looks_at(&app, &address, kind).await;
        pictures_at(&app, scene, "signed_out", "h1").await;
        pictures_at(&app, &format!("{scene}-end"), "signed_out", ".row.after").await;
    }
    let url = demo.url().to_owned();
    demo.stop().await;
    looks_at(&app, &url, "unreachable").await;
    pictures_at(&app, "report-unreachable", "signed_out", &report).await;

    // A server that is only to be looked at.
    app.click(&id("leave-server")).await;
    app.click(&id("test-server")).await;
    looks_at(&app, provider.issuer(), "openid").await;
    pictures_at(&app, "test-server", "signed_out", "h1").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn the_settings_of_an_oauth_account_and_where_signing_in_begins() {
    let provider = Provider::start(HOUR_S).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    looks_at(&app, provider.issuer(), "openid").await;
    app.click(&id("use-oauth")).await;
    app.click(&id("save-account")).await;
    app.element(&format!("{}[aria-invalid=true]", id("client-id"))).await;
    pictures_at(&app, "oauth-form-incomplete", "signed_out", &id("client-id")).await;
    app.type_into(&id("client-id"), "confidential").await;
    app.choose("field-confidential").await;
    pictures_at(&app, "oauth-form", "signed_out", &id("field-confidential")).await;
    app.open_advanced().await;
    let advanced = |nth| format!("{} fieldset:nth-of-type({nth})", id("advanced"));
    pictures_at(&app, "oauth-advanced", "signed_out", &advanced(1)).await;
    pictures_at(&app, "oauth-advanced-endpoints", "signed_out", &advanced(4)).await;
    app.click(&format!("{} summary", id("company-network"))).await;
    pictures_at(&app, "oauth-network", "signed_out", &id("choose-ca")).await;
    app.click(&id("save-account")).await;
    app.element(&id("client-secret")).await;
    pictures(&app, "begin-confidential", "signed_out").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn signing_in_in_the_browser_and_a_session_that_comes_of_it() {
    let provider = Provider::start(HOUR_S).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    pictures(&app, "begin", "signed_out").await;

    folder.browse_as(&json!({ "nothing": true }));
    begins(&app, "browser").await;
    pictures_at(&app, "signing-browser", "signed_out", &id("sign-in-panel")).await;
    app.click(&id("cancel-sign-in")).await;
    folder.no_browser();
    begins(&app, "browser").await;
    app.element(&id("not-opened")).await;
    pictures_at(&app, "signing-not-opened", "signed_out", &id("sign-in-panel")).await;
    app.click(&id("cancel-sign-in")).await;
    folder.browse_as(&json!({ "deny": true }));
    begins(&app, "failed").await;
    pictures_at(&app, "signing-denied", "signed_out", &id("sign-in-panel")).await;
    app.click(&id("sign-in-back")).await;

    folder.browse_as(&json!({ "as": "alice" }));
    app.signs_in().await;
    app.renews_at(&provider, 2).await;
    assert_eq!(app.confirmed().await, "confirmed");
    pictures(&app, "oauth-session", "resting").await;
    pictures_at(&app, "oauth-confirmed", "resting", &id("confirm-result")).await;
    app.choose("sign-out-in-browser").await;
    pictures_at(&app, "oauth-sign-out", "resting", &id("sign-out")).await;
    app.choose("sign-out-in-browser").await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    pictures(&app, "oauth-signed-out", "signed_out").await;

    folder.browse_as(&json!({ "as": "bob" }));
    begins(&app, "other_person").await;
    pictures_at(&app, "signing-other-person", "signed_out", &id("sign-in-panel")).await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_code_for_another_device() {
    let provider = Provider::start(HOUR_S).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    looks_at(&app, provider.issuer(), "openid").await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.choose("flow-device").await;
    app.click(&id("save-account")).await;
    app.element(&id("begin-form")).await;
    begins(&app, "device").await;
    pictures_at(&app, "signing-device", "signed_out", &id("sign-in-panel")).await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_server_whose_proof_of_who_somebody_is_is_wrong() {
    let server = OwnServer::start(calm()).await;
    server.set(json!({ "openid": { "signIn": "automatic" } })).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "alice" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(&format!("{}/openid", server.url()), "session-keeper").await;
    app.signs_in().await;
    server.set(json!({ "openid": { "lie": "otherSubOnRefresh" } })).await;
    app.click(&id("renew-now")).await;
    app.wait_for_sentence("id_token", GONE_THROUGH).await;
    pictures(&app, "bad-id-token", "id_token").await;
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    pictures(&app, "bad-id-token-exchange", "id_token").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn several_accounts_and_one_that_is_removed() {
    let provider = Provider::start(HOUR_S).await;
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "bob" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.add_another().await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    app.renews_at(&provider, 1).await;
    pictures(&app, "accounts", "resting").await;

    // One that is being signed in at while another is in front.
    app.add_another().await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    folder.browse_as(&json!({ "nothing": true }));
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("browser").await;
    app.switch_to("[data-status=resting]").await;
    app.wait_for_status("resting").await;
    pictures(&app, "accounts-signing-in", "resting").await;

    app.open_settings().await;
    pictures(&app, "accounts-settings", "resting").await;
    pictures_at(&app, "accounts-transfer", "resting", &id("export-accounts")).await;
    let last = format!("{}:last-of-type", id("account-row"));
    app.click(&format!("{last} {}", id("remove-account"))).await;
    pictures_at(&app, "account-remove", "resting", &id("remove-confirm")).await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn plain_http_to_a_host_that_somebody_typed() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.type_into(&id("field-address"), "http://sso.company.test").await;
    app.click(&id("look")).await;
    app.element("#setting-address[aria-invalid=true], [id='setting-network.httpTo']").await;
    pictures_at(&app, "plain-http-refused", "signed_out", &id("company-network")).await;
    app.type_into("[id='setting-network.httpTo']", "sso.company.test").await;
    app.element(&id("http-warning")).await;
    app.click(&id("look")).await;
    app.element(&id("server-report")).await;
    pictures_at(&app, "plain-http-typed", "signed_out", &id("http-warning")).await;
    app.click(&id("use-oauth-by-hand")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.click(&id("save-account")).await;
    app.element(&id("plain-http-banner")).await;
    pictures(&app, "plain-http", "signed_out").await;
}

/// Pastes an address and waits until it is said what answers there.
async fn looks_at(app: &App<'_>, address: &str, kind: &str) {
    app.type_into(&id("field-address"), address).await;
    app.click(&id("look")).await;
    let said = format!("{}[data-kind={kind}]", id("server-report"));
    app.wait_for(&said, |_| true, SOON * 2).await;
}

/// Begins to sign in at the account in front, and waits until it has come that far.
async fn begins(app: &App<'_>, phase: &str) {
    app.wait_until_gone(&id("sign-in-panel")).await;
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase(phase).await;
}

/// A server that is good for something else.
async fn website() -> String {
    let page = "<!doctype html><title>Garden club</title><h1>Roses, and when to cut them</h1>";
    let routes = Router::new().fallback(async move || Html(page));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: u64::from(HOUR_S) * 1_000, ..Switches::default() }
}
