//! The project's own commands: `cargo xtask run`, `cargo xtask test` and their small siblings.
//!
//! Needs Rust only. Whatever else a command needs (system libraries, Node), it looks for first
//! and either installs it or says in one sentence what is missing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "telling the developer is its job")]

mod bench;
mod fuzz;
mod icons;
mod node;
mod process;
mod program;
mod project;
mod run;
mod screenshots;
mod summary;
mod system;
mod test;
mod types;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::project::Project;

const HELP: &str = "\
The project's own commands:

  cargo xtask run [--release] [-- ARGS]   build the window and open the app
  cargo xtask test [--fast] [--only STEP] run everything that must pass
  cargo xtask types                       write the TypeScript types of ui/src/generated anew
  cargo xtask icons                       draw the icons anew from icons/icon.svg
  cargo xtask scenario NAME|all|PATH.kdl  run scenarios without a window (--help tells more)
  cargo xtask simulate [--help]           play years, and a fleet's day, beside what others do
  cargo xtask bench [--json]              measure what must be fast, against its limits
  cargo xtask fuzz [TARGET] [--inputs N]  libFuzzer's long run, a million inputs for each target
  cargo xtask screenshots                 take pictures of every screen into target/screenshots

`test --fast` leaves out the window tests and clippy of the app; `--only` may be repeated.
Steps of `test`:
";

/// What was asked for on the command line.
#[derive(Debug, PartialEq)]
enum Command {
    Help,
    Run(run::Options),
    Test(test::Options),
    Bench { json: bool },
    Fuzz(fuzz::Options),
    Types,
    Icons,
    Scenario(Vec<OsString>),
    Simulate(Vec<OsString>),
    Screenshots,
}

fn main() -> ExitCode {
    let command = match parse(Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n`cargo xtask` alone lists the commands.");
            return ExitCode::from(2);
        }
    };
    let project = Project::here();
    let done = match command {
        Command::Help => {
            print!("{HELP}{}", test::list_of_steps());
            Ok(())
        }
        Command::Run(options) => run::run(&project, &options),
        // It ends with its own last line, whatever happened.
        Command::Test(options) => return test::run(project, &options),
        // What it measured is its last line; a limit that is missed is no error of this program.
        Command::Bench { json } => match bench::run(&project, json) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        // It tells by its own exit code what came of it.
        Command::Fuzz(options) => return fuzz::run(&project, &options),
        Command::Types => types::write(&project),
        Command::Icons => icons::draw(&project),
        // It tells by its own exit code what came of them.
        Command::Scenario(arguments) => return program::scenario(&project, &arguments),
        Command::Simulate(arguments) => return program::simulate(&project, &arguments),
        Command::Screenshots => screenshots::take(&project),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let name = match parser.next()? {
        None | Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
        Some(Arg::Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected()),
    };
    match name.as_str() {
        "run" => parse_run(&mut parser).map(Command::Run),
        "test" => parse_test(&mut parser).map(Command::Test),
        "bench" => parse_bench(&mut parser),
        "fuzz" => parse_fuzz(&mut parser).map(Command::Fuzz),
        "types" => nothing_more(&mut parser).map(|()| Command::Types),
        "icons" => nothing_more(&mut parser).map(|()| Command::Icons),
        "scenario" => Ok(Command::Scenario(parser.raw_args()?.collect())),
        "simulate" => Ok(Command::Simulate(parser.raw_args()?.collect())),
        "screenshots" => nothing_more(&mut parser).map(|()| Command::Screenshots),
        "help" => nothing_more(&mut parser).map(|()| Command::Help),
        _ => Err(format!("there is no command `{name}`").into()),
    }
}

