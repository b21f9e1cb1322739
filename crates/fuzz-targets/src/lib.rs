//! The fuzz targets: everything that reads what others wrote, each with what must hold whatever they
//! write.
//!
//! The long run (`cargo xtask fuzz`) has libFuzzer look for inputs, guided by what they reach; the
//! short one is this crate's test: every seed of `fuzz/corpus`, and some thousands of mutations of
//! them, the same each time. What a target checks stands in the crate whose room it is, in its module
//! `fuzzing`.

mod mutation;
mod time;

pub use mutation::{Mutator, swell};
pub use time::timed;

/// One kind of what others write.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Names its program in `fuzz/fuzz_targets`, and its seeds in `fuzz/corpus`.
    pub name: &'static str,
    /// Reads any bytes, and answers the first sentence that does not hold.
    pub check: fn(&[u8]) -> Result<(), String>,
}

const fn target(name: &'static str, check: fn(&[u8]) -> Result<(), String>) -> Target {
    Target { name, check }
}

/// All of them.
pub const TARGETS: [Target; 14] = [
    target("token_answer", auth_client::fuzzing::token_answer),
    target("oauth_answer", auth_client::fuzzing::oauth_answer),
    target("discovery", auth_client::fuzzing::discovery),
    target("jwks", auth_client::fuzzing::jwks),
    target("id_token", auth_client::fuzzing::id_token),
    target("redirect", auth_client::fuzzing::redirect),
    target("slot", vault::fuzzing::slot),
    target("contents", vault::fuzzing::contents),
    target("retry_after", auth_client::fuzzing::retry_after),
    target("date", auth_client::fuzzing::date),
    target("scenario", lab::fuzzing::scenario),
    target("cookies", auth_client::fuzzing::cookies),
    target("claims", auth_client::fuzzing::claims),
    target("settings", auth_client::fuzzing::settings),
];

/// The target of this name.
#[must_use]
pub fn named(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
