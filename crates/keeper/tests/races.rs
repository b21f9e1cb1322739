//! Two copies of the app over one folder, without anything that keeps it to one: never is a refresh
//! token used twice, and what one of them does the other takes over.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "tutorial/desk.rs"]
#[allow(dead_code, reason = "the tutorial's desk has more drawers than this needs")]
mod desk;
#[path = "over/mod.rs"]
mod over;
#[path = "races/overtaken.rs"]
mod overtaken;
#[path = "races/pair.rs"]
mod pair;
#[path = "races/two_keepers.rs"]
mod two_keepers;
#[path = "races/two_processes.rs"]
mod two_processes;
#[path = "races/unheard.rs"]
mod unheard;
#[path = "races/without.rs"]
mod without;
