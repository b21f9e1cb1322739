//! What a disk or a process holds: tokens by number, a session, a record.

use crate::world::{LIFETIME_MS, moment};
use engine::{Ended, Fingerprint, Grant, Identity, Lifetime, Renewal, Snapshot};
use std::hash::{Hash, Hasher};

/// An access token and the refresh token that came with it, by their number: the server counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair(pub(crate) u8);

impl Pair {
    pub(crate) fn access(self) -> Fingerprint {
        Fingerprint((2 * u64::from(self.0)) << 40)
    }

    pub(crate) fn refresh(self) -> Fingerprint {
        Fingerprint((2 * u64::from(self.0) + 1) << 40)
    }

    pub(crate) fn bit(self) -> u64 {
        1_u64.checked_shl(u32::from(self.0)).expect("the bounds allow for fewer tokens")
    }
}

/// A session with its tokens, as a record or a process holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) pair: Pair,
    pub(crate) asked_ms: i64,
    pub(crate) refreshes: u32,
    pub(crate) refused: Option<Ended>,
    pub(crate) intent: Option<Pair>,
}

impl Held {
    pub(crate) fn new(pair: Pair, asked_ms: i64, refreshes: u32) -> Self {
        Self { pair, asked_ms, refreshes, refused: None, intent: None }
    }

    pub(crate) fn grant(&self) -> Grant {
        Grant {
            access: self.pair.access(),
            renewal: Renewal::RefreshToken { fingerprint: self.pair.refresh(), lifetime_ms: None },
            asked: moment(self.asked_ms),
            lifetime: Lifetime::Told(LIFETIME_MS),
            refresh_in_ms: None,
        }
    }

    pub(crate) fn snapshot(&self, epoch: u64, now_ms: i64) -> Box<Snapshot> {
        let nobody = Identity { user: String::new(), name: String::new() };
        Box::new(Snapshot {
            saved_wall_ms: moment(now_ms).wall.0,
            refused: self.refused,
            intent: self.intent.is_some(),
            refreshes: self.refreshes,
            ..Snapshot::new(epoch, nobody, self.grant())
        })
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self { pair, asked_ms, refreshes, refused, intent } = self;
        (pair, asked_ms - now_ms, refreshes, refused, intent).hash(into);
    }
}

/// What is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) epoch: u64,
    pub(crate) session: Option<Held>,
}

impl Record {
    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self { epoch, session } = self;
        (epoch, session.is_some()).hash(into);
        if let Some(held) = session {
            held.hash_at(now_ms, into);
        }
    }
}
