//! What could not be saved is held, told, renewed from memory and saved later.

use crate::stage::{DUE, Stage, Step, Wrote, sentence};
use engine::{Class, HOUR, SECOND, Trigger};
use keeper::record::Keep;

#[tokio::test]
async fn a_failed_save_is_exposed_told_and_made_up_for_by_the_tick() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    let shown = app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    assert_eq!(sentence(&shown), "unsaved");
    assert!(shown.view.unsaved.unwrap().detail.contains("the disk is full"));
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.stored(), "access-1");
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn what_a_server_that_does_not_rotate_gave_is_not_taken_for_saved_either() {
    // The stored refresh token is the same before and after: only the access token tells them apart.
    let stage = Stage::new();
    stage.server.then([Step::Grant(HOUR), Step::GrantOnly(HOUR)]);
    let app = stage.signed_in().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.clock.advance(DUE);
    stage.diary.until("hangs", 1).await;
    stage.vault.disk_is_full();
    drop(hanging);
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    for _ in 0..3 {
        stage.clock.advance(5 * SECOND);
        app.keeper.look().await;
    }
    let shown = app.shown();
    assert!(shown.view.unsaved.is_some());
    assert_eq!((app.token().await.as_str(), stage.stored().as_str()), ("access-2", "access-1"));
    assert_eq!(stage.diary.count("unlocked"), 0);
    stage.vault.fail(None);
    // The last try may still be on its way when the next tick comes: the one after that finds it done.
    for _ in 0..3 {
        stage.clock.advance(5 * SECOND);
        app.keeper.look().await;
        tokio::task::yield_now().await;
    }
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn the_refresh_lock_is_kept_until_it_is_saved() {
    // Another copy would read the used-up refresh token from disk, and send it.
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    assert_eq!(stage.diary.count("unlocked"), 0);
    // A refresh from memory that fails keeps it, too.
    stage.server.then([Step::Fail(Class::NotSent)]);
    app.keeper.tell(Trigger::Asked).await;
    app.until_status("waiting").await;
    assert_eq!(stage.diary.count("asked with refresh-2"), 1);
    assert_eq!(stage.diary.count("unlocked"), 0);
    stage.vault.fail(None);
    app.keeper.look().await;
    stage.diary.until("unlocked", 1).await;
    assert_eq!(stage.diary.count("locked"), 1);
}

#[tokio::test]
async fn what_is_unsaved_is_renewed_from_memory_and_the_newest_is_saved() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(2).await;
    assert_eq!(stage.diary.count("asked with refresh-2"), 1);
    assert!(app.shown().view.unsaved.is_some());
    assert_eq!(stage.stored(), "access-1");
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-3");
}

#[tokio::test]
async fn an_unsaved_sign_in_survives_its_renewal_and_is_saved_later() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    stage.vault.disk_is_full();
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    assert!(app.until_status("resting").await.view.unsaved.is_some());
    stage.clock.advance(DUE);
    app.until_renewed(1).await;
    assert_eq!(app.token().await, "access-2");
    assert_eq!(stage.stored(), "nothing");
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-2");
}

#[tokio::test]
async fn a_renewal_that_saves_clears_the_flag() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    stage.vault.fail(None);
    app.keeper.tell(Trigger::Asked).await;
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    app.until_renewed(2).await;
    assert_eq!(stage.stored(), "access-3");
}

#[tokio::test]
async fn a_late_save_of_an_older_answer_does_not_pass_for_the_newest() {
    // 1. A save hangs; after 2 s its answer is exposed, unsaved. 2. It is renewed from memory, and
    // that cannot be saved at all. 3. The first write comes back: done. The flag must stay, and the
    // newest must still get to disk.
    let stage = Stage::new();
    let app = stage.refreshing().await;
    let hanging = stage.vault.hang(Wrote::Session);
    stage.server.let_go();
    stage.diary.until("hangs", 1).await;
    stage.clock.advance(2 * SECOND);
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_status("refreshing").await;
    while app.shown().view.refreshes < 2 {
        // Neither its intent nor its answer can be written while the first write hangs.
        stage.clock.advance(SECOND);
        app.keeper.look().await;
    }
    drop(hanging);
    stage.diary.until("wrote refresh-2", 1).await;
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-3");
    assert_eq!(app.token().await, "access-3");
}

#[tokio::test]
async fn an_unsaved_sign_in_takes_the_place_of_a_session_that_was_renewed_meanwhile() {
    // 1. A refresh is under way. 2. Somebody signs in, and that cannot be saved. 3. The disk works
    // again. What is there by now belongs to the session before.
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until_renewed(1).await;
    app.sign_in(&stage.server, Keep::Disk).await.unwrap();
    let mut elsewhere = stage.vault.record().unwrap();
    elsewhere.session.as_mut().unwrap().tokens.access = "renewed elsewhere".into();
    stage.vault.put(Some(elsewhere));
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until("it is saved", |shown| shown.view.unsaved.is_none()).await;
    assert_eq!(stage.stored(), "access-3");
    assert_eq!(app.token().await, "access-3");
}

#[tokio::test]
async fn what_another_copy_has_put_there_meanwhile_is_taken_over_and_not_replaced() {
    let stage = Stage::new();
    let app = stage.refreshing().await;
    stage.vault.disk_is_full();
    stage.server.let_go();
    app.until("it is unsaved", |shown| shown.view.unsaved.is_some()).await;
    let mut elsewhere = stage.vault.record().unwrap();
    elsewhere.epoch += 1;
    elsewhere.session = None;
    stage.vault.put(Some(elsewhere));
    stage.vault.fail(None);
    stage.clock.advance(5 * SECOND);
    app.until_status("signed_out").await;
    assert_eq!(stage.stored(), "signed out");
    assert_eq!(app.token().await, "none");
}
