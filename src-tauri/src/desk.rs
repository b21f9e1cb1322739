//! Everything put together: the keeper, the vault, the demo server, and what the window is shown.

mod views;

use crate::account::{Account, Accounts};
use crate::activity::Remembered;
use crate::clipboard::Clipboard;
use crate::demo::Demo;
use crate::dialogs::Dialogs;
use crate::keepers::{Keepers, Kept};
use crate::lab::Lab;
use crate::preferences::{PreferenceFile, Stored};
use crate::scenarios::Runs;
use crate::store_slots::StoreSlots;
use crate::wire::{AppError, AppView, ErrorCode, Notice, NoticeCode, Preferences};
use auth_client::AccountSettings;
use engine::Trigger;
use keeper::activity::{AppDid, Event, Recorder, What};
use keeper::clock::TravelClock;
use keeper::ports::Clock;
use keeper::{Keeper, Setup};
use lab::Own;
use secrecy::SecretString;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tauri::ipc::Channel;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use vault::keys::{FileKey, KeychainKey, Keys};
use vault::{FileVault, SlotFiles};
use views::{notice_troubles, send_views};

/// The one account of this version has this name on disk.
const ACCOUNT: &str = "main";

/// Everything put together.
pub(crate) struct Desk {
    pub(crate) keepers: Arc<Keepers>,
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<TravelClock>,
    pub(crate) lab: Lab,
    pub(crate) clipboard: Clipboard,
    pub(crate) dialogs: Dialogs,
    pub(crate) activity: Remembered,
    pub(crate) runs: Runs,
    file: PreferenceFile,
    stored: Arc<watch::Sender<Stored>>,
    notices: watch::Sender<Notices>,
    /// The window's present subscription: a page that was loaded anew takes the place of the last.
    subscription: Mutex<Option<AbortHandle>>,
    runtime: tokio::runtime::Handle,
}

#[derive(Clone, Debug, Default)]
struct Notices {
    next: u32,
    list: Vec<Notice>,
}

