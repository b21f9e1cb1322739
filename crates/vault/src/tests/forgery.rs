//! Somebody who may write this folder before the app starts, and has no key of ours.

use super::keychain::Scripted;
use super::{Bench, KEY, edited, ids_of, save, signed_out, signed_out_with, token_of};
use crate::contract::sample;
use crate::document::{self, Content, Place};
use crate::keys::{FileKey, KeptBy, Key, KeyFailure, Keys, Protection};
use crate::{FileVault, PlainFiles, Slot, Slots as _};
use keeper::ports::{Vault as _, VaultFailure};
use keeper::record::{Keep, Record};
use std::fs;
use std::path::Path;

fn evil(record: Record) -> Record {
    let account = serde_json::json!({"name": "Demo", "base": "https://evil.example/"});
    Record { account, ..record }
}

/// Writes `record` as `account` on a machine of his own without a keychain, and copies everything
/// here, his key file with it.
fn plant(bench: &Bench, account: &str, record: &Record) {
    let his = tempfile::tempdir().unwrap();
    let slots = PlainFiles::new(his.path(), account).unwrap();
    let vault = FileVault::new(slots, Keys::new(Scripted::absent(), FileKey::new(his.path())));
    save(&vault, Record { account: record.account.clone(), ..sample(1, "planted") }).unwrap();
    save(&vault, record.clone()).unwrap();
    copy(his.path(), bench.folder.path());
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The same, with the seal taken off: it needs no key at all.
fn plant_unsealed(bench: &Bench, record: &Record) {
    bench.save(sample(1, ""));
    bench.save(record.clone());
    for slot in Slot::BOTH {
        let bytes = edited(bench, slot, |document| {
            document["sealed"] = serde_json::Value::Null;
            document["outbox"] = 0.into();
            document["protection"] = "key_file".into();
        });
        bench.put(slot, &bytes);
    }
}

#[test]
fn a_planted_key_file_never_gets_a_new_session_while_the_keychain_has_a_key() {
    for planted in [signed_out(2), signed_out_with(2, &[1]), sample(2, "his")] {
        for account in ["alice", "mallory"] {
            let bench = Bench::new();
            plant(&bench, account, &planted);
            let keychain = Scripted::holding(KEY);
            let vault = bench.vault_by(keychain);
            vault.read().unwrap();
            save(&vault, sample(3, "mine")).unwrap();
            assert_eq!(vault.protection(), Protection::Keychain);
            assert_eq!(token_of(&bench.read()), "mine");
            for slot in Slot::BOTH {
                assert_eq!(bench.document(slot)["protection"], "keychain");
            }
        }
    }
}

#[test]
fn what_is_not_sealed_never_chooses_the_key_file() {
    let bench = Bench::new();
    plant_unsealed(&bench, &signed_out(2));
    let his = [9; 32];
    fs::write(bench.folder.path().join("key"), &*Key::new(his).to_text()).unwrap();
    let keychain = Scripted::empty();
    let vault = bench.vault_by(keychain.clone());
    vault.read().unwrap();
    save(&vault, sample(3, "mine")).unwrap();
    assert_eq!(vault.protection(), Protection::Keychain);
    assert_eq!(keychain.created(), 1);
}

#[test]
fn a_locked_keychain_is_waited_for_whatever_planted_records_say() {
    let bench = Bench::new();
    plant(&bench, "alice", &signed_out(2));
    let vault = bench.vault_by(Scripted::locked());
    let signed_in = save(&vault, sample(3, "mine"));
    assert!(matches!(signed_in, Err(VaultFailure::KeychainLocked(_))), "{signed_in:?}");
}

#[test]
fn without_a_keychain_an_account_beside_another_uses_the_same_key_file() {
    // A machine that has a keychain by name, and nowhere to keep anything in it.
    let nowhere = Scripted::empty().with_nowhere_to_keep();
    for keychain in [Scripted::absent(), nowhere] {
        let bench = Bench::new();
        save(&bench.vault_by(keychain.clone()), sample(1, "alice's")).unwrap();
        let slots = PlainFiles::new(bench.folder.path(), "bob").unwrap();
        let keys = || Keys::new(keychain.clone(), FileKey::new(bench.folder.path()));
        let bob = FileVault::new(slots, keys());
        save(&bob, sample(1, "bob's")).unwrap();
        assert!(matches!(bob.protection(), Protection::KeyFile { .. }));
        assert_eq!(token_of(&bench.vault_by(keychain.clone()).read().unwrap()), "alice's");
    }
}

#[test]
fn a_sign_out_of_ours_is_vouched_for_and_one_with_an_edited_address_is_not() {
    let bench = Bench::renewed_once();
    assert!(bench.vault().vouched_settings().unwrap().is_some(), "signed in");
    bench.save(signed_out(2));
    assert!(bench.vault().vouched_settings().unwrap().is_some(), "signed out");
    for slot in Slot::BOTH {
        let address = "https://evil.example/";
        let bytes = edited(&bench, slot, |document| document["account"]["base"] = address.into());
        bench.put(slot, &bytes);
    }
    let vault = bench.vault();
    let record = vault.read().unwrap().record.unwrap();
    assert_eq!(record.account["base"], "https://evil.example/");
    assert_eq!(vault.vouched_settings().unwrap(), None);
    assert_eq!(bench.vault().vouched_settings().unwrap(), None);
}

#[test]
fn where_nothing_is_kept_nothing_is_vouched_for() {
    assert_eq!(Bench::new().vault().vouched_settings().unwrap(), None);
}

#[test]
fn what_is_not_sealed_or_sealed_by_another_key_is_not_vouched_for() {
    let bench = Bench::new();
    plant_unsealed(&bench, &evil(signed_out(2)));
    let keychain = Scripted::holding(KEY);
    assert_eq!(bench.vault_by(keychain.clone()).vouched_settings().unwrap(), None);
    assert_eq!(keychain.asked(), 0, "there is nothing to open");

    let bench = Bench::new();
    plant(&bench, "alice", &evil(signed_out(2)));
    assert_eq!(
        bench.vault().vouched_settings().unwrap(),
        None,
        "his key file opens it, and the keychain has ours"
    );
    assert!(
        bench.vault_by(Scripted::absent()).vouched_settings().unwrap().is_some(),
        "there is only the file"
    );
}

#[test]
fn a_keychain_that_cannot_be_asked_vouches_for_nobody_and_against_nobody() {
    let bench = Bench::renewed_once();
    bench.save(signed_out(2));
    let locked = bench.vault_by(Scripted::locked());
    assert!(matches!(locked.vouched_settings(), Err(VaultFailure::KeychainLocked(_))));
    assert_eq!(
        bench.vault_by(Scripted::empty()).vouched_settings().unwrap(),
        None,
        "no key of ours"
    );
}

#[test]
fn settings_that_were_replaced_after_they_were_read_are_told_as_they_are_now() {
    let bench = Bench::renewed_once();
    bench.save(signed_out(2));
    let vault = bench.vault();
    let shown = vault.read().unwrap().record.unwrap().account;
    let moved = serde_json::json!({"base": "https://new.example/"});
    let theirs = Record { account: moved.clone(), ..sample(3, "") };
    bench.save(theirs);
    // Whoever sends by what is on the screen sees that it is something else.
    assert_ne!(shown, moved);
    assert_eq!(vault.vouched_settings().unwrap(), Some(moved));
    assert!(vault.has_news());
}

#[test]
fn an_edited_slot_beside_one_of_ours_is_set_aside_and_not_taken_for_what_was_shown() {
    let bench = Bench::renewed_once();
    bench.save(signed_out(2));
    let newest = bench.newest();
    let bytes = edited(&bench, newest, |document| document["account"]["base"] = "evil".into());
    bench.put(newest, &bytes);
    // Nobody asks the keychain to stay signed out.
    let vault = bench.vault();
    assert_eq!(vault.read().unwrap().record.unwrap().account["base"], "evil");
    assert_eq!(vault.vouched_settings().unwrap(), Some(sample(1, "").account));
    assert!(vault.has_news());
    let reading = vault.read().unwrap();
    assert_eq!(reading.record.unwrap().account, sample(1, "").account);
    assert!(reading.set_aside[0].contains("changed from outside"));
    assert!(vault.vouched_settings().unwrap().is_some());
}

/// The vault's own key must not be put under what somebody else wrote, by whichever way.
#[test]
fn forged_settings_are_never_sealed_by_a_later_write() {
    // An unsealed sign-out, and our key at hand: a change within the epoch, and a new sign-out.
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    bench.save(sample(1, "x"));
    plant_unsealed(&bench, &evil(signed_out(5)));
    for epoch in [5, 6] {
        vault.change(&mut |present| Some(Record { epoch, ..present.unwrap().clone() })).unwrap();
        assert_eq!(vault.vouched_settings().unwrap(), None);
        assert_eq!(bench.vault().vouched_settings().unwrap(), None);
    }

    // A session with an edited address, which does not open: signing out carries the address on.
    let bench = Bench::renewed_once();
    for slot in Slot::BOTH {
        let bytes = edited(&bench, slot, |document| document["account"]["base"] = "evil".into());
        bench.put(slot, &bytes);
    }
    let vault = bench.vault();
    assert!(matches!(vault.read(), Err(VaultFailure::KeyGone(_))));
    vault
        .change(&mut |present| Some(Record { epoch: 2, session: None, ..present.unwrap().clone() }))
        .unwrap();
    assert!(bench.document(Slot::A)["sealed"].is_null());
    assert_eq!(vault.vouched_settings().unwrap(), None);
}

#[test]
fn a_forged_sign_out_costs_a_sign_in_and_no_token() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let bytes = edited(&bench, newest, |document| {
        document["signed_in"] = false.into();
        document["epoch"] = 9.into();
        document["account"]["base"] = "evil".into();
    });
    bench.put(newest, &bytes);
    let vault = bench.vault();
    let record = vault.read().unwrap().record.unwrap();
    assert!(record.session.is_none());
    assert_eq!(vault.vouched_settings().unwrap(), None);
}

