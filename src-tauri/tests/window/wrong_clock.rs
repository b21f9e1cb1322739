//! This computer's clock is wrong: nobody is signed out by it.

use demo_server::Switches;

use crate::harness::{App, AppFolder, Demo, Desk, Options, prepare_demo};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_clock_set_an_hour_ahead_or_back_is_noticed_and_signs_nobody_out() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;

    app.set_clock(HOUR).await;

    app.shows(
        "[data-fact=clock] dd",
        ["your clock is 1 h ahead; corrected", "本机时钟快 1 小时，已校正"],
    )
    .await;
    stays_signed_in(&app).await;

    // Right again.
    app.invoke("clock_back", serde_json::json!({})).await.expect("it may be called");
    app.shows("[data-fact=clock] dd", ["* s ± *", "* 秒 ± *"]).await;
    stays_signed_in(&app).await;

    app.set_clock(-HOUR).await;

    app.shows(
        "[data-fact=clock] dd",
        ["your clock is 1 h behind; corrected", "本机时钟慢 1 小时，已校正"],
    )
    .await;
    stays_signed_in(&app).await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
    assert!(counters.refreshes <= 1, "only what may be past its time by the clock is renewed");
}

#[tokio::test]
async fn a_clock_that_was_wrong_until_the_last_quit_signs_nobody_out() {
    for wrong in [HOUR, -HOUR] {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
        prepare_demo(&folder, calm).await;
        let app = App::start(&desk, &folder, Options::default()).await;
        app.try_it().await;
        app.set_clock(wrong).await;
        // Everything that is kept is kept by the wrong clock.
        app.renew_now().await;
        assert_eq!(app.terminate().await, 0);

        // The next start goes by the right one.
        let app = App::start(&desk, &folder, Options::default()).await;

        app.wait_for_status("resting").await;
        app.says("resting", ["You're signed in. Renews by itself in *.", "已登录，* 后自动续期。"])
            .await;
        let left = app.seconds_left().await;
        assert!((3_000..=3_600).contains(&left), "{left} s of a token of an hour");
        app.goes_on().await;
        let counters = Demo::of(&folder).await.counters().await;
        assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
    }
}

/// The sentence, the countdown and the API say so.
async fn stays_signed_in(app: &App<'_>) {
    app.wait_for_status("resting").await;
    app.says("resting", ["You're signed in. Renews by itself in *.", "已登录，* 后自动续期。"])
        .await;
    let left = app.seconds_left().await;
    assert!((3_000..=3_600).contains(&left), "{left} s of a token of an hour");
    app.goes_on().await;
}