impl Desk {
    /// Puts everything together over `folder`, and starts the keeper.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(crate) fn new<R: tauri::Runtime>(
        app: &tauri::AppHandle<R>,
        folder: &Path,
        runtime: tokio::runtime::Handle,
    ) -> std::io::Result<Arc<Self>> {
        let clock = Arc::new(TravelClock::new());
        let files = SlotFiles::new(folder, ACCOUNT)?;
        let file = PreferenceFile::in_folder(folder);
        let stored = Arc::new(watch::Sender::new(file.read()));
        let demo = Demo::new(folder.join("demo-server"), Arc::clone(&clock), runtime.clone());
        let lab = Lab::default();
        let activity = Remembered::open(folder.join("activity"), runtime.clone());
        let recorder = Arc::new(activity.clone()) as Arc<dyn Recorder>;
        // Before anything is told by the keeper.
        let (at_ms, what) = (clock.now().wall.0, What::App { did: AppDid::Start });
        recorder.record(Event { at_ms, memory_only: false, what });
        let make = {
            let (app, stored, runtime) = (app.clone(), Arc::clone(&stored), runtime.clone());
            let clock = Arc::clone(&clock) as Arc<dyn Clock>;
            let (demo, lab) = (demo.clone(), lab.clone());
            move || {
                let keys = Keys::new(
                    KeychainKey::new(app.config().identifier.clone()),
                    FileKey::new(files.folder()),
                );
                let vault = FileVault::new(StoreSlots::new(app.clone(), files.clone()), keys);
                let clock = Arc::clone(&clock);
                let accounts =
                    Accounts { demo: demo.clone(), clock: Arc::clone(&clock), lab: lab.clone() };
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
            }
        };
        let desk = Arc::new(Self {
            keepers: Arc::new(Keepers::new(Box::new(make))),
            demo,
            clock,
            lab,
            clipboard: Clipboard::of_the_system(runtime.clone()),
            dialogs: Dialogs::default(),
            activity,
            runs: Runs::new(folder.join("scenarios"), runtime.clone()),
            file,
            stored,
            notices: watch::channel(Notices::default()).0,
            subscription: Mutex::default(),
            runtime,
        });
        desk.runtime.spawn(notice_troubles(Arc::clone(&desk)));
        Ok(desk)
    }

    /// The keeper of the moment.
    pub(crate) fn keeper(&self) -> Keeper {
        self.keepers.keeper()
    }

    /// Notes what the app itself does.
    pub(crate) fn note(&self, did: AppDid) {
        self.record(What::App { did });
    }

    /// Notes that somebody turned a switch of the Lab.
    pub(crate) fn note_switch(&self, name: &str, to: impl Into<String>) {
        self.record(What::Switch { name: name.to_owned(), to: to.into() });
    }

    /// Adds to the activity.
    pub(crate) fn record(&self, what: What) {
        let at_ms = self.clock.now().wall.0;
        self.activity.record(Event { at_ms, memory_only: false, what });
    }

    /// Begins to listen to what the system tells of.
    pub(crate) fn listen(&self) {
        crate::triggers::listen(&self.keepers, &self.runtime);
    }

    /// The window came to the front.
    pub(crate) fn focused(&self) {
        self.demo.look();
        let keepers = Arc::clone(&self.keepers);
        self.runtime.spawn(async move { keepers.tell(Trigger::Focus).await });
    }

    /// Sends the present view, and every later one, until the next subscription.
    pub(crate) fn subscribe(self: &Arc<Self>, channel: Channel<AppView>) {
        let task = self.runtime.spawn(send_views(Arc::clone(self), channel)).abort_handle();
        if let Ok(mut present) = self.subscription.lock()
            && let Some(before) = present.replace(task)
        {
            before.abort();
        }
    }

    /// Signs out and forgets everything that is kept: the session, and what was done.
    ///
    /// # Errors
    /// What could not be removed.
    pub(crate) async fn forget(&self) -> Result<(), AppError> {
        let forgotten = self.keeper().forget().await;
        self.clipboard.forget_token().await;
        // Last, so that nothing of the session is told after it.
        self.activity.clear().await?;
        forgotten.map_err(|failure| AppError::from(&failure))
    }

    /// Waits for the writes in progress, and frees the demo's port.
    pub(crate) async fn quit(&self) {
        self.note(AppDid::Quit);
        self.runs.stop();
        self.keepers.quit().await;
        self.clipboard.forget_token().await;
        self.demo.quit().await;
        self.runs.quit().await;
        self.activity.flush().await;
    }

    /// Makes auth servers of accounts.
    pub(crate) fn accounts(&self) -> Accounts {
        Accounts {
            demo: self.demo.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            lab: self.lab.clone(),
        }
    }

    pub(crate) fn preferences(&self) -> Preferences {
        self.stored.borrow().preferences.clone()
    }

    /// Takes what the person chose, and keeps it.
    pub(crate) async fn choose(&self, preferences: Preferences) -> Result<(), AppError> {
        self.stored.send_modify(|stored| stored.preferences = preferences);
        self.apply_policy().await;
        let (file, stored) = (self.file.clone(), self.stored.borrow().clone());
        let written = self.runtime.spawn_blocking(move || file.write(&stored)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(not_saved(&error)),
            Err(error) => Err(not_saved(&error)),
        }
    }

    /// Has the keeper renew as the person and the account's settings say.
    pub(crate) async fn apply_policy(&self) {
        let assumed = self
            .account()
            .map_or(ASSUMED_LIFETIME_S, |account| account.settings(&self.demo).assumed_lifetime_s);
        self.keeper().set_policy(self.preferences().policy(assumed)).await;
    }

    /// A password may be sent by these remembered settings: they are, to the letter, what this app has
    /// sealed. Somebody who may change its files could otherwise have put another address behind a
    /// known name.
    ///
    /// # Errors
    /// [`ErrorCode::Unvouched`]. What stands in the way of finding out is no voucher either: the person
    /// can say that the address is right.
    pub(crate) async fn vouch_for(&self, settings: &AccountSettings) -> Result<(), AppError> {
        let vault = Arc::clone(&self.keepers.present().vault);
        let sealed = self.runtime.spawn_blocking(move || vault.vouched_settings()).await;
        let why = match sealed {
            Ok(Ok(sealed)) => {
                let same = sealed.as_ref().and_then(|sealed| Account::read(sealed).ok()).is_some_and(
                    |account| matches!(account, Account::Server { settings: sealed } if *sealed == *settings),
                );
                if same {
                    return Ok(());
                }
                "the settings are not sealed".to_owned()
            }
            Ok(Err(failure)) => failure.to_string(),
            Err(error) => error.to_string(),
        };
        Err(AppError::new(ErrorCode::Unvouched, why))
    }

    /// Cuts this app off the network, or has the network come back.
    pub(crate) async fn set_offline(&self, on: bool) {
        if !self.lab.turn(|lab| lab.offline = on) {
            return;
        }
        self.note_switch("offline", if on { "on" } else { "off" });
        if !on {
            self.keepers.tell(Trigger::NetworkBack).await;
        }
    }

    /// Turns every switch of the Lab off. What was slept through is not undone.
    ///
    /// # Errors
    /// The demo server does not take it; everything else is off.
    pub(crate) async fn all_well(&self) -> Result<(), AppError> {
        self.note_switch("all_well", "everything off");
        self.lab.turn(|lab| lab.stopping = false);
        self.clock.set_wall_right();
        let demo = match self.account() {
            Some(Account::Demo) => self.demo.all_well().await,
            // Its switches are shown where there is no account yet, so they are turned off there too.
            None if self.demo.is_there() => self.demo.all_well().await,
            Some(Account::Server { .. }) | None => Ok(()),
        };
        self.set_offline(false).await;
        self.keeper().look().await;
        demo
    }

    /// What the access token has left, in milliseconds; negative once it has ended.
    pub(crate) fn token_left_ms(&self) -> Option<i64> {
        let shown = self.keeper().shown();
        let ends_ms = shown.borrow().view.token.as_ref().map(|token| token.ends_ms)?;
        Some(ends_ms - self.clock.now().wall.0)
    }

    /// The account in front, to be signed in to with this password for a run of scenarios.
    ///
    /// # Errors
    /// It is none of one's own, no seal vouches for its settings, or there is no network.
    pub(crate) async fn own_account(
        &self,
        password: Option<SecretString>,
    ) -> Result<Own, AppError> {
        let (Some(Account::Server { settings }), Some(password)) = (self.account(), password)
        else {
            let why = "an account of one's own, and its password, are needed";
            return Err(AppError::new(ErrorCode::BadSettings, why));
        };
        if let Some(offline) = self.offline() {
            return Err(offline);
        }
        self.vouch_for(&settings).await?;
        Ok(Own { settings: *settings, password })
    }

    /// What to say of a request that goes through no [`crate::lab::Gate`], where nothing may leave.
    pub(crate) fn offline(&self) -> Option<AppError> {
        let offline = self.lab.state().offline;
        offline.then(|| AppError::new(ErrorCode::Unreachable, crate::lab::OFFLINE))
    }

    /// The account in front.
    pub(crate) fn account(&self) -> Option<Account> {
        let shown = self.keeper().shown();
        let account = shown.borrow().account.clone()?;
        Account::read(&account).ok()
    }

    /// Something to tell, until it is dismissed; told once.
    pub(crate) fn notice(&self, code: NoticeCode, detail: String) {
        self.notices.send_if_modified(|notices| {
            if notices.list.iter().any(|known| known.code == code && known.detail == detail) {
                return false;
            }
            notices.next = notices.next.wrapping_add(1);
            notices.list.push(Notice { id: notices.next, code, detail });
            true
        });
    }

    pub(crate) fn dismiss(&self, id: u32) {
        self.notices.send_modify(|notices| notices.list.retain(|notice| notice.id != id));
    }
}

/// The lifetime that is assumed where neither server nor account tell one, in seconds.
const ASSUMED_LIFETIME_S: u32 = 3_600;

fn not_saved(error: &dyn std::fmt::Display) -> AppError {
    AppError::new(ErrorCode::NotSaved, error.to_string())
}
