//! The process ends in the middle of a refresh, at every step of it and under every rotation policy.
//! Whatever the server would still give, the next start gets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "tutorial/desk.rs"]
#[allow(dead_code, reason = "the tutorial's desk has more drawers than this needs")]
mod desk;
#[path = "stops/plug.rs"]
mod plug;

use demo_server::{ALICE, Rotation, Switches};
use desk::{App, DUE, Desk, an_hour, sentence, status};
use engine::SECOND;
use keeper::ports::ApiVerdict;
use keeper::record::Keep;
use plug::{Plug, Step};

const ROTATIONS: [Rotation; 4] = [
    Rotation::None,
    Rotation::Strict,
    Rotation::Grace { seconds: 60 },
    Rotation::UntilSuccessorUsed,
];

#[tokio::test]
async fn whatever_the_server_would_still_give_is_not_lost_by_stopping_at_any_step() {
    for rotation in ROTATIONS {
        for step in Step::ALL {
            let case = format!("{rotation:?}, stopped at {step:?}");
            let desk = signed_in(rotation).await;
            stop_at(&desk, step).await;
            let app = desk.launch();
            come_to_rest(&desk, &app).await;
            let lost = rotation == Rotation::Strict && step.loses_the_answer();
            if lost {
                the_answer_is_said_to_be_lost(&desk, &app).await;
            } else {
                the_session_goes_on(&desk, &app, &case).await;
            }
            let counters = desk.counters().await;
            let sent = if step.reaches_the_server() { 1 } else { 0 };
            let sent_again = if step == Step::AfterSave { 0 } else { 1 };
            // One more by which the session was seen to go on.
            let to_see = if lost { 0 } else { 1 };
            assert_eq!(counters.refreshes, sent + sent_again + to_see, "{case}");
            assert_eq!(counters.logins, 1, "{case}");
            assert_eq!(counters.reuse_detected, u64::from(lost), "{case}");
        }
    }
}

#[tokio::test]
async fn a_start_that_is_stopped_at_its_retry_loses_nothing_either() {
    for rotation in [Rotation::None, Rotation::Grace { seconds: 60 }, Rotation::UntilSuccessorUsed]
    {
        for step in Step::ALL {
            let case = format!("{rotation:?}, stopped at Answered, then at {step:?}");
            let desk = signed_in(rotation).await;
            stop_at(&desk, Step::Answered).await;
            stop_at(&desk, step).await;
            let app = desk.launch();
            come_to_rest(&desk, &app).await;
            the_session_goes_on(&desk, &app, &case).await;
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_is_stopped_before_it_is_saved_leaves_the_session_before() {
    let desk = signed_in(Rotation::Strict).await;
    let plug = Plug::at(Step::BeforeIntent);
    let app = plug.launch(&desk);
    app.until_status("resting").await;
    // The first write from here on is the sign-in's.
    let (keeper, account) = (app.keeper.clone(), desk.account());
    let server = keeper::ports::Connector::connect(&desk.connector(), &account).unwrap();
    let credentials =
        keeper::ports::Credentials { user: ALICE.username.into(), password: ALICE.password.into() };
    let request = keeper::SignIn { server, account, credentials, keep: Keep::Disk };
    let signing_in = tokio::spawn(async move { keeper.sign_in(request).await });
    plug.pulled().await;
    kill(app).await;
    assert!(signing_in.await.unwrap().is_err());
    drop(plug);
    let app = desk.launch();
    come_to_rest(&desk, &app).await;
    the_session_goes_on(&desk, &app, "a sign-in was stopped").await;
    // Only the one by which the session was seen to go on.
    assert_eq!(desk.counters().await.refreshes, 1);
}

/// A desk where Alice has signed in, and the app is closed.
async fn signed_in(rotation: Rotation) -> Desk {
    let desk = Desk::with(Switches { rotation, ..an_hour() }).await;
    desk.sign_in().await.close().await;
    desk
}

/// Starts the app with a token that is due, and ends it at this step of its renewal.
async fn stop_at(desk: &Desk, step: Step) {
    let plug = Plug::at(step);
    if desk.stored().session.unwrap().intent.is_none() {
        desk.clock.advance(DUE);
    }
    let app = plug.launch(desk);
    let restored = app.until("the record was read", |shown| status(shown) != "restoring").await;
    if status(&restored) == "waiting" {
        desk.clock.advance(SECOND);
    }
    plug.pulled().await;
    kill(app).await;
}

/// The process is gone, from one moment to the next: its tasks end, and its locks with them.
async fn kill(app: App) {
    app.task.abort();
    assert!(app.task.await.is_err());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Lets the next tries come until there are none.
async fn come_to_rest(desk: &Desk, app: &App) {
    for _ in 0..5 {
        let decided = |shown: &keeper::Shown| {
            matches!(status(shown).as_str(), "resting" | "waiting" | "needs_sign_in")
        };
        if status(&app.until("it rests or waits", decided).await) != "waiting" {
            return;
        }
        desk.clock.advance(SECOND);
        app.until("it has gone on", |shown| {
            shown.view.next.as_ref().is_none_or(|next| next.at_ms > desk.now_ms())
        })
        .await;
    }
    panic!("it goes on waiting: {:#?}", app.shown());
}

async fn the_session_goes_on(desk: &Desk, app: &App, case: &str) {
    assert_eq!(status(&app.shown()), "resting", "{case}");
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!(call.result, Some(ApiVerdict::Accepted), "{case}");
    assert!(desk.stored().session.unwrap().intent.is_none(), "{case}");
    // And what is stored is good for the next renewal, too.
    let renewed = app.shown().view.refreshes + 1;
    app.keeper.tell(engine::Trigger::Asked).await;
    app.until_renewed(renewed).await;
}

async fn the_answer_is_said_to_be_lost(desk: &Desk, app: &App) {
    let shown = app.shown();
    assert_eq!(status(&shown), "needs_sign_in");
    assert_eq!(sentence(&shown), "answer_lost");
    assert_eq!(shown.view.who.unwrap().user, ALICE.username);
    assert_eq!(desk.demo.control().snapshot().await.unwrap().living_sessions, 0);
}

impl Desk {
    fn now_ms(&self) -> i64 {
        use keeper::ports::Clock as _;
        self.clock.now().wall.0
    }
}
