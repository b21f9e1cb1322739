//! The server is away, or somebody else answers in its place: what the window says of it in both
//! languages, and how it goes on.

use std::time::Duration;

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, Said, id, prepare_demo,
};

const HOUR: u64 = 3_600_000;

const NOT_ANSWERED: Said = [
    "Signed in until *. The server didn't answer; next try in *.",
    "登录有效至 *，服务器未响应，* 后重试。",
];
const PORTAL: Said = [
    "This network's sign-in page answered instead of your server.",
    "当前网络的认证页拦截了请求。",
];
const ASKED_TO_WAIT: Said = [
    "Signed in until *. The server asked us to wait; next try at *.",
    "登录有效至 *，服务器要求稍候，* 重试。",
];

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_and_found_again_by_the_next_try() {
    let mut server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    let before = app.fingerprint().await;
    server.stop().await;

    app.click(&id("renew-now")).await;
    app.says("waiting_valid", NOT_ANSWERED).await;
    // Nor does the token's end end the session.
    app.sleep(2 * HOUR).await;
    app.says(
        "waiting_expired",
        [
            "Your session is kept. It goes on when the server can be reached.",
            "会话已保留，连上服务器后自动继续。",
        ],
    )
    .await;
    app.shows(&id("why"), ["Server not reached *", "*无法连上服务器*"]).await;

    server.start_again().await;
    let next_try = Duration::from_secs(app.seconds_left().await.into());
    app.wait_for_sentence("resting", next_try + SOON).await;

    assert_ne!(app.fingerprint().await, before);
    app.goes_on().await;
    let counters = server.counters().await;
    assert_eq!((counters.logins, counters.refreshes_granted), (1, 1));
}

#[tokio::test]
async fn whoever_answers_in_its_place_or_whatever_ails_it_the_session_goes_on() {
    let cases: [(Value, &str, Said, Said); 5] = [
        (
            json!({ "kind": "html200" }),
            "portal",
            PORTAL,
            ["Answered by something else *", "*收到其他来源的应答*"],
        ),
        (
            json!({ "kind": "status", "code": 302, "body": "html" }),
            "portal",
            PORTAL,
            ["Answered by something else *", "*收到其他来源的应答*"],
        ),
        (
            json!({ "kind": "status", "code": 500 }),
            "waiting_valid",
            NOT_ANSWERED,
            ["Server in trouble *", "*服务器出现问题*"],
        ),
        (
            json!({ "kind": "status", "code": 503 }),
            "waiting_valid",
            NOT_ANSWERED,
            ["Server in trouble *", "*服务器出现问题*"],
        ),
        (
            json!({ "kind": "status", "code": 503, "retryAfter": { "seconds": 60 } }),
            "throttled",
            ASKED_TO_WAIT,
            ["Asked to wait *", "*服务器要求稍候*"],
        ),
    ];
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;

    for (fault, kind, sentence, why) in cases {
        let before = demo.counters().await.refreshes_granted;
        demo.set(json!({ "fault": fault })).await;
        app.click(&id("renew-now")).await;
        app.says(kind, sentence).await;
        app.shows(&id("why"), why).await;

        demo.set(json!({ "fault": null })).await;
        // The ladder's next try may come before the click: then the click renews once more.
        app.click(&id("renew-now")).await;
        app.goes_on().await;
        assert!(demo.counters().await.refreshes_granted > before, "renewed after {kind}");
    }
    assert_eq!(demo.counters().await.logins, 1);
}

#[tokio::test]
async fn a_server_that_asked_to_wait_is_not_asked_earlier_for_a_restart_or_a_sleep() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    let told = json!({ "kind": "status", "code": 429, "retryAfter": { "seconds": 1_800 } });
    demo.set(json!({ "fault": told })).await;
    app.click(&id("renew-now")).await;
    app.says("throttled", ASKED_TO_WAIT).await;
    assert_eq!(demo.counters().await.refreshes, 1);
    demo.set(json!({ "fault": null })).await;
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;

    app.says("throttled", ASKED_TO_WAIT).await;
    // A wake starts the ladder anew, and this is none.
    app.sleep(600_000).await;
    app.says("throttled", ASKED_TO_WAIT).await;
    assert_eq!(demo.counters().await.refreshes, 1, "neither a start nor a wake asks earlier");

    app.sleep(1_200_000).await;
    app.wait_for_refreshes(1, SOON).await;
    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes_granted), (1, 1));
}

/// Tokens that live for an hour.
fn calm() -> Switches {
    Switches { access_lifetime_ms: HOUR, ..Switches::default() }
}
