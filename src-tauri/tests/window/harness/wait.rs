//! Waiting for a condition: looked at often, given up after a bound.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Enough for anything that should happen at once, on a busy machine too.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Waits until `probe` answers, and ends the test where it has not within `bound`.
pub(crate) async fn until<T>(
    what: impl Display,
    bound: Duration,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(start.elapsed() < bound, "waited {bound:?} in vain for: {what}");
        tokio::time::sleep(STEP).await;
    }
}

/// Waits for a moment that only the clock can bring, such as a token's end.
pub(crate) async fn until_past(what: impl Display, moment: Instant) {
    let bound = moment.saturating_duration_since(Instant::now()) + SOON;
    until(what, bound, async || (Instant::now() >= moment).then_some(())).await;
}
