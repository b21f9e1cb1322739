//! Several accounts over real files and the real demo server; only the window is missing.

use super::Desk;
use crate::account::Account;
use crate::sign_in_flow::Opener;
use crate::wire::{AppError, ErrorCode, NewAccount};
use auth_client::AccountSettings;
use engine::Status;
use keeper::record::Keep;
use secrecy::SecretString;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tauri::App;
use tauri::test::{MockRuntime, mock_builder, mock_context, noop_assets};
use tempfile::TempDir;

/// Nothing here takes as long.
const SOON: Duration = Duration::from_secs(20);

/// Notes what it is to open.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) links: Mutex<Vec<String>>,
    /// There is no browser.
    pub(crate) fails: bool,
}

impl Opener for Opened {
    fn open(&self, link: &str) -> io::Result<()> {
        self.links.lock().unwrap().push(link.to_owned());
        if self.fails { Err(io::Error::other("there is no browser")) } else { Ok(()) }
    }
}

/// The app without its window.
pub(crate) struct Stage {
    pub(crate) desk: Arc<Desk>,
    _app: App<MockRuntime>,
}

impl Stage {
    pub(crate) fn over(folder: &Path) -> Self {
        Self::with(folder, Arc::new(Opened::default()))
    }

    pub(crate) fn with(folder: &Path, opener: Arc<dyn Opener>) -> Self {
        let app = mock_builder()
            .plugin(tauri_plugin_store::Builder::new().build())
            .build(mock_context(noop_assets()))
            .unwrap();
        let runtime = tokio::runtime::Handle::current();
        let desk = Desk::new(app.handle(), folder, opener, runtime).unwrap();
        Self { desk, _app: app }
    }

    /// Signs in at this app's demo server as at one of somebody's own.
    async fn sign_in(
        &self,
        user: &str,
        password: &str,
        id: Option<String>,
    ) -> Result<(), AppError> {
        self.desk.demo.listening().await.unwrap();
        let account = Account::Server { settings: Box::new(self.settings(user)) };
        let seat = self.desk.seat_for(id).await?;
        let credentials = (user.to_owned(), SecretString::from(password));
        self.desk.enter(&seat, account, credentials, Keep::Disk).await
    }

    async fn signed_in(&self, at: usize) -> String {
        let user = &demo_server::USERS[at];
        self.sign_in(user.username, user.password, None).await.unwrap();
        self.front()
    }

    fn settings(&self, user: &str) -> AccountSettings {
        AccountSettings { user: user.to_owned(), ..self.desk.demo.settings() }
    }

    fn front(&self) -> String {
        self.desk.seats.front().id.clone()
    }

    pub(crate) fn accounts(&self) -> Vec<String> {
        self.desk.seats.state().accounts().map(|seat| seat.id.clone()).collect()
    }

    fn status(&self, id: &str) -> Status {
        self.desk.seats.of(id).unwrap().keeper().shown().borrow().view.status
    }

    /// Waits until this is so.
    pub(crate) async fn until(&self, so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !so(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, waiting).await.expect("it comes to that");
    }

    async fn until_signed_in(&self, id: &str) {
        self.until(|stage| stage.status(id) == Status::Resting).await;
    }

