//! Everything put together: the accounts with their keepers and vaults, the demo server, and what the window is shown.

mod accounts;
mod leaving;
mod notices;
mod opening;
mod signing;
mod tending;
#[cfg(test)]
pub(crate) mod tests;
mod views;
mod watching;

use crate::account::{Account, Accounts};
use crate::activity::Remembered;
use crate::book::{BookFile, FIRST};
use crate::clipboard::Clipboard;
use crate::demo::Demo;
use crate::dialogs::Dialogs;
use crate::preferences::{PreferenceFile, Stored};
use crate::pretend::Lab;
use crate::scenarios::Runs;
use crate::seats::{Seat, Seats};
use crate::sign_in_flow::{Opener, SignIns};
use crate::wire::{AppError, AppView, ErrorCode, NoticeCode, Preferences};
use engine::Trigger;
use keeper::Keeper;
use keeper::activity::{AppDid, Event, Recorder as _, What};
use keeper::clock::TravelClock;
use keeper::ports::Clock;
use keeper::record::Keep;
use lab::Own;
use notices::Notices;
use opening::Needs;
use secrecy::SecretString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tauri::ipc::Channel;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use vault::SlotFiles;
use views::send_views;

/// Everything put together.
pub(crate) struct Desk {
    pub(crate) seats: Arc<Seats>,
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<TravelClock>,
    pub(crate) lab: Lab,
    pub(crate) clipboard: Clipboard,
    pub(crate) dialogs: Dialogs,
    pub(crate) runs: Runs,
    pub(crate) sign_ins: SignIns,
    file: PreferenceFile,
    stored: Arc<watch::Sender<Stored>>,
    notices: watch::Sender<Notices>,
    /// The window's present subscription: a page that was loaded anew takes the place of the last.
    subscription: Mutex<Option<AbortHandle>>,
    /// The page that watches the activity.
    watcher: Mutex<Option<AbortHandle>>,
    pub(crate) runtime: tokio::runtime::Handle,
}

