//! Sessions that have ended here and of which their server has still to be told.

use crate::stage::{DUE, Farewell, Stage, Step, status};
use engine::{HOUR, SECOND, Trigger};
use keeper::NotTold;
use keeper::record::Keep;

#[tokio::test]
async fn a_sign_out_and_what_the_server_has_still_to_hear_are_one_write() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold_sign_outs();
    app.keeper.sign_out().await;
    let record = stage.vault.record().unwrap();
    assert!(record.session.is_none());
    assert_eq!(record.outbox.len(), 1);
    assert_eq!(record.outbox[0].user, "alice");
}

#[tokio::test]
async fn once_the_server_has_heard_it_nothing_is_left_of_it() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.sign_out().await;
    stage.diary.until("gave back refresh-1", 1).await;
    stage.until_told().await;
    let shown = app.shown();
    assert_eq!((shown.outbox.len(), shown.left_to_expire), (0, None));
}

#[tokio::test]
async fn a_server_that_is_down_is_told_when_it_is_back_and_the_window_says_so() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None), Farewell::Status(Some(503))]);
    app.keeper.sign_out().await;
    let shown = app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    assert_eq!((shown.outbox[0].user.as_str(), shown.outbox[0].tries), ("alice", 1));
    assert!(shown.outbox[0].next_ms.is_some());
    for tries in 2..=3 {
        stage.clock.advance(2 * SECOND);
        stage.diary.until("gave back refresh-1", tries).await;
    }
    stage.until_told().await;
    let shown = app.until("nothing is left", |shown| shown.outbox.is_empty()).await;
    assert_eq!(shown.left_to_expire, None);
    assert_eq!(status(&shown), "signed_out");
}

#[tokio::test]
async fn it_is_told_after_a_restart_as_well() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None)]);
    app.keeper.sign_out().await;
    app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    stage.until_tried(1).await;
    app.kill().await;

    let app = stage.start();
    app.until_status("signed_out").await;
    stage.diary.until("gave back refresh-1", 2).await;
    stage.until_told().await;
}

#[tokio::test]
async fn a_network_that_is_back_is_used_at_once() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None); 9]);
    app.keeper.sign_out().await;
    for tries in 2..=9 {
        app.until("it has failed", |shown| {
            shown.outbox.first().is_some_and(|untold| untold.tries as usize == tries - 1)
        })
        .await;
        stage.clock.advance(HOUR / 2);
        stage.diary.until("gave back refresh-1", tries).await;
    }
    app.until("it has failed", |shown| shown.outbox.first().is_some_and(|it| it.tries == 9)).await;
    app.keeper.tell(Trigger::NetworkBack).await;
    stage.diary.until("gave back refresh-1", 10).await;
    stage.until_told().await;
}

#[tokio::test]
async fn a_server_that_says_no_is_not_asked_again_and_it_is_said() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(Some(401))]);
    app.keeper.sign_out().await;
    let shown = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    let left = shown.left_to_expire.unwrap();
    assert_eq!((left.why, left.user.as_str()), (NotTold::NotAccepted, "alice"));
    assert_eq!(left.exchange.unwrap().status, Some(401));
    stage.until_told().await;
    stage.clock.advance(HOUR);
    app.keeper.look().await;
    assert_eq!(stage.diary.count("gave back"), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_told_is_named_so() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::NotOffered]);
    app.keeper.sign_out().await;
    let shown = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    assert_eq!(shown.left_to_expire.unwrap().why, NotTold::NotOffered);
}

#[tokio::test]
async fn it_never_stands_in_the_way_of_the_next_sign_in() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold_sign_outs();
    app.keeper.sign_out().await;
    stage.diary.until("gave back refresh-1", 1).await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    // Nor of its first renewal, although the first server has not answered to this moment.
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "bob-access-2");
    assert_eq!(stage.diary.count("the refresh lock is held"), 0);
    assert_eq!(stage.vault.record().unwrap().outbox.len(), 1);
}

#[tokio::test]
async fn what_the_same_person_has_left_behind_is_not_revoked_under_a_new_session() {
    // Telling the server now could end the new session, too.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None)]);
    app.keeper.sign_out().await;
    app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    let shown = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    assert_eq!(shown.left_to_expire.unwrap().why, NotTold::SignedInAgain);
    assert!(shown.outbox.is_empty());
    stage.clock.advance(60 * SECOND);
    app.keeper.look().await;
    assert_eq!(stage.diary.count("gave back"), 1);
    assert!(stage.vault.record().unwrap().outbox.is_empty());
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn a_late_answer_for_the_same_person_is_left_to_expire() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::GrantLate(HOUR)]);
    stage.clock.advance(DUE);
    stage.diary.until("asked", 1).await;
    app.keeper.sign_out().await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    stage.server.answers_at_last();
    // What was asked with before, and what came of it: neither is revoked.
    app.until("both are said", |shown| shown.left_to_expire.as_ref().is_some_and(|it| it.id == 2))
        .await;
    assert_eq!(stage.diary.count("gave back"), 0);
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn somebody_elses_session_that_a_sign_in_replaces_is_given_back() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.diary.until("gave back refresh-1", 1).await;
    assert_eq!(stage.diary.count("bob-gave back"), 0);
}

#[tokio::test]
async fn what_is_kept_in_memory_only_is_never_written_down_for_this_either() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    app.sign_in(&stage.server, Keep::Memory).await.unwrap();
    stage.server.says_farewell([Farewell::Status(None)]);
    app.keeper.sign_out().await;
    app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    assert!(stage.vault.record().unwrap().outbox.is_empty());
    stage.clock.advance(2 * SECOND);
    stage.diary.until("gave back refresh-1", 2).await;
}

#[tokio::test]
async fn of_two_copies_one_tells_the_server() {
    let stage = Stage::new();
    let first = stage.signed_in().await;
    let second = stage.start();
    second.until_status("resting").await;
    stage.server.hold_sign_outs();
    first.keeper.sign_out().await;
    stage.diary.until("gave back refresh-1", 1).await;
    stage.clock.advance(5 * SECOND);
    second.until_status("signed_out").await;
    for _ in 0..3 {
        stage.clock.advance(5 * SECOND);
        second.keeper.look().await;
    }
    assert_eq!(stage.diary.count("gave back"), 1);
    stage.server.let_go_sign_outs();
    stage.until_told().await;
    stage.clock.advance(10 * SECOND);
    second.keeper.look().await;
    second.until("nothing is left", |shown| shown.outbox.is_empty()).await;
    assert_eq!(stage.diary.count("gave back"), 1);
}

#[tokio::test]
async fn after_thirty_days_without_the_server_it_is_given_up() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None); 99]);
    app.keeper.sign_out().await;
    app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    stage.clock.advance(30 * 24 * HOUR);
    app.keeper.look().await;
    let shown = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    assert_eq!(shown.left_to_expire.unwrap().why, NotTold::GaveUp);
    stage.until_told().await;
}

#[tokio::test]
async fn a_renewal_saved_while_the_outbox_waits_keeps_the_outbox() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.says_farewell([Farewell::Status(None); 99]);
    app.keeper.sign_out().await;
    app.until("it is shown", |shown| !shown.outbox.is_empty()).await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.vault.disk_is_full();
    stage.clock.advance(DUE);
    stage.clock.advance(HOUR - DUE - 30 * SECOND);
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.vault.record().unwrap().outbox.len(), 1);
}
