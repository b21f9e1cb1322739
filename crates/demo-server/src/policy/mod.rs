//! Who is signed in, and what a refresh token is still good for.
//!
//! Pure: the time and the hashes of new tokens are arguments, nothing here reads a clock, draws
//! a random number or knows HTTP. That is what lets a simulation run a year of it in a second.
//! Times are milliseconds since 1970 on the server's own clock.

mod grant;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::token::TokenHash;
use grant::Grant;

/// More grants than anybody demonstrates; beyond it the dead, then the oldest, are forgotten.
const MOST_GRANTS: usize = 200;

/// What happens to a refresh token that was used (RFC 9700 section 4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum Rotation {
    /// It stays: every refresh is asked with the same token, whose life begins anew.
    None,
    /// It is replaced. Showing a replaced one ends the whole grant, whoever showed it; a lost
    /// answer is therefore a lost session.
    Strict,
    /// It is replaced, but may be shown again for some seconds after that, each time giving one
    /// more successor. Later than that it ends the grant, as in `Strict`.
    Grace {
        /// How long after its first replacement, in seconds.
        seconds: u64,
    },
    /// It is replaced, and may be shown again until a successor is first used: to refresh, or
    /// by an API call with the access token that came with it. Each time it gives a new
    /// successor; the first successor that is used wins, the others end. A token shown later
    /// than that is refused, and the grant goes on: a stale copy throws nobody out.
    #[default]
    UntilSuccessorUsed,
}

/// The rules in force for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What happens to refresh tokens.
    pub rotation: Rotation,
    /// How long a new access token lives, in milliseconds.
    pub access_lifetime_ms: u64,
    /// How long a refresh token lives from its last use, in milliseconds.
    pub refresh_lifetime_ms: u64,
    /// Whether a refresh ends every earlier access token of its grant at once.
    pub kill_old_access: bool,
}

/// The hashes of an access token and the refresh token that is given with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The access token.
    pub access: TokenHash,
    /// The refresh token.
    pub refresh: TokenHash,
}

/// What an OAuth client was granted. Its tokens are good for it alone (RFC 6749 section 6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// The client.
    pub client_id: String,
    /// The scope, its words separated by one space each.
    pub scope: String,
    /// When the person signed in; a refresh does not change it (OpenID Connect Core 12.2).
    pub auth_time_ms: u64,
    /// The session's id in ID tokens, a random text.
    pub sid: String,
}

/// A refresh that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Whose grant it is.
    pub username: String,
    /// Whether the new refresh token is now one; if not, the one that was shown goes on.
    pub rotated: bool,
}

/// An access token that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whose it is.
    pub username: String,
    /// Whether this call ended what the predecessors of its refresh token were good for, which
    /// has to be remembered before anybody is told.
    pub settled: bool,
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// The person signed out.
    SignedOut,
    /// The server's owner revoked it.
    Revoked,
    /// A replaced refresh token was shown again.
    Reused,
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such token, or it was forgotten long ago.
    #[error("the token is unknown")]
    Unknown,
    /// Past its end.
    #[error("the token has expired")]
    Expired,
    /// An access token that a later refresh ended.
    #[error("a later refresh ended this token")]
    Killed,
    /// A refresh token that was replaced and may not be shown again.
    #[error("the refresh token was already used")]
    Replaced,
    /// Its grant has ended.
    #[error("the session has ended ({})", match .0 {
        Ending::SignedOut => "signed out",
        Ending::Revoked => "revoked",
        Ending::Reused => "a used refresh token came again",
    })]
    Ended(Ending),
}

/// Every grant this server has given. One grant is one sign-in and all that grew out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants {
    grants: Vec<Grant>,
}

impl Grants {
    /// Begins a grant. Without a refresh token it ends with its access token.
    pub fn sign_in(
        &mut self,
        username: &str,
        terms: &Terms,
        access: TokenHash,
        refresh: Option<TokenHash>,
        now_ms: u64,
    ) {
        self.grants.push(Grant::begun(username, terms, access, refresh, now_ms));
        while self.grants.len() > MOST_GRANTS {
            let dead = self.grants.iter().position(|grant| !grant.lives(now_ms));
            self.grants.remove(dead.unwrap_or(0));
        }
    }

