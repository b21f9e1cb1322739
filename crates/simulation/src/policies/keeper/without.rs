//! Ours with one rule taken away, at the ports: not a line of the keeper or the engine is another one.
//! What the figures are then is what the rule is good for.

use super::ComputersClocks;
use super::disk::{Disk, MemoryVault};
use async_trait::async_trait;
use engine::{Boot, Now};
use keeper::ports::{Change, Clock, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// A rule that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Before a refresh is sent, it is written down that it will be.
    Intent,
    /// Under the refresh lock the record is read again, and what another copy has renewed is used.
    Adopt,
    /// Of all copies, only the one that holds the refresh lock uses the refresh token.
    Lock,
    /// What was granted is saved before anybody is given it, and before the lock is given back.
    SaveFirst,
    /// An answer to a session that has ended meanwhile is not kept.
    Epoch,
    /// Deadlines go by time since boot, and the wall clock is corrected by the server's `Date`.
    Clock,
    /// What failed is tried again soon, then less and less often. Without it: an hour later.
    Ladder,
    /// Failures are told apart. Without it every one of them is a refusal.
    Classes,
}

impl Rule {
    /// Every rule, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Intent,
        Self::Adopt,
        Self::Lock,
        Self::SaveFirst,
        Self::Epoch,
        Self::Clock,
        Self::Ladder,
        Self::Classes,
    ];

    /// What it is called on the command line and in figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Adopt => "adopt",
            Self::Lock => "lock",
            Self::SaveFirst => "save-first",
            Self::Epoch => "epoch",
            Self::Clock => "clock",
            Self::Ladder => "ladder",
            Self::Classes => "classes",
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// Clocks of somebody who trusts the wall clock alone.
pub(super) struct WallOnly(pub(super) ComputersClocks);

#[async_trait]
impl Clock for WallOnly {
    fn now(&self) -> Now {
        let now = self.0.now();
        Now { wall: now.wall, boot: Boot(now.wall.0) }
    }

    fn boot_id(&self) -> String {
        "the only one".to_owned()
    }

    async fn sleep_until(&self, until: Boot) {
        loop {
            let left_ms = until - self.now().boot;
            if left_ms <= 0 {
                return;
            }
            self.0.0.sleep(left_ms.min(super::SLICE_MS)).await;
        }
    }
}

/// A vault that keeps to all rules but one: `Intent`, `Adopt`, `Lock` or `Epoch`.
pub(super) struct Weakened {
    vault: MemoryVault,
    without: Rule,
    /// What this copy itself last read or wrote.
    own: Mutex<Option<Record>>,
}

impl Weakened {
    pub(super) fn new(vault: MemoryVault, without: Rule) -> Self {
        Self { vault, without, own: Mutex::default() }
    }

    fn own(&self) -> MutexGuard<'_, Option<Record>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `change` makes of what is there, by the rules that are left.
    fn changed(&self, there: Option<&Record>, change: Change<'_>) -> Option<Record> {
        let own = self.own().clone();
        let ended = |own: &Record, there: Option<&Record>| {
            there.is_some_and(|there| there.epoch > own.epoch)
        };
        match own.filter(|own| self.without == Rule::Epoch && ended(own, there)) {
            // The session of this copy has ended meanwhile, and nobody looks: what comes of it is
            // written as if it were of today.
            Some(own) => {
                let mut next = change(Some(&own))?;
                next.epoch = next.epoch.max(there.map_or(0, |there| there.epoch));
                Some(next)
            }
            None => {
                let mut next = change(there)?;
                if let Some(session) =
                    next.session.as_mut().filter(|_| self.without == Rule::Intent)
                {
                    session.intent = None;
                }
                Some(next)
            }
        }
    }
}

impl Vault for Weakened {
    fn read(&self) -> Result<Reading, VaultFailure> {
        if self.without == Rule::Adopt
            && let Some(own) = self.own().clone()
        {
            return Ok(Reading { record: Some(own), ..Reading::default() });
        }
        let reading = self.vault.read()?;
        self.own().clone_from(&reading.record);
        Ok(reading)
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let mut wrote = false;
        let changed = self.vault.change(&mut |there| {
            let next = self.changed(there, change);
            wrote = next.is_some();
            next
        })?;
        if wrote {
            self.own().clone_from(&changed);
        }
        Ok(changed)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        if self.without == Rule::Lock {
            return Ok(Some(RefreshLock(Box::new(()))));
        }
        self.vault.try_refresh_lock()
    }

    fn has_news(&self) -> bool {
        self.without != Rule::Adopt && self.vault.has_news()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.vault.label()
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        self.vault.forget_if(wanted)
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

/// How long a renewal waits until it is on disk, without the rule, in milliseconds: what apps do that
/// write their settings "soon".
const SAVED_AFTER_MS: u64 = 5_000;

/// A vault that says "saved" of a renewal at once and saves it a little later.
pub(super) struct Hasty {
    disk: Arc<Disk>,
    vault: MemoryVault,
    /// What is said to be saved, and is not yet.
    unsaved: Arc<Mutex<Option<Record>>>,
    /// Ends with the process, whatever is still to be saved.
    saving: Mutex<JoinSet<()>>,
}

impl Hasty {
    pub(super) fn new(disk: &Arc<Disk>) -> Self {
        Self {
            disk: Arc::clone(disk),
            vault: MemoryVault::new(Arc::clone(disk)),
            unsaved: Arc::default(),
            saving: Mutex::default(),
        }
    }

    fn unsaved(&self) -> MutexGuard<'_, Option<Record>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn save_soon(&self) {
        let (disk, unsaved) = (Arc::clone(&self.disk), Arc::clone(&self.unsaved));
        let later = async move {
            tokio::time::sleep(Duration::from_millis(SAVED_AFTER_MS)).await;
            let record = unsaved.lock().unwrap_or_else(PoisonError::into_inner).take();
            let mut there = disk.record();
            let generation = there.as_ref().map_or(0, |record| record.generation);
            let epoch = there.as_ref().map_or(0, |record| record.epoch);
            if let Some(mut record) = record.filter(|record| record.epoch == epoch) {
                record.generation = generation + 1;
                *there = Some(record);
            }
        };
        let mut saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        while saving.try_join_next().is_some() {}
        saving.spawn(later);
    }
}

impl Vault for Hasty {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let mut reading = self.vault.read()?;
        if let Some(unsaved) = self.unsaved().clone() {
            reading.record = Some(unsaved);
        }
        Ok(reading)
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let there = self.unsaved().clone().or_else(|| self.disk.record().clone());
        let refreshes = |record: Option<&Record>| {
            let session = record.and_then(|record| record.session.as_ref());
            session.map(|session| session.refreshes)
        };
        let Some(next) = change(there.as_ref()) else { return Ok(there) };
        let same_epoch = there.as_ref().is_some_and(|there| there.epoch == next.epoch);
        let renewed = same_epoch && refreshes(there.as_ref()) < refreshes(Some(&next));
        if renewed {
            *self.unsaved() = Some(next.clone());
            self.save_soon();
            return Ok(Some(next));
        }
        if same_epoch && self.unsaved().is_some() {
            *self.unsaved() = Some(next.clone());
            return Ok(Some(next));
        }
        *self.unsaved() = None;
        self.vault.change(&mut |_| Some(next.clone()))
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        self.vault.try_refresh_lock()
    }

    fn has_news(&self) -> bool {
        self.vault.has_news()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.vault.label()
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        self.vault.forget_if(wanted)
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}
