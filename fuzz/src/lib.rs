//! What the programs of the long run have in common: each input is checked, and the slowest one kept.

use fuzz_targets::{Target, named, swell, timed};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs};

pub use libfuzzer_sys;

/// One mutation in so many makes an input as large as it may be.
const SWELLS: u32 = 256;
/// Where the slowest input is kept, and its time in microseconds beside it; set by `cargo xtask fuzz`.
const FOLDER: &str = "FUZZ_SLOWEST";

static SLOWEST: AtomicU64 = AtomicU64::new(0);
static KEPT_IN: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::var_os(FOLDER).map(Into::into));

/// Checks one input.
///
/// # Panics
/// Where something does not hold: that is how libFuzzer is told.
pub fn check(target: &str, input: &[u8]) {
    let target = named(target).expect("every program has a target");
    let (held, took) = timed(&target, input);
    if let Err(sentence) = held {
        panic!("{}: {sentence}", target.name);
    }
    if micros(took) > SLOWEST.load(Ordering::Relaxed) {
        keep(&target, input, took);
    }
}

/// What was slow once may have been disturbed: the best of four counts.
fn keep(target: &Target, input: &[u8], took: Duration) {
    let again = (0..3).map(|_| timed(target, input).1);
    let took = micros(again.min().unwrap_or(took).min(took));
    if took <= SLOWEST.load(Ordering::Relaxed) {
        return;
    }
    SLOWEST.store(took, Ordering::Relaxed);
    let Some(folder) = KEPT_IN.as_ref() else { return };
    let kept = fs::write(folder.join("input"), input)
        .and_then(|()| fs::write(folder.join("micros"), took.to_string()));
    kept.expect("the slowest input can be kept");
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// libFuzzer's mutation, and now and then one that repeats a piece until the input is full.
pub fn mutate(data: &mut [u8], size: usize, largest: usize, seed: u32) -> usize {
    if !seed.is_multiple_of(SWELLS) {
        return libfuzzer_sys::fuzzer_mutate(data, size, largest);
    }
    let swollen = swell(&data[..size], largest, seed.into());
    data[..swollen.len()].copy_from_slice(&swollen);
    swollen.len()
}

/// The program of one target.
#[macro_export]
macro_rules! long_run {
    ($name:literal) => {
        use $crate::libfuzzer_sys;
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::check($name, data));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate(data, size, max_size, seed)
        });
    };
}
