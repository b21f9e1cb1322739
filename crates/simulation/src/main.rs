//! `cargo xtask simulate`: plays years, or a fleet's day, and prints what came of them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "telling figures is its job")]

mod options;

use options::{Asked, Chosen, Lives};
use simulation::fleet;
use simulation::report::{Figures, Tally, details, play_many, table};
use std::process::ExitCode;

fn main() -> ExitCode {
    let asked = match options::read(lexopt::Parser::from_env()) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("error: {error}\n`cargo xtask simulate --help` tells what there is.");
            return ExitCode::from(2);
        }
    };
    let said = match asked {
        Asked::Help => {
            println!("{}", options::help());
            return ExitCode::SUCCESS;
        }
        Asked::Lives(lives) => play(&lives),
        Asked::Fleet { options, json, picture } => fleet_day(&options, json, picture.as_deref()),
    };
    match said {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Plays all of them; whether ours, whole, did what it must.
fn play(lives: &Lives) -> Result<bool, String> {
    let mut rows: Vec<Figures> = Vec::new();
    let mut reached = true;
    for Chosen { policy, without } in &lives.chosen {
        let tallies = play_many(&|| policy.made(*without), &lives.seeds, &lives.options);
        if lives.verbose {
            tallies.iter().for_each(|tally| eprint!("{}", details(tally)));
        }
        let without = without.map(simulation::policies::keeper::Rule::name);
        let name = policy.made(None).name().to_owned();
        let figures = Figures::of(&name, without, lives.options.days, &tallies);
        if policy.is_ours() && without.is_none() {
            reached &= tallies.iter().all(Tally::is_reached);
        }
        rows.push(figures);
    }
    if lives.json {
        println!("{}", serde_json::to_string_pretty(&rows).map_err(|why| why.to_string())?);
    } else {
        print!("{}", table(&rows));
    }
    Ok(reached)
}

fn fleet_day(
    options: &fleet::Options,
    json: bool,
    picture: Option<&std::path::Path>,
) -> Result<bool, String> {
    let report = fleet::play(options);
    if json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|why| why.to_string())?);
    } else {
        print!("{}", report.words());
    }
    if let Some(path) = picture {
        let drawn = fleet::picture(&report).map_err(|why| why.to_string())?;
        std::fs::write(path, drawn).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(report.is_reached())
}
