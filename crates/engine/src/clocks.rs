//! What the engine makes of the clocks it is shown: sleeps, jumps, and the difference to the server.

use crate::failure::ClockSample;
use crate::time::{MINUTE, Now, SECOND};
use std::collections::VecDeque;

/// The keeper's tick, in milliseconds.
const TICK_MS: i64 = 5 * SECOND;
/// A tick that comes so late, by time since boot, is a wake.
const LATE_MS: i64 = 10 * SECOND;
/// The wall clock and time since boot may drift so far apart between two looks before somebody is
/// said to have set the clock.
const JUMP_MS: i64 = 2 * SECOND;
/// The difference to the server is the median of so many samples.
const SAMPLES: usize = 5;

/// What was seen of the clocks.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    pub(crate) last: Now,
    pub(crate) samples: VecDeque<ClockSample>,
    /// Server minus wall clock, as an earlier run measured it.
    pub(crate) remembered_offset_ms: Option<i64>,
    /// The last jump of the wall clock, and when.
    pub(crate) jump: Option<(i64, Now)>,
}

/// What a look at the clocks showed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// The computer slept for so many milliseconds.
    pub(crate) slept_ms: Option<i64>,
    /// The wall clock was set forward (or, negative, back) by so many milliseconds.
    pub(crate) jumped_ms: Option<i64>,
}

impl Clocks {
    pub(crate) fn new(now: Now) -> Self {
        Self { last: now, samples: VecDeque::new(), remembered_offset_ms: None, jump: None }
    }

    /// Looks at the clocks. Called once for every input, ticks included.
    pub(crate) fn look(&mut self, now: Now) -> Seen {
        let by_boot = now.boot - self.last.boot;
        let by_wall = now.wall - self.last.wall;
        self.last = now;
        let slept_ms = (by_boot >= TICK_MS + LATE_MS).then_some(by_boot);
        let difference = by_wall - by_boot;
        let jumped_ms = (difference.abs() >= JUMP_MS).then_some(difference);
        if let Some(by) = jumped_ms {
            self.jump = Some((by, now));
            // Every sample was measured against the clock as it stood before.
            for sample in &mut self.samples {
                sample.offset_ms = sample.offset_ms.saturating_sub(by);
            }
            self.remembered_offset_ms = self.remembered_offset_ms.map(|ms| ms.saturating_sub(by));
        }
        Seen { slept_ms, jumped_ms }
    }

    pub(crate) fn remember(&mut self, offset_ms: Option<i64>) {
        self.remembered_offset_ms = offset_ms;
    }

    pub(crate) fn sample(&mut self, sample: ClockSample) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The difference to the server: the median, with its bound. Measured in this run only.
    pub(crate) fn measured(&self) -> Option<ClockSample> {
        let mut sorted: Vec<ClockSample> = self.samples.iter().copied().collect();
        sorted.sort_by_key(|sample| sample.offset_ms);
        sorted.get(sorted.len() / 2).copied()
    }

    /// Server minus wall clock, in milliseconds: measured, or remembered from an earlier run.
    pub(crate) fn offset_ms(&self) -> Option<i64> {
        self.measured().map(|sample| sample.offset_ms).or(self.remembered_offset_ms)
    }

    /// The jump to tell of: for a minute after it happened.
    pub(crate) fn recent_jump_ms(&self, now: Now) -> Option<i64> {
        self.jump.filter(|(_, at)| now.boot - at.boot < MINUTE).map(|(by, _)| by)
    }
}
