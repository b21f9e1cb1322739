//! What the app finds on disk and leaves there.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A home folder of its own, which outlives the app and may be started from again.
pub(crate) struct AppFolder {
    root: TempDir,
    starts: Cell<u32>,
}

/// The files of one start, beside the home folder, so that searching that finds only what the
/// app wrote.
pub(crate) struct StartFiles {
    pub(crate) launcher: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) pid: PathBuf,
    pub(crate) exit: PathBuf,
}

impl AppFolder {
    /// An empty home, as on a first start.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("there is room for a temporary folder");
        let folder = Self { root, starts: Cell::new(0) };
        for path in [folder.data(), folder.config(), folder.cache(), folder.temporary()] {
            fs::create_dir_all(path).expect("a fresh folder is writable");
        }
        fs::create_dir(folder.programs()).expect("a fresh folder is writable");
        folder.fake_browser();
        folder
    }

    /// What `HOME` is to be: everything that the app writes is below it.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// What `XDG_DATA_HOME` is to be.
    pub(crate) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// What `XDG_CONFIG_HOME` is to be.
    pub(crate) fn config(&self) -> PathBuf {
        self.home().join("config")
    }

    /// What `XDG_CACHE_HOME` is to be.
    pub(crate) fn cache(&self) -> PathBuf {
        self.home().join("cache")
    }

    /// What `TMPDIR` is to be.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.home().join("tmp")
    }

    /// The app's own folder: its store, its preferences, its demo server.
    pub(crate) fn app_data(&self) -> PathBuf {
        self.data().join("dev.session-keeper.desktop")
    }

    /// The two files of the session store, whether they are there or not.
    pub(crate) fn slots(&self) -> [PathBuf; 2] {
        ["main-a.json", "main-b.json"].map(|name| self.app_data().join(name))
    }

    /// Sets up what the person has chosen before, in an app that is yet to start.
    pub(crate) fn prefer(&self, preferences: &serde_json::Value) {
        fs::create_dir_all(self.app_data()).expect("a fresh folder is writable");
        let stored = serde_json::json!({ "seed": 7, "preferences": preferences });
        fs::write(self.app_data().join("preferences.json"), stored.to_string())
            .expect("a fresh folder is writable");
    }

    /// What the person has chosen, as it was last written down.
    pub(crate) fn preferences(&self) -> serde_json::Value {
        let stored = fs::read(self.app_data().join("preferences.json")).ok();
        let stored: Option<serde_json::Value> =
            stored.and_then(|stored| serde_json::from_slice(&stored).ok());
        let chosen = stored.and_then(|mut stored| Some(stored.get_mut("preferences")?.take()));
        chosen.unwrap_or_else(|| serde_json::json!({}))
    }

    /// Comes first in `PATH`.
    pub(crate) fn programs(&self) -> PathBuf {
        self.root.path().join("programs")
    }

    /// The addresses that the app asked to be opened in the browser, oldest first.
    pub(crate) fn opened_in_browser(&self) -> Vec<String> {
        let text = fs::read_to_string(self.browser_log()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Everything that the app printed in all its starts so far.
    pub(crate) fn log(&self) -> String {
        let logs = (1..=self.starts.get()).map(|start| self.start_files(start).log);
        logs.map(|log| String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned())
            .collect()
    }

    /// The files below `home` that contain `text`, whatever else they hold.
    pub(crate) fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        search(&self.home(), text.as_bytes(), &mut found);
        found
    }

    /// The files of the next start.
    pub(crate) fn next_start(&self) -> StartFiles {
        self.starts.set(self.starts.get() + 1);
        self.start_files(self.starts.get())
    }

    fn start_files(&self, start: u32) -> StartFiles {
        let file = |name: &str| self.root.path().join(format!("start-{start}.{name}"));
        StartFiles { launcher: file("sh"), log: file("log"), pid: file("pid"), exit: file("exit") }
    }

    pub(crate) fn browser_log(&self) -> PathBuf {
        self.root.path().join("opened")
    }

    fn fake_browser(&self) {
        let script =
            format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >>{}\n", quoted(&self.browser_log()));
        write_script(&self.programs().join("xdg-open"), &script);
    }
}

/// Writes a script that can be started.
pub(crate) fn write_script(path: &Path, text: &str) {
    fs::write(path, text).expect("the folder is writable");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

/// A path as a shell takes it literally.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn search(folder: &Path, text: &[u8], found: &mut Vec<PathBuf>) {
    // What vanishes while we look (a cache, a lock file) holds nothing any more.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&path, text, found);
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text)
        {
            found.push(path);
        }
    }
}
