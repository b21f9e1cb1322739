//! An answer to an epoch that has ended is never kept.

use crate::stage::{DUE, Stage, Wrote, status};
use engine::SECOND;
use keeper::record::Keep;

#[tokio::test]
async fn the_answer_to_a_refresh_that_a_sign_out_overtook_is_given_back_and_not_kept() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    app.keeper.sign_out().await;
    assert_eq!(stage.stored(), "signed out");
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    app.keeper.look().await;
    assert_eq!(stage.stored(), "signed out");
    assert_eq!(status(&app.shown()), "signed_out");
    assert_eq!(app.token().await, "none");
}

#[tokio::test]
async fn a_sign_in_during_a_refresh_stays_when_the_answer_comes() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    app.keeper.look().await;
    assert_eq!(stage.stored(), "bob-access-1");
    assert_eq!(app.token().await, "bob-access-1");
    // And to whom it belongs: nobody else is shown it.
    assert_eq!(stage.diary.count("bob-gave back"), 0);
}

#[tokio::test]
async fn an_unsaved_sign_in_during_a_refresh_stays_too() {
    // The late answer finds its own epoch on disk still: it must not be written there, nor pass for
    // the sign-in that could not be.
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let bob = stage.server_named("bob");
    stage.vault.disk_is_full();
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.vault.fail(None);
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    assert_eq!(stage.stored(), "access-1");
    assert!(app.shown().view.unsaved.is_some());
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "bob-access-1");
    assert_eq!(app.token().await, "bob-access-1");
}

#[tokio::test]
async fn an_answer_that_was_saved_a_moment_too_early_is_given_back_too() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    let keeper = app.keeper.clone();
    let signing_out = tokio::spawn(async move { keeper.sign_out().await });
    app.until_status("signed_out").await;
    drop(hanging);
    signing_out.await.unwrap();
    stage.diary.until("gave back refresh-2", 1).await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn a_session_that_was_never_on_disk_does_not_get_there_after_its_sign_out() {
    // Nothing is stored, so the sign-out has nothing to write over: only its epoch says no.
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    stage.vault.disk_is_full();
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    stage.server.hold();
    stage.clock.advance(DUE);
    stage.diary.until("asked", 1).await;
    app.keeper.sign_out().await;
    stage.vault.fail(None);
    stage.server.let_go();
    stage.diary.until("gave back refresh-2", 1).await;
    app.keeper.look().await;
    assert_eq!(stage.stored(), "nothing");
}
