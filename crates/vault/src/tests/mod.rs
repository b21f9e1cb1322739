//! Tests of the vault over plain files.

mod crash;
mod damage;
mod disk_full;
mod every_crash;
mod forgery;
mod formats;
mod keychain;
mod memory;
mod neighbours;
mod news;
mod outbox;
mod records;
mod secrets;
mod waiting;

use crate::contract::{sample, token, unrevoked};
use crate::keys::{FileKey, FixedKey, Key, KeySource, Keys};
use crate::{FileVault, PlainFiles, Slot};
use keeper::ports::{Reading, Vault as _, VaultFailure};
use keeper::record::Record;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const KEY: [u8; 32] = [7; 32];

/// A folder with one account's slots, opened by as many vaults as a test likes.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Signed in, and renewed once: `first` in the older slot, `second` in the newest.
    fn renewed_once() -> Self {
        let bench = Self::new();
        bench.save(sample(1, "first"));
        bench.save(sample(1, "second"));
        bench
    }

    fn slots(&self) -> PlainFiles {
        PlainFiles::new(self.folder.path(), "alice").unwrap()
    }

    fn vault(&self) -> FileVault {
        self.vault_by(FixedKey(Key::new(KEY)))
    }

    fn vault_by(&self, keychain: impl KeySource + 'static) -> FileVault {
        let keys = Keys::new(keychain, FileKey::new(self.folder.path()));
        FileVault::new(self.slots(), keys)
    }

    fn save(&self, record: Record) -> Record {
        save(&self.vault(), record).unwrap().unwrap()
    }

    fn read(&self) -> Reading {
        self.vault().read().unwrap()
    }

    fn path(&self, slot: Slot) -> PathBuf {
        self.folder.path().join(format!("alice-{}.json", slot.letter()))
    }

    fn raw(&self, slot: Slot) -> Vec<u8> {
        fs::read(self.path(slot)).unwrap()
    }

    fn document(&self, slot: Slot) -> Value {
        serde_json::from_slice(&self.raw(slot)).unwrap()
    }

    fn put(&self, slot: Slot, bytes: &[u8]) {
        fs::write(self.path(slot), bytes).unwrap();
    }

    /// The slot with the newest record.
    fn newest(&self) -> Slot {
        let generation = |slot| self.document(slot)["generation"].as_u64().unwrap();
        if generation(Slot::A) > generation(Slot::B) { Slot::A } else { Slot::B }
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn set_aside_files(&self) -> usize {
        let aside = |path: &PathBuf| path.to_string_lossy().contains(".damaged-");
        self.files().iter().filter(|path| aside(path)).count()
    }
}

fn save(vault: &FileVault, record: Record) -> Result<Option<Record>, VaultFailure> {
    vault.change(&mut |_| Some(record.clone()))
}

fn signed_out(epoch: u64) -> Record {
    Record { session: None, ..sample(epoch, "") }
}

/// Signed out, with sessions that have ended here and that the server has not been told of.
fn signed_out_with(epoch: u64, ids: &[u64]) -> Record {
    Record { outbox: ids.iter().map(|id| unrevoked(*id)).collect(), ..signed_out(epoch) }
}

fn ids_of(record: Option<&Record>) -> Vec<u64> {
    record.map_or_else(Vec::new, |record| record.outbox.iter().map(|entry| entry.id).collect())
}

fn token_of(reading: &Reading) -> String {
    token(reading.record.as_ref())
}

/// The document with this done to its clear part, and the checksum corrected: what somebody does who
/// has read this source.
fn edited(bench: &Bench, slot: Slot, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document = bench.document(slot);
    edit(&mut document);
    document.as_object_mut().unwrap().remove("check");
    let place = serde_json::json!({
        "what": "session keeper slot",
        "account_id": "alice",
        "slot": slot.letter(),
        "document": document,
    });
    document["check"] = crate::canonical::checksum(&place).into();
    serde_json::to_vec(&document).unwrap()
}
