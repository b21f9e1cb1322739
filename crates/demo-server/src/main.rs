//! The demo server as a program of its own: `cargo run -p demo-server -- --port 8787`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that talks to a person at a terminal"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use demo_server::{Config, PortChoice, Running, Start, USERS, start};
use serde_json::json;

const USAGE: &str = "\
An auth server for demonstrations and tests, with every fault on a switch.

    demo-server [--port PORT] [--lifetime SECONDS] [--state FOLDER]

    --port PORT         where to listen on 127.0.0.1 (8787; 0: any free port)
    --lifetime SECONDS  how long access tokens live (20)
    --state FOLDER      keep sessions and switches there; without it, all is forgotten at the end
";

struct Arguments {
    port: u16,
    lifetime_s: Option<f64>,
    state: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match read_arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The demo server did not start: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt as _};
    let mut arguments = Arguments { port: 8787, lifetime_s: None, state: None };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => arguments.port = parser.value()?.parse()?,
            Long("lifetime") => {
                let positive = |text: &str| {
                    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_normal());
                    seconds.filter(|seconds| *seconds > 0.0).ok_or("not a number of seconds")
                };
                arguments.lifetime_s = Some(parser.value()?.parse_with(positive)?);
            }
            Long("state") => arguments.state = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(None),
            other @ (Long(_) | Short(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(Some(arguments))
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config {
        state_folder: arguments.state,
        port: PortChoice::Fixed(arguments.port),
        ..Config::default()
    };
    let running = match start(config).await? {
        Start::Running(running) => running,
        Start::Elsewhere(elsewhere) => {
            let base_url = elsewhere.base_url();
            return Err(format!("this folder's server already runs at {base_url}").into());
        }
    };
    if let Some(seconds) = arguments.lifetime_s {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive by the argument's check, and the cast saturates"
        )]
        let lifetime_ms = (seconds * 1_000.0) as u64;
        running.control().patch_switches(json!({"accessLifetimeMs": lifetime_ms})).await?;
    }
    introduce(&running);
    told_to_end().await?;
    running.shutdown().await;
    Ok(())
}

fn introduce(running: &Running) {
    println!("The demo server answers at {}", running.base_url());
    for user in USERS {
        println!("  sign in as {} with the password {}", user.username, user.password);
    }
    println!("  OpenID issuer: {}", running.issuer());
    println!("    any client id is a public client; demo-confidential has the secret demo-secret");
    println!("  control key: {}", running.control_key());
    if let Some(path) = running.set_aside() {
        println!("  The state file made no sense; it was moved to {}", path.display());
    }
}

/// Ctrl-C, and on Unix the signal that a service or a script sends.
async fn told_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
