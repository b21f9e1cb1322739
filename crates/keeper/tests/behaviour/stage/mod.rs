//! A keeper between a server that says what it is told to say, a vault in memory, and clocks that
//! stand still.

mod heard;
mod server;
mod vault;

pub(crate) use heard::Heard;
pub(crate) use server::{Farewell, Id, Scripted, Step};
pub(crate) use vault::{MemoryVault, Wrote};

use engine::{HOUR, MINUTE, Policy, SECOND};
use keeper::clock::ManualClock;
use keeper::ports::{AuthServer, Clock as _, Connector, Credentials};
use keeper::record::{Keep, Session};
use keeper::{Keeper, Setup, Shown, SignIn, SignInError};
use secrecy::ExposeSecret as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;
/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);
/// A token of an hour is renewed from here on, whatever its jitter.
pub(crate) const DUE: i64 = HOUR - 5 * MINUTE;

/// What everybody does, in order, as one line each.
#[derive(Clone)]
pub(crate) struct Diary(watch::Sender<Vec<String>>);

impl Diary {
    pub(crate) fn note(&self, line: impl Into<String>) {
        self.0.send_modify(|lines| lines.push(line.into()));
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.0.borrow().iter().filter(|line| line.starts_with(start)).count()
    }

    pub(crate) async fn until(&self, start: &str, times: usize) {
        let mut lines = self.0.subscribe();
        let there = lines
            .wait_for(|lines| lines.iter().filter(|line| line.starts_with(start)).count() >= times);
        let come = tokio::time::timeout(IN_VAIN, there).await.is_ok();
        assert!(come, "waited in vain for {times} × {start:?}: {:#?}", self.lines());
    }
}

/// Everything that a keeper stands on.
pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) diary: Diary,
    pub(crate) vault: MemoryVault,
    pub(crate) server: Arc<Scripted>,
    /// What the keeper tells of its doings.
    pub(crate) heard: Arc<Heard>,
    servers: Servers,
}

/// A keeper at work.
pub(crate) struct App {
    pub(crate) keeper: Keeper,
    pub(crate) task: JoinHandle<()>,
}

/// The account at the server of this name.
pub(crate) fn account_at(server: &str) -> serde_json::Value {
    serde_json::json!({"server": server})
}

/// The account of most tests.
pub(crate) fn account() -> serde_json::Value {
    account_at("scripted")
}

/// Every server there is, by name; settings that name another do not work.
#[derive(Clone, Default)]
struct Servers(Arc<Mutex<HashMap<String, Arc<Scripted>>>>);

impl Connector for Servers {
    fn connect(&self, settings: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let servers = self.0.lock().unwrap();
        let server = servers.get(&self.issuer(settings)).ok_or("no such server")?;
        Ok(Arc::clone(server) as Arc<dyn AuthServer>)
    }

