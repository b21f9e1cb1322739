//! What a caller who wants an access token is told.

use crate::engine::Engine;
use crate::grant::Fingerprint;
use crate::plan::SHORTEST_PLANNED_MS;
use crate::session::Session;
use crate::state::State;
use crate::time::{Boot, MINUTE, Now, SECOND};
use crate::view::Worth;

/// Callers wait so long for a token that has ended, in milliseconds.
const PATIENCE_MS: i64 = 30 * SECOND;
/// They get the present token so long before it ends, even where its successor is not there.
const LAST_CALL_MS: i64 = 2 * SECOND;

/// The answer to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Take the present access token.
    Take(Fingerprint),
    /// A next one is on its way; ask again when something changes, or at `until`.
    Wait {
        /// When to ask again at the latest.
        until: Boot,
    },
    /// None can be had now.
    Unavailable {
        /// When the next try is, where there is one.
        next_try: Option<Boot>,
    },
}

impl Engine {
    /// What a caller is told at `now` who has waited since `since`, and wants a token that is good
    /// for `min_validity_ms` more milliseconds (at most half of its lifetime counts).
    ///
    /// Never a token that is past its end, or that an API refused.
    #[must_use]
    pub fn access(&self, min_validity_ms: i64, since: Boot, now: Now) -> Access {
        let next_try = self.next_act().map(|(at, _)| at);
        let none = Access::Unavailable { next_try };
        let patience = since + PATIENCE_MS;
        let Some(session) = &self.session else {
            return match self.state {
                State::Restoring { .. } if now.boot < patience => Access::Wait { until: patience },
                State::Restoring { .. }
                | State::SignedOut
                | State::Resting
                | State::Refreshing { .. }
                | State::Waiting { .. }
                | State::Stopped { .. }
                | State::NeedsSignIn { .. } => none,
            };
        };
        let take = Access::Take(session.access());
        let coming = matches!(self.state, State::Refreshing { .. } | State::Waiting { .. });
        match session.worth(now.boot) {
            Worth::Fresh | Worth::Due if !session.is_too_short(min_validity_ms, now.boot) => take,
            Worth::Fresh | Worth::Due | Worth::LastMoments => {
                let left = session.plan.end - since;
                let spare = if session.plan.lifetime_ms < MINUTE { left / 2 } else { LAST_CALL_MS };
                let until = (session.plan.end + -spare).min(patience);
                if coming && now.boot < until { Access::Wait { until } } else { take }
            }
            Worth::Expired | Worth::RefusedByApi => {
                let soon = session.plan.asked + SHORTEST_PLANNED_MS;
                if coming && now.boot < patience {
                    Access::Wait { until: patience }
                } else if session.renews_on_demand() && now.boot < patience.min(soon) {
                    // Too short to plan for: renewed when wanted, this far apart.
                    Access::Wait { until: soon }
                } else {
                    none
                }
            }
        }
    }

    /// The access token that may be in use: what it is worth is another question. `None` where there is
    /// none, or where it came with a bad ID token.
    #[must_use]
    pub fn in_use(&self) -> Option<Fingerprint> {
        self.session.as_ref().filter(|session| !session.withdrawn).map(Session::access)
    }

    /// The present access token and until when it may be handed out without asking the engine:
    /// until its last moments begin. `None` where every caller has to ask.
    #[must_use]
    pub fn fresh_until(&self) -> Option<(Fingerprint, Boot)> {
        let serves = |session: &&Session| !session.api_refused && !session.withdrawn;
        let session = self.session.as_ref().filter(serves)?;
        let until = if session.plan.assumed { Boot(i64::MAX) } else { session.plan.last_moments };
        Some((session.access(), until))
    }
}
