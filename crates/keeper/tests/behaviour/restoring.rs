//! Starting over what is stored, and over what cannot be read.

use crate::stage::{DUE, Stage, account, sentence, settled};
use engine::{HOUR, MINUTE, SECOND, Trigger};
use keeper::ports::VaultFailure;

#[tokio::test]
async fn a_locked_keychain_is_waited_for_and_nothing_is_lost() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    stage.vault.fail_reads(Some(VaultFailure::KeychainLocked("locked".into())));
    let app = stage.start();
    app.until("it is locked", |shown| sentence(shown) == "locked").await;
    assert_eq!(stage.stored(), "access-1");
    // Not by the tick: each try raises the keychain's dialog.
    let reads = stage.diary.count("read");
    for _ in 0..60 {
        stage.clock.advance(5 * SECOND);
        settled().await;
    }
    app.keeper.look().await;
    assert_eq!(stage.diary.count("read"), reads);
    // The person tries again, first in vain.
    app.keeper.tell(Trigger::Asked).await;
    stage.diary.until("read", reads + 1).await;
    app.until("it is locked", |shown| sentence(shown) == "locked").await;
    stage.vault.fail_reads(None);
    app.keeper.tell(Trigger::Focus).await;
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access-1");
    assert_eq!(stage.diary.count("asked"), 0);
}

#[tokio::test]
async fn each_reason_why_a_store_cannot_be_read_has_its_sentence() {
    for (failure, words) in [
        (VaultFailure::Unreadable("input/output error".into()), "unreadable"),
        (VaultFailure::not_written("its lock"), "unreadable"),
        (VaultFailure::KeychainLocked("locked".into()), "locked"),
        (VaultFailure::KeychainSlow("no answer".into()), "keychain_slow"),
        (VaultFailure::KeychainCancelled("dismissed".into()), "keychain_cancelled"),
        (VaultFailure::KeychainGone("no bus".into()), "keychain_gone"),
        (VaultFailure::KeyGone("no entry".into()), "key_gone"),
    ] {
        let stage = Stage::new();
        stage.signed_in().await.kill().await;
        stage.vault.fail_reads(Some(failure));
        let app = stage.start();
        let named =
            |shown: &keeper::Shown| shown.known_as.as_ref().is_some_and(|who| who.user == "alice");
        let shown = app.until(words, |shown| sentence(shown) == words && named(shown)).await;
        assert!(shown.account.is_some(), "{words}");
        assert_eq!(stage.stored(), "access-1");
        // And it goes on as soon as it can be read.
        stage.vault.fail_reads(None);
        app.keeper.tell(Trigger::Asked).await;
        let shown = app.until_status("resting").await;
        assert_eq!(shown.known_as, None);
        assert_eq!(app.token().await, "access-1");
    }
}

#[tokio::test]
async fn a_caller_at_start_waits_for_the_record() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let hanging = stage.vault.hang_reads();
    let app = stage.start();
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    app.keeper.look().await;
    assert!(!caller.is_finished());
    drop(hanging);
    assert!(caller.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_caller_waits_thirty_seconds_for_a_keychain_and_no_longer() {
    let stage = Stage::new();
    let hanging = stage.vault.hang_reads();
    let app = stage.start();
    let keeper = app.keeper.clone();
    let caller = tokio::spawn(async move { keeper.access_token(0).await });
    stage.diary.until("read", 1).await;
    app.keeper.look().await;
    stage.clock.advance(30 * SECOND - 1);
    app.keeper.look().await;
    assert!(!caller.is_finished());
    stage.clock.advance(1);
    assert!(caller.await.unwrap().is_err());
    drop(hanging);
}

#[tokio::test]
async fn after_a_reboot_the_wall_clock_says_how_old_a_token_is() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    stage.clock.reboot(10 * MINUTE);
    let app = stage.start();
    let token = app.until_status("resting").await.view.token.unwrap();
    assert_eq!(token.ends_ms, crate::stage::NOON + HOUR);
    assert_eq!(app.token().await, "access-1");
    stage.clock.advance(DUE - 10 * MINUTE);
    app.until_renewed(1).await;
}

#[tokio::test]
async fn a_token_that_ended_while_the_computer_was_off_is_renewed_at_launch() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    stage.clock.reboot(8 * HOUR);
    let app = stage.start();
    let shown = app.until_renewed(1).await;
    assert_eq!(shown.view.why.unwrap().reason, Some(Trigger::Launch));
    assert_eq!(shown.view.kept_over_ms, Some(8 * HOUR));
}

#[tokio::test]
async fn settings_that_no_longer_work_stop_the_renewal_and_nothing_else() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let mut stored = stage.vault.record().unwrap();
    stored.account = serde_json::json!({"server": 42});
    stage.vault.put(Some(stored));
    let app = stage.start();
    app.until_status("resting").await;
    assert_eq!(app.token().await, "access-1");
    stage.clock.advance(DUE);
    let shown = app.until_status("stopped").await;
    assert_eq!(sentence(&shown), "stopped");
    assert_eq!(shown.view.who.unwrap().user, "alice");
    assert_eq!(app.token().await, "access-1");
    assert!(app.keeper.call_api().await.is_none());
    // Signing in with settings that work mends it.
    app.sign_in(&stage.server, keeper::record::Keep::Disk).await.unwrap();
    assert_eq!(app.until_status("resting").await.account, Some(account()));
}

#[tokio::test]
async fn somebody_elses_tokens_never_go_to_the_server_of_before() {
    // Another copy has signed in somewhere whose settings do not work here: there is no server then,
    // least of all the one before.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let mut elsewhere = stage.vault.record().unwrap();
    elsewhere.epoch += 1;
    elsewhere.account = serde_json::json!({"server": 42});
    elsewhere.session.as_mut().unwrap().tokens.access = "access of bob".into();
    stage.vault.put(Some(elsewhere));
    app.keeper.tell(Trigger::Asked).await;
    app.until("it is taken over", |shown| shown.account != Some(account())).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_status("stopped").await;
    assert_eq!(stage.diary.count("asked"), 0);
    assert!(app.keeper.call_api().await.is_none());
    assert_eq!(stage.diary.count("called"), 0);
}
