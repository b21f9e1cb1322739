//! The key in a file, where there is no keychain: protected by file permissions only.

use super::{Key, KeyFailure, KeySource};
use crate::slots::{private_options, sync_folder};
use crate::trouble::about;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file `key` in a folder, for its owner alone.
#[derive(Clone, Debug)]
pub struct FileKey {
    folder: PathBuf,
}

impl FileKey {
    /// The key file in `folder`, which must exist when the key is made.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("key")
    }

    fn keep(&self, key: &Key) -> io::Result<()> {
        // Under another name first: a key file that was cut short would have to be taken for a lost
        // key. The caller holds the key lock, so that what is left over here belongs to nobody.
        let new = self.folder.join("key.new");
        remove(&new)?;
        let mut file = private_options().create_new(true).open(&new)?;
        file.write_all(key.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.path())?;
        sync_folder(&self.folder)
    }
}

impl KeySource for FileKey {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        let text = match fs::read_to_string(self.path()) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("the key file cannot be read", &error)),
        };
        match Key::from_text(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyFailure::Unusable("the key file is damaged".to_owned())),
        }
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        if self.path().exists() {
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
        remove(&self.path())
            .and_then(|()| sync_folder(&self.folder))
            .map_err(|error| failed("the key file cannot be removed", &error))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failed(what: &str, error: &io::Error) -> KeyFailure {
    KeyFailure::Failed(about(what, error))
}
