//! What was done and why.

use super::Desks;
use crate::wire::{AppError, ErrorCode};
use activity::{ActivityNews, ExportFormat, LifeHistory};
use keeper::ports::Clock as _;
use tauri::WebviewWindow;
use tauri::ipc::Channel;

/// The first news is everything that is remembered. One page watches at a time.
#[tauri::command]
pub(crate) async fn watch_activity(
    desk: Desks<'_>,
    channel: Channel<ActivityNews>,
) -> Result<(), AppError> {
    desk.watch_activity(channel);
    Ok(())
}

#[tauri::command]
pub(crate) fn stop_watching_activity(desk: Desks<'_>) {
    desk.stop_watching_activity();
}

/// Asks where to; answers the path, or nothing where that was cancelled.
#[tauri::command]
pub(crate) async fn export_activity(
    desk: Desks<'_>,
    window: WebviewWindow,
    format: ExportFormat,
) -> Result<Option<String>, AppError> {
    let language = desk.preferences().language;
    let Some(path) = desk.dialogs.where_to_export(&window, language, format).await else {
        return Ok(None);
    };
    let shown = path.display().to_string();
    desk.activity().export(format, desk.clock.now().wall.0, path).await?;
    Ok(Some(shown))
}

#[tauri::command]
pub(crate) async fn clear_activity(desk: Desks<'_>) -> Result<(), AppError> {
    desk.activity().clear().await
}

/// The request of this entry as a curl command, marks where its secrets were, on the clipboard.
#[tauri::command]
pub(crate) async fn copy_as_curl(desk: Desks<'_>, seq: u64) -> Result<(), AppError> {
    let curl = desk.activity().get().await.curl(seq);
    let gone = || AppError::new(ErrorCode::BadSettings, "there is no request with this number");
    let copied = desk.clipboard.copy(curl.ok_or_else(gone)?).await;
    copied.map_err(|error| AppError::new(ErrorCode::NotSaved, error))
}

/// The lifeline as far back as it is remembered.
#[tauri::command]
pub(crate) async fn life(desk: Desks<'_>) -> Result<LifeHistory, AppError> {
    Ok(desk.activity().get().await.life())
}
