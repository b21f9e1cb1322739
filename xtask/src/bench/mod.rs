//! `cargo xtask bench`: measures what must be fast, small or calm, and says whether it is enough.
//!
//! Each part measures one thing and judges it; here they are built first, then measured one after the
//! other, and told together.

mod figures;
mod goal;
mod lifeline;
mod simulation;
mod windows;

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

use crate::project::{APP, Project};
use crate::{node, process, system, ui};
use goal::Figure;

/// What was measured: for programs, and for people.
#[derive(Default)]
struct Figures {
    json: Map<String, Value>,
    lines: Vec<Figure>,
}

impl Figures {
    fn met(&self) -> bool {
        self.lines.iter().all(Figure::met)
    }

    fn add(&mut self, more: Self) {
        self.json.extend(more.json);
        self.lines.extend(more.lines);
    }
}

/// Builds, measures and prints; whether every goal is reached. With `json` nothing but the figures goes
/// to the standard output.
pub(crate) fn run(project: &Project, json: bool) -> Result<bool> {
    if !cfg!(target_os = "linux") {
        bail!("it is measured in WebKitGTK, which is there on Linux only");
    }
    node::check()?;
    for needs in [system::BUILD, system::WINDOW_TESTS] {
        system::provide(needs)?;
    }
    ui::install(project)?;
    process::run(project.npm(&["run", "build"]).stdout(io::stderr()))?;
    let release = ["build", "--release", "--locked", "--package", APP];
    process::run(project.cargo(&release).arg("--bins").stdout(io::stderr()))?;
    // By itself: what examples need beside the app must not find its way into that.
    process::run(project.cargo(&release).args(["--example", "empty"]).stdout(io::stderr()))?;
    let engine = figures::build(project)?;
    let simulation = simulation::build(project)?;
    let tests = ["test", "--no-run", "--locked", "--package", APP, "--test", "window"];
    process::run(project.cargo(&tests).stdout(io::stderr()))?;

    let mut all = windows::measure(project)?;
    all.add(figures::measure(project, &engine)?);
    all.add(simulation::measure(&simulation)?);
    let frames = lifeline::measure(project)?;
    all.json.insert("lifeline_frame_ms".to_owned(), frames.json());
    if json {
        println!("{}", Value::Object(all.json.clone()));
    } else {
        for line in &all.lines {
            println!("{line}");
        }
        println!("{}", frames.words());
    }
    Ok(all.met() && frames.met())
}

/// What an ignored window test prints that measures.
fn window_test(project: &Project, name: &str) -> Result<String> {
    let arguments = ["test", "--locked", "--package", APP, "--test", "window", "--"];
    let mut command = project.cargo(&arguments);
    command.args(["--ignored", "--exact", name, "--nocapture"]);
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        eprint!("{said}");
        bail!("what is measured did not run to its end ({})", output.status);
    }
    Ok(said)
}

/// The JSON behind the word that its line begins with.
fn told(said: &str, word: &str) -> Result<Value> {
    // The runner writes the test's name, and no line break, before what the test prints.
    let line = said.lines().find_map(|line| Some(line.split_once(word)?.1));
    let line = line.context("the window test told no figures")?;
    serde_json::from_str(line).context("the window test's figures cannot be read")
}

/// Builds one program with cargo; where it is.
fn built(project: &Project, what: &[&str]) -> Result<PathBuf> {
    let mut command = project.cargo(&["build", "--locked", "--message-format", "json"]);
    let output = command.args(what).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("`cargo build {}` failed ({})", what.join(" "), output.status);
    }
    executable(&String::from_utf8_lossy(&output.stdout)).context("cargo built no program")
}

/// The last program that cargo's messages tell of.
fn executable(messages: &str) -> Option<PathBuf> {
    messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    })
}

/// The JSON that a program prints. It may say by its exit code that a goal of its own is missed.
fn printed(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output()?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("there are no figures to read ({})", output.status))
}

fn numbers(list: Option<&Value>) -> Vec<f64> {
    list.and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_f64).collect())
        .unwrap_or_default()
}

/// The value that so many of a hundred are not above; `sorted` is in ascending order.
fn share(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_of_figures_is_found_wherever_it_begins() {
        let said = "running 1 test\ntest it ... figures {\"a\":1}\nok\n";
        assert_eq!(told(said, "figures ").unwrap(), json!({ "a": 1 }));
        assert!(told("running 0 tests\n", "figures ").is_err());
        assert!(told("figures {", "figures ").is_err());
    }

    #[test]
    fn the_program_that_was_built_is_the_last_that_cargo_names() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":\"/a/build-script\"}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/a/figures\"}\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/a/figures")));
        assert_eq!(executable("{\"executable\":null}\n"), None);
    }
}
