//! The real app in a real window, on a screen of its own.
//!
//! Linux only, because the driver is WebKitGTK's. `cargo xtask test` installs what this needs.
#![cfg(target_os = "linux")]

// `cfg(test)` holds for this whole program; said again, it lets the lints know that the harness
// may end a test with `expect`.
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod activity_export;
#[cfg(test)]
mod activity_page;
#[cfg(test)]
mod asleep;
#[cfg(test)]
mod bad_answers;
#[cfg(test)]
mod bad_days;
#[cfg(test)]
mod bad_servers;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod first_session;
#[cfg(test)]
mod focus;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod keychain;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod lab_screen;
#[cfg(test)]
mod lab_screens;
#[cfg(test)]
mod lab_server;
#[cfg(test)]
mod lab_switches;
#[cfg(test)]
mod launch;
#[cfg(test)]
mod oauth_screens;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod oidc_addresses;
#[cfg(test)]
mod oidc_bad_days;
#[cfg(test)]
mod oidc_device;
#[cfg(test)]
mod own_server;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod planted_oauth;
#[cfg(test)]
mod scenario_page;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod several;
#[cfg(test)]
mod sign_out;
#[cfg(test)]
mod simple_jwt;
#[cfg(test)]
mod stop_in_mid_refresh;
#[cfg(test)]
mod token_page;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod tour;
#[cfg(test)]
mod two_copies;
#[cfg(test)]
mod wrong_clock;
