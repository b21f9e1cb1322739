//! Running scenarios without a window: `crates/lab` has a program for that.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::project::Project;

/// Builds the program, runs it with these arguments where the caller stands, and ends as it does: 0
/// where all have passed, 1 where one has not, 2 where what was asked for cannot be run.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> ExitCode {
    let mut command = project.cargo(&["run", "--locked", "--package", "lab", "--bin", "scenario"]);
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
