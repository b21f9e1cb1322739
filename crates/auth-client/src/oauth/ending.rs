//! How every sign-in ends: what was granted is checked, and given back where it is not what it should be.

mod held;

pub(super) use held::Held;

use super::id_token::{self, Checked, Expected};
use super::keys::Keys;
use super::redirect::wait_until;
use super::settings::OAuthAccount;
use super::token::{TokenEndpoint, Unheard};
use super::{Granted, SignInTrouble, Tell};
use crate::plan::SettingsProblem;
use engine::{Class, Exchange, Failure, MINUTE, Wall};
use keeper::activity::{Ending as Outcome, Purpose, What};
use keeper::ports::{Answer, Clock, Marks};
use keeper::record::IdCheck;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use url::Url;

/// How long to wait, in milliseconds, where a server's keys cannot be fetched. Somebody sits in front of
/// it.
const KEYS_AGAIN_MS: [i64; 8] = [1_000, 2_000, 5_000, 10_000, 10_000, 10_000, 10_000, 10_000];
/// All of that, in milliseconds: then the sign-in has failed.
const KEYS_PATIENCE_MS: i64 = MINUTE;

/// What a sign-in asks and checks with. No `Debug`: it holds a secret.
pub(super) struct Ending {
    pub(super) endpoint: TokenEndpoint,
    pub(super) client_secret: Option<SecretString>,
    /// By which the tokens of this session will be named.
    pub(super) marks: Marks,
    account: OAuthAccount,
    clock: Arc<dyn Clock>,
    tell: Tell,
}

