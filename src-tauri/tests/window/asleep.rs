//! The computer slept: what was there in the evening is there in the morning.

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Bus, Demo, Desk, Logind, Options, SOON, id, prepare_demo, until,
};

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn after_eight_hours_of_sleep_one_refresh_brings_the_session_back() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    let evening = app.fingerprint().await;

    app.sleep(8 * HOUR).await;

    app.wait_for_refreshes(1, SOON).await;
    app.says("resting", ["You're signed in. Renews by itself in *.", "已登录，* 后自动续期。"])
        .await;
    app.adds([
        "Kept you signed in over 8 h; renewed just now.",
        "已为您保持登录 8 小时，刚刚续期。",
    ])
    .await;
    app.shows(
        &id("why"),
        ["Renewed *the computer woke, 7 h*past its end*", "*已续期*电脑唤醒，已到期 7 小时*"],
    )
    .await;
    assert_ne!(app.fingerprint().await, evening);
    // The page counts in the same time: an hour from now, not from eight hours ago.
    let left = app.seconds_left().await;
    assert!((3_000..=3_600).contains(&left), "{left} s of a token of an hour");
    app.goes_on().await;
    // Time has passed for the demo server, too.
    app.shows("[data-fact=clock] dd", ["* s ± *", "* 秒 ± *"]).await;
    let moved = &app.view().await["timeMoved"];
    assert_eq!(moved, &json!({ "sleptMs": 8 * HOUR, "clockMs": 0 }));

    // Nor does the next start lose it, for which that night has not been.
    assert_eq!(app.terminate().await, 0);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
    assert!(counters.refreshes <= 2, "one in the morning, and at most one at the start");
}

#[tokio::test]
async fn nobody_sleeps_longer_than_a_month_or_backwards() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    for (command, ms) in [
        ("sleep_computer", json!(-1)),
        ("sleep_computer", json!(31 * 24 * HOUR)),
        ("set_clock", json!(25 * HOUR)),
        ("set_clock", json!(-25 * 3_600_000_i64)),
    ] {
        let refusal = app.invoke(command, json!({ "ms": ms })).await;
        let code = refusal.expect_err(command)["code"].clone();
        assert_eq!(code, "bad_settings", "{command} {ms}");
    }
}

#[tokio::test]
async fn what_logind_tells_of_a_wake_and_the_late_tick_are_one_refresh() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let bus = Bus::without_keychain(&folder).await;
    let logind = Logind::on(&bus).await;
    let address = bus.address();
    let environment = [("DBUS_SYSTEM_BUS_ADDRESS", address.as_str())];
    let app =
        App::start(&desk, &folder, Options { environment: &environment, ..Options::default() });
    let app = app.await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    // Time enough for the second while the first is under way.
    demo.set(json!({ "latencyMs": 1_000 })).await;

    logind.falls_asleep().await;
    app.sleep(8 * HOUR).await;
    logind.wakes().await;

    app.wait_for_refreshes(1, SOON).await;
    demo.set(json!({ "latencyMs": 0 })).await;
    app.goes_on().await;
    let why = app.why().await;
    assert!(why.contains("the computer woke"), "{why}");
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 1));
}

#[tokio::test]
async fn logind_alone_is_enough_and_nobody_else_is_believed() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Too short to be renewed ahead of time: nothing but a trigger renews it.
    prepare_demo(&folder, Switches { access_lifetime_ms: 4_000, ..Switches::default() }).await;
    let bus = Bus::without_keychain(&folder).await;
    let logind = Logind::on(&bus).await;
    let address = bus.address();
    let environment = [("DBUS_SYSTEM_BUS_ADDRESS", address.as_str())];
    let app =
        App::start(&desk, &folder, Options { environment: &environment, ..Options::default() });
    let app = app.await;
    app.click(&id("try-it")).await;
    app.wait_for_sentence("resting_on_demand", SOON).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "accessLifetimeMs": HOUR })).await;
    // It is due, and so short a nap is no wake.
    app.sleep(6_000).await;

    // They go the same way, so that the last of them is heard last.
    logind.somebody_else_says_so().await;
    for _ in 0..2 {
        logind.falls_asleep().await;
    }
    logind.wakes().await;

    app.wait_for_refreshes(1, SOON).await;
    app.shows(&id("why"), ["Renewed *the computer woke*", "*已续期*电脑唤醒*"]).await;
    assert_eq!(wakes(&app.view().await), 1, "one of the four was a wake");
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 1));
}

#[tokio::test]
async fn a_system_bus_that_goes_away_takes_nothing_of_the_app_along() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, Switches { access_lifetime_ms: 5_000, ..Switches::default() }).await;
    let bus = Bus::without_keychain(&folder).await;
    let address = bus.address();
    let environment =
        [("DBUS_SYSTEM_BUS_ADDRESS", address.as_str()), ("RUST_LOG", "session_keeper=debug")];
    let app =
        App::start(&desk, &folder, Options { environment: &environment, ..Options::default() });
    let app = app.await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    let before = demo.counters().await.refreshes;

    drop(bus);

    let heard = async || app.log().contains("the system bus went away").then_some(());
    until("the app to notice", SOON, heard).await;
    // The page cannot be asked: WebKit ends its process with the bus, whoever the app is.
    demo.counted("a renewal", SOON * 2, |all| all.refreshes_granted > before).await;
    assert!(app.is_running());
}

/// How many wakes the lifeline shows.
fn wakes(view: &Value) -> usize {
    let marks = view["session"]["lifeline"]["marks"].as_array().cloned().unwrap_or_default();
    marks.iter().filter(|mark| mark["kind"]["trigger"] == "wake").count()
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: HOUR, ..Switches::default() }
}
