//! Quitting waits for what is being written, a little for a refresh, and for nothing else.

use crate::stage::{Stage, Wrote, settled};
use engine::SECOND;
use keeper::SignInError;
use keeper::record::Keep;

#[tokio::test]
async fn quitting_waits_for_the_write_in_progress() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    let keeper = app.keeper.clone();
    let quitting = tokio::spawn(async move { keeper.quit().await });
    settled().await;
    stage.clock.advance(4 * SECOND);
    settled().await;
    assert!(!quitting.is_finished());
    drop(hanging);
    quitting.await.unwrap();
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn quitting_waits_three_seconds_for_a_refresh_and_its_intent_stays() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let keeper = app.keeper.clone();
    let quitting = tokio::spawn(async move { keeper.quit().await });
    settled().await;
    stage.clock.advance(3 * SECOND - 1);
    settled().await;
    assert!(!quitting.is_finished());
    stage.clock.advance(1);
    quitting.await.unwrap();
    assert!(stage.vault.record().unwrap().session.unwrap().intent.is_some());
    app.task.await.unwrap();
}

#[tokio::test]
async fn a_refresh_that_is_answered_while_quitting_is_saved() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let keeper = app.keeper.clone();
    let quitting = tokio::spawn(async move { keeper.quit().await });
    tokio::task::yield_now().await;
    stage.server.let_go();
    quitting.await.unwrap();
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn what_is_unsaved_is_tried_once_more() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    stage.vault.fail(None);
    app.keeper.quit().await;
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn a_sign_out_that_could_not_be_written_is_tried_once_more() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.vault.fail_forget(true);
    app.keeper.sign_out().await;
    app.until("it says so", |shown| shown.sign_out_unwritten.is_some()).await;
    stage.vault.fail(None);
    app.keeper.quit().await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn after_quitting_nobody_waits_for_an_answer() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.quit().await;
    app.keeper.sign_out().await;
    app.keeper.look().await;
    app.keeper.quit().await;
    assert!(app.keeper.call_api().await.is_none());
    let refused = app.sign_in(&stage.server, Keep::Disk).await.unwrap_err();
    assert!(matches!(refused, SignInError::Quitting));
    stage.clock.advance(2 * engine::HOUR);
    assert!(app.keeper.access_token(0).await.is_err());
}

#[tokio::test]
async fn a_caller_who_waits_while_the_app_quits_is_told() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.clock.advance(engine::HOUR);
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    let keeper = app.keeper.clone();
    let quitting = tokio::spawn(async move { keeper.quit().await });
    settled().await;
    stage.clock.advance(3 * SECOND);
    quitting.await.unwrap();
    assert!(caller.await.unwrap().is_err());
}
