//! Keychains that are locked, gone, absent, slow or hold another key.

use super::{Bench, KEY, save, signed_out, token_of};
use crate::Slot;
use crate::contract::sample;
use crate::keys::{FileKey, Key, KeyFailure, KeySource, Keys, Protection};
use crate::{FileVault, PlainFiles};
use keeper::ports::{Vault as _, VaultFailure};
use std::sync::{Arc, Mutex};

/// A keychain that does what a test says.
#[derive(Clone)]
pub(super) struct Scripted(Arc<Mutex<State>>);

struct State {
    key: Option<Key>,
    failure: Option<KeyFailure>,
    create_failure: Option<KeyFailure>,
    asked: usize,
    created: usize,
}

impl Scripted {
    pub(super) fn empty() -> Self {
        let state = State { key: None, failure: None, create_failure: None, asked: 0, created: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn locked() -> Self {
        Self::empty().failing(Some(KeyFailure::Locked("locked".to_owned())))
    }

    pub(super) fn absent() -> Self {
        Self::empty().failing(Some(KeyFailure::NoKeychain("no bus".to_owned())))
    }

    pub(super) fn holding(key: [u8; 32]) -> Self {
        let it = Self::empty();
        it.now_holds(key);
        it
    }

    /// It finds nothing, and can keep nothing.
    pub(super) fn with_nowhere_to_keep(self) -> Self {
        let nowhere = KeyFailure::NoKeychain("no collection".to_owned());
        self.0.lock().unwrap().create_failure = Some(nowhere);
        self
    }

    pub(super) fn failing(self, failure: Option<KeyFailure>) -> Self {
        self.0.lock().unwrap().failure = failure;
        self
    }

    pub(super) fn created(&self) -> usize {
        self.0.lock().unwrap().created
    }

    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    /// Another copy of the app makes the key.
    pub(super) fn now_holds(&self, key: [u8; 32]) {
        self.0.lock().unwrap().key = Some(Key::new(key));
    }

    pub(super) fn holds_one(&self) -> bool {
        self.key().is_some()
    }

    fn key(&self) -> Option<Key> {
        self.0.lock().unwrap().key.clone()
    }
}

impl KeySource for Scripted {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        let mut state = self.0.lock().unwrap();
        state.asked += 1;
        state.failure.clone().map_or(Ok(state.key.clone()), Err)
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        let mut state = self.0.lock().unwrap();
        if let Some(failure) = state.failure.clone().or(state.create_failure.clone()) {
            return Err(failure);
        }
        state.created += 1;
        state.key = Some(Key::random()?);
        Ok(state.key.clone().unwrap())
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        let mut state = self.0.lock().unwrap();
        state.key = None;
        state.failure.clone().map_or(Ok(()), Err)
    }
}

fn everything(bench: &Bench) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = bench
        .files()
        .into_iter()
        .filter(|path| path.extension().is_none_or(|it| it != "lock"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn the_first_sign_in_makes_one_key_and_everybody_uses_it() {
    let bench = Bench::new();
    let keychain = Scripted::empty();
    let vault = bench.vault_by(keychain.clone());
    assert!(vault.read().unwrap().record.is_none());
    assert_eq!(vault.protection(), Protection::Unknown);
    assert_eq!(keychain.asked(), 0, "nobody asks a keychain for nothing");
    save(&vault, sample(1, "first")).unwrap();
    assert_eq!(vault.protection(), Protection::Keychain);
    save(&vault, sample(1, "second")).unwrap();
    save(&vault, signed_out(2)).unwrap();
    save(&vault, sample(3, "third")).unwrap();
    let again = bench.vault_by(keychain.clone());
    assert_eq!(token_of(&again.read().unwrap()), "third");
    assert_eq!(again.protection(), Protection::Keychain);
    assert_eq!(keychain.created(), 1);
    assert!(!bench.folder.path().join("key").exists());
}

#[test]
fn a_remembered_key_is_not_asked_for_again() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::holding(KEY);
    let vault = bench.vault_by(keychain.clone());
    for _ in 0..5 {
        vault.read().unwrap();
    }
    save(&vault, sample(1, "third")).unwrap();
    assert_eq!(keychain.asked(), 1);
}

#[test]
fn a_keychain_that_gives_no_key_neither_signs_out_nor_changes_anything_and_reading_again_helps() {
    let words = || "words".to_owned();
    let named = [
        (KeyFailure::Locked(words()), VaultFailure::KeychainLocked(words())),
        (KeyFailure::Slow(words()), VaultFailure::KeychainSlow(words())),
        (KeyFailure::Cancelled(words()), VaultFailure::KeychainCancelled(words())),
        (KeyFailure::NoKeychain(words()), VaultFailure::KeychainGone(words())),
    ];
    for (failure, named) in named {
        let bench = Bench::renewed_once();
        let before = everything(&bench);
        let keychain = Scripted::holding(KEY).failing(Some(failure));
        let vault = bench.vault_by(keychain.clone());
        for _ in 0..2 {
            assert_eq!(vault.read().unwrap_err(), named);
        }
        assert_eq!(save(&vault, sample(1, "third")).unwrap_err(), named);
        assert_eq!(save(&vault, sample(2, "new")).unwrap_err(), named);
        assert_eq!(everything(&bench), before);
        assert_eq!(keychain.created(), 0);
        let _ = keychain.failing(None);
        assert_eq!(token_of(&vault.read().unwrap()), "second");
    }
}

#[test]
fn signing_out_needs_no_key() {
    for keychain in [Scripted::locked(), Scripted::absent(), Scripted::empty()] {
        let bench = Bench::renewed_once();
        let vault = bench.vault_by(keychain);
        let mut seen = None;
        let after = vault.change(&mut |present| {
            seen = present.cloned();
            Some(signed_out(present.unwrap().epoch + 1))
        });
        let seen = seen.unwrap();
        assert!(seen.session.is_none() && seen.identity.is_some());
        assert_eq!(after.unwrap().unwrap().epoch, 2);
        assert!(Slot::BOTH.iter().all(|slot| bench.document(*slot)["sealed"].is_null()));
        assert_eq!(bench.set_aside_files(), 0);
    }
}

#[test]
fn a_key_that_is_gone_is_never_made_anew_behind_a_session() {
    let bench = Bench::renewed_once();
    let before = everything(&bench);
    let keychain = Scripted::empty();
    let vault = bench.vault_by(keychain.clone());
    assert!(matches!(vault.read(), Err(VaultFailure::KeyGone(_))));
    assert!(matches!(save(&vault, sample(1, "third")), Err(VaultFailure::KeyGone(_))));
    assert_eq!(keychain.created(), 0);
    assert_eq!(everything(&bench), before);
}

#[test]
fn a_key_that_fits_neither_slot_destroys_nothing() {
    let bench = Bench::renewed_once();
    let before = everything(&bench);
    let vault = bench.vault_by(Scripted::holding([9; 32]));
    for _ in 0..2 {
        assert!(matches!(vault.read(), Err(VaultFailure::KeyGone(_))));
    }
    assert!(matches!(save(&vault, sample(1, "third")), Err(VaultFailure::KeyGone(_))));
    assert!(matches!(vault.change(&mut |_| None), Err(VaultFailure::KeyGone(_))));
    assert_eq!(everything(&bench), before);
    assert_eq!(token_of(&bench.read()), "second");
}

#[test]
fn signing_in_anew_sets_what_does_not_open_aside() {
    for keychain in [Scripted::holding([9; 32]), Scripted::empty()] {
        let bench = Bench::renewed_once();
        let old = Slot::BOTH.map(|slot| bench.raw(slot));
        let vault = bench.vault_by(keychain);
        save(&vault, sample(2, "new")).unwrap();
        let reading = vault.read().unwrap();
        assert_eq!(token_of(&reading), "new");
        assert_eq!(reading.set_aside.len(), 2);
        for (slot, old) in Slot::BOTH.into_iter().zip(old) {
            let aside = format!("alice-{}.json.damaged-1", slot.letter());
            assert_eq!(std::fs::read(bench.folder.path().join(aside)).unwrap(), old);
        }
    }
}

#[test]
fn another_copys_new_key_is_found() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::holding(KEY);
    let mine = bench.vault_by(keychain.clone());
    mine.read().unwrap();
    keychain.0.lock().unwrap().key = None;
    save(&bench.vault_by(keychain.clone()), sample(2, "theirs")).unwrap();
    assert!(keychain.key() != Some(Key::new(KEY)));
    assert_eq!(token_of(&mine.read().unwrap()), "theirs");
}

#[test]
fn a_sign_in_does_not_seal_with_a_key_that_was_forgotten_meanwhile() {
    for epoch in [1, 2] {
        let bench = Bench::new();
        let keychain = Scripted::empty();
        let mine = bench.vault_by(keychain.clone());
        save(&mine, sample(1, "mine")).unwrap();
        bench.vault_by(keychain.clone()).forget().unwrap();
        assert!(keychain.key().is_none());
        save(&mine, sample(epoch, "again")).unwrap();
        assert_eq!(token_of(&bench.vault_by(keychain).read().unwrap()), "again");
    }
}

#[test]
fn without_a_keychain_the_key_is_in_a_file_and_it_is_said_why() {
    let nowhere = Scripted::empty().with_nowhere_to_keep();
    for (keychain, because) in [(Scripted::absent(), "no bus"), (nowhere, "no collection")] {
        let bench = Bench::new();
        let vault = bench.vault_by(keychain);
        save(&vault, sample(1, "first")).unwrap();
        assert_eq!(vault.protection(), Protection::KeyFile { why: because.to_owned() });
        // A keychain that comes later does not change that.
        let later = Scripted::empty();
        let vault = bench.vault_by(later.clone());
        assert_eq!(token_of(&vault.read().unwrap()), "first");
        assert!(matches!(vault.protection(), Protection::KeyFile { .. }));
        save(&vault, sample(2, "second")).unwrap();
        assert_eq!(later.created(), 0);
        assert_eq!(bench.document(Slot::A)["protection"], "key_file");
    }
}

#[test]
fn once_the_keychain_was_used_no_file_takes_its_place_signed_out_or_not() {
    let bench = Bench::new();
    let keychain = Scripted::empty();
    save(&bench.vault_by(keychain.clone()), sample(1, "first")).unwrap();
    save(&bench.vault_by(keychain), signed_out(2)).unwrap();
    let vault = bench.vault_by(Scripted::absent());
    let signed_in = save(&vault, sample(3, "new"));
    assert!(matches!(signed_in, Err(VaultFailure::KeychainGone(_))));
    assert!(!bench.folder.path().join("key").exists());
}

#[test]
fn a_locked_keychain_is_no_reason_for_a_key_file() {
    let bench = Bench::new();
    let vault = bench.vault_by(Scripted::locked());
    let signed_in = save(&vault, sample(1, "first"));
    assert!(matches!(signed_in, Err(VaultFailure::KeychainLocked(_))));
    assert!(vault.read().unwrap().record.is_none());
    assert!(everything(&bench).is_empty());
}

#[test]
fn no_key_is_made_while_another_account_waits_for_its_own() {
    let bench = Bench::renewed_once();
    let keychain = Scripted::empty();
    let bob = |keychain: &Scripted| {
        let slots = PlainFiles::new(bench.folder.path(), "bob").unwrap();
        FileVault::new(slots, Keys::new(keychain.clone(), FileKey::new(bench.folder.path())))
    };
    let signed_in = save(&bob(&keychain), sample(1, "bob's"));
    assert!(matches!(signed_in, Err(VaultFailure::KeyGone(_))));
    assert_eq!(keychain.created(), 0);
    keychain.now_holds(KEY);
    save(&bob(&keychain), sample(1, "bob's")).unwrap();
    // One account's leaving takes no key from the others; the last one's does.
    bench.vault_by(keychain.clone()).forget().unwrap();
    assert!(keychain.key().is_some());
    assert_eq!(token_of(&bob(&keychain).read().unwrap()), "bob's");
    bob(&keychain).forget().unwrap();
    assert!(keychain.key().is_none());
}

#[test]
fn forgetting_says_when_the_key_is_still_in_the_keychain() {
    let bench = Bench::renewed_once();
    let left = bench.vault_by(Scripted::locked()).forget();
    assert!(matches!(left, Err(VaultFailure::NotWritten(what)) if what.detail.contains("key")));
    assert!(everything(&bench).is_empty());
}
