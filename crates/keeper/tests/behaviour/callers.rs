//! What callers get, and how long they wait for it.

use crate::stage::{DUE, Stage, Step, pass, status};
use engine::{Class, HOUR, MINUTE, SECOND};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn a_token_that_is_due_is_handed_out_while_its_successor_is_fetched() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    assert_eq!(app.token().await, "access-1");
    stage.server.let_go();
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn in_the_last_moments_callers_wait_until_two_seconds_before_the_end() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    pass(&stage, &app, 4 * MINUTE + 30 * SECOND).await;
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    stage.clock.advance(28 * SECOND - 1);
    app.keeper.look().await;
    assert!(!caller.is_finished());
    stage.clock.advance(1);
    let token = caller.await.unwrap().unwrap();
    assert_eq!(token.secret().expose_secret(), "access-1");
}

#[tokio::test]
async fn after_the_end_callers_wait_thirty_seconds_and_are_told_the_next_try() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    pass(&stage, &app, 5 * MINUTE).await;
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    stage.clock.advance(30 * SECOND - 1);
    app.keeper.look().await;
    assert!(!caller.is_finished());
    stage.clock.advance(1);
    // The refresh is still on its way: there is no next try to tell.
    assert_eq!(caller.await.unwrap().unwrap_err().next_try, None);
    // And where there is one, it is told.
    stage.server.then([Step::Fail(Class::ServerTrouble)]);
    stage.server.let_go();
    app.until_renewed(1).await;
}

#[tokio::test]
async fn while_it_waits_for_the_next_try_a_caller_is_told_when_that_is() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::Throttled); 3]);
    stage.clock.advance(HOUR);
    for tries in 1..=3 {
        stage.diary.until("asked", tries).await;
        app.until_status("waiting").await;
        while stage.diary.count("asked") == tries && tries < 3 {
            // Slowly: a long leap would be a sleep, and the ladder begin anew.
            pass(&stage, &app, 5 * SECOND).await;
            app.until("no refresh runs", |shown| status(shown) != "refreshing").await;
        }
    }
    // The third step of this ladder is a minute at least.
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    assert!(!caller.is_finished());
    pass(&stage, &app, 30 * SECOND).await;
    let next_try = caller.await.unwrap().unwrap_err().next_try.unwrap();
    assert_eq!(next_try.0, app.shown().view.next.unwrap().at_ms);
}

#[tokio::test]
async fn nobody_gets_an_expired_token_after_a_sleep() {
    // The keeper has not looked at the clocks yet: the caller comes first.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.token().await;
    stage.server.hold();
    stage.clock.advance(3 * 24 * HOUR);
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    stage.diary.until("asked", 1).await;
    app.keeper.look().await;
    assert!(!caller.is_finished());
    stage.server.let_go();
    assert_eq!(caller.await.unwrap().unwrap().secret().expose_secret(), "access-2");
}

#[tokio::test]
async fn a_wall_clock_that_is_set_makes_nothing_expired() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.clock.set_wall_forward(24 * HOUR);
    assert_eq!(app.token().await, "access-1");
    stage.clock.set_wall_forward(-48 * HOUR);
    assert_eq!(app.token().await, "access-1");
}

#[tokio::test]
async fn whoever_wants_more_validity_than_is_left_gets_the_next_token() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.clock.advance(50 * MINUTE);
    app.keeper.look().await;
    let token = app.keeper.access_token(20 * MINUTE).await.unwrap();
    assert_eq!(token.secret().expose_secret(), "access-2");
    // Nobody can have more than half of a lifetime.
    let token = app.keeper.access_token(24 * HOUR).await.unwrap();
    assert_eq!(token.secret().expose_secret(), "access-2");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn without_a_session_the_answer_is_at_once() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    assert!(app.keeper.access_token(0).await.is_err());
}

#[tokio::test]
async fn a_caller_who_is_gone_leaves_nothing_behind() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    pass(&stage, &app, 5 * MINUTE).await;
    for _ in 0..3 {
        let keeper = app.keeper.clone();
        let caller = tokio::spawn(async move { keeper.access_token(0).await });
        app.keeper.look().await;
        caller.abort();
    }
    stage.server.then([Step::Fail(Class::Refused)]);
    stage.server.let_go();
    app.until("the refresh is over", |shown| status(shown) != "refreshing").await;
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_token_too_short_to_plan_for_is_renewed_when_it_is_wanted() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    stage.server.then([Step::Grant(3 * SECOND), Step::Grant(3 * SECOND)]);
    app.sign_in(&stage.server, keeper::record::Keep::Disk).await.unwrap();
    pass(&stage, &app, 20 * SECOND).await;
    assert_eq!(stage.diary.count("asked"), 0);
    assert_eq!(app.token().await, "access-2");
    // At most once in five seconds: whoever comes too soon waits.
    stage.clock.advance(3 * SECOND);
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    assert!(!caller.is_finished());
    assert_eq!(stage.diary.count("asked"), 1);
    stage.clock.advance(2 * SECOND);
    assert_eq!(caller.await.unwrap().unwrap().secret().expose_secret(), "access-3");
}

#[tokio::test]
async fn a_refusal_leaves_the_token_in_use_to_its_end() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::Refused)]);
    stage.clock.advance(DUE);
    app.until_status("needs_sign_in").await;
    pass(&stage, &app, 4 * MINUTE + 59 * SECOND).await;
    assert_eq!(app.token().await, "access-1");
    pass(&stage, &app, SECOND).await;
    assert_eq!(app.token().await, "none");
}

#[tokio::test]
async fn what_cannot_be_renewed_ends_at_its_end_and_not_before() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.kill().await;
    let mut stored = stage.vault.record().unwrap();
    stored.session.as_mut().unwrap().tokens.renewal = keeper::record::RenewalSecret::Nothing;
    stage.vault.put(Some(stored));
    let app = stage.start();
    app.until_status("resting").await;
    pass(&stage, &app, HOUR - SECOND).await;
    assert_eq!(app.token().await, "access-1");
    stage.clock.advance(SECOND);
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(crate::stage::sentence(&shown), "ran_out");
    assert_eq!(app.token().await, "none");
    assert_eq!(stage.diary.count("asked"), 0);
}
