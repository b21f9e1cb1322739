//! What a window costs that does nothing: the same Tauri, the same size and rules, one static page and
//! no command. `cargo xtask bench` measures the app against it. It is painted as Tauri has a window
//! painted; that the app has its own painted otherwise (`src/painting.rs`) is part of what is compared.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let context = tauri::generate_context!("examples/empty/tauri.conf.json");
    match tauri::Builder::default().run(context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_cannot_be_opened) => ExitCode::FAILURE,
    }
}
