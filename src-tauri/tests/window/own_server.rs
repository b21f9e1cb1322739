//! A server of one's own: signing in through the form, and checking its settings.

use demo_server::{Counters, LifetimeShape, Switches};
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Desk, Options, OwnServer, SOON, id, until};

#[tokio::test]
async fn a_wrong_password_is_said_at_its_field_and_nothing_is_stored() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "not my password").await;

    app.click(&id("submit-sign-in")).await;

    let said = app.text(&id("password-error")).await;
    assert!(said.starts_with("The user name or the password is not right."), "{said}");
    let field = app.element(&id("field-password")).await;
    assert_eq!(field.prop("value").await.expect("it is a field").as_deref(), Some(""));
    assert_eq!(app.attribute(&id("field-password"), "aria-invalid").await.as_deref(), Some("true"));
    let has_focus = "return document.activeElement.matches(arguments[0])";
    assert_eq!(app.run(has_focus, &[id("field-password").into()]).await, true);
    assert!(folder.slots().iter().all(|slot| !slot.exists()), "there is nothing to store");
    assert_eq!(app.status().await, "signed_out");

    app.type_into(&id("field-password"), "wonderland").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    assert!(folder.slots().iter().all(|slot| slot.exists()));
}

#[tokio::test]
async fn a_server_that_is_down_at_sign_in_is_said_and_tried_again() {
    let mut server = OwnServer::start(calm()).await;
    server.stop().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "bob", "builder").await;

    app.click(&id("submit-sign-in")).await;

    let said = app.text(&format!("{}[data-code=unreachable]", id("form-error"))).await;
    assert!(said.starts_with("The server could not be reached."), "{said}");
    assert_eq!(app.text(&id("submit-sign-in")).await, "Try again");
    server.start_again().await;
    app.type_into(&id("field-password"), "builder").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    assert_eq!(app.status().await, "resting");
}

#[tokio::test]
async fn checking_the_settings_shows_what_was_understood_and_no_secret() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "wonderland").await;

    app.click(&id("check-settings")).await;

    let report = id("check-report");
    app.element(&format!("{report}[data-works=true]")).await;
    app.click(&format!("{report} summary")).await;
    let shown = app.text(&report).await;
    for wanted in ["/api/login", "/api/refresh_token", "/api/me", "‹token ", "‹hidden›", "1 h"]
    {
        assert!(shown.contains(wanted), "{wanted} is not in the report:\n{shown}");
    }
    assert!(!shown.contains("wonderland"), "{shown}");
    assert!(folder.slots().iter().all(|slot| !slot.exists()), "a check is no sign-in");
    assert_eq!(app.status().await, "signed_out");

    // What does not fit is said at its field, under Advanced.
    app.open_advanced().await;
    app.type_into(&id("field-answer.accessToken"), "/not_there").await;
    app.click(&id("check-settings")).await;
    app.element(&format!("{report}[data-works=false]")).await;
    let wrong = app.text(&id("wrong-answer.accessToken")).await;
    assert!(wrong.starts_with("Does not work"), "{wrong}");
}

#[tokio::test]
async fn an_envelope_is_understood_in_answers_and_in_refusals() {
    let server = OwnServer::start(Switches { envelope: true, ..calm() }).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;

    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;

    app.renew_now().await;
    server.revoke().await;
    app.click(&id("renew-now")).await;
    app.wait_for_sentence("needs_sign_in", SOON).await;
    // The password alone is missing now.
    app.type_into(&id("field-password"), "wonderland").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for_status("resting").await;
    let Counters { logins, refreshes, refreshes_refused, .. } = server.counters().await;
    assert_eq!((logins, refreshes, refreshes_refused), (2, 2, 1));
}

#[tokio::test]
async fn cookies_carry_a_session_over_a_restart_and_out_of_it() {
    let server = OwnServer::start(Switches { cookie_form: true, ..calm() }).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "cookie", "alice", "wonderland").await;
    app.renew_now().await;
    app.terminate().await;

    let app = App::start(&desk, &folder, Options::default()).await;

    app.wait_for_status("resting").await;
    app.renew_now().await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    let told = async || (server.counters().await.logouts == 1).then_some(());
    until("the server to be told", SOON, told).await;
    let Counters { logins, refreshes_granted, .. } = server.counters().await;
    assert_eq!((logins, refreshes_granted), (1, 2));
}

#[tokio::test]
async fn other_names_and_units_are_set_under_advanced() {
    let milliseconds = Switches { lifetime_shape: LifetimeShape::Milliseconds, ..calm() };
    let server = OwnServer::start(milliseconds).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "wonderland").await;
    app.open_advanced().await;
    app.choose_option("field-answer.lifetimeForm", "milliseconds").await;

    app.click(&id("submit-sign-in")).await;

    app.wait_for("[data-fact=access] dd", |said| said.ends_with("· 1 h"), SOON).await;
    app.open_settings().await;
    let account = app.text(&id("settings-account")).await;
    let address = server.url().trim_start_matches("http://");
    assert!(account.contains(address) && account.contains("alice"), "{account}");
}

#[tokio::test]
async fn an_end_in_the_year_9999_is_shown_and_not_believed() {
    let absolute = Switches { lifetime_shape: LifetimeShape::Absolute, ..calm() };
    let server = OwnServer::start(absolute).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "wonderland").await;
    app.open_advanced().await;
    app.choose_option("field-answer.lifetimeForm", "absolute").await;
    app.type_into(&id("field-answer.lifetime"), "/expiresAt").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for("[data-fact=access] dd", |said| said.ends_with("· 1 h"), SOON).await;

    server.set(json!({ "lifetimeShape": "year9999" })).await;
    app.renew_now().await;

    let assumed = "assumed 1 h: the server told none (it said “9999-12-31T23:59:59Z”)";
    app.wait_for("[data-fact=access] dd", |said| said == assumed, SOON).await;
    app.wait_for_status("resting").await;
}

#[tokio::test]
async fn a_session_in_memory_leaves_no_file_and_ends_with_the_app() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "wonderland").await;
    app.click(&id("field-keep-memory")).await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    assert_eq!(app.fact("kept").await, "memory only");
    app.renew_now().await;

    let sealed = |path: &std::path::PathBuf| -> Option<Value> {
        serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok()?.get("sealed").cloned()
    };
    let kept: Vec<_> = folder.slots().iter().filter_map(sealed).collect();
    assert!(kept.iter().all(Value::is_null), "{kept:?}");
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
}

/// Tokens that live for an hour.
fn calm() -> Switches {
    Switches { access_lifetime_ms: 3_600_000, ..Switches::default() }
}
