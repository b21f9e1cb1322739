//! Tries sessions: scenarios in a readable file, run with the app's own engine, keeper, vault and
//! client, and judged by what the server counted and what its API says.
//!
//! [`scenarios`] tells which there are, [`chosen`] and [`read_file`] read them, [`run`] runs them.

mod catalogue;
mod format;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod report;
mod run;
mod scenario;

pub use catalogue::{NoSuch, chosen, read_file, scenarios};
pub use report::{
    Evidence, Mistake, Pace, Report, RunNews, ScenarioText, ScenarioView, Scenarios, Step,
    StepOutcome, Verdict, Where,
};
pub use run::run;
pub use scenario::{How, Own, Scenario};
