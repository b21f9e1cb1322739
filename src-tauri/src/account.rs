//! Whose server an account is at, as it is kept in clear beside its session, and how to get there.

use crate::demo::Demo;
use crate::pretend::{Gate, Lab};
use crate::wire::NewAccount;
use async_trait::async_trait;
use auth_client::oauth::{Discovered, OAuthAccount, OAuthServer};
use auth_client::{AccountSettings, SettingsProblem, TokenApi};
use engine::{Exchange, Failure, Identity};
use keeper::ports::{Answer, ApiAnswer, AuthServer, Call, Clock, Connector, Credentials, Marks};
use keeper::record::Tokens;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whose server an account is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Account {
    /// The demo server of this app, wherever it listens today.
    Demo,
    /// Somebody's own.
    Server {
        /// How to talk to it.
        settings: Box<AccountSettings>,
    },
    /// Somebody's own, that speaks OAuth 2.0 or OpenID Connect.
    #[serde(rename = "oauth")]
    OAuth {
        /// How to talk to it, and what it said of itself.
        account: Box<OAuthAccount>,
    },
}

impl Account {
    /// The account that a record names.
    pub(crate) fn read(value: &serde_json::Value) -> Result<Self, String> {
        serde_json::from_value(value.clone()).map_err(|error| error.to_string())
    }

    /// The form in which a record keeps it. Settings are plain data, so this cannot fail; `null`
    /// would be refused when it is read.
    pub(crate) fn write(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Its settings, where it is at a token API; the demo's are the tutorial's.
    pub(crate) fn token_api(&self, demo: &Demo) -> Option<AccountSettings> {
        match self {
            Self::Demo => Some(demo.settings()),
            Self::Server { settings } => Some(settings.as_ref().clone()),
            Self::OAuth { .. } => None,
        }
    }

    /// The address of its server.
    pub(crate) fn address(&self, demo: &Demo) -> String {
        match self {
            Self::Demo => demo.settings().base_url,
            Self::Server { settings } => settings.base_url.clone(),
            Self::OAuth { account } => account.settings.issuer.clone(),
        }
    }

    /// The user name that is typed there; empty where none is.
    pub(crate) fn user(&self, demo: &Demo) -> String {
        self.token_api(demo).map_or_else(String::new, |settings| settings.user)
    }

    /// The lifetime to assume where its server tells none, in seconds.
    pub(crate) fn assumed_lifetime_s(&self, demo: &Demo) -> u32 {
        match self {
            Self::Demo => demo.settings().assumed_lifetime_s,
            Self::Server { settings } => settings.assumed_lifetime_s,
            Self::OAuth { account } => account.settings.assumed_lifetime_s,
        }
    }

    /// Whether there is an API to call.
    pub(crate) fn has_api(&self) -> bool {
        match self {
            Self::Demo => true,
            Self::Server { settings } => settings.api.is_some(),
            Self::OAuth { account } => {
                !account.settings.api_url.is_empty() || !account.endpoints().userinfo.is_empty()
            }
        }
    }

    /// Whether there is a way to ask its server whether it knows the session still.
    pub(crate) fn is_confirmable(&self) -> bool {
        match self {
            Self::Demo | Self::Server { .. } => self.has_api(),
            Self::OAuth { account } => !account.endpoints().userinfo.is_empty(),
        }
    }

    /// Whether its server has a page to sign out in the browser.
    pub(crate) fn has_browser_logout(&self) -> bool {
        match self {
            Self::Demo | Self::Server { .. } => false,
            Self::OAuth { account } => !account.endpoints().end_session.is_empty(),
        }
    }

    /// Whether anything is sent to another computer by plain http, so that it can be read on the way.
    pub(crate) fn is_plain_http(&self) -> bool {
        match self {
            Self::Demo => false,
            Self::Server { settings } => is_plain_http(&settings.base_url),
            Self::OAuth { account } => {
                let of = account.endpoints();
                let endpoints = [
                    &of.authorization,
                    &of.token,
                    &of.device_authorization,
                    &of.revocation,
                    &of.userinfo,
                    &of.jwks,
                    &of.end_session,
                ];
                let settings = &account.settings;
                let others = [&settings.issuer, &settings.api_url];
                endpoints.into_iter().chain(others).any(|address| is_plain_http(address))
            }
        }
    }

    /// Whether somebody has chosen the same for both: what the servers said of themselves aside.
    pub(crate) fn is_chosen_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OAuth { account }, Self::OAuth { account: other }) => {
                account.settings == other.settings
            }
            (Self::Demo | Self::Server { .. } | Self::OAuth { .. }, _) => self == other,
        }
    }

    /// An account as the window has put it together. What `before` knows of the same server stays.
    pub(crate) fn chosen(new: &NewAccount, before: Option<&Self>) -> Self {
        match new {
            NewAccount::TokenApi { settings } => Self::Server { settings: settings.clone() },
            NewAccount::OAuth { settings } => {
                let discovered = match before {
                    Some(Self::OAuth { account }) if account.settings.issuer == settings.issuer => {
                        account.discovered.clone()
                    }
                    _ => Discovered::default(),
                };
                let settings = settings.as_ref().clone();
                Self::OAuth { account: Box::new(OAuthAccount { settings, discovered }) }
            }
        }
    }

    /// What names it among others: two accounts with the same are the same person's at one server.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Demo => "demo".to_owned(),
            Self::Server { settings } => {
                format!("token_api\n{}\n{}", plain_address(&settings.base_url), settings.user)
            }
            Self::OAuth { account } => {
                let settings = &account.settings;
                format!("oauth\n{}\n{}", plain_address(&settings.issuer), settings.client_id)
            }
        }
    }
}

