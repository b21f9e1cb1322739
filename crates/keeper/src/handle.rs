//! The keeper as others hold it: cheap to clone, every call a message.

use crate::access::{AccessToken, Counter};
use crate::activity::Recorder;
use crate::api::{self, ApiCall};
use crate::owner::{Message, Owner};
use crate::ports::{
    Answer, ApiAnswer, AuthServer, Clock, Connector, Credentials, Marks, Vault, VaultFailure,
};
use crate::record::{Keep, Tokens};
use crate::sign::Wish;
use crate::teller::Teller;
use engine::{ClockSample, Exchange, Failure, Fingerprint, Identity, Policy, Trigger, View, Wall};
use secrecy::SecretString;
use serde::Serialize;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// More messages than this waiting means that something is badly wrong; senders then wait.
const INBOX: usize = 256;

/// What a keeper is made of.
pub struct Setup {
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Where the record is kept.
    pub vault: Arc<dyn Vault>,
    /// Makes an auth server of an account's settings.
    pub connector: Arc<dyn Connector>,
    /// When to renew.
    pub policy: Policy,
    /// One per installation: every jitter is derived from it.
    pub seed: u64,
    /// Hears what the keeper does.
    pub recorder: Arc<dyn Recorder>,
}

/// One account's keeper.
#[derive(Clone)]
pub struct Keeper {
    inbox: mpsc::Sender<Message>,
    shown: watch::Receiver<Shown>,
    counter: Arc<Counter>,
    clock: Arc<dyn Clock>,
    teller: Teller,
}

/// What may be shown: sent on every change.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The session.
    pub view: View,
    /// The account's settings, once the record was read; they stay after a sign-out.
    pub account: Option<serde_json::Value>,
    /// Where the session is kept.
    pub keep: Keep,
    /// What was found damaged and set aside, a line each.
    pub set_aside: Vec<String>,
    /// A sign-out that could not be written down yet, and why.
    pub sign_out_unwritten: Option<String>,
    /// Who is, or was, signed in, as the record tells without its key; while that is waited for.
    pub known_as: Option<Identity>,
    /// Sessions that have ended here, of which their server has still to be told.
    pub outbox: Vec<Untold>,
    /// So many there are of them, with those that have only just ended: the first try to tell is on its
    /// way, and nobody needs to hear of it.
    pub untold: usize,
    /// The last one whose server was not told in the end, and how that came.
    pub left_to_expire: Option<LeftToExpire>,
}

/// A session that has ended here, of which its server has still to be told. By type it holds no
/// secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Untold {
    /// Names it.
    pub id: u64,
    /// The settings of its account.
    pub account: serde_json::Value,
    /// Whose it was.
    pub user: String,
    /// When it ended here: milliseconds since 1970, wall clock.
    pub since_ms: i64,
    /// So many tries have failed.
    pub tries: u32,
    /// The next try, where it has a time.
    pub next_ms: Option<i64>,
    /// What came of the last try.
    pub last: Option<Exchange>,
}

/// A session that has ended here, and that the server may go on taking for a living one until it ends
/// there by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftToExpire {
    /// Names it: a later one is news.
    pub id: u64,
    /// The settings of its account.
    pub account: serde_json::Value,
    /// Whose it was.
    pub user: String,
    /// Why.
    pub why: NotTold,
    /// What the server said, where it said anything.
    pub exchange: Option<Exchange>,
}

/// Why a server was not told of a sign-out in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// It was told, and did not accept it (a 4xx).
    NotAccepted,
    /// The account knows no way to tell it.
    NotOffered,
    /// The same person has signed in there again: telling it now could end the new session, too.
    SignedInAgain,
    /// It could not be reached for so long that what it gave has expired, or thirty days.
    GaveUp,
}

/// A sign-in to be made.
pub struct SignIn {
    /// Where.
    pub server: Arc<dyn AuthServer>,
    /// The settings that `server` was made of: kept in clear beside the session.
    pub account: serde_json::Value,
    /// Who.
    pub credentials: Credentials,
    /// Where to keep the session.
    pub keep: Keep,
}

