//! The disk itself: what a running machine sees, and what it has been promised to keep.

use super::{Step, Sync};
use std::collections::BTreeMap;
use std::fmt;
use std::io;

/// Which file a name stands for: the place in the list of files. No file ever leaves that list, so
/// that a name whose removal comes undone finds its file again.
pub(super) type Number = usize;
pub(super) type Names = BTreeMap<String, Number>;

/// One folder and its files.
#[derive(Debug, Default)]
pub(super) struct Platter {
    pub(super) files: Vec<Content>,
    names: Names,
    pub(super) synced_names: Names,
    /// What has happened to names since the folder was synced.
    pub(super) unsynced_names: Vec<NameChange>,
    pub(super) steps: Vec<Step>,
    pub(super) left_out: Option<LeftOut>,
}

/// Syncs that nobody makes.
pub(super) struct LeftOut(pub(super) Box<dyn Fn(Sync, &[Step]) -> bool + Send + std::marker::Sync>);

impl fmt::Debug for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeftOut")
    }
}

/// A file's content.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// As a running machine sees it.
    pub(super) now: Vec<u8>,
    /// As it was when it was last synced.
    pub(super) synced: Vec<u8>,
    /// What it was in between, each time that it was emptied.
    pub(super) between: Vec<Vec<u8>>,
    /// Something was written since it was synced.
    pub(super) dirty: bool,
}

#[derive(Clone, Debug)]
pub(super) enum NameChange {
    Named(String, Number),
    Gone(String),
    Moved(String, String, Number),
}

impl NameChange {
    pub(super) fn apply(&self, names: &mut Names) {
        match self {
            Self::Named(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Gone(name) => {
                names.remove(name);
            }
            Self::Moved(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
        }
    }
}

impl Platter {
    /// A disk on which everything is safe, with these files.
    pub(super) fn holding(files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut platter = Self::default();
        for (name, bytes) in files {
            platter.names.insert(name, platter.files.len());
            platter.files.push(Content { synced: bytes.clone(), now: bytes, ..Content::default() });
        }
        platter.synced_names.clone_from(&platter.names);
        platter
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.keys()
    }

    pub(super) fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.files.get(*self.names.get(name)?).map(|file| file.now.clone())
    }

    pub(super) fn leaves_out(&self, sync: Sync) -> bool {
        self.left_out.as_ref().is_some_and(|LeftOut(which)| which(sync, &self.steps))
    }

    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) {
        let safe = Content { now: bytes.to_vec(), synced: bytes.to_vec(), ..Content::default() };
        self.names.insert(name.to_owned(), self.files.len());
        self.synced_names.insert(name.to_owned(), self.files.len());
        self.files.push(safe);
    }

    pub(super) fn create(&mut self, name: &str) -> io::Result<()> {
        let file = self.files.len();
        self.files.push(Content::default());
        self.rename_by(NameChange::Named(name.to_owned(), file));
        self.steps.push(Step::Create(name.to_owned()));
        Ok(())
    }

    pub(super) fn truncate(&mut self, name: &str) -> io::Result<()> {
        let file = self.file(name)?;
        if file.dirty {
            file.between.push(std::mem::take(&mut file.now));
        }
        file.now.clear();
        file.dirty = true;
        self.steps.push(Step::Truncate(name.to_owned()));
        Ok(())
    }

    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(name)?;
        file.now.extend_from_slice(bytes);
        file.dirty = true;
        self.steps.push(Step::Write(name.to_owned()));
        Ok(())
    }

    pub(super) fn sync_file(&mut self, name: &str) -> io::Result<()> {
        let file = self.file(name)?;
        file.synced.clone_from(&file.now);
        file.between.clear();
        file.dirty = false;
        self.steps.push(Step::SyncFile(name.to_owned()));
        Ok(())
    }

    pub(super) fn sync_folder(&mut self) {
        self.synced_names.clone_from(&self.names);
        self.unsynced_names.clear();
        self.steps.push(Step::SyncFolder);
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let file = self.names.get(from).copied().ok_or(io::ErrorKind::NotFound)?;
        self.rename_by(NameChange::Moved(from.to_owned(), to.to_owned(), file));
        self.steps.push(Step::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        self.rename_by(NameChange::Gone(name.to_owned()));
        self.steps.push(Step::Remove(name.to_owned()));
        Ok(())
    }

    fn rename_by(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn file(&mut self, name: &str) -> io::Result<&mut Content> {
        let file = self.names.get(name).and_then(|file| self.files.get_mut(*file));
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
