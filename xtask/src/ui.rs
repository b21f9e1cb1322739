//! Building the page that the window shows.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::project::Project;
use crate::{node, process};

/// A copy of the lock file that `node_modules` was installed from. Its content is compared, not
/// its age: a checkout changes ages without changing what is locked.
const INSTALLED: &str = "ui/node_modules/.installed-from.json";

/// Installs what the UI is built with, unless the lock file says that it is there already.
pub(crate) fn install(project: &Project) -> Result<()> {
    node::check()?;
    let locked = fs::read(project.path("ui/package-lock.json"))
        .context("ui/package-lock.json could not be read")?;
    let installed = project.path(INSTALLED);
    if fs::read(&installed).is_ok_and(|before| before == locked) {
        return Ok(());
    }
    process::run(&mut project.npm(&["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&installed, locked).with_context(|| format!("{INSTALLED} could not be written"))
}

/// Installs and builds, so that `ui/dist` is there for the app to take in.
pub(crate) fn build(project: &Project) -> Result<()> {
    install(project)?;
    process::run(&mut project.npm(&["run", "build"]))
}

/// Whether `ui/package.json` has a script of this name.
pub(crate) fn has_script(project: &Project, name: &str) -> Result<bool> {
    let text = fs::read_to_string(project.path("ui/package.json"))
        .context("ui/package.json could not be read")?;
    let package: Value = serde_json::from_str(&text).context("ui/package.json is not JSON")?;
    Ok(package.pointer("/scripts").and_then(|scripts| scripts.get(name)).is_some())
}
