//! The tokens in use: what they hold, never they.

use super::Desks;
use crate::tokens;
use crate::wire::{AppError, ErrorCode, TokenDetails};
use tauri::WebviewWindow;

#[tauri::command]
pub(crate) async fn token_details(desk: Desks<'_>) -> Result<TokenDetails, AppError> {
    let details = desk.keeper().inspect(tokens::details).await;
    details.ok_or_else(|| AppError::new(ErrorCode::Quitting, "the app is quitting"))
}

/// Asks in a dialog that the page cannot click. Only the access token can be had so.
#[tauri::command]
pub(crate) async fn copy_access_token(
    desk: Desks<'_>,
    window: WebviewWindow,
) -> Result<bool, AppError> {
    let held = desk.keeper().inspect(|tokens, _marks| tokens.is_some()).await;
    if held != Some(true) {
        return Err(super::no_token());
    }
    let (user, server) = desk.whose();
    if !desk.dialogs.may_copy(&window, desk.preferences().language, (&user, &server)).await {
        return Ok(false);
    }
    let token = desk.keeper().access_token(0).await;
    let token = token.map_err(|_unavailable| super::no_token())?;
    let copied = desk.clipboard.copy_token(token.secret().clone()).await;
    copied.map_err(|error| AppError::new(ErrorCode::NotSaved, error))?;
    Ok(true)
}
