//! What is at hand and not on disk, and what it may replace there.

use crate::record::{Record, Session};
use crate::snapshot::{fingerprint, renewal_fingerprint};
use engine::Fingerprint;

/// So many earlier stands are remembered. Each is a renewal in a row that could not be saved.
const REMEMBERED: usize = 16;

/// A record that is not on disk yet.
#[derive(Clone)]
pub(crate) struct Unsaved {
    pub(crate) record: Record,
    /// What may be on disk that this is the successor of: it replaces that, and nothing else.
    over: Vec<Over>,
    /// Its very sign-in is not on disk: it replaces whatever is there from before.
    new_epoch: bool,
}

/// What is on disk, by what tells one renewal of a session from every other. The access token, too:
/// a server that does not rotate gives the same refresh token each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) epoch: Option<u64>,
    pub(crate) renewal: Option<Fingerprint>,
    pub(crate) access: Option<Fingerprint>,
}

impl Over {
    /// A session of this epoch.
    pub(crate) fn of_session(epoch: u64, session: &Session) -> Self {
        Self {
            epoch: Some(epoch),
            renewal: renewal_fingerprint(&session.fingerprint_key, &session.tokens),
            access: Some(fingerprint(&session.fingerprint_key, &session.tokens.access)),
        }
    }

    pub(crate) fn of(record: Option<&Record>) -> Self {
        let held = record.and_then(|record| record.session.as_ref());
        Self {
            epoch: record.map(|record| record.epoch),
            renewal: held.and_then(|held| renewal_fingerprint(&held.fingerprint_key, &held.tokens)),
            access: held.map(|held| fingerprint(&held.fingerprint_key, &held.tokens.access)),
        }
    }
}

impl Unsaved {
    /// A sign-in that could not be saved.
    pub(crate) fn sign_in(record: Record) -> Self {
        Self { record, over: Vec::new(), new_epoch: true }
    }

    /// A renewal of what `found` says is on disk, or of what could not be saved `before` it.
    pub(crate) fn renewal(record: Record, found: Over, before: Option<Self>) -> Self {
        let (mut over, new_epoch) =
            before.map_or((Vec::new(), false), |before| (before.over, before.new_epoch));
        if !over.contains(&found) {
            over.push(found);
        }
        if over.len() > REMEMBERED {
            // The first is what was there when the trouble began, and likely is still.
            over.remove(1);
        }
        Self { record, over, new_epoch }
    }

    /// Which session this is.
    pub(crate) fn stand(&self) -> Over {
        Over::of(Some(&self.record))
    }

    /// What to write over this: the outbox is not the session's, and stays.
    pub(crate) fn over(&self, stored: Option<&Record>) -> Record {
        let outbox = stored.map_or_else(Vec::new, |stored| stored.outbox.clone());
        Record { outbox, ..self.record.clone() }
    }

    pub(crate) fn may_replace(&self, found: Over) -> bool {
        let older = self.new_epoch && found.epoch < Some(self.record.epoch);
        older || self.over.contains(&found)
    }
}
