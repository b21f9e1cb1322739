//! What is kept for an account: the only place where tokens are at rest in memory.
//!
//! Nothing here can be serialized or printed by accident: `Debug` is redacted by `secrecy`, and the
//! vault alone opens a record, to seal it.

use engine::{Ended, Identity, Lifetime};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// What is kept for one account.
#[derive(Clone, Debug)]
pub struct Record {
    /// From one sign-in to the next sign-in or sign-out. Each of both starts a new one.
    pub epoch: u64,
    /// Counts the writes. The vault's: whatever is set here is replaced by the last one plus one.
    pub generation: u64,
    /// The account's settings, in clear on disk: the auth client's, opaque here.
    pub account: serde_json::Value,
    /// Who is, or was, signed in; in clear on disk, so that it can be shown without the key.
    pub identity: Option<Identity>,
    /// Where this record is kept.
    pub keep: Keep,
    /// When it was written.
    pub written: Stamp,
    /// The session; sealed on disk. `None`: signed out.
    pub session: Option<Session>,
    /// Sessions that have ended here, of which the server has not been told yet; sealed on disk. Those
    /// that are kept in memory only are never written.
    pub outbox: Vec<Unrevoked>,
}

/// A session that has ended here, of which its server has still to be told.
#[derive(Clone, Debug)]
pub struct Unrevoked {
    /// Names it: random.
    pub id: u64,
    /// The settings of the account that it belongs to.
    pub account: serde_json::Value,
    /// Whose it was, as the server calls them.
    pub user: String,
    /// What is to be revoked.
    pub tokens: Tokens,
    /// The key of its session's fingerprints; `None` where an older version wrote it down.
    pub fingerprint_key: Option<Zeroizing<[u8; 32]>>,
    /// Where it may be kept.
    pub keep: Keep,
    /// When it ended here.
    pub since: Stamp,
    /// When its tokens end by themselves, by the wall clock in milliseconds since 1970, where that is
    /// known.
    pub ends_wall_ms: Option<i64>,
    /// So many tries to tell the server have failed.
    pub tries: u32,
    /// The next try.
    pub next_try: Option<Stamp>,
}

/// Where a record is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Sealed, on disk.
    #[default]
    Disk,
    /// In memory only: gone when the app quits.
    Memory,
}

/// One moment as a record keeps it, so that another boot can make sense of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Wall clock, milliseconds since 1970.
    pub wall_ms: i64,
    /// Milliseconds since boot, suspend included.
    pub boot_ms: i64,
    /// Which boot.
    pub boot_id: String,
    /// Server minus wall clock in milliseconds, where it had been measured.
    pub clock_offset_ms: Option<i64>,
}

/// A session with its tokens.
#[derive(Clone, Debug)]
pub struct Session {
    /// The tokens.
    pub tokens: Tokens,
    /// The key of this session's fingerprints.
    pub fingerprint_key: Zeroizing<[u8; 32]>,
    /// The moment before the last granted request left.
    pub asked: Stamp,
    /// How long the access token lives.
    pub lifetime: Lifetime,
    /// The server's hint when to renew, in milliseconds from `asked`.
    pub refresh_in_ms: Option<i64>,
    /// The refresh token's lifetime in milliseconds from `asked`, where the server told it.
    pub refresh_lifetime_ms: Option<i64>,
    /// The stored refresh token was refused, and how that ended the session: the identity stays, the
    /// access token is used to its end.
    pub refused: Option<Ended>,
    /// A refresh has begun whose answer is not here yet.
    pub intent: Option<Intent>,
    /// When the server last answered for this session, by the wall clock.
    pub confirmed_wall_ms: Option<i64>,
    /// Refreshes since the sign-in.
    pub refreshes: u32,
    /// Whether the last refresh moved the refresh token's end; `None` before the first.
    pub refresh_end_moved: Option<bool>,
    /// The server asked us to wait until then.
    pub wait_until: Option<Stamp>,
    /// What is known of the ID token that came with the access token.
    pub id_check: IdCheck,
}

/// What a session holds.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: SecretString,
    /// What renews it.
    pub renewal: RenewalSecret,
    /// The last ID token that came (OpenID Connect Core section 2): it says whose session this is,
    /// and is the hint of a sign-out in the browser. `None` where the server gives none.
    pub id: Option<SecretString>,
    /// The client's own secret, where it has one (RFC 6749 section 2.3.1). It is typed at sign-in and
    /// is gone with the session.
    pub client_secret: Option<SecretString>,
}

impl Tokens {
    /// Tokens without an ID token, of a client without a secret.
    #[must_use]
    pub fn new(access: SecretString, renewal: RenewalSecret) -> Self {
        Self { access, renewal, id: None, client_secret: None }
    }
}

/// What is known of the ID token that came with the access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdCheck {
    /// None came, or it was checked and is good.
    #[default]
    Passed,
    /// It has not been checked yet: an answer is saved before that.
    Pending,
    /// It was checked and is bad: the access token that came with it is not used.
    Failed,
}

/// What an access token is renewed with.
#[derive(Clone, Debug)]
pub enum RenewalSecret {
    /// A refresh token, sent as the account's settings say.
    RefreshToken(SecretString),
    /// Every cookie that login and refresh set, as a JSON array of strings in `Set-Cookie` form.
    Cookies(SecretString),
    /// The access token itself.
    AccessToken,
    /// Nothing: it cannot be renewed.
    Nothing,
}

/// Written before a refresh is sent, removed by the write that saves its answer. Found at start, it
/// says that the outcome of that refresh is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The fingerprint of what was sent.
    pub fingerprint: u64,
    /// When, by the wall clock.
    pub since_wall_ms: i64,
}
