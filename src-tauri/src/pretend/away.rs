//! Puts the window away and brings it back, so that a real focus event comes.

use super::Lab;
use crate::wire::{AppError, ErrorCode};
use std::time::{Duration, Instant};
use tauri::WebviewWindow;

/// How long it stays away.
const AWAY: Duration = Duration::from_secs(3);
/// A window manager that minimises has done so within this.
const MINIMISED_WITHIN: Duration = Duration::from_millis(500);

/// It does not go away again so soon: nobody is to lose a window that comes and goes by itself.
const NOT_AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// Minimises the window, or hides it where that cannot be, and brings it back to the front.
///
/// # Errors
/// Nobody is at this window, or it has just been away: it stays.
pub(crate) async fn leave_and_come_back(
    window: &WebviewWindow,
    lab: &Lab,
    come: impl FnOnce(),
) -> Result<(), AppError> {
    // Bringing it to the front takes the keyboard from whoever has it.
    if !window.is_focused().unwrap_or(false) {
        return Err(AppError::new(ErrorCode::BadSettings, "the window is not in front"));
    }
    if !lab.may_leave(NOT_AGAIN_WITHIN, Instant::now()) {
        return Err(AppError::new(ErrorCode::BadSettings, "the window has only just been away"));
    }
    lab.turn(|lab| lab.away = true);
    let minimised = window.minimize().is_ok();
    tokio::time::sleep(MINIMISED_WITHIN).await;
    if !(minimised && window.is_minimized().unwrap_or(false))
        && let Err(error) = window.hide()
    {
        tracing::warn!(%error, "the window can neither be minimised nor hidden");
    }
    tokio::time::sleep(AWAY.saturating_sub(MINIMISED_WITHIN)).await;
    lab.turn(|lab| lab.away = false);
    come();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_has_just_been_away_stays() {
        let (lab, now) = (Lab::default(), Instant::now());
        assert!(lab.may_leave(NOT_AGAIN_WITHIN, now));
        assert!(!lab.may_leave(NOT_AGAIN_WITHIN, now + NOT_AGAIN_WITHIN / 2));
        assert!(lab.may_leave(NOT_AGAIN_WITHIN, now + NOT_AGAIN_WITHIN));
    }
}
