//! The real app in a real window, on a screen of its own.
//!
//! Linux only, because the driver is WebKitGTK's. `cargo xtask test` installs what this needs.
#![cfg(target_os = "linux")]

// `cfg(test)` holds for this whole program; said again, it lets the lints know that the harness
// may end a test with `expect`.
#[cfg(test)]
mod harness;
