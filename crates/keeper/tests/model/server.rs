//! The auth server: the demo server's own policy code, and what the model remembers of its decisions
//! to judge by.

use crate::record::Pair;
use demo_server::policy::{self, Grants, Terms};
use demo_server::{Rotation, TokenHash};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

/// The hashes of every access and refresh token that may be given.
static HASHES: LazyLock<Vec<policy::Pair>> = LazyLock::new(|| {
    (0..64)
        .map(|number| policy::Pair {
            access: TokenHash::of(&format!("access {number}")),
            refresh: TokenHash::of(&format!("refresh {number}")),
        })
        .collect()
});

/// No token ends by itself at the server: what ends is the grant.
const FOR_EVER_MS: u64 = 1 << 50;

/// Longer than any grace period here.
const LONG_MS: i64 = 1 << 40;

#[derive(Clone, Debug)]
pub(crate) struct Server {
    terms: Terms,
    grants: Arc<Grants>,
    next: u8,
    /// Which pairs' refresh tokens were refused, a bit each.
    refused: u64,
    /// Which were replaced.
    rotated: u64,
    revoked: bool,
}

impl Server {
    pub(crate) fn new(rotation: Rotation) -> Self {
        let terms = Terms {
            rotation,
            access_lifetime_ms: FOR_EVER_MS,
            refresh_lifetime_ms: FOR_EVER_MS,
            kill_old_access: false,
        };
        Self { terms, grants: Arc::default(), next: 0, refused: 0, rotated: 0, revoked: false }
    }

    /// Its clock: stands still unless its policy looks at it, so that equal grants are equal.
    fn clock(&self, now_ms: i64) -> u64 {
        match self.terms.rotation {
            Rotation::Grace { .. } => now_ms.unsigned_abs(),
            Rotation::None | Rotation::Strict | Rotation::UntilSuccessorUsed => 0,
        }
    }

    fn fresh(&mut self) -> Pair {
        self.next += 1;
        Pair(self.next)
    }

    pub(crate) fn sign_in(&mut self, now_ms: i64) -> Pair {
        let (pair, clock) = (self.fresh(), self.clock(now_ms));
        let hashes = hashes(pair);
        Arc::make_mut(&mut self.grants).sign_in(
            "alice",
            &self.terms,
            hashes.access,
            Some(hashes.refresh),
            clock,
        );
        pair
    }

    /// Decides about a refresh token.
    pub(crate) fn refresh(&mut self, shown: Pair, now_ms: i64) -> Option<Pair> {
        let (fresh, clock) = (Pair(self.next + 1), self.clock(now_ms));
        let answer = Arc::make_mut(&mut self.grants).refresh(
            hashes(shown).refresh,
            &self.terms,
            hashes(fresh),
            clock,
        );
        if answer.is_ok() {
            self.next = fresh.0;
            self.rotated |= shown.bit();
            Some(fresh)
        } else {
            self.refused |= shown.bit();
            None
        }
    }

    /// An API call with this access token.
    pub(crate) fn use_access(&mut self, pair: Pair, now_ms: i64) {
        let (rotation, clock) = (self.terms.rotation, self.clock(now_ms));
        // Refused or not, the session does not hang on it here.
        let _accepted =
            Arc::make_mut(&mut self.grants).use_access(hashes(pair).access, rotation, clock);
    }

    pub(crate) fn sign_out(&mut self, pair: Pair) {
        Arc::make_mut(&mut self.grants).sign_out(hashes(pair).refresh);
    }

    pub(crate) fn revoke_all(&mut self) {
        self.revoked = true;
        Arc::make_mut(&mut self.grants).revoke(None);
    }

    pub(crate) fn would_renew(&self, pair: Pair, now_ms: i64) -> bool {
        self.clone().refresh(pair, now_ms).is_some()
    }

    /// Whether it would renew that at any time from now on, too: not only until a grace period is over.
    pub(crate) fn renews_for_good(&self, pair: Pair, now_ms: i64) -> bool {
        self.would_renew(pair, now_ms) && self.would_renew(pair, now_ms + LONG_MS)
    }

    /// Whether a token that was replaced is renewed again for as long as nobody has used what came
    /// instead: then no answer that is lost need cost a session, however late that is noticed.
    pub(crate) fn always_repeats(&self) -> bool {
        match self.terms.rotation {
            Rotation::None | Rotation::UntilSuccessorUsed => true,
            Rotation::Strict | Rotation::Grace { .. } => false,
        }
    }

    pub(crate) fn has_refused(&self, pair: Pair) -> bool {
        self.refused & pair.bit() != 0
    }

    pub(crate) fn has_rotated(&self, pair: Pair) -> bool {
        self.rotated & pair.bit() != 0
    }

    pub(crate) fn has_revoked(&self) -> bool {
        self.revoked
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self { terms: _, grants, next, refused: _, rotated: _, revoked: _ } = self;
        (grants, next, self.clock(now_ms)).hash(into);
    }

    pub(crate) fn hash_memory(&self, into: &mut impl Hasher) {
        (self.refused, self.rotated, self.revoked).hash(into);
    }
}

fn hashes(pair: Pair) -> policy::Pair {
    HASHES[usize::from(pair.0)]
}
