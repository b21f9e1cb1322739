//! Locks between processes: `flock`-like locks on files that are never deleted, because a process
//! that locks a deleted file holds nothing.
//!
//! The system gives a lock back when its holder ends, however it ends: nobody ever steals one. A
//! second handle in the same process is kept out as well.

use crate::files::private_options;
use crate::trouble::{about, said};
use engine::StoreTrouble;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often a lock that somebody else holds is tried: it is held for milliseconds.
const PAUSE: Duration = Duration::from_millis(5);

/// A lock, held until dropped.
pub(crate) struct Held(#[expect(dead_code, reason = "held, never looked at")] File);

/// Takes the lock, or answers `None` where somebody else has it.
pub(crate) fn try_hold(path: &Path) -> io::Result<Option<Held>> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Held(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes the lock, waiting for so long. Not `File::lock`: that waits for ever behind a copy that
/// hangs, and no thread that waits there can be told to stop.
pub(crate) fn hold(path: &Path, patience: Duration) -> Result<Held, StoreTrouble> {
    let began = Instant::now();
    loop {
        match try_hold(path) {
            Ok(Some(held)) => return Ok(held),
            Ok(None) if began.elapsed() < patience => thread::sleep(PAUSE),
            Ok(None) => return Err(said("another copy of the app has held it for too long")),
            Err(error) => return Err(about("its lock cannot be had", &error)),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    match private_options().create(true).truncate(false).open(path) {
        Ok(file) => Ok(file),
        // A folder that became read-only: what is in it can be locked and read still.
        Err(error) => OpenOptions::new().read(true).open(path).map_err(|_| error),
    }
}
