//! The real pieces, put together: keeper, token API over HTTP, demo server, vault over plain files.
//! Only the clocks are not real.

use async_trait::async_trait;
use auth_client::{AccountSettings, TokenApi};
use demo_server::{ALICE, Counters, Fault, FaultKind, Running, Switches};
use engine::{Exchange, Failure, HOUR, MINUTE, Policy, SECOND};
use keeper::activity::{Nobody, Recorder};
use keeper::clock::ManualClock;
use keeper::ports::{
    Answer, ApiAnswer, AuthServer, Before, Call, Clock, Connector, Credentials, IdAnswer, Marks,
    Vault as _,
};
use keeper::record::{Keep, Record, RenewalSecret, Tokens};
use keeper::{Keeper, Setup, Shown, SignIn, SignInError};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;
/// From here on a token of an hour has less than five minutes left.
pub(crate) const DUE: i64 = HOUR - 5 * MINUTE;
/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

/// Tokens of an hour, as in the tutorial.
pub(crate) fn an_hour() -> Switches {
    Switches { access_lifetime_ms: 3_600_000, ..Switches::default() }
}

/// A folder, a server and a clock.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) demo: Running,
    /// What the account says beside where its server is.
    pub(crate) settings: AccountSettings,
    /// Hears what the app does.
    pub(crate) recorder: Arc<dyn Recorder>,
    seen: Seen,
    moved: Moved,
}

/// A server on this computer has answered by then, and the disk has taken the answer.
const ANSWERS: Duration = Duration::from_millis(500);

/// The app, started.
pub(crate) struct App {
    pub(crate) keeper: Keeper,
    pub(crate) task: JoinHandle<()>,
}

impl Desk {
    pub(crate) async fn with(switches: Switches) -> Self {
        let clock = Arc::new(ManualClock::new(NOON));
        let time = Arc::clone(&clock);
        let now =
            move || UNIX_EPOCH + Duration::from_millis(u64::try_from(time.now().wall.0).unwrap());
        let clock_of_server = demo_server::Clock::from_fn(Arc::new(now));
        let demo = Running::in_memory(switches, clock_of_server).await.unwrap();
        let settings = AccountSettings {
            base_url: demo.base_url(),
            user: ALICE.username.into(),
            ..AccountSettings::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let recorder = Arc::new(Nobody);
        let (seen, moved) = (Seen::default(), Moved::default());
        Self { folder, clock, demo, settings, recorder, seen, moved }
    }

    /// The app, started, with Alice signed in for an hour.
    pub(crate) async fn signed_in() -> (Self, App) {
        let desk = Self::with(an_hour()).await;
        let app = desk.sign_in().await;
        (desk, app)
    }

    /// Starts the app for the first time, and signs Alice in.
    pub(crate) async fn sign_in(&self) -> App {
        let app = self.launch();
        app.until_status("signed_out").await;
        app.sign_in(self, ALICE.password, Keep::Disk).await.unwrap();
        app
    }

    /// Starts the app over whatever is in the folder.
    pub(crate) fn launch(&self) -> App {
        self.launch_with(Arc::new(self.vault()), Arc::new(self.connector()))
    }

    /// The same, with something between the app and the world.
    pub(crate) fn launch_with(
        &self,
        vault: Arc<dyn keeper::ports::Vault>,
        connector: Arc<dyn Connector>,
    ) -> App {
        let (keeper, task) = Keeper::new(Setup {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            vault,
            connector,
            policy: Policy::default(),
            seed: 7,
            recorder: Arc::clone(&self.recorder),
        });
        App { keeper, task: tokio::spawn(task) }
    }

    pub(crate) fn connector(&self) -> TokenApis {
        TokenApis {
            clock: Arc::clone(&self.clock),
            seen: self.seen.clone(),
            moved: Arc::clone(&self.moved),
        }
    }

    /// Something else answers at the account's address from now on.
    pub(crate) fn move_to(&self, base_url: &str) {
        *self.moved.lock().unwrap() = Some(base_url.to_owned());
    }

    pub(crate) fn account(&self) -> serde_json::Value {
        serde_json::to_value(&self.settings).unwrap()
    }

    pub(crate) fn vault(&self) -> FileVault {
        let keychain = FixedKey(Key::new([7; 32]));
        let keys = Keys::new(keychain, FileKey::new(self.folder.path()));
        FileVault::new(PlainFiles::new(self.folder.path(), "main").unwrap(), keys)
    }

    /// What is in the folder, as another process reads it.
    pub(crate) fn stored(&self) -> Record {
        self.vault().read().unwrap().record.unwrap()
    }

    pub(crate) async fn counters(&self) -> Counters {
        self.demo.control().counters().await.unwrap()
    }

    pub(crate) async fn set(&self, switches: Switches) {
        self.demo.control().set_switches(switches).await.unwrap();
    }

    /// Every refresh from now on meets this.
    pub(crate) async fn refreshes_meet(&self, kind: FaultKind) {
        self.set(Switches { fault: Fault::from(kind), ..an_hour() }).await;
    }

    /// Every token that the server has told so far, and the password.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.seen.0.lock().unwrap().clone();
        secrets.push(ALICE.password.to_owned());
        secrets
    }

