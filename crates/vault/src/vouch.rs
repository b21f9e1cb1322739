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
    /// Whether the clear part of the present record, with the account's settings in it, is sealed
    /// under our key. Where it is not, somebody else may have written it, and nothing may be sent by
    /// it that the person has not confirmed: no password to a remembered address. `true` where nothing
    /// is kept, or no settings are.
    ///
    /// A sign-out that was written while the keychain was locked is not sealed; that costs one
    /// confirmation. It is `false`, too, where the settings are no longer those that were last read.
    /// Asks the keychain where it has to.
    ///
    /// # Errors
    /// It cannot be told now: the keychain's failures, and [`VaultFailure::Unreadable`].
    pub fn vouches(&self) -> Result<bool, VaultFailure> {
        let had_news = keeper::ports::Vault::has_news(self);
        let vouched = self.vouched();
        // Who asks this has not read what is there.
        if had_news || !self.known().set_aside.is_empty() {
            self.known().seen = None;
        }
        vouched
    }

    fn vouched(&self) -> Result<bool, VaultFailure> {
        let stand = self.stand(unreadable, Document::is_sealed)?;
        if self.memory(stand.verdict.record().map(|record| record.epoch)).is_some() {
            return Ok(true);
        }
        let known = match &stand.verdict {
            Verdict::Nothing { .. } => return Ok(true),
            Verdict::Shut(_) => return certainly_not(stand.shut_because()),
            Verdict::Known(known) => known,
        };
        let record = &known.record;
        if known.lost || (record.account.is_null() && record.identity.is_none()) {
            return Ok(true);
        }
        if !known.opened {
            let sealed = stand.look.at(known.slot).is_sealed();
            return if sealed { certainly_not(stand.shut_because()) } else { Ok(false) };
        }
        // What was shown so far may be what has just been set aside, or replaced.
        let seen = self.known().last.as_ref().is_none_or(|last| Settings::of(last).are_of(record));
        if known.changed.is_some() || !seen {
            return Ok(false);
        }
        let Some(kept_by) = stand.look.at(known.slot).protection() else { return Ok(false) };
        self.keys.may_vouch(kept_by).map_err(|failure| named(failure, unreadable))
    }
}

/// A key that is there and does not fit, or is definitely not there, vouches for nothing. About one
/// that cannot be had now nothing can be said.
fn certainly_not(failure: VaultFailure) -> Result<bool, VaultFailure> {
    if matches!(failure, VaultFailure::KeyGone(_)) { Ok(false) } else { Err(failure) }
}