/// A sign-in that was granted already, in the browser or on another device, and whose ID token was
/// checked.
pub struct GrantedSignIn {
    /// Where.
    pub server: Arc<dyn AuthServer>,
    /// The settings that `server` was made of: kept in clear beside the session.
    pub account: serde_json::Value,
    /// What was granted.
    pub answer: Answer,
    /// By which its tokens were named in what was shown so far.
    pub marks: Marks,
    /// Where to keep the session.
    pub keep: Keep,
}

/// Why a sign-in did not happen. What was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The server did not grant it.
    #[error("the sign-in failed: {}", .0.exchange.detail)]
    Failed(Box<Failure>),
    /// The record cannot be read or sealed.
    #[error(transparent)]
    Vault(#[from] VaultFailure),
    /// Another sign-in, or a sign-out, came in between.
    #[error("another sign-in or sign-out came in between")]
    Overtaken,
    /// The app is quitting.
    #[error("the app is quitting")]
    Quitting,
}

/// Why no access token can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no access token can be had now")]
pub struct Unavailable {
    /// When the next try to renew is, where there is one.
    pub next_try: Option<Wall>,
}

impl Keeper {
    /// A keeper, and the task that has to be run for it to do anything. The task ends after
    /// [`Keeper::quit`].
    pub fn new(setup: Setup) -> (Self, impl Future<Output = ()> + Send) {
        let (inbox, messages) = mpsc::channel(INBOX);
        let counter = Arc::new(Counter::default());
        let clock = Arc::clone(&setup.clock);
        let teller = Teller::new(Arc::clone(&setup.recorder), Arc::clone(&clock));
        let messages = (inbox.clone(), messages);
        let (owner, shown) = Owner::new(setup, messages, Arc::clone(&counter), teller.clone());
        (Self { inbox, shown, counter, clock, teller }, owner.run())
    }

    /// What may be shown, now and on every change.
    #[must_use]
    pub fn shown(&self) -> watch::Receiver<Shown> {
        self.shown.clone()
    }

    /// Something happened: focus, wake, network back, or the person asks to renew. (A launch is the
    /// reading of the record, and needs no telling.)
    pub async fn tell(&self, trigger: Trigger) {
        self.send(Message::Came(trigger)).await;
    }

    /// Looks at the clocks now, and answers when everything that is due has been begun.
    pub async fn look(&self) {
        self.ask(Message::Look).await;
    }

    /// Signs in, beside whatever session there is: it is replaced when this one is saved.
    ///
    /// # Errors
    /// [`SignInError`]; what was there before is still there.
    pub async fn sign_in(&self, request: SignIn) -> Result<(), SignInError> {
        self.wish(Wish::Ask(request)).await
    }

    /// Begins the session that was granted, in place of whatever session there is.
    ///
    /// # Errors
    /// [`SignInError`]; what was there before is still there, and what was granted is given back.
    pub async fn sign_in_granted(&self, request: GrantedSignIn) -> Result<(), SignInError> {
        self.wish(Wish::Granted(Box::new(request))).await
    }

    /// Nobody will use what was granted: its server is told, as after a sign-out.
    pub async fn give_back(&self, unused: GrantedSignIn) {
        self.ask(|reply| Message::GiveBack(Box::new(unused), reply)).await;
    }

    /// The client secret of the session in use, for another sign-in at the same account.
    pub async fn client_secret(&self) -> Option<SecretString> {
        self.ask(Message::ClientSecret).await?
    }

    /// The ID token of the session in use: the hint of a sign-out in the browser (OpenID Connect
    /// RP-Initiated Logout section 2).
    pub async fn id_token(&self) -> Option<SecretString> {
        self.ask(Message::IdToken).await?
    }

    /// Asks the server whether it knows the session still. It reports, and never signs out. `None`
    /// where nobody is signed in, or the server cannot be asked.
    pub async fn confirm(&self) -> Option<ApiAnswer> {
        if !self.ask(Message::IsSignedIn).await.unwrap_or(false) {
            return None;
        }
        api::confirm(self).await
    }

    /// Signs out at once; answers when that is written down, or is known not to be (see [`Shown`]).
    /// The server is told afterwards. `false`: the keeper ended before it could answer.
    pub async fn sign_out(&self) -> bool {
        self.ask(Message::SignOut).await.is_some()
    }

