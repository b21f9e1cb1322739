//! Writing: which slot, sealed with which key, and what to do when the disk says no.

use crate::document::{self, Content, Place};
use crate::keys::{KeptBy, Key};
use crate::locks::Held;
use crate::neighbours;
use crate::slots::Slot;
use crate::standing::Verdict;
use crate::vault::{FileVault, Stand, named};
use keeper::ports::VaultFailure;
use keeper::record::{Keep, Record};

/// The key for one write, and the key lock where nobody may take the key away before it is done.
struct Sealing {
    key: Key,
    kept_by: KeptBy,
    _lock: Option<Held>,
}

impl FileVault {
    /// Writes a record to disk: to the slot that does not hold the newest one, and where a session
    /// begins or ends to both. Answers what is there afterwards.
    pub(crate) fn save(
        &self,
        stand: &Stand,
        mut record: Record,
    ) -> Result<Option<Record>, VaultFailure> {
        let both = stand.verdict.slot().is_none()
            || stand.verdict.record().is_none_or(|present| {
                present.epoch != record.epoch
                    || present.session.is_some() != record.session.is_some()
            });
        // A session that this process has seen on disk keeps its key, whatever the files say by now:
        // clear text that somebody edited must not choose another one for it.
        let goes_on = self
            .known()
            .last
            .as_ref()
            .is_some_and(|last| last.session.is_some() && last.epoch == record.epoch);
        let sealing = match record.session {
            Some(_) => Some(self.sealing(stand, both && !goes_on)?),
            None => None,
        };
        let first = stand.verdict.slot().map_or(Slot::A, Slot::other);
        let second = first.other();
        let seen = self.known().last.as_ref().map_or(0, |last| last.generation);
        record.generation = stand.look.generation().max(seen).saturating_add(1);

        self.make_way(stand, first, &record)?;
        let after = stand.look.at(second).whole().map(|document| document.clear.generation);
        if let Err(why) = self.write_slot(stand, &record, first, after, both, sealing.as_ref()) {
            return self.not_written(stand, &record, first, why);
        }
        if both {
            let written = record.generation;
            record.generation = written.saturating_add(1);
            let done = self.make_way(stand, second, &record).map_err(|error| error.to_string());
            let done = done.and_then(|()| {
                self.write_slot(stand, &record, second, Some(written), false, sealing.as_ref())
            });
            if let Err(why) = done {
                record.generation = written;
                self.half_written(&record, second, &why)?;
            }
        }
        self.remember(&record, sealing);
        Ok(Some(record))
    }

    /// Keeps a session in memory, and on disk only that its epoch has begun, so that no older session
    /// comes back after a restart. Who it is, and where, stays off the disk as well.
    pub(crate) fn keep_in_memory(
        &self,
        stand: &Stand,
        mut record: Record,
    ) -> Result<Option<Record>, VaultFailure> {
        let on_disk = stand.verdict.record();
        let told = on_disk
            .is_some_and(|present| present.epoch == record.epoch && present.identity.is_none())
            && !stand.look.any_sealed();
        if !told {
            let bare = Record {
                keep: Keep::Disk,
                account: serde_json::Value::Null,
                identity: None,
                session: None,
                ..record.clone()
            };
            let saved = self.save(stand, bare)?;
            record.generation = saved.map_or(record.generation, |saved| saved.generation);
        }
        let mut known = self.known();
        let last = known.memory.as_ref().map_or(0, |memory| memory.generation);
        let on_disk = on_disk.map_or(0, |present| present.generation);
        if told {
            record.generation = last.max(on_disk).saturating_add(1);
        }
        known.memory = record.session.is_some().then(|| record.clone());
        Ok(Some(record))
    }

    /// The disk lost a record that is remembered: it is written again, and stands whether or not that
    /// works.
    pub(crate) fn put_back(&self, stand: &Stand, record: &Record) -> Record {
        match self.save(stand, record.clone()) {
            Ok(saved) => saved.unwrap_or_else(|| record.clone()),
            Err(failure) => {
                tracing::warn!(%failure, "a lost record could not be put back");
                record.clone()
            }
        }
    }

    /// A sign-out that was stopped between its two slots left the old session sealed in one of them.
    pub(crate) fn finish_sign_out(&self, stand: &Stand) {
        let Verdict::Known(known) = &stand.verdict else { return };
        if known.record.session.is_some() || !stand.look.any_sealed() {
            return;
        }
        let mut record = known.record.clone();
        let written = record.generation;
        record.generation = written.saturating_add(1);
        let slot = known.slot.other();
        let done = self.write_slot(stand, &record, slot, Some(written), false, None);
        if let Err(why) = done.or_else(|_| self.slots.remove(slot)) {
            tracing::warn!(%why, "an ended session is still sealed in a slot");
        }
    }

