//! A sign-in runs beside the session; the last wish of the person wins.

use crate::stage::{Stage, Step, Wrote, status};
use engine::Class;
use keeper::NotTold;
use keeper::SignInError;
use keeper::ports::VaultFailure;
use keeper::record::Keep;
use std::sync::Arc;

#[tokio::test]
async fn a_failed_sign_in_leaves_the_session_as_it_was() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.then([Step::Fail(Class::Refused)]);
    let refused = app.sign_in(&stage.server, Keep::Disk).await.unwrap_err();
    assert!(matches!(refused, SignInError::Failed(_)));
    assert_eq!(status(&app.shown()), "resting");
    assert_eq!(app.token().await, "access-1");
}

#[tokio::test]
async fn a_sign_out_during_a_sign_in_wins() {
    let stage = Stage::new();
    let app = Arc::new(stage.start());
    app.until_status("signed_out").await;
    stage.server.hold();
    let (beside, server) = (Arc::clone(&app), Arc::clone(&stage.server));
    let signing_in = tokio::spawn(async move { beside.sign_in(&server, Keep::Disk).await });
    stage.diary.until("sign-in", 1).await;
    app.keeper.sign_out().await;
    stage.server.let_go();
    assert!(matches!(signing_in.await.unwrap(), Err(SignInError::Overtaken)));
    assert_eq!(stage.stored(), "nothing");
    assert_eq!(status(&app.shown()), "signed_out");
    stage.diary.until("gave back refresh-1", 1).await;
}

#[tokio::test]
async fn a_sign_out_while_a_sign_in_is_being_saved_wins_too() {
    // 1. The sign-in is in the vault's hands. 2. The person signs out. 3. The vault has saved it.
    // The sign-out is for whatever is there, and the sign-in comes too late.
    let stage = Stage::new();
    let app = Arc::new(stage.start());
    app.until_status("signed_out").await;
    let hanging = stage.vault.hang(Wrote::Session);
    let (beside, server) = (Arc::clone(&app), Arc::clone(&stage.server));
    let signing_in = tokio::spawn(async move { beside.sign_in(&server, Keep::Disk).await });
    stage.diary.until("hangs", 1).await;
    let keeper = app.keeper.clone();
    let signing_out = tokio::spawn(async move { keeper.sign_out().await });
    // Answered in turn: the sign-out is in before the vault lets go.
    app.keeper.look().await;
    drop(hanging);
    signing_out.await.unwrap();
    assert!(matches!(signing_in.await.unwrap(), Err(SignInError::Overtaken)));
    assert_eq!(stage.stored(), "signed out");
    assert_eq!(status(&app.shown()), "signed_out");
    stage.diary.until("gave back refresh-1", 1).await;
}

#[tokio::test]
async fn of_two_sign_ins_the_later_one_stays() {
    let stage = Stage::new();
    let app = Arc::new(stage.signed_in().await);
    stage.server.hold();
    let (beside, server) = (Arc::clone(&app), Arc::clone(&stage.server));
    let first = tokio::spawn(async move { beside.sign_in(&server, Keep::Disk).await });
    stage.diary.until("sign-in", 2).await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.server.let_go();
    assert!(matches!(first.await.unwrap(), Err(SignInError::Overtaken)));
    assert_eq!(stage.stored(), "bob-access-1");
    assert_eq!(app.token().await, "bob-access-1");
}

#[tokio::test]
async fn a_locked_keychain_stops_a_sign_in_and_the_session_before_it_stays() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let bob = stage.server_named("bob");
    stage.vault.fail(Some(VaultFailure::KeychainLocked("locked".into())));
    for server in [&bob, &stage.server] {
        let locked = app.sign_in(server, Keep::Disk).await.unwrap_err();
        assert!(matches!(locked, SignInError::Vault(VaultFailure::KeychainLocked(_))));
    }
    // Nobody will use what was granted. To revoke it at the server where the same person is signed in
    // could end that session, too.
    stage.diary.until("bob-gave back bob-refresh-1", 1).await;
    assert_eq!(stage.diary.count("gave back"), 0);
    let left = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    assert_eq!(left.left_to_expire.unwrap().why, NotTold::SignedInAgain);
    assert_eq!(app.token().await, "access-1");
}