impl Desk {
    /// Puts everything together over `folder`, and starts the keepers.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(crate) fn new<R: tauri::Runtime>(
        app: &tauri::AppHandle<R>,
        folder: &Path,
        opener: Arc<dyn Opener>,
        runtime: tokio::runtime::Handle,
    ) -> std::io::Result<Arc<Self>> {
        let clock = Arc::new(TravelClock::new());
        // Makes the folder.
        SlotFiles::new(folder, FIRST)?;
        let file = PreferenceFile::in_folder(folder);
        let stored = Arc::new(watch::Sender::new(file.read()));
        let of_app = app.clone();
        let seen = Arc::new(move || crate::is_seen(&of_app));
        let demo = Demo::new(folder.join("demo-server"), Arc::clone(&clock), seen, runtime.clone());
        let lab = Lab::default();
        let launching = Arc::new(AtomicBool::new(true));
        let needs = Needs {
            folder: folder.to_owned(),
            stored: Arc::clone(&stored),
            clock: Arc::clone(&clock),
            demo: demo.clone(),
            lab: lab.clone(),
            launching: Arc::clone(&launching),
            runtime: runtime.clone(),
        };
        let book = BookFile::in_folder(folder);
        let (seats, damage) = Seats::new(needs.into_open(app.clone()), book, runtime.clone())?;
        launching.store(false, Ordering::SeqCst);
        let desk = Arc::new(Self {
            seats: Arc::new(seats),
            demo,
            clock,
            lab,
            clipboard: Clipboard::of_the_system(runtime.clone()),
            dialogs: Dialogs::default(),
            runs: Runs::new(folder.join("scenarios"), runtime.clone()),
            sign_ins: SignIns::new(opener),
            file,
            stored,
            notices: watch::channel(Notices::default()).0,
            subscription: Mutex::default(),
            watcher: Mutex::default(),
            runtime,
        });
        if let Some(damage) = damage {
            desk.notice(NoticeCode::StoreDamaged, damage);
        }
        desk.runtime.spawn(tending::tend(Arc::clone(&desk)));
        Ok(desk)
    }

    /// The keeper of the account in front.
    pub(crate) fn keeper(&self) -> Keeper {
        self.seats.front().keeper()
    }

    /// The activity of the account in front.
    pub(crate) fn activity(&self) -> Remembered {
        self.seats.front().activity.clone()
    }

    /// Notes what the app itself does with an account.
    pub(crate) fn note(&self, seat: &Seat, did: AppDid) {
        self.record(seat, What::App { did });
    }

    /// Notes that somebody turned a switch of the Lab that concerns the account in front.
    pub(crate) fn note_switch(&self, name: &str, to: impl Into<String>) {
        self.note_switch_of(&self.seats.front(), name, to.into());
    }

    /// The same of one that concerns every account.
    pub(crate) fn note_switch_of_all(&self, name: &str, to: impl Into<String>) {
        let (state, to) = (self.seats.state(), to.into());
        let front = Some(&state.front).filter(|front| state.accounts().all(|it| it.id != front.id));
        for seat in state.accounts().chain(front) {
            self.note_switch_of(seat, name, to.clone());
        }
    }

    fn note_switch_of(&self, seat: &Seat, name: &str, to: String) {
        // What is done to a session that leaves no trace leaves none either.
        let memory_only = seat.keeper().shown().borrow().keep == Keep::Memory;
        self.tell(seat, What::Switch { name: name.to_owned(), to }, memory_only);
    }

    /// Adds to an account's activity.
    pub(crate) fn record(&self, seat: &Seat, what: What) {
        self.tell(seat, what, false);
    }

    /// Adds to an account's activity; what is told in memory only is never written down.
    pub(crate) fn tell(&self, seat: &Seat, what: What, memory_only: bool) {
        let at_ms = match &what {
            What::Exchange { exchange, .. } => exchange.at_ms,
            What::Decision { .. } | What::Disk { .. } | What::Switch { .. } | What::App { .. } => {
                self.clock.now().wall.0
            }
        };
        seat.activity.record(Event { at_ms, memory_only, what });
    }

    /// Begins to listen to what the system tells of.
    pub(crate) fn listen(&self) {
        crate::triggers::listen(&self.seats, &self.runtime);
    }

    /// The window came to the front.
    pub(crate) fn focused(&self) {
        self.demo.look();
        let seats = Arc::clone(&self.seats);
        self.runtime.spawn(async move { seats.tell(Trigger::Focus).await });
    }

    /// Sends the present view, and every later one, until the next subscription.
    pub(crate) fn subscribe(self: &Arc<Self>, channel: Channel<AppView>) {
        let task = self.runtime.spawn(send_views(Arc::clone(self), channel)).abort_handle();
        if let Ok(mut present) = self.subscription.lock()
            && let Some(before) = present.replace(task)
        {
            before.abort();
            // Whoever has begun it is gone.
            self.runs.stop();
        }
    }

    /// Signs out everywhere and forgets everything that is kept: every account, and what was done.
    ///
    /// # Errors
    /// What could not be removed.
    pub(crate) async fn forget(&self) -> Result<(), AppError> {
        self.sign_ins.cancel();
        let mut failed = None;
        for seat in self.seats.all() {
            if let Err(failure) = seat.keepers.settled().await.keeper.forget().await {
                failed.get_or_insert(AppError::from(&failure));
            }
            seat.remember(None);
        }
        self.clipboard.forget_token().await;
        match self.seats.clear().await {
            Ok(others) => self.close(others).await,
            Err(error) => {
                failed.get_or_insert(error);
            }
        }
        // Last, so that nothing of the session is told after it.
        self.activity().clear().await?;
        failed.map_or(Ok(()), Err)
    }

    /// Ends what accounts that are no more have had, and removes their files.
    async fn close(&self, seats: Vec<Arc<Seat>>) {
        for seat in seats {
            seat.keepers.quit().await;
            if let Err(error) = seat.activity.clear().await {
                tracing::warn!(error = error.message, "an activity could not be removed");
            }
            let removed = self.runtime.spawn_blocking(move || seat.remove_files()).await;
            if let Err(error) = removed {
                tracing::warn!(%error, "the files of an account could not be removed");
            }
        }
    }

    /// Waits for the writes in progress, and frees the demo's port.
    pub(crate) async fn quit(&self) {
        let seats = self.seats.all();
        for seat in &seats {
            self.note(seat, AppDid::Quit);
        }
        self.runs.stop();
        self.clipboard.close().await;
        self.sign_ins.quit().await;
        self.seats.quit().await;
        self.demo.quit().await;
        self.runs.quit().await;
        let mut flushing = tokio::task::JoinSet::new();
        for seat in seats {
            flushing.spawn_on(async move { seat.activity.flush().await }, &self.runtime);
        }
        let _flushed = flushing.join_all().await;
        self.seats.clear_up();
    }

    /// Makes auth servers of this account's settings.
    pub(crate) fn accounts(&self, seat: &Seat) -> Accounts {
        Accounts {
            demo: self.demo.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            lab: self.lab.of(&seat.id),
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

    /// Has every keeper renew as the person and its account's settings say.
    pub(crate) async fn apply_policy(&self) {
        for seat in self.seats.all() {
            let account = seat.recorded().and_then(|account| Account::read(&account).ok());
            self.renew_as(&seat, account.as_ref()).await;
        }
    }

    /// Has one keeper do so, where it is known whose session it is, or is about to find.
    pub(crate) async fn renew_as(&self, seat: &Seat, account: Option<&Account>) {
        let assumed =
            account.map_or(ASSUMED_LIFETIME_S, |account| account.assumed_lifetime_s(&self.demo));
        seat.keeper().set_policy(self.preferences().policy(assumed)).await;
    }

    /// A password may be sent by these remembered settings: they are, to the letter, what this app has
    /// sealed. Somebody who may change its files could otherwise have put another address behind a
    /// known name.
    ///
    /// # Errors
    /// [`ErrorCode::Unvouched`]. What stands in the way of finding out is no voucher either: the person
    /// can say that the address is right.
    pub(crate) async fn vouch_for(&self, seat: &Seat, account: &Account) -> Result<(), AppError> {
        let vault = Arc::clone(&seat.keepers.present().vault);
        let sealed = self.runtime.spawn_blocking(move || vault.vouched_settings()).await;
        let why = match sealed {
            Ok(Ok(sealed)) => {
                let sealed = sealed.as_ref().and_then(|sealed| Account::read(sealed).ok());
                if sealed.is_some_and(|sealed| sealed.is_chosen_like(account)) {
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
        self.note_switch_of_all("offline", if on { "on" } else { "off" });
        if on {
            // Its requests go through no gate.
            self.runs.stop_own();
        } else {
            self.seats.tell(Trigger::NetworkBack).await;
        }
    }

    /// Turns every switch of the Lab off. What was slept through is not undone.
    ///
    /// # Errors
    /// The demo server does not take it; everything else is off.
    pub(crate) async fn all_well(&self) -> Result<(), AppError> {
        self.note_switch_of_all("all_well", "everything off");
        self.lab.turn(|lab| lab.stopping = false);
        self.clock.set_wall_right();
        let demo = match self.account() {
            Some(Account::Demo) => self.demo.all_well().await,
            // Its switches are shown where there is no account yet, so they are turned off there too.
            None if self.demo.is_there() => self.demo.all_well().await,
            Some(Account::Server { .. } | Account::OAuth { .. }) | None => Ok(()),
        };
        self.set_offline(false).await;
        self.seats.look().await;
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
        if self.keeper().shown().borrow().keep == Keep::Memory {
            let why = "this account is kept in memory only: a run would keep its session in files";
            return Err(AppError::new(ErrorCode::BadSettings, why));
        }
        if let Some(offline) = self.offline() {
            return Err(offline);
        }
        let account = Account::Server { settings };
        self.vouch_for(&self.seats.front(), &account).await?;
        let Account::Server { settings } = account else { return Err(no_such_account()) };
        Ok(Own { settings: *settings, password })
    }

    /// What to say of a request that goes through no [`crate::pretend::Gate`], where nothing may leave.
    pub(crate) fn offline(&self) -> Option<AppError> {
        let offline = self.lab.state().offline;
        offline.then(|| AppError::new(ErrorCode::Unreachable, crate::pretend::OFFLINE))
    }

    /// The account in front, as its session was begun.
    pub(crate) fn account(&self) -> Option<Account> {
        let account = self.seats.front().recorded()?;
        Account::read(&account).ok()
    }
}

/// The lifetime that is assumed where neither server nor account tell one, in seconds.
const ASSUMED_LIFETIME_S: u32 = 3_600;

fn no_such_account() -> AppError {
    AppError::new(ErrorCode::BadSettings, "there is no such account")
}

fn not_saved(error: &dyn std::fmt::Display) -> AppError {
    AppError::new(ErrorCode::NotSaved, error.to_string())
}
