//! The Lab's switches.

use super::Desks;
use crate::pretend;
use crate::wire::{AppError, DemoAct};
use demo_server::Snapshot;
use engine::{Fingerprint, SECOND};
use serde_json::Value;
use tauri::{AppHandle, WebviewWindow};

#[tauri::command]
pub(crate) async fn demo_state(desk: Desks<'_>) -> Result<Snapshot, AppError> {
    desk.demo.snapshot().await
}

#[tauri::command]
pub(crate) async fn change_demo_switches(desk: Desks<'_>, change: Value) -> Result<(), AppError> {
    desk.demo.change(change.clone()).await?;
    for (name, to) in change.as_object().into_iter().flatten() {
        desk.note_switch(name, if to.is_null() { "default".to_owned() } else { to.to_string() });
    }
    Ok(())
}

#[tauri::command]
pub(crate) async fn demo_now(desk: Desks<'_>, act: DemoAct) -> Result<(), AppError> {
    desk.demo.act(act).await?;
    let (name, to) = match act {
        DemoAct::Expire => ("demo_expire", "every access token has ended at the demo server"),
        DemoAct::Revoke => ("demo_revoke", "every session has ended at the demo server"),
    };
    desk.note_switch(name, to);
    Ok(())
}

/// Nothing leaves this computer from now on, or everything does again.
#[tauri::command]
pub(crate) async fn set_offline(desk: Desks<'_>, on: bool) -> Result<(), AppError> {
    desk.set_offline(on).await;
    Ok(())
}

/// Passes over so many milliseconds as over a sleep: thirty days at most, this run's others included.
#[tauri::command]
pub(crate) async fn sleep_computer(desk: Desks<'_>, ms: i64) -> Result<(), AppError> {
    desk.clock.sleep(ms)?;
    desk.note_switch_of_all("sleep", format!("{} s", ms / SECOND));
    desk.seats.look().await;
    Ok(())
}

/// Sets the wall clock forward or back by so many milliseconds: a day at most from where it belongs.
#[tauri::command]
pub(crate) async fn set_clock(desk: Desks<'_>, ms: i64) -> Result<(), AppError> {
    desk.clock.set_wall(ms)?;
    desk.note_switch_of_all("clock", format!("{:+} s", ms / SECOND));
    desk.seats.look().await;
    Ok(())
}

/// Sets the wall clock right again. What was slept through is not undone: it has aged.
#[tauri::command]
pub(crate) async fn clock_back(desk: Desks<'_>) -> Result<(), AppError> {
    desk.clock.set_wall_right();
    desk.note_switch_of_all("clock", "right");
    desk.seats.look().await;
    Ok(())
}

/// Passes over the time until just past the access token's end.
#[tauri::command]
pub(crate) async fn expire_now(desk: Desks<'_>) -> Result<(), AppError> {
    let left = desk.token_left_ms().ok_or_else(super::no_token)?;
    desk.clock.sleep(left.max(0) + SECOND)?;
    desk.note_switch_of_all("expire", "past the access token's end");
    desk.seats.look().await;
    Ok(())
}

/// Does what an API does that refuses the access token.
#[tauri::command]
pub(crate) async fn refuse_now(desk: Desks<'_>) -> Result<(), AppError> {
    let keeper = desk.keeper();
    let present = keeper.inspect(|tokens, marks| Some(marks?.of(&tokens?.access).0)).await;
    let present = present.flatten().ok_or_else(super::no_token)?;
    desk.note_switch("refuse", "the access token, as an API would");
    keeper.api_refused(Fingerprint(present)).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn stop_in_mid_refresh(desk: Desks<'_>) -> Result<(), AppError> {
    pretend::stop_in_mid_refresh(&desk).await
}

#[tauri::command]
pub(crate) async fn leave_and_come_back(
    desk: Desks<'_>,
    window: WebviewWindow,
    app: AppHandle,
) -> Result<(), AppError> {
    pretend::leave_and_come_back(&window, &desk.lab, || {
        if !crate::quit::has_begun(&app) {
            crate::raise(&app);
        }
    })
    .await
}

/// Every switch of this side off, and those of the demo server unless the account in front is at
/// another one.
#[tauri::command]
pub(crate) async fn all_well(desk: Desks<'_>) -> Result<(), AppError> {
    desk.all_well().await
}
