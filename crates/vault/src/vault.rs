//! The keeper's vault over two slots and two places for a key.

use crate::document::{self, Content};
use crate::keys::{KeptBy, Key, KeyFailure, Keys, LOCK_FILE, Protection};
use crate::locks::{self, Held};
use crate::neighbours;
use crate::slots::{Slot, Slots};
use crate::standing::{Look, State, Verdict, judge};
use engine::Identity;
use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::{Keep, Record};
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
    /// The key.
    pub(crate) key: Option<(KeptBy, Key)>,
    /// How it is kept.
    pub(crate) protection: Protection,
    /// The newest record that was seen on disk. Where the disk goes back behind it, this is what is
    /// true still: the tokens in it are the ones that the server knows.
    pub(crate) last: Option<Record>,
    /// What was set aside and not told yet.
    pub(crate) set_aside: Vec<String>,
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

/// The record lock, and what the slots say under it.
pub(crate) struct Stand {
    _lock: Held,
    pub(crate) look: Look,
    pub(crate) verdict: Verdict,
    /// Why there is no key, where one was wanted.
    key_failure: Option<VaultFailure>,
}

type Blame = fn(String) -> VaultFailure;

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
        let _lock = self.record_lock(VaultFailure::Unreadable)?;
        let look = self.peek()?;
        let newest = look.newest().map(|(_, document)| document);
        let memory = self.memory(newest.map(|document| document.clear.epoch));
        Ok(memory
            .map(|record| (record, true))
            .or_else(|| newest.map(|document| (document.record(None), document.is_sealed())))
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

    fn record_lock(&self, blame: Blame) -> Result<Held, VaultFailure> {
        locks::hold(&self.lock_path("record"), self.patience).map_err(blame)
    }

    /// The lock between everybody who makes or removes the key that all accounts share.
    pub(crate) fn key_lock(&self) -> Result<Held, VaultFailure> {
        locks::hold(&self.slots.folder().join(LOCK_FILE), self.patience)
            .map_err(VaultFailure::not_written)
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

    /// Reads both slots and touches nothing.
    fn peek(&self) -> Result<Look, VaultFailure> {
        Ok(Look { a: self.state(Slot::A)?, b: self.state(Slot::B)? })
    }

    fn state(&self, slot: Slot) -> Result<State, VaultFailure> {
        let name = self.name(slot);
        let raw = self
            .slots
            .read_raw(slot)
            .map_err(|error| VaultFailure::Unreadable(format!("{name}: {error}")))?;
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
    pub(crate) fn set_aside(&self, slot: Slot, why: &str) -> Result<(), VaultFailure> {
        let name = self.name(slot);
        let moved = self.slots.set_aside(slot).map_err(|error| {
            VaultFailure::Unreadable(format!("{name}: {why}, and it cannot be set aside: {error}"))
        })?;
        tracing::warn!(slot = slot.letter(), why, "a slot was set aside");
        self.known().set_aside.push(format!("{name}: {why}; it is kept as {moved}"));
        if let Err(error) = self.slots.remove_set_aside(KEPT_ASIDE) {
            tracing::warn!(%error, "old damaged files could not be removed");
        }
        Ok(())
    }

    /// Finds the key of the newest record, where it has one and the key is not remembered. Without
    /// the record lock: nobody must wait for somebody else's keychain prompt.
    fn bring_key(&self) -> Result<(), VaultFailure> {
        if self.known().key.is_some() {
            return Ok(());
        }
        let kept_by = {
            let _lock = self.record_lock(VaultFailure::Unreadable)?;
            let look = self.peek()?;
            match look.newest() {
                Some((_, newest)) if newest.is_sealed() => newest.clear.protection,
                _ => None,
            }
        };
        let Some(kept_by) = kept_by else { return Ok(()) };
        match self.keys.for_opening(kept_by) {
            Ok(Some(found)) => {
                let mut known = self.known();
                known.key = Some((found.kept_by, found.key));
                known.protection = found.protection;
                Ok(())
            }
            Ok(None) => Err(VaultFailure::KeyGone(match kept_by {
                KeptBy::Keychain => "the keychain has no entry for it".to_owned(),
                KeptBy::KeyFile => "there is no key file".to_owned(),
            })),
            Err(failure) => Err(named(failure, VaultFailure::Unreadable)),
        }
    }

    fn stand(&self, blame: Blame) -> Result<Stand, VaultFailure> {
        let remembered = self.known().key.is_some();
        let stand = self.stand_with(self.bring_key().err(), blame)?;
        if !remembered || !matches!(stand.verdict, Verdict::Shut(_)) {
            return Ok(stand);
        }
        // Another copy may have made a new key since this one was remembered.
        drop(stand);
        self.known().key = None;
        self.stand_with(self.bring_key().err(), blame)
    }

    fn stand_with(
        &self,
        key_failure: Option<VaultFailure>,
        blame: Blame,
    ) -> Result<Stand, VaultFailure> {
        let lock = self.record_lock(blame)?;
        let look = self.peek()?;
        for slot in Slot::BOTH {
            if let State::Damaged(why) = look.at(slot) {
                self.set_aside(slot, why)?;
            }
        }
        let key = self.known().key.clone();
        let mut verdict = judge(&look, key.as_ref().map(|(_, key)| key));
        if let Verdict::Known(known) = &verdict
            && let Some(slot) = known.changed
        {
            self.set_aside(slot, "it was changed from outside")?;
        }
        if let Some(last) = &self.known().last {
            verdict.compare(last);
        }
        Ok(Stand { _lock: lock, look, verdict, key_failure })
    }
}

impl Stand {
    /// Why a session that is there cannot be read.
    fn shut_because(&self) -> VaultFailure {
        self.key_failure.clone().unwrap_or_else(|| {
            VaultFailure::KeyGone(
                "the key that was found does not fit it, or it was changed from outside".to_owned(),
            )
        })
    }
}

impl Vault for FileVault {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let stand = self.stand(VaultFailure::Unreadable)?;
        let memory = self.memory(stand.verdict.record().map(|record| record.epoch));
        let (record, fell_back) = match (memory, &stand.verdict) {
            (Some(memory), _) => (Some(memory), false),
            (None, Verdict::Nothing { damaged, last }) => match last {
                Some(last) => (Some(self.put_back(&stand, last)), false),
                None => {
                    self.known().last = None;
                    (None, *damaged)
                }
            },
            (None, Verdict::Known(known)) => {
                // Told once; what is written from here on is newer than what was lost.
                self.known().last = Some(known.record.clone());
                self.finish_sign_out(&stand);
                let record = if known.lost {
                    self.put_back(&stand, &known.record)
                } else {
                    known.record.clone()
                };
                (Some(record), known.fell_back)
            }
            (None, Verdict::Shut(_)) => return Err(stand.shut_because()),
        };
        let set_aside = std::mem::take(&mut self.known().set_aside);
        Ok(Reading { record, fell_back, set_aside, outbox_shut: None })
    }

    /// Where the session cannot be opened, `change` is handed the record without it. A new epoch is
    /// still written then: signing out needs no key, and signing in anew sets what does not open
    /// aside. Everything else fails as [`Vault::read`] does.
    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let stand = self.stand(VaultFailure::not_written)?;
        let memory = self.memory(stand.verdict.record().map(|record| record.epoch));
        let present = memory.as_ref().or(stand.verdict.record());
        let shut = memory.is_none() && matches!(stand.verdict, Verdict::Shut(_));
        let Some(mut record) = change(present) else {
            return if shut { Err(stand.shut_because()) } else { Ok(present.cloned()) };
        };
        let epoch = present.map_or(0, |present| present.epoch);
        if record.epoch < epoch {
            return Err(VaultFailure::not_written(
                "an ended session must not replace the present one".to_owned(),
            ));
        }
        if shut && record.epoch == epoch {
            return Err(stand.shut_because());
        }
        if memory.is_some() && record.session.is_none() {
            // Who was here, and where, is no more the disk's business at the end than all along.
            record.identity = None;
            record.account = serde_json::Value::Null;
        }
        match record.keep {
            Keep::Disk => self.save(&stand, record),
            Keep::Memory => self.keep_in_memory(&stand, record),
        }
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        locks::try_hold(&self.lock_path("refresh"))
            .map(|held| held.map(|held| RefreshLock(Box::new(held))))
            .map_err(|error| VaultFailure::not_written(error.to_string()))
    }

    fn has_news(&self) -> bool {
        true
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        let card = self.card()?;
        Ok(card.map(|card| Label { account: card.account, identity: card.identity }))
    }

    fn forget(&self) -> Result<(), VaultFailure> {
        let _lock = self.record_lock(VaultFailure::not_written)?;
        // A slot that cannot be read is forgotten like any other.
        let kept_by = self.peek().map_or(None, |look| look.protection());
        let anything =
            Slot::BOTH.iter().any(|slot| !matches!(self.slots.read_raw(*slot), Ok(None)));
        *self.known() = Remembered::default();
        self.remove_everything()?;
        // The key serves every account in the folder; with the last of them it goes too.
        let _key_lock = self.key_lock()?;
        let neighbours = neighbours::of(self.slots.account(), self.slots.folder())
            .map_err(|error| VaultFailure::not_written(error.to_string()))?;
        if neighbours.any || !anything {
            return Ok(());
        }
        self.keys.forget(kept_by).map_err(|failure| {
            VaultFailure::not_written(format!("the session is gone, its key is not: {failure}"))
        })
    }
}

/// A key's failure as the vault's. `failed`: what an ordinary failure is called here.
pub(crate) fn named(failure: KeyFailure, failed: Blame) -> VaultFailure {
    match failure {
        // A keychain that is gone may come back: it is waited for like a locked one.
        KeyFailure::Locked(why) | KeyFailure::NoKeychain(why) => VaultFailure::KeychainLocked(why),
        KeyFailure::Unusable(why) => VaultFailure::KeyGone(why),
        KeyFailure::Failed(why) => failed(why),
    }
}
