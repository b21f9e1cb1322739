//! With which key a record is sealed, and whether it is.

use crate::contents::MOST;
use crate::keys::{FoundKey, KeptBy, Wish};
use crate::locks::Held;
use crate::neighbours;
use crate::stand::Stand;
use crate::standing::Verdict;
use crate::trouble::about;
use crate::vault::{FileVault, named};
use keeper::ports::VaultFailure;
use keeper::record::{Keep, Record};

/// The key for one write, and the key lock where nobody may take the key away before it is done.
pub(crate) struct Sealing {
    pub(crate) key: FoundKey,
    _lock: Option<Held>,
}

impl FileVault {
    /// The key for this record, and the record as it can be kept with it: without one it has no
    /// outbox. `None` for a record that is written unsealed.
    pub(crate) fn sealing(
        &self,
        stand: &Stand,
        record: &mut Record,
        new_session: bool,
    ) -> Result<Option<Sealing>, VaultFailure> {
        let sealing = match record.session {
            Some(_) => Some(self.for_a_session(stand, new_session)?),
            None => self.at_hand(stand, record),
        };
        if sealing.is_none() {
            record.outbox.clear();
        }
        record.outbox.retain(|entry| entry.keep == Keep::Disk);
        let surplus = record.outbox.len().saturating_sub(MOST);
        record.outbox.drain(..surplus);
        Ok(sealing)
    }

    /// The key for a signed-out record: nobody is asked for it, and no sign-out fails for want of it.
    ///
    /// Sealing says "these settings are ours". So only settings that a seal has vouched for already are
    /// sealed, not those of a record that does not open: somebody may have laid them there.
    fn at_hand(&self, stand: &Stand, record: &Record) -> Option<Sealing> {
        let fits = match &stand.verdict {
            Verdict::Known(known) => known.is_opened() || !stand.look.at(known.slot).is_sealed(),
            Verdict::Nothing { .. } => true,
            Verdict::Shut(_) => false,
        };
        let known = self.known();
        let key = known.key.clone().filter(|_| fits)?;
        let ours = known.vouched.as_ref().is_some_and(|settings| settings.are_of(record));
        let nobodys = record.account.is_null() && record.identity.is_none();
        (ours || nobodys).then_some(Sealing { key, _lock: None })
    }

    /// The key for a session: the one that opened what is there or, for a new session, what its place
    /// says *now*. A remembered key may have been forgotten by another copy since.
    fn for_a_session(&self, stand: &Stand, new: bool) -> Result<Sealing, VaultFailure> {
        let remembered = self.known().key.clone();
        if let (false, Some(key)) = (new, &remembered) {
            let key = key.clone();
            return Ok(Sealing { key, _lock: None });
        }
        let lock = self.key_lock()?;
        let neighbours = neighbours::of(self.slots.account(), self.slots.folder())
            .map_err(|error| VaultFailure::NotWritten(about("the folder", &error)))?;
        let says = stand.look.protection();
        // The key in the file that opened or sealed what this process has seen, if it is that one.
        let used = remembered.as_ref().map(|key| key.kept_by);
        let of_file = remembered.as_ref().filter(|key| key.kept_by == KeptBy::KeyFile);
        let wish = Wish {
            keychain_only: says == Some(KeptBy::Keychain)
                || used == Some(KeptBy::Keychain)
                || neighbours.say_keychain,
            goes_on_with: of_file.filter(|_| self.has_session_open()).map(|key| &key.key),
            new_in_keychain: !neighbours.sealed_by_keychain,
            new_in_file: !neighbours.sealed_by_file,
        };
        let found = self
            .keys
            .for_sealing(&wish)
            .map_err(|failure| named(failure, VaultFailure::NotWritten))?
            .ok_or_else(|| {
                VaultFailure::KeyGone(
                    "other accounts are sealed with a key that is gone; forget them, or bring it \
                     back"
                        .to_owned(),
                )
            })?;
        self.known().protection = found.protection;
        Ok(Sealing { key: found.key, _lock: Some(lock) })
    }
}
