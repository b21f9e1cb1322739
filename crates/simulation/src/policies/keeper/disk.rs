//! The disk of a simulated computer, and the vault on it. That a real vault over a real disk keeps
//! what it says through every crash is shown elsewhere (`crates/keeper/tests/stops`,
//! `crates/vault/src/recording`); here a write is whole or not there.

use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one computer keeps.
#[derive(Default)]
pub(super) struct Disk {
    record: Mutex<Option<Record>>,
    refreshing: Arc<AtomicBool>,
    /// Somebody has signed in and not out again: without a session he misses one.
    expected: AtomicBool,
}

impl Disk {
    pub(super) fn record(&self) -> MutexGuard<'_, Option<Record>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn expects_a_session(&self, expected: bool) {
        self.expected.store(expected, Ordering::SeqCst);
    }

    /// Nobody has signed out, and there is no session: not one that a copy has only not read yet.
    pub(super) fn misses_a_session(&self) -> bool {
        let kept = self.record().as_ref().is_some_and(|record| record.session.is_some());
        self.expected.load(Ordering::SeqCst) && !kept
    }

    fn generation(&self) -> u64 {
        self.record().as_ref().map_or(0, |record| record.generation)
    }
}

/// One copy's vault on it.
pub(super) struct MemoryVault {
    pub(super) disk: Arc<Disk>,
    seen: Mutex<Seen>,
}

/// How far another copy's writes have been seen.
#[derive(Default)]
struct Seen {
    generation: u64,
    /// A write of one's own came upon something unseen.
    missed: bool,
}

impl MemoryVault {
    pub(super) fn new(disk: Arc<Disk>) -> Self {
        Self { disk, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault for MemoryVault {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let record = self.disk.record().clone();
        let generation = record.as_ref().map_or(0, |record| record.generation);
        let mut seen = self.seen();
        let news = seen.missed || seen.generation != generation;
        *seen = Seen { generation, missed: false };
        Ok(Reading { record, news, ..Reading::default() })
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let mut record = self.disk.record();
        let before = record.as_ref().map_or(0, |record| record.generation);
        let mut seen = self.seen();
        seen.missed |= seen.generation != before;
        if let Some(mut next) = change(record.as_ref()) {
            next.generation = before + 1;
            *record = Some(next);
        }
        seen.generation = record.as_ref().map_or(0, |record| record.generation);
        Ok(record.clone())
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        if self.disk.refreshing.swap(true, Ordering::SeqCst) {
            return Ok(None);
        }
        Ok(Some(RefreshLock(Box::new(Held(Arc::clone(&self.disk.refreshing))))))
    }

    fn has_news(&self) -> bool {
        let seen = self.seen();
        seen.missed || seen.generation != self.disk.generation()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        let record = self.disk.record();
        let label = |record: &Record| Label {
            account: record.account.clone(),
            identity: record.identity.clone(),
        };
        Ok(record.as_ref().map(label))
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        let mut record = self.disk.record();
        let forgotten = wanted();
        if forgotten {
            *record = None;
        }
        Ok(forgotten)
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

/// The refresh lock, held.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
