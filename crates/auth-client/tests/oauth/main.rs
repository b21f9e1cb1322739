//! OAuth 2.0 as a server hears and says it: every request and every answer goes over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod apis;
mod canary;
mod granted;
mod log;
mod sent;
