//! An account's keeper of the moment. There is one from start to quit, unless it is stopped in the middle of a
//! refresh, on purpose: then another one takes its place over the same files.

use crate::pretend::{Leash, Leashed};
use engine::Trigger;
use keeper::{Keeper, Setup, Shown};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vault::FileVault;

/// A keeper that was stopped is at rest within this, unless its disk hangs.
const AT_REST: Duration = Duration::from_secs(10);
/// Quitting waits so long for one keeper that is taking the place of another.
const EXCHANGED: Duration = Duration::from_secs(3);

/// A keeper, and what it was made of.
pub(crate) struct Kept {
    pub(crate) keeper: Keeper,
    pub(crate) vault: Arc<FileVault>,
    leash: Leash,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Kept {
    /// A keeper over `vault`, at work. `setup` is handed the vault as it is to use it.
    pub(crate) fn new(
        vault: FileVault,
        runtime: &tokio::runtime::Handle,
        setup: impl FnOnce(Arc<dyn keeper::ports::Vault>) -> Setup,
    ) -> Self {
        let (vault, leash) = (Arc::new(vault), Leash::default());
        let whole = Arc::clone(&vault) as Arc<dyn keeper::ports::Vault>;
        let (keeper, work) = Keeper::new(setup(Arc::new(Leashed::new(whole, leash.clone()))));
        let task = Mutex::new(Some(runtime.spawn(work)));
        Self { keeper, vault, leash, task }
    }

    /// Ends it as a killed process ends: its memory is gone and its locks are free when this returns,
    /// and nothing of it is written afterwards.
    async fn kill(&self) {
        self.leash.pull();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // Aborted, or ended before.
            let _how = task.await;
        }
        if tokio::time::timeout(AT_REST, self.leash.at_rest()).await.is_err() {
            tracing::warn!("the disk still holds a keeper that was stopped");
        }
    }
}

/// Makes a keeper over what is on disk.
pub(crate) type Make = Box<dyn Fn() -> Kept + Send + Sync>;

/// The keeper of the moment.
pub(crate) struct Keepers {
    present: watch::Sender<Arc<Kept>>,
    make: Make,
    /// The app quits: no keeper comes after this one.
    quitting: Mutex<bool>,
    /// Held for writing while one takes the place of another.
    exchanging: tokio::sync::RwLock<()>,
}

/// The keeper of the moment, which stays it until this is dropped.
pub(crate) struct Settled<'a> {
    pub(crate) keeper: Keeper,
    _stays: tokio::sync::RwLockReadGuard<'a, ()>,
}

impl Keepers {
    /// Makes the first one.
    pub(crate) fn new(make: Make) -> Self {
        let present = watch::Sender::new(Arc::new(make()));
        Self {
            present,
            make,
            quitting: Mutex::default(),
            exchanging: tokio::sync::RwLock::default(),
        }
    }

    /// The present one, and what it was made of.
    pub(crate) fn present(&self) -> Arc<Kept> {
        Arc::clone(&self.present.borrow())
    }

    /// The present one.
    pub(crate) fn keeper(&self) -> Keeper {
        self.present.borrow().keeper.clone()
    }

    /// The present one, once no other is about to take its place: for what must not be lost on the way.
    pub(crate) async fn settled(&self) -> Settled<'_> {
        let stays = self.exchanging.read().await;
        Settled { keeper: self.keeper(), _stays: stays }
    }

    /// Tells the present one that something happened.
    pub(crate) async fn tell(&self, trigger: Trigger) {
        self.keeper().tell(trigger).await;
    }

    /// What may be shown, of whichever is the present one.
    pub(crate) fn follow(&self) -> Following {
        let mut keepers = self.present.subscribe();
        let shown = keepers.borrow_and_update().keeper.shown();
        Following { keepers, shown }
    }

    /// Kills the present one, calls `killed`, calls `again`, and has another take its place. Once the
    /// app quits, none does.
    pub(crate) async fn exchange(&self, killed: impl FnOnce(), again: impl FnOnce()) {
        let _one_at_a_time = self.exchanging.write().await;
        self.present().kill().await;
        killed();
        let quitting = self.quitting.lock().unwrap_or_else(PoisonError::into_inner);
        if !*quitting {
            again();
            self.present.send_replace(Arc::new((self.make)()));
        }
    }

    /// Ends the present one as a keeper ends that is told to: see [`Keeper::quit`].
    pub(crate) async fn quit(&self) {
        *self.quitting.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let exchanged = tokio::time::timeout(EXCHANGED, self.exchanging.read()).await;
        self.keeper().quit().await;
        drop(exchanged);
    }
}

