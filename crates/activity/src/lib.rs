//! Remembers what was done and why, within a bound, and tells it again.
//!
//! The keeper tells of its doings as [`keeper::activity::Event`]s, redacted already. Here they are
//! numbered, kept over restarts, searched for refresh tokens that were sent twice, and exported.
//!
//! What is deliberately not here: deciding what is told (that is the keeper's), and secrets.

mod wire;

pub use wire::{ActivityNews, Entry, ExportFormat, LifeHistory};
