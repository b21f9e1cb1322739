//! Remembers what was done and why, within a bound, and tells it again.
//!
//! The keeper tells of its doings as [`keeper::activity::Event`]s, redacted already. [`Activity`]
//! numbers them, keeps them over restarts, searches them for refresh tokens that were sent twice,
//! tells them to pages as they come, and exports them. What is added to the lifeline is kept in files
//! of its own, which hold a month of tokens that live a minute each.
//!
//! What is deliberately not here: deciding what is told (that is the keeper's), and secrets. Nothing
//! waits for a disk here but a thread of its own.

mod activity;
mod book;
mod curl;
mod export;
mod life;
mod markdown;
mod net;
mod segments;
mod unmoved;
mod wire;
mod writer;

pub use activity::{Activity, Limits, Subscription};
pub use wire::{ActivityNews, Entry, ExportFormat, LifeHistory};
