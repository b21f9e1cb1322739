//! What is remembered, what is told, and what leaves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod exporting;
mod keeping;
mod lifelines;
mod nets;
mod stage;
mod telling;
