//! The record lock, the key, and what the slots say under both.

use crate::document::Document;
use crate::keys::{Found, FoundKey, KeptBy, Protection};
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

/// The key to try, or why there is none.
#[derive(Default)]
struct Attempt {
    key: Option<FoundKey>,
    /// What to tell of it, where it is new.
    protection: Option<Protection>,
    failure: Option<VaultFailure>,
}

impl Attempt {
    fn with(remembered: FoundKey) -> Self {
        Self { key: Some(remembered), ..Self::default() }
    }
}

impl FileVault {
    /// Finds the key of the newest record, where that `wants` one. Without the record lock: nobody
    /// must wait for somebody else's keychain prompt.
    ///
    /// `None`: none is asked for. After a `used` key from the keychain the file is not: whoever may
    /// write here could have laid it there, and a record that names it.
    fn bring_key(
        &self,
        used: Option<KeptBy>,
        wants: fn(&Document) -> bool,
    ) -> Result<Option<Found>, VaultFailure> {
        let kept_by = {
            let _lock = self.record_lock(unreadable)?;
            let look = self.peek()?;
            match look.newest() {
                Some((_, newest)) if wants(newest) => newest.clear.protection,
                _ => None,
            }
        };
        let kept_by = match (used, kept_by) {
            (_, None) | (Some(KeptBy::Keychain), Some(KeptBy::KeyFile)) => return Ok(None),
            (_, Some(kept_by)) => kept_by,
        };
        match self.keys.for_opening(kept_by) {
            Ok(Some(found)) => Ok(Some(found)),
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
        let Some(remembered) = self.known().key.clone() else {
            let attempt = match self.bring_key(None, wants) {
                Ok(None) => Attempt::default(),
                Ok(Some(Found { key, protection })) => {
                    Attempt { protection: Some(protection), ..Attempt::with(key) }
                }
                Err(failure) => Attempt { failure: Some(failure), ..Attempt::default() },
            };
            return self.stand_with(attempt, blame);
        };
        let stand = self.stand_with(Attempt::with(remembered.clone()), blame)?;
        let wanted = stand.look.newest().is_some_and(|(_, newest)| wants(newest));
        if !wanted || stand.verdict.is_opened() {
            return Ok(stand);
        }
        // Another copy may have made a new key since this one was remembered.
        let news = stand.news;
        drop(stand);
        let attempt = match self.bring_key(Some(remembered.kept_by), wants) {
            Ok(None) => Attempt::with(remembered),
            Ok(Some(Found { key, protection })) => {
                Attempt { protection: Some(protection), ..Attempt::with(key) }
            }
            Err(failure) => Attempt { failure: Some(failure), ..Attempt::with(remembered) },
        };
        let stand = self.stand_with(attempt, blame)?;
        Ok(Stand { news: news || stand.news, ..stand })
    }

    fn stand_with(&self, attempt: Attempt, blame: Blame) -> Result<Stand, VaultFailure> {
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
        let mut verdict = judge(&look, attempt.key.as_ref());
        if let Verdict::Known(known) = &verdict {
            if known.is_opened() {
                let mut remembered = self.known();
                remembered.vouched = Some(Settings::of(&known.record));
                remembered.key = attempt.key;
                if let Some(protection) = attempt.protection {
                    remembered.protection = protection;
                }
            }
            if let Some(slot) = known.changed {
                self.set_aside(slot, "it was changed from outside").map_err(unreadable)?;
            }
        }
        if let Some(last) = &self.known().last {
            verdict.compare(last);
        }
        Ok(Stand { _lock: lock, look, verdict, news, key_failure: attempt.failure })
    }
}
