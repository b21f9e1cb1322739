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
    let one = ["--days", "365", "--runs", "1", "--policy", "keeper", "--json"];
    let year = printed(Command::new(program).args(one))?;
    let year_ms = start.elapsed().as_secs_f64() * 1e3;
    let fleet = printed(Command::new(program).args(["--fleet", "100000", "--json"]))?;
    judged(year_ms, &year, &fleet)
}

fn judged(year_ms: f64, year: &Value, fleet: &Value) -> Result<Figures> {
    let number = |place: Option<&Value>| place.and_then(Value::as_f64);
    let year_of_ours = |name: &str| {
        let figure = number(year.get(0).and_then(|ours| ours.get(name)));
        figure.with_context(|| format!("the year's `{name}` is not there"))
    };
    let none = |what: &'static str, name: &str| {
        Ok::<_, anyhow::Error>(Figure::new(what, year_of_ours(name)?, "", Goal::Exactly(0.0)))
    };
    let more = year_of_ours("refreshes")? / year_of_ours("oracle_refreshes")?;
    // Those of our policy stand before the list of all.
    let both = number(fleet.get("peak_per_s")).zip(number(fleet.get("mean_per_s")));
    let (peak, mean) = both.context("the fleet's figures are not all there")?;
    let fleet = json!({ "peak_per_s": peak, "mean_per_s": mean });
    let json = [("simulated_year_ms".to_owned(), json!(year_ms)), ("fleet".to_owned(), fleet)];
    let lines = vec![
        Figure::new("one simulated year", year_ms, "ms", Goal::None),
        none("in it: avoidable sign-outs", "avoidable_sign_outs")?,
        none("dead tokens handed out", "dead_tokens_handed_out")?,
        none("refresh tokens lost", "lost_refresh_tokens")?,
        none("stuck", "stuck")?,
        Figure::new("refreshes beside what an oracle needs", more, "×", Goal::AtMost(1.15)),
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

    fn year(name: &str, figure: u32) -> Value {
        let mut year = json!([{
            "policy": "keeper", "avoidable_sign_outs": 0, "dead_tokens_handed_out": 0,
            "lost_refresh_tokens": 0, "stuck": 0, "refreshes": 110, "oracle_refreshes": 100,
        }]);
        year[0][name] = json!(figure);
        year
    }

    fn fleet(peak_per_s: u32) -> Value {
        json!({ "desktops": 100_000, "peak_per_s": peak_per_s, "mean_per_s": 33.0 })
    }

    #[test]
    fn what_was_played_is_told_as_it_is() {
        let figures = judged(800.0, &year("stuck", 0), &fleet(150)).unwrap();
        assert_eq!(figures.json["fleet"], json!({ "peak_per_s": 150.0, "mean_per_s": 33.0 }));
        assert!(figures.met());
        let others =
            json!({ "fleets": [{ "policy": "article", "peak_per_s": 9, "mean_per_s": 3.0 }] });
        assert!(judged(800.0, &year("stuck", 0), &others).is_err(), "another's are not ours");
        assert!(judged(800.0, &json!([]), &fleet(150)).is_err());
    }

    #[test]
    fn each_figure_can_miss_its_goal() {
        assert!(!judged(800.0, &year("stuck", 0), &fleet(166)).unwrap().met());
        for (name, missed) in [
            ("avoidable_sign_outs", 1),
            ("dead_tokens_handed_out", 1),
            ("lost_refresh_tokens", 1),
            ("stuck", 1),
            ("refreshes", 116),
        ] {
            assert!(!judged(800.0, &year(name, missed), &fleet(150)).unwrap().met(), "{name}");
        }
    }
}
