//! How long a frame of the lifeline takes, in the real window.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::{share, window_test};
use crate::project::Project;

/// Half of all frames are drawn in time for a screen that is drawn sixty times a second.
const MEDIAN_MS: f64 = 16.0;
/// No frame is as late as one would notice.
const WORST_MS: f64 = 50.0;

/// What the line of figures that the window test prints begins with.
const LINE: &str = "lifeline_frame_ms ";

/// A month of tokens, panned and zoomed: how long a frame takes, in milliseconds.
#[derive(Debug, PartialEq)]
pub(super) struct Frames {
    bars: u64,
    count: usize,
    median: f64,
    p95: f64,
    worst: f64,
}

/// Measures it.
pub(super) fn measure(project: &Project) -> Result<Frames> {
    Frames::told(&window_test(project, "bench::bench_lifeline")?)
}

impl Frames {
    /// The figures in what the window test printed.
    fn told(said: &str) -> Result<Self> {
        let measured = super::told(said, LINE)?;
        let bars = measured.get("bars").and_then(Value::as_u64);
        let frames = measured
            .get("frames")
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(Value::as_f64).collect());
        let both = bars.zip(frames).context("the window test's figures are not all there")?;
        Self::of(both.0, both.1).context("the window test measured no frame")
    }

    fn of(bars: u64, mut frames: Vec<f64>) -> Option<Self> {
        frames.sort_by(f64::total_cmp);
        Some(Self {
            bars,
            count: frames.len(),
            median: share(&frames, 50)?,
            p95: share(&frames, 95)?,
            worst: share(&frames, 100)?,
        })
    }

    pub(super) fn met(&self) -> bool {
        self.median <= MEDIAN_MS && self.worst <= WORST_MS
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "median": self.median,
            "p95": self.p95,
            "worst": self.worst,
            "frames": self.count,
            "bars": self.bars,
            "limits": { "median": MEDIAN_MS, "worst": WORST_MS },
            "met": self.met(),
        })
    }

    pub(super) fn words(&self) -> String {
        let Self { bars, count, median, p95, worst } = self;
        let met = if self.met() { "within its limits" } else { "over its limits" };
        format!(
            "lifeline: {count} frames of {bars} bars, median {median} ms (at most {MEDIAN_MS}), \
             95 of 100 within {p95} ms, worst {worst} ms (at most {WORST_MS}): {met}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(values: impl IntoIterator<Item = f64>) -> Option<Frames> {
        Frames::of(7, values.into_iter().collect())
    }

    #[test]
    fn figures_are_read_wherever_in_a_line_they_stand() {
        let said = "running 1 test\ntest bench::bench_lifeline ... lifeline_frame_ms \
                    {\"bars\":43200,\"frames\":[9,3,5]}\nok\n";
        let expected = Frames { bars: 43_200, count: 3, median: 5.0, p95: 9.0, worst: 9.0 };
        assert_eq!(Frames::told(said).unwrap(), expected);
        assert!(Frames::told("running 0 tests\n").is_err());
    }

    #[test]
    fn of_a_hundred_frames_five_may_be_slower_than_the_95th() {
        let hundred = frames((1..=100).map(f64::from)).unwrap();
        assert_eq!((hundred.median, hundred.p95, hundred.worst), (50.0, 95.0, 100.0));
        assert_eq!(frames([]), None);
    }

    #[test]
    fn one_limit_missed_is_a_miss() {
        assert!(frames([16.0, 16.0, 50.0]).unwrap().met());
        assert!(!frames([16.0, 17.0, 17.0]).unwrap().met());
        assert!(!frames([1.0, 1.0, 51.0]).unwrap().met());
    }

    #[test]
    fn programs_are_told_the_limits_beside_the_figures() {
        let told = frames([4.0]).unwrap().json();
        let limits = json!({ "median": 16.0, "worst": 50.0 });
        assert_eq!(told["limits"], limits);
        assert_eq!(told["met"], json!(true));
    }
}
