//! How long an input takes.

use crate::Target;
use std::time::Duration;

/// Checks an input; answers what came of it, and how long the process was at work for it. Where the
/// system tells that: what it does meanwhile for others is not counted.
///
/// # Errors
/// In the first part: the sentence that does not hold.
pub fn timed(target: &Target, input: &[u8]) -> (Result<(), String>, Duration) {
    let begin = at_work();
    let held = (target.check)(input);
    (held, at_work().saturating_sub(begin))
}

#[cfg(unix)]
fn at_work() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(not(unix))]
fn at_work() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGIN.elapsed()
}
