//! Somebody at a browser, played by a script: what the app opens there is gone through to its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::folder::{AppFolder, quoted, write_script};
use super::process::Process;

/// The script.
const BROWSER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window/oidc_provider/browser.mjs");

impl AppFolder {
    /// From now on somebody goes through what the app opens in the browser: `{"as": "alice"}` signs in
    /// and agrees to everything, `{"deny": true}` says no, `{"nothing": true}` closes the window.
    pub(crate) fn browse_as(&self, person: &Value) {
        // A file of its own: a browser that was opened before may read its own only now.
        let number = (1..).find(|n| !self.browser_file(&format!("person-{n}.json")).exists());
        let file = self.browser_file(&format!("person-{}.json", number.unwrap_or_default()));
        fs::write(&file, person.to_string()).expect("the folder is writable");
        let script = format!(
            "#!/bin/sh\n\
             printf '%s\\n' \"$1\" >>{opened}\n\
             PERSON={person} VISITED={visited} node {browser} \"$1\" >>{log} 2>&1 &\n",
            opened = quoted(&self.browser_log()),
            person = quoted(&file),
            visited = quoted(&self.browser_file("visited")),
            browser = quoted(Path::new(BROWSER)),
            log = quoted(&self.browser_file("browser.log")),
        );
        write_script(&self.programs().join("xdg-open"), &script);
    }

    /// There is no browser: whatever would open one fails.
    pub(crate) fn no_browser(&self) {
        for name in ["xdg-open", "gio", "gnome-open", "kde-open", "wslview"] {
            write_script(&self.programs().join(name), "#!/bin/sh\nexit 3\n");
        }
    }

    /// Somebody opens this address on a device of their own.
    pub(crate) fn visit(&self, address: &str, person: &Value) -> Process {
        let file = self.browser_file("visitor.json");
        fs::write(&file, person.to_string()).expect("the folder is writable");
        Process::start(
            Command::new("node")
                .args([BROWSER, address])
                .env("PERSON", file)
                .env("VISITED", self.browser_file("visited"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )
    }

    /// The addresses that the browser came to, oldest first.
    pub(crate) fn visited(&self) -> Vec<String> {
        let text = fs::read_to_string(self.browser_file("visited")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn browser_file(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }
}
