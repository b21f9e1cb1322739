//! The syncs of the vault, each by what it is made after.

use crate::recording::{Disk, Step, Sync};
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
