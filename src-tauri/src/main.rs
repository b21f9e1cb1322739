//! Session Keeper: signs a person in once, and keeps them signed in.
//!
//! This crate puts the others together and is the only one that knows Tauri.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod account;
mod activity;
mod book;
mod clipboard;
mod commands;
#[cfg(unix)]
mod core_dump;
mod demo;
mod desk;
mod dialogs;
mod focus;
mod keepers;
#[cfg(target_os = "linux")]
mod painting;
mod preferences;
mod pretend;
mod quit;
mod scenarios;
mod seats;
mod sign_in_flow;
mod store_slots;
mod tokens;
mod transfer;
mod triggers;
mod wire;

use desk::Desk;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::{Manager, RunEvent, WebviewWindowBuilder, WindowEvent};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The one window.
const WINDOW: &str = "main";

fn main() -> ExitCode {
    let told = fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(told).with(logged()).init();
    #[cfg(unix)]
    if let Err(error) = core_dump::write_none() {
        tracing::warn!(%error, "a crash of this app may be written to disk, tokens included");
    }

    let app = tauri::Builder::default()
        // First of all: a second start only raises the window of the first.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| raise(app)))
        .plugin(tauri_plugin_store::Builder::new().build())
        // From Rust only: the page may call none of its commands.
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::try_demo,
            commands::sign_in,
            commands::sign_out,
            commands::renew_now,
            commands::try_again,
            commands::call_api,
            commands::choose_demo_lifetime,
            commands::presets,
            commands::check_settings,
            commands::save_preferences,
            commands::forget_everything,
            commands::dismiss_notice,
            commands::accounts::probe_server,
            commands::accounts::add_account,
            commands::accounts::change_account,
            commands::accounts::remove_account,
            commands::accounts::bring_to_front,
            commands::accounts::export_accounts,
            commands::accounts::import_accounts,
            commands::accounts::choose_ca,
            commands::accounts::confirm_session,
            commands::signing::begin_sign_in,
            commands::signing::cancel_sign_in,
            commands::signing::open_browser_again,
            commands::signing::copy_sign_in_link,
            commands::signing::answer_other_person,
            commands::activity::watch_activity,
            commands::activity::stop_watching_activity,
            commands::activity::export_activity,
            commands::activity::clear_activity,
            commands::activity::copy_as_curl,
            commands::activity::life,
            commands::lab::demo_state,
            commands::lab::change_demo_switches,
            commands::lab::demo_now,
            commands::lab::set_offline,
            commands::lab::sleep_computer,
            commands::lab::set_clock,
            commands::lab::clock_back,
            commands::lab::expire_now,
            commands::lab::refuse_now,
            commands::lab::stop_in_mid_refresh,
            commands::lab::leave_and_come_back,
            commands::lab::all_well,
            commands::scenarios::scenarios,
            commands::scenarios::run_scenarios,
            commands::scenarios::stop_scenarios,
            commands::tokens::token_details,
            commands::tokens::copy_access_token,
        ])
        .setup(|app| set_up(app))
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::WindowEvent { event: WindowEvent::Focused(true), .. } = event {
                    focus::came(app);
                } else if let RunEvent::ExitRequested { api, code: None, .. } = event {
                    // The last window was closed: what is being written is written first.
                    api.prevent_exit();
                    quit::begin(app);
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window cannot be opened");
            ExitCode::FAILURE
        }
    }
}

/// What is logged: as `RUST_LOG` says, in the form `warn,keeper=debug`.
fn logged() -> Targets {
    let chosen = std::env::var("RUST_LOG").ok().and_then(|levels| levels.parse().ok());
    chosen.unwrap_or_else(|| {
        let ours = ["session_keeper", "keeper"].map(|target| (target, LevelFilter::INFO));
        Targets::new().with_default(LevelFilter::WARN).with_targets(ours)
    })
}

fn set_up(app: &tauri::App) -> Result<(), Box<dyn std::error::Error>> {
    let folder = app.path().app_data_dir()?;
    let runtime = tauri::async_runtime::handle().inner().clone();
    // The keeper begins with the record before there is a window: it is known when that is painted.
    let desk = Desk::new(app.handle(), &folder, Arc::new(sign_in_flow::SystemOpener), runtime)?;
    desk.listen();
    app.manage(desk);
    app.manage(focus::Debounce::default());
    quit::on_signals(app.handle());
    let config = app.config().app.windows.iter().find(|window| window.label == WINDOW);
    let config = config.ok_or("the configuration names no window")?;
    let window = WebviewWindowBuilder::from_config(app, config)?.on_navigation(is_ours).build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|view| painting::by_the_processor(&view.inner()))?;
    Ok(())
}

/// The window shows our own page and nothing else. Its address is one that no network leads to:
/// `tauri:`, or on Windows, where the web view knows no such scheme, `tauri.localhost` without a port.
fn is_ours(url: &url::Url) -> bool {
    if cfg!(windows) {
        url.scheme().starts_with("http")
            && url.host_str() == Some("tauri.localhost")
            && url.port().is_none()
    } else {
        url.scheme() == "tauri" && url.host_str() == Some("localhost")
    }
}

/// Brings the window to the front.
pub(crate) fn raise(app: &tauri::AppHandle) {
    let Some(window) = app.get_webview_window(WINDOW) else { return };
    for result in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = result {
            tracing::warn!(%error, "the window cannot be brought to the front");
        }
    }
}

/// Whether somebody can see the window: it is neither minimised nor hidden.
fn is_seen<R: tauri::Runtime>(app: &tauri::AppHandle<R>) -> bool {
    app.get_webview_window(WINDOW).is_some_and(|window| {
        window.is_visible().unwrap_or(false) && !window.is_minimized().unwrap_or(false)
    })
}

/// Everything put together, once it is.
fn desk(app: &tauri::AppHandle) -> Option<Arc<Desk>> {
    app.try_state::<Arc<Desk>>().map(|desk| Arc::clone(&desk))
}