#[test]
fn the_label_asks_no_keychain() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::holding(KEY).failing(Some(KeyFailure::Slow("slow".to_owned())));
    let label = bench.vault_by(keychain.clone()).label().unwrap().unwrap();
    assert_eq!(label.account, sample(1, "").account);
    assert_eq!(keychain.asked(), 0);
}

/// His key file, and the key in it.
fn his_key(bench: &Bench) -> Key {
    let his = Key::new([9; 32]);
    fs::write(bench.folder.path().join("key"), &*his.to_text()).unwrap();
    his
}

/// A document of his, sealed with his key, that names `protection` as the place of that.
fn his_document(slot: Slot, record: &Record, protection: KeptBy, key: &Key) -> serde_json::Value {
    let protection = Some(protection);
    let place = Place { account: "alice", slot, after: None, first_of_two: true, protection };
    document::write_down(record, &place, Some(key)).unwrap()
}

#[test]
fn a_planted_key_opens_nothing_that_says_its_key_is_in_the_keychain() {
    for session in [false, true] {
        let bench = Bench::new();
        let his = his_key(&bench);
        let older = if session { sample(2, "his") } else { signed_out(2) };
        let older = Record { generation: 1, ..evil(older) };
        let older = his_document(Slot::A, &older, KeptBy::Keychain, &his);
        bench.put(Slot::A, &serde_json::to_vec(&older).unwrap());
        let newest = if session { sample(2, "his") } else { signed_out_with(2, &[1]) };
        let newest = Record { generation: 2, ..evil(newest) };
        // Garbage: sealed with a key that is nowhere.
        let newest = his_document(Slot::B, &newest, KeptBy::KeyFile, &Key::new([3; 32]));
        bench.put(Slot::B, &serde_json::to_vec(&newest).unwrap());
        let before = Slot::BOTH.map(|slot| bench.raw(slot));

        for keychain in [Scripted::holding(KEY), Scripted::empty(), Scripted::absent()] {
            let vault = bench.vault_by(keychain);
            assert_eq!(vault.vouched_settings().unwrap(), None);
            match vault.read() {
                Ok(reading) => assert!(reading.outbox_shut.is_some(), "it opened"),
                Err(failure) => assert!(matches!(failure, VaultFailure::KeyGone(_))),
            }
            assert_eq!(vault.vouched_settings().unwrap(), None);
            assert_eq!(Slot::BOTH.map(|slot| bench.raw(slot)), before, "nothing is set aside");
        }
    }
}

