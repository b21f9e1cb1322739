//! Placeholder.
pub use libfuzzer_sys;
/// Placeholder.
#[macro_export]
macro_rules! long_run { ($name:literal) => { $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| { let _ = data; }); } }
