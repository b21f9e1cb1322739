//! The project's programs that need no window: scenarios (`crates/lab`) and the simulation
//! (`crates/simulation`).

use std::ffi::OsString;
use std::process::ExitCode;

use crate::project::Project;

/// Runs scenarios.
pub(crate) fn scenario(project: &Project, arguments: &[OsString]) -> ExitCode {
    run(project, &["--package", "lab", "--bin", "scenario"], arguments)
}

/// Plays years, or a fleet's day: built to be fast.
pub(crate) fn simulate(project: &Project, arguments: &[OsString]) -> ExitCode {
    run(project, &["--profile", "proof", "--package", "simulation", "--bin", "simulate"], arguments)
}

/// Builds the program, runs it with these arguments where the caller stands, and ends as it does: 0
/// where all is as it should be, 1 where something is not, 2 where what was asked for cannot be run.
fn run(project: &Project, program: &[&str], arguments: &[OsString]) -> ExitCode {
    let mut command = project.cargo(&["run", "--locked"]);
    command.args(program);
    command.arg("--manifest-path").arg(project.path("Cargo.toml")).arg("--").args(arguments);
    if let Ok(here) = std::env::current_dir() {
        // A file is named from where one stands.
        command.current_dir(here);
    }
    match command.status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            ExitCode::from(code.unwrap_or(2))
        }
        Err(error) => {
            eprintln!("error: cargo could not be started: {error}");
            ExitCode::from(2)
        }
    }
}