/// Whether the seal of any document in the folder opens with this key.
fn opens_anything(bench: &Bench, key: &Key) -> bool {
    Slot::BOTH.into_iter().filter(|slot| bench.path(*slot).exists()).any(
        |slot| match document::read("alice", slot, &bench.raw(slot)) {
            Content::Whole(document) => document.open(key).is_some(),
            Content::Damaged(_) | Content::Newer(_) => false,
        },
    )
}

#[test]
fn a_running_session_never_turns_from_the_keychain_to_a_planted_key_file() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::holding(KEY);
    let vault = bench.vault_by(keychain);
    save(&vault, sample(5, "mine")).unwrap();
    let his = his_key(&bench);
    fs::remove_file(bench.path(Slot::A)).unwrap();
    let session = Record { generation: 1, ..sample(2, "his") };
    let planted = his_document(Slot::B, &session, KeptBy::KeyFile, &his);
    bench.put(Slot::B, &serde_json::to_vec(&planted).unwrap());

    assert!(matches!(vault.read(), Err(VaultFailure::KeyGone(_))));
    assert_eq!(vault.vouched_settings().unwrap(), None);
    save(&vault, signed_out_with(6, &[1])).unwrap();
    assert!(!opens_anything(&bench, &his), "signed out");
    save(&vault, signed_out_with(6, &[1, 2])).unwrap();
    assert!(!opens_anything(&bench, &his), "a late entry");
    assert!(opens_anything(&bench, &Key::new(KEY)));
    assert_eq!(ids_of(bench.read().record.as_ref()), [1, 2]);
}

