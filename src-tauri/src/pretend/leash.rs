//! A vault whose keeper can be stopped as a killed process is: from one moment on nothing of it is
//! written any more.

use keeper::ports::{Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Ends what a keeper may do with its vault. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Leash(Arc<Inner>);

#[derive(Default)]
struct Inner {
    pulled: AtomicBool,
    /// So many calls are under way, and refresh locks held.
    busy: watch::Sender<usize>,
}

impl Leash {
    /// Refuses every call from now on. Those under way go on, as a write goes on that the system has
    /// been given already.
    pub(crate) fn pull(&self) {
        self.0.pulled.store(true, Ordering::SeqCst);
    }

    /// Returns once no call is under way, and the refresh lock is free.
    pub(crate) async fn at_rest(&self) {
        // The sender is here, so waiting cannot fail.
        let _at_rest = self.0.busy.subscribe().wait_for(|busy| *busy == 0).await.is_ok();
    }

    /// Begins a call. Counted before it is looked, so that whoever has pulled and waits sees it.
    fn begin(&self) -> Result<Busy, VaultFailure> {
        self.0.busy.send_modify(|busy| *busy += 1);
        let busy = Busy(self.clone());
        if self.0.pulled.load(Ordering::SeqCst) {
            return Err(VaultFailure::not_written("this keeper was stopped"));
        }
        Ok(busy)
    }
}

/// A call under way, or a refresh lock, until dropped.
struct Busy(Leash);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.busy.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

/// A vault on a leash.
pub(crate) struct Leashed {
    vault: Arc<dyn Vault>,
    leash: Leash,
}

impl Leashed {
    /// Puts `vault` on a leash.
    pub(crate) fn new(vault: Arc<dyn Vault>, leash: Leash) -> Self {
        Self { vault, leash }
    }
}

impl Vault for Leashed {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let _busy = self.leash.begin()?;
        self.vault.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<keeper::record::Record>, VaultFailure> {
        let _busy = self.leash.begin()?;
        self.vault.change(change)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        let busy = self.leash.begin()?;
        let lock = self.vault.try_refresh_lock()?;
        // In this order: it is at rest once the lock is free.
        Ok(lock.map(|lock| RefreshLock(Box::new((lock, busy)))))
    }

    fn has_news(&self) -> bool {
        self.leash.begin().is_ok_and(|_busy| self.vault.has_news())
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        let _busy = self.leash.begin()?;
        self.vault.label()
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        let _busy = self.leash.begin()?;
        self.vault.forget_if(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does whatever it is asked.
    struct Willing;

    impl Vault for Willing {
        fn read(&self) -> Result<Reading, VaultFailure> {
            Ok(Reading::default())
        }

        fn change(&self, _: Change<'_>) -> Result<Option<keeper::record::Record>, VaultFailure> {
            Ok(None)
        }

        fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
            Ok(Some(RefreshLock(Box::new(()))))
        }

        fn has_news(&self) -> bool {
            true
        }

        fn label(&self) -> Result<Option<Label>, VaultFailure> {
            Ok(None)
        }

        fn forget_if(&self, _: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
            Ok(true)
        }
    }

    #[tokio::test]
    async fn a_keeper_that_was_stopped_reads_and_writes_nothing_any_more() {
        let leash = Leash::default();
        let vault = Leashed::new(Arc::new(Willing), leash.clone());
        assert!(vault.change(&mut |_| None).is_ok() && vault.has_news());
        leash.pull();
        assert!(vault.read().is_err() && vault.change(&mut |_| None).is_err());
        assert!(vault.try_refresh_lock().is_err() && vault.label().is_err());
        assert!(vault.forget_if(&|| true).is_err() && !vault.has_news());
        leash.at_rest().await;
    }

    #[tokio::test]
    async fn it_is_at_rest_once_the_refresh_lock_is_free() {
        let leash = Leash::default();
        let vault = Leashed::new(Arc::new(Willing), leash.clone());
        let lock = vault.try_refresh_lock().unwrap();
        leash.pull();
        let resting = tokio::spawn({
            let leash = leash.clone();
            async move { leash.at_rest().await }
        });
        tokio::task::yield_now().await;
        assert!(!resting.is_finished());
        drop(lock);
        resting.await.unwrap();
    }
}
