//! Signing out while the server is away: done here at once, and told there as soon as it can be.

use demo_server::Switches;
use serde_json::json;

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until,
};

#[tokio::test]
async fn a_sign_out_reaches_a_server_that_was_away_over_a_restart() {
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    let mut server = OwnServer::start(calm).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    server.stop().await;

    app.click(&id("sign-out")).await;

    app.says("signed_out", ["You're signed out.", "您已退出登录。"]).await;
    app.shows(
        &id("outbox"),
        ["*alice's sign-out has still to reach 127.0.0.1:*", "*alice 的退出尚未通知 127.0.0.1:*"],
    )
    .await;

    // It is not forgotten when the app is closed in between.
    assert_eq!(app.terminate().await, 0);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
    app.element(&id("outbox")).await;
    assert_eq!(app.view().await["outbox"].as_array().map(Vec::len), Some(1));
    server.start_again().await;
    assert_eq!(server.counters().await.logouts, 0);
    // The next try may be minutes off.
    app.sleep(600_000).await;

    let told = async || (server.counters().await.logouts == 1).then_some(());
    until("the server to be told", SOON * 2, told).await;
    app.wait_until_gone(&id("outbox")).await;
    app.wait_for_status("signed_out").await;
    let counters = server.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
}

#[tokio::test]
async fn a_sign_out_that_is_still_to_be_told_is_in_nobodys_way() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "status", "code": 503, "on": ["logout"] } })).await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    app.element(&id("outbox")).await;

    // The same person signs in again: the old session is left to expire, which is said.
    app.click(&id("sign-in-again")).await;

    app.wait_for_status("resting").await;
    app.wait_until_gone(&id("outbox")).await;
    app.shows(
        &id("notice"),
        [
            "*An earlier session is left to expire at its server, because you signed in again.*",
            "*您已重新登录*",
        ],
    )
    .await;
    app.goes_on().await;
    assert_eq!(demo.counters().await.logins, 2);
}
