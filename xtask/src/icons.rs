//! The icons, drawn from `icons/icon.svg` by Tauri's own tool.

use std::fs;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::{process, ui};

/// What the bundles of the three systems use. The tool draws more, for phones and app stores.
const WANTED: [&str; 6] =
    ["32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.ico", "icon.icns"];

/// Draws `icons/*` anew.
pub(crate) fn draw(project: &Project) -> Result<()> {
    ui::install(project)?;
    let drawn = tempfile::tempdir()?;
    let mut command = project.npx(&["tauri", "icon"]);
    command.arg(project.path("icons/icon.svg")).arg("--output").arg(drawn.path());
    process::run_quietly(&mut command)?;
    for name in WANTED {
        fs::copy(drawn.path().join(name), project.path("icons").join(name))
            .with_context(|| format!("icons/{name} could not be written"))?;
    }
    println!("icons/ is drawn anew: {}.", WANTED.join(", "));
    Ok(())
}
