//! What is kept comes back, and nothing else.

use super::{Bench, KEY, save, signed_out, token_of};
use crate::contract::{check, sample, unrevoked};
use crate::keys::{FileKey, FixedKey, Key, Keys};
use crate::{FileVault, PlainFiles, Slot, Slots as _};
use engine::Lifetime;
use keeper::ports::{Vault as _, VaultFailure};
use keeper::record::{IdCheck, Intent, Record, RenewalSecret, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn plain_files_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("deep").join("inside");
    check(&|| Ok(Arc::new(PlainFiles::new(&inside, "alice")?))).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let between = fs::metadata(inside.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(between & 0o777, 0o700, "a folder made on the way is private, too");
    }
}

#[test]
fn nothing_kept_is_an_empty_reading_and_not_a_failure() {
    let reading = Bench::new().read();
    assert!(reading.record.is_none() && !reading.fell_back && reading.set_aside.is_empty());
}

#[test]
fn every_kind_of_session_comes_back_as_it_was() {
    let text = |text: &str| SecretString::from(text);
    let renewals = [
        RenewalSecret::RefreshToken(text("r\" \\ \n 中")),
        RenewalSecret::Cookies(text(r#"["a=1; Path=/", "b=\"2\""]"#)),
        RenewalSecret::AccessToken,
        RenewalSecret::Nothing,
    ];
    let lifetimes =
        [Lifetime::Told(7), Lifetime::Unknown(None), Lifetime::Unknown(Some("soon".to_owned()))];
    let checks = [IdCheck::Passed, IdCheck::Pending, IdCheck::Failed];
    for renewal in renewals {
        for (lifetime, check) in lifetimes.clone().into_iter().zip(checks) {
            let mut record = sample(3, "");
            let session = record.session.as_mut().unwrap();
            session.tokens.renewal = renewal.clone();
            session.lifetime = lifetime;
            session.intent = Some(Intent { fingerprint: u64::MAX, since_wall_ms: i64::MIN });
            session.refused = Some(engine::Ended::Refused);
            session.refreshes = u32::MAX;
            session.tokens.id = Some(text("an ID token"));
            session.tokens.client_secret = Some(text("a client's secret"));
            session.id_check = check;
            let mut ended = unrevoked(1);
            ended.tokens = session.tokens.clone();
            record.outbox.push(ended);
            let bench = Bench::new();
            bench.save(record.clone());
            let read = bench.read().record.unwrap();
            record.generation = read.generation;
            assert_eq!(exposed(&read), exposed(&record));
        }
    }
}

/// Everything in a record, tokens included: `Debug` hides those.
pub(super) fn exposed(record: &Record) -> String {
    let session = &record.session.as_ref().unwrap().tokens;
    let ended = record.outbox.iter().map(|entry| &entry.tokens);
    let tokens: Vec<String> = std::iter::once(session).chain(ended).map(exposed_tokens).collect();
    format!("{record:?} {tokens:?}")
}

fn exposed_tokens(tokens: &Tokens) -> String {
    let renewal = match &tokens.renewal {
        RenewalSecret::RefreshToken(text) | RenewalSecret::Cookies(text) => text.expose_secret(),
        RenewalSecret::AccessToken | RenewalSecret::Nothing => "",
    };
    let more = [&tokens.id, &tokens.client_secret];
    let more = more.map(|it| it.as_ref().map(|it| it.expose_secret()));
    format!("{} {renewal} {more:?}", tokens.access.expose_secret())
}

#[test]
fn a_new_epoch_is_in_both_slots_and_a_renewal_in_the_older() {
    let bench = Bench::new();
    assert_eq!(bench.save(sample(1, "first")).generation, 2);
    for slot in Slot::BOTH {
        assert_eq!(bench.document(slot)["epoch"], 1);
        assert!(bench.document(slot)["sealed"].is_object());
    }
    let (newest, before) = (bench.newest(), bench.raw(bench.newest()));
    assert_eq!(bench.save(sample(1, "second")).generation, 3);
    assert_eq!(bench.newest(), newest.other());
    assert_eq!(bench.raw(newest), before);
    assert_eq!(token_of(&bench.read()), "second");
}

#[test]
fn change_sees_what_another_copy_wrote() {
    let bench = Bench::new();
    let (mine, theirs) = (bench.vault(), bench.vault());
    save(&mine, sample(1, "first")).unwrap();
    save(&theirs, sample(1, "second")).unwrap();
    let mut seen = String::new();
    let after = mine
        .change(&mut |present| {
            seen = crate::contract::token(present);
            None
        })
        .unwrap();
    assert_eq!(seen, "second");
    assert_eq!(crate::contract::token(after.as_ref()), "second");
    assert_eq!(after.unwrap().generation, 3);
}

#[test]
fn an_ended_epoch_cannot_be_written_over_a_later_one() {
    let bench = Bench::new();
    bench.save(sample(2, "present"));
    let late = save(&bench.vault(), sample(1, "late answer"));
    assert!(matches!(late, Err(VaultFailure::NotWritten(_))));
    assert_eq!(token_of(&bench.read()), "present");
}

#[test]
fn when_only_one_slot_of_a_new_epoch_was_written_the_new_epoch_counts() {
    for after in [sample(2, "new"), signed_out(2)] {
        let bench = Bench::renewed_once();
        let newest = bench.newest();
        let old = bench.raw(newest);
        bench.save(after.clone());
        // Stopped before the second half.
        bench.put(newest, &old);
        let reading = bench.read();
        let record = reading.record.unwrap();
        assert_eq!(record.epoch, 2);
        assert_eq!(record.session.is_some(), after.session.is_some());
        assert!(!reading.fell_back);
    }
}

#[test]
fn a_sign_out_that_was_stopped_half_way_is_finished_at_the_next_reading() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let old = bench.raw(newest);
    bench.save(signed_out(2));
    bench.put(newest, &old);
    bench.read();
    // Its seal was not opened, as nobody asks a keychain to stay signed out: it keeps its one slot.
    assert!(!bench.path(newest).exists());
    let reading = bench.read();
    assert!(!reading.fell_back);
    assert_eq!(reading.record.unwrap().epoch, 2);
}

#[test]
fn with_the_key_at_hand_a_sign_out_that_was_stopped_half_way_is_written_to_both_slots() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    let newest = bench.newest();
    let old = bench.raw(newest);
    bench.save(signed_out(2));
    bench.put(newest, &old);
    vault.read().unwrap();
    for slot in Slot::BOTH {
        assert_eq!(bench.document(slot)["signed_in"], false);
        assert!(bench.document(slot)["sealed"].is_object());
    }
    assert_eq!(bench.document(newest)["epoch"], 2);
}

