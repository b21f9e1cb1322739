//! A real OpenID provider through a whole life: oidc-provider from npm, unmodified.

use serde_json::json;

use crate::harness::{
    App, AppFolder, Desk, GONE_THROUGH, Options, Provider, SOON, id, told, until,
};

/// What a browser's person does here.
fn alice() -> serde_json::Value {
    json!({ "as": "alice" })
}

#[tokio::test]
async fn an_account_from_a_pasted_issuer_to_five_refreshes_and_over_a_restart() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&alice());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;

    // What it promises is said before anybody signs in.
    app.look_at(provider.issuer()).await;
    app.element(&format!("{}[data-kind=openid]", id("server-report"))).await;
    for topic in ["reach", "issuer", "browser", "pkce", "device", "refresh", "id_token"] {
        app.element(&format!("{}[data-verdict=good]", id(&format!("promise-{topic}")))).await;
    }
    for topic in ["userinfo", "revocation", "logout", "clock", "iss_in_response"] {
        app.element(&format!("{}[data-verdict=good]", id(&format!("promise-{topic}")))).await;
    }
    assert!(folder.opened_in_browser().is_empty());
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "session-keeper").await;
    app.click(&id("save-account")).await;
    app.signs_in().await;

    // The browser came back to this computer, and the code has left its address bar.
    let visited = folder.visited();
    let [.., back, shown] = visited.as_slice() else { panic!("{visited:?}") };
    assert!(back.starts_with(&format!("{shown}?")) && back.contains("code="), "{visited:?}");
    assert!(shown.starts_with("http://127.0.0.1:") && shown.ends_with("/callback"), "{shown}");
    assert!(app.fact("access").await.ends_with("· 1 h"));
    app.open_settings().await;
    assert!(app.text(&id("account-row")).await.contains("alice"));
    app.open_session().await;

    app.renews_at(&provider, 5).await;

    assert_eq!(provider.refreshes(), 5);
    assert_eq!(provider.count("refresh_token.consumed", None), 5, "each token is used once");
    assert!(app.fact("refresh").await.starts_with("rotates"));
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.renews_at(&provider, 1).await;
    assert_eq!(app.confirmed().await, "confirmed");
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 1, "one sign-in");
    assert_eq!(
        (provider.count("grant.error", None), provider.count("grant.revoked", None)),
        (0, 0)
    );
    assert_eq!(folder.opened_in_browser().len(), 1);
}

#[tokio::test]
async fn a_backup_with_a_used_refresh_token_leads_to_a_new_sign_in() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&alice());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    app.terminate().await;
    let backup = folder.back_up();
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.renews_at(&provider, 1).await;
    app.terminate().await;
    folder.restore(&backup);

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.click(&id("renew-now")).await;

    let sentence = app.wait_for_sentence("needs_sign_in", SOON).await;
    assert!(sentence.starts_with("Welcome back, alice."), "{sentence}");
    let evidence = app.evidence().await;
    assert!(evidence.contains("invalid_grant"), "{evidence}");
    assert_eq!(provider.count("grant.error", Some("refresh_token")), 1, "it is asked once");
    assert_eq!(provider.count("grant.revoked", None), 1, "the provider ended all of it");
    assert_eq!(provider.refreshes(), 1);

    // Nobody is asked for anything but to sign in.
    app.signs_in().await;
    app.renews_at(&provider, 1).await;
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 2);
}

#[tokio::test]
async fn a_sign_out_is_told_to_the_provider_and_holds_over_a_restart() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&alice());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    app.renews_at(&provider, 1).await;

    app.click(&id("sign-out")).await;

    app.wait_for_status("signed_out").await;
    told(&provider, "refresh_token.destroyed", 1).await;
    told(&provider, "grant.revoked", 1).await;
    app.wait_until_gone(&id("outbox")).await;
    assert_eq!(folder.opened_in_browser().len(), 1, "the browser is left alone");
    app.terminate().await;

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
    app.element(&id("begin-form")).await;
    assert_eq!(provider.refreshes(), 1);

    // And once more, with the browser's own session.
    app.signs_in().await;
    app.click(&id("sign-out-in-browser")).await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    let opened = until("the browser to be opened", SOON, async || {
        folder.opened_in_browser().get(2).cloned()
    })
    .await;
    let there = format!("{}/session/end?", provider.issuer());
    assert!(opened.starts_with(&there) && opened.contains("id_token_hint="), "{opened}");
    told(&provider, "end_session.success", 1).await;
    told(&provider, "grant.revoked", 2).await;
}

