//! `cargo xtask run`: from a fresh checkout to an open window.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::project::{APP, Project};
use crate::{node, process, system, ui};

/// What `run` was asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) release: bool,
    /// Passed to the app.
    pub(crate) arguments: Vec<OsString>,
}

/// Builds whatever is missing and opens the app.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    // First what takes no time to find out, so that nobody waits for a build that cannot be used.
    if !has_display() {
        bail!(
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set."
        );
    }
    node::check()?;
    system::provide(system::BUILD)?;
    ui::build(project)?;
    let mut app = project.cargo(&["run", "--locked", "--package", APP]);
    if options.release {
        app.arg("--release");
    }
    app.arg("--").args(&options.arguments);
    process::run(&mut app)
}

fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
