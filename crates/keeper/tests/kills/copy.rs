//! The process that is killed: this test's own program, started again as [`a_copy`]. It renews all the
//! time, and says on its standard output how it fares.

use crate::no_intent::NoIntent;
use crate::over::With;
use crate::without::LateSaves;
use auth_client::{AccountSettings, TokenApi};
use engine::{Policy, Trigger, View};
use keeper::clock::SystemClock;
use keeper::ports::{ApiVerdict, AuthServer, Connector, Vault};
use keeper::{Keeper, Setup};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// Tells a copy what to do, as JSON. Without it [`a_copy`] does nothing.
const ERRAND: &str = "KEEPER_KILLS_ERRAND";
/// What a copy says begins so; the rest is the test harness's.
const SAYS: &str = "copy says ";
/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(120);

/// What is taken away from a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    Nothing,
    /// It writes down everything but intents.
    Intent,
    /// It saves answers after they are handed out.
    SaveFirst,
}

impl Without {
    const ALL: [Self; 3] = [Self::Nothing, Self::Intent, Self::SaveFirst];
}

/// What a copy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A renewal is done and saved, and the API takes what it brought.
    GoesOn,
    /// Nobody is signed in any more; the sentence of the window, in a word.
    SignedOut(String),
    /// The API did not take a token that was handed out.
    Refused,
}

/// What a copy is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand {
    /// It asks for a renewal as soon as it is up, before a retry's time has come.
    pub(crate) asks_at_once: bool,
    /// Once it is seen to go on, it does nothing more.
    pub(crate) rests_then: bool,
    pub(crate) without: Without,
}

/// A process of its own.
pub(crate) struct Copy {
    process: Child,
    said: mpsc::UnboundedReceiver<Said>,
}

impl Copy {
    pub(crate) fn start(folder: &Path, errand: Errand) -> Self {
        let without = Without::ALL.iter().position(|it| *it == errand.without);
        let errand = json!({
            "folder": folder,
            "asksAtOnce": errand.asks_at_once,
            "restsThen": errand.rests_then,
            "without": without,
        });
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "copy::a_copy", "--ignored"])
            .env(ERRAND, errand.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (tell, said) = mpsc::unbounded_channel();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(said) = line.strip_prefix(SAYS).map(heard)
                    && tell.send(said).is_err()
                {
                    return;
                }
            }
        });
        Self { process, said }
    }

    /// The next thing that it says.
    pub(crate) async fn hears(&mut self) -> Said {
        let said = tokio::time::timeout(IN_VAIN, self.said.recv()).await;
        said.expect("a copy is stuck").expect("a copy ended by itself")
    }

    /// SIGKILL; returns once it is gone.
    pub(crate) async fn kill(self) {
        tokio::task::spawn_blocking(move || drop(self)).await.unwrap();
    }
}

impl Drop for Copy {
    /// Nothing outlives a test.
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

fn heard(said: &str) -> Said {
    match said {
        "on" => Said::GoesOn,
        "refused" => Said::Refused,
        sentence => Said::SignedOut(sentence.to_owned()),
    }
}

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{SAYS}{what}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test]
#[ignore = "is a process of its own, which the tests start"]
async fn a_copy() {
    let Ok(errand) = std::env::var(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let is = |name: &str| errand[name].as_bool().unwrap();
    let without = Without::ALL[usize::try_from(errand["without"].as_u64().unwrap()).unwrap()];
    let keeper = launch(&PathBuf::from(errand["folder"].as_str().unwrap()), without);
    renew_for_ever(&keeper, is("asksAtOnce"), is("restsThen")).await;
}

/// Until it is killed, or nobody is signed in any more.
async fn renew_for_ever(keeper: &Keeper, asks_at_once: bool, rests_then: bool) {
    let mut shown = keeper.shown();
    let begun = |view: &View| match kind(&view.status).as_str() {
        "restoring" => false,
        // What was found is tried again, in a second.
        "waiting" | "refreshing" => asks_at_once,
        _ => true,
    };
    let mut renewed = shown.wait_for(|shown| begun(&shown.view)).await.unwrap().view.refreshes;
    let mut seen_to_go_on = false;
    loop {
        if !seen_to_go_on || !rests_then {
            keeper.tell(Trigger::Asked).await;
        }
        // What could not be saved within two seconds is not used up: that is another test's.
        let at_rest = |view: &View| {
            view.refreshes > renewed && kind(&view.status) == "resting" && view.unsaved.is_none()
        };
        let over =
            |view: &View| matches!(kind(&view.status).as_str(), "needs_sign_in" | "signed_out");
        let view = shown.wait_for(|shown| at_rest(&shown.view) || over(&shown.view)).await;
        let view = view.unwrap().view.clone();
        if over(&view) {
            say(&kind(&view.sentence));
            return std::future::pending().await;
        }
        renewed = view.refreshes;
        let call = keeper.call_api().await;
        if call.and_then(|call| call.result) != Some(ApiVerdict::Accepted) {
            say("refused");
        } else if !std::mem::replace(&mut seen_to_go_on, true) {
            say("on");
        }
    }
}

fn kind(what: &impl serde::Serialize) -> String {
    let what = serde_json::to_value(what).unwrap();
    what["kind"].as_str().unwrap().to_owned()
}

pub(crate) fn vault(folder: &Path) -> FileVault {
    let keys = Keys::new(FixedKey(Key::new([7; 32])), FileKey::new(folder));
    FileVault::new(PlainFiles::new(folder, "main").unwrap(), keys)
}

pub(crate) fn launch(folder: &Path, without: Without) -> Keeper {
    let vault: Arc<dyn Vault> = match without {
        Without::Nothing => Arc::new(vault(folder)),
        Without::Intent => Arc::new(With(NoIntent(Box::new(vault(folder))))),
        Without::SaveFirst => Arc::new(With(LateSaves::new(vault(folder)))),
    };
    let (keeper, task) = Keeper::new(Setup {
        clock: Arc::new(SystemClock::new()),
        vault,
        connector: Arc::new(TokenApis),
        policy: Policy::default(),
        seed: 7,
        recorder: Arc::new(keeper::activity::Nobody),
    });
    tokio::spawn(task);
    keeper
}

pub(crate) struct TokenApis;

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
