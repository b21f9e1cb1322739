//! The keeper's vault over two slots and two places for a key.

use crate::document::{self, Content, Document};
use crate::keys::{FoundKey, KeyFailure, Keys, LOCK_FILE, Protection};
use crate::locks::{self, Held};
use crate::neighbours;
use crate::news::Seen;
use crate::slots::{Slot, Slots};
use crate::standing::{Look, State, Verdict};
use crate::trouble::{Blame, about, unreadable};
use crate::vouch::Settings;
use engine::{Identity, StoreTrouble};
use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::{Keep, Record, Unrevoked};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the record lock is waited for. Everybody holds it for milliseconds, but for a first
/// sign-in, which makes a key under it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many damaged files of a slot are kept for whoever wants to look at them.
pub(crate) const KEPT_ASIDE: usize = 3;

/// Keeps one account's record in two slots.
///
/// Its calls block as long as a disk does, and up to ten seconds longer where the keychain is asked:
/// on the first reading of a sealed record, and at each sign-in. Elsewhere the key is remembered.
pub struct FileVault {
    pub(crate) slots: Box<dyn Slots>,
    pub(crate) keys: Keys,
    patience: Duration,
    known: Mutex<Remembered>,
}

/// What is in memory between two calls.
#[derive(Default)]
pub(crate) struct Remembered {
    /// A session that is kept in memory only.
    pub(crate) memory: Option<Record>,
    /// The key that opened or sealed this account's record last. One that opened nothing is not
    /// remembered, and after one from the keychain none from the file is.
    pub(crate) key: Option<FoundKey>,
    /// How it is kept.
    pub(crate) protection: Protection,
    /// The newest record that was seen on disk. Where the disk goes back behind it, this is what is
    /// true still: the tokens in it are the ones that the server knows.
    pub(crate) last: Option<Record>,
    /// The settings that a seal has vouched for last.
    pub(crate) vouched: Option<Settings>,
    /// The entries of the outbox that are kept in memory only.
    pub(crate) outbox: Vec<Unrevoked>,
    /// What was set aside and not told yet.
    pub(crate) set_aside: Vec<String>,
    /// The slots as they were when they were last read or written under the record lock.
    pub(crate) seen: Option<Seen>,
}

/// What can be told of an account without its key. For showing only: the seal is what vouches for
/// settings, so nothing may be *sent* by these. A read record has the same, vouched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// From one sign-in to the next sign-in or sign-out.
    pub epoch: u64,
    /// The account's settings.
    pub account: serde_json::Value,
    /// Who is, or was, signed in.
    pub identity: Option<Identity>,
    /// A session is sealed beside it, or kept in memory.
    pub has_session: bool,
}

impl FileVault {
    /// The vault of the account that these slots belong to.
    #[must_use]
    pub fn new(slots: impl Slots + 'static, keys: Keys) -> Self {
        let known = Mutex::new(Remembered::default());
        Self { slots: Box::new(slots), keys, patience: PATIENCE, known }
    }

