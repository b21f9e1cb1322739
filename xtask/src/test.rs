//! `cargo xtask test`: everything that must pass, in one order, with one count at the end.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::project::{APP, Project};
use crate::summary::{Counts, Runner};
use crate::{process, system, types, ui};

/// What `test` was asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Leave out what takes longest.
    pub(crate) fast: bool,
    /// Only these steps; all of them if empty.
    pub(crate) only: Vec<String>,
}

struct Step {
    name: &'static str,
    about: &'static str,
    needs: Needs,
    work: fn(&mut Run) -> Result<Done>,
}

/// So much a whole run takes from an empty target folder, with some to spare, in gigabytes.
const ROOM_GB: u64 = 15;

/// What the system must bring for a step.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Rust,
    Libraries,
    Window,
}

enum Done {
    Ran,
    Skipped(&'static str),
}

/// The order matters: what fails fastest comes first, and the UI is built before the app that takes
/// it in.
const STEPS: [Step; 11] = [
    step("fmt", "Rust is formatted", Needs::Rust, fmt),
    step("ui-build", "the window's page builds", Needs::Rust, ui_build),
    step("ui-check", "its types hold", Needs::Rust, ui_check),
    step("ui-lint", "its lints hold", Needs::Rust, ui_lint),
    step("ui-test", "its tests pass", Needs::Rust, ui_test),
    step("types", "the TypeScript types are what Rust says", Needs::Libraries, types_are_fresh),
    step("clippy", "the lints of Rust hold", Needs::Libraries, clippy),
    step("crates", "the tests of the crates without a window pass", Needs::Rust, crates),
    step("app-build", "the app builds", Needs::Libraries, app_build),
    step("app", "the app's own tests pass", Needs::Libraries, app),
    step("window", "the real window does what it should", Needs::Window, window),
];

const fn step(
    name: &'static str,
    about: &'static str,
    needs: Needs,
    work: fn(&mut Run) -> Result<Done>,
) -> Step {
    Step { name, about, needs, work }
}

/// One run of the steps.
struct Run {
    project: Project,
    fast: bool,
    counts: Counts,
}

/// The steps, a line each, for the help text.
pub(crate) fn list_of_steps() -> String {
    STEPS.iter().map(|step| format!("  {:<10} {}\n", step.name, step.about)).collect()
}

/// Whether `name` is a step.
pub(crate) fn is_step(name: &str) -> bool {
    STEPS.iter().any(|step| step.name == name)
}

/// Runs the steps up to the first that fails. The last line is always the count.
pub(crate) fn run(project: Project, options: &Options) -> ExitCode {
    let mut run = Run { project, fast: options.fast, counts: Counts::default() };
    let steps = chosen(options);
    let passed = run.prepare(&steps) && run.all(&steps);
    if !passed && run.counts.failed == 0 {
        // A step that is no test runner, or a runner that broke: "0 failed" would be a lie.
        run.counts.failed = 1;
    }
    println!("\n{}", run.counts);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chosen(options: &Options) -> Vec<&'static Step> {
    let wanted = |step: &&Step| match options.only.as_slice() {
        [] => !options.fast || step.needs != Needs::Window,
        only => only.iter().any(|name| name == step.name),
    };
    STEPS.iter().filter(wanted).collect()
}

/// Why the window tests cannot run here, if they cannot.
fn no_window_tests() -> Option<&'static str> {
    (!cfg!(target_os = "linux")).then_some("they drive WebKitGTK, which is there on Linux only")
}

impl Run {
    /// Installs what the steps need, before the first of them starts.
    fn prepare(&self, steps: &[&Step]) -> bool {
        let any = |needs: Needs| steps.iter().any(|step| step.needs == needs);
        let window = any(Needs::Window) && no_window_tests().is_none();
        let build = if any(Needs::Libraries) || window { system::BUILD } else { &[] };
        let more = if window { system::WINDOW_TESTS } else { &[] };
        let provided = system::provide(build).and_then(|()| system::provide(more));
        if let Err(error) = &provided {
            println!("FAILED before the first step: {error:#}");
        }
        provided.is_ok()
    }

    fn all(&mut self, steps: &[&Step]) -> bool {
        for (index, step) in steps.iter().enumerate() {
            let (step_of, steps) = (index + 1, steps.len());
            println!("\n== {step_of}/{steps} {}: {}{}", step.name, step.about, self.room());
            let start = Instant::now();
            let done = (step.work)(self);
            let seconds = start.elapsed().as_secs_f64();
            match done {
                Ok(Done::Ran) => println!("== {} passed in {seconds:.1} s", step.name),
                Ok(Done::Skipped(why)) => println!("== {} skipped: {why}", step.name),
                Err(error) => {
                    let (name, room) = (step.name, self.room());
                    println!("== {name} FAILED after {seconds:.1} s{room}: {error:#}");
                    return false;
                }
            }
        }
        true
    }

