//! What is asked of a token endpoint, and of its neighbours: grants, device codes, revocation.

use super::settings::OAuthAccount;
use crate::plan::SettingsProblem;
use engine::{Class, Exchange, Failure};
use keeper::ports::{Answer, Call, Clock, Marks};
use keeper::record::Tokens;
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// A token endpoint and its neighbours. Every call makes at most one request and repeats nothing.
pub(crate) struct TokenEndpoint {
    account: OAuthAccount,
    clock: Arc<dyn Clock>,
}

/// A device code (RFC 8628 section 3.2).
pub(crate) struct DeviceCode {
    /// What is asked with.
    pub(crate) device_code: SecretString,
    /// What the person types.
    pub(crate) user_code: String,
    /// Where.
    pub(crate) link: Url,
    /// The same with the code in it.
    pub(crate) complete_link: Option<Url>,
    /// For how long, in milliseconds.
    pub(crate) lifetime_ms: i64,
    /// How long to wait between two questions, in milliseconds: 5 s where the server does not say.
    pub(crate) interval_ms: i64,
    /// The request and its answer, redacted.
    pub(crate) exchange: Exchange,
}

impl TokenEndpoint {
    /// Checks the settings and gets ready. Nothing is sent.
    pub(crate) fn new(
        account: OAuthAccount,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        Ok(Self { account, clock })
    }

    /// Exchanges a code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5). The ID token of
    /// the answer is not checked yet.
    pub(crate) async fn exchange_code(
        &self,
        _code: &SecretString,
        _verifier: &SecretString,
        _redirect: &Url,
        _client_secret: Option<&SecretString>,
        _marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        Err(self.not_yet())
    }

    /// Asks for the next access token (RFC 6749 section 6).
    pub(crate) async fn refresh(
        &self,
        _tokens: &Tokens,
        _call: Call,
        _marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        Err(self.not_yet())
    }

    /// Asks for a device code (RFC 8628 section 3.1).
    pub(crate) async fn device_code(
        &self,
        _client_secret: Option<&SecretString>,
        _marks: &Marks,
    ) -> Result<DeviceCode, Box<Failure>> {
        Err(self.not_yet())
    }

    /// Asks whether a device code was used (RFC 8628 section 3.4). "Not yet" is a failure whose
    /// exchange has the code `authorization_pending` or `slow_down`.
    pub(crate) async fn poll(
        &self,
        _device_code: &SecretString,
        _client_secret: Option<&SecretString>,
        _marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        Err(self.not_yet())
    }

    /// Revokes these tokens (RFC 7009). `Ok(None)` where the server offers no such thing.
    pub(crate) async fn revoke(
        &self,
        _tokens: &Tokens,
        _marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        Ok(None)
    }

    fn not_yet(&self) -> Box<Failure> {
        let at_ms = self.clock.now().wall.0;
        let detail = self.account.settings.issuer.clone();
        let exchange = Exchange { at_ms, detail, ..Exchange::default() };
        Box::new(Failure { class: Class::SetUp, retry_after_ms: None, exchange })
    }
}
