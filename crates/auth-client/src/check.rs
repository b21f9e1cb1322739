//! What "Check these settings" reports.

use engine::Exchange;
use serde::Serialize;
use ts_rs::TS;

/// What came of trying an account's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct CheckReport {
    /// Whether one could sign in and stay signed in with these settings.
    pub works: bool,
    /// Every request that was made, in order, redacted: login, one refresh, the API, logout.
    pub exchanges: Vec<Exchange>,
    /// What was understood, a line each.
    pub findings: Vec<Finding>,
}

/// One thing that was understood, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct Finding {
    /// What was looked for.
    pub topic: Topic,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found, in plain English: `20 s, told in seconds at /expiresIn`.
    pub detail: String,
    /// The setting that this is about, as a path in the settings (`answer.lifetime`), so that the
    /// words can stand next to its field.
    pub field: Option<String>,
}

/// What a check looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum Topic {
    /// The settings themselves.
    Settings,
    /// Reaching the server at all.
    Reach,
    /// Signing in.
    SignIn,
    /// The access token.
    AccessToken,
    /// Its lifetime.
    Lifetime,
    /// What renews it.
    Renewal,
    /// A refresh.
    Refresh,
    /// Whether the refresh token is replaced by a refresh.
    Rotation,
    /// The API.
    Api,
    /// The server's clock.
    Clock,
    /// Signing out.
    SignOut,
}

/// How a finding came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and is worth knowing.
    Note,
    /// It does not work with these settings.
    Bad,
    /// It was not tried, since something before it failed.
    NotTried,
}
