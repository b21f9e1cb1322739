//! The app's window beside an empty one.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::goal::{Figure, Goal};
use super::{Figures, numbers, share, told, window_test};
use crate::project::Project;

/// What the line of figures that the window test prints begins with.
const LINE: &str = "window_figures ";

/// Several runs of one thing: the middle one, the fastest and the slowest.
struct Runs {
    median: f64,
    from: f64,
    to: f64,
}

/// Measures both windows; both must be built.
pub(super) fn measure(project: &Project) -> Result<Figures> {
    judged(&told(&window_test(project, "bench::windows::bench_windows")?, LINE)?)
}

fn judged(measured: &Value) -> Result<Figures> {
    let runs = |what: &str, whose: &str| {
        let runs = numbers(measured.get(what).and_then(|both| both.get(whose)));
        Runs::of(runs).with_context(|| format!("no {what} of {whose} was measured"))
    };
    let one = |pointer: &str| {
        let number = measured.pointer(pointer).and_then(Value::as_f64);
        number.with_context(|| format!("{pointer} was not measured"))
    };
    let (app, empty) = (runs("start_ms", "app")?, runs("start_ms", "empty")?);
    let ratio = app.median / empty.median;
    let mb = |runs: Runs| runs.median * 1_024.0 / 1e6;
    let (weight, empty_weight) = (mb(runs("pss_kb", "app")?), mb(runs("pss_kb", "empty")?));
    let above = weight - empty_weight;
    let (visible, hidden) = (one("/idle_cpu_ms_per_s/visible")?, one("/idle_cpu_ms_per_s/hidden")?);
    let binary_mb = one("/binary_bytes")? / 1e6;
    let mut figures = Figures::default();
    figures.json.insert(
        "start_ms".to_owned(),
        json!({
            "app": app.median, "empty": empty.median, "ratio": ratio,
            "app_from_to": [app.from, app.to], "empty_from_to": [empty.from, empty.to],
        }),
    );
    let pss = json!({ "app": weight, "empty": empty_weight, "above": above });
    figures.json.insert("pss_mb".to_owned(), pss);
    let idle = json!({ "visible": visible, "hidden": hidden });
    figures.json.insert("idle_cpu_ms_per_s".to_owned(), idle);
    figures.json.insert("binary_mb".to_owned(), json!(binary_mb));
    let spread =
        |runs: &Runs| format!("{:.0} ms ({:.0} to {:.0})", runs.median, runs.from, runs.to);
    let note = format!("app {}, empty {}", spread(&app), spread(&empty));
    figures.lines.extend([
        Figure {
            note,
            ..Figure::new("start to painted, signed in", ratio, "×", Goal::AtMost(1.15))
        },
        Figure {
            note: format!(
                "app {weight:.0} MB, empty {empty_weight:.0} MB; the app has its window painted by the \
                 processor, the empty one as Tauri does"
            ),
            ..Figure::new("memory above an empty window", above, "MB", Goal::AtMost(20.0))
        },
        Figure::new("processor while idle and hidden", hidden, "ms/s", Goal::Under(1.0)),
        Figure::new("processor while idle and visible", visible, "ms/s", Goal::None),
        Figure::new("release binary", binary_mb, "MB", Goal::AtMost(15.0)),
    ]);
    Ok(figures)
}

impl Runs {
    fn of(mut runs: Vec<f64>) -> Option<Self> {
        runs.sort_by(f64::total_cmp);
        Some(Self { median: share(&runs, 50)?, from: *runs.first()?, to: share(&runs, 100)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Value {
        json!({
            "start_ms": { "app": [600, 500, 550], "empty": [400, 520, 500] },
            "pss_kb": { "app": [210_937.5], "empty": [195_312.5] },
            "idle_cpu_ms_per_s": { "visible": 4.0, "hidden": 0.5 },
            "binary_bytes": 14_000_000,
        })
    }

    #[test]
    fn the_middle_of_the_runs_is_told_with_its_spread() {
        let figures = judged(&measured()).unwrap();
        let start = &figures.json["start_ms"];
        assert_eq!((&start["app"], &start["empty"]), (&json!(550.0), &json!(500.0)));
        assert_eq!(start["ratio"], json!(1.1));
        assert_eq!(start["app_from_to"], json!([500.0, 600.0]));
        assert_eq!(figures.json["pss_mb"], json!({ "app": 216.0, "empty": 200.0, "above": 16.0 }));
        assert!(figures.met());
    }

    #[test]
    fn each_figure_can_miss_its_goal() {
        for (pointer, too_much) in [
            ("/start_ms/app", json!([600])),
            ("/pss_kb/app", json!([216_000])),
            ("/idle_cpu_ms_per_s/hidden", json!(1.0)),
            ("/binary_bytes", json!(15_000_001)),
        ] {
            let mut measured = measured();
            *measured.pointer_mut(pointer).unwrap() = too_much;
            assert!(!judged(&measured).unwrap().met(), "{pointer}");
        }
        let mut measured = measured();
        measured["start_ms"]["empty"] = json!([]);
        assert!(judged(&measured).is_err(), "what was not measured is not reached");
    }
}
