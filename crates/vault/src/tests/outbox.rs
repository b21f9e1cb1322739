//! Sessions that have ended here, and that the server has still to be told of.

use super::keychain::Scripted;
use super::{Bench, KEY, ids_of, save, signed_out, signed_out_with, token_of};
use crate::Slot;
use crate::contents::MOST;
use crate::contract::{sample, unrevoked};
use crate::document::{self, Place};
use crate::keys::{KeptBy, Key, KeyFailure};
use keeper::ports::{Vault as _, VaultFailure};
use keeper::record::{Keep, Record, RenewalSecret, Unrevoked};
use secrecy::ExposeSecret as _;

fn exposed(entry: &Unrevoked) -> String {
    let renewal = match &entry.tokens.renewal {
        RenewalSecret::RefreshToken(text) | RenewalSecret::Cookies(text) => text.expose_secret(),
        RenewalSecret::AccessToken | RenewalSecret::Nothing => "",
    };
    format!("{entry:?} {} {renewal}", entry.tokens.access.expose_secret())
}

fn in_memory(id: u64) -> Unrevoked {
    Unrevoked { keep: Keep::Memory, ..unrevoked(id) }
}

/// A vault that knows the key, and a sign-out with an outbox on disk.
fn told_nobody_yet() -> Bench {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    save(&vault, signed_out_with(2, &[1, 2])).unwrap();
    bench
}

