//! Whether another copy has written since this one last looked, found out from outside: two `stat`s,
//! no lock, no JSON.

use crate::slots::{Glance, Slot, Slots};

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
