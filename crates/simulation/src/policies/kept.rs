//! What the tutorial and the models of others have in common: what they keep on disk, and the tasks
//! that end with their app.

use crate::Computer;
use crate::reply::{Granted, Reply, Request, Token};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A session as an app keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The access token.
    pub(crate) access: Token,
    /// The refresh token, where the app keeps one.
    pub(crate) refresh: Option<Token>,
    /// When the access token ends, in milliseconds since 1970, as this app reckons it.
    pub(crate) ends_ms: i64,
}

/// A place on disk that all copies of an app share.
#[derive(Clone)]
pub(crate) struct Place {
    computer: Computer,
    name: &'static str,
}

impl Place {
    pub(crate) fn new(computer: &Computer, name: &'static str) -> Self {
        Self { computer: computer.clone(), name }
    }

    pub(crate) fn read(&self) -> Option<Kept> {
        serde_json::from_str(&self.computer.stored(self.name)?).ok()
    }

    pub(crate) fn write(&self, kept: &Kept) {
        self.computer.store(self.name, serde_json::to_string(kept).ok());
    }

    pub(crate) fn remove(&self) {
        self.computer.store(self.name, None);
    }

    /// Notes whether the person wants to be signed in: who has never signed in, or has signed out, is
    /// not asked to sign in again. No model decides by it.
    pub(crate) fn note_wanted(&self, wanted: bool) {
        self.computer.store(&self.wanted_name(), wanted.then(|| "yes".to_owned()));
    }

    pub(crate) fn wanted(&self) -> bool {
        self.computer.stored(&self.wanted_name()).is_some()
    }

    fn wanted_name(&self) -> String {
        format!("{}: wanted", self.name)
    }
}

/// Signs in, once.
pub(crate) async fn sign_in(computer: &Computer) -> Option<Granted> {
    computer.ask(Request::SignIn).await.granted().cloned()
}

/// Asks for a refresh, once.
pub(crate) async fn refresh(computer: &Computer, refresh: Token) -> Reply {
    computer.ask(Request::Refresh { refresh: Some(refresh) }).await
}

/// What has tasks.
pub(crate) trait Busy {
    fn tasks(&self) -> &Tasks;
}

/// A running app. Its tasks end with it, though they hold what it is made of.
pub(crate) struct Running<T: Busy>(pub(crate) Arc<T>);

impl<T: Busy> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.tasks().stop();
    }
}

/// The tasks of a running app.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    pub(crate) fn begin(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.0);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn stop(&self) {
        lock(&self.0).abort_all();
    }
}

/// At most one of something is under way, and whoever wants it meanwhile gets what it comes to. It
/// goes on when a caller gives up: a promise cannot be called off.
pub(crate) struct Flight<T>(Mutex<Option<watch::Receiver<Option<T>>>>);

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    pub(crate) fn under_way(&self) -> bool {
        lock(&self.0).as_ref().is_some_and(flies)
    }

    /// Waits for the one that is under way, or begins one. `None` where the app ends first.
    pub(crate) async fn share(
        &self,
        tasks: &Tasks,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let mut result = self.joined(tasks, work);
        result.wait_for(Option::is_some).await.ok()?.clone()
    }

    fn joined(
        &self,
        tasks: &Tasks,
        work: impl Future<Output = T> + Send + 'static,
    ) -> watch::Receiver<Option<T>> {
        let mut flight = lock(&self.0);
        if let Some(under_way) = flight.as_ref().filter(|flight| flies(flight)) {
            return under_way.clone();
        }
        let (done, result) = watch::channel(None);
        *flight = Some(result.clone());
        tasks.begin(async move {
            let came = work.await;
            done.send_replace(Some(came));
        });
        result
    }
}

fn flies<T>(flight: &watch::Receiver<Option<T>>) -> bool {
    flight.has_changed().is_ok() && flight.borrow().is_none()
}

/// Locks, and goes on after a panic elsewhere: nothing here is ever half written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
