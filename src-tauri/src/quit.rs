//! Ending cleanly: by the window, by SIGTERM, by Ctrl-C. Tauri handles no signals by itself.

use tauri::Manager;

/// Whether quitting has begun.
#[derive(Default)]
struct Begun;

/// Whether the app quits.
pub(crate) fn has_begun(app: &tauri::AppHandle) -> bool {
    app.try_state::<Begun>().is_some()
}

/// Waits for what is being written, then ends the app. A second call does nothing.
pub(crate) fn begin(app: &tauri::AppHandle) {
    if !app.manage(Begun) {
        return;
    }
    for window in app.webview_windows().values() {
        // Gone at once for the person; what is left takes a moment at most.
        let _gone_already = window.hide();
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Some(desk) = crate::desk(&app) {
            desk.quit().await;
        }
        app.exit(0);
    });
}

/// Quits on the signals that ask for it.
#[cfg(unix)]
pub(crate) fn on_signals(app: &tauri::AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::warn!("signals cannot be heard: end the app by its window");
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        begin(&app);
    });
}

/// Quits on Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn on_signals(app: &tauri::AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            begin(&app);
        }
    });
}
