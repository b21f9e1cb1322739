//! The tutorial over the real pieces: everything it does works, and its faults are gone.
//! The README's section on the tutorial says which test shows which path and which fault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "tutorial/desk.rs"]
mod desk;
#[path = "tutorial/faults.rs"]
mod faults;
#[path = "tutorial/paths.rs"]
mod paths;
#[path = "tutorial/told.rs"]
mod told;
