//! Runs scenarios without a window: `cargo xtask scenario` is this.
//!
//! Exit codes: 0 every verdict is "passed", 1 one is not, 2 what was asked for cannot be run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "telling is its job")]

mod ask;
mod tell;

use ask::{Ask, Form};
use lab::{Report, Verdict};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let ask = match ask::parse(lexopt::Parser::from_env()) {
        Ok(ask) => ask,
        Err(error) => {
            eprintln!("error: {error}\n`scenario --help` tells what there is.");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime could be made: {error}");
            return ExitCode::from(2);
        }
    };
    runtime.block_on(answer(ask))
}

async fn answer(ask: Ask) -> ExitCode {
    if ask.help {
        print!("{}", ask::HELP);
        return ExitCode::SUCCESS;
    }
    if ask.list {
        print!("{}", tell::list(&lab::scenarios(ask.folder.as_deref())));
        return ExitCode::SUCCESS;
    }
    let wanted = match ask::find(&ask) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(2);
        }
    };
    let how = match ask::how(&ask) {
        Ok(how) => how,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(2);
        }
    };
    let in_words = ask.form == Form::Words;
    let news = move |news| {
        if in_words {
            print!("{}", tell::news(&news));
        }
    };
    let reports = lab::run(wanted, how, news, CancellationToken::new()).await;
    let told = match ask.form {
        Form::Words => Ok(tell::totals(&reports)),
        Form::Json => tell::json(&reports),
        Form::Junit => tell::junit(&reports),
    };
    match told {
        Ok(text) => println!("{text}"),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    }
    let passed = |report: &Report| report.verdict == Verdict::Passed;
    if reports.iter().all(passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
