//! Where a scenario keeps its files: a folder of its own, that goes with it. What is left of a run that
//! was cut short, with the app perhaps, goes when the next one begins.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// What the folders' names begin with.
const PREFIX: &str = "session-keeper-scenario-";
/// Locked as long as the run lives: the system gives a lock back however its holder ends.
const IN_USE: &str = "in-use";
/// What the app of the scenario keeps stands in here.
const KEPT: &str = "kept";

/// A folder, and the lock that says it is in use. Both go with this.
pub(crate) struct Files {
    kept: std::path::PathBuf,
    // Closed before its folder is removed.
    _in_use: File,
    _folder: TempDir,
}

impl Files {
    pub(crate) fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(around: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(around)?;
        // Locked before it bears its name: whoever sweeps meanwhile must not find it free.
        let unnamed = folder.path().join("begun");
        let in_use = File::create_new(&unnamed)?;
        in_use.lock()?;
        fs::rename(&unnamed, folder.path().join(IN_USE))?;
        let kept = folder.path().join(KEPT);
        fs::create_dir(&kept)?;
        Ok(Self { kept, _in_use: in_use, _folder: folder })
    }

    /// The app's own folder.
    pub(crate) fn kept(&self) -> &Path {
        &self.kept
    }
}

/// Removes what earlier runs have left behind. What cannot be removed stays: its key is gone anyway.
pub(crate) fn sweep() {
    sweep_within(&std::env::temp_dir());
}

fn sweep_within(around: &Path) {
    let Ok(entries) = fs::read_dir(around) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if ours && is_folder && is_left_behind(&entry.path()) {
            let removed = fs::remove_dir_all(entry.path());
            removed.unwrap_or_else(|error| tracing::debug!(%error, "a folder is left behind"));
        }
    }
}

/// Without a lock file it is being made just now, or is empty.
fn is_left_behind(folder: &Path) -> bool {
    let in_use = OpenOptions::new().read(true).write(true).open(folder.join(IN_USE));
    in_use.is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_left_behind_goes_and_what_lives_stays() {
        let around = tempfile::tempdir().unwrap();
        let living = Files::within(around.path()).unwrap();
        let left = around.path().join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join(KEPT)).unwrap();
        fs::write(left.join(KEPT).join("main.0"), "sealed").unwrap();
        fs::write(left.join(IN_USE), "").unwrap();
        let others = around.path().join("somebody-else");
        fs::create_dir(&others).unwrap();
        fs::write(others.join(IN_USE), "").unwrap();

        sweep_within(around.path());
        assert!(living.kept().is_dir() && others.is_dir());
        assert!(!left.exists());
        let kept = living.kept().to_owned();
        drop(living);
        assert!(!kept.exists());
    }

    #[test]
    fn a_run_that_begins_while_another_sweeps_keeps_its_folder() {
        let around = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let begin = || (0..200).all(|_| Files::within(around.path()).is_ok());
            let begun = scope.spawn(begin);
            while !begun.is_finished() {
                sweep_within(around.path());
            }
            assert!(begun.join().unwrap());
        });
    }
}
