//! What the keeper needs of the world, as traits. The keeper names questions; the auth client, the
//! vault and the app answer them.

use crate::record::{IdCheck, Record, Tokens};
use crate::snapshot::{fingerprint, new_key, renewal_fingerprint};
use async_trait::async_trait;
use engine::{
    Boot, ClockSample, Exchange, Failure, Fingerprint, Identity, Lifetime, Now, StoreTrouble, Wall,
    WriteTrouble,
};
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The clocks.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment on both clocks.
    fn now(&self) -> Now;
    /// Time since boot alone: what an access token is judged by whenever somebody asks for it. Where
    /// reading both clocks takes a lock, this does not.
    fn boot(&self) -> Boot {
        self.now().boot
    }
    /// The wall clock as this computer has it, where [`Clock::now`] has been moved by hand. What is
    /// given up for good after a long time is counted by this one.
    fn unmoved(&self) -> Wall {
        self.now().wall
    }
    /// The same of another moment by [`Clock::now`]'s wall clock, past or to come. What is written
    /// down for people is written so: nobody knows after a restart how far the clock had been moved.
    fn unmoved_at(&self, at: Wall) -> Wall {
        at
    }
    /// Names the present boot: it changes when the computer starts anew, and only then.
    fn boot_id(&self) -> String;
    /// Returns at `until`, or a little later. It may return earlier when the clocks were moved.
    async fn sleep_until(&self, until: Boot);
}

/// An auth server, as one account's settings describe it. What it shows of a token, it shows by the
/// session's [`Marks`].
#[async_trait]
pub trait AuthServer: Send + Sync {
    /// Asks for a session by user name and password.
    ///
    /// # Errors
    /// [`engine::Class::Refused`] means that name or password are wrong; every other class is what
    /// it is for a refresh.
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>>;

    /// Asks for the next access token. No retries: the engine decides about those.
    ///
    /// # Errors
    /// The failure, named by what to do next.
    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>>;

    /// Tells the server that these tokens are not needed any more (RFC 7009, or the account's
    /// logout). `Ok(None)` where the account has no such request.
    ///
    /// # Errors
    /// The failure, named by what to do next.
    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>>;

    /// Carries the access token to the account's API. `None` where the account names none.
    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer>;

    /// Checks the ID token of `tokens`, which a refresh of what was `before` has brought (OpenID Connect
    /// Core section 12.2). Asked only where [`Answer::id_check`] is [`IdCheck::Pending`].
    async fn check_id(&self, _: &Tokens, _before: Before<'_>, _: &Marks) -> IdAnswer {
        IdAnswer { verdict: IdVerdict::Good, exchanges: Vec::new() }
    }

    /// Asks the server whether it knows this session still: userinfo (OpenID Connect Core section
    /// 5.3), or an API's "me". `None` where there is no such request. It only reports: whatever comes,
    /// nobody is signed out by it.
    async fn confirm(&self, tokens: &Tokens, marks: &Marks) -> Option<ApiAnswer> {
        self.call_api(&tokens.access, marks).await
    }
}

/// What an ID token that a refresh has brought is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before<'a> {
    /// The last ID token that was good. `None` where none is known: the server gave none, or the process
    /// ended before a newer one could be checked.
    pub id: Option<&'a SecretString>,
    /// Whose session it is, as the server calls them; empty where it never said.
    pub user: &'a str,
}

/// What came of checking an ID token.
#[derive(Clone, Debug)]
pub struct IdAnswer {
    /// What it is worth.
    pub verdict: IdVerdict,
    /// The requests that were made for it (the server's keys), redacted.
    pub exchanges: Vec<Exchange>,
}

/// What an ID token is worth.
#[derive(Clone, Debug)]
pub enum IdVerdict {
    /// It is what it should be.
    Good,
    /// It is not: `detail` says what is wrong with it, in plain English.
    Bad(Box<Exchange>),
    /// The keys to check it with cannot be fetched now. That is no failed check.
    NoKeys(Box<Failure>),
}

/// Names the tokens of one session without telling them: the same token has the same name in every
/// exchange, in the window, and after a restart.
#[derive(Clone)]
pub struct Marks(Zeroizing<[u8; 32]>);

impl Marks {
    /// Names by a session's own key, which must not be shown.
    #[must_use]
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Names by a key that nobody else has, for tokens that belong to no session of the app.
    #[must_use]
    pub fn fresh() -> Self {
        Self(new_key())
    }