/// What may be shown, whichever keeper is the present one.
pub(crate) struct Following {
    keepers: watch::Receiver<Arc<Kept>>,
    shown: watch::Receiver<Shown>,
}

impl Following {
    /// What may be shown now.
    pub(crate) fn shown(&mut self) -> Shown {
        self.shown.borrow_and_update().clone()
    }

    /// Returns when there is news; `false` where none can come any more. Cancelling it loses none.
    pub(crate) async fn changed(&mut self) -> bool {
        tokio::select! {
            changed = self.shown.changed() => {
                if changed.is_ok() {
                    return true;
                }
            }
            exchanged = self.keepers.changed() => return exchanged.is_ok() && self.next(),
        }
        // This one has been stopped; the next one may be on its way.
        self.keepers.changed().await.is_ok() && self.next()
    }

    fn next(&mut self) -> bool {
        self.shown = self.keepers.borrow_and_update().keeper.shown();
        self.shown.mark_changed();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::activity::Nobody;
    use keeper::clock::SystemClock;
    use keeper::ports::{AuthServer, Connector};
    use vault::PlainFiles;
    use vault::keys::{FileKey, KeychainKey, Keys};

    /// Nobody has an account here.
    struct Nowhere;

    impl Connector for Nowhere {
        fn connect(&self, _: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
            Err("nowhere".to_owned())
        }

        fn issuer(&self, _: &serde_json::Value) -> String {
            String::new()
        }
    }

    fn keepers(folder: &std::path::Path) -> Arc<Keepers> {
        let (folder, runtime) = (folder.to_owned(), tokio::runtime::Handle::current());
        let make = move || {
            let keys = Keys::new(KeychainKey::new("session-keeper-tests"), FileKey::new(&folder));
            let vault = FileVault::new(PlainFiles::new(&folder, "main").unwrap(), keys);
            Kept::new(vault, &runtime, |vault| Setup {
                clock: Arc::new(SystemClock::new()),
                vault,
                connector: Arc::new(Nowhere),
                policy: crate::wire::Preferences::default().policy(3_600),
                seed: 1,
                recorder: Arc::new(Nobody),
            })
        };
        Arc::new(Keepers::new(Box::new(make)))
    }

    #[tokio::test]
    async fn what_is_asked_for_during_an_exchange_is_heard_by_the_next_keeper() {
        let folder = tempfile::tempdir().unwrap();
        let keepers = keepers(folder.path());
        let dead = keepers.keeper();
        let (asks, waits) = (Arc::clone(&keepers), tokio::runtime::Handle::current());
        let mut asked = None;
        let ask = || {
            asked = Some(waits.spawn(async move { asks.settled().await.keeper.sign_out().await }));
        };
        keepers.exchange(ask, || ()).await;
        assert!(asked.unwrap().await.unwrap(), "it was heard");
        assert!(!dead.sign_out().await, "by the other one it would not have been");
        assert!(dead.forget().await.is_err());
        keepers.quit().await;
    }

    #[tokio::test]
    async fn a_keeper_that_is_asked_something_is_not_killed_before_it_has_answered() {
        let folder = tempfile::tempdir().unwrap();
        let keepers = keepers(folder.path());
        let settled = keepers.settled().await;
        let exchanging = tokio::spawn({
            let keepers = Arc::clone(&keepers);
            async move { keepers.exchange(|| (), || ()).await }
        });
        tokio::task::yield_now().await;
        assert!(settled.keeper.sign_out().await);
        assert!(!exchanging.is_finished());
        drop(settled);
        exchanging.await.unwrap();
    }
}
