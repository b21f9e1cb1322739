//! Telling a server that a session has ended here: what an answer means, and when to try again.

use crate::failure::{Class, Failure};
use crate::plan::Draw;
use crate::time::{HOUR, MINUTE, SECOND};

/// The steps between tries: as for a renewal, and on to an hour.
const LADDER_MS: [i64; 11] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    4 * MINUTE,
    8 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
];
/// What is not known to have ended is given up after so long, in milliseconds: thirty days.
pub const GIVE_UP_REVOKING_AFTER_MS: i64 = 30 * 24 * HOUR;

/// What follows from a failure to tell a server of a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The server heard it and does not accept it: there is no point in saying it again.
    NotAccepted,
    /// It is said again after so many milliseconds.
    Again {
        /// How long to wait.
        in_ms: i64,
    },
}

impl Revocation {
    /// After the `tries`th failure in a row (the first is 1). `id` names what is to be revoked: the
    /// waits of two are not the same.
    ///
    /// Any 4xx but 408 and 429 is the server's last word (RFC 7009 section 2.2.1 knows no other that
    /// a repetition would change); everything else is tried up the ladder, at most hourly, and never
    /// sooner than the server asked for (RFC 9110 section 10.2.3).
    #[must_use]
    pub fn after(failure: &Failure, tries: u32, id: u64) -> Self {
        let refused = failure.class != Class::Throttled
            && failure
                .exchange
                .status
                .is_some_and(|status| matches!(status, 400..=499) && !matches!(status, 408 | 429));
        if refused {
            return Self::NotAccepted;
        }
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let step = LADDER_MS.get(index).copied().unwrap_or(HOUR);
        let wait = step / 2 + Draw::new(id, u64::from(tries)).part_of(step / 2, 0);
        let told = failure.retry_after_ms.unwrap_or(0).clamp(0, HOUR);
        Self::Again { in_ms: wait.max(told) }
    }
}