impl NewAccount {
    /// What keeps it from being used, in the order of the fields.
    pub(crate) fn problems(&self) -> Vec<SettingsProblem> {
        match self {
            Self::TokenApi { settings } => settings.problems(),
            Self::OAuth { settings } => settings.problems(),
        }
    }

    /// Whether it can be used.
    ///
    /// # Errors
    /// The first setting that cannot.
    pub(crate) fn usable(&self) -> Result<(), SettingsProblem> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }
}

/// An address as two of them are compared: schemes and hosts know no capitals (RFC 3986 section
/// 6.2.2.1), and a slash at the end says nothing.
fn plain_address(address: &str) -> String {
    let address = url::Url::parse(address).map_or_else(|_| address.to_owned(), String::from);
    address.trim_end_matches('/').to_owned()
}

fn is_plain_http(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        let loopback = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        url.scheme() == "http" && !loopback
    })
}

/// Makes auth servers of accounts.
pub(crate) struct Accounts {
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lab: Lab,
}

impl Connector for Accounts {
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let server: Arc<dyn AuthServer> = match Account::read(account)? {
            Account::Demo => {
                let (demo, clock) = (self.demo.clone(), Arc::clone(&self.clock));
                demo.wanted();
                Arc::new(DemoServer { demo, clock })
            }
            Account::Server { settings } => {
                let server = TokenApi::new(*settings, Arc::clone(&self.clock))
                    .map_err(|problem| problem.to_string())?;
                Arc::new(server)
            }
            Account::OAuth { account } => {
                let server = OAuthServer::new(*account, Arc::clone(&self.clock))
                    .map_err(|problem| problem.to_string())?;
                Arc::new(server)
            }
        };
        Ok(Arc::new(Gate::new(server, Arc::clone(&self.clock), self.lab.clone())))
    }

    /// The token API has no issuer: its base URL stands for it. A subject may be called differently
    /// for each client (OpenID Connect Core section 8), and tokens are each client's own.
    fn issuer(&self, account: &serde_json::Value) -> String {
        match Account::read(account) {
            Ok(Account::Demo) => "demo".to_owned(),
            Ok(Account::Server { settings }) => {
                settings.base_url.trim_end_matches('/').to_ascii_lowercase()
            }
            Ok(Account::OAuth { account }) => {
                let OAuthAccount { settings, .. } = account.as_ref();
                format!("{}\n{}", settings.issuer, settings.client_id)
            }
            // Settings that cannot be read are the same as themselves only.
            Err(_) => account.to_string(),
        }
    }
}

/// The demo server as an auth server: each request waits until it listens, and goes where it does.
struct DemoServer {
    demo: Demo,
    clock: Arc<dyn Clock>,
}

impl DemoServer {
    async fn server(&self) -> Result<TokenApi, Box<Failure>> {
        let unreachable = |detail: String| {
            Box::new(Failure {
                class: engine::Class::NotSent,
                retry_after_ms: None,
                exchange: Exchange {
                    at_ms: self.clock.now().wall.0,
                    detail,
                    ..Exchange::default()
                },
            })
        };
        self.demo.listening().await.map_err(|problem| unreachable(problem.message))?;
        TokenApi::new(self.demo.settings(), Arc::clone(&self.clock))
            .map_err(|problem| unreachable(problem.to_string()))
    }
}

#[async_trait]
impl AuthServer for DemoServer {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let mut answer = self.server().await?.sign_in(credentials, marks).await?;
        // The tutorial's API tells tokens only; whom the demo knows, this app knows.
        answer.identity = demo_server::USERS
            .iter()
            .find(|known| known.username == credentials.user)
            .map(|known| Identity { user: credentials.user.clone(), name: known.name.to_owned() });
        Ok(answer)
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.server().await?.refresh(tokens, call, marks).await
    }

    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        self.server().await?.sign_out(tokens, marks).await
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        match self.server().await {
            Ok(server) => server.call_api(access, marks).await,
            Err(failure) => Some(ApiAnswer {
                verdict: keeper::ports::ApiVerdict::SaysNothing,
                exchange: failure.exchange,
                clock: None,
            }),
        }
    }

    // The tutorial's API gives no ID tokens.
    async fn confirm(&self, tokens: &Tokens, marks: &Marks) -> Option<ApiAnswer> {
        match self.server().await {
            Ok(server) => server.confirm(tokens, marks).await,
            Err(failure) => Some(ApiAnswer {
                verdict: keeper::ports::ApiVerdict::SaysNothing,
                exchange: failure.exchange,
                clock: None,
            }),
        }
    }
}
