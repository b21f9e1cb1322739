//! Which of the two places keeps the key. Chosen once.

use super::{Key, KeyFailure, KeySource};
use serde::{Deserialize, Serialize};

/// The lock between copies of the app that make or remove the key.
pub(crate) const LOCK_FILE: &str = "key.lock";

/// Where the key of a record is kept, as the record itself says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptBy {
    Keychain,
    KeyFile,
}

/// How the session on disk is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// The key was not needed yet.
    #[default]
    Unknown,
    /// By a key in the operating system's keychain.
    Keychain,
    /// By file permissions only: the key is in a file beside it.
    KeyFile {
        /// Why it is not in the keychain.
        why: String,
    },
}

/// The two places for the key.
pub struct Keys {
    keychain: Box<dyn KeySource>,
    file: Box<dyn KeySource>,
}

/// A key, and what to tell of it.
pub(crate) struct Found {
    pub(crate) key: Key,
    pub(crate) kept_by: KeptBy,
    pub(crate) protection: Protection,
}

impl Keys {
    /// The keychain, and the file for where there is none.
    #[must_use]
    pub fn new(keychain: impl KeySource + 'static, file: impl KeySource + 'static) -> Self {
        Self { keychain: Box::new(keychain), file: Box::new(file) }
    }

    fn source(&self, kept_by: KeptBy) -> &dyn KeySource {
        match kept_by {
            KeptBy::Keychain => self.keychain.as_ref(),
            KeptBy::KeyFile => self.file.as_ref(),
        }
    }

    /// The key of a record that says where its key is kept. Only there: a keychain that vanished is
    /// waited for, and no file takes its place.
    pub(crate) fn for_opening(&self, kept_by: KeptBy) -> Result<Option<Found>, KeyFailure> {
        Ok(self.source(kept_by).find()?.map(|key| found(key, kept_by)))
    }

    /// The key to seal a new session with. `chosen`: what records say already. `None`: there is no
    /// key and `may_create` says that none may be made. The caller holds the key lock.
    pub(crate) fn for_sealing(
        &self,
        chosen: Option<KeptBy>,
        may_create: bool,
    ) -> Result<Option<Found>, KeyFailure> {
        match chosen {
            Some(kept_by) => self.find_or_create(kept_by, may_create),
            None => match self.find_or_create(KeptBy::Keychain, may_create) {
                Err(KeyFailure::NoKeychain(why)) => {
                    let file = self.find_or_create(KeptBy::KeyFile, may_create)?;
                    Ok(file.map(|file| Found { protection: Protection::KeyFile { why }, ..file }))
                }
                other => other,
            },
        }
    }

    fn find_or_create(
        &self,
        kept_by: KeptBy,
        may_create: bool,
    ) -> Result<Option<Found>, KeyFailure> {
        let source = self.source(kept_by);
        let key = match source.find()? {
            Some(key) => Some(key),
            None if may_create => Some(source.create()?),
            None => None,
        };
        Ok(key.map(|key| found(key, kept_by)))
    }

    /// Removes the key from where it is kept; from both where that is unknown.
    pub(crate) fn forget(&self, kept_by: Option<KeptBy>) -> Result<(), KeyFailure> {
        if kept_by != Some(KeptBy::KeyFile) {
            match self.keychain.forget() {
                Ok(()) | Err(KeyFailure::NoKeychain(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        if kept_by != Some(KeptBy::Keychain) {
            self.file.forget()?;
        }
        Ok(())
    }
}

fn found(key: Key, kept_by: KeptBy) -> Found {
    let protection = match kept_by {
        KeptBy::Keychain => Protection::Keychain,
        KeptBy::KeyFile => Protection::KeyFile {
            why: "when the session was first kept, no keychain could be used".to_owned(),
        },
    };
    Found { key, kept_by, protection }
}
