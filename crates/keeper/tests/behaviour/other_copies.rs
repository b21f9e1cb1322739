//! Another copy of the app over the same store.

use crate::stage::{App, DUE, Stage, Step, sentence, status};
use engine::{Class, Ended, Identity, MINUTE, SECOND, Status, Trigger, Wait};
use keeper::record::{Intent, Keep, RenewalSecret, Session};

#[tokio::test]
async fn what_another_copy_has_renewed_is_taken_over_without_a_request() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    second.keeper.tell(Trigger::Asked).await;
    second.until("it is taken over", |shown| shown.view.refreshes >= 1).await;
    first.kill().await;
    assert_eq!(stage.diary.count("asked with refresh-1"), 1);
}

#[tokio::test]
async fn a_token_from_before_a_reboot_gives_way_to_what_another_copy_has_renewed_since() {
    // Time since boot begins anew: the other copy's token was asked for "earlier" by it.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.kill().await;
    stage.clock.reboot(10 * SECOND);
    let (first, second) = (stage.start(), stage.start());
    first.until_status("resting").await;
    second.until_status("resting").await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    second.keeper.tell(Trigger::Asked).await;
    second.until_renewed(1).await;
    assert_eq!(second.token().await, "access-2");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_sign_out_in_another_copy_is_one_here() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.sign_out().await;
    second.keeper.tell(Trigger::Asked).await;
    second.until_status("signed_out").await;
    assert_eq!(second.token().await, "none");
    assert_eq!(stage.diary.count("asked"), 0);
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn what_another_copy_has_forgotten_is_signed_out_here() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.forget().await.unwrap();
    second.keeper.tell(Trigger::Asked).await;
    second.until_status("signed_out").await;
    assert_eq!(stage.diary.count("asked"), 0);
}

#[tokio::test]
async fn a_sign_in_in_another_copy_during_a_refresh_is_taken_over_and_the_answer_given_back() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let mut elsewhere = stage.vault.record().unwrap();
    elsewhere.epoch += 1;
    elsewhere.identity = Some(Identity { user: "bob".into(), name: "Bob".into() });
    let held = elsewhere.session.as_mut().unwrap();
    held.tokens.access = "access of bob".into();
    held.tokens.renewal = RenewalSecret::RefreshToken("refresh of bob".into());
    held.asked.boot_ms += DUE;
    stage.vault.put(Some(elsewhere));
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access of bob");
    assert_eq!(stage.stored(), "access of bob");
}

#[tokio::test]
async fn a_refresh_waits_for_the_copy_that_is_renewing_and_takes_over_what_it_brought() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    stage.server.hold();
    first.keeper.tell(Trigger::Asked).await;
    stage.diary.until("asked", 1).await;
    second.keeper.tell(Trigger::Asked).await;
    stage.diary.until("the refresh lock is held", 1).await;
    let shown = second.until_status("waiting").await;
    assert_eq!(sentence(&shown), "another_copy");
    stage.server.let_go();
    first.until_renewed(1).await;
    stage.diary.until("unlocked", 1).await;
    stage.clock.advance(SECOND);
    second.until_renewed(1).await;
    assert_eq!(second.token().await, "access-2");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_refusal_of_a_token_that_another_copy_has_replaced_ends_nothing() {
    let stage = Stage::new();
    let app = refused_while_another_copy_saves(&stage, |held| {
        held.tokens.access = "access of the other".into();
        held.tokens.renewal = RenewalSecret::RefreshToken("refresh of the other".into());
        held.asked.boot_ms += DUE;
    })
    .await;
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access of the other");
}

#[tokio::test]
async fn an_intent_of_a_copy_that_died_is_an_unknown_outcome_here_too() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    stage.server.hold();
    first.keeper.tell(Trigger::Asked).await;
    stage.diary.until("asked", 1).await;
    first.kill().await;
    stage.diary.until("unlocked", 1).await;
    stage.server.let_go();
    stage.server.then([Step::Fail(Class::Refused)]);
    second.keeper.tell(Trigger::Asked).await;
    second.until_status("waiting").await;
    assert_eq!(stage.diary.count("asked"), 1);
    stage.clock.advance(SECOND);
    let shown = second.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "answer_lost");
}

#[tokio::test]
async fn what_another_copy_was_refused_is_not_sent_again_and_ends_in_its_words() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let mut stored = stage.vault.record().unwrap();
    stored.session.as_mut().unwrap().refused = Some(Ended::AnswerLost);
    stage.vault.put(Some(stored));
    stage.server.then([Step::Fail(Class::Refused)]);
    app.keeper.tell(Trigger::Asked).await;
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "answer_lost");
    assert_eq!(stage.diary.count("asked"), 0);
}

#[tokio::test]
async fn a_copy_that_knows_less_of_a_refusal_does_not_write_over_one_that_knows_more() {
    let stage = Stage::new();
    let knows_more = |held: &mut Session| held.refused = Some(Ended::AnswerLost);
    let app = refused_while_another_copy_saves(&stage, knows_more).await;
    app.until_status("needs_sign_in").await;
    app.keeper.quit().await;
    let stored = stage.vault.record().unwrap().session.unwrap();
    assert_eq!(stored.refused, Some(Ended::AnswerLost));
}

#[tokio::test]
async fn a_try_that_never_left_does_not_make_another_copys_intent_known() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    stage.server.then([Step::Fail(Class::NotSent)]);
    second.keeper.tell(Trigger::Asked).await;
    second.until_status("waiting").await;
    stage.server.hold();
    first.keeper.tell(Trigger::Asked).await;
    stage.diary.until("asked", 2).await;
    first.kill().await;
    stage.diary.until("unlocked", 2).await;
    stage.server.let_go();
    stage.server.then([Step::Fail(Class::Refused)]);
    second.keeper.tell(Trigger::Asked).await;
    second
        .until("it knows of the lost answer", |shown| {
            let why = Wait::Failure(Class::UnknownOutcome);
            matches!(shown.view.status, Status::Waiting { why: now, .. } if now == why)
        })
        .await;
    stage.clock.advance(SECOND);
    let shown = second.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "answer_lost");
}