#[test]
fn it_comes_back_as_it_was_signed_in_or_out() {
    let bench = Bench::new();
    for record in [sample(1, "first"), signed_out(2)] {
        let mut entries = vec![unrevoked(1), unrevoked(2), unrevoked(3)];
        entries[1].tokens.renewal = RenewalSecret::Cookies(r#"["a=1"]"#.into());
        entries[2].next_try = None;
        entries[2].ends_wall_ms = None;
        entries[2].tokens.renewal = RenewalSecret::Nothing;
        let session = record.session.is_some();
        bench.save(Record { outbox: entries.clone(), ..record });
        let read = bench.read().record.unwrap();
        assert_eq!(read.session.is_some(), session);
        let (read, wrote): (Vec<_>, Vec<_>) =
            (read.outbox.iter().map(exposed).collect(), entries.iter().map(exposed).collect());
        assert_eq!(read, wrote);
    }
}

#[test]
fn a_change_of_the_outbox_alone_is_kept_signed_in_or_out() {
    for record in [sample(1, "first"), signed_out(2)] {
        let bench = Bench::renewed_once();
        bench.save(Record { outbox: vec![unrevoked(1), unrevoked(2)], ..record });
        let vault = bench.vault();
        let after = vault.change(&mut |present| {
            let mut next = present.unwrap().clone();
            next.outbox.remove(0);
            next.outbox[0].tries += 1;
            Some(next)
        });
        assert_eq!(ids_of(after.unwrap().as_ref()), [2]);
        let read = bench.read().record.unwrap();
        assert_eq!(ids_of(Some(&read)), [2]);
        assert_eq!(read.outbox[0].tries, unrevoked(2).tries + 1);
    }
}

#[test]
fn only_where_something_is_in_it_a_signed_out_start_asks_for_the_key() {
    let bench = told_nobody_yet();
    let keychain = Scripted::holding(KEY);
    let reading = bench.vault_by(keychain.clone()).read().unwrap();
    assert_eq!(ids_of(reading.record.as_ref()), [1, 2]);
    assert_eq!(keychain.asked(), 1);

    save(&bench.vault(), signed_out_with(2, &[])).unwrap();
    let keychain = Scripted::holding(KEY);
    assert!(bench.vault_by(keychain.clone()).read().unwrap().outbox_shut.is_none());
    assert_eq!(keychain.asked(), 0, "no prompt for nothing");
}

#[test]
fn one_that_cannot_be_opened_holds_nobody_up_and_is_not_lost() {
    let words = || "words".to_owned();
    for (failure, named) in [
        (KeyFailure::Locked(words()), VaultFailure::KeychainLocked(words())),
        (KeyFailure::NoKeychain(words()), VaultFailure::KeychainGone(words())),
    ] {
        let bench = told_nobody_yet();
        let before = Slot::BOTH.map(|slot| bench.raw(slot));
        let keychain = Scripted::holding(KEY).failing(Some(failure));
        let vault = bench.vault_by(keychain.clone());
        let reading = vault.read().unwrap();
        let record = reading.record.unwrap();
        assert!(record.session.is_none() && record.outbox.is_empty() && record.epoch == 2);
        assert_eq!(reading.outbox_shut, Some(named.clone()));
        // Within its epoch nothing is written over it.
        assert_eq!(save(&vault, signed_out_with(2, &[3])).unwrap_err(), named);
        assert!(vault.change(&mut |_| None).unwrap().is_some());
        assert_eq!(Slot::BOTH.map(|slot| bench.raw(slot)), before);
        // The keychain is unlocked.
        let _ = keychain.failing(None);
        let reading = vault.read().unwrap();
        assert_eq!(ids_of(reading.record.as_ref()), [1, 2]);
        assert!(reading.outbox_shut.is_none());
    }
}

#[test]
fn a_sign_in_over_one_whose_key_is_gone_sets_it_aside() {
    let bench = told_nobody_yet();
    let vault = bench.vault_by(Scripted::empty());
    assert!(matches!(vault.read().unwrap().outbox_shut, Some(VaultFailure::KeyGone(_))));
    save(&vault, sample(3, "new")).unwrap();
    let reading = vault.read().unwrap();
    assert_eq!(token_of(&reading), "new");
    assert_eq!(reading.set_aside.len(), 2, "its key may turn up");
}

#[test]
fn a_sign_out_without_a_key_at_hand_is_written_and_says_what_it_could_not_keep() {
    for keychain in [Scripted::locked(), Scripted::absent(), Scripted::empty()] {
        let bench = Bench::renewed_once();
        let vault = bench.vault_by(keychain);
        let kept = save(&vault, signed_out_with(2, &[1])).unwrap().unwrap();
        assert!(kept.outbox.is_empty());
        for slot in Slot::BOTH {
            assert!(bench.document(slot)["sealed"].is_null());
            assert_eq!(bench.document(slot)["outbox"], 0);
        }
        assert!(bench.read().record.unwrap().session.is_none());
    }
}

#[test]
fn a_key_at_hand_seals_a_sign_out_though_the_keychain_is_locked_by_now() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::holding(KEY);
    let vault = bench.vault_by(keychain.clone());
    vault.read().unwrap();
    let asked = keychain.asked();
    let _ = keychain.clone().failing(Some(KeyFailure::Locked("locked".to_owned())));
    let kept = save(&vault, signed_out_with(2, &[1])).unwrap();
    assert_eq!(ids_of(kept.as_ref()), [1]);
    assert_eq!(keychain.asked(), asked);
    assert_eq!(ids_of(bench.read().record.as_ref()), [1]);
}

#[test]
fn entries_for_memory_stay_in_memory() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    let outbox = vec![unrevoked(1), in_memory(2)];
    let kept = save(&vault, Record { outbox, ..signed_out(2) }).unwrap();
    assert_eq!(ids_of(kept.as_ref()), [1, 2]);
    assert_eq!(ids_of(vault.read().unwrap().record.as_ref()), [1, 2]);
    assert_eq!(ids_of(bench.read().record.as_ref()), [1], "nobody else ever sees it");
    // Done with it.
    let kept = vault.change(&mut |present| {
        let mut next = present.unwrap().clone();
        next.outbox.retain(|entry| entry.id != 2);
        Some(next)
    });
    assert_eq!(ids_of(kept.unwrap().as_ref()), [1]);
    assert_eq!(ids_of(vault.read().unwrap().record.as_ref()), [1]);
}