#[test]
fn a_newer_format_is_unreadable_and_stays_untouched() {
    let bench = Bench::renewed_once();
    let slot = bench.newest();
    let newer = super::edited(&bench, slot, |document| document["version"] = 3.into());
    bench.put(slot, &newer);
    assert!(matches!(bench.vault().read(), Err(VaultFailure::Unreadable(_))));
    assert!(matches!(bench.vault().card(), Err(VaultFailure::Unreadable(_))));
    assert!(matches!(save(&bench.vault(), sample(9, "x")), Err(VaultFailure::Unreadable(_))));
    assert_eq!(bench.raw(slot), newer);
    assert_eq!(bench.set_aside_files(), 0);
}

#[test]
fn a_slot_that_cannot_be_read_is_neither_absent_nor_damaged() {
    let bench = Bench::renewed_once();
    fs::remove_file(bench.path(Slot::A)).unwrap();
    fs::create_dir(bench.path(Slot::A)).unwrap();
    assert!(matches!(bench.vault().read(), Err(VaultFailure::Unreadable(_))));
    assert!(matches!(save(&bench.vault(), sample(2, "x")), Err(VaultFailure::Unreadable(_))));
    assert!(bench.path(Slot::A).is_dir());
    let left = bench.vault().forget();
    assert!(matches!(left, Err(VaultFailure::NotWritten(what)) if what.detail.contains("slot A")));
}

#[test]
fn the_card_needs_no_key() {
    let bench = Bench::renewed_once();
    let locked = bench.vault_by(super::keychain::Scripted::locked());
    let card = locked.card().unwrap().unwrap();
    assert_eq!(card.identity, sample(1, "").identity);
    assert_eq!(card.account, sample(1, "").account);
    assert!(card.has_session);
    assert_eq!(card.epoch, 1);
    bench.save(signed_out(2));
    assert!(!locked.card().unwrap().unwrap().has_session);
    assert_eq!(Bench::new().vault().card().unwrap(), None);
}

#[test]
fn one_holder_has_the_refresh_lock_until_it_is_dropped() {
    let bench = Bench::new();
    let (mine, theirs) = (bench.vault(), bench.vault());
    let held = mine.try_refresh_lock().unwrap();
    assert!(held.is_some());
    assert!(theirs.try_refresh_lock().unwrap().is_none());
    assert!(mine.try_refresh_lock().unwrap().is_none());
    // Signing out does not wait for a refresh.
    save(&theirs, signed_out(1)).unwrap();
    drop(held);
    assert!(theirs.try_refresh_lock().unwrap().is_some());
}

#[test]
fn a_record_lock_that_is_held_for_too_long_is_a_failure_and_not_a_hang() {
    let bench = Bench::renewed_once();
    let path = bench.folder.path().join("alice.record.lock");
    let held = crate::locks::try_hold(&path).unwrap().unwrap();
    let vault = bench.vault().with_patience(Duration::ZERO);
    assert!(matches!(vault.read(), Err(VaultFailure::Unreadable(why)) if why.contains("copy")));
    assert!(matches!(save(&vault, sample(2, "x")), Err(VaultFailure::NotWritten(_))));
    drop(held);
    assert_eq!(token_of(&vault.read().unwrap()), "second");
}

#[test]
fn forgetting_leaves_nothing_but_the_locks() {
    let bench = Bench::renewed_once();
    bench.put(bench.newest(), b"torn");
    bench.read();
    assert_eq!(bench.set_aside_files(), 1);
    bench.vault().forget().unwrap();
    let lock = |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "lock");
    assert!(bench.files().iter().all(lock), "{:?}", bench.files());
    assert!(bench.read().record.is_none());
}

#[test]
fn accounts_do_not_open_each_others_slots() {
    let bench = Bench::renewed_once();
    let bob = PlainFiles::new(bench.folder.path(), "bob").unwrap();
    for slot in Slot::BOTH {
        let stolen = bench.folder.path().join(format!("bob-{}.json", slot.letter()));
        fs::copy(bench.path(slot), stolen).unwrap();
    }
    let keys = Keys::new(FixedKey(Key::new(KEY)), FileKey::new(bob.folder()));
    let reading = FileVault::new(bob, keys).read().unwrap();
    assert!(reading.record.is_none());
    assert_eq!(reading.set_aside.len(), 2);
}

#[test]
fn an_account_name_must_be_a_plain_file_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "../x", "a/b", "a.b", "名", &"a".repeat(65)] {
        assert!(PlainFiles::new(folder.path(), name).is_err(), "{name}");
    }
    assert!(PlainFiles::new(folder.path(), "Alice_at-Demo-1").is_ok());
}
