//! Asks auth servers, and names their failures.

mod check;
mod settings;

pub use check::{CheckReport, Finding, Topic, Verdict};
pub use settings::{
    AccountSettings, AnswerShape, Api, Header, LifetimeForm, Login, Logout, Preset, Refresh,
    RefusedShape, RenewWith,
};