#[test]
fn a_session_in_memory_leaves_the_outbox_of_others_on_disk() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    let memory = |epoch, token: &str, ids: &[u64]| Record {
        keep: Keep::Memory,
        outbox: ids.iter().map(|id| unrevoked(*id)).collect(),
        ..sample(epoch, token)
    };
    let kept = save(&vault, memory(2, "only here", &[1, 2])).unwrap();
    assert_eq!(ids_of(kept.as_ref()), [1, 2]);
    let on_disk = bench.read().record.unwrap();
    assert!(on_disk.session.is_none() && on_disk.account.is_null());
    assert_eq!(ids_of(Some(&on_disk)), [1, 2]);

    // A renewal touches no file; what is done with an entry does.
    let before = Slot::BOTH.map(|slot| bench.raw(slot));
    save(&vault, memory(2, "renewed", &[1, 2])).unwrap();
    assert_eq!(Slot::BOTH.map(|slot| bench.raw(slot)), before);
    save(&vault, memory(2, "renewed", &[2])).unwrap();
    assert_eq!(ids_of(bench.read().record.as_ref()), [2]);
    let reading = vault.read().unwrap();
    assert_eq!(token_of(&reading), "renewed");
    assert_eq!(ids_of(reading.record.as_ref()), [2]);
}

#[test]
fn the_newest_are_kept_where_there_are_too_many() {
    let bench = Bench::new();
    let ids: Vec<u64> = (0..=MOST as u64).collect();
    let outbox = ids.iter().map(|id| unrevoked(*id)).collect();
    let kept = save(&bench.vault(), Record { outbox, ..sample(1, "first") }).unwrap();
    assert_eq!(ids_of(kept.as_ref()), ids[1..]);
    assert_eq!(ids_of(bench.read().record.as_ref()), ids[1..]);
}

#[test]
fn no_more_are_read_than_are_kept() {
    let bench = Bench::new();
    let (account, slot) = ("alice", Slot::A);
    let protection = Some(KeptBy::Keychain);
    let place = Place { account, slot, after: None, first_of_two: true, protection };
    let outbox = (0..100).map(unrevoked).collect();
    let record = Record { outbox, ..sample(1, "first") };
    let written = document::write_down(&record, &place, Some(&Key::new(KEY))).unwrap();
    bench.put(slot, &serde_json::to_vec(&written).unwrap());
    let read = ids_of(bench.read().record.as_ref());
    assert_eq!(read, (100 - MOST as u64..100).collect::<Vec<_>>());
}

#[test]
fn a_sign_out_that_was_stopped_half_way_keeps_its_outbox() {
    for at_hand in [true, false] {
        let bench = Bench::renewed_once();
        let newest = bench.newest();
        let old = bench.raw(newest);
        let locked = bench.vault_by(Scripted::locked());
        let vault = bench.vault();
        vault.read().unwrap();
        save(&vault, signed_out_with(2, &[1])).unwrap();
        bench.put(newest, &old);
        let reading = if at_hand { vault.read() } else { locked.read() }.unwrap();
        assert!(reading.record.unwrap().session.is_none());
        assert!(!bench.path(newest).exists() || bench.document(newest)["signed_in"] == false);
        assert_eq!(ids_of(bench.read().record.as_ref()), [1]);
    }
}

#[test]
fn it_is_written_down_without_moving_the_buffer() {
    use crate::contents::ContentsOnDisk;
    for text in ["", "plain", &"\u{1}".repeat(10_000), &"\u{1}\"\\中".repeat(1_000)] {
        let mut entry = unrevoked(u64::MAX);
        entry.user = text.to_owned();
        entry.account = serde_json::json!({ "name": text, "deep": [text, 0.1] });
        entry.tokens.access = text.into();
        entry.tokens.renewal = RenewalSecret::Cookies(text.into());
        entry.since.boot_id = text.to_owned();
        entry.next_try.as_mut().unwrap().boot_id = text.to_owned();
        let mut session = sample(1, text).session.unwrap();
        let asked = session.asked.clone();
        session.wait_until = Some(keeper::record::Stamp { boot_id: text.to_owned(), ..asked });
        let contents = ContentsOnDisk::new(Some(&session), &vec![entry; MOST]);
        let (written, tag) = (serde_json::to_vec(&contents).unwrap().len(), 16);
        assert!(written + tag <= contents.room(), "{written} of {}", contents.room());
    }
}