    /// Removes both slots and all that was set aside.
    pub(crate) fn remove_everything(&self) -> Result<(), VaultFailure> {
        let mut left = Vec::new();
        for slot in Slot::BOTH {
            if let Err(error) = self.slots.remove(slot) {
                left.push(format!("{}: {error}", self.name(slot)));
            }
        }
        if let Err(error) = self.slots.remove_set_aside(0) {
            left.push(format!("damaged files: {error}"));
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(VaultFailure::not_written(format!("still there: {}", left.join("; "))))
    }

    /// The key to seal with: the one that opened what is there or, for a new session, what its place
    /// says *now*. A remembered key may have been forgotten by another copy since.
    fn sealing(&self, stand: &Stand, new_session: bool) -> Result<Sealing, VaultFailure> {
        let remembered = self.known().key.clone();
        if let (false, Some((kept_by, key))) = (new_session, remembered) {
            return Ok(Sealing { key, kept_by, _lock: None });
        }
        let lock = self.key_lock()?;
        let neighbours = neighbours::of(self.slots.account(), self.slots.folder())
            .map_err(|error| VaultFailure::not_written(error.to_string()))?;
        let chosen = stand.look.protection().or(neighbours.protection);
        let found = self
            .keys
            .for_sealing(chosen, !neighbours.sealed)
            .map_err(|failure| named(failure, VaultFailure::not_written))?
            .ok_or_else(|| {
                VaultFailure::KeyGone(
                    "other accounts are sealed with a key that is gone; forget them, or bring it \
                     back"
                        .to_owned(),
                )
            })?;
        self.known().protection = found.protection;
        Ok(Sealing { key: found.key, kept_by: found.kept_by, _lock: Some(lock) })
    }

    /// Signing in anew over a session whose key is gone sets that session aside first: the key may
    /// turn up.
    fn make_way(&self, stand: &Stand, slot: Slot, record: &Record) -> Result<(), VaultFailure> {
        let shut = matches!(stand.verdict, Verdict::Shut(_));
        let sealed = stand.look.at(slot).whole().is_some_and(document::Document::is_sealed);
        if shut && sealed && record.session.is_some() {
            self.set_aside(slot, "its key could not be found")
                .map_err(|error| VaultFailure::not_written(error.to_string()))?;
        }
        Ok(())
    }

    fn write_slot(
        &self,
        stand: &Stand,
        record: &Record,
        slot: Slot,
        after: Option<u64>,
        first_of_two: bool,
        sealing: Option<&Sealing>,
    ) -> Result<(), String> {
        let account = self.slots.account();
        let protection = sealing.map(|sealing| sealing.kept_by).or_else(|| stand.look.protection());
        let place = Place { account, slot, after, first_of_two, protection };
        let document = document::write_down(record, &place, sealing.map(|s| &s.key))?;
        self.slots.write(slot, &document).map_err(|error| error.to_string())?;
        // Looked at again: a store that dropped something would be found out at the next start, when
        // the token that it should have kept is used up.
        match self.slots.read_raw(slot) {
            Ok(Some(raw)) => match document::read(account, slot, &raw) {
                Content::Whole(read) if read.age() == (record.epoch, record.generation) => Ok(()),
                Content::Whole(_) | Content::Damaged(_) | Content::Newer(_) => {
                    Err("what was written does not read back".to_owned())
                }
            },
            Ok(None) => Err("what was written is not there".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The first slot could not be written: what was there before is still in the other one.
    fn not_written(
        &self,
        stand: &Stand,
        record: &Record,
        slot: Slot,
        why: String,
    ) -> Result<Option<Record>, VaultFailure> {
        if record.session.is_none() && stand.look.any_sealed() {
            // A sign-out must not fail for want of space: removing needs none.
            tracing::warn!(%why, "a sign-out could not be written; its slots are removed");
            self.remove_everything()?;
            self.known().last = None;
            return Ok(None);
        }
        self.clear(slot);
        Err(VaultFailure::not_written(why))
    }

    /// The second slot could not be written. The record counts, being newer in the first; only that
    /// no ended session may stay behind.
    fn half_written(&self, record: &Record, slot: Slot, why: &str) -> Result<(), VaultFailure> {
        tracing::warn!(why, "a new epoch could be written to one slot only");
        if record.session.is_some() {
            self.clear(slot);
            return Ok(());
        }
        self.slots.remove(slot).map_err(|error| {
            VaultFailure::not_written(format!("{}, nor removed: {error}", self.name(slot)))
        })
    }

    /// Removes what a failed write of ours left behind, so that it is not taken for damage. What is
    /// whole stays: the write failed before it touched it, or after all was written.
    fn clear(&self, slot: Slot) {
        let whole = match self.slots.read_raw(slot) {
            Ok(Some(raw)) => {
                matches!(document::read(self.slots.account(), slot, &raw), Content::Whole(_))
            }
            Ok(None) | Err(_) => true,
        };
        if !whole && let Err(error) = self.slots.remove(slot) {
            tracing::warn!(%error, "a torn slot could not be removed");
        }
    }

    fn remember(&self, record: &Record, sealing: Option<Sealing>) {
        let mut known = self.known();
        known.last = Some(record.clone());
        known.memory = None;
        if let Some(Sealing { key, kept_by, _lock }) = sealing {
            known.key = Some((kept_by, key));
        }
        drop(known);
        if record.session.is_none()
            && let Err(error) = self.slots.remove_set_aside(0)
        {
            tracing::warn!(%error, "damaged files of the ended session could not be removed");
        }
    }
}