    pub(crate) async fn quit(self) {
        self.desk.quit().await;
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The files that belong to this account.
fn files_of(folder: &TempDir, id: &str) -> Vec<String> {
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.contains(id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_are_kept_side_by_side_and_are_there_after_a_restart() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (first, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    assert_eq!((first.as_str(), stage.accounts()), ("main", vec![first.clone(), second.clone()]));
    assert!(stage.status(&first) == Status::Resting && stage.status(&second) == Status::Resting);
    stage.desk.seats.bring_to_front(&first).await.unwrap();
    stage.quit().await;

    let stage = Stage::over(folder.path());
    assert_eq!(
        (stage.front(), stage.accounts()),
        (first.clone(), vec![first.clone(), second.clone()])
    );
    stage.until_signed_in(&first).await;
    stage.until_signed_in(&second).await;
    let who = |id: &str| stage.desk.seats.of(id).unwrap().known().map(|known| known.user);
    assert_eq!(who(&first).as_deref(), Some(demo_server::USERS[0].username));
    assert_eq!(who(&second).as_deref(), Some(demo_server::USERS[1].username));
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_kept_is_the_first_account() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    stage.signed_in(0).await;
    stage.quit().await;
    // An older version wrote no book.
    std::fs::remove_file(folder.path().join("accounts.json")).unwrap();

    let stage = Stage::over(folder.path());
    assert_eq!(stage.front(), "main");
    stage.until_signed_in("main").await;
    stage.until(|_| folder.path().join("accounts.json").exists()).await;
    assert_eq!(stage.accounts(), ["main"]);
    let activity = stage.desk.activity().get().await.entries();
    assert!(activity.len() > 3, "its activity, too: {activity:?}");
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_was_damaged_costs_no_account() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (first, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    stage.quit().await;
    std::fs::write(folder.path().join("accounts.json"), "{").unwrap();

    let stage = Stage::over(folder.path());
    stage.until_signed_in(&first).await;
    stage.until_signed_in(&second).await;
    stage.until(|stage| stage.desk.seats.state().book.accounts.len() == 2).await;
    assert_eq!(stage.desk.notices.borrow().list.len(), 1);
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_fails_adds_no_account_and_leaves_nothing() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let first = stage.signed_in(0).await;
    let failed = stage.sign_in(demo_server::USERS[1].username, "wrong", None).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::WrongPassword);
    assert_eq!((stage.front(), stage.accounts()), (first.clone(), vec![first]));
    let spare = stage.desk.seats.spare().await.unwrap().id.clone();
    assert!(!files_of(&folder, &spare).is_empty(), "or this shows nothing");
    stage.quit().await;
    assert_eq!(files_of(&folder, &spare), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_removed_is_signed_out_at_its_server_and_leaves_nothing() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (first, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    let logouts = async || stage.desk.demo.snapshot().await.unwrap().counters.logouts;
    let before = logouts().await;
    stage.desk.remove_account(&second).await.unwrap();
    assert_eq!((stage.front(), stage.accounts()), (first.clone(), vec![first.clone()]));
    stage.until(|_| files_of(&folder, &second).is_empty()).await;
    assert_eq!(logouts().await, before + 1);
    assert_eq!(stage.status(&first), Status::Resting, "the other one goes on");
    assert!(stage.desk.seats.of(&second).is_err());
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_could_not_be_told_before_the_app_quit_is_told_at_the_next_start() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (first, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    let before = stage.desk.demo.snapshot().await.unwrap().counters.logouts;
    stage.desk.set_offline(true).await;
    stage.desk.remove_account(&second).await.unwrap();
    let untold = |stage: &Stage| {
        let seats = stage.desk.seats.state().seats;
        seats.get(&second).is_some_and(|it| it.keeper().shown().borrow().untold > 0)
    };
    stage.until(untold).await;
    stage.quit().await;

    let stage = Stage::over(folder.path());
    assert_eq!(stage.accounts(), [first]);
    stage.desk.demo.listening().await.unwrap();
    stage.until(|_| files_of(&folder, &second).is_empty()).await;
    let after = stage.desk.demo.snapshot().await.unwrap().counters.logouts;
    assert_eq!(after, before + 1);
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_everything_forgets_every_account() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (_, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    stage.desk.seats.bring_to_front("main").await.unwrap();
    stage.desk.forget().await.unwrap();
    assert_eq!(stage.accounts(), [""; 0]);
    assert_eq!(files_of(&folder, &second), [""; 0]);
    let again = stage.signed_in(0).await;
    assert_eq!((again.as_str(), stage.accounts().len()), ("main", 1));
    stage.quit().await;
    let stage = Stage::over(folder.path());
    assert_eq!(stage.accounts().len(), 1);
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_were_changed_hold_from_the_next_sign_in_on() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let id = stage.signed_in(0).await;
    let user = &demo_server::USERS[0];
    let changed = AccountSettings { assumed_lifetime_s: 60, ..stage.settings(user.username) };
    let new = NewAccount::TokenApi { settings: Box::new(changed.clone()) };
    stage.desk.change_account(&id, &new).await.unwrap();
    let view = || {
        let (state, seat) = (stage.desk.seats.state(), stage.desk.seats.front());
        let shown = seat.keeper().shown().borrow().clone();
        stage.desk.view(&state, &seat, &shown).account.unwrap()
    };
    assert_eq!((view().changed, view().settings.unwrap().assumed_lifetime_s), (true, 60));
    assert_eq!(stage.desk.account().unwrap().assumed_lifetime_s(&stage.desk.demo), 3_600);

    let account = Account::Server { settings: Box::new(changed) };
    let credentials = (user.username.to_owned(), SecretString::from(user.password));
    let seat = stage.desk.seats.of(&id).unwrap();
    stage.desk.enter(&seat, account, credentials, Keep::Disk).await.unwrap();
    assert_eq!((view().changed, stage.accounts()), (false, vec![id]));
    assert_eq!(stage.desk.account().unwrap().assumed_lifetime_s(&stage.desk.demo), 60);
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_can_be_added_before_anybody_signs_in_there() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let settings = AccountSettings {
        base_url: "https://api.example.com".to_owned(),
        user: "alice".to_owned(),
        ..AccountSettings::default()
    };
    let bad = AccountSettings { base_url: "nowhere".to_owned(), ..settings.clone() };
    let new = |settings| NewAccount::TokenApi { settings: Box::new(settings) };
    let refused = stage.desk.add_account(&new(bad)).await.unwrap_err();
    assert_eq!((refused.field.as_deref(), stage.accounts().len()), (Some("baseUrl"), 0));
    let id = stage.desk.add_account(&new(settings.clone())).await.unwrap();
    assert_eq!((stage.front(), stage.accounts()), (id.clone(), vec![id.clone()]));
    stage.quit().await;

    let stage = Stage::over(folder.path());
    stage.until(|stage| stage.status(&id) == Status::SignedOut).await;
    let (state, seat) = (stage.desk.seats.state(), stage.desk.seats.front());
    let known = Account::read(&state.settings(&seat).unwrap()).unwrap();
    assert_eq!(known, Account::Server { settings: Box::new(settings) });
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_go_to_another_computer_by_a_file() {
    let (here, there) = (folder(), folder());
    let file = here.path().join("carried.json");
    let stage = Stage::over(here.path());
    stage.signed_in(0).await;
    stage.desk.export_accounts(file.clone()).await.unwrap();
    stage.quit().await;
    let stage = Stage::over(there.path());
    assert_eq!(stage.desk.import_accounts(file.clone()).await.unwrap(), 1);
    assert_eq!(stage.desk.import_accounts(file).await.unwrap(), 0, "it is there");
    assert_eq!(stage.front(), stage.accounts()[0]);
    stage.until(|stage| stage.status(&stage.front()) == Status::SignedOut).await;
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_copy_of_the_app_adds_and_removes_is_followed() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let first = stage.signed_in(0).await;
    let book = crate::book::BookFile::in_folder(folder.path());
    let line = crate::book::Line {
        id: "theirs".to_owned(),
        account: Account::Demo.write(),
        changed: false,
    };
    book.update(Default::default(), |book| book.accounts.push(line)).unwrap();
    stage.desk.seats.update(|_| ()).await.unwrap();
    assert_eq!(stage.accounts(), [first.as_str(), "theirs"]);
    assert_eq!(stage.front(), first);
    book.update(Default::default(), |book| book.remove(&first)).unwrap();
    stage.desk.seats.update(|_| ()).await.unwrap();
    assert_eq!((stage.front().as_str(), stage.accounts()), ("theirs", vec!["theirs".to_owned()]));
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_account_has_an_activity_of_its_own() {
    let folder = folder();
    let stage = Stage::over(folder.path());
    let (first, second) = (stage.signed_in(0).await, stage.signed_in(1).await);
    let entries = async |id: &str| {
        let activity = stage.desk.seats.of(id).unwrap().activity.clone();
        activity.get().await.entries().len()
    };
    assert!(entries(&first).await > 0 && entries(&second).await > 0);
    let of_the_first = entries(&first).await;
    stage.desk.activity().clear().await.unwrap();
    assert_eq!((entries(&first).await, entries(&second).await), (of_the_first, 0));
    stage.quit().await;
}
