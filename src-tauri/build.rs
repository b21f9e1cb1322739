//! Declares the commands, so that permissions apply to them, and checks that the window is built.

use std::path::Path;

/// Every command. Declaring them makes each one need a permission (see `capabilities/main.json`).
const COMMANDS: &[&str] = &[
    "subscribe",
    "try_demo",
    "sign_in",
    "sign_out",
    "renew_now",
    "try_again",
    "call_api",
    "choose_demo_lifetime",
    "presets",
    "check_settings",
    "save_preferences",
    "forget_everything",
    "dismiss_notice",
    "probe_server",
    "add_account",
    "change_account",
    "remove_account",
    "bring_to_front",
    "export_accounts",
    "import_accounts",
    "choose_ca",
    "confirm_session",
    "begin_sign_in",
    "cancel_sign_in",
    "open_browser_again",
    "copy_sign_in_link",
    "answer_other_person",
    "sleep_computer",
    "set_clock",
    "clock_back",
    "demo_state",
    "change_demo_switches",
    "demo_now",
    "set_offline",
    "expire_now",
    "refuse_now",
    "stop_in_mid_refresh",
    "leave_and_come_back",
    "all_well",
    "token_details",
    "copy_access_token",
    "watch_activity",
    "stop_watching_activity",
    "export_activity",
    "clear_activity",
    "copy_as_curl",
    "life",
    "scenarios",
    "run_scenarios",
    "stop_scenarios",
];

fn main() {
    println!("cargo::rerun-if-changed=../ui/dist/index.html");
    if !Path::new("../ui/dist/index.html").exists() {
        println!(
            "cargo::error=the window is not built yet: run `cargo xtask run`, or `npm ci && npm run build` in ui/"
        );
        return;
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
    {
        println!("cargo::error={}", format!("{error:#}").replace('\n', " "));
    }
}
