//! Measures the engine with everything it is put together of (keeper, vault, token API over HTTP, demo
//! server) and prints the figures as one JSON object. `cargo xtask bench` builds it in the profile
//! `proof`, runs it and judges them.
//!
//! `figures FOLDER`: the session's files are written below that folder, on whatever disk it is.

#![expect(clippy::print_stdout, reason = "printing figures is its job")]

mod fresh;
mod live_again;
mod saving;
mod stage;
mod waiters;
mod waking;

use serde_json::json;
use std::path::PathBuf;

/// Whatever hinders measuring.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name the folder to write to")?);
    if arguments.next().is_some_and(|what| what == waiters::COPY) {
        return waiters::copy(&folder).await;
    }
    std::fs::create_dir_all(&folder)?;
    let fresh = fresh::measure(&folder).await?;
    let save_ms = saving::measure(&folder).await?;
    let waited = waiters::measure(&folder).await?;
    let waking = waking::measure(&folder).await?;
    let again = live_again::measure(&folder).await?;
    let figures = json!({
        "access_token_ns": fresh.access_token_ns,
        "clock_read_ns": fresh.clock_read_ns,
        "allocations": fresh.allocations,
        "save_ms": save_ms,
        "waiters": waited.waiters,
        "rotations_for_waiters": waited.rotations,
        "waiters_hung": waited.hung,
        "waiters_with_dead_token": waited.dead,
        "waiters_served_ms": waited.served_ms,
        "wake_to_token_ms": waking.signal_ms,
        "wake_to_token_by_tick_ms": waking.tick_ms,
        "live_again_s": again.worst_s,
        "live_again_worst": again.worst_case,
        "live_again_cases": again.cases,
    });
    println!("{figures}");
    Ok(())
}

/// The middle one of what was measured.
fn median(mut measured: Vec<f64>) -> Outcome<f64> {
    measured.sort_by(f64::total_cmp);
    Ok(*measured.get(measured.len() / 2).ok_or("nothing was measured")?)
}

/// The largest of what was measured.
fn worst(measured: Vec<f64>) -> Outcome<f64> {
    Ok(measured.into_iter().max_by(f64::total_cmp).ok_or("nothing was measured")?)
}
