//! Two copies of the app over one folder that do not know of each other: single instances find each
//! other on the session bus, and each of these has a bus of its own.

use std::time::Duration;

use demo_server::{Rotation, Switches};
use serde_json::json;

use crate::harness::{App, AppFolder, Bus, Demo, Desk, Options, SOON, id, prepare_demo, until};

/// Another's sign-out is seen by the next tick, within five seconds.
const TAKEN_OVER: Duration = Duration::from_secs(20);

#[tokio::test]
async fn two_copies_never_use_one_refresh_token_twice_and_sign_out_together() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let strict =
        Switches { access_lifetime_ms: 5_000, rotation: Rotation::Strict, ..Switches::default() };
    prepare_demo(&folder, strict).await;
    let buses = [Bus::without_keychain(&folder).await, Bus::without_keychain(&folder).await];
    let on_bus = |bus| Options { bus: Some(bus), ..Options::default() };
    let first = App::start(&desk, &folder, on_bus(&buses[0])).await;
    first.try_it().await;
    let second = App::start(&desk, &folder, on_bus(&buses[1])).await;
    second.wait_for(&id("facts"), |_| true, SOON).await;
    let demo = Demo::of(&folder).await;

    let counters =
        demo.counted("renewals", Duration::from_secs(60), |all| all.refreshes_granted >= 4).await;

    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
    assert_eq!((counters.reuse_detected, counters.refresh_tokens_seen_twice), (0, 0));
    // Calm, so that what follows is not met by a renewal.
    demo.set(json!({ "accessLifetimeMs": 3_600_000 })).await;
    first.renew_now().await;
    until("the second to take it over", TAKEN_OVER, async || {
        (first.fingerprint().await == second.fingerprint().await).then_some(())
    })
    .await;
    for copy in [&first, &second] {
        copy.goes_on().await;
    }

    first.click(&id("sign-out")).await;

    first.says("signed_out", ["You're signed out.", "您已退出登录。"]).await;
    second.wait_for_sentence("signed_out", TAKEN_OVER).await;
    second.says("signed_out", ["You're signed out.", "您已退出登录。"]).await;

    // And in again, from the other one.
    second.click(&id("sign-in-again")).await;
    first.wait_for_sentence("resting", TAKEN_OVER).await;
    for copy in [&first, &second] {
        copy.goes_on().await;
    }
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refresh_tokens_seen_twice), (2, 0));
}

#[tokio::test]
async fn a_copy_says_that_another_one_renews_and_takes_over_what_it_got() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let buses = [Bus::without_keychain(&folder).await, Bus::without_keychain(&folder).await];
    let on_bus = |bus| Options { bus: Some(bus), ..Options::default() };
    let first = App::start(&desk, &folder, on_bus(&buses[0])).await;
    first.try_it().await;
    let second = App::start(&desk, &folder, on_bus(&buses[1])).await;
    second.wait_for_status("resting").await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "hold" } })).await;
    first.click(&id("renew-now")).await;
    first.wait_for_status("refreshing").await;

    second.click(&id("renew-now")).await;

    second
        .says(
            "another_copy",
            [
                "Another copy of the app is renewing. Nothing for you to do.",
                "另一个窗口正在续期，无需操作。",
            ],
        )
        .await;
    // The first gives up on the answer after 30 s, or gets it now.
    demo.set(json!({ "fault": null })).await;
    first.wait_for_refreshes(1, Duration::from_secs(60)).await;
    second.wait_for_refreshes(1, TAKEN_OVER).await;
    assert_eq!(first.fingerprint().await, second.fingerprint().await, "they have one session");
    for copy in [&first, &second] {
        copy.goes_on().await;
    }
    assert_eq!(demo.counters().await.logins, 1);
}