#[test]
fn a_keychain_that_is_empty_gets_the_next_session_whatever_a_planted_session_says() {
    let bench = Bench::new();
    plant(&bench, "alice", &sample(2, "his"));
    let keychain = Scripted::empty();
    let vault = bench.vault_by(keychain.clone());
    assert_eq!(vault.vouched_settings().unwrap(), None, "there is a keychain");
    save(&vault, sample(3, "mine")).unwrap();
    assert_eq!(vault.protection(), Protection::Keychain);
    assert_eq!(keychain.created(), 1);
    for slot in Slot::BOTH {
        assert_eq!(bench.document(slot)["protection"], "keychain");
    }
    assert_eq!(token_of(&bench.vault_by(keychain).read().unwrap()), "mine");
}

#[test]
fn settings_that_are_kept_in_memory_are_vouched_for() {
    let bench = Bench::new();
    let vault = bench.vault_by(Scripted::locked());
    let record = Record { keep: Keep::Memory, ..sample(1, "only here") };
    save(&vault, record.clone()).unwrap();
    assert_eq!(vault.vouched_settings().unwrap(), Some(record.account));

    // A session that the disk lost, and that is remembered.
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    for slot in Slot::BOTH {
        bench.put(slot, b"torn");
    }
    assert_eq!(vault.vouched_settings().unwrap(), Some(sample(1, "").account));
}

#[test]
fn the_last_to_be_forgotten_takes_the_key_from_the_keychain_whatever_the_files_say() {
    let bench = Bench::new();
    let keychain = Scripted::holding(KEY);
    plant(&bench, "alice", &signed_out(2));
    fs::write(bench.folder.path().join("mallory-a.json"), b"garbage").unwrap();
    bench.vault_by(keychain.clone()).forget().unwrap();
    assert!(!keychain.holds_one());
    assert!(!bench.folder.path().join("key").exists());
}

#[cfg(unix)]
#[test]
fn a_slot_that_is_a_link_to_elsewhere_is_not_written_through() {
    let bench = Bench::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("precious");
    fs::write(&target, b"precious").unwrap();
    for slot in Slot::BOTH {
        std::os::unix::fs::symlink(&target, bench.path(slot)).unwrap();
    }
    let slots = bench.slots();
    for slot in Slot::BOTH {
        assert!(slots.write(slot, &serde_json::json!({})).is_err());
    }
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}
