//! Where things are, and the programs that are started there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the app's package.
pub(crate) const APP: &str = "session-keeper";

/// The root folder of the workspace.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The workspace that this program was started from.
    pub(crate) fn here() -> Self {
        // Asked at run time first: a moved folder does not rebuild this program.
        let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        Self { root: xtask.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf) }
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// `cargo` in the root folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).args(arguments);
        // What `cargo run` tells this program about itself is no business of the next cargo:
        // build scripts that watch these variables would run again and rebuild their crates.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// `npm` in `ui/`.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        self.in_ui(node_program("npm"), arguments)
    }

    /// `npx` in `ui/`, for programs that `npm ci` installed there and nothing else.
    pub(crate) fn npx(&self, arguments: &[&str]) -> Command {
        let mut command = self.in_ui(node_program("npx"), &["--no-install"]);
        command.args(arguments);
        command
    }

    fn in_ui(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("ui")).args(arguments);
        command
    }
}

/// Node's own tools are scripts, which Windows starts only by their full name.
pub(crate) fn node_program(name: &'static str) -> &'static str {
    match (cfg!(windows), name) {
        (true, "npm") => "npm.cmd",
        (true, "npx") => "npx.cmd",
        _ => name,
    }
}
