//! Two real processes: this test's own program, started twice as [`a_copy`], with the computer's own
//! clock, in real time.

use auth_client::{AccountSettings, TokenApi};
use demo_server::{ALICE, Clock, Counters, Fault, FaultKind, Rotation, Running, Switches};
use engine::Policy;
use keeper::clock::SystemClock;
use keeper::ports::{ApiVerdict, AuthServer, Connector, Credentials};
use keeper::record::Keep;
use keeper::{Keeper, Setup, SignIn};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval};
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// Tells a copy what to do, as JSON. Without it [`a_copy`] does nothing.
const ERRAND: &str = "KEEPER_RACES_ERRAND";
/// How long a token lives.
const LIFETIME_MS: u64 = 6_000;
/// A copy wants a token this often.
const EVERY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_race_for_a_minute_and_no_refresh_token_is_used_twice() {
    let race = Race::new(Rotation::Strict).await;
    let copies = [race.start("first", 60), race.start("second", 60)];
    let [first, second] = copies.map(|copy| copy.came_to());
    for had in [first.await, second.await] {
        assert!(had.calls > 100, "{had:?}");
        assert_eq!((had.nothing, had.refused), (0, 0), "{had:?}");
    }
    let counters = race.counters().await;
    assert_eq!(counters.reuse_detected, 0);
    assert_eq!(counters.refresh_tokens_seen_twice, 0);
    assert_eq!(counters.refreshes_refused, 0);
    assert_eq!(counters.logins, 1);
    // One for each token, about every 4.8 s: 13, or a few more on a slow computer. Each for itself
    // they would come to twice as many.
    assert!((10..=18).contains(&counters.refreshes), "{} refreshes", counters.refreshes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_are_killed_before_the_answer_comes_lose_nothing_that_the_server_would_give()
{
    const ROUNDS: u64 = 3;
    let race = Race::new(Rotation::Grace { seconds: 60 }).await;
    let start_both = || [race.start("first", 120), race.start("second", 120)];
    let mut granted = 0;
    for _ in 0..ROUNDS {
        race.hold_answers(true).await;
        let both = start_both();
        race.server.counted(|counters| counters.refreshes_granted > granted).await;
        // The server has rotated, and nobody has heard of it. Whoever of both it was is killed.
        drop(both);
        race.hold_answers(false).await;
        let both = start_both();
        race.server.counted(|counters| counters.refreshes_granted > granted + 1).await;
        drop(both);
        granted = race.counters().await.refreshes_granted;
    }
    let last = race.start("last", 8).came_to().await;
    assert!(last.calls > 0, "{last:?}");
    assert_eq!((last.nothing, last.refused), (0, 0), "{last:?}");
    let counters = race.counters().await;
    assert!(counters.refresh_tokens_seen_twice >= ROUNDS, "no answer was lost");
    assert_eq!(counters.reuse_detected, 0);
    assert_eq!(counters.logins, 1);
}

/// A folder where Alice has signed in, and the server that she signed in to.
struct Race {
    folder: TempDir,
    server: Running,
    rotation: Rotation,
}

/// A process of its own.
struct Copy {
    process: Child,
    report: std::path::PathBuf,
}

/// What a copy had.
#[derive(Debug)]
struct Had {
    /// Calls of the API that were accepted.
    calls: u64,
    /// Callers who got no token.
    nothing: u64,
    /// Calls of the API that were refused in the end.
    refused: u64,
}

impl Race {
    async fn new(rotation: Rotation) -> Self {
        let server = Running::in_memory(switches(rotation), Clock::system()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let keeper = launch(folder.path());
        let settings = AccountSettings {
            base_url: server.base_url(),
            user: ALICE.username.into(),
            ..AccountSettings::default()
        };
        let account = serde_json::to_value(settings).unwrap();
        let api = TokenApis.connect(&account).unwrap();
        let credentials =
            Credentials { user: ALICE.username.into(), password: ALICE.password.into() };
        let request = SignIn { server: api, account, credentials, keep: Keep::Disk };
        keeper.sign_in(request).await.unwrap();
        keeper.quit().await;
        Self { folder, server, rotation }
    }

    fn start(&self, name: &str, seconds: u64) -> Copy {
        let report = self.folder.path().join(format!("{name}.report"));
        let errand = json!({ "folder": self.folder.path(), "report": report, "seconds": seconds });
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "two_processes::a_copy", "--ignored"])
            .env(ERRAND, errand.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Copy { process, report }
    }

    /// From now on answers to renewals are held back once they are decided; or no more, and those
    /// that were are let go.
    async fn hold_answers(&self, hold: bool) {
        let kind = if hold { FaultKind::Hold { after_handling: true } } else { FaultKind::None };
        let switches = Switches { fault: Fault::from(kind), ..switches(self.rotation) };
        self.server.control().set_switches(switches).await.unwrap();
    }

    async fn counters(&self) -> Counters {
        self.server.control().counters().await.unwrap()
    }
}

fn switches(rotation: Rotation) -> Switches {
    Switches { access_lifetime_ms: LIFETIME_MS, rotation, ..Switches::default() }
}

impl Copy {
    /// Waits for its end, and reads what it had.
    async fn came_to(mut self) -> Had {
        tokio::task::spawn_blocking(move || {
            assert!(self.process.wait().unwrap().success());
            let report = std::fs::read(&self.report).unwrap();
            let report: Value = serde_json::from_slice(&report).unwrap();
            let count = |name: &str| report[name].as_u64().unwrap();
            Had { calls: count("calls"), nothing: count("nothing"), refused: count("refused") }
        })
        .await
        .unwrap()
    }
}

impl Drop for Copy {
    /// Killed, whatever it does: nothing outlives a test.
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// One of the processes: wants tokens all the time, and calls the API with them.
#[tokio::test]
#[ignore = "is a process of its own, which the tests above start"]
async fn a_copy() {
    let Ok(errand) = std::env::var(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let path = |name: &str| std::path::PathBuf::from(errand[name].as_str().unwrap());
    let end = Instant::now() + Duration::from_secs(errand["seconds"].as_u64().unwrap());

    let keeper = launch(&path("folder"));
    let mut shown = keeper.shown();
    let restored = shown.wait_for(|shown| shown.view.who.is_some()).await.is_ok();
    assert!(restored, "nobody is signed in");
    let (mut calls, mut nothing, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut pace = interval(EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in 0_u64.. {
        if Instant::now() >= end {
            break;
        }
        pace.tick().await;
        if keeper.access_token(0).await.is_err() {
            nothing += 1;
        }
        if turn.is_multiple_of(5) {
            let call = keeper.call_api().await;
            if call.and_then(|call| call.result) == Some(ApiVerdict::Accepted) {
                calls += 1;
            } else {
                refused += 1;
            }
        }
    }
    keeper.quit().await;
    let report = json!({ "calls": calls, "nothing": nothing, "refused": refused });
    std::fs::write(path("report"), report.to_string()).unwrap();
}

fn launch(folder: &Path) -> Keeper {
    let keys = Keys::new(FixedKey(Key::new([7; 32])), FileKey::new(folder));
    let slots = PlainFiles::new(folder, "main").unwrap();
    let (keeper, task) = Keeper::new(Setup {
        clock: Arc::new(SystemClock::new()),
        vault: Arc::new(FileVault::new(slots, keys)),
        connector: Arc::new(TokenApis),
        policy: Policy::default(),
        // The same in both: they come due at the same moment.
        seed: 7,
        recorder: Arc::new(keeper::activity::Nobody),
    });
    tokio::spawn(task);
    keeper
}

struct TokenApis;

impl Connector for TokenApis {
    fn connect(&self, account: &Value) -> Result<Arc<dyn AuthServer>, String> {
        let settings: AccountSettings =
            serde_json::from_value(account.clone()).map_err(|why| why.to_string())?;
        let api = TokenApi::new(settings, Arc::new(SystemClock::new()));
        Ok(Arc::new(api.map_err(|why| why.to_string())?))
    }

    fn issuer(&self, account: &Value) -> String {
        account["baseUrl"].to_string()
    }
}
