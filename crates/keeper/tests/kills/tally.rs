//! What the kills met, and what is on the server and on the disk after one.

use demo_server::Counters;
use keeper::record::Record;
use std::ops::AddAssign;

/// What came of all the kills of one policy.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: u64,
    /// Kills after a renewal's intent was written, and before its answer was saved.
    pub(crate) intents: u64,
    /// Kills inside a refresh: the server saw the request, and no answer of it was saved.
    pub(crate) inside: u64,
    /// Of those, the ones after the server had granted it.
    pub(crate) rotated: u64,
    /// Kills inside a refresh of which nothing on the disk tells.
    pub(crate) unmarked: u64,
    /// Sessions that did not go on.
    pub(crate) lost: u64,
    /// Requests that the server took for the reuse of a refresh token.
    pub(crate) detected: u64,
    /// Refreshes that the server refused.
    pub(crate) refused: u64,
    /// Refresh tokens that the server saw again.
    pub(crate) shown_twice: u64,
    /// Refusals that were asked for again, because the process that was refused was killed before it
    /// had written that down.
    pub(crate) again: u64,
    /// Renewals that were saved.
    pub(crate) saved: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.intents += other.intents;
        self.inside += other.inside;
        self.rotated += other.rotated;
        self.unmarked += other.unmarked;
        self.lost += other.lost;
        self.detected += other.detected;
        self.refused += other.refused;
        self.shown_twice += other.shown_twice;
        self.again += other.again;
        self.saved += other.saved;
    }
}

impl Tally {
    /// For people.
    pub(crate) fn in_words(&self, policy: &str) -> String {
        format!(
            "{policy}: {} kills, {} with an intent on disk, {} inside a refresh, {} after it was \
             granted; {} lost; {} renewals saved\n",
            self.kills, self.intents, self.inside, self.rotated, self.lost, self.saved
        )
    }
}

/// How far the server and the disk are at one moment, nothing being under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stock {
    /// Refreshes that the server was asked for.
    pub(crate) asked: u64,
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    /// Renewals in the stored session since its sign-in.
    pub(crate) saved: u64,
    /// The stored session says that a renewal has begun.
    pub(crate) intent: bool,
}

impl Stock {
    /// Of a session that has just begun.
    pub(crate) fn at_sign_in(counters: &Counters) -> Self {
        Self {
            asked: counters.refreshes,
            granted: counters.refreshes_granted,
            refused: counters.refreshes_refused,
            saved: 0,
            intent: false,
        }
    }

    /// What is there after a kill.
    ///
    /// # Panics
    /// Where a process went on asking although an answer of its life was not saved.
    pub(crate) fn after(self, counters: &Counters, record: &Record) -> Self {
        let session = record.session.as_ref();
        let now = Self {
            asked: counters.refreshes,
            granted: counters.refreshes_granted,
            refused: counters.refreshes_refused,
            saved: session.map_or(self.saved, |held| u64::from(held.refreshes)),
            intent: session.is_some_and(|held| held.intent.is_some()),
        };
        let saved = now.saved - self.saved;
        let open = now.asked - self.asked - saved;
        assert!(open <= 1, "asked {open} times for what was never saved: {self:?}, {now:?}");
        now
    }

    /// The server was asked in this life, and no answer was saved.
    pub(crate) fn inside(&self, before: &Self) -> bool {
        self.asked - before.asked > self.saved - before.saved
    }

    /// The server was asked, and neither its answer nor the intent to ask is on the disk. What it
    /// has refused needs none.
    pub(crate) fn is_unmarked(&self, before: &Self) -> bool {
        self.inside(before) && !self.intent && self.refused == before.refused
    }

    /// It had granted what it was asked for.
    pub(crate) fn rotated(&self, before: &Self) -> bool {
        self.granted - before.granted > self.saved - before.saved
    }
}
