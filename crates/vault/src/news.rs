//! Whether another copy has written since this one last looked, found out from outside: two `stat`s,
//! no lock, no JSON.

use crate::slots::{Slot, Slots};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A slot from outside: what tells one state of it from another without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glance {
    /// It cannot be told.
    #[default]
    Unknown,
    /// There is no such slot.
    Absent,
    /// It is there.
    There {
        /// Bytes.
        length: u64,
        /// When it was last written, in nanoseconds since 1970.
        modified_ns: u128,
        /// Which file it is; 0 where the system does not say.
        inode: u64,
    },
}

impl Glance {
    /// At this file.
    pub(crate) fn at(path: &Path) -> Self {
        let file = match fs::metadata(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::Absent,
            Err(_) => return Self::Unknown,
        };
        let modified = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        modified.map_or(Self::Unknown, |since| Self::There {
            length: file.len(),
            modified_ns: since.as_nanos(),
            inode: inode(&file),
        })
    }
}

#[cfg(unix)]
fn inode(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn inode(_file: &Metadata) -> u64 {
    0
}

/// The slots as they were when this vault last looked at them, or wrote them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    a: Glance,
    b: Glance,
}

impl Seen {
    /// Looks. Taken *before* a slot is read: what is written meanwhile is then news, and not missed.
    pub(crate) fn now(slots: &dyn Slots) -> Self {
        Self { a: slots.glance(Slot::A), b: slots.glance(Slot::B) }
    }

    /// This vault has just changed a slot itself.
    pub(crate) fn looks_again(&mut self, slots: &dyn Slots, slot: Slot) {
        let glance = slots.glance(slot);
        match slot {
            Slot::A => self.a = glance,
            Slot::B => self.b = glance,
        }
    }

    /// Whether the slots are not what was seen. What cannot be told may be.
    pub(crate) fn is_outdated(&self, slots: &dyn Slots) -> bool {
        [(Slot::A, self.a), (Slot::B, self.b)]
            .into_iter()
            .any(|(slot, seen)| seen == Glance::Unknown || slots.glance(slot) != seen)
    }
}