#[tokio::test]
async fn a_confidential_client_types_its_secret_once_and_it_is_nowhere_in_clear() {
    const SECRET: &str = "a-secret-of-the-client";
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&alice());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.look_at(provider.issuer()).await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "confidential").await;
    app.click(&id("field-confidential")).await;
    app.click(&id("save-account")).await;
    app.element(&id("begin-form")).await;

    // Without it nothing is asked.
    app.click(&id("begin-sign-in")).await;
    app.element(&id("client-secret-error")).await;
    assert!(folder.opened_in_browser().is_empty());
    // With a wrong one the provider says no, which is no wrong password.
    app.type_into(&id("client-secret"), "not the secret").await;
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("failed").await;
    app.element(&format!("{}[data-code]", id("sign-in-error"))).await;
    assert_eq!(provider.count("grant.success", None), 0);
    app.click(&id("sign-in-try-again")).await;

    app.type_into(&id("client-secret"), SECRET).await;
    app.signs_in().await;
    app.renews_at(&provider, 1).await;
    app.terminate().await;

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.renews_at(&provider, 1).await;
    assert_eq!(provider.count("refresh_token.consumed", None), 0, "this client's token stays");
    assert!(app.fact("refresh").await.starts_with("stays"), "{}", app.fact("refresh").await);
    assert_eq!(folder.files_with(SECRET), Vec::<std::path::PathBuf>::new());
    assert!(!app.log().contains(SECRET));
    assert!(!app.source().await.contains(SECRET));

    // Signing out is told with the secret, too.
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    told(&provider, "refresh_token.destroyed", 1).await;
}

#[tokio::test]
async fn somebody_else_at_the_same_account_is_a_question_with_three_answers() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&alice());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    told(&provider, "grant.revoked", 1).await;

    // No: what bob was granted is given back.
    folder.browse_as(&json!({ "as": "bob" }));
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("other_person").await;
    let asked = app.text(&id("sign-in-panel")).await;
    assert!(asked.contains("alice") && asked.contains("bob"), "{asked}");
    app.click(&id("other-cancel")).await;
    app.wait_until_gone(&id("sign-in-panel")).await;
    assert_eq!(app.status().await, "signed_out");
    told(&provider, "grant.revoked", 2).await;

    // Instead of her.
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("other_person").await;
    app.click(&id("other-replace")).await;
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    assert_eq!(rows(&app, 1).await, ["bob"]);
    app.renews_at(&provider, 1).await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    told(&provider, "grant.revoked", 3).await;

    // Beside him: an account more, in front.
    folder.browse_as(&alice());
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("other_person").await;
    app.click(&id("other-add")).await;
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    assert_eq!(rows(&app, 2).await, ["bob", "alice"]);
    app.element(&format!("{}[data-name=bob][data-status=signed_out]", id("account-item"))).await;
    app.renews_at(&provider, 1).await;
    assert_eq!(provider.count("grant.revoked", None), 3, "hers is in use");
}

/// Whose the accounts are, in their order, once they are so many.
async fn rows(app: &App<'_>, count: usize) -> Vec<String> {
    app.open_settings().await;
    let script =
        "return Array.from(document.querySelectorAll(arguments[0]), (it) => it.textContent)";
    let names = format!("{} .name", id("account-row"));
    let names = until(format!("{count} accounts"), SOON, async || {
        let names = app.run(script, &[names.clone().into()]).await;
        let names: Vec<String> = serde_json::from_value(names).ok()?;
        (names.len() == count).then_some(names)
    })
    .await;
    app.open_session().await;
    names
}
