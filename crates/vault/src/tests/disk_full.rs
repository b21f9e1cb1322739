//! A disk that says no.

use super::{Bench, KEY, save, signed_out, token_of};
use crate::contract::sample;
use crate::keys::{FileKey, FixedKey, Key, Keys};
use crate::{FileVault, PlainFiles, Slot, Slots};
use engine::WriteTrouble;
use keeper::ports::{Vault as _, VaultFailure};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the next write does; after the last of them, all go well.
#[derive(Clone, Copy)]
enum Fate {
    Well,
    /// Truncates, writes so many bytes, and fails.
    Full(usize),
    /// Fails before it touches anything.
    ReadOnly,
    /// The disk is full, in the words of a serializer and of a store around it.
    Wrapped,
    /// Says that it went well, and wrote half of it.
    Lies,
}

struct Faulty {
    files: PlainFiles,
    fates: Mutex<Vec<Fate>>,
    may_remove: bool,
}

impl Faulty {
    fn new(bench: &Bench, fates: &[Fate]) -> Self {
        let fates = Mutex::new(fates.iter().rev().copied().collect());
        Self { files: bench.slots(), fates, may_remove: true }
    }

    fn vault(self, bench: &Bench) -> FileVault {
        let file = FileKey::new(bench.folder.path());
        FileVault::new(Arc::new(self), Keys::new(FixedKey(Key::new(KEY)), file))
    }
}

impl Slots for Faulty {
    fn account(&self) -> &str {
        self.files.account()
    }

    fn folder(&self) -> &Path {
        self.files.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.files.read_raw(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        let fate = self.fates.lock().unwrap().pop().unwrap_or(Fate::Well);
        let path = self.folder().join(format!("{}-{}.json", self.account(), slot.letter()));
        let bytes = serde_json::to_vec(document)?;
        match fate {
            Fate::Well => self.files.write(slot, document),
            Fate::Full(room) => {
                fs::write(path, &bytes[..room])?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            Fate::ReadOnly => Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem)),
            Fate::Wrapped => {
                let full = io::Error::from(io::ErrorKind::StorageFull);
                Err(io::Error::other(serde_json::Error::io(full)))
            }
            Fate::Lies => fs::write(path, &bytes[..bytes.len() / 2]),
        }
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.files.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        if !self.may_remove {
            return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        }
        self.files.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.files.remove_set_aside(keep)
    }
}

#[test]
fn a_renewal_that_finds_the_disk_full_leaves_the_last_record_as_it_was() {
    for fate in [Fate::Full(0), Fate::Full(100), Fate::ReadOnly, Fate::Wrapped, Fate::Lies] {
        let bench = Bench::renewed_once();
        let newest = bench.newest();
        let before = bench.raw(newest);
        let vault = Faulty::new(&bench, &[fate]).vault(&bench);
        let Err(VaultFailure::NotWritten(why)) = save(&vault, sample(1, "third")) else {
            panic!("it was not written");
        };
        let kind = match fate {
            Fate::Full(_) | Fate::Wrapped => WriteTrouble::DiskFull,
            Fate::ReadOnly => WriteTrouble::NoPermission,
            Fate::Well | Fate::Lies => WriteTrouble::Other,
        };
        assert_eq!(why.kind, kind, "{}", why.detail);
        assert!(why.detail.contains("slot "), "{}", why.detail);
        assert_eq!(bench.raw(newest), before);
        let reading = bench.read();
        assert_eq!(token_of(&reading), "second");
        assert!(reading.set_aside.is_empty(), "our own failed write is no damage");
        // And as soon as there is room again:
        save(&vault, sample(1, "third")).unwrap();
        let reading = bench.read();
        assert_eq!(token_of(&reading), "third");
        assert!(!reading.fell_back);
    }
}

#[test]
fn a_sign_in_whose_first_slot_fails_leaves_the_old_session() {
    let bench = Bench::renewed_once();
    let vault = Faulty::new(&bench, &[Fate::Full(10)]).vault(&bench);
    assert!(save(&vault, sample(2, "new")).is_err());
    assert_eq!(token_of(&vault.read().unwrap()), "second");
}

