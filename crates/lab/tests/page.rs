//! The page for testers says what is so: its examples are read, run and printed as it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use std::path::Path;
use std::process::{Command, Output};

const PAGE: &str = include_str!("../../../docs/scenarios.md");

/// The blocks of this kind, each with what is printed of it where that follows.
fn blocks(kind: &str) -> Vec<(&'static str, Option<&'static str>)> {
    let opening = format!("```{kind}\n");
    PAGE.split(opening.as_str())
        .skip(1)
        .map(|rest| {
            let (block, after) = rest.split_once("```").unwrap();
            let printed = after.split("```text\n").nth(1).and_then(|text| text.split("```").next());
            (block, printed)
        })
        .collect()
}

fn run(folder: &Path, name: &str, source: &str, arguments: &[&str]) -> Output {
    std::fs::write(folder.join(name), source).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
    command.current_dir(folder).arg(name).args(arguments).output().unwrap()
}

#[test]
fn its_examples_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let good = blocks("kdl");
    assert!(!good.is_empty());
    for (source, _) in good {
        let output = run(folder.path(), "good.kdl", source, &[]);
        assert_eq!(output.status.code(), Some(0), "{source}\n{output:?}");
    }

    let (source, printed) = blocks("kdl fails")[0];
    let output = run(folder.path(), "fails.kdl", source, &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let (report, totals) = told.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(report.trim_end(), printed.unwrap().trim_end());
    assert!(totals.starts_with("0 passed, 1 failed, 0 not run"), "{totals}");

    let (source, printed) = blocks("kdl wrong")[0];
    let output = run(folder.path(), "wrong.kdl", source, &[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    let first = printed.unwrap().split('…').next().unwrap();
    assert!(told.starts_with(first), "{told}");
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[test]
fn machines_get_json_and_junit() {
    let folder = tempfile::tempdir().unwrap();
    let (source, _) = blocks("kdl fails")[0];
    let output = run(folder.path(), "fails.kdl", source, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports[0]["verdict"], "failed");
    assert_eq!(reports[0]["steps"][5]["line"], 8);
    assert_eq!(reports[0]["evidence"]["reuseDetected"], 1);
    let output = run(folder.path(), "fails.kdl", source, &["--junit"]);
    assert_eq!(output.status.code(), Some(1));
    let xml = String::from_utf8(output.stdout).unwrap();
    assert!(xml.contains("<failure message=\"session ended"), "{xml}");
    assert!(xml.contains("expected survived"), "{xml}");
}
