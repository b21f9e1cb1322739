//! `cargo xtask screenshots`: every screen, in both languages and both themes, wide and narrow.

use anyhow::{Result, bail};

use crate::project::{APP, Project};
use crate::{node, process, system, ui};

/// Has the window tests' picture maker fill `target/screenshots`.
pub(crate) fn take(project: &Project) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the pictures are taken through WebKitGTK, which is there on Linux only");
    }
    node::check()?;
    for needs in [system::BUILD, system::WINDOW_TESTS, system::SCREENSHOTS] {
        system::provide(needs)?;
    }
    ui::build(project)?;
    let arguments = ["test", "--locked", "--package", APP, "--test", "window"];
    process::run(project.cargo(&arguments).args(["--", "--ignored", "screens"]))
}