fn parse_run(parser: &mut Parser) -> Result<run::Options, lexopt::Error> {
    let mut options = run::Options::default();
    // Everything after `--` is the app's, flags included; lexopt would hand the flags to us.
    while !matches!(parser.try_raw_args(), Some(rest) if rest.peek().is_some_and(|a| a == "--")) {
        match parser.next()? {
            None => return Ok(options),
            Some(Arg::Long("release")) => options.release = true,
            Some(other) => return Err(other.unexpected()),
        }
    }
    options.arguments = parser.raw_args()?.skip(1).collect::<Vec<OsString>>();
    Ok(options)
}

fn parse_test(parser: &mut Parser) -> Result<test::Options, lexopt::Error> {
    let mut options = test::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("fast") => options.fast = true,
            Arg::Long("only") => {
                let step = parser.value()?.string()?;
                if !test::is_step(&step) {
                    return Err(format!("`test` has no step `{step}`").into());
                }
                options.only.push(step);
            }
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    Ok(options)
}

fn parse_bench(parser: &mut Parser) -> Result<Command, lexopt::Error> {
    let mut json = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("json") => json = true,
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    Ok(Command::Bench { json })
}

fn parse_fuzz(parser: &mut Parser) -> Result<fuzz::Options, lexopt::Error> {
    let mut options = fuzz::Options { target: None, inputs: fuzz::INPUTS };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("inputs") => options.inputs = parser.value()?.parse()?,
            Arg::Value(target) if options.target.is_none() => {
                options.target = Some(target.string()?);
            }
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    Ok(options)
}

fn nothing_more(parser: &mut Parser) -> Result<(), lexopt::Error> {
    parser.next()?.map_or(Ok(()), |argument| Err(argument.unexpected()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, lexopt::Error> {
        parse(Parser::from_args(arguments))
    }

    #[test]
    fn no_argument_asks_for_help() {
        assert_eq!(parsed(&[]).unwrap(), Command::Help);
    }

    #[test]
    fn a_bench_tells_programs_where_it_is_asked_to() {
        assert_eq!(parsed(&["bench"]).unwrap(), Command::Bench { json: false });
        assert_eq!(parsed(&["bench", "--json"]).unwrap(), Command::Bench { json: true });
        assert!(parsed(&["bench", "lifeline"]).is_err());
    }

    #[test]
    fn a_fuzz_target_may_be_named_and_its_inputs_counted() {
        let all = fuzz::Options { target: None, inputs: fuzz::INPUTS };
        assert_eq!(parsed(&["fuzz"]).unwrap(), Command::Fuzz(all));
        let one = fuzz::Options { target: Some("date".to_owned()), inputs: 500 };
        assert_eq!(parsed(&["fuzz", "date", "--inputs", "500"]).unwrap(), Command::Fuzz(one));
        assert!(parsed(&["fuzz", "date", "slot"]).is_err());
        assert!(parsed(&["fuzz", "--inputs", "many"]).is_err());
    }

    #[test]
    fn what_follows_two_dashes_belongs_to_the_app() {
        let run = parsed(&["run", "--release", "--", "--hidden", "--", "x"]).unwrap();
        let arguments = ["--hidden", "--", "x"].map(OsString::from).to_vec();
        assert_eq!(run, Command::Run(run::Options { release: true, arguments }));
    }

    #[test]
    fn what_follows_scenario_is_its_own() {
        let scenario = parsed(&["scenario", "all", "--json"]).unwrap();
        let arguments = ["all", "--json"].map(OsString::from).to_vec();
        assert_eq!(scenario, Command::Scenario(arguments));
    }

    #[test]
    fn a_flag_of_the_app_before_two_dashes_is_refused() {
        assert!(parsed(&["run", "--hidden"]).is_err());
    }

    #[test]
    fn an_unknown_step_is_refused_before_anything_runs() {
        assert!(parsed(&["test", "--only", "nothing"]).is_err());
        let only = vec!["fmt".to_owned(), "window".to_owned()];
        assert_eq!(
            parsed(&["test", "--only", "fmt", "--only=window"]).unwrap(),
            Command::Test(test::Options { fast: false, only })
        );
    }
}
