//! The intent: written before a refresh is sent, so that a lost answer is known to be lost.

use crate::stage::{DUE, Stage, Step, sentence};
use engine::{Class, Ended, HOUR, SECOND, WriteTrouble};

#[tokio::test]
async fn an_intent_found_at_start_is_one_prompt_retry_after_a_second() {
    let stage = Stage::new();
    stage.refreshing().await.kill().await;
    stage.server.let_go();
    let app = stage.start();
    app.until_status("waiting").await;
    stage.clock.advance(SECOND - 1);
    app.keeper.look().await;
    assert_eq!(stage.diary.count("asked"), 1);
    stage.clock.advance(1);
    app.until_renewed(1).await;
    assert_eq!(stage.diary.count("asked with refresh-1"), 2);
}

#[tokio::test]
async fn refused_after_a_lost_answer_is_told_in_so_many_words() {
    let stage = Stage::new();
    stage.refreshing().await.kill().await;
    stage.server.let_go();
    stage.server.then([Step::Fail(Class::Refused)]);
    let app = stage.start();
    app.until_status("waiting").await;
    stage.clock.advance(SECOND);
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "answer_lost");
    assert_eq!(shown.view.who.unwrap().user, "alice");
}

#[tokio::test]
async fn that_an_answer_was_lost_is_still_told_after_a_restart_and_nothing_is_asked_for_it() {
    let stage = Stage::new();
    stage.refreshing().await.kill().await;
    stage.server.let_go();
    stage.server.then([Step::Fail(Class::Refused)]);
    let app = stage.start();
    app.until_status("waiting").await;
    stage.clock.advance(SECOND);
    app.until_status("needs_sign_in").await;
    app.keeper.quit().await;
    let app = stage.start();
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "answer_lost");
    assert_eq!(stage.diary.count("asked"), 2);
}

#[tokio::test]
async fn a_refusal_is_written_down_and_is_not_asked_again_after_a_restart() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::Refused)]);
    stage.clock.advance(DUE);
    assert_eq!(sentence(&app.until_status("needs_sign_in").await), "needs_sign_in");
    assert_eq!(app.token().await, "access-1");
    app.keeper.quit().await;
    let held = stage.vault.record().unwrap().session.unwrap();
    assert!(held.refused == Some(Ended::Refused) && held.intent.is_none());
    let app = stage.start();
    app.until_status("needs_sign_in").await;
    assert_eq!(app.token().await, "access-1");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_failure_that_cannot_have_rotated_takes_its_intent_away() {
    for class in [Class::NotSent, Class::Throttled, Class::SetUp] {
        let stage = Stage::new();
        let app = stage.signed_in().await;
        stage.server.then([Step::Fail(class)]);
        stage.clock.advance(DUE);
        app.until("it failed", |shown| {
            matches!(crate::stage::status(shown).as_str(), "waiting" | "stopped")
        })
        .await;
        assert!(stage.vault.record().unwrap().session.unwrap().intent.is_none(), "{class:?}");
    }
}

#[tokio::test]
async fn a_failure_that_may_have_rotated_leaves_its_intent_with_its_first_time() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([
        Step::Fail(Class::UnknownOutcome),
        Step::Fail(Class::ServerTrouble),
        Step::Fail(Class::NotSent),
    ]);
    stage.clock.advance(DUE);
    app.until_status("waiting").await;
    let first = stage.vault.record().unwrap().session.unwrap().intent.unwrap();
    for tries in 2..=3 {
        stage.clock.advance(2 * SECOND);
        stage.diary.until("asked", tries).await;
        app.until_status("waiting").await;
    }
    // The third was not even sent, and says nothing of the first.
    assert_eq!(stage.vault.record().unwrap().session.unwrap().intent, Some(first));
}

#[tokio::test]
async fn a_disk_that_takes_no_intent_puts_the_renewal_off_until_it_does() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.clock.advance(DUE);
    let shown = app.until("it is put off", |shown| sentence(shown) == "put_off").await;
    assert_eq!(shown.view.put_off.unwrap().kind, WriteTrouble::DiskFull);
    assert_eq!(app.token().await, "access-1");
    assert_eq!(stage.diary.count("asked"), 0);

    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    let shown = app.until_renewed(1).await;
    assert_eq!((shown.view.put_off, shown.view.unsaved), (None, None));
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn a_disk_that_takes_nothing_does_not_cost_the_session_in_the_last_moments() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.clock.advance(DUE);
    app.until("it is put off", |shown| sentence(shown) == "put_off").await;
    stage.clock.advance(HOUR - DUE - 30 * SECOND);
    let shown = app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    assert_eq!(shown.view.refreshes, 1);
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.diary.count("asked"), 1);

    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
}
