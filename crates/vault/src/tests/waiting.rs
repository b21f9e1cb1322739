//! Keychains that take their time, and the real one.

use super::keychain::Scripted;
use super::{Bench, KEY, save, token_of};
use crate::contract::sample;
use crate::keys::{FixedKey, Key, KeyFailure, KeySource, KeychainKey, Protection, TimeLimited};
use keeper::ports::Vault as _;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Answers when it is told to.
struct Slow(Mutex<Receiver<()>>, Scripted);

impl KeySource for Slow {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        let found = self.1.find();
        let _ = self.0.lock().unwrap().recv();
        found
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        self.1.create()
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        self.1.forget()
    }
}

#[test]
fn a_keychain_that_waits_for_a_password_is_asked_once_and_its_late_answer_serves() {
    let (answer, answers) = channel();
    let keychain = Scripted::holding(KEY);
    let slow = Slow(Mutex::new(answers), keychain.clone());
    let limited = TimeLimited::new(slow, Duration::from_millis(1));
    for _ in 0..3 {
        assert!(matches!(limited.find(), Err(KeyFailure::Slow(_))));
    }
    assert_eq!(keychain.asked(), 1);
    answer.send(()).unwrap();
    let key = loop {
        // As long as the thread takes to hand it over.
        if let Ok(key) = limited.find() {
            break key;
        }
    };
    assert!(key == Some(Key::new(KEY)));
    assert_eq!(keychain.asked(), 1);
}

#[test]
fn a_late_no_such_entry_is_not_believed() {
    let (answer, answers) = channel();
    let keychain = Scripted::empty();
    let slow = Slow(Mutex::new(answers), keychain.clone());
    let limited = TimeLimited::new(slow, Duration::from_millis(50));
    assert!(matches!(limited.find(), Err(KeyFailure::Slow(_))));
    // Another copy makes the key while this one's question is out.
    keychain.now_holds(KEY);
    answer.send(()).unwrap();
    answer.send(()).unwrap();
    let key = loop {
        if let Ok(key) = limited.find() {
            break key;
        }
    };
    assert!(key == Some(Key::new(KEY)));
}

#[test]
fn a_fixed_key_fits_a_time_limit() {
    let limited = TimeLimited::new(FixedKey(Key::new(KEY)), Duration::from_secs(10));
    assert!(limited.find().unwrap() == Some(Key::new(KEY)));
    assert!(limited.create().unwrap() == Key::new(KEY));
    limited.forget().unwrap();
}

/// Needs a keychain of one's own that is unlocked: `SESSION_KEEPER_TEST_KEYCHAIN=1`.
#[test]
fn the_real_keychain_keeps_finds_and_forgets_the_key() {
    if std::env::var_os("SESSION_KEEPER_TEST_KEYCHAIN").is_none() {
        println!("skipped: SESSION_KEEPER_TEST_KEYCHAIN is not set");
        return;
    }
    let service = format!("session-keeper-test-{}", std::process::id());
    let keychain = KeychainKey::new(service.as_str());
    assert!(keychain.find().unwrap().is_none());
    keychain.forget().unwrap();
    let bench = Bench::new();
    let vault = bench.vault_by(KeychainKey::new(service.as_str()));
    save(&vault, sample(1, "first")).unwrap();
    assert_eq!(vault.protection(), Protection::Keychain);
    let again = bench.vault_by(KeychainKey::new(service.as_str()));
    assert_eq!(token_of(&again.read().unwrap()), "first");
    assert!(keychain.find().unwrap().is_some());
    again.forget().unwrap();
    assert!(keychain.find().unwrap().is_none());

    // Last, because it takes somebody's password to undo it.
    #[cfg(target_os = "linux")]
    {
        use super::signed_out;
        use keeper::ports::VaultFailure;
        use secret_service::{EncryptionType, blocking::SecretService};
        save(&vault, sample(1, "second")).unwrap();
        let service = SecretService::connect(EncryptionType::Dh).unwrap();
        service.get_default_collection().unwrap().lock().unwrap();
        let locked = again.read();
        assert!(matches!(locked, Err(VaultFailure::KeychainLocked(_))), "{locked:?}");
        save(&again, signed_out(2)).unwrap();
        let signed_in = save(&again, sample(3, "third"));
        assert!(matches!(signed_in, Err(VaultFailure::KeychainLocked(_))), "{signed_in:?}");
    }
}

/// Needs a machine without one: `SESSION_KEEPER_TEST_KEYCHAIN=none`.
#[test]
fn a_machine_without_a_keychain_is_told_from_a_locked_one() {
    if std::env::var_os("SESSION_KEEPER_TEST_KEYCHAIN").is_none_or(|it| it != "none") {
        println!("skipped: SESSION_KEEPER_TEST_KEYCHAIN is not \"none\"");
        return;
    }
    let bench = Bench::new();
    let vault = bench.vault_by(KeychainKey::new("session-keeper-test"));
    save(&vault, sample(1, "first")).unwrap();
    assert!(matches!(vault.protection(), Protection::KeyFile { .. }));
}
