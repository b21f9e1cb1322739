//! Whose server an account is at, as it is kept in clear beside its session, and how to get there.

use crate::demo::Demo;
use crate::pretend::{Gate, Lab};
use async_trait::async_trait;
use auth_client::{AccountSettings, TokenApi};
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

    /// Its settings; the demo's are the tutorial's.
    pub(crate) fn settings(&self, demo: &Demo) -> AccountSettings {
        match self {
            Self::Demo => demo.settings(),
            Self::Server { settings } => settings.as_ref().clone(),
        }
    }
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
        };
        Ok(Arc::new(Gate::new(server, Arc::clone(&self.clock), self.lab.clone())))
    }

    /// The token API has no issuer: its base URL stands for it.
    fn issuer(&self, account: &serde_json::Value) -> String {
        match Account::read(account) {
            Ok(Account::Demo) => "demo".to_owned(),
            Ok(Account::Server { settings }) => {
                settings.base_url.trim_end_matches('/').to_ascii_lowercase()
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
}
