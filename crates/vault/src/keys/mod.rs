//! The key that seals records, and where it is kept.
//!
//! One key per installation, 32 random bytes. In the operating system's keychain where there is one
//! ([`KeychainKey`]), otherwise in a file that only its owner may read ([`FileKey`]). Which of the
//! two is chosen when the first record is sealed, written into every record, and never changed
//! silently ([`Keys`]).
//!
//! What records say of it in clear is only ever believed where it asks for more: "keychain" forbids
//! the file, "key file" permits nothing. Somebody who may write here, and has no key, could otherwise
//! have the next session sealed with one that he knows.

mod choice;
mod file;
mod keychain;
mod limit;

pub(crate) use choice::{Found, FoundKey, KeptBy, LOCK_FILE, Wish};
pub use choice::{Keys, Protection};
pub use file::FileKey;
pub use keychain::KeychainKey;
pub use limit::TimeLimited;

use crate::trouble::said;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::StoreTrouble;
use std::fmt;
use zeroize::Zeroizing;

/// The key that seals records. It is wiped when dropped, and cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// This key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`KeyFailure::Failed`]: the system gives no random numbers.
    pub fn random() -> Result<Self, KeyFailure> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|error| KeyFailure::failed(error.to_string()))?;
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Base64: some keychains (KDE's) keep nothing but text.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(*self.0))
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().ok()?;
        Some(Self::new(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// A place that keeps the key.
pub trait KeySource: Send + Sync {
    /// Looks for the key. `None` only where the place says definitely that it has none.
    ///
    /// # Errors
    /// [`KeyFailure`]: it cannot be said whether there is one.
    fn find(&self) -> Result<Option<Key>, KeyFailure>;

    /// Makes a new key, keeps it, and answers what was read back.
    ///
    /// # Errors
    /// [`KeyFailure`]: none is kept.
    fn create(&self) -> Result<Key, KeyFailure>;

    /// Removes the key. One that is not there is removed already.
    ///
    /// # Errors
    /// [`KeyFailure`]: it may be there still.
    fn forget(&self) -> Result<(), KeyFailure>;
}

/// Why a key cannot be had. The words are for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFailure {
    /// The keychain is locked.
    #[error("{0}")]
    Locked(String),
    /// It did not answer in time: it may be waiting for somebody's password.
    #[error("{0}")]
    Slow(String),
    /// It asked, and somebody said no.
    #[error("{0}")]
    Cancelled(String),
    /// There is no keychain here.
    #[error("{0}")]
    NoKeychain(String),
    /// Something is in the key's place that is no key.
    #[error("{0}")]
    Unusable(String),
    /// Something went wrong that has nothing to do with the key.
    #[error("{}", .0.detail)]
    Failed(StoreTrouble),
}

impl KeyFailure {
    /// [`KeyFailure::Failed`] for a reason that only these words tell.
    #[must_use]
    pub fn failed(words: impl Into<String>) -> Self {
        Self::Failed(said(words))
    }
}

/// One given key: for tests, and for whoever keeps the key elsewhere.
#[derive(Clone, Debug)]
pub struct FixedKey(pub Key);

impl KeySource for FixedKey {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        Ok(Some(self.0.clone()))
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        Ok(self.0.clone())
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        Ok(())
    }
}
