//! When a process is killed.

use crate::copy::Copy;
use crate::relay::Relay;
use std::time::Duration;

/// A moment to be killed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// So long after its start, wherever it is by then: reading, retrying, renewing.
    OfTheStart(Duration),
    /// So long after it was seen to go on.
    Later(Duration),
    /// So long after a refresh went to the server.
    Asked(Duration),
    /// The server has decided, and its answer has not arrived.
    Decided,
    /// So long after the answer was passed on: while it is saved.
    Answered(Duration),
    /// The API was called with what a renewal brought, and nothing has come after that.
    Used,
}

impl Moment {
    pub(crate) fn drawn(dice: &mut Dice) -> Self {
        let up_to = |dice: &mut Dice, us: u64| Duration::from_micros(dice.below(us));
        match dice.below(8) {
            0 => Self::OfTheStart(up_to(dice, 150_000)),
            1 => Self::Later(up_to(dice, 60_000)),
            2 | 3 => Self::Asked(up_to(dice, 3_000)),
            4 | 5 => Self::Decided,
            _ => Self::Answered(up_to(dice, 12_000)),
        }
    }

    /// Whether it does not wait until the process is seen to go on.
    pub(crate) fn is_of_the_start(self) -> bool {
        matches!(self, Self::OfTheStart(_))
    }

    /// Returns once it has come. It comes to nothing where the process ends up signed out: the next
    /// one tells.
    pub(crate) async fn comes(self, relay: &Relay, copy: &mut Copy) {
        let then = match self {
            Self::OfTheStart(then) | Self::Later(then) => then,
            Self::Used => Duration::ZERO,
            Self::Asked(then) => {
                relay.next_refresh(copy).await;
                then
            }
            Self::Decided => {
                relay.withhold(true);
                relay.next_answer(copy).await;
                Duration::ZERO
            }
            Self::Answered(then) => {
                relay.next_answer(copy).await;
                then
            }
        };
        // On a thread: the runtime's timer counts in whole milliseconds.
        tokio::task::spawn_blocking(move || std::thread::sleep(then)).await.unwrap();
    }
}

/// Random numbers that are the same for the same seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (drawn ^ (drawn >> 31)) % bound
    }
}