    /// The key itself, for the session that these names belong to.
    pub(crate) fn key(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// What this secret is called.
    #[must_use]
    pub fn of(&self, secret: &SecretString) -> Fingerprint {
        fingerprint(&self.0, secret)
    }

    /// What the secret that renews these tokens is called.
    #[must_use]
    pub fn renewal(&self, tokens: &Tokens) -> Option<String> {
        renewal_fingerprint(&self.0, tokens).map(|name| name.to_string())
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks")
    }
}

/// A name and a password, on their way to the server and nowhere else.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// How to make one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call {
    /// Give up connecting after 3 s instead of 10.
    pub connect_quickly: bool,
    /// Server minus wall clock in milliseconds, where it was measured: an absolute end is read by it
    /// where the answer itself tells no time.
    pub clock_offset_ms: Option<i64>,
}

/// What a server granted.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The new tokens. Where a refresh answered without a new refresh token, the client has put the
    /// one it was asked with here (RFC 6749 section 6), so that tokens are always whole. An ID token or
    /// a client secret that is not here is the one of before.
    pub tokens: Tokens,
    /// The moment before the request left.
    pub asked: Now,
    /// How long the access token lives.
    pub lifetime: Lifetime,
    /// The server's hint when to renew, in milliseconds from `asked`.
    pub refresh_in_ms: Option<i64>,
    /// The refresh token's lifetime in milliseconds from `asked`.
    pub refresh_lifetime_ms: Option<i64>,
    /// Who it is, where the answer says so.
    pub identity: Option<Identity>,
    /// What is known of its ID token.
    pub id_check: IdCheck,
    /// The request and its answer, redacted.
    pub exchange: Exchange,
    /// What the answer's `Date` says of our clock.
    pub clock: Option<ClockSample>,
}

/// What an API said to an access token.
#[derive(Clone, Debug)]
pub struct ApiAnswer {
    /// What it means for the token.
    pub verdict: ApiVerdict,
    /// The request and its answer, redacted.
    pub exchange: Exchange,
    /// What the answer's `Date` says of our clock.
    pub clock: Option<ClockSample>,
}

/// What an API's answer means for the token (RFC 6750 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiVerdict {
    /// It was accepted (2xx).
    Accepted,
    /// 401 with any code but `insufficient_scope`, or none: the token is invalid.
    TokenRefused,
    /// 403 or `insufficient_scope`: the token is fine, and not enough. Never a reason to refresh.
    NotAllowed,
    /// Anything else: it says nothing about the token.
    SaysNothing,
}

/// Keeps one account's record. Its calls may take as long as a disk takes, or a keychain: the keeper
/// makes them on a thread of their own.
pub trait Vault: Send + Sync {
    /// Reads the newest whole record.
    ///
    /// # Errors
    /// [`VaultFailure`]; "nobody ever signed in" is no error but an empty [`Reading`].
    fn read(&self) -> Result<Reading, VaultFailure>;

    /// Reads the record again under the record lock, hands it to `change`, and writes durably what
    /// comes back. `None` from `change` leaves everything as it is. A new epoch is written to both
    /// slots. Answers what is there afterwards: the record as it was kept.
    ///
    /// Where the session cannot be opened, `change` is handed the record without it; only a new epoch
    /// is accepted then. The same holds for the outbox of a record without a session.
    ///
    /// # Errors
    /// [`VaultFailure::NotWritten`] where it could not be saved: what was there before is still
    /// there. The others as in [`Vault::read`].
    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure>;

    /// Takes the refresh lock: whoever holds it alone may use the refresh token. It is held until the
    /// answer is dropped. `None` where another process holds it. Nobody steals it.
    ///
    /// # Errors
    /// [`VaultFailure::NotWritten`] where the lock file cannot be made.
    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure>;

    /// Whether another process may have changed the record since this vault last read or wrote it.
    /// Cheap: it is asked every few seconds. `true` in doubt; once [`Vault::read`] has looked, however
    /// that ended, `false` until the next change. What [`Vault::change`] came upon is news still.
    fn has_news(&self) -> bool;

    /// What can be told of the account without its key, for showing only: nothing may be *sent* by
    /// it, because no seal vouches for it. `None` where nothing is kept.
    ///
    /// # Errors
    /// [`VaultFailure::Unreadable`].
    fn label(&self) -> Result<Option<Label>, VaultFailure>;

