//! Pictures of every screen, in both languages and both themes, wide and narrow.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use demo_server::{FaultKind, Switches, TellRefreshToken};
use serde_json::json;

use crate::harness::{
    App, AppFolder, Bus, Demo, Desk, LANGUAGES, Options, OwnServer, SOON, SmallDisk, id,
    prepare_demo, until, until_past,
};

pub(crate) const THEMES: [&str; 2] = ["light", "dark"];
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
            up_the_ladder(&demo).await;
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
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": FaultKind::DropBeforeHandling })).await;
    app.sleep(2 * AN_HOUR).await;
    up_the_ladder(&demo).await;
    pictures(&app, "waiting-expired", "waiting_expired").await;

    demo.set(json!({ "fault": null })).await;
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
    app.wait_for_sentence("waiting_valid", SOON).await;
    // Said only after three refusals, spread over two minutes.
    for _ in 0..3 {
        app.sleep(60_000).await;
        app.click(&id("renew-now")).await;
        app.wait_for_status("waiting").await;
    }
    app.wait_for_sentence("unclear", SOON).await;
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

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_night_of_sleep_and_a_clock_that_is_ahead() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.sleep(8 * AN_HOUR).await;
    app.wait_for_refreshes(1, SOON).await;
    pictures(&app, "slept", "resting").await;
    // What was said of the night is over.
    app.sleep(70_000).await;
    app.set_clock(252_000).await;
    app.renew_now().await;
    pictures(&app, "clock-ahead", "resting").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_full_disk() {
    let ten_minutes = Switches { access_lifetime_ms: 600_000, ..Switches::default() };
    let server = OwnServer::start(ten_minutes).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let disk = SmallDisk::under(&folder).await.expect("this user may mount a disk of their own");
    let on_disk = Options { disk: Some(&disk), ..Options::default() };
    let app = App::start(&desk, &folder, on_disk).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.renew_now().await;
    disk.fill();
    app.sleep(485_000).await;
    pictures(&app, "put-off", "put_off").await;
    app.sleep(60_000).await;
    pictures(&app, "unsaved", "unsaved").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn another_copy_that_renews() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let buses = [Bus::without_keychain(&folder).await, Bus::without_keychain(&folder).await];
    let on_bus = |bus| Options { bus: Some(bus), ..Options::default() };
    let first = App::start(&desk, &folder, on_bus(&buses[0])).await;
    first.try_it().await;
    let second = App::start(&desk, &folder, on_bus(&buses[1])).await;
    second.wait_for_status("resting").await;
    Demo::of(&folder)
        .await
        .set(json!({ "fault": FaultKind::Hold { after_handling: false } }))
        .await;
    first.click(&id("renew-now")).await;
    first.wait_for_status("refreshing").await;
    second.click(&id("renew-now")).await;
    pictures(&second, "another-copy", "another_copy").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn too_many_renewals_and_settings_that_are_not_accepted() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    // The server ends every token at once, and each call has it renewed.
    until("a storm of renewals", SOON * 3, async || {
        demo.expire().await;
        app.click(&id("call-api")).await;
        app.element(&id("api-result")).await;
        (app.sentence_kind().await == "paused").then_some(())
    })
    .await;
    pictures(&app, "paused", "paused").await;
    drop(app);

    let (server, folder) = (unaccepting_server().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(&server, "tutorial", "alice", "wonderland").await;
    app.click(&id("renew-now")).await;
    pictures(&app, "stopped", "stopped").await;
}

#[tokio::test]
#[ignore = "makes pictures; run by cargo xtask screenshots"]
async fn a_sign_out_that_its_server_has_still_to_hear() {
    let mut server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    server.stop().await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    app.element(&id("outbox")).await;
    pictures(&app, "outbox", "signed_out").await;
}

/// Grants a session, and then does not know the one who asks for more.
async fn unaccepting_server() -> String {
    let tokens = json!({ "token": "access", "refreshToken": "refresh", "expiresIn": 3_600 });
    let routes = Router::new().route("/api/login", post(async || Json(tokens))).route(
        "/api/refresh_token",
        post(async || (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" })))),
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// Waits for some more tries, until there is time for a picture between two of them.
async fn up_the_ladder(demo: &Demo) {
    let tries = demo.counters().await.refreshes + 4;
    demo.counted("more tries", Duration::from_secs(60), |all| all.refreshes >= tries).await;
}

/// Takes a picture of what stands in the window, in each language, theme and size.
pub(crate) async fn pictures(app: &App<'_>, scene: &str, sentence: &str) {
    pictures_at(app, scene, sentence, "main h1").await;
}

/// The same, with this element in sight.
pub(crate) async fn pictures_at(app: &App<'_>, scene: &str, sentence: &str, element: &str) {
    for language in LANGUAGES {
        for theme in THEMES {
            wear(app, language, theme).await;
            in_each_size(app, &format!("{scene}.{language}.{theme}"), sentence, element).await;
        }
    }
}

/// Has the window speak this language and wear these colours.
pub(crate) async fn wear(app: &App<'_>, language: &str, theme: &str) {
    let preferences = json!({ "language": language, "theme": theme, "leadS": null });
    // On a full disk it is not written down; the window takes it all the same.
    app.invoke("save_preferences", json!({ "preferences": preferences })).await.ok();
    app.element(&format!("html[lang={language}][data-theme={theme}]")).await;
}

/// Takes a picture in each size, wide and narrow.
pub(crate) async fn in_each_size(app: &App<'_>, name: &str, sentence: &str, element: &str) {
    let into_view = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
    for (width, height) in SIZES {
        app.resize(width, height).await;
        let file = folder_of_pictures().join(format!("{name}.{width}x{height}.png"));
        // What is to be seen may go while it is photographed, and come again.
        until(format!("a picture of {name}"), SOON * 6, async || {
            if !reads(app, sentence).await {
                return None;
            }
            app.run(into_view, &[element.into()]).await;
            app.still().await;
            app.drawn().await;
            app.screenshot(&file).await;
            reads(app, sentence).await.then_some(())
        })
        .await;
    }
}

/// Whether that is the sentence, and what stands above the page is in the language it says.
async fn reads(app: &App<'_>, sentence: &str) -> bool {
    let title = app.text_if_any(&format!("main[data-sentence={sentence}] h1")).await;
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let language = app.attribute("html", "lang").await;
    title.is_some_and(|title| {
        !title.is_empty() && title.contains(is_chinese) == (language.as_deref() == Some("zh-CN"))
    })
}

fn folder_of_pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots")
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: AN_HOUR, ..Switches::default() }
}
