//! A simulated disk under the vault, for tests: every write is a row of steps, any step can be the
//! last one that happens, and whatever a crash may leave at that moment can be had as a disk of its own.
//!
//! It is a [`Files`], so that what runs over it is the source that runs over a real folder: slots in
//! [`crate::PlainFiles`], with the same [`SlotFiles`] as the app's store files, and the key file. The
//! steps: make an empty private file where there is none; truncate; write, unsynced, in sectors of 512
//! bytes; sync the file; sync the folder; rename; remove.
//!
//! Two things may be lost at any step:
//! - *The process*: whatever it has written so far is there ([`Disk::after_process_end`]).
//! - *The power*: whatever was not synced may be there, or not, or be torn
//!   ([`Disk::after_power_loss`]). A sync of a file vouches for its content, a sync of the folder for
//!   the names in it, neither for the other (POSIX `fsync`).
//!
//! Lock files are not simulated: they are in the real folder of [`Slots::folder`]. A crash ends every
//! process that held one, and nothing is in them, so that it is all the same what a crash leaves of them.

mod crash;
mod platter;
#[cfg(test)]
mod tests;

use crate::files::Files;
use crate::keys::FileKey;
use crate::news::Glance;
use crate::slots::{PlainFiles, Slot, SlotFiles, Slots};
use platter::Platter;
use serde_json::Value;
use std::ffi::OsString;
use std::fmt;
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
        self.leave_out_where(move |kind, _| kind == sync);
    }

    /// The same for the syncs of which this is true, given the steps before each.
    pub fn leave_out_where(
        &self,
        which: impl Fn(Sync, &[Step]) -> bool + Send + std::marker::Sync + 'static,
    ) {
        self.platter().left_out = Some(platter::LeftOut(Box::new(which)));
    }

    /// Writes this to a file, safely: what somebody else does.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        self.platter().put(name, bytes);
    }

    /// The names that a running machine sees.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.platter().names().cloned().collect()
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

/// One process on a simulated disk: its slots and its key file. Cloning gives another handle on the
/// same process.
#[derive(Clone)]
pub struct Recording {
    process: Process,
    slots: PlainFiles,
}

/// One process's view of a simulated disk. Cloning gives another handle on the same process.
#[derive(Clone)]
struct Process {
    disk: Disk,
    life: Arc<Mutex<Life>>,
    at_end: Arc<dyn Fn() + Send + std::marker::Sync>,
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
        let life = Arc::new(Mutex::new(Life::Long));
        Self::of(Process { disk: disk.clone(), life, at_end: Arc::new(|| ()) }, files)
    }

    fn of(process: Process, files: SlotFiles) -> Self {
        let slots = PlainFiles::of(files.on(Arc::new(process.clone())));
        Self { process, slots }
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
        let life = Arc::new(Mutex::new(Life::Steps(steps)));
        let process = Process { life, at_end: Arc::new(at_end), ..self.process };
        Self::of(process, self.slots.into_files())
    }

    /// The key file beside the slots, of the same process.
    #[must_use]
    pub fn key_file(&self) -> FileKey {
        FileKey::new(self.slots.folder()).on(Arc::new(self.process.clone()))
    }

    /// The process has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.process.has_ended()
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Process")
    }
}

impl Process {
    fn has_ended(&self) -> bool {
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

    fn sync(
        &self,
        sync: Sync,
        step: impl FnOnce(&mut Platter) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.disk.platter().leaves_out(sync) {
            return self.alive();
        }
        self.step(step)
    }
}

/// A simulated disk has one folder.
fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Files for Process {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.alive()?;
        self.disk.content(&name_of(path)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether it was written cannot be told.
    fn glance(&self, path: &Path) -> Glance {
        let there = self.disk.content(&name_of(path)).is_some();
        if there { Glance::Unknown } else { Glance::Absent }
    }

    fn names(&self, _folder: &Path) -> io::Result<Vec<OsString>> {
        self.alive()?;
        Ok(self.disk.names().into_iter().map(OsString::from).collect())
    }

    fn make_private(&self, path: &Path) -> io::Result<()> {
        match self.make_new(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn make_new(&self, path: &Path) -> io::Result<()> {
        self.alive()?;
        let name = name_of(path);
        if self.disk.content(&name).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.step(|platter| platter.create(&name))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = name_of(path);
        self.step(|platter| platter.truncate(&name))?;
        for sector in bytes.chunks(SECTOR) {
            self.step(|platter| platter.write(&name, sector))?;
        }
        Ok(())
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.sync(Sync::File, |platter| platter.sync_file(&name_of(path)))
    }

    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        self.sync(Sync::Folder, |platter| {
            platter.sync_folder();
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|platter| platter.rename(&name_of(from), &name_of(to)))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.alive()?;
        let name = name_of(path);
        if self.disk.content(&name).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.step(|platter| platter.remove(&name))
    }
}

impl Slots for Recording {
    fn account(&self) -> &str {
        self.slots.account()
    }

    fn folder(&self) -> &Path {
        self.slots.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.slots.read_raw(slot)
    }

    fn glance(&self, slot: Slot) -> Glance {
        self.slots.glance(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        self.slots.write(slot, document)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.slots.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        self.slots.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.slots.remove_set_aside(keep)
    }
}
