//! Pictures of every screen, in both languages and both themes, wide and narrow.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use demo_server::{FaultKind, Switches, TellRefreshToken};
use serde_json::json;

use crate::harness::{
    App, AppFolder, Bus, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until, until_past,
};

const LANGUAGES: [&str; 2] = ["en", "zh-CN"];
const THEMES: [&str; 2] = ["light", "dark"];
const SIZES: [(u32, u32); 2] = [(960, 640), (420, 720)];

/// Long enough that nothing is renewed while it is photographed.
const AN_HOUR: u64 = 3_600_000;

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn from_the_first_start_to_a_session_and_out_of_it() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element(&id("welcome")).await;
    pictures(&app, "welcome", "signed_out").await;
    app.try_it().await;
    // A life to be drawn: a few renewals, for one reason or another.
    app.renew_now().await;
    let other = desk.other_window().await;
    app.alternate_focus(&other, 1).await;
    drop(other);
    pictures(&app, "session", "resting").await;
    app.click(&id("call-api")).await;
    app.element(&id("api-result")).await;
    pictures(&app, "api-result", "resting").await;
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    pictures(&app, "exchange", "resting").await;
    app.press("Escape").await;
    app.open_settings().await;
    pictures(&app, "settings", "resting").await;
    app.open_session().await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    pictures(&app, "signed-out", "signed_out").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_session_of_a_minute_in_the_middle_of_its_life() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let minute = Switches { access_lifetime_ms: 60_000, ..Switches::default() };
    prepare_demo(&folder, minute).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.renew_now().await;
    app.renew_now().await;
    let renewed = Instant::now();
    until_past("a third of its life", renewed + Duration::from_secs(20)).await;
    pictures(&app, "session-minute", "resting").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn renewing_and_every_way_of_waiting() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    for (scene, sentence, fault) in [
        ("renewing", "refreshing", json!({ "kind": "hold" })),
        ("waiting-valid", "waiting_valid", json!({ "kind": "dropBeforeHandling" })),
        ("portal", "portal", json!({ "kind": "html200" })),
        (
            "throttled",
            "throttled",
            json!({ "kind": "status", "code": 429, "retryAfter": { "seconds": 600 } }),
        ),
        ("api-refuses", "api_refuses", json!({ "kind": "apiRefuses" })),
    ] {
        demo.set(json!({ "fault": fault })).await;
        let door = if sentence == "api_refuses" { "call-api" } else { "renew-now" };
        app.click(&id(door)).await;
        app.wait_for_sentence(sentence, SOON).await;
        if sentence == "waiting_valid" || sentence == "portal" {
            // Up the ladder, until there is time for a picture between two tries.
            let tries = demo.counters().await.refreshes + 4;
            let bound = Duration::from_secs(60);
            demo.counted("more tries", bound, |all| all.refreshes >= tries).await;
        }
        pictures(&app, scene, sentence).await;
        demo.set(json!({ "fault": null })).await;
        app.wait_for(&id("renew-now"), |_| true, SOON).await;
        app.click(&id("renew-now")).await;
        app.wait_for_status("resting").await;
    }
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn an_expired_token_and_a_session_that_the_server_ended() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let short = Switches { access_lifetime_ms: 6_000, ..Switches::default() };
    prepare_demo(&folder, short).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": FaultKind::DropBeforeHandling })).await;
    demo.counted("six tries", Duration::from_secs(60), |all| all.refreshes >= 6).await;
    app.wait_for_sentence("waiting_expired", SOON).await;
    pictures(&app, "waiting-expired", "waiting_expired").await;

    demo.set(json!({ "fault": null, "accessLifetimeMs": AN_HOUR })).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("resting").await;
    demo.revoke().await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("needs_sign_in").await;
    pictures(&app, "needs-sign-in", "needs_sign_in").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_server_that_keeps_saying_no_without_a_reason() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    Demo::of(&folder).await.set(json!({ "fault": FaultKind::Bare401 })).await;
    app.click(&id("renew-now")).await;
    // Said only after three refusals, spread over two minutes.
    app.wait_for_sentence("unclear", Duration::from_secs(300)).await;
    pictures(&app, "unclear", "unclear").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_server_of_ones_own() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "looking-glass").await;
    pictures(&app, "sign-in", "signed_out").await;
    app.click(&id("submit-sign-in")).await;
    app.element(&id("password-error")).await;
    pictures(&app, "sign-in-wrong-password", "signed_out").await;
    app.type_into(&id("field-password"), "wonderland").await;
    app.open_advanced().await;
    pictures(&app, "sign-in-advanced", "signed_out").await;
    app.click(&format!("{} summary", id("advanced"))).await;
    app.click(&id("check-settings")).await;
    app.element(&id("check-report")).await;
    let into_view = "document.querySelector(arguments[0]).scrollIntoView()";
    app.run(into_view, &[id("check-report").into()]).await;
    pictures(&app, "check-report", "signed_out").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;
    pictures(&app, "own-session", "resting").await;
    server.revoke().await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("needs_sign_in").await;
    pictures(&app, "own-needs-sign-in", "needs_sign_in").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_server_that_cannot_be_reached_and_one_that_cannot_renew() {
    let never = Switches { tell_refresh_token: TellRefreshToken::Never, ..calm() };
    let mut server = OwnServer::start(never).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(server.url(), "tutorial", "alice", "wonderland").await;
    server.stop().await;
    app.click(&id("submit-sign-in")).await;
    app.element(&id("form-error")).await;
    pictures(&app, "sign-in-unreachable", "signed_out").await;
    server.start_again().await;
    app.type_into(&id("field-password"), "wonderland").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for_sentence("no_refresh_token", SOON).await;
    pictures(&app, "no-refresh-token", "no_refresh_token").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_damaged_store_and_a_locked_keychain() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let bus = Bus::with_keychain(&folder).await;
    let on_bus = || Options { bus: Some(&bus), ..Options::default() };
    let app = App::start(&desk, &folder, on_bus()).await;
    app.try_it().await;
    app.terminate().await;
    std::fs::write(&folder.slots()[0], "torn").expect("the app's folder is ours");
    let app = App::start(&desk, &folder, on_bus()).await;
    app.element(&id("notice")).await;
    pictures(&app, "damaged", "resting").await;
    app.terminate().await;
    bus.lock_keychain();
    let app = App::start(&desk, &folder, on_bus()).await;
    app.wait_for_sentence("locked", SOON * 2).await;
    pictures(&app, "locked", "locked").await;
}

/// Takes a picture of what stands in the window, in each language, theme and size.
async fn pictures(app: &App<'_>, scene: &str, sentence: &str) {
    for language in LANGUAGES {
        for theme in THEMES {
            let preferences = json!({ "language": language, "theme": theme, "leadS": null });
            let saved = app.invoke("save_preferences", json!({ "preferences": preferences })).await;
            saved.expect("the app takes what one chooses");
            app.element(&format!("html[lang={language}][data-theme={theme}]")).await;
            for (width, height) in SIZES {
                app.resize(width, height).await;
                let still = "return document.getAnimations()
                    .filter((it) => it.effect.getTiming().iterations < Infinity).length";
                until("the page to be still", SOON, async || {
                    (app.run(still, &[]).await == 0).then_some(())
                })
                .await;
                app.wait_for_sentence_kind(sentence).await;
                app.drawn().await;
                let name = format!("{scene}.{language}.{theme}.{width}x{height}.png");
                app.screenshot(&folder_of_pictures().join(name)).await;
            }
        }
    }
}

fn folder_of_pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots")
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: AN_HOUR, ..Switches::default() }
}
