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

/// A key, and the place that it came from.
#[derive(Clone)]
pub(crate) struct FoundKey {
    pub(crate) kept_by: KeptBy,
    pub(crate) key: Key,
}

/// A key, and what to tell of it.
pub(crate) struct Found {
    pub(crate) key: FoundKey,
    pub(crate) protection: Protection,
}

/// What is wanted of the key for a new session.
pub(crate) struct Wish<'a> {
    /// Some record says that its key is in the keychain: a keychain that vanished is waited for.
    pub(crate) keychain_only: bool,
    /// The key from the file, of a session that is open in this process. It goes on with it: a
    /// keychain that comes later does not change that. What only a file says is no reason for it.
    pub(crate) goes_on_with: Option<&'a Key>,
    /// No other account waits for a key from the keychain: a new one may be made there.
    pub(crate) new_in_keychain: bool,
    /// The same for the file.
    pub(crate) new_in_file: bool,
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

    /// The key to seal a new session with. The keychain is asked first, whatever records say; the
    /// file takes its place only where there is no keychain, or where an open session goes on with the
    /// key in it. `None`: there is no key, and none may be made. The caller holds the key lock.
    pub(crate) fn for_sealing(&self, wish: &Wish<'_>) -> Result<Option<Found>, KeyFailure> {
        let no_keychain = match self.keychain.find() {
            Ok(Some(key)) => return Ok(Some(found(key, KeptBy::Keychain))),
            Ok(None) => None,
            Err(KeyFailure::NoKeychain(why)) => Some(why),
            Err(failure) => return Err(failure),
        };
        if let Some(file) = self.going_on(wish) {
            return Ok(Some(file));
        }
        let why = match no_keychain {
            Some(why) => why,
            None if !wish.new_in_keychain => return Ok(None),
            None => match self.keychain.create() {
                Ok(key) => return Ok(Some(found(key, KeptBy::Keychain))),
                Err(KeyFailure::NoKeychain(why)) => why,
                Err(failure) => return Err(failure),
            },
        };
        if wish.keychain_only {
            return Err(KeyFailure::NoKeychain(why));
        }
        let key = match self.file.find()? {
            Some(key) => key,
            None if wish.new_in_file => self.file.create()?,
            None => return Ok(None),
        };
        let protection = Protection::KeyFile { why };
        Ok(Some(Found { protection, ..found(key, KeptBy::KeyFile) }))
    }

    fn going_on(&self, wish: &Wish<'_>) -> Option<Found> {
        let key = self.file.find().ok().flatten().filter(|key| wish.goes_on_with == Some(key))?;
        Some(found(key, KeptBy::KeyFile))
    }

    /// Whether a record that this place's key opens is vouched for by that. The file is the one place
    /// where somebody who may write here could have put a key of his own: it counts for nothing where
    /// there is a keychain, be it empty.
    pub(crate) fn may_vouch(&self, kept_by: KeptBy) -> Result<bool, KeyFailure> {
        match kept_by {
            KeptBy::Keychain => Ok(true),
            KeptBy::KeyFile => match self.keychain.find() {
                Ok(_) => Ok(false),
                Err(KeyFailure::NoKeychain(_)) => Ok(true),
                Err(failure) => Err(failure),
            },
        }
    }

    /// Removes the key from both places, whatever records say of it: each is asked though the other
    /// fails.
    pub(crate) fn forget(&self) -> Result<(), KeyFailure> {
        let file = self.file.forget();
        match self.keychain.forget() {
            Ok(()) | Err(KeyFailure::NoKeychain(_)) => file,
            Err(failure) => Err(failure),
        }
    }
}

fn found(key: Key, kept_by: KeptBy) -> Found {
    let protection = match kept_by {
        KeptBy::Keychain => Protection::Keychain,
        KeptBy::KeyFile => Protection::KeyFile {
            why: "when the session was first kept, no keychain could be used".to_owned(),
        },
    };
    Found { key: FoundKey { kept_by, key }, protection }
}
