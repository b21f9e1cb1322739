//! One person's day at a desktop: when they come, look, eat and leave. Derived, never rolled twice.

use engine::{HOUR, MINUTE, SECOND};
use fastrand::Rng;
use std::ops::Range;

/// Everybody starts within so long after nine, in milliseconds.
const COMES: Range<i64> = 0..10 * MINUTE;
/// When people leave, in milliseconds after nine: from 17:00 to 18:30.
const LEAVES: Range<i64> = 8 * HOUR..9 * HOUR + 30 * MINUTE;
/// How many in ten close the lid at lunch; the others leave the computer on.
const SUSPEND_AT_LUNCH: u8 = 7;
/// When lunch begins, in milliseconds after nine: from 11:30 to 12:45.
const LUNCH: Range<i64> = 150 * MINUTE..225 * MINUTE;
/// How long it lasts, in milliseconds.
const LUNCH_LASTS: Range<i64> = 30 * MINUTE..60 * MINUTE;
/// From one look at the window to the next, in milliseconds: five times an hour on average.
const BETWEEN_LOOKS: Range<i64> = 10 * SECOND..24 * MINUTE;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Brings the window to the front.
    Looks,
    /// Closes the lid: the computer is suspended.
    Suspends,
    /// Opens it again.
    Wakes,
}

/// One person's day, in milliseconds after nine.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// When the desktop is there.
    pub(crate) starts: i64,
    /// What happens then, in order.
    pub(crate) acts: Vec<(i64, Act)>,
    /// When it is gone.
    pub(crate) leaves: i64,
}

impl Day {
    /// A day as people have them.
    pub(crate) fn of(rng: &mut Rng) -> Self {
        let starts = rng.i64(COMES);
        let leaves = rng.i64(LEAVES);
        let lunch = rng.i64(LUNCH);
        let back = lunch + rng.i64(LUNCH_LASTS);
        let suspends = rng.u8(0..10) < SUSPEND_AT_LUNCH;
        let mut acts = Vec::new();
        if suspends {
            acts.extend([(lunch, Act::Suspends), (back, Act::Wakes)]);
        }
        let mut look = starts + rng.i64(BETWEEN_LOOKS);
        while look < leaves {
            let asleep = suspends && (lunch..back).contains(&look);
            if !asleep {
                acts.push((look, Act::Looks));
            }
            look += rng.i64(BETWEEN_LOOKS);
        }
        acts.sort_by_key(|(at, _)| *at);
        Self { starts, acts, leaves }
    }
}
