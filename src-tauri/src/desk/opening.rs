//! Opening an account: its files, its activity, and what its keeper is made of.

use super::ASSUMED_LIFETIME_S;
use crate::account::Accounts;
use crate::activity::Remembered;
use crate::book::FIRST;
use crate::demo::Demo;
use crate::keepers::{Keepers, Kept, Make};
use crate::preferences::Stored;
use crate::pretend::Lab;
use crate::seats::{Open, Seat};
use crate::store_slots::StoreSlots;
use keeper::Setup;
use keeper::activity::{AppDid, Event, Recorder, What};
use keeper::clock::TravelClock;
use keeper::ports::Clock;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use vault::keys::{FileKey, KeychainKey, Keys};
use vault::{FileVault, SlotFiles};

/// What an account's seat is made of.
pub(super) struct Needs {
    pub(super) folder: PathBuf,
    pub(super) stored: Arc<watch::Sender<Stored>>,
    pub(super) clock: Arc<TravelClock>,
    pub(super) demo: Demo,
    pub(super) lab: Lab,
    /// The app is being started.
    pub(super) launching: Arc<AtomicBool>,
    pub(super) runtime: tokio::runtime::Handle,
}

impl Needs {
    pub(super) fn into_open<R: tauri::Runtime>(self, app: tauri::AppHandle<R>) -> Open {
        Box::new(move |id| {
            let files = SlotFiles::new(&self.folder, id)?;
            // The first account was the only one once.
            let of_it = if id == FIRST { "activity".to_owned() } else { format!("activity-{id}") };
            let activity_folder = self.folder.join(of_it);
            let by = Arc::clone(&self.clock) as Arc<dyn Clock>;
            let activity = Remembered::open(activity_folder.clone(), by, self.runtime.clone());
            if self.launching.load(Ordering::SeqCst) {
                // Before anything is told by the keeper.
                let (at_ms, what) = (self.clock.now().wall.0, What::App { did: AppDid::Start });
                activity.record(Event { at_ms, memory_only: false, what });
            }
            let make = self.make(app.clone(), files.clone(), Arc::new(activity.clone()));
            let keepers = Arc::new(Keepers::new(make));
            Ok(Seat::new(keepers, activity, (files, activity_folder)))
        })
    }

    fn make<R: tauri::Runtime>(
        &self,
        app: tauri::AppHandle<R>,
        files: SlotFiles,
        recorder: Arc<dyn Recorder>,
    ) -> Make {
        let (stored, runtime) = (Arc::clone(&self.stored), self.runtime.clone());
        let (clock, demo) = (Arc::clone(&self.clock), self.demo.clone());
        let lab = self.lab.of(files.account());
        Box::new(move || {
            let keys = Keys::new(
                KeychainKey::new(app.config().identifier.clone()),
                FileKey::new(files.folder()),
            );
            let vault = FileVault::new(StoreSlots::new(app.clone(), files.clone()), keys);
            let clock = Arc::clone(&clock) as Arc<dyn Clock>;
            let (demo, lab) = (demo.clone(), lab.clone());
            let accounts = Accounts { demo, clock: Arc::clone(&clock), lab };
            let (preferences, seed) = {
                let stored = stored.borrow();
                (stored.preferences.clone(), stored.seed)
            };
            Kept::new(vault, &runtime, |vault| Setup {
                clock,
                vault,
                connector: Arc::new(accounts),
                policy: preferences.policy(ASSUMED_LIFETIME_S),
                seed,
                recorder: Arc::clone(&recorder),
            })
        })
    }
}