#[tokio::test]
async fn an_intent_for_another_token_is_nobodys_business() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let mut stored = stage.vault.record().unwrap();
    stored.session.as_mut().unwrap().intent =
        Some(Intent { fingerprint: 1, since_wall_ms: stage_now(&stage) });
    stage.vault.put(Some(stored));
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(1).await;
    assert_eq!(status(&app.shown()), "resting");
}

/// The server refuses a renewal; while it was under way another copy had saved what came of its own.
async fn refused_while_another_copy_saves(stage: &Stage, change: impl FnOnce(&mut Session)) -> App {
    let app = stage.signed_in().await;
    stage.server.hold();
    stage.server.then([Step::Fail(Class::Refused)]);
    stage.clock.advance(DUE);
    stage.diary.until("asked", 1).await;
    let mut elsewhere = stage.vault.record().unwrap();
    let held = elsewhere.session.as_mut().unwrap();
    held.intent = None;
    change(held);
    stage.vault.put(Some(elsewhere));
    stage.server.let_go();
    app
}

async fn two_copies(stage: &Stage) -> (App, App) {
    let first = stage.signed_in().await;
    let second = stage.start();
    second.until_status("resting").await;
    (first, second)
}

fn stage_now(stage: &Stage) -> i64 {
    use keeper::ports::Clock as _;
    stage.clock.now().wall.0
}

#[tokio::test]
async fn within_a_tick_each_copy_has_what_another_has_renewed_and_nobody_asks_for_it() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    stage.clock.advance(5 * SECOND);
    second.until_renewed(1).await;
    assert_eq!(second.token().await, "access-2");
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn within_a_tick_each_copy_has_signed_out_as_well() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.sign_out().await;
    stage.clock.advance(5 * SECOND);
    second.until_status("signed_out").await;
    assert_eq!(second.token().await, "none");
}

#[tokio::test]
async fn within_a_tick_each_copy_knows_who_has_signed_in_in_another() {
    let stage = Stage::new();
    let (first, second) = (stage.start(), stage.start());
    for app in [&first, &second] {
        app.until_status("signed_out").await;
    }
    first.sign_in(&stage.server, Keep::Disk).await.unwrap();
    stage.clock.advance(5 * SECOND);
    second.until_status("resting").await;
    assert_eq!(second.token().await, "access-1");

    // And out again, and in again.
    second.keeper.sign_out().await;
    stage.clock.advance(5 * SECOND);
    first.until_status("signed_out").await;
    second.sign_in(&stage.server, Keep::Disk).await.unwrap();
    stage.clock.advance(5 * SECOND);
    first.until_status("resting").await;
    assert_eq!(first.token().await, "access-2");
}

#[tokio::test]
async fn a_window_that_comes_to_the_front_looks_at_once() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.sign_out().await;
    second.keeper.tell(Trigger::Focus).await;
    second.until_status("signed_out").await;
}

#[tokio::test]
async fn what_another_copy_has_forgotten_is_gone_within_a_tick() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    first.keeper.forget().await.unwrap();
    stage.clock.advance(5 * SECOND);
    let shown = second.until_status("signed_out").await;
    assert_eq!(shown.account, None);
}

#[tokio::test]
async fn a_sign_out_in_another_copy_ends_a_refresh_that_waits_for_the_network() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let mut elsewhere = stage.vault.record().unwrap();
    elsewhere.epoch += 1;
    elsewhere.session = None;
    stage.vault.put(Some(elsewhere));
    stage.clock.advance(5 * SECOND);
    app.until_status("signed_out").await;
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn what_the_server_asked_of_one_copy_the_next_one_under_the_lock_heeds() {
    let stage = Stage::new();
    let (first, second) = two_copies(&stage).await;
    stage.server.then([Step::Wait(10 * MINUTE)]);
    stage.clock.advance(DUE);
    let asked = async |app: &App| {
        app.until("it is settled", |shown| {
            matches!(sentence(shown).as_str(), "throttled" | "another_copy")
        })
        .await
    };
    for app in [&first, &second] {
        asked(app).await;
    }
    // Whoever found the lock held looks again a second later.
    stage.clock.advance(2 * SECOND);
    for app in [&first, &second] {
        app.until("it is throttled", |shown| sentence(shown) == "throttled").await;
    }
    stage.clock.advance(MINUTE);
    for app in [&first, &second] {
        app.keeper.look().await;
    }
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_wait_that_the_server_asked_for_outlives_a_restart() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Wait(10 * MINUTE)]);
    stage.clock.advance(DUE);
    app.until("it is throttled", |shown| sentence(shown) == "throttled").await;
    stage.until_stored("the wait", |held| held.wait_until.is_some()).await;
    app.kill().await;

    stage.clock.advance(MINUTE);
    let app = stage.start();
    let shown = app.until("it is throttled", |shown| sentence(shown) == "throttled").await;
    let next = shown.view.next.unwrap().at_ms - stage_now(&stage);
    assert_eq!((next, stage.diary.count("asked")), (9 * MINUTE, 1));
    stage.clock.advance(9 * MINUTE);
    app.until_renewed(1).await;
    // What the next answer brought has nothing to do with it any more.
    assert_eq!(stage.vault.record().unwrap().session.unwrap().wait_until, None);
}
