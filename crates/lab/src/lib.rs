//! Tries sessions: scenarios in a readable file, run with the app's own engine, keeper, vault and
//! client, and judged by what the server counted and what its API says.

mod report;

pub use report::{
    Evidence, Mistake, Pace, Report, RunNews, ScenarioText, ScenarioView, Scenarios, Step,
    StepOutcome, Verdict, Where,
};
