//! An account's activity, as the desk has it: opened behind everybody's back, since a month of it takes a
//! moment to read and the window must not wait for it.

use crate::wire::{AppError, ErrorCode};
use activity::{Activity, ExportFormat, Limits};
use keeper::activity::{Event, Life, Recorder};
use keeper::ports::Clock;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Quitting waits so long for what is still to be written of it.
const FLUSHED_WITHIN: Duration = Duration::from_secs(3);

/// What was done and why. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Remembered(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    opened: watch::Sender<bool>,
    runtime: tokio::runtime::Handle,
}

enum State {
    /// It is being read; this was told meanwhile.
    Opening(Vec<Told>),
    Open(Arc<Activity>),
}

enum Told {
    Event(Event),
    Life(Life),
}

impl Told {
    fn to(self, activity: &Activity) {
        match self {
            Self::Event(event) => activity.record(event),
            Self::Life(life) => Recorder::life(activity, life),
        }
    }
}

impl Remembered {
    /// Begins to read what is in `folder`.
    pub(crate) fn open(
        folder: PathBuf,
        clock: Arc<dyn Clock>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self::opened_by(move || Activity::open(&folder, Limits::default(), clock), runtime)
    }

    fn opened_by(
        open: impl FnOnce() -> Arc<Activity> + Send + 'static,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        let remembered = Self(Arc::new(Inner {
            state: Mutex::new(State::Opening(Vec::new())),
            opened: watch::Sender::new(false),
            runtime: runtime.clone(),
        }));
        let opening = remembered.clone();
        let open = runtime.spawn_blocking(open);
        runtime.spawn(async move {
            let opened = open.await.unwrap_or_else(|error| {
                // Whoever waits for it must not wait for ever.
                tracing::error!(%error, "the activity cannot be read; it is kept in memory only");
                Activity::in_memory(Limits::default())
            });
            opening.has_opened(opened);
        });
        remembered
    }

    fn has_opened(&self, activity: Arc<Activity>) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that nothing that is told now comes before what was told first.
        if let State::Opening(told) =
            std::mem::replace(&mut *state, State::Open(Arc::clone(&activity)))
        {
            told.into_iter().for_each(|told| told.to(&activity));
        }
        drop(state);
        self.0.opened.send_replace(true);
    }

    fn tell(&self, told: Told) {
        match &mut *self.0.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Opening(waiting) => waiting.push(told),
            State::Open(activity) => told.to(activity),
        }
    }

    /// The activity, once it has been read.
    pub(crate) async fn get(&self) -> Arc<Activity> {
        loop {
            // The sender is here, so waiting cannot fail.
            let _opened = self.0.opened.subscribe().wait_for(|opened| *opened).await.is_ok();
            let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let State::Open(activity) = &*state {
                return Arc::clone(activity);
            }
        }
    }

    /// Writes everything to a file of the person's own: whole or not at all, and for nobody else.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) async fn export(
        &self,
        format: ExportFormat,
        at_ms: i64,
        to: PathBuf,
    ) -> Result<(), AppError> {
        let activity = self.get().await;
        let write = move || write_out(&to, |file| activity.export(format, at_ms, file));
        let written = self.0.runtime.spawn_blocking(write).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(not_written)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// A file could not be removed.
    pub(crate) async fn clear(&self) -> Result<(), AppError> {
        self.get().await.clear().await.map_err(not_written)
    }

    /// Sees to it that everything so far is on disk, if the disk does not hang.
    pub(crate) async fn flush(&self) {
        let flushed = async { self.get().await.flush().await };
        if tokio::time::timeout(FLUSHED_WITHIN, flushed).await.is_err() {
            tracing::warn!("the last of the activity is not on disk");
        }
    }
}

impl Recorder for Remembered {
    fn record(&self, event: Event) {
        self.tell(Told::Event(event));
    }

    fn life(&self, life: Life) {
        self.tell(Told::Life(life));
    }
}

/// Writes a file by way of another one, which only its owner can read, as can this.
fn write_out(
    to: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<usize>,
) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut buffer = io::BufWriter::new(file.as_file_mut());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    file.as_file().sync_all()?;
    file.persist(to)?;
    Ok(())
}

fn not_written(error: io::Error) -> AppError {
    AppError::new(ErrorCode::NotSaved, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::activity::{AppDid, What};
    use keeper::clock::SystemClock;

    fn event(at_ms: i64) -> Event {
        Event { at_ms, memory_only: false, what: What::App { did: AppDid::Start } }
    }

    #[tokio::test]
    async fn what_is_told_while_it_is_being_read_is_there_in_its_order() {
        let remembered = Remembered(Arc::new(Inner {
            state: Mutex::new(State::Opening(Vec::new())),
            opened: watch::Sender::new(false),
            runtime: tokio::runtime::Handle::current(),
        }));
        remembered.record(event(1));
        remembered.record(event(2));
        remembered.has_opened(Activity::in_memory(Limits::default()));
        remembered.record(event(3));
        let entries = remembered.get().await.entries();
        assert_eq!(entries.iter().map(|entry| entry.at_ms).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_keeps_nobody_waiting() {
        let handle = tokio::runtime::Handle::current();
        let remembered = Remembered::opened_by(|| panic!("on purpose"), handle);
        remembered.record(event(1));
        let got = tokio::time::timeout(Duration::from_secs(10), remembered.get()).await;
        assert_eq!(got.expect("it is there all the same").entries().len(), 1);
    }

    #[tokio::test]
    async fn an_export_is_for_its_owner_alone_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("activity.jsonl");
        std::fs::write(&to, "something older").unwrap();
        let handle = tokio::runtime::Handle::current();
        let clock = Arc::new(SystemClock::new());
        let remembered = Remembered::open(folder.path().join("activity"), clock, handle);
        remembered.record(event(7));
        remembered.export(ExportFormat::JsonLines, 0, to.clone()).await.unwrap();
        let written = std::fs::read_to_string(&to).unwrap();
        assert!(written.contains("\"atMs\":7") && !written.contains("older"), "{written}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let failed =
            remembered.export(ExportFormat::Markdown, 0, folder.path().join("no/such")).await;
        assert_eq!(failed.unwrap_err().code, ErrorCode::NotSaved);
    }
}
