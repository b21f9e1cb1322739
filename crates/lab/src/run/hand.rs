//! The clocks of a scenario: moved by hand, or this computer's own.

use crate::report::Pace;
use engine::{Boot, Now};
use keeper::clock::{ManualClock, TooFar, TravelClock};
use keeper::ports::Clock;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Where the clocks of every scenario at speed begin: 2025-11-23T12:00:00Z. The same each time, so
/// that two runs are alike.
const NOON_MS: i64 = 1_763_899_200_000;

/// Whoever holds it moves the clocks.
#[derive(Clone)]
pub(crate) enum Hand {
    AtSpeed(Arc<ManualClock>),
    RealTime(Arc<TravelClock>),
}

impl Hand {
    pub(crate) fn new(pace: Pace) -> Self {
        match pace {
            Pace::AtSpeed => Self::AtSpeed(Arc::new(ManualClock::new(NOON_MS))),
            Pace::RealTime => Self::RealTime(Arc::new(TravelClock::new())),
        }
    }

    pub(crate) fn at_speed(&self) -> bool {
        matches!(self, Self::AtSpeed(_))
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::AtSpeed(clock) => Arc::clone(clock) as Arc<dyn Clock>,
            Self::RealTime(clock) => Arc::clone(clock) as Arc<dyn Clock>,
        }
    }

    pub(crate) fn now(&self) -> Now {
        self.clock().now()
    }

    /// A suspend of so many milliseconds, over at once.
    pub(crate) fn sleep(&self, ms: i64) -> Result<(), TooFar> {
        match self {
            Self::AtSpeed(clock) => {
                clock.advance(ms);
                Ok(())
            }
            Self::RealTime(clock) => clock.sleep(ms),
        }
    }

    /// Sets the wall clock alone.
    pub(crate) fn set_wall(&self, ms: i64) -> Result<(), TooFar> {
        match self {
            Self::AtSpeed(clock) => {
                clock.set_wall_forward(ms);
                Ok(())
            }
            Self::RealTime(clock) => clock.set_wall(ms),
        }
    }

    /// The server's clock: it goes on with the time that truly passes, whatever ours is set to.
    pub(crate) fn of_the_server(&self) -> demo_server::Clock {
        let clock = self.clock();
        let began = clock.now();
        demo_server::Clock::from_fn(Arc::new(move || {
            let passed = clock.now().boot - began.boot;
            let now_ms = u64::try_from(began.wall.0.saturating_add(passed)).unwrap_or_default();
            UNIX_EPOCH + Duration::from_millis(now_ms)
        }))
    }

    pub(crate) fn since(&self, began: Boot) -> i64 {
        self.now().boot - began
    }
}