    /// Signs out and removes everything that is kept.
    ///
    /// # Errors
    /// What could not be removed, or the keeper ended before it could answer.
    pub async fn forget(&self) -> Result<(), VaultFailure> {
        let unheard = || VaultFailure::not_written("the keeper has ended");
        self.ask(Message::Forget).await.unwrap_or_else(|| Err(unheard()))
    }

    /// An access token that is still good for `min_validity_ms` (at most half of its lifetime
    /// counts). While it is fresh: one clock read, no lock, no allocation. In its last moments this
    /// waits for the next one, after its end for up to 30 s.
    ///
    /// # Errors
    /// [`Unavailable`] with the time of the next try.
    pub async fn access_token(&self, min_validity_ms: i64) -> Result<AccessToken, Unavailable> {
        if let Some(token) = self.counter.take_fresh(min_validity_ms, self.clock.boot()) {
            return Ok(token);
        }
        self.ask(|reply| Message::Token { min_validity_ms, reply })
            .await
            .unwrap_or(Err(Unavailable { next_try: None }))
    }

    /// An API refused this access token as invalid: see [`crate::ports::ApiVerdict::TokenRefused`].
    /// Once this returns, nobody gets that token any more.
    pub async fn api_refused(&self, access: Fingerprint) {
        self.ask(|reply| Message::ApiRefused(access, reply)).await;
    }

    /// An API accepted the present access token: whoever calls one by themselves says so, as
    /// [`Keeper::call_api`] does. A token that was fetched because an API had refused the one before
    /// is then worth another renewal, should it be refused later. `clock`: what the answer's `Date`
    /// tells of the clocks, where it is the auth server's own.
    pub async fn api_accepted(&self, clock: Option<ClockSample>) {
        self.send(Message::ApiAnswered { confirmed: true, clock }).await;
    }

    /// Carries the access token to the account's API, renewing before or after where that is needed.
    /// `None` where nobody is signed in, or the account names no API.
    pub async fn call_api(&self) -> Option<ApiCall> {
        let before = self.present();
        if !self.ask(Message::IsSignedIn).await.unwrap_or(false) {
            return None;
        }
        api::call(self, before).await
    }

    /// Looks at the tokens in use, and at what they are called, where they are: in the keeper's own
    /// task, so that they never leave it. What is answered is fit to be written down, which tokens
    /// are not: no secret may be put into it. `f` must not block. `None` once the keeper has ended.
    pub async fn inspect<T: Serialize + Send + 'static>(
        &self,
        f: impl FnOnce(Option<&Tokens>, Option<&Marks>) -> T + Send + 'static,
    ) -> Option<T> {
        self.ask(|reply| {
            Message::Inspect(Box::new(move |tokens, marks| {
                let _gone = reply.send(f(tokens, marks));
            }))
        })
        .await
    }

    /// When to renew, from now on.
    pub async fn set_policy(&self, policy: Policy) {
        self.send(Message::Policy(policy)).await;
    }

    /// Ends the keeper: waits for the write in progress, and at most 3 s for a refresh.
    pub async fn quit(&self) {
        self.ask(Message::Quit).await;
    }

    async fn wish(&self, wish: Wish) -> Result<(), SignInError> {
        self.ask(|reply| Message::SignIn(Box::new(wish), reply))
            .await
            .unwrap_or(Err(SignInError::Quitting))
    }

    /// What it takes to ask the server about the session of this access token.
    pub(crate) async fn to_confirm(&self, access: Fingerprint) -> Option<Tokens> {
        self.ask(|reply| Message::ToConfirm(access, reply)).await?
    }

    pub(crate) fn teller(&self) -> &Teller {
        &self.teller
    }

    fn present(&self) -> Option<Fingerprint> {
        self.counter.present().map(|token| token.fingerprint())
    }

    pub(crate) async fn send(&self, message: Message) {
        // The owner is gone only when the app quits; nothing is due then.
        let _gone = self.inbox.send(message).await;
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.send(message(reply)).await;
        answer.await.ok()
    }
}
