//! From the first start to a session, with a mouse, with a keyboard, with a screen reader.

use std::time::Duration;

use demo_server::Switches;
use serde_json::json;

use crate::harness::{App, AppFolder, Demo, Desk, LANGUAGES, Options, OwnServer, SOON, id, until};

#[tokio::test]
async fn one_click_leads_to_a_session_that_counts_down() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element(&id("welcome")).await;
    app.wait_for_status("signed_out").await;

    app.click(&id("try-it")).await;

    app.wait_for_status("resting").await;
    let sentence = app.sentence().await;
    assert!(sentence.starts_with("You're signed in. Renews by itself in 0:"), "{sentence}");
    let first = app.seconds_left().await;
    assert!((1..=20).contains(&first), "{first} seconds of a token of 20");
    until("the countdown to run", Duration::from_secs(5), async || {
        (app.seconds_left().await + 2 <= first).then_some(())
    })
    .await;
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
}

#[tokio::test]
async fn a_session_renews_by_itself_and_says_so() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("try-it")).await;
    let demo_is_up = app.wait_for_status("resting");
    demo_is_up.await;
    Demo::of(&folder).await.set(json!({ "accessLifetimeMs": 6_000 })).await;
    app.renew_now().await;
    let second = app.fingerprint().await;

    app.wait_for_refreshes(2, SOON).await;

    assert_ne!(app.fingerprint().await, second, "the token is another one");
    let why = app.why().await;
    assert!(why.starts_with("Renewed ") && why.contains("it was time"), "{why}");
}

#[tokio::test]
async fn the_keyboard_alone_leads_from_the_first_start_to_a_session_and_out_of_it() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element(&id("welcome")).await;

    tab_to(&app, "try-it").await;
    app.press("Return").await;
    app.wait_for_status("resting").await;

    tab_to(&app, "nav-settings").await;
    app.press("Return").await;
    app.element(&id("settings")).await;
    // A group of choices is one stop; the arrows choose.
    tab_to(&app, "theme-system").await;
    app.press("Right").await;
    app.element("html[data-theme=light]").await;

    tab_to(&app, "nav-session").await;
    app.press("Return").await;
    tab_to(&app, "sign-out").await;
    app.press("Return").await;
    app.wait_for_status("signed_out").await;
}

#[tokio::test]
async fn axe_finds_nothing_on_any_screen_and_the_policy_stops_nothing() {
    for theme in ["light", "dark"] {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        folder.prefer(&json!({ "theme": theme }));
        let app = App::start(&desk, &folder, Options::default()).await;
        app.reload_recorded().await;

        app.element(&id("welcome")).await;
        passes(&app, theme, "welcome").await;
        app.click(&id("go-sign-in")).await;
        app.click(&id("use-token-api")).await;
        app.open_advanced().await;
        passes(&app, theme, "the sign-in form").await;
        app.click(&id("nav-session")).await;
        app.try_it().await;
        passes(&app, theme, "the session").await;
        app.click(&id("why")).await;
        app.element(&id("exchange-dialog")).await;
        passes(&app, theme, "the exchange").await;
        app.press("Escape").await;
        app.wait_until_gone(&id("exchange-dialog")).await;
        app.open_settings().await;
        passes(&app, theme, "settings").await;

        assert_eq!(app.csp_violations().await, Vec::<serde_json::Value>::new());
    }
}

