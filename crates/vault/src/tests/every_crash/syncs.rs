//! The syncs of the vault, each by what it is made after.

use super::Bench;
use crate::keys::KeySource as _;
use crate::recording::{Disk, Recording, Step, Sync};
use crate::{Slot, Slots as _};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One place in the source where something is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// The file, after a slot was written.
    SlotWritten,
    /// The folder, after that.
    SlotNamed,
    /// The folder, after a slot was set aside.
    SetAside,
    /// The folder, after a slot was removed.
    SlotRemoved,
    /// The folder, after what was set aside was removed.
    AsideRemoved,
    /// The new key file, before it gets its name.
    KeyWritten,
    /// The folder, after that.
    KeyNamed,
    /// The folder, after the key was removed.
    KeyRemoved,
}

impl Site {
    pub(super) const ALL: [Self; 8] = [
        Self::SlotWritten,
        Self::SlotNamed,
        Self::SetAside,
        Self::SlotRemoved,
        Self::AsideRemoved,
        Self::KeyWritten,
        Self::KeyNamed,
        Self::KeyRemoved,
    ];

    /// Nobody makes this sync any more, on this disk.
    pub(super) fn leave_out_on(self, disk: &Disk) {
        let at = AtomicUsize::new(usize::MAX);
        disk.leave_out_where(move |kind, steps| {
            // Two in a row are two places: only the first of them comes right after its step.
            let first = at.load(Ordering::SeqCst) != steps.len();
            let is_it = first && Self::of(kind, steps) == Some(self);
            if is_it {
                at.store(steps.len(), Ordering::SeqCst);
            }
            is_it
        });
    }

    fn of(kind: Sync, steps: &[Step]) -> Option<Self> {
        let is_aside = |name: &str| name.contains(".damaged-");
        Some(match (kind, steps.last()?) {
            (Sync::File, Step::Write(name)) if name.starts_with("key") => Self::KeyWritten,
            (Sync::File, _) => Self::SlotWritten,
            (Sync::Folder, Step::Rename(_, to)) if to == "key" => Self::KeyNamed,
            (Sync::Folder, Step::Rename(..)) => Self::SetAside,
            (Sync::Folder, Step::Remove(name)) if name == "key" => Self::KeyRemoved,
            (Sync::Folder, Step::Remove(name)) if is_aside(name) => Self::AsideRemoved,
            (Sync::Folder, Step::Remove(_)) => Self::SlotRemoved,
            (Sync::Folder, Step::SyncFile(_)) => Self::SlotNamed,
            (Sync::Folder, _) => return None,
        })
    }
}

/// One thing that is done to files.
pub(super) struct Act {
    pub(super) name: &'static str,
    before: fn(&Recording),
    act: fn(&Recording),
}

pub(super) const ACTS: [Act; 6] = [
    Act { name: "a slot is written", before: |_| (), act: |slots| written(slots, "new") },
    Act { name: "a slot is removed", before: |slots| written(slots, "old"), act: removed },
    Act { name: "a slot is set aside", before: |slots| written(slots, "old"), act: set_aside },
    Act {
        name: "what was set aside is removed",
        before: |slots| {
            written(slots, "old");
            set_aside(slots);
        },
        act: |slots| slots.remove_set_aside(0).unwrap(),
    },
    Act { name: "a key is made", before: |_| (), act: |slots| drop(slots.key_file().create()) },
    Act {
        name: "the key is forgotten",
        before: |slots| drop(slots.key_file().create()),
        act: |slots| slots.key_file().forget().unwrap(),
    },
];

impl Act {
    /// Whether every crash after it, with this sync left out, leaves what a running machine sees.
    pub(super) fn is_safe_without(&self, left_out: Option<Site>) -> bool {
        let bench = Bench::on(Disk::new());
        (self.before)(&bench.slots());
        let bench = bench.twin();
        if let Some(site) = left_out {
            site.leave_out_on(&bench.disk);
        }
        (self.act)(&bench.slots());
        let seen = on(&bench.disk);
        bench.disk.after_power_loss().iter().all(|crash| on(&crash.disk) == seen)
    }
}

fn written(slots: &Recording, text: &str) {
    slots.write(Slot::A, &json!({ "text": text.repeat(300) })).unwrap();
}

fn removed(slots: &Recording) {
    slots.remove(Slot::A).unwrap();
}

fn set_aside(slots: &Recording) {
    slots.set_aside(Slot::A).unwrap();
}

fn on(disk: &Disk) -> BTreeMap<String, Option<Vec<u8>>> {
    disk.names().into_iter().map(|name| (name.clone(), disk.content(&name))).collect()
}
