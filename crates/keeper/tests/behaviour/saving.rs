//! Saved before exposed; and what happens where saving takes too long.

use crate::stage::{Stage, Wrote, sentence};
use engine::SECOND;

#[tokio::test]
async fn the_intent_is_written_then_the_server_asked_then_the_answer_saved() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.server.let_go();
    app.until_renewed(1).await;
    stage.diary.until("unlocked", 1).await;
    let lines = stage.diary.lines();
    let refresh = lines.iter().skip_while(|line| *line != "locked").collect::<Vec<_>>();
    assert_eq!(
        refresh,
        [
            "locked",
            "read",
            "wrote the intent to use refresh-1",
            "asked with refresh-1",
            "wrote refresh-2",
            "unlocked"
        ]
    );
    assert!(stage.vault.record().unwrap().session.unwrap().intent.is_none());
}

#[tokio::test]
async fn while_the_answer_is_being_saved_nobody_gets_it() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    app.keeper.look().await;
    assert_eq!(app.token().await, "access-1");
    assert_eq!(app.shown().view.refreshes, 0);
    drop(hanging);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn an_answer_that_is_not_saved_within_two_seconds_is_handed_out_and_said_to_be_unsaved() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    stage.clock.advance(2 * SECOND - 1);
    app.keeper.look().await;
    assert_eq!(app.token().await, "access-1");
    stage.clock.advance(1);
    let shown = app.until_renewed(1).await;
    assert_eq!(sentence(&app.until("it says so", |s| s.view.unsaved.is_some()).await), "unsaved");
    assert_eq!(shown.view.refreshes, 1);
    assert_eq!(app.token().await, "access-2");
    // The write goes on, and once it is done all is well.
    drop(hanging);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn a_write_that_hangs_is_begun_once_however_many_ticks_go_by() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    stage.clock.advance(2 * SECOND);
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    for _ in 0..10 {
        stage.clock.advance(5 * SECOND);
        app.keeper.look().await;
    }
    drop(hanging);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.diary.count("hangs"), 1);
    assert_eq!(stage.diary.count("wrote refresh-2"), 1);
}

#[tokio::test]
async fn a_store_that_hangs_on_reading_does_not_stop_a_refresh_for_ever() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let hanging = stage.vault.hang_reads();
    let reads = stage.diary.count("read");
    stage.clock.advance(crate::stage::DUE);
    stage.diary.until("read", reads + 1).await;
    app.keeper.look().await;
    assert_eq!(stage.diary.count("asked"), 0);
    stage.clock.advance(12 * SECOND);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    drop(hanging);
}
