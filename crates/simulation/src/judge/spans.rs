//! Times in which something held.

/// Times in which something held: from, until, in order, without overlap, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    closed: Vec<(i64, i64)>,
    open: Option<i64>,
}

impl Spans {
    /// From this moment on it holds, or does not.
    pub(super) fn set(&mut self, holds: bool, at_ms: i64) {
        match (self.open, holds) {
            (None, true) => self.open = Some(at_ms),
            (Some(from_ms), false) => {
                self.open = None;
                if from_ms < at_ms {
                    self.closed.push((from_ms, at_ms));
                }
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Since when it has held without a break.
    pub(super) fn since(&self) -> Option<i64> {
        self.open
    }

    /// The parts of a time in which it held; `now_ms` is not before any of them.
    pub(super) fn within(&self, from_ms: i64, until_ms: i64) -> Vec<(i64, i64)> {
        let first = self.closed.partition_point(|(_, until)| *until <= from_ms);
        let open = self.open.map(|from| (from, i64::MAX));
        let clipped = self.closed.iter().skip(first).copied().chain(open);
        clipped
            .map(|(from, until)| (from.max(from_ms), until.min(until_ms)))
            .take_while(|(from, _)| *from < until_ms)
            .filter(|(from, until)| from < until)
            .collect()
    }

    /// For how long of a time it held.
    pub(super) fn sum(&self, from_ms: i64, until_ms: i64) -> i64 {
        self.within(from_ms, until_ms).iter().map(|(from, until)| until - from).sum()
    }

    /// All of them until `now_ms`.
    pub(super) fn all(&self, now_ms: i64) -> Vec<(i64, i64)> {
        self.within(i64::MIN, now_ms)
    }
}