    /// Everything that is in the folder, names and contents.
    pub(crate) fn on_disk(&self) -> Vec<u8> {
        fn gather(folder: &Path, all: &mut Vec<u8>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                all.extend(path.to_string_lossy().bytes());
                if path.is_dir() {
                    gather(&path, all);
                } else {
                    all.extend(std::fs::read(&path).unwrap());
                }
            }
        }
        let mut all = Vec::new();
        gather(self.folder.path(), &mut all);
        all
    }
}

impl App {
    pub(crate) async fn sign_in(
        &self,
        desk: &Desk,
        password: &str,
        keep: Keep,
    ) -> Result<(), SignInError> {
        let account = desk.account();
        let server = desk.connector().connect(&account).unwrap();
        let user = desk.settings.user.clone();
        let credentials = Credentials { user, password: password.into() };
        self.keeper.sign_in(SignIn { server, account, credentials, keep }).await
    }

    /// The person closes the app.
    pub(crate) async fn close(self) {
        self.keeper.quit().await;
        self.task.await.unwrap();
    }

    pub(crate) fn shown(&self) -> Shown {
        self.keeper.shown().borrow().clone()
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

    /// Waits until so many renewals are done.
    pub(crate) async fn until_renewed(&self, times: u32) -> Shown {
        self.until("it is renewed", |shown| {
            shown.view.refreshes == times && status(shown) == "resting"
        })
        .await
    }

    /// The access token that callers get; `none` where they get none.
    pub(crate) async fn token(&self) -> String {
        let token = tokio::time::timeout(IN_VAIN, self.keeper.access_token(0)).await;
        token
            .expect("a caller hangs")
            .map_or("none".to_owned(), |token| token.secret().expose_secret().to_owned())
    }

    /// Lets time pass as a running app sees it: in ticks, each of them long enough for a real disk and
    /// a server that answers.
    pub(crate) async fn pass(&self, desk: &Desk, ms: i64) {
        let end = desk.clock.now().boot + ms;
        let mut answers = true;
        while desk.clock.now().boot < end {
            desk.clock.advance((end - desk.clock.now().boot).min(5 * SECOND));
            self.keeper.look().await;
            let mut shown = self.keeper.shown();
            let renewed = shown.wait_for(|shown| status(shown) != "refreshing");
            // Where the server is made to hang, time goes on all the same.
            answers = answers && tokio::time::timeout(ANSWERS, renewed).await.is_ok();
        }
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

/// What the stored session renews with.
pub(crate) fn renewal(tokens: &Tokens) -> String {
    match &tokens.renewal {
        RenewalSecret::RefreshToken(token) | RenewalSecret::Cookies(token) => {
            token.expose_secret().to_owned()
        }
        RenewalSecret::AccessToken => "itself".into(),
        RenewalSecret::Nothing => "nothing".into(),
    }
}

/// Every secret that passed by.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

/// Where the account's address leads, if not to the demo server.
type Moved = Arc<Mutex<Option<String>>>;

/// Makes token APIs, and looks over their shoulder.
pub(crate) struct TokenApis {
    clock: Arc<ManualClock>,
    seen: Seen,
    moved: Moved,
}

impl Connector for TokenApis {
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let mut settings: AccountSettings =
            serde_json::from_value(account.clone()).map_err(|why| why.to_string())?;
        if let Some(base_url) = self.moved.lock().unwrap().clone() {
            settings.base_url = base_url;
        }
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let api = TokenApi::new(settings, clock).map_err(|why| why.to_string())?;
        Ok(Arc::new(Watched { api, seen: self.seen.clone() }))
    }

    fn issuer(&self, account: &serde_json::Value) -> String {
        account["baseUrl"].to_string()
    }
}

struct Watched {
    api: TokenApi,
    seen: Seen,
}

impl Watched {
    fn noting(&self, answer: Result<Answer, Box<Failure>>) -> Result<Answer, Box<Failure>> {
        if let Ok(answer) = &answer {
            let mut seen = self.seen.0.lock().unwrap();
            seen.push(answer.tokens.access.expose_secret().to_owned());
            seen.push(renewal(&answer.tokens));
        }
        answer
    }
}

#[async_trait]
impl AuthServer for Watched {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.noting(self.api.sign_in(credentials, marks).await)
    }
    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.noting(self.api.refresh(tokens, call, marks).await)
    }
    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        self.api.sign_out(tokens, marks).await
    }
    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        self.api.call_api(access, marks).await
    }
    async fn check_id(&self, tokens: &Tokens, before: Before<'_>, marks: &Marks) -> IdAnswer {
        self.api.check_id(tokens, before, marks).await
    }
    async fn confirm(&self, tokens: &Tokens, marks: &Marks) -> Option<ApiAnswer> {
        self.api.confirm(tokens, marks).await
    }
}