#[tokio::test]
async fn axe_finds_nothing_where_accounts_are_added_and_signed_in_at() {
    let server = OwnServer::start(Switches::default()).await;
    let issuer = format!("{}/openid", server.url());
    for theme in ["light", "dark"] {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        folder.prefer(&json!({ "theme": theme }));
        let app = App::start(&desk, &folder, Options::default()).await;
        app.reload_recorded().await;
        app.element(&id("welcome")).await;

        app.click(&id("go-sign-in")).await;
        look_at(&app, "http://127.0.0.1:1", "unreachable").await;
        passes(&app, theme, "the report of a server that is not there").await;
        look_at(&app, &issuer, "openid").await;
        app.click(&format!("{} summary", id("company-network"))).await;
        passes(&app, theme, "the report of an OpenID provider").await;
        app.click(&id("promise-exchange")).await;
        app.element(&id("exchange-dialog")).await;
        passes(&app, theme, "an exchange of the report").await;
        app.press("Escape").await;
        app.wait_until_gone(&id("exchange-dialog")).await;
        app.click(&id("use-oauth")).await;
        app.choose("field-confidential").await;
        app.open_advanced().await;
        app.click(&id("save-account")).await;
        app.element(&format!("{}[aria-invalid=true]", id("client-id"))).await;
        passes(&app, theme, "the OAuth form, incomplete").await;
        app.type_into(&id("client-id"), "demo-confidential").await;
        app.click(&id("save-account")).await;
        app.click(&id("begin-sign-in")).await;
        app.element(&id("client-secret-error")).await;
        passes(&app, theme, "where signing in begins").await;
        folder.no_browser();
        begin(&app).await;
        app.element(&id("not-opened")).await;
        passes(&app, theme, "a browser that does not open").await;
        app.click(&id("cancel-sign-in")).await;
        folder.browse_as(&json!({ "as": "alice" }));
        app.wait_until_gone(&id("sign-in-panel")).await;
        begin(&app).await;
        app.wait_for("main[data-status=resting]", |_| true, SOON * 2).await;
        passes(&app, theme, "a session at an OAuth server").await;

        app.open_settings().await;
        app.click(&id("settings-add-account")).await;
        look_at(&app, &issuer, "openid").await;
        app.click(&id("use-oauth")).await;
        app.type_into(&id("client-id"), "demo").await;
        app.choose("flow-device").await;
        app.click(&id("save-account")).await;
        app.click(&id("begin-sign-in")).await;
        app.element(&format!("{} path", id("qr"))).await;
        app.element(&id("account-item")).await;
        passes(&app, theme, "a code for another device, and two accounts").await;
        app.click(&id("cancel-sign-in")).await;
        app.open_settings().await;
        app.click(&id("remove-account")).await;
        app.element(&id("remove-confirm")).await;
        passes(&app, theme, "two accounts in settings").await;
        app.resize(420, 640).await;
        app.click(&id("account-switch-open")).await;
        app.element(&format!("{}[aria-expanded=true]", id("account-switch-open"))).await;
        passes(&app, theme, "the list of accounts in a narrow window").await;

        assert_eq!(app.csp_violations().await, Vec::<serde_json::Value>::new());
    }
}

async fn look_at(app: &App<'_>, address: &str, kind: &str) {
    app.type_into(&id("field-address"), address).await;
    app.click(&id("look")).await;
    app.element(&format!("{}[data-kind={kind}]", id("server-report"))).await;
}

async fn begin(app: &App<'_>) {
    app.type_into(&id("client-secret"), "demo-secret").await;
    app.click(&id("begin-sign-in")).await;
}

/// In both languages.
async fn passes(app: &App<'_>, theme: &str, screen: &str) {
    for language in LANGUAGES {
        app.speak(language).await;
        // What fades in has its full colours a moment later.
        until("the page to be still", SOON, async || {
            let running = app.run("return document.getAnimations().length", &[]).await;
            (running == 0).then_some(())
        })
        .await;
        let found = app.axe().await;
        assert!(found.is_empty(), "{screen}, {theme}, {language}: {found:#?}");
    }
}

/// Presses Tab until the focus is there, as often as the page has stops.
async fn tab_to(app: &App<'_>, name: &str) {
    let script = "return document.activeElement.matches(arguments[0])";
    for _ in 0..60 {
        app.press("Tab").await;
        if app.run(script, &[id(name).into()]).await == true {
            return;
        }
    }
    panic!("no Tab leads to {name}");
}
