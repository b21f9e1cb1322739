//! Everything put together: the keeper, the vault, the demo server, and what the window is shown.

use crate::account::{Account, Accounts};
use crate::demo::Demo;
use crate::preferences::{PreferenceFile, Stored};
use crate::store_slots::StoreSlots;
use crate::wire::{
    AccountView, AppError, AppView, ErrorCode, Notice, NoticeCode, Preferences, Protection,
    TimeMoved, UntoldView,
};
use auth_client::AccountSettings;
use engine::Trigger;
use keeper::clock::{Moved, TravelClock};
use keeper::ports::Clock;
use keeper::record::Keep;
use keeper::{Keeper, LeftToExpire, Setup, Shown, Untold};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tauri::ipc::Channel;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use vault::keys::{FileKey, KeychainKey, Keys};
use vault::{FileVault, SlotFiles};

/// The one account of this version has this name on disk.
const ACCOUNT: &str = "main";

/// Everything put together.
pub(crate) struct Desk {
    pub(crate) keeper: Keeper,
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<TravelClock>,
    vault: Arc<FileVault>,
    file: PreferenceFile,
    stored: watch::Sender<Stored>,
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
        let keys = Keys::new(
            KeychainKey::new(app.config().identifier.clone()),
            FileKey::new(files.folder()),
        );
        let vault = Arc::new(FileVault::new(StoreSlots::new(app.clone(), files), keys));
        let file = PreferenceFile::in_folder(folder);
        let stored = file.read();
        let demo = Demo::new(folder.join("demo-server"), Arc::clone(&clock), runtime.clone());
        let (keeper, task) = Keeper::new(Setup {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            vault: Arc::clone(&vault) as Arc<dyn keeper::ports::Vault>,
            connector: Arc::new(Accounts {
                demo: demo.clone(),
                clock: Arc::clone(&clock) as Arc<dyn Clock>,
            }),
            policy: stored.preferences.policy(ASSUMED_LIFETIME_S),
            seed: stored.seed,
            recorder: Arc::new(keeper::activity::Nobody),
        });
        runtime.spawn(task);
        let desk = Arc::new(Self {
            keeper,
            demo,
            clock,
            vault,
            file,
            stored: watch::channel(stored).0,
            notices: watch::channel(Notices::default()).0,
            subscription: Mutex::default(),
            runtime,
        });
        desk.runtime.spawn(notice_troubles(Arc::clone(&desk)));
        Ok(desk)
    }

    /// Begins to listen to what the system tells of.
    pub(crate) fn listen(&self) {
        crate::triggers::listen(&self.keeper, &self.runtime);
    }

    /// The window came to the front.
    pub(crate) fn focused(&self) {
        let keeper = self.keeper.clone();
        self.runtime.spawn(async move { keeper.tell(Trigger::Focus).await });
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

    /// Waits for the writes in progress, and frees the demo's port.
    pub(crate) async fn quit(&self) {
        self.keeper.quit().await;
        self.demo.quit().await;
    }

    /// Makes auth servers of accounts.
    pub(crate) fn accounts(&self) -> Accounts {
        Accounts { demo: self.demo.clone(), clock: Arc::clone(&self.clock) as Arc<dyn Clock> }
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
        self.keeper.set_policy(self.preferences().policy(assumed)).await;
    }

    /// A password may be sent by these remembered settings: they are, to the letter, what this app has
    /// sealed. Somebody who may change its files could otherwise have put another address behind a
    /// known name.
    ///
    /// # Errors
    /// [`ErrorCode::Unvouched`]. What stands in the way of finding out is no voucher either: the person
    /// can say that the address is right.
    pub(crate) async fn vouch_for(&self, settings: &AccountSettings) -> Result<(), AppError> {
        let vault = Arc::clone(&self.vault);
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

    /// The account in front.
    pub(crate) fn account(&self) -> Option<Account> {
        let shown = self.keeper.shown();
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

    /// The host and port of an account's server.
    fn server_of(&self, account: &serde_json::Value) -> String {
        Account::read(account)
            .map(|account| host_and_port(&account.settings(&self.demo).base_url))
            .unwrap_or_default()
    }

    fn untold(&self, untold: &Untold) -> UntoldView {
        UntoldView {
            id: untold.id.to_string(),
            server: self.server_of(&untold.account),
            user: untold.user.clone(),
            since_ms: untold.since_ms,
            tries: untold.tries,
            next_ms: untold.next_ms,
            last: untold.last.clone(),
        }
    }

    /// Whose session was left to expire, where, and what the server said.
    fn words_about(&self, left: &LeftToExpire) -> String {
        let server = self.server_of(&left.account);
        let said = left.exchange.as_ref().map(|exchange| exchange.detail.as_str());
        let whose = format!("{} · {server}", left.user);
        said.map_or_else(|| whose.clone(), |said| format!("{whose} · {said}"))
    }

    fn view(&self, shown: &Shown) -> AppView {
        let account = shown.account.as_ref().and_then(|account| Account::read(account).ok());
        AppView {
            session: shown.view.clone(),
            account: account.map(|account| {
                let settings = account.settings(&self.demo);
                AccountView {
                    demo: account == Account::Demo,
                    server: host_and_port(&settings.base_url),
                    settings,
                    memory_only: shown.keep == Keep::Memory,
                }
            }),
            protection: match self.vault.protection() {
                vault::keys::Protection::Unknown => Protection::Unknown,
                vault::keys::Protection::Keychain => Protection::Keychain,
                vault::keys::Protection::KeyFile { why } => Protection::KeyFile { why },
            },
            demo: self.demo.view(),
            known_as: shown.known_as.as_ref().map(|identity| identity.name.clone()),
            outbox: shown.outbox.iter().map(|untold| self.untold(untold)).collect(),
            notices: self.notices.borrow().list.clone(),
            preferences: self.preferences(),
            time_moved: time_moved(*self.clock.moved().borrow()),
            lab: crate::wire::LabView::default(),
        }
    }
}

/// The lifetime that is assumed where neither server nor account tell one, in seconds.
const ASSUMED_LIFETIME_S: u32 = 3_600;

/// Sends views until the page is gone.
async fn send_views(desk: Arc<Desk>, channel: Channel<AppView>) {
    let mut shown = desk.keeper.shown();
    let mut demo = desk.demo.changes();
    let mut stored = desk.stored.subscribe();
    let mut notices = desk.notices.subscribe();
    let mut moved = desk.clock.moved();
    loop {
        let view = desk.view(&shown.borrow_and_update().clone());
        if channel.send(view).is_err() {
            return;
        }
        let over = tokio::select! {
            changed = shown.changed() => changed.is_err(),
            changed = demo.changed() => changed.is_err(),
            changed = stored.changed() => changed.is_err(),
            changed = notices.changed() => changed.is_err(),
            changed = moved.changed() => changed.is_err(),
        };
        if over {
            return;
        }
    }
}

/// Turns what the keeper and the vault have to tell into notices.
async fn notice_troubles(desk: Arc<Desk>) {
    let mut shown = desk.keeper.shown();
    loop {
        let now = shown.borrow_and_update().clone();
        for line in now.set_aside {
            desk.notice(NoticeCode::StoreDamaged, line);
        }
        if let Some(why) = now.sign_out_unwritten {
            desk.notice(NoticeCode::SignOutNotWritten, why);
        }
        if let Some(left) = now.left_to_expire {
            desk.notice(NoticeCode::from(left.why), desk.words_about(&left));
        }
        if shown.changed().await.is_err() {
            return;
        }
    }
}

fn time_moved(moved: Moved) -> Option<TimeMoved> {
    let Moved { slept_ms, clock_ms } = moved;
    (!moved.is_nothing()).then_some(TimeMoved { slept_ms, clock_ms })
}

fn not_saved(error: &dyn std::fmt::Display) -> AppError {
    AppError::new(ErrorCode::NotSaved, error.to_string())
}

fn host_and_port(base_url: &str) -> String {
    url::Url::parse(base_url)
        .ok()
        .and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
        })
        .unwrap_or_default()
}
