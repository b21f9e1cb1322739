//! What the engine knows of tokens: never the tokens, only fingerprints and times.

use crate::state::Ended;
use crate::time::{Boot, Now, SECOND};
use std::fmt;

/// 64 bits of HMAC-SHA-256 of a token, under a key that lives in the sealed record.
///
/// Two equal fingerprints are the same token; nothing of the token can be read from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    /// The six characters that people are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0 >> 40)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How long an access token lives, as the server told it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// A lifetime in milliseconds: more than zero, at most ten years.
    Told(i64),
    /// The server said nothing, or something that is no lifetime: its words are kept.
    Unknown(Option<String>),
}

impl Lifetime {
    /// The longest lifetime that is taken for one, in milliseconds: ten years.
    pub const LONGEST_MS: i64 = 10 * 365 * 24 * crate::time::HOUR;

    /// A lifetime of so many milliseconds, or [`Lifetime::Unknown`] with the server's words where
    /// that is zero, negative or beyond ten years.
    #[must_use]
    pub fn told(ms: i64, said: impl Into<String>) -> Self {
        if ms > 0 && ms <= Self::LONGEST_MS {
            Self::Told(ms)
        } else {
            Self::Unknown(Some(said.into()))
        }
    }
}

/// How this access token is followed by the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Renewal {
    /// By a refresh token (RFC 6749 section 6).
    RefreshToken {
        /// Which one.
        fingerprint: Fingerprint,
        /// Its own lifetime in milliseconds from `asked`, where the server told it.
        lifetime_ms: Option<i64>,
    },
    /// The access token itself is sent to be renewed.
    Itself,
    /// Not at all: it ends when it ends.
    No,
}

/// What one answer of the auth server granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which access token.
    pub access: Fingerprint,
    /// How it is renewed.
    pub renewal: Renewal,
    /// The moment before the request left: a lifetime counts from here, so that it is never taken
    /// for longer than the server meant it.
    pub asked: Now,
    /// How long the access token lives.
    pub lifetime: Lifetime,
    /// The server's own hint when to renew, in milliseconds from `asked`.
    pub refresh_in_ms: Option<i64>,
}

impl Grant {
    /// When the refresh token ends, where the server told: `asked` is when this was asked for.
    pub(crate) fn refresh_end(&self, asked: Boot) -> Option<Boot> {
        match self.renewal {
            Renewal::RefreshToken { lifetime_ms, .. } => lifetime_ms.map(|ms| asked + ms),
            Renewal::Itself | Renewal::No => None,
        }
    }

    /// Whether the refresh token of this grant, which was asked for in this boot, ends later than
    /// `before`: then the next refresh will move that end as well, and has to come before it. A second
    /// of tolerance: the same end told twice, rounded, has not moved.
    #[must_use]
    pub fn moves_refresh_end(&self, before: Option<Boot>) -> bool {
        match (before, self.refresh_end(self.asked.boot)) {
            (Some(before), Some(after)) => after - before > SECOND,
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }
}

/// Whose session it is. Public: it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// What the server calls them: the user name, or the subject.
    pub user: String,
    /// What people call them.
    pub name: String,
}

/// A session as the record keeps it, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// From one sign-in to the next sign-in or sign-out.
    pub epoch: u64,
    /// Whose it is.
    pub identity: Identity,
    /// The last grant. Its `asked` is in this boot's time only where `same_boot` says so.
    pub grant: Grant,
    /// The record was written in the present boot.
    pub same_boot: bool,
    /// When the record was written, by the wall clock of then.
    pub saved_wall_ms: i64,
    /// Server minus wall clock, in milliseconds, when the record was written.
    pub clock_offset_ms: Option<i64>,
    /// The renewal was refused for good, and how that ended the session: the identity stays.
    pub refused: Option<Ended>,
    /// A refresh was begun and its outcome never written: see [`crate::Class::UnknownOutcome`].
    pub intent: bool,
    /// When the server last answered for this session, by the wall clock.
    pub confirmed_wall_ms: Option<i64>,
    /// Refreshes since the sign-in.
    pub refreshes: u32,
    /// Whether the last refresh moved the refresh token's end; `None` before the first.
    pub refresh_end_moved: Option<bool>,
    /// The server asked us to wait until then. In this boot's time only where `same_boot_wait` says
    /// so.
    pub wait_until: Option<Now>,
    /// `wait_until` was written in the present boot.
    pub same_boot_wait: bool,
    /// The ID token that came with the access token was checked and is bad: the access token is not
    /// handed out.
    pub id_token_bad: bool,
}

impl Snapshot {
    /// A session that begins in this boot with this grant, at the moment when it was asked for: nothing
    /// has happened to it yet.
    #[must_use]
    pub fn new(epoch: u64, identity: Identity, grant: Grant) -> Self {
        Self {
            epoch,
            identity,
            same_boot: true,
            saved_wall_ms: grant.asked.wall.0,
            grant,
            clock_offset_ms: None,
            refused: None,
            intent: false,
            confirmed_wall_ms: None,
            refreshes: 0,
            refresh_end_moved: None,
            wait_until: None,
            same_boot_wait: false,
            id_token_bad: false,
        }
    }
}
