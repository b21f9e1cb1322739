//! What is asked for on the command line.

use lab::{How, Own, Pace, Scenario};
use lexopt::{Arg, Parser, ValueExt as _};
use std::path::{Path, PathBuf};

pub(crate) const HELP: &str = "\
Runs scenarios without a window:

  cargo xtask scenario NAME...|all|PATH.kdl...  run these, at speed, against a demo server
  cargo xtask scenario --list                   list them

  --real-time        waits take as long as they say
  --json             print the reports as JSON
  --junit            print the reports as JUnit XML
  --folder FOLDER    take up the scenarios in this folder, too
  --settings FILE    run them against an account of your own: its settings as JSON, in real time;
                     the password comes from the variable SESSION_KEEPER_PASSWORD

The exit code is 0 where all have passed, 1 where one has not, 2 where a file cannot be read.
docs/scenarios.md tells how to write one.
";

/// Where the password of an account of one's own comes from: arguments are seen by everybody.
const PASSWORD: &str = "SESSION_KEEPER_PASSWORD";

/// How the reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Words,
    Json,
    Junit,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) help: bool,
    pub(crate) list: bool,
    pub(crate) names: Vec<String>,
    pub(crate) real_time: bool,
    pub(crate) form: Form,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) settings: Option<PathBuf>,
}

pub(crate) fn parse(mut parser: Parser) -> Result<Ask, lexopt::Error> {
    let mut ask = Ask::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => ask.help = true,
            Arg::Long("list") => ask.list = true,
            Arg::Long("real-time") => ask.real_time = true,
            Arg::Long("json") => ask.form = Form::Json,
            Arg::Long("junit") => ask.form = Form::Junit,
            Arg::Long("folder") => ask.folder = Some(parser.value()?.into()),
            Arg::Long("settings") => ask.settings = Some(parser.value()?.into()),
            Arg::Value(name) => ask.names.push(name.string()?),
            other @ (Arg::Short(_) | Arg::Long(_)) => return Err(other.unexpected()),
        }
    }
    if ask.names.is_empty() && !ask.list && !ask.help {
        return Err("name a scenario, a file, or all".into());
    }
    Ok(ask)
}

/// The scenarios that were named; otherwise every mistake, a line each.
pub(crate) fn find(ask: &Ask) -> Result<Vec<Scenario>, String> {
    let folder = ask.folder.as_deref();
    let mut found = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for name in &ask.names {
        if name == "all" {
            wrong.extend(lab::scenarios(folder).mistakes.iter().map(ToString::to_string));
            found.extend(lab::chosen(folder, &[]).map_err(|why| why.to_string())?);
        } else if Path::new(name).extension().is_some_and(|ending| ending == "kdl") {
            match lab::read_file(Path::new(name)) {
                Ok(scenario) => found.push(scenario),
                Err(mistakes) => wrong.extend(mistakes.iter().map(ToString::to_string)),
            }
        } else {
            match lab::chosen(folder, std::slice::from_ref(name)) {
                Ok(scenarios) => found.extend(scenarios),
                Err(why) => wrong.push(format!("{why}; --list tells which there are")),
            }
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong.join("\n")) }
}

pub(crate) fn how(ask: &Ask) -> Result<How, String> {
    let pace = if ask.real_time { Pace::RealTime } else { Pace::AtSpeed };
    let Some(file) = &ask.settings else { return Ok(How { pace, own: None }) };
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|why| format!("{shown}: {why}"))?;
    let settings = serde_json::from_str(&text).map_err(|why| format!("{shown}: {why}"))?;
    let password = std::env::var(PASSWORD)
        .map_err(|_| format!("the password of this account is to stand in {PASSWORD}"))?;
    Ok(How { pace: Pace::RealTime, own: Some(Own { settings, password: password.into() }) })
}