    /// Waits so long for the record lock, instead of five seconds.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How the session on disk is protected: unknown until the key was needed.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.known().protection.clone()
    }

    /// What can be told of the account without its key: for "Welcome back" while the keychain is
    /// locked. `None` where nothing is kept.
    ///
    /// # Errors
    /// [`VaultFailure::Unreadable`].
    pub fn card(&self) -> Result<Option<Card>, VaultFailure> {
        let _lock = self.record_lock(unreadable)?;
        let look = self.peek()?;
        let newest = look.newest().map(|(_, document)| document);
        let memory = self.memory(newest.map(|document| document.clear.epoch));
        Ok(memory
            .map(|record| (record, true))
            .or_else(|| newest.map(|document| (document.record(None), document.has_session())))
            .map(|(record, has_session)| Card {
                epoch: record.epoch,
                account: record.account,
                identity: record.identity,
                has_session,
            }))
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Remembered> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_path(&self, of: &str) -> PathBuf {
        self.slots.folder().join(format!("{}.{of}.lock", self.slots.account()))
    }

    pub(crate) fn record_lock(&self, blame: Blame) -> Result<Held, VaultFailure> {
        locks::hold(&self.lock_path("record"), self.patience).map_err(blame)
    }

    /// The lock between everybody who makes or removes the key that all accounts share.
    pub(crate) fn key_lock(&self) -> Result<Held, VaultFailure> {
        locks::hold(&self.slots.folder().join(LOCK_FILE), self.patience)
            .map_err(VaultFailure::NotWritten)
    }

    /// The session in memory, while no newer epoch is on disk.
    pub(crate) fn memory(&self, on_disk: Option<u64>) -> Option<Record> {
        let mut known = self.known();
        let outdated = |memory: &Record| on_disk.is_some_and(|epoch| epoch > memory.epoch);
        if known.memory.as_ref().is_some_and(outdated) {
            known.memory = None;
        }
        known.memory.clone()
    }

    /// The record as its readers see it: the one in memory or else the one on disk, with the outbox of
    /// both.
    fn present(&self, verdict: &Verdict) -> Option<Record> {
        let on_disk = verdict.record();
        let memory = self.memory(on_disk.map(|record| record.epoch));
        let mut record = memory.or_else(|| on_disk.cloned())?;
        record.outbox = on_disk.map_or_else(Vec::new, |on_disk| on_disk.outbox.clone());
        Some(self.with_outbox_in_memory(record))
    }

    fn with_outbox_in_memory(&self, mut record: Record) -> Record {
        record.outbox.extend(self.known().outbox.iter().cloned());
        record
    }

    /// Reads both slots and touches nothing.
    pub(crate) fn peek(&self) -> Result<Look, VaultFailure> {
        Ok(Look { a: self.state(Slot::A)?, b: self.state(Slot::B)? })
    }

    fn state(&self, slot: Slot) -> Result<State, VaultFailure> {
        let name = self.name(slot);
        let raw = self.slots.read_raw(slot).map_err(|error| unreadable(about(&name, &error)))?;
        let Some(raw) = raw else { return Ok(State::Absent) };
        match document::read(self.slots.account(), slot, &raw) {
            Content::Whole(document) => Ok(State::Whole(document)),
            Content::Damaged(why) => Ok(State::Damaged(why)),
            Content::Newer(version) => Err(VaultFailure::Unreadable(format!(
                "{name} is in format {version}, from a newer version of this app"
            ))),
        }
    }

    pub(crate) fn name(&self, slot: Slot) -> String {
        format!("slot {}", slot.letter().to_uppercase())
    }

    /// Moves a slot out of the way and remembers to tell it.
    pub(crate) fn set_aside(&self, slot: Slot, why: &str) -> Result<(), StoreTrouble> {
        let name = self.name(slot);
        let moved = self.slots.set_aside(slot);
        self.has_touched(slot);
        let moved = moved.map_err(|error| {
            about(&format!("{name}: {why}, and it cannot be set aside"), &error)
        })?;
        tracing::warn!(slot = slot.letter(), why, "a slot was set aside");
        self.known().set_aside.push(format!("{name}: {why}; it is kept as {moved}"));
        if let Err(error) = self.slots.remove_set_aside(KEPT_ASIDE) {
            tracing::warn!(%error, "old damaged files could not be removed");
        }
        Ok(())
    }

    /// This vault has changed a slot itself: that is no news to it.
    pub(crate) fn has_touched(&self, slot: Slot) {
        if let Some(seen) = &mut self.known().seen {
            seen.looks_again(self.slots.as_ref(), slot);
        }
    }

    fn read_under_lock(&self) -> Result<Reading, VaultFailure> {
        let stand = self.stand(unreadable, Document::needs_key)?;
        let memory = self.memory(stand.verdict.record().map(|record| record.epoch)).is_some();
        let (record, fell_back) = match &stand.verdict {
            _ if memory => (self.present(&stand.verdict), false),
            Verdict::Nothing { damaged, last } => match last {
                Some(last) => {
                    let record = self.put_back(&stand, last);
                    (Some(self.with_outbox_in_memory(record)), false)
                }
                None => {
                    self.known().last = None;
                    (None, *damaged)
                }
            },
            Verdict::Known(known) => {
                // Told once; what is written from here on is newer than what was lost.
                self.known().last = Some(known.record.clone());
                self.finish_sign_out(&stand);
                let record = if known.lost {
                    self.put_back(&stand, &known.record)
                } else {
                    known.record.clone()
                };
                (Some(self.with_outbox_in_memory(record)), known.fell_back)
            }
            Verdict::Shut(_) => return Err(stand.shut_because()),
        };
        let set_aside = std::mem::take(&mut self.known().set_aside);
        let outbox_shut = stand.verdict.outbox_shut().then(|| stand.shut_because());
        Ok(Reading { record, fell_back, set_aside, outbox_shut, news: stand.news })
    }

    fn change_under_lock(
        &self,
        change: Change<'_>,
        news: &mut bool,
    ) -> Result<Option<Record>, VaultFailure> {
        let stand = self.stand(VaultFailure::NotWritten, Document::needs_key)?;
        *news = stand.news;
        let present = self.present(&stand.verdict);
        let memory = self.known().memory.is_some();
        let shut = !memory && matches!(stand.verdict, Verdict::Shut(_));
        let Some(mut record) = change(present.as_ref()) else {
            return if shut { Err(stand.shut_because()) } else { Ok(present) };
        };
        let epoch = present.map_or(0, |present| present.epoch);
        if record.epoch < epoch {
            return Err(VaultFailure::not_written(
                "an ended session must not replace the present one",
            ));
        }
        // What does not open now is not written over within its epoch. A session in memory goes on:
        // nothing is written for it.
        let outbox_shut = stand.verdict.outbox_shut() && record.keep == Keep::Disk;
        if (shut || outbox_shut) && record.epoch == epoch {
            return Err(stand.shut_because());
        }
        if memory && record.session.is_none() {
            // Who was here, and where, is no more the disk's business at the end than all along.
            record.identity = None;
            record.account = serde_json::Value::Null;
        }
        let held = record.outbox.extract_if(.., |entry| entry.keep == Keep::Memory).collect();
        let saved = match record.keep {
            Keep::Disk => self.save(&stand, record)?,
            Keep::Memory => self.keep_in_memory(&stand, record)?,
        };
        let Some(mut saved) = saved else { return Ok(None) };
        saved.outbox.extend(Vec::clone(&held));
        self.known().outbox = held;
        Ok(Some(saved))
    }
}

