//! Accounts: which there are, and how to reach their servers.

use super::Desks;
use crate::wire::{AppError, Confirmation, NewAccount};
use auth_client::oauth::ServerReport;
use auth_client::{AddedCa, Network};
use keeper::ports::Clock;
use std::sync::Arc;
use tauri::WebviewWindow;

#[tauri::command]
pub(crate) async fn probe_server(
    desk: Desks<'_>,
    address: String,
    network: Network,
) -> Result<ServerReport, AppError> {
    if let Some(offline) = desk.offline() {
        return Err(offline);
    }
    let clock = Arc::clone(&desk.clock) as Arc<dyn Clock>;
    Ok(auth_client::oauth::probe(&address, &network, clock).await)
}

#[tauri::command]
pub(crate) async fn add_account(desk: Desks<'_>, account: NewAccount) -> Result<String, AppError> {
    desk.add_account(&account).await
}

#[tauri::command]
pub(crate) async fn change_account(
    desk: Desks<'_>,
    id: String,
    account: NewAccount,
) -> Result<(), AppError> {
    desk.change_account(&id, &account).await
}

#[tauri::command]
pub(crate) async fn remove_account(desk: Desks<'_>, id: String) -> Result<(), AppError> {
    desk.inner().remove_account(&id).await
}

#[tauri::command]
pub(crate) async fn bring_to_front(desk: Desks<'_>, id: String) -> Result<(), AppError> {
    desk.seats.bring_to_front(&id).await
}

/// Asks where to; answers the path, or nothing where that was cancelled.
#[tauri::command]
pub(crate) async fn export_accounts(
    desk: Desks<'_>,
    window: WebviewWindow,
) -> Result<Option<String>, AppError> {
    let language = desk.preferences().language;
    let Some(path) = desk.dialogs.where_to_export_accounts(&window, language).await else {
        return Ok(None);
    };
    let shown = path.display().to_string();
    desk.export_accounts(path).await?;
    Ok(Some(shown))
}

/// Asks from where; answers how many were added, or nothing where that was cancelled.
#[tauri::command]
pub(crate) async fn import_accounts(
    desk: Desks<'_>,
    window: WebviewWindow,
) -> Result<Option<usize>, AppError> {
    let language = desk.preferences().language;
    match desk.dialogs.which_accounts(&window, language).await {
        Some(path) => desk.import_accounts(path).await.map(Some),
        None => Ok(None),
    }
}

/// Asks which; answers nothing where that was cancelled.
#[tauri::command]
pub(crate) async fn choose_ca(
    desk: Desks<'_>,
    window: WebviewWindow,
) -> Result<Option<AddedCa>, AppError> {
    let language = desk.preferences().language;
    let Some(path) = desk.dialogs.which_ca(&window, language).await else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = desk.at_the_disk(move || crate::transfer::read(&path)).await?;
    Ok(Some(AddedCa::read(&name, &bytes)?))
}

/// Asks the server whether it knows the session still.
#[tauri::command]
pub(crate) async fn confirm_session(desk: Desks<'_>) -> Result<Confirmation, AppError> {
    Ok(desk.keeper().confirm().await.map_or_else(Confirmation::not_asked, Confirmation::from))
}
