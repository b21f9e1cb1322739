//! Whether a record's clear part is ours: what may be sent to the address in it.

use crate::document::Document;
use crate::standing::Verdict;
use crate::trouble::unreadable;
use crate::vault::{FileVault, named};
use engine::Identity;
use keeper::ports::VaultFailure;
use keeper::record::Record;
use serde_json::Value;

/// Settings and identity that a seal of ours has vouched for.
pub(crate) struct Settings {
    account: Value,
    identity: Option<Identity>,
}

impl Settings {
    pub(crate) fn of(record: &Record) -> Self {
        Self { account: record.account.clone(), identity: record.identity.clone() }
    }

    /// The record's settings are these, and nobody else is named in it.
    pub(crate) fn are_of(&self, record: &Record) -> bool {
        let named = record.identity.is_none() || record.identity == self.identity;
        self.account == record.account && named
    }
}

impl FileVault {
    /// The account's settings that a seal of ours vouches for at this moment. Whoever is about to send
    /// something by settings, a password above all, compares them with these: others may have been
    /// written by somebody else, and the person has to confirm them first.
    ///
    /// `None` where none are vouched for: nothing is kept, or no settings; they are not sealed, or not
    /// with our key; or they are sealed with a key file where there is a keychain. A sign-out that was
    /// written while the keychain was locked is not sealed; that costs one confirmation. Settings that
    /// are kept in memory are vouched for: nobody else can have written them.
    ///
    /// Asks the keychain where it has to.
    ///
    /// # Errors
    /// It cannot be told now: the keychain's failures, and [`VaultFailure::Unreadable`].
    pub fn vouched_settings(&self) -> Result<Option<Value>, VaultFailure> {
        let had_news = keeper::ports::Vault::has_news(self);
        let vouched = self.vouched();
        // Who asks this has not read what is there.
        if had_news || !self.known().set_aside.is_empty() {
            self.known().seen = None;
        }
        vouched.map(|settings| settings.filter(|settings| !settings.is_null()))
    }

    fn vouched(&self) -> Result<Option<Value>, VaultFailure> {
        let stand = self.stand(unreadable, Document::is_sealed)?;
        if let Some(memory) = self.memory(stand.verdict.record().map(|record| record.epoch)) {
            return Ok(Some(memory.account));
        }
        let (record, key_from) = match &stand.verdict {
            // A session that is remembered was opened, or sealed, with the key that is.
            Verdict::Nothing { last: Some(last), .. } => {
                (last.as_ref(), self.known().key.as_ref().map(|key| key.kept_by))
            }
            Verdict::Nothing { last: None, .. } => return Ok(None),
            Verdict::Shut(_) => return certainly_not(stand.shut_because()),
            Verdict::Known(known) => (&known.record, known.opened_by),
        };
        if record.account.is_null() {
            return Ok(None);
        }
        let Some(key_from) = key_from else {
            let sealed = stand.verdict.slot().is_some_and(|slot| stand.look.at(slot).is_sealed());
            return if sealed { certainly_not(stand.shut_because()) } else { Ok(None) };
        };
        let may = self.keys.may_vouch(key_from).map_err(|failure| named(failure, unreadable))?;
        Ok(may.then(|| record.account.clone()))
    }

    /// A session is open in this process.
    pub(crate) fn has_session_open(&self) -> bool {
        self.known().last.as_ref().is_some_and(|last| last.session.is_some())
    }
}

/// A key that is there and does not fit, or is definitely not there, vouches for nothing. About one
/// that cannot be had now nothing can be said.
fn certainly_not(failure: VaultFailure) -> Result<Option<Value>, VaultFailure> {
    if matches!(failure, VaultFailure::KeyGone(_)) { Ok(None) } else { Err(failure) }
}
