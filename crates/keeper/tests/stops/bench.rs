//! The desk with a simulated disk in it, and what a crash is judged by.

use crate::desk::{App, Desk, an_hour, sentence, status};
use crate::plug::{End, Plug};
use demo_server::{ALICE, Rotation, Switches, User};
use engine::{SECOND, Trigger};
use keeper::ports::{ApiVerdict, Clock as _, Connector as _, Credentials, Vault};
use keeper::record::{Keep, Record};
use keeper::{SignIn, SignInError};
use std::sync::Arc;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::recording::{Crash, Disk, Recording};
use vault::{FileVault, SlotFiles};

/// Of the states that a loss of power may leave torn, so many are looked at for each step.
const TORN: usize = 3;

/// Something that a process has around its vault.
type Wrap = fn(Box<dyn Vault>) -> Arc<dyn Vault>;

/// A desk with a simulated disk. Lock files are in the desk's folder.
pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) disk: Disk,
    pub(crate) wrap: Wrap,
}

impl Bench {
    /// Nobody has signed in here yet.
    pub(crate) async fn new(rotation: Rotation) -> Self {
        let desk = Desk::with(Switches { rotation, ..an_hour() }).await;
        Self { desk, disk: Disk::new(), wrap: Arc::from }
    }

    /// Alice has signed in, and the app is closed.
    pub(crate) async fn signed_in(rotation: Rotation) -> Self {
        let bench = Self::new(rotation).await;
        let app = bench.launch();
        app.until_status("signed_out").await;
        bench.sign_in(&app, ALICE).await.unwrap();
        app.close().await;
        bench
    }

    pub(crate) fn launch(&self) -> App {
        Plug::new(End::AfterAll).launch(self)
    }

    pub(crate) async fn sign_in(&self, app: &App, user: User) -> Result<(), SignInError> {
        let account = self.desk.account();
        let server = self.desk.connector().connect(&account).unwrap();
        let credentials =
            Credentials { user: user.username.into(), password: user.password.into() };
        app.keeper.sign_in(SignIn { server, account, credentials, keep: Keep::Disk }).await
    }

    pub(crate) fn slots(&self) -> Recording {
        Recording::new(&self.disk, SlotFiles::new(self.desk.folder.path(), "main").unwrap())
    }

    pub(crate) fn vault_over(&self, slots: Recording) -> FileVault {
        let keychain = FixedKey(Key::new([7; 32]));
        FileVault::new(slots, Keys::new(keychain, FileKey::new(self.desk.folder.path())))
    }

    pub(crate) fn wrapped(&self, vault: impl Vault + 'static) -> Arc<dyn Vault> {
        (self.wrap)(Box::new(vault))
    }

    /// What is on the disk, as another process reads it. Reading sets damage aside, so this is done
    /// on a copy.
    pub(crate) fn stored(&self) -> Option<Record> {
        let disk = self.disk.after_process_end().disk;
        let files = SlotFiles::new(self.desk.folder.path(), "main").unwrap();
        self.vault_over(Recording::new(&disk, files)).read().unwrap().record
    }

    /// What a crash may leave now: everything that is written; the plainest losses; and some that
    /// are torn, other ones at each `turn`.
    pub(crate) fn crashes(&self, turn: usize) -> Vec<Crash> {
        let content =
            |crash: &Crash| ["main-a.json", "main-b.json"].map(|name| crash.disk.content(name));
        let ended = self.disk.after_process_end();
        let lost = self.disk.after_power_loss();
        let (plain, torn) = lost.split_at(lost.len().min(4));
        let stride = (torn.len() / TORN).max(1);
        let torn = torn.iter().skip(turn % stride).step_by(stride).take(TORN);
        let mut crashes = vec![ended];
        for crash in plain.iter().chain(torn) {
            if !crashes.iter().any(|known| content(known) == content(crash)) {
                crashes.push(crash.clone());
            }
        }
        crashes
    }

    /// Lets the next tries come until there are none.
    pub(crate) async fn come_to_rest(&self, app: &App) {
        for _ in 0..5 {
            let at_rest = |shown: &keeper::Shown| {
                let status = status(shown);
                matches!(status.as_str(), "resting" | "waiting" | "needs_sign_in" | "signed_out")
            };
            if status(&app.until("it rests or waits", at_rest).await) != "waiting" {
                return;
            }
            self.desk.clock.advance(SECOND);
            app.until("it has gone on", |shown| {
                let now_ms = self.desk.clock.now().wall.0;
                shown.view.next.as_ref().is_none_or(|next| next.at_ms > now_ms)
            })
            .await;
        }
        panic!("it goes on waiting: {:#?}", app.shown());
    }

    /// The session lives on, as the server and its API say: the token is accepted, and what is
    /// stored is good for the next renewal, too.
    ///
    /// # Errors
    /// What shows that it does not.
    pub(crate) async fn lives_on(&self, app: &App, user: User) -> Result<(), String> {
        self.accepted(app).await?;
        if self.stored().and_then(|record| record.session).is_none_or(|held| held.intent.is_some())
        {
            return Err("what is stored is not at rest".to_owned());
        }
        let before = self.desk.counters().await.refreshes_granted;
        let renewed = app.shown().view.refreshes + 1;
        app.keeper.tell(Trigger::Asked).await;
        app.until("it is renewed or refused", |shown| {
            matches!(status(shown).as_str(), "needs_sign_in" | "waiting")
                || shown.view.refreshes == renewed && status(shown) == "resting"
        })
        .await;
        // It waits where the server is just being told of another session's end.
        self.come_to_rest(app).await;
        self.accepted(app).await?;
        let granted = self.desk.counters().await.refreshes_granted - before;
        if granted != 1 {
            return Err(format!("the server granted {granted} renewals where one was asked for"));
        }
        match app.shown().view.who {
            Some(who) if who.user == user.username => Ok(()),
            who => Err(format!("it is {who:?}'s session")),
        }
    }

    async fn accepted(&self, app: &App) -> Result<(), String> {
        match app.keeper.call_api().await {
            Some(call) if call.result == Some(ApiVerdict::Accepted) => Ok(()),
            Some(call) => Err(format!("the API was called as {:?}: {:?}", call.how, call.result)),
            None => Err("nobody is signed in".to_owned()),
        }
    }

    /// The server has rotated, its answer is lost, and both are said.
    pub(crate) async fn is_said_to_be_lost(&self, app: &App) -> Result<(), String> {
        let (shown, living) = (app.shown(), self.desk.demo.control().snapshot().await.unwrap());
        let who = shown.view.who.as_ref().map(|who| who.user.as_str());
        let said = (status(&shown), sentence(&shown), who, living.living_sessions);
        if said == ("needs_sign_in".into(), "answer_lost".into(), Some(ALICE.username), 0) {
            return Ok(());
        }
        Err(format!("it is {said:?}"))
    }
}

/// The process is gone, from one moment to the next: its tasks end, and its locks with them.
pub(crate) async fn kill(app: App) {
    app.task.abort();
    assert!(app.task.await.is_err());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
