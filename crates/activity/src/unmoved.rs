//! Moments as they are written down.
//!
//! While the app runs, everything that it shows goes by one wall clock: that of its keeper, which the
//! Lab can move. How far it was moved ends with the process. What is on disk therefore goes by the
//! clock of this computer; otherwise the next start would find a past that is still to come.

use crate::wire::Entry;
use engine::{Bar, Mark, Next, Wall};
use keeper::activity::{Living, What};
use keeper::ports::Clock;
use std::sync::Arc;

/// The entry as it is written down.
pub(crate) fn entry(entry: Arc<Entry>, clock: &dyn Clock) -> Arc<Entry> {
    let by_ms = by_ms(entry.at_ms, clock);
    if by_ms == 0 {
        return entry;
    }
    let mut entry = Entry::clone(&entry);
    entry.at_ms = entry.at_ms.saturating_add(by_ms);
    match &mut entry.what {
        What::Decision { next: Some(Next { at_ms, .. }), .. } => {
            *at_ms = at_ms.saturating_add(by_ms);
        }
        What::Exchange { exchange, .. } => {
            exchange.at_ms = exchange.at_ms.saturating_add(by_ms);
        }
        What::Decision { next: None, .. }
        | What::Disk { .. }
        | What::Switch { .. }
        | What::App { .. } => {}
    }
    Arc::new(entry)
}

/// What was added to the lifeline, as it is written down. A token keeps its lifetime.
pub(crate) fn living(living: Living, clock: &dyn Clock) -> Living {
    match living {
        Living::Token(Bar { fingerprint, from_ms, to_ms, renews_ms }) => {
            let by_ms = by_ms(from_ms, clock);
            let moved = |at_ms: i64| at_ms.saturating_add(by_ms);
            let (from_ms, to_ms, renews_ms) = (moved(from_ms), moved(to_ms), renews_ms.map(moved));
            Living::Token(Bar { fingerprint, from_ms, to_ms, renews_ms })
        }
        Living::Mark(Mark { at_ms, kind }) => {
            Living::Mark(Mark { at_ms: at_ms.saturating_add(by_ms(at_ms, clock)), kind })
        }
    }
}

/// How far a moment is written from where it was told. Where the clock was moved while something was
/// under way, it is no later than now all the same.
fn by_ms(at_ms: i64, clock: &dyn Clock) -> i64 {
    let at = Wall(at_ms);
    match clock.unmoved_at(at) {
        unmoved if unmoved == at => 0,
        unmoved => unmoved.min(clock.unmoved()) - at,
    }
}
