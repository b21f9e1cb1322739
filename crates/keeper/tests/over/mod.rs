//! A vault over another: what it does not say itself, the other one does.

use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;

/// What is done otherwise than by the vault below.
pub(crate) trait Over: Send + Sync {
    fn below(&self) -> &dyn Vault;

    fn read(&self) -> Result<Reading, VaultFailure> {
        self.below().read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        self.below().change(change)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        self.below().try_refresh_lock()
    }

    fn has_news(&self) -> bool {
        self.below().has_news()
    }
}

/// The vault that it makes.
pub(crate) struct With<T>(pub(crate) T);

impl<T: Over> Vault for With<T> {
    fn read(&self) -> Result<Reading, VaultFailure> {
        self.0.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        self.0.change(change)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        self.0.try_refresh_lock()
    }

    fn has_news(&self) -> bool {
        self.0.has_news()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.0.below().label()
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        self.0.below().forget_if(wanted)
    }
}
