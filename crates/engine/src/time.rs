//! Moments. The engine reads no clock: every call brings its own [`Now`].

use std::ops::{Add, Sub};

/// A point on the wall clock: milliseconds since 1970-01-01T00:00:00Z, as this machine believes.
///
/// People set it, and it may be wrong: no deadline inside one boot hangs on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(pub i64);

/// A point in time since boot, suspend included, in milliseconds. Nobody can set it.
///
/// It is signed because a token asked for in an earlier boot was asked for before this one began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boot(pub i64);

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: Wall,
    /// Time since boot, suspend included.
    pub boot: Boot,
}

impl Now {
    /// Where the wall clock will stand, or stood, at `boot`, if nobody sets it.
    #[must_use]
    pub fn wall_at(self, boot: Boot) -> Wall {
        self.wall + (boot - self.boot)
    }
}

impl Add<i64> for Wall {
    type Output = Self;
    /// Later by so many milliseconds; saturates, so that a year 9999 cannot wrap around.
    fn add(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Sub for Wall {
    type Output = i64;
    /// Milliseconds from `other` to `self`.
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl Add<i64> for Boot {
    type Output = Self;
    /// Later by so many milliseconds; saturates.
    fn add(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Sub for Boot {
    type Output = i64;
    /// Milliseconds from `other` to `self`.
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// One second, in milliseconds.
pub const SECOND: i64 = 1_000;
/// One minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
