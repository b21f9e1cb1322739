//! Puts the window away and brings it back, so that a real focus event comes.

use super::Lab;
use std::time::Duration;
use tauri::WebviewWindow;

/// How long it stays away.
const AWAY: Duration = Duration::from_secs(3);
/// A window manager that minimises has done so within this.
const MINIMISED_WITHIN: Duration = Duration::from_millis(500);

/// Minimises the window, or hides it where that cannot be, and brings it back to the front.
pub(crate) async fn leave_and_come_back(window: &WebviewWindow, lab: &Lab, come: impl FnOnce()) {
    if !lab.turn(|lab| lab.away = true) {
        return;
    }
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
}
