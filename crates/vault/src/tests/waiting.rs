//! Keychains that take their time.

use super::KEY;
use super::keychain::Scripted;
use crate::keys::{FixedKey, Key, KeyFailure, KeySource, TimeLimited};
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
    // Its thread may not have come to it yet.
    assert!(keychain.asked() <= 1);
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