impl Ending {
    /// Gets ready. Nothing is sent.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(super) fn new(
        account: OAuthAccount,
        client_secret: Option<SecretString>,
        clock: Arc<dyn Clock>,
        tell: Tell,
    ) -> Result<Self, SettingsProblem> {
        // Found out before anybody types a password.
        if account.asks_for_id_token() {
            keys(&account, &clock)?;
        }
        Ok(Self {
            endpoint: TokenEndpoint::new(account.clone(), Arc::clone(&clock))?,
            marks: Marks::fresh(),
            client_secret,
            account,
            clock,
            tell,
        })
    }

    /// Tells of a request that was made on the way.
    pub(super) fn tell(&self, purpose: Purpose, outcome: Outcome, exchange: Exchange) {
        let (reason, sent, access, refresh) = (None, None, None, None);
        (self.tell)(What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange });
    }

    /// The same of one that failed.
    pub(super) fn tell_failure(&self, purpose: Purpose, failure: &Failure) {
        self.tell(purpose, Outcome::Failed(failure.class), failure.exchange.clone());
    }

    /// Exchanges a code for tokens, and settles what was granted.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        code: SecretString,
        verifier: SecretString,
        redirect: Url,
        nonce: Option<&SecretString>,
    ) -> Result<Granted, SignInTrouble> {
        let asked = self.asked(|ending| async move {
            let (secret, marks) = (ending.client_secret.as_ref(), &ending.marks);
            let asked = ending.endpoint.exchange_code(&code, &verifier, &redirect, secret, marks);
            asked.await.map_err(Unheard::from)
        });
        match asked.await {
            Ok(held) => self.settle(held, nonce).await,
            Err(Unheard { failure, .. }) => {
                self.tell_failure(Purpose::SignIn, &failure);
                Err(failure.into())
            }
        }
    }

    /// Asks once whether a device code was used.
    pub(super) async fn poll(
        self: &Arc<Self>,
        device_code: &SecretString,
    ) -> Result<Held, Unheard> {
        let device_code = device_code.clone();
        self.asked(|ending| async move {
            let (secret, marks) = (ending.client_secret.as_ref(), &ending.marks);
            ending.endpoint.poll(&device_code, secret, marks).await
        })
        .await
    }

    /// Asks for tokens in a task of its own: a sign-in may be cancelled while the server grants it, and
    /// nobody would ever hear of those tokens. The task ends with its one request, whose time is
    /// bounded; what comes when nobody waits any more is given back.
    async fn asked<F>(self: &Arc<Self>, ask: impl FnOnce(Arc<Self>) -> F) -> Result<Held, Unheard>
    where
        F: Future<Output = Result<Answer, Unheard>> + Send + 'static,
    {
        let (ending, asking) = (Arc::clone(self), ask(Arc::clone(self)));
        let task = tokio::spawn(async move { Ok(Held::new(ending, asking.await?)) });
        let broken = |_| self.endpoint.unfit("the app was about to quit").into();
        task.await.unwrap_or_else(|error| Err(broken(error)))
    }

    /// Checks the ID token of what was granted. It was never handed out: what fails is given back.
    pub(super) async fn settle(
        &self,
        held: Held,
        nonce: Option<&SecretString>,
    ) -> Result<Granted, SignInTrouble> {
        let answer = held.answer();
        let (identity, trouble) = match &answer.tokens.id {
            Some(token) => match self.checked(token, answer, nonce).await {
                Checked::Good(identity) => (Some(identity), None),
                Checked::Bad(why) => (None, Some(self.bad(answer, &why))),
                Checked::NoKeys(failure) => {
                    self.tell(Purpose::SignIn, Outcome::Good, answer.exchange.clone());
                    (None, Some(failure.into()))
                }
            },
            // OpenID Connect Core section 3.1.3.3: who asks for one gets one.
            None if self.account.asks_for_id_token() => {
                (None, Some(self.bad(answer, "it was asked for, and none came")))
            }
            None => (None, None),
        };
        if let Some(trouble) = trouble {
            held.give_back().await;
            return Err(trouble);
        }
        let mut answer = held.hand_out();
        answer.identity = identity.or(answer.identity);
        answer.id_check = IdCheck::Passed;
        Ok(Granted { answer, marks: self.marks.clone() })
    }

    /// Checks an ID token, and for a minute waits for the keys.
    async fn checked(
        &self,
        token: &SecretString,
        answer: &Answer,
        nonce: Option<&SecretString>,
    ) -> Checked {
        let issuer = self.account.issuer();
        let ends = self.clock.now().boot + KEYS_PATIENCE_MS;
        let mut waits = KEYS_AGAIN_MS.into_iter();
        loop {
            // Fresh ones: those that were asked for in vain leave their server alone for longer than
            // somebody who signs in will wait.
            let keys = match keys(&self.account, &self.clock) {
                Ok(keys) => keys,
                Err(problem) => return Checked::Bad(problem.message),
            };
            let expected = Expected {
                issuer,
                client_id: self.account.settings.client_id.trim(),
                algs: &self.account.discovered.id_token_algs,
                nonce: nonce.map(|nonce| nonce.expose_secret()),
                access: &answer.tokens.access,
                before: None,
                now: self.server_now(answer),
            };
            let (checked, exchanges) = id_token::check(token, &expected, &keys).await;
            self.tell_keys(&checked, exchanges);
            let Checked::NoKeys(failure) = checked else { return checked };
            let wait =
                waits.next().map(|wait| wait.max(failure.retry_after_ms.unwrap_or_default()));
            let again = wait.map(|wait| self.clock.now().boot + wait);
            let Some(again) = again.filter(|again| *again <= ends) else {
                return Checked::NoKeys(failure);
            };
            wait_until(&*self.clock, again).await;
        }
    }

    /// The last request is the one that failed, where the keys could not be fetched.
    fn tell_keys(&self, checked: &Checked, exchanges: Vec<Exchange>) {
        let failed = match checked {
            Checked::NoKeys(failure) => Some(&**failure),
            Checked::Good(_) | Checked::Bad(_) => None,
        };
        for exchange in exchanges {
            let outcome = match failed.filter(|failure| failure.exchange == exchange) {
                Some(failure) => Outcome::Failed(failure.class),
                None => Outcome::Good,
            };
            self.tell(Purpose::Keys, outcome, exchange);
        }
    }

    /// The present moment by the server's clock: by what its answer has said, or else by ours.
    fn server_now(&self, answer: &Answer) -> Wall {
        let offset = answer.clock.map_or(0, |sample| sample.offset_ms);
        self.clock.now().wall + offset
    }

    /// What is told of an ID token that is not what it should be.
    fn bad(&self, answer: &Answer, why: &str) -> SignInTrouble {
        let detail = id_token::in_words(why, &answer.tokens, &self.marks);
        let exchange = Exchange { detail, ..answer.exchange.clone() };
        // The tokens came, and are worth nothing: nobody will ever use them.
        self.tell(Purpose::SignIn, Outcome::Failed(Class::UnclearRefusal), exchange.clone());
        SignInTrouble::IdToken(Box::new(exchange))
    }
}

/// The keys that sign this server's ID tokens.
fn keys(account: &OAuthAccount, clock: &Arc<dyn Clock>) -> Result<Keys, SettingsProblem> {
    Keys::new(&account.endpoints().jwks, &account.settings.network, Arc::clone(clock))
}
