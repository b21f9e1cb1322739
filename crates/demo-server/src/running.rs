//! A server that runs in this process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::control::Control;
use crate::counters::Counters;
use crate::desk::Desk;
use crate::serve::serve;
use crate::start::{StartError, start_in_memory};
use crate::switches::Switches;

/// A server that runs here, until [`shutdown`](Self::shutdown) or until this is dropped.
pub struct Running {
    port: u16,
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    set_aside: Option<PathBuf>,
    moved_from: Option<u16>,
}

/// What is worth telling about a start.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) set_aside: Option<PathBuf>,
    pub(crate) moved_from: Option<u16>,
}

impl Running {
    /// A server that forgets everything when it ends, on a port that was free: for tests.
    ///
    /// # Errors
    /// [`StartError`] when the loopback interface or the source of random bytes is unusable.
    pub async fn in_memory(switches: Switches, clock: Clock) -> Result<Self, StartError> {
        start_in_memory(switches, clock, 0).await
    }

    pub(crate) fn serving(
        listener: TcpListener,
        port: u16,
        desk: Arc<Desk>,
        claim: Option<File>,
        notes: Notes,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let serving = Arc::clone(&desk);
        let task = tokio::spawn(async move {
            serve(listener, port, Arc::clone(&serving), stopped).await;
            // The claim goes last: whoever gets it finds the port free and the state whole.
            let stopped = tokio::task::spawn_blocking(move || serving.stop()).await;
            drop((stopped, claim));
        });
        let Notes { set_aside, moved_from } = notes;
        Self { port, desk, stop, task, set_aside, moved_from }
    }

    /// Where it answers, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The name of its OpenID provider, which is where its metadata are found.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.desk.issuer.clone()
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A handle on its switches.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::here(Arc::clone(&self.desk))
    }

    /// The key that the control API wants in `x-control-key`. Made anew at each start.
    #[must_use]
    pub fn control_key(&self) -> &str {
        &self.desk.control_key
    }

    /// Where the state file of before was moved, if it made no sense. Its sessions are gone.
    #[must_use]
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// The remembered port, if it was taken and another was chosen.
    #[must_use]
    pub fn moved_from(&self) -> Option<u16> {
        self.moved_from
    }

    /// Waits until the counters are as `wanted`; at once if they are. A request counts when it
    /// arrives, so this is how a test knows that one is on its way.
    pub async fn counted(&self, wanted: impl FnMut(&Counters) -> bool) -> Counters {
        let mut counters = self.desk.watch_counters();
        // The sender lives in the desk, which `self` keeps.
        let reached = counters.wait_for(wanted).await.map(|counters| counters.clone());
        reached.unwrap_or_default()
    }

    /// Ends it: no new connections, half a second for requests in progress, everything saved.
    /// The port is free when this returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the demo server did not end cleanly");
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("port", &self.port).finish_non_exhaustive()
    }
}
