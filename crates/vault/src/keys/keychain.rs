//! The key in the operating system's keychain: one small entry, because Windows caps a secret at
//! 2,560 bytes and macOS asks the person once per entry.

use super::limit::TimeLimited;
use super::{Key, KeyFailure, KeySource};
use keyring_core::{Entry, Error};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The user name of the entry; its service is the app's identifier.
const USER: &str = "session key";

/// How long the keychain may take, a prompt for its password included.
const LIMIT: Duration = Duration::from_secs(10);

/// A question that was refused sooner than this was never seen by anybody: where nothing can show it
/// (no prompter on the bus, no display), a keychain refuses it by itself.
const AT_A_GLANCE: Duration = Duration::from_millis(400);

/// The key in the keychain, asked for on a thread of its own.
pub struct KeychainKey(TimeLimited<Entries>);

impl KeychainKey {
    /// The session key of the app with this identifier. Nothing is asked yet.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self(TimeLimited::new(Entries { service: service.into() }, LIMIT))
    }
}

impl KeySource for KeychainKey {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        self.0.find()
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        self.0.create()
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        self.0.forget()
    }
}

/// The keychain itself, connected to anew for each request: one that was not there may have come.
struct Entries {
    service: String,
}

impl Entries {
    fn entry(&self) -> Result<Entry, KeyFailure> {
        system::entry(&self.service, USER)
    }

    fn read(&self, entry: &Entry) -> Result<Option<Key>, KeyFailure> {
        let asked = Asked::now(While::Finding);
        let text = match entry.get_password() {
            Ok(text) => Zeroizing::new(text),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(named(error, asked)),
        };
        match Key::from_text(&text) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyFailure::Unusable(format!(
                "the keychain's entry \"{USER}\" of {} holds no key",
                self.service
            ))),
        }
    }
}

impl KeySource for Entries {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        self.read(&self.entry()?)
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        let entry = self.entry()?;
        let key = Key::random()?;
        let asked = Asked::now(While::Creating);
        entry.set_password(&key.to_text()).map_err(|error| named(error, asked))?;
        match self.read(&entry)? {
            Some(kept) if kept == key => Ok(kept),
            _ => Err(KeyFailure::failed("the keychain did not keep the key")),
        }
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        let (entry, asked) = (self.entry()?, Asked::now(While::Finding));
        match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(named(error, asked)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum While {
    Finding,
    Creating,
}

/// What was asked of the keychain, and when.
#[derive(Clone, Copy)]
struct Asked {
    during: While,
    at: Instant,
}

impl Asked {
    fn now(during: While) -> Self {
        Self { during, at: Instant::now() }
    }
}

/// Names a keychain's error by what to do next. In doubt it is locked: that waits, and loses nothing.
fn named(error: Error, asked: Asked) -> KeyFailure {
    let words = error.to_string();
    match error {
        Error::NoStorageAccess(source)
            if system::has_nowhere_to_keep(source.as_ref(), asked.during) =>
        {
            KeyFailure::NoKeychain(words)
        }
        Error::NoStorageAccess(source) | Error::PlatformFailure(source)
            if system::was_dismissed(source.as_ref()) && asked.at.elapsed() >= AT_A_GLANCE =>
        {
            KeyFailure::Cancelled(words)
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => {
            KeyFailure::Unusable(words)
        }
        Error::TooLong(..)
        | Error::Invalid(..)
        | Error::NotSupportedByStore(_)
        | Error::NoDefaultStore => KeyFailure::failed(words),
        Error::PlatformFailure(_)
        | Error::NoStorageAccess(_)
        | Error::NoEntry
        | Error::BadStoreFormat(_)
        | _ => KeyFailure::Locked(words),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Entry, KeyFailure, While};
    use keyring_core::api::CredentialStoreApi as _;
    use secret_service::Error as ServiceError;
    use std::error::Error;
    use zbus_secret_service_keyring_store::Store;

    /// Fails at once where there is no session bus, or nobody on it who keeps secrets.
    pub(super) fn entry(service: &str, user: &str) -> Result<Entry, KeyFailure> {
        let store = Store::new().map_err(|error| KeyFailure::NoKeychain(error.to_string()))?;
        store.build(service, user, None).map_err(|error| KeyFailure::failed(error.to_string()))
    }

    /// A keychain without a collection to keep anything in (no desktop, WSL) finds no entry, and then
    /// has no place for a new one.
    pub(super) fn has_nowhere_to_keep(error: &(dyn Error + 'static), during: While) -> bool {
        during == While::Creating
            && matches!(error.downcast_ref::<ServiceError>(), Some(ServiceError::NoResult))
    }

    pub(super) fn was_dismissed(error: &(dyn Error + 'static)) -> bool {
        matches!(error.downcast_ref::<ServiceError>(), Some(ServiceError::Prompt))
    }
}

#[cfg(target_os = "macos")]
mod system {
    use super::{Entry, KeyFailure, While};
    use apple_native_keyring_store::keychain::Store;
    use keyring_core::api::CredentialStoreApi as _;
    use std::error::Error;

    pub(super) fn entry(service: &str, user: &str) -> Result<Entry, KeyFailure> {
        Store::new()
            .and_then(|store| store.build(service, user, None))
            .map_err(|error| KeyFailure::failed(error.to_string()))
    }

    /// errSecUserCanceled.
    const CANCELLED: i32 = -128;

    /// Every Mac has a keychain: without access to it, it is locked.
    pub(super) fn has_nowhere_to_keep(_: &(dyn Error + 'static), _: While) -> bool {
        false
    }

    pub(super) fn was_dismissed(error: &(dyn Error + 'static)) -> bool {
        let error = error.downcast_ref::<security_framework::base::Error>();
        error.is_some_and(|error| error.code() == CANCELLED)
    }
}

#[cfg(windows)]
mod system {
    use super::{Entry, KeyFailure, While};
    use keyring_core::api::CredentialStoreApi as _;
    use std::error::Error;
    use windows_native_keyring_store::Store;

    pub(super) fn entry(service: &str, user: &str) -> Result<Entry, KeyFailure> {
        Store::new()
            .and_then(|store| store.build(service, user, None))
            .map_err(|error| KeyFailure::failed(error.to_string()))
    }

    /// The one case that this store names so: a logon session without credentials.
    pub(super) fn has_nowhere_to_keep(_: &(dyn Error + 'static), _: While) -> bool {
        true
    }

    /// It never asks.
    pub(super) fn was_dismissed(_: &(dyn Error + 'static)) -> bool {
        false
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod system {
    use super::{Entry, KeyFailure, While};
    use std::error::Error;

    pub(super) fn entry(_: &str, _: &str) -> Result<Entry, KeyFailure> {
        Err(KeyFailure::NoKeychain("no keychain is known for this system".to_owned()))
    }

    pub(super) fn has_nowhere_to_keep(_: &(dyn Error + 'static), _: While) -> bool {
        true
    }

    pub(super) fn was_dismissed(_: &(dyn Error + 'static)) -> bool {
        false
    }
}
