//! The window came to the front. From Rust's own event: the page's fires twice.

use std::sync::Mutex;
use std::time::{Duration, Instant};
use tauri::Manager;

/// Focus comes in bursts: when windows are switched through, when a title bar is dragged.
const BURST: Duration = Duration::from_millis(300);

/// When focus last came.
#[derive(Default)]
pub(crate) struct Debounce(Mutex<Option<Instant>>);

impl Debounce {
    /// Whether this one begins a burst.
    fn is_first(&self, now: Instant) -> bool {
        let Ok(mut last) = self.0.lock() else { return true };
        let first = last.is_none_or(|last| now.duration_since(last) >= BURST);
        *last = Some(now);
        first
    }
}

/// Tells the keeper.
pub(crate) fn came(app: &tauri::AppHandle) {
    let first =
        app.try_state::<Debounce>().is_none_or(|debounce| debounce.is_first(Instant::now()));
    if let Some(desk) = crate::desk(app).filter(|_| first) {
        desk.focused();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_focus_is_one_focus() {
        let debounce = Debounce::default();
        let start = Instant::now();
        assert!(debounce.is_first(start));
        assert!(!debounce.is_first(start + BURST / 2));
        assert!(!debounce.is_first(start + BURST));
        assert!(debounce.is_first(start + BURST * 3));
    }
}
