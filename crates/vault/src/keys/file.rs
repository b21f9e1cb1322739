//! The key in a file, where there is no keychain: protected by file permissions only.

use super::{Key, KeyFailure, KeySource};
use crate::files::{Files, RealFiles};
use crate::news::Glance;
use crate::trouble::about;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The file `key` in a folder, for its owner alone.
#[derive(Clone, Debug)]
pub struct FileKey {
    folder: PathBuf,
    files: Arc<dyn Files>,
}

impl FileKey {
    /// The key file in `folder`, which must exist when the key is made.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), files: Arc::new(RealFiles) }
    }

    /// The same key file in another file system.
    #[must_use]
    pub fn on(self, files: Arc<dyn Files>) -> Self {
        Self { files, ..self }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("key")
    }

    fn keep(&self, key: &Key) -> io::Result<()> {
        // Under another name first: a key file that was cut short would have to be taken for a lost
        // key. The caller holds the key lock, so that what is left over here belongs to nobody.
        let new = self.folder.join("key.new");
        self.remove(&new)?;
        self.files.make_new(&new)?;
        self.files.write(&new, key.to_text().as_bytes())?;
        self.files.sync_file(&new)?;
        self.files.rename(&new, &self.path())?;
        self.files.sync_folder(&self.folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match self.files.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn text(&self) -> io::Result<Zeroizing<String>> {
        let bytes = Zeroizing::new(self.files.read(&self.path())?);
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl KeySource for FileKey {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        let text = match self.text() {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("the key file cannot be read", &error)),
        };
        match Key::from_text(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyFailure::Unusable("the key file is damaged".to_owned())),
        }
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        if self.files.glance(&self.path()) != Glance::Absent {
            return Err(KeyFailure::failed("there is a key file already"));
        }
        let key = Key::random()?;
        self.keep(&key).map_err(|error| failed("the key file cannot be written", &error))?;
        match self.find()? {
            Some(kept) if kept == key => Ok(kept),
            _ => Err(KeyFailure::failed("the key file did not keep the key")),
        }
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        self.remove(&self.path())
            .and_then(|()| self.files.sync_folder(&self.folder))
            .map_err(|error| failed("the key file cannot be removed", &error))
    }
}

fn failed(what: &str, error: &io::Error) -> KeyFailure {
    KeyFailure::Failed(about(what, error))
}