    fn issuer(&self, settings: &serde_json::Value) -> String {
        settings["server"].as_str().unwrap_or_default().to_owned()
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOON));
        let diary = Diary(watch::Sender::new(Vec::new()));
        let vault = MemoryVault::new(diary.clone());
        let server = Scripted::new("scripted", Arc::clone(&clock), diary.clone());
        let (heard, servers) = (Arc::default(), Servers::default());
        let stage = Self { clock, diary, vault, server, heard, servers };
        stage.open(&stage.server);
        stage
    }

    /// Another server.
    pub(crate) fn server_named(&self, name: &str) -> Arc<Scripted> {
        let server = Scripted::new(name, Arc::clone(&self.clock), self.diary.clone());
        self.open(&server);
        server
    }

    fn open(&self, server: &Arc<Scripted>) {
        let mut servers = self.servers.0.lock().unwrap();
        servers.insert(server.called().to_owned(), Arc::clone(server));
    }

    /// Starts the app.
    pub(crate) fn start(&self) -> App {
        self.start_with(self.vault.clone())
    }

    /// Another copy of the app, over the same store.
    pub(crate) fn start_with(&self, vault: MemoryVault) -> App {
        let (keeper, task) = Keeper::new(Setup {
            clock: Arc::clone(&self.clock) as Arc<dyn keeper::ports::Clock>,
            vault: Arc::new(vault),
            connector: Arc::new(self.servers.clone()),
            policy: Policy::default(),
            seed: 7,
            recorder: Arc::clone(&self.heard) as Arc<dyn keeper::activity::Recorder>,
        });
        App { keeper, task: tokio::spawn(task) }
    }

    /// The app, with somebody signed in for an hour.
    pub(crate) async fn signed_in(&self) -> App {
        let app = self.start();
        app.until("signed out", |shown| status(shown) == "signed_out").await;
        app.sign_in(&self.server, Keep::Disk).await.unwrap();
        app
    }

    /// The app, in the middle of a refresh that the server has not answered.
    pub(crate) async fn refreshing(&self) -> App {
        let app = self.signed_in().await;
        self.server.hold();
        self.clock.advance(DUE);
        self.diary.until("asked", 1).await;
        app
    }

    /// Waits until the stored session is so: what nobody waits for is written a moment later.
    pub(crate) async fn until_stored(&self, what: &str, so: impl Fn(&Session) -> bool) {
        let stored =
            || self.vault.record().and_then(|record| record.session).is_some_and(|s| so(&s));
        let there = async {
            while !stored() {
                tokio::task::yield_now().await;
            }
        };
        let come = tokio::time::timeout(IN_VAIN, there).await.is_ok();
        assert!(come, "waited in vain until {what} is stored");
    }

    /// Waits until the ended session on disk says that so many tries have failed.
    pub(crate) async fn until_tried(&self, tries: u32) {
        let told = || self.vault.record().and_then(|record| Some(record.outbox.first()?.tries));
        let there = async {
            while told() != Some(tries) {
                tokio::task::yield_now().await;
            }
        };
        let come = tokio::time::timeout(IN_VAIN, there).await.is_ok();
        assert!(come, "waited in vain for {tries} tries on disk");
    }

    /// Waits until no ended session is on disk any more.
    pub(crate) async fn until_told(&self) {
        let stored = || self.vault.record().is_some_and(|record| !record.outbox.is_empty());
        let there = async {
            while stored() {
                tokio::task::yield_now().await;
            }
        };
        let come = tokio::time::timeout(IN_VAIN, there).await.is_ok();
        assert!(come, "waited in vain until the outbox is empty: {:#?}", self.diary.lines());
    }

    /// What the stored session renews with: `-` where there is none.
    pub(crate) fn stored(&self) -> String {
        self.vault.record().map_or("nothing".to_owned(), |record| {
            record.session.map_or("signed out".to_owned(), |held| {
                held.tokens.access.expose_secret().to_owned()
            })
        })
    }
}

impl App {
    pub(crate) async fn sign_in(
        &self,
        server: &Arc<Scripted>,
        keep: Keep,
    ) -> Result<(), SignInError> {
        self.keeper
            .sign_in(SignIn {
                server: Arc::clone(server) as Arc<dyn AuthServer>,
                account: account_at(server.called()),
                credentials: Credentials { user: "alice".into(), password: "planted".into() },
                keep,
            })
            .await
    }

    /// Waits until what is shown is so, and answers it.
    pub(crate) async fn until(&self, what: &str, mut so: impl FnMut(&Shown) -> bool) -> Shown {
        let mut shown = self.keeper.shown();
        let seen = tokio::time::timeout(IN_VAIN, shown.wait_for(|shown| so(shown))).await;
        if let Ok(seen) = seen {
            return seen.unwrap().clone();
        }
        panic!("waited in vain until {what}: {:#?}", self.shown());
    }

    pub(crate) async fn until_status(&self, wanted: &str) -> Shown {
        self.until(wanted, |shown| status(shown) == wanted).await
    }

    /// Waits until so many renewals were taken over.
    pub(crate) async fn until_renewed(&self, times: u32) -> Shown {
        self.until("it is renewed", |shown| {
            shown.view.refreshes == times && status(shown) != "refreshing"
        })
        .await
    }

    pub(crate) fn shown(&self) -> Shown {
        self.keeper.shown().borrow().clone()
    }

    /// The access token that callers get.
    pub(crate) async fn token(&self) -> String {
        let token = tokio::time::timeout(IN_VAIN, self.keeper.access_token(0)).await;
        token
            .expect("a caller hangs")
            .map_or("none".to_owned(), |token| token.secret().expose_secret().to_owned())
    }

    /// The process is gone, from one moment to the next.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err());
        // What it had begun ends with it, one task after the other.
        settled().await;
    }
}

/// Every task that can go on has gone on.
pub(crate) async fn settled() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Where the session stands, in a word.
pub(crate) fn status(shown: &Shown) -> String {
    let status = serde_json::to_value(shown.view.status).unwrap();
    status["kind"].as_str().unwrap().to_owned()
}

/// The sentence, in a word.
pub(crate) fn sentence(shown: &Shown) -> String {
    let sentence = serde_json::to_value(shown.view.sentence).unwrap();
    sentence["kind"].as_str().unwrap().to_owned()
}

/// Lets time pass as a running app sees it: in ticks, each of them looked at.
pub(crate) async fn pass(stage: &Stage, app: &App, ms: i64) {
    let end = stage.clock.now().boot + ms;
    while stage.clock.now().boot < end {
        stage.clock.advance((end - stage.clock.now().boot).min(5 * SECOND));
        app.keeper.look().await;
    }
}
