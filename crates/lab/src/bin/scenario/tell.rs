//! What is printed: words for people, JSON and JUnit for machines.

use lab::{Report, RunNews, Scenarios, Step, StepOutcome, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

pub(crate) fn list(all: &Scenarios) -> String {
    let widest = all.scenarios.iter().map(|view| view.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for view in &all.scenarios {
        text.push_str(&format!("{:widest$}  {:9}  {}\n", view.name, view.group, view.title.en));
    }
    for mistake in &all.mistakes {
        text.push_str(&format!("{mistake}\n"));
    }
    text
}

/// A line for each verdict; every step where it is not "passed".
pub(crate) fn news(news: &RunNews) -> String {
    let RunNews::Ended { report } = news else { return String::new() };
    let mut text = format!("{}  {}: {}\n", word(report.verdict), report.name, report.says);
    if report.verdict != Verdict::Passed {
        for step in &report.steps {
            text.push_str(&step_line(step));
        }
    }
    text
}

fn step_line(step: &Step) -> String {
    let mark = match step.outcome {
        StepOutcome::Ahead => "-",
        StepOutcome::Running => ">",
        StepOutcome::Done => "ok",
        StepOutcome::Failed => "NO",
    };
    let mut line = format!("    {mark:>2} {:>3}  {}\n", step.line, step.text);
    if let Some(detail) = &step.detail {
        line.push_str(&format!("            {detail}\n"));
    }
    line
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed ",
        Verdict::Failed => "FAILED ",
        Verdict::NotRun => "NOT RUN",
    }
}

pub(crate) fn totals(reports: &[Report]) -> String {
    let count =
        |verdict: Verdict| reports.iter().filter(|report| report.verdict == verdict).count();
    let took_ms: i64 = reports.iter().map(|report| report.took_ms).sum();
    let played_ms: i64 = reports.iter().map(|report| report.played_ms).sum();
    let played = Duration::from_secs(u64::try_from(played_ms / 1_000).unwrap_or_default());
    format!(
        "{} passed, {} failed, {} not run; {} played in {}.{:03} s",
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::NotRun),
        humantime::format_duration(played),
        took_ms / 1_000,
        took_ms % 1_000,
    )
}

pub(crate) fn json(reports: &[Report]) -> Result<String, String> {
    serde_json::to_string_pretty(reports).map_err(|why| why.to_string())
}

pub(crate) fn junit(reports: &[Report]) -> Result<String, String> {
    let mut all = quick_junit::Report::new("scenarios");
    let mut suite = TestSuite::new("scenarios");
    for report in reports {
        let status = match report.verdict {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Failed => unmet(NonSuccessKind::Failure, report),
            Verdict::NotRun => unmet(NonSuccessKind::Error, report),
        };
        let mut case = TestCase::new(report.name.clone(), status);
        case.set_time(Duration::from_millis(u64::try_from(report.took_ms).unwrap_or_default()));
        case.set_system_out(format!("{}\n{}", report.title.en, report.says));
        suite.add_test_case(case);
    }
    all.add_test_suite(suite);
    all.to_string().map_err(|why| why.to_string())
}

fn unmet(kind: NonSuccessKind, report: &Report) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(report.says.clone());
    let steps: String = report.steps.iter().map(step_line).collect();
    status.set_description(steps);
    status
}
