//! What an account's two slots say together. Pure: it reads no file and asks no keychain.

use crate::contents::Contents;
use crate::document::Document;
use crate::keys::{FoundKey, KeptBy};
use crate::slots::Slot;
use keeper::record::Record;

/// What one slot is.
pub(crate) enum State {
    Absent,
    Damaged(&'static str),
    Whole(Box<Document>),
}

impl State {
    pub(crate) fn whole(&self) -> Option<&Document> {
        match self {
            Self::Whole(document) => Some(document),
            Self::Absent | Self::Damaged(_) => None,
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.whole().is_some_and(Document::is_sealed)
    }
}

/// What both slots are.
pub(crate) struct Look {
    pub(crate) a: State,
    pub(crate) b: State,
}

impl Look {
    pub(crate) fn at(&self, slot: Slot) -> &State {
        match slot {
            Slot::A => &self.a,
            Slot::B => &self.b,
        }
    }

    /// The whole slots, the newest first.
    fn by_age(&self) -> Vec<(Slot, &Document)> {
        let mut whole: Vec<_> = Slot::BOTH
            .into_iter()
            .filter_map(|slot| self.at(slot).whole().map(|document| (slot, document)))
            .collect();
        whole.sort_by_key(|(_, document)| std::cmp::Reverse(document.age()));
        whole
    }

    /// The newest whole slot, whether it opens or not.
    pub(crate) fn newest(&self) -> Option<(Slot, &Document)> {
        self.by_age().into_iter().next()
    }

    /// A session is sealed in one of them.
    pub(crate) fn any_session(&self) -> bool {
        self.by_age().iter().any(|(_, document)| document.has_session())
    }

    /// The highest generation in either.
    pub(crate) fn generation(&self) -> u64 {
        self.by_age().iter().map(|(_, document)| document.clear.generation).max().unwrap_or(0)
    }

    /// Where the key is kept, as the newest that says so says.
    pub(crate) fn protection(&self) -> Option<KeptBy> {
        self.by_age().iter().find_map(|(_, document)| document.clear.protection)
    }
}

/// What the slots say together.
pub(crate) enum Verdict {
    /// No whole slot. `last`: what is remembered of a session that was lost to damage.
    Nothing { damaged: bool, last: Option<Box<Record>> },
    /// This is the record.
    Known(Box<Known>),
    /// There is a session, and the key at hand, if any, does not open it.
    Shut(Box<Shut>),
}

pub(crate) struct Known {
    /// The slot it is in.
    pub(crate) slot: Slot,
    pub(crate) record: Record,
    /// Its seal was opened, with the key from this place: what its clear part says was written by
    /// whoever has that key.
    pub(crate) opened_by: Option<KeptBy>,
    /// Entries of the outbox are sealed in it, which is not opened.
    pub(crate) outbox_shut: bool,
    /// Something newer may have been lost.
    pub(crate) fell_back: bool,
    /// The record is remembered, and newer than what is on disk.
    pub(crate) lost: bool,
    first_of_two: bool,
    /// The other slot claims to be newer and is whole, and does not open with the key that opens
    /// this one: somebody changed it and corrected its checksum.
    pub(crate) changed: Option<Slot>,
}

pub(crate) struct Shut {
    /// The newest slot.
    pub(crate) slot: Slot,
    /// Its record, without the session that is in it.
    pub(crate) shell: Record,
}

impl Verdict {
    /// The record, as far as it can be read.
    pub(crate) fn record(&self) -> Option<&Record> {
        match self {
            Self::Nothing { last, .. } => last.as_deref(),
            Self::Known(known) => Some(&known.record),
            Self::Shut(shut) => Some(&shut.shell),
        }
    }

    /// The slot of the newest record.
    pub(crate) fn slot(&self) -> Option<Slot> {
        match self {
            Self::Nothing { .. } => None,
            Self::Known(known) => Some(known.slot),
            Self::Shut(shut) => Some(shut.slot),
        }
    }

    /// The seal of the newest record was opened.
    pub(crate) fn is_opened(&self) -> bool {
        matches!(self, Self::Known(known) if known.is_opened())
    }

    /// There are entries of an outbox that cannot be read.
    pub(crate) fn outbox_shut(&self) -> bool {
        matches!(self, Self::Known(known) if known.outbox_shut)
    }

