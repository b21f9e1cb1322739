//! Signing in in the browser or on another device. How far it is, is in the view.

use super::Desks;
use crate::wire::{AppError, KeepIn, OtherPerson};
use secrecy::SecretString;

#[tauri::command]
pub(crate) async fn begin_sign_in(
    desk: Desks<'_>,
    id: String,
    keep: KeepIn,
    client_secret: Option<SecretString>,
) -> Result<(), AppError> {
    desk.inner().begin_sign_in(&id, keep.into(), client_secret).await
}

#[tauri::command]
pub(crate) fn cancel_sign_in(desk: Desks<'_>) {
    desk.sign_ins.cancel();
}

#[tauri::command]
pub(crate) async fn open_browser_again(desk: Desks<'_>) -> Result<(), AppError> {
    desk.open_browser_again().await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn copy_sign_in_link(desk: Desks<'_>) -> Result<(), AppError> {
    desk.copy_sign_in_link().await
}

#[tauri::command]
pub(crate) fn answer_other_person(desk: Desks<'_>, answer: OtherPerson) {
    desk.sign_ins.answer(answer);
}
