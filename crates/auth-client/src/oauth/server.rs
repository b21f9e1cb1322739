//! An OAuth server, as the keeper asks it: refresh, revocation, an API, userinfo.

use super::id_check::IdCheck;
use super::settings::OAuthAccount;
use crate::plan::SettingsProblem;
use async_trait::async_trait;
use engine::{Class, Exchange, Failure};
use keeper::ports::{Answer, ApiAnswer, AuthServer, Call, Clock, Credentials, IdAnswer, Marks};
use keeper::record::Tokens;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// An OAuth server, asked as one account's settings and its own word say.
pub struct OAuthServer {
    account: OAuthAccount,
    clock: Arc<dyn Clock>,
    /// To be told of every answer with an ID token ([`IdCheck::came`]).
    keys: IdCheck,
}

impl fmt::Debug for OAuthServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = &self.account.settings.issuer;
        f.debug_struct("OAuthServer").field("issuer", issuer).finish_non_exhaustive()
    }
}

impl OAuthServer {
    /// Checks the settings and gets ready. Nothing is sent.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(account: OAuthAccount, clock: Arc<dyn Clock>) -> Result<Self, SettingsProblem> {
        let keys = IdCheck::new(&account, Arc::clone(&clock))?;
        Ok(Self { account, clock, keys })
    }

    /// Where the browser signs out (OpenID Connect RP-Initiated Logout section 2); `None` where the
    /// server offers no such page.
    #[must_use]
    pub fn logout_link(&self, id_token: Option<&SecretString>) -> Option<Url> {
        let _ = id_token;
        None
    }

    fn not_yet(&self) -> Box<Failure> {
        let at_ms = self.clock.now().wall.0;
        let exchange = Exchange { at_ms, ..Exchange::default() };
        Box::new(Failure { class: Class::SetUp, retry_after_ms: None, exchange })
    }
}

#[async_trait]
impl AuthServer for OAuthServer {
    /// Nobody signs in here by password: see [`super::BrowserSignIn`] and [`super::DeviceSignIn`].
    async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
        Err(self.not_yet())
    }

    async fn refresh(&self, _: &Tokens, _: Call, _: &Marks) -> Result<Answer, Box<Failure>> {
        Err(self.not_yet())
    }

    async fn sign_out(&self, _: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
        Ok(None)
    }

    async fn call_api(&self, _: &SecretString, _: &Marks) -> Option<ApiAnswer> {
        None
    }

    async fn check_id(&self, tokens: &Tokens, before: Option<&Tokens>, marks: &Marks) -> IdAnswer {
        self.keys.check(&self.account, tokens, before, marks).await
    }
}
