//! However many ask: one refresh, and everybody gets what it brought.

use crate::stage::{DUE, Stage, Step, status};
use engine::{Class, HOUR, SECOND, Trigger};

#[tokio::test]
async fn a_storm_of_focus_and_a_hundred_callers_are_one_refresh() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold();
    stage.clock.advance(HOUR - 30 * SECOND);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let keeper = app.keeper.clone();
            tokio::spawn(async move { keeper.access_token(0).await })
        })
        .collect();
    for trigger in [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack, Trigger::Asked] {
        for _ in 0..25 {
            app.keeper.tell(trigger).await;
        }
    }
    app.keeper.look().await;
    stage.diary.until("asked", 1).await;
    stage.server.let_go();
    let wanted = app.until_renewed(1).await.view.token.unwrap().fingerprint;
    for caller in callers {
        let token = caller.await.unwrap().unwrap();
        assert_eq!(token.fingerprint().to_string(), wanted);
    }
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_cancel_the_refresh() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold();
    stage.clock.advance(HOUR - 30 * SECOND);
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    stage.diary.until("asked", 1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    stage.server.let_go();
    app.until_renewed(1).await;
    assert_eq!(stage.stored(), "access-2");
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_refresh_that_panics_is_an_unknown_outcome_and_tried_again() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Panic]);
    stage.clock.advance(DUE);
    app.until_status("waiting").await;
    assert_eq!(app.token().await, "access-1");
    stage.clock.advance(SECOND);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn a_sign_in_that_panics_fails_and_the_session_goes_on() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Panic]);
    assert!(app.sign_in(&stage.server, keeper::record::Keep::Disk).await.is_err());
    assert_eq!(status(&app.shown()), "resting");
    assert_eq!(app.token().await, "access-1");
}

#[tokio::test]
async fn what_is_due_is_renewed_although_messages_keep_coming() {
    // Each message used to put the tick off by five seconds, so that under a steady trickle of calls
    // nothing that waits for the tick was ever done.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    app.keeper.tell(Trigger::Asked).await;
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    stage.vault.fail(None);
    for _ in 0..3 {
        stage.clock.advance(2 * SECOND);
        app.keeper.call_api().await.unwrap();
    }
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
}

#[tokio::test]
async fn failures_are_climbed_one_try_at_a_time() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::NotSent), Step::Fail(Class::NotSent)]);
    stage.clock.advance(DUE);
    for tries in 1..=2 {
        stage.diary.until("asked", tries).await;
        app.until("it waits", |shown| status(shown) == "waiting").await;
        stage.clock.advance(2 * SECOND);
    }
    app.until_renewed(1).await;
    assert_eq!(stage.diary.count("asked"), 3);
}
