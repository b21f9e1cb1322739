//! Scenarios.

use super::Desks;
use crate::wire::AppError;
use lab::{How, Pace, RunNews, Scenarios, Where};
use secrecy::SecretString;
use tauri::ipc::Channel;

#[tauri::command]
pub(crate) async fn scenarios(desk: Desks<'_>) -> Result<Scenarios, AppError> {
    desk.runs.all().await
}

/// Returns when all have ended. The password is for an account of one's own, and for this run.
#[tauri::command]
pub(crate) async fn run_scenarios(
    desk: Desks<'_>,
    names: Vec<String>,
    pace: Pace,
    on: Where,
    password: Option<SecretString>,
    channel: Channel<RunNews>,
) -> Result<(), AppError> {
    let own = match on {
        Where::Demo => None,
        Where::OwnAccount => Some(desk.own_account(password).await?),
    };
    desk.runs.run(names, How { pace, own }, channel).await
}

#[tauri::command]
pub(crate) fn stop_scenarios(desk: Desks<'_>) {
    desk.runs.stop();
}
