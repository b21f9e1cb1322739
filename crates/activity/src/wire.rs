//! What the window gets of it.

use engine::{Bar, Mark};
use keeper::activity::What;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "entries.ts")]
pub struct Entry {
    /// Names it: counts up, over restarts, too.
    pub seq: u64,
    /// Counts the starts of the app: entries of one start have one number.
    pub run: u64,
    /// When it began: milliseconds since 1970, wall clock.
    pub at_ms: i64,
    /// What was done.
    pub what: What,
    /// The refresh token that was sent had been sent before: by the entry of this number.
    pub sent_before: Option<u64>,
}

/// What a page that shows the activity is told.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "entries.ts")]
pub struct ActivityNews {
    /// These are all there are: what was known before is forgotten. The first news always is.
    pub anew: bool,
    /// The entries that were added, oldest first.
    pub entries: Vec<Entry>,
}

/// How the activity is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "entries.ts")]
pub enum ExportFormat {
    /// One JSON object a line, for programs.
    JsonLines,
    /// A report for people.
    Markdown,
}

/// The lifeline as far back as it is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "entries.ts")]
pub struct LifeHistory {
    /// Tokens, oldest first.
    pub tokens: Vec<Bar>,
    /// What happened, oldest first.
    pub marks: Vec<Mark>,
}
