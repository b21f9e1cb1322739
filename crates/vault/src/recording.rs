//! Slots on a simulated disk, for tests: every write is a row of steps, any step can be the last one
//! that happens, and whatever a crash may leave at that moment can be had as a disk of its own.
//!
//! The steps are those of [`crate::PlainFiles`] and of the app's store files, which go through the
//! same [`SlotFiles`]: make an empty private file where there is none; truncate; write, unsynced, in
//! sectors of 512 bytes; sync the file; sync the folder. Setting aside is a rename, removing a
//! removal, and both are followed by a sync of the folder.
//!
//! Two things may be lost at any step:
//! - *The process*: whatever it has written so far is there ([`Disk::after_process_end`]).
//! - *The power*: whatever was not synced may be there, or not, or be torn
//!   ([`Disk::after_power_loss`]). A sync of a file vouches for its content, a sync of the folder for
//!   the names in it, neither for the other (POSIX `fsync`).
//!
//! Lock files, and the key file, are not simulated: they are in the real folder of [`Slots::folder`].

mod crash;
mod platter;
#[cfg(test)]
mod tests;

use crate::slots::{Slot, SlotFiles, Slots};
use platter::Platter;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use crash::Crash;

/// What reaches a disk in one piece, in bytes.
pub const SECTOR: usize = 512;

/// One thing that happens to the disk. Files go by their names in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An empty file was made.
    Create(String),
    /// A file was emptied.
    Truncate(String),
    /// One sector was added to a file.
    Write(String),
    /// What was written to a file is safe from here on.
    SyncFile(String),
    /// The names in the folder are safe from here on.
    SyncFolder,
    /// A file has another name.
    Rename(String, String),
    /// A file is gone.
    Remove(String),
}

/// One of the two kinds of sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Of a file: what is in it.
    File,
    /// Of the folder: which names it has.
    Folder,
}

/// A simulated disk with one folder. Cloning gives another handle on the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From here on nobody makes this kind of sync, as if it had been forgotten in the source: to see
    /// that a test notices.
    pub fn leave_out(&self, sync: Sync) {
        self.platter().left_out = Some(sync);
    }

    /// Every step that has happened, oldest first.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.platter().steps.clone()
    }

    /// What is in a file as a running machine sees it; `None` where there is none.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.platter().content(name)
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process's slots on a simulated disk.
pub struct Recording {
    disk: Disk,
    files: SlotFiles,
    life: Mutex<Life>,
    at_end: Box<dyn Fn() + Send + std::marker::Sync>,
}

/// How long a process lives.
#[derive(Clone, Copy)]
enum Life {
    /// For good.
    Long,
    /// For so many steps more.
    Steps(usize),
}

impl Recording {
    /// Slots on `disk`. What is not simulated is in the folder of `files`.
    #[must_use]
    pub fn new(disk: &Disk, files: SlotFiles) -> Self {
        let life = Mutex::new(Life::Long);
        Self { disk: disk.clone(), files, life, at_end: Box::new(|| ()) }
    }

    /// The process ends right after its `steps`th step, counted from here; with 0 before its first.
    /// The call that makes that step, and every later one, runs `at_end`, in which a test may hang,
    /// as the dead do; then it fails. Nothing that they were to do is done.
    #[must_use]
    pub fn ending_after(
        self,
        steps: usize,
        at_end: impl Fn() + Send + std::marker::Sync + 'static,
    ) -> Self {
        Self { life: Mutex::new(Life::Steps(steps)), at_end: Box::new(at_end), ..self }
    }

    /// The process has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(*self.life(), Life::Steps(0))
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> io::Result<()> {
        if !self.has_ended() {
            return Ok(());
        }
        (self.at_end)();
        Err(io::Error::other("the process has ended"))
    }

    /// Does one step; the process may end with it.
    fn step<T>(&self, step: impl FnOnce(&mut Platter) -> io::Result<T>) -> io::Result<T> {
        self.alive()?;
        let done = step(&mut self.disk.platter())?;
        {
            let mut life = self.life();
            if let Life::Steps(left) = *life {
                *life = Life::Steps(left.saturating_sub(1));
            }
        }
        self.alive()?;
        Ok(done)
    }

    fn sync(&self, sync: Sync, name: &str) -> io::Result<()> {
        if self.disk.platter().left_out == Some(sync) {
            return self.alive();
        }
        self.step(|platter| match sync {
            Sync::File => platter.sync_file(name),
            Sync::Folder => {
                platter.sync_folder();
                Ok(())
            }
        })
    }

    fn name(&self, slot: Slot) -> String {
        self.files
            .path(slot)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// What was set aside of a slot, oldest first.
    fn aside(&self, slot: Slot) -> Vec<(u64, String)> {
        let prefix = format!("{}.damaged-", self.name(slot));
        let platter = self.disk.platter();
        let number = |name: &String| name.strip_prefix(&prefix)?.parse().ok();
        let mut aside: Vec<_> =
            platter.names().filter_map(|name| Some((number(name)?, name.clone()))).collect();
        aside.sort();
        aside
    }
}

impl Slots for Recording {
    fn account(&self) -> &str {
        self.files.account()
    }

    fn folder(&self) -> &Path {
        self.files.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.alive()?;
        Ok(self.disk.content(&self.name(slot)))
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        let name = self.name(slot);
        if self.disk.content(&name).is_none() {
            self.step(|platter| platter.create(&name))?;
        }
        let bytes = serde_json::to_vec_pretty(document)?;
        self.step(|platter| platter.truncate(&name))?;
        for sector in bytes.chunks(SECTOR) {
            self.step(|platter| platter.write(&name, sector))?;
        }
        self.sync(Sync::File, &name)?;
        self.sync(Sync::Folder, &name)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.alive()?;
        let name = self.name(slot);
        let last = self.aside(slot).last().map_or(0, |(number, _)| *number);
        let aside = format!("{name}.damaged-{}", last.saturating_add(1));
        self.step(|platter| platter.rename(&name, &aside))?;
        self.sync(Sync::Folder, &name)?;
        Ok(aside)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        self.alive()?;
        let name = self.name(slot);
        if self.disk.content(&name).is_none() {
            return Ok(());
        }
        self.step(|platter| platter.remove(&name))?;
        self.sync(Sync::Folder, &name)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.alive()?;
        for slot in Slot::BOTH {
            let aside = self.aside(slot);
            for (_, name) in aside.iter().take(aside.len().saturating_sub(keep)) {
                self.step(|platter| platter.remove(name))?;
            }
        }
        self.sync(Sync::Folder, "")
    }
}
