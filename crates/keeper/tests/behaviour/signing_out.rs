//! A sign-out is at once, and is not lost, whatever the disk or the server say.

use crate::stage::{Stage, status};
use engine::SECOND;
use keeper::ports::VaultFailure;
use keeper::record::Keep;

#[tokio::test]
async fn a_sign_out_is_at_once_although_refresh_and_sign_out_hang_at_the_server() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.server.hold_sign_outs();
    app.keeper.sign_out().await;
    assert_eq!(status(&app.until_status("signed_out").await), "signed_out");
    assert_eq!(app.token().await, "none");
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn the_tokens_are_given_back_to_their_server() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.sign_out().await;
    stage.diary.until("gave back refresh-1", 1).await;
    let record = stage.vault.record().unwrap();
    assert_eq!(record.identity.unwrap().user, "alice");
}

#[tokio::test]
async fn a_sign_out_before_the_record_was_read_counts() {
    // Nobody knows yet which epoch is stored: the sign-out is for whatever is there.
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    stage.vault.fail_reads(Some(VaultFailure::KeychainLocked("locked".into())));
    let app = stage.start();
    app.until("the keychain is waited for", |shown| crate::stage::sentence(shown) == "locked")
        .await;
    app.keeper.sign_out().await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn a_record_that_is_read_after_a_sign_out_is_not_taken_over() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let hanging = stage.vault.hang_reads();
    let reads = stage.diary.count("read");
    let app = stage.start();
    stage.diary.until("read", reads + 1).await;
    app.keeper.sign_out().await;
    drop(hanging);
    app.keeper.look().await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn a_record_that_is_read_after_a_sign_in_does_not_replace_it() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let hanging = stage.vault.hang_reads();
    let reads = stage.diary.count("read");
    let app = stage.start();
    stage.diary.until("read", reads + 1).await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    drop(hanging);
    app.until("what was read has come", |_| true).await;
    // A read that came would have been handled before this.
    app.keeper.sign_out().await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    assert_eq!(app.token().await, "access-3");
}

#[tokio::test]
async fn a_sign_out_that_cannot_be_written_removes_the_record() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.fail(Some(VaultFailure::KeychainLocked("locked".into())));
    app.keeper.sign_out().await;
    assert_eq!(stage.stored(), "nothing");
    assert_eq!(app.shown().sign_out_unwritten, None);
}

#[tokio::test]
async fn a_sign_out_that_can_neither_be_written_nor_removed_is_told_and_tried_again() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.vault.fail_forget(true);
    app.keeper.sign_out().await;
    let shown = app.until("it says so", |shown| shown.sign_out_unwritten.is_some()).await;
    assert_eq!(status(&shown), "signed_out");
    assert!(shown.sign_out_unwritten.unwrap().contains("still there"));
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is written", |shown| shown.sign_out_unwritten.is_none()).await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn trying_again_to_write_a_sign_out_never_touches_a_later_sign_in() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.disk_is_full();
    stage.vault.fail_forget(true);
    app.keeper.sign_out().await;
    app.until("it says so", |shown| shown.sign_out_unwritten.is_some()).await;
    stage.vault.fail(None);
    stage.vault.fail_forget(false);
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    stage.clock.advance(5 * SECOND);
    app.keeper.look().await;
    app.until("it is not told any more", |shown| shown.sign_out_unwritten.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
    assert_eq!(app.token().await, "access-2");
}

#[tokio::test]
async fn forgetting_removes_everything_and_a_new_sign_in_begins_anew() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.forget().await.unwrap();
    assert_eq!(stage.stored(), "nothing");
    let shown = app.until_status("signed_out").await;
    assert_eq!(shown.account, None);
    stage.diary.until("gave back refresh-1", 1).await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    assert_eq!(stage.stored(), "access-2");
    app.keeper.sign_out().await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn what_could_not_be_forgotten_is_signed_out_all_the_same() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.vault.fail_forget(true);
    assert!(app.keeper.forget().await.is_err());
    assert_eq!(stage.stored(), "access-1");
    app.until("it says so", |shown| shown.sign_out_unwritten.is_some()).await;
    stage.clock.advance(5 * SECOND);
    app.until("it is written", |shown| shown.sign_out_unwritten.is_none()).await;
    assert_eq!(stage.stored(), "signed out");
}

#[tokio::test]
async fn a_sign_out_goes_to_the_server_of_its_own_session() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    app.keeper.sign_out().await;
    stage.diary.until("bob-gave back bob-refresh-1", 1).await;
    stage.diary.until("gave back refresh-1", 1).await;
    assert_eq!(stage.diary.count("bob-gave back refresh-1"), 0);
}