    /// Remembers that the grant of this token was given to an OAuth client.
    pub fn authorize(&mut self, shown: TokenHash, authorization: Authorization) {
        if let Some(grant) = self.of_mut(shown) {
            grant.authorize(authorization);
        }
    }

    /// What the OAuth client was granted whose token of either kind this is. None also for a
    /// token that was not given over OAuth.
    #[must_use]
    pub fn authorization(&self, shown: TokenHash) -> Option<&Authorization> {
        self.grants
            .iter()
            .find(|grant| grant.has_refresh(shown) || grant.has_access(shown))?
            .authorization()
    }

    /// Answers a refresh token with `fresh`, of which the refresh token is taken only if the
    /// rotation says so.
    ///
    /// # Errors
    /// [`Refusal`] when the token is not good for a refresh, or not any more. Under
    /// [`Rotation::Strict`] and [`Rotation::Grace`] that may have ended the grant.
    pub fn refresh(
        &mut self,
        shown: TokenHash,
        terms: &Terms,
        fresh: Pair,
        now_ms: u64,
    ) -> Result<Renewed, Refusal> {
        let grant = self.grants.iter_mut().find(|grant| grant.has_refresh(shown));
        grant.ok_or(Refusal::Unknown)?.refresh(shown, terms, fresh, now_ms)
    }

    /// Checks the access token of an API call, and counts it as a use.
    ///
    /// # Errors
    /// [`Refusal`] when the API must answer 401.
    pub fn use_access(
        &mut self,
        shown: TokenHash,
        rotation: Rotation,
        now_ms: u64,
    ) -> Result<Accepted, Refusal> {
        let grant = self.grants.iter_mut().find(|grant| grant.has_access(shown));
        grant.ok_or(Refusal::Unknown)?.use_access(shown, rotation, now_ms)
    }

    /// Remembers that a refresh token was shown, and says whether it had been shown before.
    /// An unknown one never was.
    pub fn note_shown(&mut self, shown: TokenHash) -> bool {
        self.grants.iter_mut().find_map(|grant| grant.note_shown(shown)).unwrap_or(false)
    }

    /// Ends the grant of a token of either kind (RFC 7009 section 2.1), and says whose it was.
    pub fn sign_out(&mut self, shown: TokenHash) -> Option<String> {
        let grant = self.of_mut(shown)?;
        grant.end(Ending::SignedOut);
        Some(grant.username().to_owned())
    }

    /// Ends the grants of the OAuth session with this id, and says how many that were.
    pub fn sign_out_session(&mut self, sid: &str) -> usize {
        let of_it = |grant: &&mut Grant| grant.authorization().is_some_and(|it| it.sid == sid);
        self.grants.iter_mut().filter(of_it).map(|grant| grant.end(Ending::SignedOut)).sum()
    }

    /// Ends the grant of a token of either kind, because what it was given for came again
    /// (RFC 6749 section 4.1.2).
    pub fn reused(&mut self, shown: TokenHash) {
        if let Some(grant) = self.of_mut(shown) {
            grant.end(Ending::Reused);
        }
    }

    fn of_mut(&mut self, shown: TokenHash) -> Option<&mut Grant> {
        self.grants.iter_mut().find(|grant| grant.has_refresh(shown) || grant.has_access(shown))
    }

    /// Revokes the grants of one user, or all, and says how many that were.
    pub fn revoke(&mut self, username: Option<&str>) -> usize {
        let theirs = |grant: &&mut Grant| username.is_none_or(|name| grant.username() == name);
        self.grants.iter_mut().filter(theirs).map(|grant| grant.end(Ending::Revoked)).sum()
    }

    /// Lets every access token expire now, and says how many that were.
    pub fn expire_access(&mut self, now_ms: u64) -> usize {
        self.grants.iter_mut().map(|grant| grant.expire_access(now_ms)).sum()
    }

    /// How many grants can still be used or renewed.
    #[must_use]
    pub fn living(&self, now_ms: u64) -> usize {
        self.grants.iter().filter(|grant| grant.lives(now_ms)).count()
    }
}
