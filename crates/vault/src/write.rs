//! Writing: which slot, sealed with which key, and what to do when the disk says no.

use crate::document::{self, Content, Place};
use crate::sealing::Sealing;
use crate::slots::Slot;
use crate::stand::Stand;
use crate::standing::Verdict;
use crate::trouble::{about, said};
use crate::vault::FileVault;
use crate::vouch::Settings;
use engine::StoreTrouble;
use keeper::ports::VaultFailure;
use keeper::record::{Keep, Record, Unrevoked};

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
        // clear text that somebody edited must not choose another one for it. Where there are no files
        // at all, another copy has forgotten everything, and the key with it.
        let forgotten = matches!(stand.verdict, Verdict::Nothing { damaged: false, .. });
        let goes_on = !forgotten
            && self
                .known()
                .last
                .as_ref()
                .is_some_and(|last| last.session.is_some() && last.epoch == record.epoch);
        let sealing = self.sealing(stand, &mut record, both && !goes_on)?;
        let first = stand.verdict.slot().map_or(Slot::A, Slot::other);
        let second = first.other();
        let seen = self.known().last.as_ref().map_or(0, |last| last.generation);
        record.generation = stand.look.generation().max(seen).saturating_add(1);

        self.make_way(stand, first, &record).map_err(VaultFailure::NotWritten)?;
        let after = stand.look.at(second).whole().map(|document| document.clear.generation);
        if let Err(why) = self.write_slot(stand, &record, first, after, both, sealing.as_ref()) {
            return self.not_written(stand, &record, first, why);
        }
        if both {
            let written = record.generation;
            record.generation = written.saturating_add(1);
            let done = self.make_way(stand, second, &record).and_then(|()| {
                self.write_slot(stand, &record, second, Some(written), false, sealing.as_ref())
            });
            if let Err(why) = done {
                record.generation = written;
                self.half_written(&record, second, &why.detail)?;
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
        let mut bare = Record {
            keep: Keep::Disk,
            account: serde_json::Value::Null,
            identity: None,
            session: None,
            ..record.clone()
        };
        self.sealing(stand, &mut bare, false)?;
        let told = on_disk.is_some_and(|present| {
            let outbox = stand.verdict.outbox_shut() || same_outbox(&present.outbox, &bare.outbox);
            present.epoch == record.epoch && present.identity.is_none() && outbox
        }) && !stand.look.any_session();
        record.outbox.clear();
        let mut outbox = on_disk.map_or_else(Vec::new, |on_disk| on_disk.outbox.clone());
        if !told {
            let saved = self.save(stand, bare)?;
            record.generation = saved.as_ref().map_or(record.generation, |saved| saved.generation);
            outbox = saved.map_or_else(Vec::new, |saved| saved.outbox);
        }
        let mut known = self.known();
        let last = known.memory.as_ref().map_or(0, |memory| memory.generation);
        let on_disk = on_disk.map_or(0, |present| present.generation);
        if told {
            record.generation = last.max(on_disk).saturating_add(1);
        }
        known.memory = record.session.is_some().then(|| record.clone());
        Ok(Some(Record { outbox, ..record }))
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
    ///
    /// It is finished whoever wrote it (see [`crate::standing::judge`]). Where its seal is not opened,
    /// it cannot be written anew without losing what is in there, be it only the seal itself: then the
    /// session is removed, and the sign-out stays in its one slot.
    pub(crate) fn finish_sign_out(&self, stand: &Stand) {
        let Verdict::Known(known) = &stand.verdict else { return };
        if known.record.session.is_some() || !stand.look.any_session() {
            return;
        }
        let slot = known.slot.other();
        let done = if stand.look.at(known.slot).is_sealed() && !known.is_opened() {
            Err(said("its seal is not open"))
        } else {
            self.write_the_other_half(stand, &known.record, slot)
        };
        if done.is_err()
            && let Err(error) = self.remove(slot)
        {
            tracing::warn!(%error, "an ended session is still sealed in a slot");
        }
    }

    fn write_the_other_half(
        &self,
        stand: &Stand,
        record: &Record,
        slot: Slot,
    ) -> Result<(), StoreTrouble> {
        let mut record = record.clone();
        let written = record.generation;
        record.generation = written.saturating_add(1);
        let sealing =
            self.sealing(stand, &mut record, false).map_err(|failure| failure.trouble())?;
        self.write_slot(stand, &record, slot, Some(written), false, sealing.as_ref())
    }

    fn remove(&self, slot: Slot) -> std::io::Result<()> {
        let removed = self.slots.remove(slot);
        self.has_touched(slot);
        removed
    }

    /// Removes both slots and all that was set aside. The older one first: a crash in between must not
    /// leave a refresh token behind that has been replaced.
    pub(crate) fn remove_everything(&self) -> Result<(), VaultFailure> {
        let mut left = Vec::new();
        let newest = self.peek().ok().and_then(|look| look.newest().map(|(slot, _)| slot));
        let newest = newest.unwrap_or(Slot::B);
        for slot in [newest.other(), newest] {
            if let Err(error) = self.remove(slot) {
                left.push(about(&self.name(slot), &error));
            }
        }
        if let Err(error) = self.slots.remove_set_aside(0) {
            left.push(about("damaged files", &error));
        }
        let Some(kind) = left.first().map(|first| first.kind) else { return Ok(()) };
        let left: Vec<_> = left.into_iter().map(|trouble| trouble.detail).collect();
        let detail = format!("still there: {}", left.join("; "));
        Err(VaultFailure::NotWritten(StoreTrouble { kind, detail }))
    }

    /// Signing in anew over what cannot be opened sets that aside first: its key may turn up.
    fn make_way(&self, stand: &Stand, slot: Slot, record: &Record) -> Result<(), StoreTrouble> {
        let shut = matches!(stand.verdict, Verdict::Shut(_)) || stand.verdict.outbox_shut();
        let sealed = stand.look.at(slot).whole().is_some_and(document::Document::needs_key);
        if shut && sealed && record.session.is_some() {
            return self.set_aside(slot, "its key could not be found");
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
    ) -> Result<(), StoreTrouble> {
        let account = self.slots.account();
        let protection =
            sealing.map(|sealing| sealing.key.kept_by).or_else(|| stand.look.protection());
        let place = Place { account, slot, after, first_of_two, protection };
        let key = sealing.map(|sealing| &sealing.key.key);
        let document = document::write_down(record, &place, key).map_err(said)?;
        let written = self.slots.write(slot, &document);
        self.has_touched(slot);
        let name = self.name(slot);
        written.map_err(|error| about(&name, &error))?;
        // Looked at again: a store that dropped something would be found out at the next start, when
        // the token that it should have kept is used up.
        match self.slots.read_raw(slot) {
            Ok(Some(raw)) => match document::read(account, slot, &raw) {
                Content::Whole(read) if read.age() == (record.epoch, record.generation) => Ok(()),
                Content::Whole(_) | Content::Damaged(_) | Content::Newer(_) => {
                    Err(said(format!("{name}: what was written does not read back")))
                }
            },
            Ok(None) => Err(said(format!("{name}: what was written is not there"))),
            Err(error) => Err(about(&name, &error)),
        }
    }

    /// The first slot could not be written: what was there before is still in the other one.
    fn not_written(
        &self,
        stand: &Stand,
        record: &Record,
        slot: Slot,
        why: StoreTrouble,
    ) -> Result<Option<Record>, VaultFailure> {
        if record.session.is_none() && stand.look.any_session() {
            // A sign-out must not fail for want of space: removing needs none.
            tracing::warn!(
                why = why.detail,
                "a sign-out could not be written; its slots are removed"
            );
            self.remove_everything()?;
            self.known().last = None;
            return Ok(None);
        }
        self.clear(slot);
        Err(VaultFailure::NotWritten(why))
    }

    /// The second slot could not be written. The record counts, being newer in the first; only that
    /// no ended session may stay behind.
    fn half_written(&self, record: &Record, slot: Slot, why: &str) -> Result<(), VaultFailure> {
        tracing::warn!(why, "a new epoch could be written to one slot only");
        if record.session.is_some() {
            self.clear(slot);
            return Ok(());
        }
        self.remove(slot).map_err(|error| {
            let what = format!("{}, nor removed", self.name(slot));
            VaultFailure::NotWritten(about(&what, &error))
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
        if !whole && let Err(error) = self.remove(slot) {
            tracing::warn!(%error, "a torn slot could not be removed");
        }
    }

    fn remember(&self, record: &Record, sealing: Option<Sealing>) {
        let mut known = self.known();
        known.last = Some(record.clone());
        known.memory = None;
        if let Some(sealing) = sealing {
            known.key = Some(sealing.key);
            known.vouched = Some(Settings::of(record));
        }
        drop(known);
        if record.session.is_none()
            && let Err(error) = self.slots.remove_set_aside(0)
        {
            tracing::warn!(%error, "damaged files of the ended session could not be removed");
        }
    }
}

/// Whether two outboxes say the same: an entry's tokens do not change, the tries do.
fn same_outbox(one: &[Unrevoked], other: &[Unrevoked]) -> bool {
    let said = |entry: &Unrevoked| (entry.id, entry.tries, entry.next_try.clone());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| said(a) == said(b))
}
