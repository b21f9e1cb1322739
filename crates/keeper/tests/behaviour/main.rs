//! What the keeper does, in virtual time, between a scripted server and a vault in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod callers;
mod calling_the_api;
mod clocks;
mod granted;
mod id_tokens;
mod intents;
mod late_answers;
mod other_copies;
mod outbox;
mod quitting;
mod restoring;
mod saving;
mod signing_in;
mod signing_out;
mod single_flight;
mod stage;
mod telling;
mod unsaved;
