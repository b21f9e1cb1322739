//! A store in memory that can fail, hang, and be shared by two copies of the app.

use super::Diary;
use super::server::renewal;
use engine::{StoreTrouble, WriteTrouble};
use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// What a write is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// That a refresh has begun.
    Intent,
    /// Tokens.
    Session,
    /// That nobody is signed in.
    SignOut,
}

pub(crate) struct MemoryVault {
    disk: Arc<Disk>,
    diary: Diary,
    /// The version of the disk that this handle has seen.
    seen: AtomicU64,
}

/// Another handle on the same disk, as another process has one.
impl Clone for MemoryVault {
    fn clone(&self) -> Self {
        let seen = AtomicU64::new(self.seen.load(Ordering::SeqCst));
        Self { disk: Arc::clone(&self.disk), diary: self.diary.clone(), seen }
    }
}

#[derive(Default)]
struct Disk {
    state: Mutex<State>,
    changed: Condvar,
    record_lock: Mutex<()>,
}

#[derive(Default)]
struct State {
    record: Option<Record>,
    /// Counts what was written.
    version: u64,
    locked: bool,
    hangs: Option<Wrote>,
    reads_hang: bool,
    fails: Option<VaultFailure>,
    reads_fail: Option<VaultFailure>,
    forget_fails: bool,
}

/// Lets go whatever hangs at the end of a test: its runtime waits for every thread.
pub(crate) struct Hanging(Arc<Disk>);

impl Drop for Hanging {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap();
        state.hangs = None;
        state.reads_hang = false;
        self.0.changed.notify_all();
    }
}

impl MemoryVault {
    pub(crate) fn new(diary: Diary) -> Self {
        Self { disk: Arc::default(), diary, seen: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self) -> Option<Record> {
        self.disk.state.lock().unwrap().record.clone()
    }

    /// Another process has written this.
    pub(crate) fn put(&self, record: Option<Record>) {
        self.disk.state.lock().unwrap().write(record);
    }

    fn has_seen(&self) {
        let version = self.disk.state.lock().unwrap().version;
        self.seen.store(version, Ordering::SeqCst);
    }

    /// Writes of this kind do not come back until the answer is dropped.
    #[must_use]
    pub(crate) fn hang(&self, on: Wrote) -> Hanging {
        self.disk.state.lock().unwrap().hangs = Some(on);
        Hanging(Arc::clone(&self.disk))
    }

    #[must_use]
    pub(crate) fn hang_reads(&self) -> Hanging {
        self.disk.state.lock().unwrap().reads_hang = true;
        Hanging(Arc::clone(&self.disk))
    }

    /// What every write comes to from now on.
    pub(crate) fn fail(&self, failure: Option<VaultFailure>) {
        self.disk.state.lock().unwrap().fails = failure;
    }

    pub(crate) fn fail_reads(&self, failure: Option<VaultFailure>) {
        self.disk.state.lock().unwrap().reads_fail = failure;
    }

    pub(crate) fn fail_forget(&self, fails: bool) {
        self.disk.state.lock().unwrap().forget_fails = fails;
    }

    pub(crate) fn disk_is_full(&self) {
        self.fail(Some(VaultFailure::NotWritten(StoreTrouble {
            kind: WriteTrouble::DiskFull,
            detail: "the disk is full".to_owned(),
        })));
    }

    fn wait_while(&self, mut hangs: impl FnMut(&State) -> bool) {
        let state = self.disk.state.lock().unwrap();
        drop(self.disk.changed.wait_while(state, |state| hangs(state)).unwrap());
    }
}

impl State {
    fn write(&mut self, record: Option<Record>) {
        self.version += 1;
        self.record = record;
    }
}

impl Vault for MemoryVault {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let failure = self.disk.state.lock().unwrap().reads_fail.clone();
        self.diary.note("read");
        let news = self.has_news();
        self.has_seen();
        let record = self.record();
        self.wait_while(|state| state.reads_hang);
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Reading { record, news, ..Reading::default() }),
        }
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let _lock = self.disk.record_lock.lock().unwrap();
        let news = self.has_news();
        let present = self.record();
        let Some(mut next) = change(present.as_ref()) else { return Ok(present) };
        let (kind, line) = match &next.session {
            None => (Wrote::SignOut, "wrote a sign-out".to_owned()),
            Some(held) if held.intent.is_some() => {
                (Wrote::Intent, format!("wrote the intent to use {}", renewal(&held.tokens)))
            }
            Some(held) => (Wrote::Session, format!("wrote {}", renewal(&held.tokens))),
        };
        if self.disk.state.lock().unwrap().hangs == Some(kind) {
            self.diary.note(format!("hangs: {line}"));
        }
        self.wait_while(|state| state.hangs == Some(kind));
        let mut state = self.disk.state.lock().unwrap();
        if let Some(failure) = state.fails.clone() {
            self.diary.note("could not write");
            return Err(failure);
        }
        next.generation = present.map_or(0, |present| present.generation) + 1;
        state.write(Some(next.clone()));
        drop(state);
        if !news {
            self.has_seen();
        }
        self.diary.note(line);
        Ok(Some(next))
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        struct Held(MemoryVault);
        impl Drop for Held {
            fn drop(&mut self) {
                self.0.disk.state.lock().unwrap().locked = false;
                self.0.diary.note("unlocked");
            }
        }
        let mut state = self.disk.state.lock().unwrap();
        if std::mem::replace(&mut state.locked, true) {
            drop(state);
            self.diary.note("the refresh lock is held");
            return Ok(None);
        }
        drop(state);
        self.diary.note("locked");
        Ok(Some(RefreshLock(Box::new(Held(self.clone())))))
    }

    fn has_news(&self) -> bool {
        let version = self.disk.state.lock().unwrap().version;
        self.seen.load(Ordering::SeqCst) != version
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        let record = self.record();
        Ok(record.map(|record| Label { account: record.account, identity: record.identity }))
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        let _lock = self.disk.record_lock.lock().unwrap();
        if !wanted() {
            return Ok(false);
        }
        let mut state = self.disk.state.lock().unwrap();
        if state.forget_fails {
            return Err(VaultFailure::not_written("still there: slot A"));
        }
        state.write(None);
        drop(state);
        self.has_seen();
        self.diary.note("forgot");
        Ok(true)
    }
}
