//! The engine's figures: what `crates/keeper/examples/figures` measures.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::goal::{Figure, Goal};
use super::{Figures, built, printed};
use crate::project::Project;

/// Builds it, in the profile that the app is given to people in.
pub(super) fn build(project: &Project) -> Result<std::path::PathBuf> {
    built(project, &["--release", "--package", "keeper", "--example", "figures"])
}

/// Measures on the disk that the target folder is on.
pub(super) fn measure(project: &Project, program: &std::path::Path) -> Result<Figures> {
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(project.path("target"))?;
    judged(&printed(std::process::Command::new(program).arg(folder.path()))?)
}

fn judged(measured: &Value) -> Result<Figures> {
    let one = |name: &str| {
        let number = measured.get(name).and_then(Value::as_f64);
        number.with_context(|| format!("`{name}` was not measured"))
    };
    let clock = one("clock_read_ns")?;
    let callers = format!("of {} callers in two processes", one("waiters")?);
    let worst = measured.get("live_again_worst").and_then(Value::as_str).unwrap_or_default();
    let lines = vec![
        Figure {
            note: format!("one clock read {clock:.0} ns"),
            ..Figure::new(
                "access_token() while fresh",
                one("access_token_ns")?,
                "ns",
                Goal::AtMost(clock + 50.0),
            )
        },
        Figure::new("allocations for that", one("allocations")?, "", Goal::Exactly(0.0)),
        Figure {
            note: callers,
            ..Figure::new(
                "rotations at expiry, one answer lost",
                one("rotations_for_waiters")?,
                "",
                Goal::Exactly(1.0),
            )
        },
        Figure::new("callers that hung", one("waiters_hung")?, "", Goal::Exactly(0.0)),
        Figure::new(
            "callers with a dead token",
            one("waiters_with_dead_token")?,
            "",
            Goal::Exactly(0.0),
        ),
        // A caller waits for thirty seconds at most (DESIGN section 5).
        Figure::new(
            "until the last caller was served",
            one("waiters_served_ms")?,
            "ms",
            Goal::AtMost(30_000.0),
        ),
        // What is not saved by then is handed out unsaved (DESIGN section 5).
        Figure::new("one durable save", one("save_ms")?, "ms", Goal::Under(2_000.0)),
        Figure::new(
            "wake to token, told by the system",
            one("wake_to_token_ms")?,
            "ms",
            Goal::AtMost(500.0),
        ),
        Figure::new(
            "wake to token, by the tick alone",
            one("wake_to_token_by_tick_ms")?,
            "ms",
            Goal::AtMost(5_500.0),
        ),
        Figure {
            note: format!("the worst of {} cases: {worst}", one("live_again_cases")?),
            ..Figure::new("live again after trouble", one("live_again_s")?, "s", Goal::AtMost(10.0))
        },
    ];
    let Some(all) = measured.as_object() else { bail!("the figures are no object") };
    Ok(Figures { json: all.clone(), lines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn measured() -> Value {
        json!({
            "access_token_ns": 90.0, "clock_read_ns": 40.0, "allocations": 0,
            "waiters": 10_000, "rotations_for_waiters": 1, "waiters_hung": 0,
            "waiters_with_dead_token": 0, "waiters_served_ms": 1_200.0, "save_ms": 8.0,
            "wake_to_token_ms": 12.0, "wake_to_token_by_tick_ms": 5_100.0,
            "live_again_s": 6.0, "live_again_worst": "502", "live_again_cases": 92,
        })
    }

    #[test]
    fn what_was_measured_is_told_as_it_is() {
        let figures = judged(&measured()).unwrap();
        assert!(figures.met());
        assert_eq!(Value::Object(figures.json), measured());
    }

    #[test]
    fn each_figure_can_miss_its_goal() {
        for (name, missed) in [
            ("access_token_ns", 91.0),
            ("allocations", 1.0),
            ("rotations_for_waiters", 2.0),
            ("rotations_for_waiters", 0.0),
            ("waiters_hung", 1.0),
            ("waiters_with_dead_token", 1.0),
            ("waiters_served_ms", 30_001.0),
            ("save_ms", 2_000.0),
            ("wake_to_token_ms", 501.0),
            ("wake_to_token_by_tick_ms", 5_501.0),
            ("live_again_s", 10.1),
        ] {
            let mut measured = measured();
            measured[name] = json!(missed);
            assert!(!judged(&measured).unwrap().met(), "{name}");
        }
        let mut measured = measured();
        measured["save_ms"] = Value::Null;
        assert!(judged(&measured).is_err(), "what was not measured is not reached");
    }
}
