//! Where an account's two slots are.

use crate::files::{Files, RealFiles, make_private_folder};
use crate::news::Glance;
use serde_json::Value;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One of an account's two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// The letter that it has in file names and under the seal.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// What a place for slots can do. The vault calls it under the record lock only.
pub trait Slots: Send + Sync {
    /// The account's name in file names.
    fn account(&self) -> &str;

    /// The folder that holds the slots; locks and the key file go there too.
    fn folder(&self) -> &Path;

    /// The slot's bytes as they are; `None` where there is no such slot.
    ///
    /// # Errors
    /// The slot is there and cannot be read.
    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>>;

    /// The slot from outside. Asked every few seconds, and without the record lock: it is to be
    /// cheap. Slots that are no files may leave it unknown.
    fn glance(&self, _slot: Slot) -> Glance {
        Glance::Unknown
    }

    /// Replaces the whole slot by this JSON object, durably: once it returns, the slot survives a
    /// loss of power. It may truncate first: the other slot is whole at that moment.
    ///
    /// # Errors
    /// It could not be written. The slot may be torn then.
    fn write(&self, slot: Slot, document: &Value) -> io::Result<()>;

    /// Moves the slot's file out of the way, durably, and answers the name that it has now.
    ///
    /// # Errors
    /// It could not be moved.
    fn set_aside(&self, slot: Slot) -> io::Result<String>;

    /// Removes the slot, durably. One that is not there is removed already.
    ///
    /// # Errors
    /// It is still there.
    fn remove(&self, slot: Slot) -> io::Result<()>;

    /// Removes what was set aside, durably, all but the newest `keep` files of each slot.
    ///
    /// # Errors
    /// Some of it is still there.
    fn remove_set_aside(&self, keep: usize) -> io::Result<()>;
}

/// What every implementation of [`Slots`] on real files has in common: all but writing.
#[derive(Clone, Debug)]
pub struct SlotFiles {
    folder: PathBuf,
    account: String,
    files: Arc<dyn Files>,
}

