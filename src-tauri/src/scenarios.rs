//! Scenarios, run beside the session that the app keeps: they have a server, a vault and clocks of
//! their own.

use crate::wire::{AppError, ErrorCode};
use lab::{How, NoSuch, RunNews, Scenario, Scenarios};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;

/// A run that is stopped has ended within this.
const STOPPED_WITHIN: Duration = Duration::from_secs(3);

/// The scenarios there are, and the run that is under way.
pub(crate) struct Runs {
    /// In which testers put their own.
    folder: PathBuf,
    present: Mutex<Run>,
    /// Held by the run that is under way.
    running: tokio::sync::Mutex<()>,
    runtime: tokio::runtime::Handle,
}

/// A run, wished for or under way.
#[derive(Default)]
struct Run {
    stop: CancellationToken,
    /// It sends requests to a server of the person's own.
    own: bool,
}

impl Runs {
    /// Those that come with the app, and those in `folder`.
    pub(crate) fn new(folder: PathBuf, runtime: tokio::runtime::Handle) -> Self {
        Self { folder, present: Mutex::default(), running: tokio::sync::Mutex::default(), runtime }
    }

    /// Every scenario there is, and what is wrong with those that cannot be read. Makes the folder,
    /// so that whoever is told of it finds it.
    ///
    /// # Errors
    /// The disk does not answer.
    pub(crate) async fn all(&self) -> Result<Scenarios, AppError> {
        let folder = self.folder.clone();
        let read = self.runtime.spawn_blocking(move || {
            if let Err(error) = std::fs::create_dir_all(&folder) {
                tracing::warn!(%error, "the folder of the scenarios cannot be made");
            }
            lab::scenarios(Some(&folder))
        });
        read.await.map_err(|error| AppError::new(ErrorCode::StoreHeldUp, error.to_string()))
    }

    /// Runs these, one after the other, and returns when all have ended. A run that is under way is
    /// stopped first, whatever comes of this one.
    ///
    /// # Errors
    /// There is no scenario of one of these names: none was run.
    pub(crate) async fn run(
        &self,
        names: Vec<String>,
        how: How,
        channel: Channel<RunNews>,
    ) -> Result<(), AppError> {
        let stop = CancellationToken::new();
        // First of all, so that it can be stopped while it is being read what is to be run.
        self.replace(Run { stop: stop.clone(), own: how.own.is_some() });
        let scenarios = self.chosen(names).await?;
        let _one_at_a_time = self.running.lock().await;
        let gone = stop.clone();
        let tell = move |news| {
            if channel.send(news).is_err() {
                gone.cancel();
            }
        };
        // In a task of its own: it ends well whoever waits.
        let _reports = self.runtime.spawn(lab::run(scenarios, how, tell, stop)).await;
        Ok(())
    }

    /// Stops the run that is under way.
    pub(crate) fn stop(&self) {
        self.replace(Run::default());
    }

    /// Stops it where it sends requests to a server of the person's own.
    pub(crate) fn stop_own(&self) {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if present.own {
            present.stop.cancel();
        }
    }

    /// Stops it, and waits a little until it has cleared up behind itself.
    pub(crate) async fn quit(&self) {
        self.stop();
        let _stopped = tokio::time::timeout(STOPPED_WITHIN, self.running.lock()).await;
    }

    fn replace(&self, next: Run) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *present, next).stop.cancel();
    }

    async fn chosen(&self, names: Vec<String>) -> Result<Vec<Scenario>, AppError> {
        let folder = self.folder.clone();
        let read = move || lab::chosen(Some(&folder), &names);
        let read = self.runtime.spawn_blocking(read).await;
        let read =
            read.map_err(|error| AppError::new(ErrorCode::StoreHeldUp, error.to_string()))?;
        read.map_err(|no_such: NoSuch| AppError::new(ErrorCode::BadSettings, no_such.to_string()))
    }
}
