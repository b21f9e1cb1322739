//! Several accounts, each with a session of its own.

use std::fs;
use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use crate::harness::{App, AppFolder, Demo, Desk, Options, Provider, SOON, id, told, until};

#[tokio::test]
async fn two_accounts_renew_side_by_side_with_neither_in_front() {
    let provider = Provider::start(10).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "alice" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "accessLifetimeMs": 10_000 })).await;
    app.renew_now().await;
    app.add_another().await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    // A third one in front, at which nobody is signed in.
    app.add_another().await;
    app.add_oauth(provider.issuer(), "confidential").await;
    app.wait_for_status("signed_out").await;
    let (theirs, ours) = (provider.refreshes(), demo.counters().await.refreshes_granted);

    until("each of them to renew twice", SOON * 3, async || {
        let renewed = demo.counters().await.refreshes_granted >= ours + 2;
        (renewed && provider.refreshes() >= theirs + 2).then_some(())
    })
    .await;

    let resting = format!("{}[data-status=resting]", id("account-item"));
    // One of them may be renewing at this very moment.
    until("both to be as they were", SOON, async || {
        let found = app.client().find_all(Locator::Css(&resting)).await.ok()?;
        (found.len() == 2).then_some(())
    })
    .await;
    assert_eq!(app.status().await, "signed_out", "and the one in front is");
    assert_eq!(provider.count("grant.error", None), 0);
    assert_eq!(provider.count("refresh_token.consumed", None), provider.refreshes());
    let counters = demo.counters().await;
    assert_eq!((counters.refreshes_refused, counters.logins, counters.reuse_detected), (0, 1, 0));

    // Each shows itself, and what was done for it.
    let server = host(provider.issuer());
    let at_provider = format!("[data-name=alice][data-server='{server}']");
    let at_demo = format!(":not([data-server='{server}'])");
    app.switch_to(&at_provider).await;
    app.wait_for_status("resting").await;
    app.wait_for_refreshes(2, SOON * 2).await;
    assert!(app.fact("access").await.ends_with("· 10 s"));
    let of_provider = app.fingerprint().await;
    app.switch_to(&at_demo).await;
    app.wait_for_status("resting").await;
    let of_demo = app.fingerprint().await;
    assert_ne!(of_provider, of_demo);
    app.click(&id("nav-activity")).await;
    assert_eq!(named(&app, &of_demo, &of_provider).await, [true, false]);
    app.switch_to(&at_provider).await;
    app.click(&id("nav-activity")).await;
    assert_eq!(named(&app, &of_provider, &of_demo).await, [true, false]);

    // Over a restart, too.
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    let demo = Demo::of(&folder).await;
    let (theirs, ours) = (provider.refreshes(), demo.counters().await.refreshes_granted);
    until("each of them to renew again", SOON * 2, async || {
        let renewed = demo.counters().await.refreshes_granted > ours;
        (renewed && provider.refreshes() > theirs).then_some(())
    })
    .await;
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 1);
}

#[tokio::test]
async fn an_account_that_is_removed_is_told_to_its_server_and_leaves_the_other_alone() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "alice" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.add_another().await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.signs_in().await;
    app.open_settings().await;
    let server = host(provider.issuer());
    let row = format!("{}[data-server='{server}']", id("account-row"));

    app.click(&format!("{row} {}", id("remove-account"))).await;
    app.click(&format!("{row} {}", id("remove-confirm"))).await;

    app.wait_until_gone(&row).await;
    told(&provider, "refresh_token.destroyed", 1).await;
    told(&provider, "grant.revoked", 1).await;
    // The other one comes to the front, and goes on.
    app.open_session().await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logouts, counters.refreshes_refused), (0, 0));
    // Nothing of it is left, here or after a restart.
    let server_is_gone = async || {
        let files = folder.files_with(&server);
        files.iter().all(|file| !file.starts_with(folder.app_data())).then_some(())
    };
    until("its files to be gone", SOON, server_is_gone).await;
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.open_settings().await;
    let rows = app.client().find_all(Locator::Css(&id("account-row"))).await;
    assert_eq!(rows.expect("one may look").len(), 1);
}

#[tokio::test]
async fn accounts_are_carried_to_another_computer_without_anything_secret() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "as": "alice" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.look_at(provider.issuer()).await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), "confidential").await;
    app.click(&id("field-confidential")).await;
    app.click(&id("save-account")).await;
    app.type_into(&id("client-secret"), "a-secret-of-the-client").await;
    app.signs_in().await;
    let carried = folder.home().join("carried.json");
    app.open_settings().await;
    app.click(&id("export-accounts")).await;
    picks(&desk, "Export the accounts", "ctrl+a", &carried.display().to_string()).await;
    app.wait_for(&id("transfer-said"), |said| said.contains("carried.json"), SOON).await;

    let text = fs::read_to_string(&carried).expect("it was written");

    assert!(text.contains(provider.issuer()) && text.contains("confidential"), "{text}");
    let token = crate::tokens::copied_token(&app, &desk).await;
    for secret in ["a-secret-of-the-client", "alice", &token] {
        assert!(!text.contains(secret), "{text}");
    }
    app.terminate().await;

    let other = AppFolder::new();
    other.browse_as(&json!({ "as": "bob" }));
    let app = App::start(&desk, &other, Options::default()).await;
    app.open_settings().await;
    app.click(&id("import-accounts")).await;
    picks(&desk, "Import accounts", "ctrl+l", &carried.display().to_string()).await;
    let row = format!("{}[data-server='{}']", id("account-row"), host(provider.issuer()));
    app.element(&row).await;
    // Twice is once.
    app.click(&id("import-accounts")).await;
    picks(&desk, "Import accounts", "ctrl+l", &carried.display().to_string()).await;
    app.wait_for(&id("transfer-said"), |said| said.contains("nothing new"), SOON).await;
    app.click(&format!("{row} {}", id("account-sign-in"))).await;
    app.type_into(&id("client-secret"), "a-secret-of-the-client").await;
    app.signs_in().await;
    app.renews_at(&provider, 1).await;
}

/// Names a file in a dialog of the system's; `key` leads to where its path is typed.
async fn picks(desk: &Desk, title: &str, key: &str, path: &str) {
    desk.dialog(title).await;
    desk.press(key);
    desk.write(path);
    // It takes no answer while it looks for what could be meant.
    until(format!("{title:?} to take {path}"), SOON, async || {
        if desk.shows_dialog(title) {
            desk.press("Return");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        (!desk.shows_dialog(title)).then_some(())
    })
    .await;
}

/// Whether the activity names each of these tokens.
async fn named(app: &App<'_>, first: &str, second: &str) -> [bool; 2] {
    app.element(&format!("{} [data-fingerprint='{first}']", id("activity-list"))).await;
    let script = "return arguments[0].map((it) =>
        document.querySelector(`[data-testid=activity-list] [data-fingerprint='${it}']`) !== null)";
    let answer = app.run(script, &[json!([first, second])]).await;
    serde_json::from_value(answer).expect("it answers so")
}

/// Host and port of an address.
fn host(issuer: &str) -> String {
    issuer.trim_start_matches("http://").to_owned()
}