impl SlotFiles {
    /// The slots of `account` in `folder`, which is made if need be, for its owner alone.
    ///
    /// # Errors
    /// The account's name is no plain file name, or the folder cannot be made.
    pub fn new(folder: impl Into<PathBuf>, account: impl Into<String>) -> io::Result<Self> {
        let (folder, account) = (folder.into(), account.into());
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if account.is_empty() || account.len() > 64 || !account.chars().all(plain) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an account's name is 1 to 64 letters, digits, - or _",
            ));
        }
        make_private_folder(&folder)?;
        Ok(Self { folder, account, files: Arc::new(RealFiles) })
    }

    /// The same slots in another file system. What is made in the folder beside them, its lock files,
    /// stays where it was.
    #[must_use]
    pub fn on(self, files: Arc<dyn Files>) -> Self {
        Self { files, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The account's name.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The file of a slot.
    #[must_use]
    pub fn path(&self, slot: Slot) -> PathBuf {
        self.folder.join(self.name(slot))
    }

    fn name(&self, slot: Slot) -> String {
        format!("{}-{}.json", self.account, slot.letter())
    }

    /// See [`Slots::read_raw`].
    ///
    /// # Errors
    /// See there.
    pub fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        match self.files.read(&self.path(slot)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// See [`Slots::glance`].
    #[must_use]
    pub fn glance(&self, slot: Slot) -> Glance {
        self.files.glance(&self.path(slot))
    }

    /// Sees to it that the slot's file exists and is its owner's alone *before* anything is written
    /// to it, so that it never is wider.
    ///
    /// # Errors
    /// It cannot be made, or not be made private; or it is a link to somewhere else, where nothing of
    /// ours is to be written.
    pub fn make_private(&self, slot: Slot) -> io::Result<()> {
        self.files.make_private(&self.path(slot))
    }

    /// Sees to it that what was written to the slot survives a loss of power.
    ///
    /// # Errors
    /// The disk does not say so.
    pub fn make_durable(&self, slot: Slot) -> io::Result<()> {
        self.files.sync_file(&self.path(slot))?;
        self.files.sync_folder(&self.folder)
    }

    /// See [`Slots::set_aside`].
    ///
    /// # Errors
    /// See there.
    pub fn set_aside(&self, slot: Slot) -> io::Result<String> {
        let last = self.set_aside_files(slot)?.last().map_or(0, |(number, _)| *number);
        let name = format!("{}.damaged-{}", self.name(slot), last.saturating_add(1));
        self.files.rename(&self.path(slot), &self.folder.join(&name))?;
        self.files.sync_folder(&self.folder)?;
        Ok(name)
    }

    /// See [`Slots::remove`].
    ///
    /// # Errors
    /// See there.
    pub fn remove(&self, slot: Slot) -> io::Result<()> {
        match self.files.remove(&self.path(slot)) {
            Ok(()) => self.files.sync_folder(&self.folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// See [`Slots::remove_set_aside`].
    ///
    /// # Errors
    /// See there.
    pub fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        for slot in Slot::BOTH {
            let files = self.set_aside_files(slot)?;
            for (_, path) in files.iter().take(files.len().saturating_sub(keep)) {
                self.files.remove(path)?;
            }
        }
        self.files.sync_folder(&self.folder)
    }

    /// What was set aside of a slot, oldest first.
    fn set_aside_files(&self, slot: Slot) -> io::Result<Vec<(u64, PathBuf)>> {
        let prefix = format!("{}.damaged-", self.name(slot));
        let number = |name: &OsStr| -> Option<u64> {
            name.to_str()?.strip_prefix(prefix.as_str())?.parse().ok()
        };
        let mut found = Vec::new();
        for name in self.files.names(&self.folder)? {
            if let Some(number) = number(&name) {
                found.push((number, self.folder.join(name)));
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Slots in plain files: for tests, and for whoever has no store plugin.
///
/// They are written in place like a store file, not by a rename, so that what the tests prove over
/// them holds for the store as well.
#[derive(Clone, Debug)]
pub struct PlainFiles(SlotFiles);

impl PlainFiles {
    /// See [`SlotFiles::new`].
    ///
    /// # Errors
    /// See there.
    pub fn new(folder: impl Into<PathBuf>, account: impl Into<String>) -> io::Result<Self> {
        SlotFiles::new(folder, account).map(Self)
    }

    /// These slots, written as plain files.
    #[must_use]
    pub fn of(files: SlotFiles) -> Self {
        Self(files)
    }

    /// Where they are.
    #[must_use]
    pub fn into_files(self) -> SlotFiles {
        self.0
    }
}

impl Slots for PlainFiles {
    fn account(&self) -> &str {
        self.0.account()
    }

    fn folder(&self) -> &Path {
        self.0.folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        self.0.read_raw(slot)
    }

    fn glance(&self, slot: Slot) -> Glance {
        self.0.glance(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        self.0.make_private(slot)?;
        let bytes = serde_json::to_vec_pretty(document)?;
        self.0.files.write(&self.0.path(slot), &bytes)?;
        self.0.make_durable(slot)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        self.0.set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        self.0.remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        self.0.remove_set_aside(keep)
    }
}

impl<S: Slots + ?Sized> Slots for Arc<S> {
    fn account(&self) -> &str {
        (**self).account()
    }

    fn folder(&self) -> &Path {
        (**self).folder()
    }

    fn read_raw(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        (**self).read_raw(slot)
    }

    fn glance(&self, slot: Slot) -> Glance {
        (**self).glance(slot)
    }

    fn write(&self, slot: Slot, document: &Value) -> io::Result<()> {
        (**self).write(slot, document)
    }

    fn set_aside(&self, slot: Slot) -> io::Result<String> {
        (**self).set_aside(slot)
    }

    fn remove(&self, slot: Slot) -> io::Result<()> {
        (**self).remove(slot)
    }

    fn remove_set_aside(&self, keep: usize) -> io::Result<()> {
        (**self).remove_set_aside(keep)
    }
}
