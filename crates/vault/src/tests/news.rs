//! Whether another copy has written: asked every few seconds, from outside.

use super::{Bench, KEY, save, signed_out, token_of};
use crate::contract::sample;
use crate::keys::{FileKey, FixedKey, Key, Keys};
use crate::{FileVault, PlainFiles, Slot, Slots};
use keeper::ports::Vault as _;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

#[test]
fn there_is_no_news_after_ones_own_reading_writing_and_forgetting() {
    let bench = Bench::new();
    let vault = bench.vault();
    assert!(vault.has_news(), "nothing was looked at yet");
    vault.read().unwrap();
    assert!(!vault.has_news());
    for record in [sample(1, "first"), sample(1, "second"), signed_out(2)] {
        save(&vault, record).unwrap();
        assert!(!vault.has_news());
    }
    vault.change(&mut |_| None).unwrap();
    assert!(!vault.has_news());
    vault.forget().unwrap();
    assert!(!vault.has_news());
}

#[test]
fn whatever_another_copy_does_is_news_until_it_is_read() {
    let bench = Bench::new();
    let (mine, theirs) = (bench.vault(), bench.vault());
    mine.read().unwrap();
    // Of one length, and as fast as the disk takes them.
    for round in 0..50 {
        save(&theirs, sample(1, &format!("token {round:02}"))).unwrap();
        assert!(mine.has_news(), "round {round}");
        assert!(mine.has_news(), "asking changes nothing");
        mine.read().unwrap();
        assert!(!mine.has_news(), "round {round}");
    }
    save(&theirs, signed_out(2)).unwrap();
    assert!(mine.has_news());
    mine.read().unwrap();
    theirs.forget().unwrap();
    assert!(mine.has_news());
    mine.read().unwrap();
    assert!(!mine.has_news());
}

#[test]
fn what_a_write_came_upon_is_news_still() {
    let bench = Bench::renewed_once();
    let (mine, theirs) = (bench.vault(), bench.vault());
    for change in [true, false] {
        assert!(!mine.read().unwrap().news || change);
        save(&theirs, sample(1, "theirs")).unwrap();
        mine.change(&mut |record| record.filter(|_| change).cloned()).unwrap();
        assert!(mine.has_news());
        mine.read().unwrap();
        save(&theirs, sample(1, "theirs again")).unwrap();
        assert!(mine.read().unwrap().news);
        assert!(!mine.read().unwrap().news);
    }
}

#[test]
fn damage_that_was_set_aside_is_no_news_to_the_one_who_did_it() {
    let bench = Bench::renewed_once();
    let (mine, theirs) = (bench.vault(), bench.vault());
    theirs.read().unwrap();
    bench.put(bench.newest(), b"torn");
    assert_eq!(mine.read().unwrap().set_aside.len(), 1);
    assert!(!mine.has_news());
    assert!(theirs.has_news());
}

#[test]
fn a_reading_that_failed_was_a_look_as_well() {
    let bench = Bench::renewed_once();
    let locked = bench.vault_by(super::keychain::Scripted::locked());
    assert!(locked.read().is_err());
    assert!(!locked.has_news());
    bench.save(signed_out(2));
    assert!(locked.has_news());

    let vault = bench.vault().with_patience(Duration::ZERO);
    let path = bench.folder.path().join("alice.record.lock");
    let held = crate::locks::try_hold(&path).unwrap().unwrap();
    assert!(vault.read().is_err());
    assert!(!vault.has_news());
    drop(held);
    bench.save(sample(3, "theirs"));
    assert!(vault.has_news());
}

#[test]
fn a_write_that_failed_does_not_hide_what_another_copy_wrote() {
    let bench = Bench::renewed_once();
    let vault = bench.vault().with_patience(Duration::ZERO);
    vault.read().unwrap();
    bench.save(sample(1, "theirs"));
    let path = bench.folder.path().join("alice.record.lock");
    let held = crate::locks::try_hold(&path).unwrap().unwrap();
    assert!(save(&vault, sample(1, "mine")).is_err());
    drop(held);
    assert!(vault.has_news());
    assert_eq!(token_of(&vault.read().unwrap()), "theirs");
}

#[test]
fn asking_who_vouches_hides_no_news() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    vault.vouched_settings().unwrap();
    assert!(!vault.has_news());
    bench.save(sample(1, "theirs"));
    vault.vouched_settings().unwrap();
    assert!(vault.has_news());
}

/// Slots that nobody can look at from outside.
struct Opaque(PlainFiles);

impl Slots for Opaque {
    fn account(&self) -> &str {
        self.0.account()
    }

    fn folder(&self) -> &Path {
        self.0.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.0.read_raw(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        self.0.write(slot, document)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.0.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        self.0.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.0.remove_set_aside(keep)
    }
}

#[test]
fn where_it_cannot_be_told_there_may_be_news() {
    let bench = Bench::renewed_once();
    let keys = Keys::new(FixedKey(Key::new(KEY)), FileKey::new(bench.folder.path()));
    let vault = FileVault::new(Opaque(bench.slots()), keys);
    vault.read().unwrap();
    assert!(vault.has_news());
}

#[test]
fn looking_takes_no_lock_and_reads_nothing() {
    let bench = Bench::renewed_once();
    let vault = bench.vault().with_patience(Duration::ZERO);
    vault.read().unwrap();
    let path = bench.folder.path().join("alice.record.lock");
    let _held = crate::locks::try_hold(&path).unwrap().unwrap();
    assert!(!vault.has_news());
    // Not even a file that is there and that nobody may read.
    fs::remove_file(bench.path(Slot::A)).unwrap();
    fs::create_dir(bench.path(Slot::A)).unwrap();
    assert!(vault.has_news());
}
