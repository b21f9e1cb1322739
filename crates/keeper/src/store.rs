//! The vault as the owner calls it: on threads that may block, none of them waited for for ever.

use crate::ports::{Clock, Label, Reading, RefreshLock, Vault, VaultFailure};
use crate::sign::Turn;
use engine::{SECOND, StoreTrouble, WriteTrouble};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A refresh waits so long for the store before it goes on without it, in milliseconds: the tokens
/// are at hand. Longer than the record lock and the keychain may take.
const PATIENCE_MS: i64 = 12 * SECOND;

/// The vault, and how many writes to it are under way.
#[derive(Clone)]
pub(crate) struct Store {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    writes: watch::Sender<usize>,
    /// Counts the writes that were begun.
    begun: Arc<AtomicU64>,
    /// A renewal, or the outbox, has read what another process has written, and the owner has not.
    unseen: Arc<AtomicBool>,
}

/// A write under way. It goes on when this is dropped.
pub(crate) struct Write<T>(JoinHandle<Result<T, VaultFailure>>);

/// Tells a call that nobody waits for it any more.
#[derive(Clone, Default)]
pub(crate) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    pub(crate) fn is_true(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Store {
    pub(crate) fn new(vault: Arc<dyn Vault>, clock: Arc<dyn Clock>) -> Self {
        Self {
            vault,
            clock,
            writes: watch::Sender::new(0),
            begun: Arc::default(),
            unseen: Arc::default(),
        }
    }

    /// Reads the record, however long a keychain takes.
    pub(crate) async fn read(&self) -> Result<Reading, VaultFailure> {
        done(self.aside(|vault| vault.read()).await)
    }

    /// The same, for somebody who can do without.
    pub(crate) async fn read_soon(&self) -> Result<Reading, VaultFailure> {
        let unseen = Arc::clone(&self.unseen);
        let read = self.aside(move |vault| {
            let reading = vault.read()?;
            unseen.fetch_or(reading.news, Ordering::SeqCst);
            Ok(reading)
        });
        self.soon(PATIENCE_MS, async { done(read.await) }).await
    }

    /// Reads the record again where another process may have changed it, or where `anyway`. `None`
    /// where there is no news.
    pub(crate) async fn news(&self, anyway: bool) -> Option<Result<Reading, VaultFailure>> {
        let anyway = self.unseen.swap(false, Ordering::SeqCst) || anyway;
        let look = move |vault: &dyn Vault| Ok((anyway || vault.has_news()).then(|| vault.read()));
        done(self.aside(look).await).unwrap_or_else(|failure| Some(Err(failure)))
    }

    /// What stands on the record in clear.
    pub(crate) async fn label(&self) -> Result<Option<Label>, VaultFailure> {
        done(self.aside(|vault| vault.label()).await)
    }

    /// A renewal, or the outbox, has read something that the owner has not.
    pub(crate) fn has_unseen(&self) -> bool {
        self.unseen.load(Ordering::SeqCst)
    }

    /// So many writes were begun by this process; `None` while one is under way.
    pub(crate) fn quiet_since(&self) -> Option<u64> {
        (*self.writes.borrow() == 0).then(|| self.begun.load(Ordering::SeqCst))
    }

    /// Takes the refresh lock; one that comes too late is given back.
    pub(crate) async fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        let lock = self.aside(|vault| vault.try_refresh_lock());
        self.soon(PATIENCE_MS, async { done(lock.await) }).await
    }

    /// Begins a write.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Vault) -> Result<T, VaultFailure> + Send + 'static,
    ) -> Write<T> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let busy = Busy::new(&self.writes);
        Write(self.aside(move |vault| {
            let _busy = busy;
            call(vault)
        }))
    }

    /// Calls the vault beside everything else; nothing takes a call back that was made.
    fn aside<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Vault) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let vault = Arc::clone(&self.vault);
        if vault.answers_at_once() {
            return tokio::spawn(async move { call(vault.as_ref()) });
        }
        tokio::task::spawn_blocking(move || call(vault.as_ref()))
    }

    /// A write for somebody who can do without; `call` is to look whether it was given up.
    pub(crate) async fn write_soon<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Vault, &GivenUp) -> Result<T, VaultFailure> + Send + 'static,
    ) -> Result<T, VaultFailure> {
        let given_up = GivenUp::default();
        let told = given_up.clone();
        let write = self.write(move |vault| call(vault, &told));
        let written = self.soon(PATIENCE_MS, write.finished()).await;
        given_up.0.store(true, Ordering::SeqCst);
        written
    }

    /// Removes everything, unless somebody has overtaken `turn` by then. Answers whether it did.
    pub(crate) async fn forget(&self, turn: Turn) -> Result<bool, VaultFailure> {
        self.write(move |vault| vault.forget_if(&|| !turn.is_overtaken())).finished().await
    }

    /// Returns once no write is under way.
    pub(crate) async fn at_rest(&self) {
        // The sender is here, so waiting cannot fail.
        let mut writes = self.writes.subscribe();
        let _closed = writes.wait_for(|writes| *writes == 0).await;
    }

    /// What comes within `ms`, or that it did not.
    pub(crate) async fn soon<T>(
        &self,
        ms: i64,
        call: impl Future<Output = Result<T, VaultFailure>>,
    ) -> Result<T, VaultFailure> {
        let until = self.clock.now().boot + ms;
        tokio::select! {
            biased;
            result = call => result,
            () = self.clock.sleep_until(until) => Err(too_slow()),
        }
    }
}

impl<T> Write<T> {
    /// What came of it.
    pub(crate) async fn finished(mut self) -> Result<T, VaultFailure> {
        self.go_on().await
    }

    /// The same; may be left and come back to.
    pub(crate) async fn go_on(&mut self) -> Result<T, VaultFailure> {
        done((&mut self.0).await)
    }
}

/// What a store is told to be that does not answer.
pub(crate) fn too_slow() -> VaultFailure {
    VaultFailure::NotWritten(StoreTrouble {
        kind: WriteTrouble::Slow,
        detail: "the disk does not answer".to_owned(),
    })
}

fn done<T>(
    joined: Result<Result<T, VaultFailure>, tokio::task::JoinError>,
) -> Result<T, VaultFailure> {
    joined.unwrap_or_else(|failure| {
        Err(VaultFailure::not_written(format!("the store's thread ended early: {failure}")))
    })
}

/// One write under way, until dropped.
struct Busy(watch::Sender<usize>);

impl Busy {
    fn new(writes: &watch::Sender<usize>) -> Self {
        writes.send_modify(|writes| *writes += 1);
        Self(writes.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|writes| *writes = writes.saturating_sub(1));
    }
}
