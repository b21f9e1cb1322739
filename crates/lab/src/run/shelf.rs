//! The app's vault, with a bell: whoever moves the clocks has to know when the disk is busy.

use super::wire::Wire;
use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;
use std::path::Path;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// Seals nothing that anybody would want: the folder goes with the scenario.
const KEY: [u8; 32] = [7; 32];

/// A vault over the files of one scenario.
pub(crate) struct Shelf {
    vault: FileVault,
    wire: Wire,
}

impl Shelf {
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn over(folder: &Path, wire: Wire) -> Result<Self, String> {
        let slots = PlainFiles::new(folder, "main").map_err(|error| error.to_string())?;
        let keys = Keys::new(FixedKey(Key::new(KEY)), FileKey::new(folder));
        Ok(Self { vault: FileVault::new(slots, keys), wire })
    }

    fn busy<T>(&self, work: impl FnOnce(&FileVault) -> T) -> T {
        let _at_work = AtWork::begin(&self.wire);
        work(&self.vault)
    }
}

struct AtWork<'a>(&'a Wire);

impl<'a> AtWork<'a> {
    fn begin(wire: &'a Wire) -> Self {
        wire.change(|state| state.at_the_vault += 1);
        Self(wire)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.at_the_vault = state.at_the_vault.saturating_sub(1));
    }
}

impl Vault for Shelf {
    fn read(&self) -> Result<Reading, VaultFailure> {
        self.busy(FileVault::read)
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        self.busy(|vault| vault.change(change))
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        self.busy(FileVault::try_refresh_lock)
    }

    fn has_news(&self) -> bool {
        self.vault.has_news()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.busy(FileVault::label)
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        self.busy(|vault| vault.forget_if(wanted))
    }
}