    /// What is left of the disk: tests on a full one fail in ways that tell nothing of it.
    fn room(&self) -> String {
        let Ok(free) = fs4::available_space(self.project.path(".")) else { return String::new() };
        let free = free / 1_000_000_000;
        let enough = if free < ROOM_GB { "; too few for a whole run" } else { "" };
        format!(" ({free} GB free{enough})")
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Done> {
        process::run(&mut self.project.cargo(arguments))?;
        Ok(Done::Ran)
    }

    fn npm(&self, arguments: &[&str]) -> Result<Done> {
        ui::install(&self.project)?;
        process::run(&mut self.project.npm(arguments))?;
        Ok(Done::Ran)
    }

    /// Runs tests, adding up what they report.
    fn tests(&mut self, runner: Runner, mut command: Command) -> Result<Done> {
        let counts = &mut self.counts;
        process::tee(&mut command, |line| {
            if let Some(more) = Counts::in_line(runner, line) {
                *counts += more;
            }
        })?;
        Ok(Done::Ran)
    }
}

fn fmt(run: &mut Run) -> Result<Done> {
    run.cargo(&["fmt", "--all", "--check"])
}

fn ui_build(run: &mut Run) -> Result<Done> {
    ui::build(&run.project)?;
    Ok(Done::Ran)
}

fn ui_check(run: &mut Run) -> Result<Done> {
    run.npm(&["run", "check"])
}

fn ui_lint(run: &mut Run) -> Result<Done> {
    if !ui::has_script(&run.project, "lint")? {
        return Ok(Done::Skipped("ui/package.json has no script for it"));
    }
    run.npm(&["run", "lint"])
}

fn ui_test(run: &mut Run) -> Result<Done> {
    ui::install(&run.project)?;
    let command = run.project.npm(&["test"]);
    run.tests(Runner::Vitest, command)
}

fn types_are_fresh(run: &mut Run) -> Result<Done> {
    types::check(&run.project)?;
    Ok(Done::Ran)
}

fn clippy(run: &mut Run) -> Result<Done> {
    // The default members are all crates but the app.
    let scope: &[&str] = if run.fast { &[] } else { &["--workspace"] };
    let arguments =
        [&["clippy", "--all-targets", "--locked"], scope, &["--", "-D", "warnings"]].concat();
    run.cargo(&arguments)
}

fn crates(run: &mut Run) -> Result<Done> {
    let command = run.project.cargo(&["test", "--locked", "--no-fail-fast"]);
    run.tests(Runner::Cargo, command)
}

fn app_build(run: &mut Run) -> Result<Done> {
    // Without the tests' dependencies, as `cargo xtask run` builds it.
    run.cargo(&["build", "--locked", "--package", APP])
}

fn app(run: &mut Run) -> Result<Done> {
    let arguments = ["test", "--locked", "--no-fail-fast", "--package", APP, "--bins"];
    let command = run.project.cargo(&arguments);
    run.tests(Runner::Cargo, command)
}

fn window(run: &mut Run) -> Result<Done> {
    if let Some(why) = no_window_tests() {
        return Ok(Done::Skipped(why));
    }
    // One at a time: each has a display, a driver and a WebKit of its own, and bounds on how
    // long things may take.
    let arguments =
        ["test", "--locked", "--package", APP, "--test", "window", "--", "--test-threads=1"];
    let command = run.project.cargo(&arguments);
    run.tests(Runner::Cargo, command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &Options) -> Vec<&'static str> {
        chosen(options).iter().map(|step| step.name).collect()
    }

    #[test]
    fn everything_runs_unless_told_otherwise() {
        assert_eq!(names(&Options::default()).len(), STEPS.len());
    }

    #[test]
    fn the_fast_run_opens_no_window() {
        let fast = names(&Options { fast: true, only: Vec::new() });
        assert_eq!(fast.len(), STEPS.len() - 1);
        assert!(!fast.contains(&"window"));
    }

    #[test]
    fn a_step_asked_for_by_name_runs_even_in_a_fast_run() {
        let only = vec!["window".to_owned(), "fmt".to_owned()];
        assert_eq!(names(&Options { fast: true, only }), ["fmt", "window"]);
    }

    #[test]
    fn the_page_is_built_before_whatever_takes_it_in() {
        let order = names(&Options::default());
        let place = |name| order.iter().position(|step| *step == name).unwrap();
        for taker in ["types", "clippy", "app-build", "app", "window"] {
            assert!(place("ui-build") < place(taker));
        }
    }
}
