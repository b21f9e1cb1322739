//! The record lock, the key, and what the slots say under both.

use crate::document::Document;
use crate::keys::KeptBy;
use crate::locks::Held;
use crate::news::Seen;
use crate::slots::Slot;
use crate::standing::{Look, State, Verdict, judge};
use crate::trouble::{Blame, unreadable};
use crate::vault::{FileVault, named};
use crate::vouch::Settings;
use keeper::ports::VaultFailure;

/// The record lock, and what the slots say under it.
pub(crate) struct Stand {
    _lock: Held,
    pub(crate) look: Look,
    pub(crate) verdict: Verdict,
    /// Another copy had written since this vault last looked.
    pub(crate) news: bool,
    /// Why there is no key, where one was wanted.
    key_failure: Option<VaultFailure>,
}

impl Stand {
    /// Why what is sealed there cannot be read.
    pub(crate) fn shut_because(&self) -> VaultFailure {
        self.key_failure.clone().unwrap_or_else(|| {
            VaultFailure::KeyGone(
                "the key that was found does not fit it, or it was changed from outside".to_owned(),
            )
        })
    }
}

impl FileVault {
    /// Finds the key of the newest record, where that `wants` one and none is remembered. Without the
    /// record lock: nobody must wait for somebody else's keychain prompt.
    fn bring_key(&self, wants: fn(&Document) -> bool) -> Result<(), VaultFailure> {
        if self.known().key.is_some() {
            return Ok(());
        }
        let kept_by = {
            let _lock = self.record_lock(unreadable)?;
            let look = self.peek()?;
            match look.newest() {
                Some((_, newest)) if wants(newest) => newest.clear.protection,
                _ => None,
            }
        };
        let Some(kept_by) = kept_by else { return Ok(()) };
        match self.keys.for_opening(kept_by) {
            Ok(Some(found)) => {
                let mut known = self.known();
                known.key = Some((found.kept_by, found.key));
                known.protection = found.protection;
                Ok(())
            }
            Ok(None) => Err(VaultFailure::KeyGone(match kept_by {
                KeptBy::Keychain => "the keychain has no entry for it".to_owned(),
                KeptBy::KeyFile => "there is no key file".to_owned(),
            })),
            Err(failure) => Err(named(failure, unreadable)),
        }
    }

    /// Takes the record lock and judges what is there, with the key where the newest record `wants`
    /// one.
    pub(crate) fn stand(
        &self,
        blame: Blame,
        wants: fn(&Document) -> bool,
    ) -> Result<Stand, VaultFailure> {
        let remembered = self.known().key.is_some();
        let stand = self.stand_with(self.bring_key(wants).err(), blame)?;
        let wanted = stand.look.newest().is_some_and(|(_, newest)| wants(newest));
        if !remembered || !wanted || stand.verdict.is_opened() {
            return Ok(stand);
        }
        // Another copy may have made a new key since this one was remembered.
        drop(stand);
        self.known().key = None;
        self.stand_with(self.bring_key(wants).err(), blame)
    }

    fn stand_with(
        &self,
        key_failure: Option<VaultFailure>,
        blame: Blame,
    ) -> Result<Stand, VaultFailure> {
        let before = self.known().seen;
        // Seen before the lock as well: where that cannot be had, this was the look.
        self.known().seen = Some(Seen::now(self.slots.as_ref()));
        let lock = self.record_lock(blame)?;
        let news = before.is_some_and(|seen| seen.is_outdated(self.slots.as_ref()));
        self.known().seen = Some(Seen::now(self.slots.as_ref()));
        let look = self.peek()?;
        for slot in Slot::BOTH {
            if let State::Damaged(why) = look.at(slot) {
                self.set_aside(slot, why).map_err(unreadable)?;
            }
        }
        let key = self.known().key.clone();
        let mut verdict = judge(&look, key.as_ref().map(|(_, key)| key));
        if let Verdict::Known(known) = &verdict {
            if known.opened {
                self.known().vouched = Some(Settings::of(&known.record));
            }
            if let Some(slot) = known.changed {
                self.set_aside(slot, "it was changed from outside").map_err(unreadable)?;
            }
        }
        if let Some(last) = &self.known().last {
            verdict.compare(last);
        }
        Ok(Stand { _lock: lock, look, verdict, news, key_failure })
    }
}
