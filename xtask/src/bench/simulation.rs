//! What the simulation tells: how long a year takes to play, and how a fleet's requests fall.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::goal::{Figure, Goal};
use super::{Figures, built, printed};
use crate::project::Project;

/// How much busier than the mean the busiest second may be.
const PEAK: f64 = 5.0;

/// Builds it, in the profile for measuring.
pub(super) fn build(project: &Project) -> Result<PathBuf> {
    built(project, &["--profile", "proof", "--package", "simulation", "--bins"])
}

/// One year of one person, and one day of a fleet.
pub(super) fn measure(program: &Path) -> Result<Figures> {
    let start = Instant::now();
    printed(
        Command::new(program)
            .args(["--days", "365", "--runs", "1", "--policy", "keeper", "--json"]),
    )?;
    let year_ms = start.elapsed().as_secs_f64() * 1e3;
    let fleet = printed(Command::new(program).args(["--fleet", "100000", "--json"]))?;
    judged(year_ms, &fleet)
}

fn judged(year_ms: f64, fleet: &Value) -> Result<Figures> {
    // Those of our policy stand before the list of all.
    let one = |name: &str| fleet.get(name).and_then(Value::as_f64);
    let both = one("peak_per_s").zip(one("mean_per_s"));
    let (peak, mean) = both.context("the fleet's figures are not all there")?;
    let fleet = json!({ "peak_per_s": peak, "mean_per_s": mean });
    let json = [("simulated_year_ms".to_owned(), json!(year_ms)), ("fleet".to_owned(), fleet)];
    let lines = vec![
        Figure::new("one simulated year", year_ms, "ms", Goal::None),
        Figure {
            note: format!(
                "100,000 desktops: {peak:.0} in the busiest second, {mean:.1} on average"
            ),
            ..Figure::new("busiest second of a fleet", peak / mean, "×", Goal::AtMost(PEAK))
        },
    ];
    Ok(Figures { json: json.into_iter().collect(), lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_played_is_told_as_it_is() {
        let told = json!({ "desktops": 100_000, "peak_per_s": 150, "mean_per_s": 33.0 });
        let figures = judged(800.0, &told).unwrap();
        assert_eq!(figures.json["fleet"], json!({ "peak_per_s": 150.0, "mean_per_s": 33.0 }));
        assert!(figures.met());
        let others =
            json!({ "fleets": [{ "policy": "article", "peak_per_s": 9, "mean_per_s": 3.0 }] });
        assert!(judged(800.0, &others).is_err(), "another's figures are not ours");
    }

    #[test]
    fn a_second_that_is_too_busy_is_a_miss() {
        let told = json!({ "peak_per_s": 166.0, "mean_per_s": 33.0 });
        assert!(!judged(800.0, &told).unwrap().met());
    }
}