    /// Compares with the newest record that this process has seen on disk. A session that went back
    /// behind it is not lost: it is remembered. Another session may be there by right, after
    /// everything was forgotten.
    pub(crate) fn compare(&mut self, last: &Record) {
        match self {
            Self::Nothing { damaged: true, last: lost } if last.session.is_some() => {
                *lost = Some(Box::new(last.clone()));
            }
            Self::Known(known) => known.compare(last),
            Self::Nothing { .. } | Self::Shut(_) => {}
        }
    }
}

impl Known {
    /// Its seal was opened.
    pub(crate) fn is_opened(&self) -> bool {
        self.opened_by.is_some()
    }

    fn compare(&mut self, last: &Record) {
        let age = |record: &Record| (record.epoch, record.generation);
        let (present, seen) = (age(&self.record), age(last));
        if seen <= present {
            return;
        }
        if session_of(&self.record).is_some() && session_of(&self.record) == session_of(last) {
            self.record = last.clone();
            self.lost = true;
            self.fell_back = false;
        } else if !(self.first_of_two && seen == (present.0, present.1.saturating_add(1))) {
            self.fell_back = true;
        }
    }
}

/// What tells one sign-in from every other.
fn session_of(record: &Record) -> Option<(u64, [u8; 32])> {
    record.session.as_ref().map(|session| (record.epoch, *session.fingerprint_key))
}

/// Judges two slots.
///
/// A newest slot that does not open is only taken for changed where the older one is of its kind and
/// opens with the same key. Where none opens it is the key that is wrong, and nothing may be set aside.
///
/// A key is only tried on what says that its key is in the place where this one was found. A key file
/// can be laid here by whoever may write here: what it opens must not pass for the keychain's.
///
/// A record that says "signed out" counts whether or not it is sealed, and whether or not the seal
/// opens: it may have been written while the keychain was locked, and whoever signed out there is not
/// to be signed in again by the session that a crash left in the other slot. So whoever may write here
/// can sign somebody out, which he could do by removing the files, and gets no token by it. What he
/// writes is not `opened`, and nothing is to be sent by its settings ([`crate::FileVault::vouched_settings`]).
pub(crate) fn judge(look: &Look, key: Option<&FoundKey>) -> Verdict {
    let by_age = look.by_age();
    let Some((newest_slot, newest)) = by_age.first().copied() else {
        let damaged = [&look.a, &look.b].into_iter().any(|s| matches!(s, State::Damaged(_)));
        return Verdict::Nothing { damaged, last: None };
    };
    let known = |slot: Slot, document: &Document, contents: Option<Contents>| {
        let opened_by = key.filter(|_| contents.is_some()).map(|key| key.kept_by);
        Verdict::Known(Box::new(Known {
            slot,
            record: document.record(contents),
            opened_by,
            outbox_shut: opened_by.is_none() && document.has_outbox(),
            fell_back: fell_back(document, look.at(slot.other())),
            lost: false,
            first_of_two: document.clear.first_of_two,
            changed: (slot != newest_slot).then_some(newest_slot),
        }))
    };
    let open = |document: &Document| {
        let key = key.filter(|key| document.clear.protection == Some(key.kept_by))?;
        document.open(&key.key)
    };
    if let Some(contents) = open(newest) {
        return known(newest_slot, newest, Some(contents));
    }
    if let Some((slot, older)) = by_age.get(1).copied()
        && newest.is_sealed()
        && newest.has_session() == older.has_session()
        && let Some(contents) = open(older)
    {
        return known(slot, older, Some(contents));
    }
    if newest.has_session() {
        return Verdict::Shut(Box::new(Shut { slot: newest_slot, shell: newest.record(None) }));
    }
    known(newest_slot, newest, None)
}

/// Whether something newer than `chosen` may have been lost with the other slot.
fn fell_back(chosen: &Document, other: &State) -> bool {
    let first = chosen.clear.first_of_two;
    match other {
        // In a write to both, the second half says the same; and whatever else came after it was
        // written over the first half.
        State::Absent | State::Damaged(_) => !first,
        State::Whole(other) if other.age() > chosen.age() => {
            let (epoch, generation) = chosen.age();
            !(first && other.age() == (epoch, generation.saturating_add(1)))
        }
        // Another generation than this one came after: what was there was newer, and is gone.
        State::Whole(other) => !first && chosen.clear.after != Some(other.clear.generation),
    }
}
