//! One sign-in, and the tokens that grew out of it.

use serde::{Deserialize, Serialize};

use super::{Accepted, Authorization, Ending, Pair, Refusal, Renewed, Rotation, Terms};
use crate::token::TokenHash;

/// How many tokens of each kind a grant remembers. Older ones become unknown, which is also a
/// refusal; at twenty seconds a token this is more than an hour of reuse detection.
const MOST_TOKENS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grant {
    username: String,
    started_ms: u64,
    ended: Option<Ending>,
    /// What an OAuth client was granted; none for a sign-in of the tutorial's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization: Option<Authorization>,
    /// Oldest first.
    refresh: Vec<RefreshToken>,
    /// Oldest first.
    access: Vec<AccessToken>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefreshToken {
    hash: TokenHash,
    /// The refresh token it was given for; none for the one of the sign-in.
    parent: Option<TokenHash>,
    expires_ms: u64,
    /// When it first got a successor.
    replaced_ms: Option<u64>,
    /// One of its successors was used: whoever holds this token also had the next.
    successor_used: bool,
    /// It, or an access token given with it, was used; or a sibling was, so that it is out.
    settled: bool,
    /// It came in a request before, whatever was answered.
    shown: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessToken {
    hash: TokenHash,
    /// The refresh token that it came with, or that goes on beside it.
    beside: Option<TokenHash>,
    expires_ms: u64,
    killed: bool,
}

impl RefreshToken {
    fn new(hash: TokenHash, parent: Option<TokenHash>, expires_ms: u64) -> Self {
        Self {
            hash,
            parent,
            expires_ms,
            replaced_ms: None,
            successor_used: false,
            settled: false,
            shown: false,
        }
    }
}

/// What is to be done with a refresh token that was replaced before.
enum Again {
    Accept,
    Refuse,
    EndTheGrant,
}

impl Grant {
    pub(super) fn begun(
        username: &str,
        terms: &Terms,
        access: TokenHash,
        refresh: Option<TokenHash>,
        now_ms: u64,
    ) -> Self {
        let first = refresh.map(|hash| {
            RefreshToken::new(hash, None, now_ms.saturating_add(terms.refresh_lifetime_ms))
        });
        let mut grant = Self {
            username: username.to_owned(),
            started_ms: now_ms,
            ended: None,
            authorization: None,
            refresh: first.into_iter().collect(),
            access: Vec::new(),
        };
        grant.give_access(access, refresh, terms, now_ms);
        grant
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    pub(super) fn authorization(&self) -> Option<&Authorization> {
        self.authorization.as_ref()
    }

    pub(super) fn authorize(&mut self, authorization: Authorization) {
        self.authorization = Some(authorization);
    }

    pub(super) fn has_refresh(&self, hash: TokenHash) -> bool {
        self.refresh.iter().any(|token| token.hash == hash)
    }

    pub(super) fn has_access(&self, hash: TokenHash) -> bool {
        self.access.iter().any(|token| token.hash == hash)
    }

    pub(super) fn lives(&self, now_ms: u64) -> bool {
        let refresh = self
            .refresh
            .iter()
            .any(|token| token.replaced_ms.is_none() && now_ms < token.expires_ms);
        let access = self.access.iter().any(|token| !token.killed && now_ms < token.expires_ms);
        self.ended.is_none() && (refresh || access)
    }

    /// Ends the grant; 1 if it had not ended before. The first reason stays.
    pub(super) fn end(&mut self, ending: Ending) -> usize {
        let first = self.ended.is_none();
        self.ended.get_or_insert(ending);
        usize::from(first)
    }

    pub(super) fn expire_access(&mut self, now_ms: u64) -> usize {
        let fresh = self.access.iter_mut().filter(|token| now_ms < token.expires_ms);
        fresh.map(|token| token.expires_ms = now_ms).count()
    }

    pub(super) fn note_shown(&mut self, hash: TokenHash) -> Option<bool> {
        let token = self.refresh.iter_mut().find(|token| token.hash == hash)?;
        Some(std::mem::replace(&mut token.shown, true))
    }

    pub(super) fn refresh(
        &mut self,
        shown: TokenHash,
        terms: &Terms,
        fresh: Pair,
        now_ms: u64,
    ) -> Result<Renewed, Refusal> {
        if let Some(ending) = self.ended {
            return Err(Refusal::Ended(ending));
        }
        let token = self.refresh.iter().find(|token| token.hash == shown);
        let token = token.ok_or(Refusal::Unknown)?;
        if now_ms >= token.expires_ms {
            return Err(Refusal::Expired);
        }
        match token.replaced_ms.map(|at| again(token, at, terms.rotation, now_ms)) {
            None | Some(Again::Accept) => {}
            Some(Again::Refuse) => return Err(Refusal::Replaced),
            Some(Again::EndTheGrant) => {
                self.end(Ending::Reused);
                return Err(Refusal::Replaced);
            }
        }
        self.settle(shown, terms.rotation, now_ms);
        if terms.kill_old_access {
            self.access.iter_mut().for_each(|token| token.killed = true);
        }
        let rotated = terms.rotation != Rotation::None;
        let expires_ms = now_ms.saturating_add(terms.refresh_lifetime_ms);
        for token in self.refresh.iter_mut().filter(|token| token.hash == shown) {
            if rotated {
                // The first replacement counts: a grace period does not slide.
                token.replaced_ms.get_or_insert(now_ms);
            } else {
                token.expires_ms = expires_ms;
            }
        }
        let beside = if rotated {
            self.refresh.push(RefreshToken::new(fresh.refresh, Some(shown), expires_ms));
            fresh.refresh
        } else {
            shown
        };
        self.give_access(fresh.access, Some(beside), terms, now_ms);
        self.forget_oldest();
        Ok(Renewed { username: self.username.clone(), rotated })
    }

    pub(super) fn use_access(
        &mut self,
        shown: TokenHash,
        rotation: Rotation,
        now_ms: u64,
    ) -> Result<Accepted, Refusal> {
        if let Some(ending) = self.ended {
            return Err(Refusal::Ended(ending));
        }
        let token = self.access.iter().find(|token| token.hash == shown);
        let token = token.ok_or(Refusal::Unknown)?;
        if token.killed {
            return Err(Refusal::Killed);
        }
        if now_ms >= token.expires_ms {
            return Err(Refusal::Expired);
        }
        let beside = token.beside;
        let settled = beside.is_some_and(|refresh| self.settle(refresh, rotation, now_ms));
        Ok(Accepted { username: self.username.clone(), settled })
    }

    /// Someone proved to hold this refresh token: its predecessor is no longer needed, nor,
    /// where the first successor wins, are its siblings. Says whether that was news.
    fn settle(&mut self, hash: TokenHash, rotation: Rotation, now_ms: u64) -> bool {
        let Some(token) = self.refresh.iter_mut().find(|token| token.hash == hash) else {
            return false;
        };
        let Some(parent) = token.parent else { return false };
        if std::mem::replace(&mut token.settled, true) {
            return false;
        }
        for token in &mut self.refresh {
            if token.hash == parent {
                token.successor_used = true;
            } else if rotation == Rotation::UntilSuccessorUsed
                && token.parent == Some(parent)
                && token.hash != hash
            {
                token.replaced_ms.get_or_insert(now_ms);
                token.successor_used = true;
                token.settled = true;
            }
        }
        true
    }

    fn give_access(
        &mut self,
        hash: TokenHash,
        beside: Option<TokenHash>,
        terms: &Terms,
        now_ms: u64,
    ) {
        let expires_ms = now_ms.saturating_add(terms.access_lifetime_ms);
        self.access.push(AccessToken { hash, beside, expires_ms, killed: false });
    }

    fn forget_oldest(&mut self) {
        if self.access.len() > MOST_TOKENS {
            self.access.remove(0);
        }
        if self.refresh.len() > MOST_TOKENS {
            let replaced = self.refresh.iter().position(|token| token.replaced_ms.is_some());
            self.refresh.remove(replaced.unwrap_or(0));
        }
    }
}

fn again(token: &RefreshToken, replaced_ms: u64, rotation: Rotation, now_ms: u64) -> Again {
    match rotation {
        Rotation::None => Again::Refuse,
        Rotation::Strict => Again::EndTheGrant,
        Rotation::Grace { seconds } => {
            let until = replaced_ms.saturating_add(seconds.saturating_mul(1_000));
            if now_ms < until { Again::Accept } else { Again::EndTheGrant }
        }
        Rotation::UntilSuccessorUsed => {
            if token.successor_used {
                Again::Refuse
            } else {
                Again::Accept
            }
        }
    }
}
