//! What is measured: the app's own keeper, vault and client, and a demo server of its own.

use crate::Outcome;
use auth_client::{AccountSettings, TokenApi};
use demo_server::{ALICE, Running, Switches};
use engine::{HOUR, Policy};
use keeper::activity::Nobody;
use keeper::ports::{AuthServer, Clock, Connector, Credentials};
use keeper::record::Keep;
use keeper::{Keeper, Setup, SignIn};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// Nothing that is waited for takes longer; what does has gone wrong.
pub(crate) const IN_VAIN: Duration = Duration::from_secs(60);
/// Nobody answers there: the port of discarding (RFC 863) on the reserved end of loopback.
const NOBODY: &str = "http://127.255.255.254:9";

/// Tokens of an hour.
pub(crate) fn an_hour() -> Switches {
    Switches { access_lifetime_ms: HOUR.unsigned_abs(), ..Switches::default() }
}

/// A keeper whose person is signed in, and the server that she is signed in to.
pub(crate) struct Stage {
    pub(crate) keeper: Keeper,
    pub(crate) demo: Running,
    /// Whether requests reach the server.
    pub(crate) network: Arc<AtomicBool>,
    task: JoinHandle<()>,
    folder: TempDir,
}

impl Stage {
    /// Signs Alice in for an hour, with everything by this clock.
    pub(crate) async fn signed_in(below: &Path, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let folder = TempDir::new_in(below)?;
        let demo = Running::in_memory(an_hour(), server_clock(&clock)).await?;
        let network = Arc::new(AtomicBool::new(true));
        let (keeper, task) = launch(folder.path(), &clock, &network)?;
        sign_in(&keeper, &demo, &clock, &network).await?;
        Ok(Self { keeper, demo, network, task, folder })
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it.
    pub(crate) async fn strike(self) -> Outcome<()> {
        self.keeper.quit().await;
        self.task.await?;
        self.demo.shutdown().await;
        Ok(())
    }
}

/// The server's clock: it shows the wall clock of `clock`.
fn server_clock(clock: &Arc<dyn Clock>) -> demo_server::Clock {
    let clock = Arc::clone(clock);
    demo_server::Clock::from_fn(Arc::new(move || {
        let since = Duration::from_millis(u64::try_from(clock.now().wall.0).unwrap_or_default());
        std::time::UNIX_EPOCH + since
    }))
}

/// Starts a keeper over whatever is in the folder.
pub(crate) fn launch(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    network: &Arc<AtomicBool>,
) -> Outcome<(Keeper, JoinHandle<()>)> {
    let (keeper, task) = Keeper::new(Setup {
        clock: Arc::clone(clock),
        vault: Arc::new(vault_in(folder)?),
        connector: Arc::new(TokenApis { clock: Arc::clone(clock), network: Arc::clone(network) }),
        policy: Policy::default(),
        seed: 7,
        recorder: Arc::new(Nobody),
    });
    Ok((keeper, tokio::spawn(task)))
}

/// The vault over plain files, which keep the same contract as the app's.
pub(crate) fn vault_in(folder: &Path) -> Outcome<FileVault> {
    let keys = Keys::new(FixedKey(Key::new([7; 32])), FileKey::new(folder));
    Ok(FileVault::new(PlainFiles::new(folder, "main")?, keys))
}

pub(crate) async fn sign_in(
    keeper: &Keeper,
    demo: &Running,
    clock: &Arc<dyn Clock>,
    network: &Arc<AtomicBool>,
) -> Outcome<()> {
    let settings = AccountSettings {
        base_url: demo.base_url(),
        user: ALICE.username.to_owned(),
        ..AccountSettings::default()
    };
    let account = serde_json::to_value(settings)?;
    let connector = TokenApis { clock: Arc::clone(clock), network: Arc::clone(network) };
    let server = connector.connect(&account)?;
    let credentials =
        Credentials { user: ALICE.username.to_owned(), password: ALICE.password.into() };
    keeper.sign_in(SignIn { server, account, credentials, keep: Keep::Disk }).await?;
    Ok(())
}

/// Makes token APIs, through a network that can be cut.
struct TokenApis {
    clock: Arc<dyn Clock>,
    network: Arc<AtomicBool>,
}

impl Connector for TokenApis {
    fn connect(&self, account: &Value) -> Result<Arc<dyn AuthServer>, String> {
        let mut settings: AccountSettings =
            serde_json::from_value(account.clone()).map_err(|why| why.to_string())?;
        let api = |settings| {
            TokenApi::new(settings, Arc::clone(&self.clock)).map_err(|why| why.to_string())
        };
        let there = api(settings.clone())?;
        settings.base_url = NOBODY.to_owned();
        let nowhere = api(settings)?;
        Ok(Arc::new(Wire { there, nowhere, network: Arc::clone(&self.network) }))
    }

    fn issuer(&self, account: &Value) -> String {
        account.get("baseUrl").map(ToString::to_string).unwrap_or_default()
    }
}

/// Leads to the server, or nowhere.
struct Wire {
    there: TokenApi,
    nowhere: TokenApi,
    network: Arc<AtomicBool>,
}

impl Wire {
    fn api(&self) -> &TokenApi {
        if self.network.load(Ordering::SeqCst) { &self.there } else { &self.nowhere }
    }
}

mod wire {
    use super::Wire;
    use async_trait::async_trait;
    use engine::{Exchange, Failure};
    use keeper::ports::{Answer, ApiAnswer, AuthServer, Call, Credentials, Marks};
    use keeper::record::Tokens;
    use secrecy::SecretString;

    #[async_trait]
    impl AuthServer for Wire {
        async fn sign_in(&self, who: &Credentials, marks: &Marks) -> Result<Answer, Box<Failure>> {
            self.api().sign_in(who, marks).await
        }
        async fn refresh(
            &self,
            tokens: &Tokens,
            call: Call,
            marks: &Marks,
        ) -> Result<Answer, Box<Failure>> {
            self.api().refresh(tokens, call, marks).await
        }
        async fn sign_out(
            &self,
            tokens: &Tokens,
            marks: &Marks,
        ) -> Result<Option<Exchange>, Box<Failure>> {
            self.api().sign_out(tokens, marks).await
        }
        async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
            self.api().call_api(access, marks).await
        }
    }
}
