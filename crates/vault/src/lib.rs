//! Keeps records: what they look like on disk, how they are sealed, the two slots that each account
//! has, and the locks between processes.
//!
//! [`FileVault`] is the keeper's [`keeper::ports::Vault`]. It stands on two small ports: [`Slots`],
//! which can read, write and set aside a slot file, and [`keys::KeySource`], which can find and make
//! the key that seals them.
//!
//! What holds whatever happens to the files:
//! - A write goes to the slot that does not hold the newest record, so that a torn write costs the
//!   new content and never the old. A sign-in and a sign-out are written to both.
//! - The newest whole slot wins. Using an older one because a newer may have been lost is told, as
//!   `fell_back`: a refresh token may have been lost with it.
//! - A damaged slot is set aside, never overwritten; a slot whose key cannot be had is not damaged.

mod canonical;
mod contents;
#[doc(hidden)]
pub mod contract;
mod disk;
mod document;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod keys;
mod locks;
mod neighbours;
mod news;
#[doc(hidden)]
pub mod recording;
mod seal;
mod sealing;
mod slots;
mod stand;
mod standing;
#[cfg(test)]
mod tests;
mod trouble;
mod vault;
mod vouch;
mod write;

pub use files::{Files, RealFiles};
pub use news::Glance;
pub use slots::{PlainFiles, Slot, SlotFiles, Slots};
pub use vault::{Card, FileVault};