#[test]
fn a_sign_in_whose_second_slot_fails_counts() {
    for fate in [Fate::Full(0), Fate::Full(100), Fate::ReadOnly, Fate::Lies] {
        let bench = Bench::renewed_once();
        let vault = Faulty::new(&bench, &[Fate::Well, fate]).vault(&bench);
        let written = save(&vault, sample(2, "new")).unwrap().unwrap();
        let reading = bench.read();
        assert_eq!(token_of(&reading), "new");
        assert_eq!(reading.record.unwrap().generation, written.generation);
        assert!(!reading.fell_back && reading.set_aside.is_empty());
    }
}

#[test]
fn a_sign_out_that_cannot_be_written_removes_both_slots() {
    for fate in [Fate::Full(0), Fate::Full(100), Fate::ReadOnly, Fate::Lies] {
        let bench = Bench::renewed_once();
        let vault = Faulty::new(&bench, &[fate]).vault(&bench);
        assert!(save(&vault, signed_out(2)).unwrap().is_none());
        assert!(Slot::BOTH.iter().all(|slot| !bench.path(*slot).exists()));
        assert!(vault.read().unwrap().record.is_none());
    }
}

#[test]
fn a_sign_out_whose_second_slot_fails_leaves_no_session_there() {
    for fate in [Fate::Full(0), Fate::ReadOnly] {
        let bench = Bench::renewed_once();
        let newest = bench.newest();
        let vault = Faulty::new(&bench, &[Fate::Well, fate]).vault(&bench);
        assert!(save(&vault, signed_out(2)).unwrap().is_some());
        assert!(!bench.path(newest).exists());
        assert!(bench.read().record.unwrap().session.is_none());
    }
}

#[test]
fn a_sign_out_that_can_neither_be_written_nor_removed_says_so_and_can_be_tried_again() {
    let bench = Bench::renewed_once();
    let fates = [Fate::ReadOnly];
    let vault = Faulty { may_remove: false, ..Faulty::new(&bench, &fates) }.vault(&bench);
    let failed = save(&vault, signed_out(2));
    assert!(
        matches!(failed, Err(VaultFailure::NotWritten(what)) if what.detail.contains("slot B"))
    );
    assert!(save(&vault, signed_out(2)).unwrap().is_some());
    assert!(bench.read().record.unwrap().session.is_none());
}

#[test]
fn nothing_is_removed_for_a_failed_write_while_nobody_is_signed_in() {
    let bench = Bench::new();
    bench.save(sample(1, "old"));
    bench.save(signed_out(2));
    let vault = Faulty::new(&bench, &[Fate::ReadOnly]).vault(&bench);
    assert!(save(&vault, signed_out(2)).is_err());
    assert_eq!(bench.read().record.unwrap().epoch, 2);
}

#[test]
fn a_key_file_that_finds_the_disk_full_says_so() {
    use crate::keys::{KeyFailure, KeySource};
    /// A key file that finds no room.
    struct Full;
    impl KeySource for Full {
        fn find(&self) -> Result<Option<Key>, KeyFailure> {
            Ok(None)
        }

        fn create(&self) -> Result<Key, KeyFailure> {
            let full = io::Error::from(io::ErrorKind::StorageFull);
            Err(KeyFailure::Failed(crate::trouble::about("the key file", &full)))
        }

        fn forget(&self) -> Result<(), KeyFailure> {
            Ok(())
        }
    }
    let bench = Bench::new();
    let keys = Keys::new(super::keychain::Scripted::absent(), Full);
    let vault = FileVault::new(bench.slots(), keys);
    let Err(VaultFailure::NotWritten(why)) = save(&vault, sample(1, "first")) else {
        panic!("there is no key to seal it with");
    };
    assert_eq!(why.kind, WriteTrouble::DiskFull);
}
