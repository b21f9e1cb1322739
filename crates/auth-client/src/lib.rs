//! Asks auth servers, and names their failures.
//!
//! [`TokenApi`] implements the keeper's [`AuthServer`](keeper::ports::AuthServer) for JSON token
//! APIs as [`AccountSettings`] describe them. A request goes through four rooms: `requests` builds
//! it, `transport` sends it exactly once, `classify` names what came, and `granted` reads what was
//! granted. `evidence` and `redact` keep what people may see of it, and [`check`] tries an account's
//! settings from sign-in to sign-out.
//!
//! What is deliberately not here: retries, timers and storage. One call is one request.

// The tests in here share their server with those outside.
#[cfg(test)]
extern crate self as auth_client;

mod api;
mod check;
mod checking;
mod claims;
mod classify;
mod cookies;
mod date;
mod evidence;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod granted;
mod jwt;
mod lifetime;
mod network;
pub mod oauth;
mod plan;
mod pointer;
mod presets;
mod redact;
mod requests;
mod settings;
mod token_api;
mod transport;

pub use check::{CheckReport, Finding, Topic, Verdict};
pub use checking::check;
pub use claims::{Claim, Claims, claims};
pub use network::{AddedCa, Network};
pub use plan::SettingsProblem;
pub use presets::{PresetView, presets};
pub use redact::without_secrets;
pub use settings::{
    AccountSettings, AnswerShape, Api, Header, LifetimeForm, Login, Logout, Preset, Refresh,
    RefusedShape, RenewWith,
};
pub use token_api::TokenApi;