impl Vault for FileVault {
    fn read(&self) -> Result<Reading, VaultFailure> {
        self.read_under_lock()
    }

    /// Where the session cannot be opened, `change` is handed the record without it. A new epoch is
    /// still written then: signing out needs no key, and signing in anew sets what does not open
    /// aside. Everything else fails as [`Vault::read`] does.
    ///
    /// Where only the outbox of a signed-out record cannot be opened it is the same: it is not written
    /// over within its epoch. A sign-in sets it aside with the slot that it is in; a new sign-out drops
    /// it, as it drops a session that cannot be opened.
    ///
    /// Entries that are kept in memory only are never written. Without a key at hand the others of a
    /// signed-out record are not kept either, and missing in the answer.
    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let had_news = self.has_news();
        let mut news = false;
        let changed = self.change_under_lock(change, &mut news);
        if news || changed.is_err() && had_news {
            // Only `change` was told what was there, if anybody: it is news to everybody else.
            self.known().seen = None;
        }
        changed
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        locks::try_hold(&self.lock_path("refresh"))
            .map(|held| held.map(|held| RefreshLock(Box::new(held))))
            .map_err(|error| VaultFailure::NotWritten(about("the refresh lock", &error)))
    }

    fn has_news(&self) -> bool {
        let seen = self.known().seen;
        seen.is_none_or(|seen| seen.is_outdated(self.slots.as_ref()))
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        let card = self.card()?;
        Ok(card.map(|card| Label { account: card.account, identity: card.identity }))
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        let _lock = self.record_lock(VaultFailure::NotWritten)?;
        if !wanted() {
            return Ok(false);
        }
        // A slot that cannot be read is forgotten like any other.
        let anything =
            Slot::BOTH.iter().any(|slot| !matches!(self.slots.read_raw(*slot), Ok(None)));
        *self.known() = Remembered::default();
        let removed = self.remove_everything();
        self.known().seen = Some(Seen::now(self.slots.as_ref()));
        removed?;
        // The key serves every account in the folder; with the last of them it goes too.
        let _key_lock = self.key_lock()?;
        let neighbours = neighbours::of(self.slots.account(), self.slots.folder())
            .map_err(|error| VaultFailure::NotWritten(about("the folder", &error)))?;
        if neighbours.any || !anything {
            return Ok(true);
        }
        self.keys.forget().map_err(|failure| {
            VaultFailure::not_written(format!("the session is gone, its key is not: {failure}"))
        })?;
        Ok(true)
    }
}

/// A key's failure as the vault's. `failed`: what an ordinary failure is called here.
pub(crate) fn named(failure: KeyFailure, failed: Blame) -> VaultFailure {
    match failure {
        KeyFailure::Locked(why) => VaultFailure::KeychainLocked(why),
        KeyFailure::Slow(why) => VaultFailure::KeychainSlow(why),
        KeyFailure::Cancelled(why) => VaultFailure::KeychainCancelled(why),
        KeyFailure::NoKeychain(why) => VaultFailure::KeychainGone(why),
        KeyFailure::Unusable(why) => VaultFailure::KeyGone(why),
        KeyFailure::Failed(trouble) => failed(trouble),
    }
}
