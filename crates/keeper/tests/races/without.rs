//! A lock taken away, or the second reading under it: what the race is judged by then shows it.

use crate::desk::Desk;
use crate::over::{Over, With};
use crate::pair::Pair;
use keeper::ports::{Change, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::{Intent, Record};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles, Slot, Slots};

/// Five virtual minutes: fifty tokens and more.
const RACE_S: u32 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_refresh_lock_a_refresh_token_is_used_twice() {
    let mut pair = Pair::with(6_000, |inner| Arc::new(With(NoRefreshLock(inner)))).await;
    pair.race(RACE_S).await;
    assert!(pair.desk.counters().await.reuse_detected > 0);
    assert!(!pair.both_are_signed_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_reading_again_under_the_refresh_lock_a_refresh_token_is_used_twice() {
    let mut pair = Pair::with(6_000, |inner| Arc::new(With(NeverAgain::new(inner)))).await;
    pair.race(RACE_S).await;
    assert!(pair.desk.counters().await.reuse_detected > 0);
    assert!(!pair.both_are_signed_in().await);
}

#[tokio::test]
async fn without_the_record_lock_a_renewal_that_was_saved_is_written_over() {
    let (desk, app) = Desk::signed_in().await;
    app.close().await;
    assert_eq!(saved_and_gone(&desk, desk.folder.path()), (false, false), "with the lock");
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(saved_and_gone(&desk, elsewhere.path()), (true, true), "without it");
}

/// One copy saves a renewal while another notes something on the same record: between the other's
/// reading and its writing, where the record lock does not keep it out. The other's locks are in
/// `locks`. Answers whether it was told to be saved, and whether it is gone all the same.
fn saved_and_gone(desk: &Desk, locks: &Path) -> (bool, bool) {
    let ours = vault_with(desk, desk.folder.path()).with_patience(Duration::ZERO);
    let other = vault_with(desk, locks);
    let mut saved = false;
    let noted = other.change(&mut |record| {
        let renewed = ours.change(&mut |record| changed(record, |session| session.refreshes = 1));
        saved = renewed.is_ok();
        changed(record, |session| {
            session.intent = Some(Intent { fingerprint: 1, since_wall_ms: 0 });
        })
    });
    assert!(noted.is_ok());
    let gone = saved && desk.stored().session.unwrap().refreshes == 0;
    (saved, gone)
}

fn changed(
    record: Option<&Record>,
    change: impl FnOnce(&mut keeper::record::Session),
) -> Option<Record> {
    let mut next = record?.clone();
    change(next.session.as_mut()?);
    Some(next)
}

/// A vault over the desk's slots, with its lock files in this folder.
fn vault_with(desk: &Desk, locks: &Path) -> FileVault {
    let slots = PlainFiles::new(desk.folder.path(), "main").unwrap();
    let keys = Keys::new(FixedKey(Key::new([7; 32])), FileKey::new(desk.folder.path()));
    FileVault::new(LocksElsewhere { slots, locks: locks.to_owned() }, keys)
}

struct LocksElsewhere {
    slots: PlainFiles,
    locks: PathBuf,
}

impl Slots for LocksElsewhere {
    fn account(&self) -> &str {
        self.slots.account()
    }

    fn folder(&self) -> &Path {
        &self.locks
    }

    fn read_raw(&self, slot: Slot) -> std::io::Result<Option<Vec<u8>>> {
        self.slots.read_raw(slot)
    }

    fn write(&self, slot: Slot, document: &serde_json::Value) -> std::io::Result<()> {
        self.slots.write(slot, document)
    }

    fn set_aside(&self, slot: Slot) -> std::io::Result<String> {
        self.slots.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> std::io::Result<()> {
        self.slots.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> std::io::Result<()> {
        self.slots.remove_set_aside(keep)
    }
}

/// Hands the refresh lock to whoever asks.
struct NoRefreshLock(FileVault);

impl Over for NoRefreshLock {
    fn below(&self) -> &dyn Vault {
        &self.0
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        Ok(Some(RefreshLock(Box::new(()))))
    }
}

/// Reads once; afterwards it goes by what it has written itself.
struct NeverAgain {
    inner: FileVault,
    known: Mutex<Option<Record>>,
}

impl NeverAgain {
    fn new(inner: FileVault) -> Self {
        Self { inner, known: Mutex::new(None) }
    }
}

impl Over for NeverAgain {
    fn below(&self) -> &dyn Vault {
        &self.inner
    }

    fn read(&self) -> Result<Reading, VaultFailure> {
        let mut known = self.known.lock().unwrap();
        if known.is_none() {
            *known = self.inner.read()?.record;
        }
        Ok(Reading { record: known.clone(), ..Reading::default() })
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let mut news = false;
        let changed = self.inner.change(&mut |record| {
            let next = change(record);
            news = next.is_some();
            next
        })?;
        if news {
            self.known.lock().unwrap().clone_from(&changed);
        }
        Ok(changed)
    }

    fn has_news(&self) -> bool {
        false
    }
}