    /// Removes everything that is kept for the account, the readable parts and damaged ones too.
    ///
    /// # Errors
    /// [`VaultFailure::NotWritten`] naming what is still there.
    fn forget(&self) -> Result<(), VaultFailure> {
        self.forget_if(&|| true).map(|_| ())
    }

    /// The same, where `wanted` says so once the record lock is held: whoever has signed in meanwhile
    /// is not forgotten. Answers whether it was done.
    ///
    /// # Errors
    /// As for [`Vault::forget`].
    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure>;

    /// No call ever waits, for a disk or anything else: it needs no thread of its own. For vaults that
    /// are memory only, so that a simulation's time does not stand still for threads.
    fn answers_at_once(&self) -> bool {
        false
    }
}

/// What [`Vault::change`] does to a record.
pub type Change<'a> = &'a mut (dyn FnMut(Option<&Record>) -> Option<Record> + Send);

/// What stands on a record in clear.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The account's settings.
    pub account: serde_json::Value,
    /// Who is, or was, signed in.
    pub identity: Option<Identity>,
}

/// The refresh lock, held until dropped.
pub struct RefreshLock(pub Box<dyn Send + Sync>);

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The newest whole record.
    pub record: Option<Record>,
    /// A newer record than this one was damaged: a refresh token may have been lost with it, so the
    /// outcome of the last refresh is unknown.
    pub fell_back: bool,
    /// What was damaged and set aside, one plain line each, naming the file it is in now.
    pub set_aside: Vec<String>,
    /// Why the outbox of a record without a session cannot be opened now. It stays as it is.
    pub outbox_shut: Option<VaultFailure>,
    /// Another process has changed the record since this vault last read or wrote it.
    pub news: bool,
}

/// Why a record cannot be read or written. The words are for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultFailure {
    /// The keychain is locked.
    #[error("the keychain is locked: {0}")]
    KeychainLocked(String),
    /// The keychain did not answer in time.
    #[error("the keychain does not answer: {0}")]
    KeychainSlow(String),
    /// Somebody cancelled the keychain's question.
    #[error("the keychain's question was cancelled: {0}")]
    KeychainCancelled(String),
    /// The keychain that holds the key cannot be reached.
    #[error("the keychain cannot be reached: {0}")]
    KeychainGone(String),
    /// The keychain is there, and the key that a sealed record needs is not in it, or does not fit.
    #[error("the key of this session cannot be found: {0}")]
    KeyGone(String),
    /// The store is there and cannot be read (permissions, a disk error, a newer version).
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
    /// It could not be written (a full disk, a read-only folder).
    #[error("the store cannot be written: {}", .0.detail)]
    NotWritten(StoreTrouble),
}

impl VaultFailure {
    /// [`VaultFailure::NotWritten`] for a reason that only these words tell.
    #[must_use]
    pub fn not_written(detail: impl Into<String>) -> Self {
        Self::NotWritten(StoreTrouble { kind: WriteTrouble::Other, detail: detail.into() })
    }

    /// What is to be told of something that could not be saved.
    #[must_use]
    pub fn trouble(&self) -> StoreTrouble {
        match self {
            Self::NotWritten(trouble) => trouble.clone(),
            Self::KeychainLocked(_)
            | Self::KeychainSlow(_)
            | Self::KeychainCancelled(_)
            | Self::KeychainGone(_)
            | Self::KeyGone(_)
            | Self::Unreadable(_) => {
                StoreTrouble { kind: WriteTrouble::Other, detail: self.to_string() }
            }
        }
    }
}

/// Names an error of the file system by what a person can do about it.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's list may grow")]
pub fn store_trouble(error: &std::io::Error) -> StoreTrouble {
    use std::io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            WriteTrouble::DiskFull
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => WriteTrouble::NoPermission,
        ErrorKind::TimedOut => WriteTrouble::Slow,
        _ => WriteTrouble::Other,
    };
    StoreTrouble { kind, detail: error.to_string() }
}

/// Makes an auth server of an account's settings, as they are kept in clear beside its session.
pub trait Connector: Send + Sync {
    /// The auth server that these settings describe.
    ///
    /// # Errors
    /// What is wrong with them, in plain English.
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String>;

    /// What tells this account's server from every other: its issuer (RFC 8414 section 2) and the
    /// client's id there, for it is to a client that a server gives tokens; or what stands for them
    /// where there is none. Together with the user it says whose two sessions are, where both users
    /// are known.
    fn issuer(&self, account: &serde_json::Value) -> String;
}
