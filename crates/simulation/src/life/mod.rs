//! What happens to one person's computer in a year: drawn from a seed, the same for every policy.
//!
//! These tokens are opaque; a key change does to them what it does to signed ones: the API accepts none
//! of those that were given before.

mod days;
mod hazards;
mod network;
pub mod often;

use crate::computer::Link;
use crate::server::Mood;
use days::Stretch;
use demo_server::Rotation;
use fastrand::Rng;
use often::{DAY, HOUR, Range};

/// Which copy of the app: 0 is the one that is always there, 1 the second one.
pub type Copy = u8;

/// What a life is drawn by, besides its seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many days it lasts.
    pub days: u32,
    /// How long an access token lives, in milliseconds.
    pub access_lifetime_ms: i64,
    /// How long a refresh token lives from its last use, in milliseconds.
    pub refresh_lifetime_ms: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            days: 365,
            access_lifetime_ms: HOUR,
            refresh_lifetime_ms: often::REFRESH_LIVES_DAYS * DAY,
        }
    }
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A copy is opened.
    Open(Copy),
    /// A copy is closed by its person.
    Quit(Copy),
    /// A copy is stopped, as `kill -9` does.
    Kill {
        /// Which.
        copy: Copy,
        /// How long until it is opened again, in milliseconds.
        away_ms: i64,
    },
    /// The next copy whose refresh the server answers is killed.
    KillInMidRefresh {
        /// How long after the server answered, in milliseconds.
        after_ms: i64,
        /// How long until it is opened again, in milliseconds.
        away_ms: i64,
    },
    /// A window comes to the front.
    Focus(Copy),
    /// Somebody wants to call the API.
    CallApi(Copy),
    /// The person comes to the computer.
    Comes,
    /// The person leaves it running.
    Leaves,
    /// The computer is suspended.
    Suspend {
        /// Until this true time, in milliseconds.
        until_ms: i64,
    },
    /// Every copy is closed, and the computer is off.
    Off {
        /// Until this true time, in milliseconds.
        until_ms: i64,
    },
    /// The network changes.
    Connect(Link),
    /// The wall clock is set: so many milliseconds from what it should show.
    SetClock(i64),
    /// The server's mood changes.
    Server(Mood),
    /// The server will lose its next answer to a refresh.
    LoseAnswer,
    /// The server rotates otherwise from here on.
    Rotate(Rotation),
    /// The server's clock is off by so many milliseconds.
    ServerClock(i64),
    /// The server's owner revokes every session.
    Revoke,
    /// The server changes its keys: its API accepts none of the access tokens of before.
    ChangeKeys,
    /// The person signs out.
    SignOut(Copy),
    /// The person wants to be signed in.
    SignIn(Copy),
    /// The person signs out as soon as a refresh is under way, and in again.
    SignOutInMidRefresh {
        /// In the copy that is not the one that refreshes, where there is one.
        elsewhere: bool,
        /// How long after the refresh was asked for, in milliseconds.
        after_ms: i64,
        /// How long until the person signs in again, in milliseconds.
        away_ms: i64,
    },
}

/// A life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// What it was drawn from; the network's luck is drawn from it, too.
    pub seed: u64,
    /// When it ends, in milliseconds of true time.
    pub ends_ms: i64,
    /// What happens, and at which true time in milliseconds; in order.
    pub events: Vec<(i64, Event)>,
}

impl Life {
    /// Draws a life.
    #[must_use]
    pub fn drawn(seed: u64, options: &Options) -> Self {
        let ends_ms = i64::from(options.days) * DAY;
        let stretches = days::drawn(&mut Dice::new(seed, 1), options.days);
        let mut events = vec![(0, Event::SignIn(0))];
        days::tell(&mut Dice::new(seed, 2), &stretches, ends_ms, &mut events);
        network::tell(&mut Dice::new(seed, 3), &stretches, &mut events);
        hazards::tell(&mut Dice::new(seed, 4), &stretches, options.days, &mut events);
        events.retain(|(at_ms, _)| *at_ms < ends_ms);
        events.sort_by_key(|(at_ms, _)| *at_ms);
        Self { seed, ends_ms, events }
    }
}

/// Draws.
struct Dice(Rng);

impl Dice {
    /// Every topic draws for itself: a change of one leaves the others as they were.
    fn new(seed: u64, topic: u64) -> Self {
        Self(Rng::with_seed(seed.wrapping_mul(31).wrapping_add(topic)))
    }

    fn of(&mut self, (from, below): Range) -> i64 {
        self.0.i64(from..below)
    }

    /// True in so many of a hundred cases.
    fn in_hundred(&mut self, cases: u64) -> bool {
        self.0.u64(0..100) < cases
    }

    /// So many a year, in so many days; the fraction is drawn.
    fn times(&mut self, a_year: i64, days: u32) -> i64 {
        (a_year * i64::from(days) + self.of((0, 365))) / 365
    }

    /// A moment at which the computer is awake.
    fn awake(&mut self, stretches: &[Stretch]) -> Option<i64> {
        let all: i64 = stretches.iter().map(Stretch::lasts_ms).sum();
        let mut left = self.of((0, all.max(1)));
        for stretch in stretches {
            if left < stretch.lasts_ms() {
                return Some(stretch.from_ms + left);
            }
            left -= stretch.lasts_ms();
        }
        None
    }

    /// Either way.
    fn signed(&mut self, range: Range) -> i64 {
        let amount = self.of(range);
        if self.0.bool() { amount } else { -amount }
    }
}
