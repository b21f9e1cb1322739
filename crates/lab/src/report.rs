//! Scenarios and their verdicts, as they are shown.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Every scenario there is, and what is wrong with those that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts")]
pub struct Scenarios {
    /// Those that can be run, in the order in which they are shown.
    pub scenarios: Vec<ScenarioView>,
    /// What cannot be read.
    pub mistakes: Vec<Mistake>,
    /// The folder in which testers put their own.
    pub folder: String,
}

/// A scenario, before it is run.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts")]
pub struct ScenarioView {
    /// Names it: its file's name without the ending.
    pub name: String,
    /// What it shows, as a sentence.
    pub title: ScenarioText,
    /// Which group it stands in (`tutorial`, `failures`, `time`, `crashes`, `own`).
    pub group: String,
    /// It came with the app; otherwise somebody wrote it.
    pub shipped: bool,
    /// It can be run against an account of one's own: it turns no switch of a server's.
    pub own_account: bool,
    /// How long it takes in real time, in milliseconds.
    pub lasts_ms: i64,
    /// The file, word for word.
    pub source: String,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "lab.ts")]
pub struct ScenarioText {
    /// English.
    pub en: String,
    /// Simplified Chinese; the English text where there is none.
    pub zh: String,
}

/// What is wrong in a scenario's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts")]
#[error("{file}:{line}:{column}: {message}")]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong, and what may stand there, in plain English.
    pub message: String,
}

/// How fast a scenario is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "lab.ts")]
pub enum Pace {
    /// Waits take no time: the clocks are moved by hand.
    #[default]
    AtSpeed,
    /// A minute takes a minute.
    RealTime,
}

/// Where a scenario is run. In neither place does it touch the session that the app keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "lab.ts")]
pub enum Where {
    /// A demo server of its own.
    #[default]
    Demo,
    /// The server of the account in front, by a sign-in of its own. Always in real time.
    OwnAccount,
}

/// What a page that runs scenarios is told.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "lab.ts")]
pub enum RunNews {
    /// One has begun; its steps, none of them reached.
    Began {
        /// Which.
        name: String,
        /// Its steps.
        steps: Vec<Step>,
    },
    /// One of its steps has been reached, or ended.
    Stepped {
        /// Which scenario.
        name: String,
        /// Which step, from 0.
        index: u32,
        /// The step now.
        step: Step,
    },
    /// One has ended.
    Ended {
        /// What came of it.
        report: Report,
    },
    /// All have ended, or were stopped.
    Done,
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts", rename = "ScenarioReport")]
pub struct Report {
    /// Which scenario.
    pub name: String,
    /// What it shows.
    pub title: ScenarioText,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict with its evidence in one line: "session survived; refreshes sent: 1".
    pub says: String,
    /// What the verdict rests on.
    pub evidence: Evidence,
    /// Every step.
    pub steps: Vec<Step>,
    /// How long it took, in real milliseconds.
    pub took_ms: i64,
    /// How long it took by the clocks of the scenario, in milliseconds.
    pub played_ms: i64,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "lab.ts", rename = "ScenarioVerdict")]
pub enum Verdict {
    /// Every expectation was met.
    Passed,
    /// One was not.
    Failed,
    /// It could not be run to its end: the server could not be reached, or it was stopped.
    NotRun,
}

/// What a verdict rests on: the server's counts and a call of its API, never the engine's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts", rename = "ScenarioEvidence")]
pub struct Evidence {
    /// Sign-ins that the server was asked for.
    pub logins: u64,
    /// Refreshes that it was asked for.
    pub refreshes: u64,
    /// Refreshes that it granted.
    pub refreshes_granted: u64,
    /// Refreshes that it refused.
    pub refreshes_refused: u64,
    /// Refreshes with a token that it had seen before.
    pub refresh_tokens_seen_twice: u64,
    /// What it took for theft.
    pub reuse_detected: u64,
    /// Sign-outs that it was told of.
    pub logouts: u64,
    /// The status of the last sampled API call; `None` where no token could be had.
    pub api_status: Option<u16>,
    /// These were counted by the server; otherwise (an account of one's own) on the way out.
    pub counted_by_server: bool,
}

/// One step of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "lab.ts", rename = "ScenarioStep")]
pub struct Step {
    /// Its line in the file, from 1.
    pub line: u32,
    /// The step, word for word.
    pub text: String,
    /// How it went.
    pub outcome: StepOutcome,
    /// When it was reached, in milliseconds since the scenario began, by its clocks.
    pub at_ms: Option<i64>,
    /// What was found, where something other was expected; or why it could not be done.
    pub detail: Option<String>,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "lab.ts")]
pub enum StepOutcome {
    /// Not reached.
    Ahead,
    /// Under way.
    Running,
    /// Done, or met.
    Done,
    /// Not met, or it could not be done.
    Failed,
}
