//! Killed in the middle of a refresh, again and again.

use std::time::{Duration, Instant};

use demo_server::Switches;
use serde_json::json;

use crate::harness::{App, AppFolder, Demo, Desk, Options, SOON, id, prepare_demo, until_past};

const KILLS: u32 = 20;

#[tokio::test]
async fn killed_twenty_times_in_mid_refresh_the_session_goes_on() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let short = Switches { access_lifetime_ms: 6_000, ..Switches::default() };
    prepare_demo(&folder, short).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    // Slow enough that the kill falls before, during and after the server's work.
    Demo::of(&folder).await.set(json!({ "latencyMs": 60 })).await;
    app.kill_9().await;

    for kill in 0..KILLS {
        let app = App::start(&desk, &folder, Options::default()).await;
        app.wait_for(&id("renew-now"), |_| true, SOON).await;
        app.click(&id("renew-now")).await;
        // Evenly over the whole of a refresh, so that each step of it is met.
        let moment = Instant::now() + Duration::from_millis(u64::from(kill * 11));
        until_past("the moment of the kill", moment).await;
        app.kill_9().await;
    }

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for(&id("renew-now"), |_| true, SOON).await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
    assert!(counters.refreshes > u64::from(KILLS) / 2, "the kills met refreshes: {counters:?}");
}
