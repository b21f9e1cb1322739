//! One account with what is its own: a keeper, files, an activity.

use crate::activity::Remembered;
use crate::book::FIRST;
use crate::keepers::Keepers;
use engine::Identity;
use keeper::Keeper;
use serde_json::Value;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vault::{Slot, SlotFiles};

/// One account, or a place for one.
pub(crate) struct Seat {
    pub(crate) id: String,
    pub(crate) keepers: Arc<Keepers>,
    pub(crate) activity: Remembered,
    pub(crate) files: SlotFiles,
    pub(crate) activity_folder: PathBuf,
    /// Who is, or was, signed in, as far as it was told.
    known: Mutex<Option<Identity>>,
}

impl Seat {
    /// An account's seat, its keeper at work.
    pub(crate) fn new(
        keepers: Arc<Keepers>,
        activity: Remembered,
        (files, activity_folder): (SlotFiles, PathBuf),
    ) -> Self {
        let id = files.account().to_owned();
        Self { id, keepers, activity, files, activity_folder, known: Mutex::default() }
    }

    /// Its keeper of the moment.
    pub(crate) fn keeper(&self) -> Keeper {
        self.keepers.keeper()
    }

    /// What its record names, once that was read.
    pub(crate) fn recorded(&self) -> Option<Value> {
        self.keeper().shown().borrow().account.clone()
    }

    /// Who is, or was, signed in there.
    pub(crate) fn known(&self) -> Option<Identity> {
        let shown = self.keeper().shown();
        let now = shown.borrow().view.who.clone();
        now.map(|who| Identity { user: who.user, name: who.name })
            .or_else(|| self.remembered().clone())
            .or_else(|| shown.borrow().known_as.clone())
    }

    /// Remembers who that is, past a sign-out; or forgets it. Whether that is news.
    pub(crate) fn remember(&self, known: Option<Identity>) -> bool {
        let mut remembered = self.remembered();
        let news = *remembered != known;
        *remembered = known;
        news
    }

    fn remembered(&self) -> MutexGuard<'_, Option<Identity>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes every file of an account that is no more. Its name is never given again; but the first
    /// one's locks stay, which copies of an older version may hold.
    pub(crate) fn remove_files(&self) {
        let mut failed: Vec<io::Error> = Vec::new();
        let gone =
            |result: io::Result<()>| result.err().filter(|e| e.kind() != io::ErrorKind::NotFound);
        for slot in Slot::BOTH {
            failed.extend(gone(self.files.remove(slot)));
        }
        failed.extend(gone(self.files.remove_set_aside(0)));
        if self.id != FIRST {
            for of in ["record", "refresh"] {
                let lock = self.files.folder().join(format!("{}.{of}.lock", self.id));
                failed.extend(gone(std::fs::remove_file(lock)));
            }
        }
        failed.extend(gone(std::fs::remove_dir_all(&self.activity_folder)));
        for error in failed {
            tracing::warn!(%error, "something of a removed account is still there");
        }
    }
}
