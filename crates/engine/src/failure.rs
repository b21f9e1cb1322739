//! Failures, named by what to do next, with the evidence for the person.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a failed refresh means for the session. Named once, by whoever met the outside world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Class {
    /// The request never left: DNS, refused connection, offline, TLS, proxy. Nothing can have rotated.
    NotSent,
    /// It left, and what happened is unknown: the server may have rotated the refresh token.
    UnknownOutcome,
    /// The server asked us to wait (429, or 503 with Retry-After; RFC 9110 section 10.2.3).
    Throttled,
    /// The server has trouble of its own (408, 409, 425, 5xx).
    ServerTrouble,
    /// Somebody else answered: HTML, a redirect, a 403, 404 or 405 without JSON.
    NotTheAuthServer,
    /// This account's settings do not fit the server (`invalid_client` and its kin; RFC 6749 section 5.2).
    SetUp,
    /// A "no" without a reason: real servers say so for a dead token, and for a passing fault.
    UnclearRefusal,
    /// The refresh token is refused (`invalid_grant`, or what the account's settings say).
    Refused,
}

impl Class {
    /// Every class, in the order of DESIGN's table.
    pub const ALL: [Self; 8] = [
        Self::NotSent,
        Self::UnknownOutcome,
        Self::Throttled,
        Self::ServerTrouble,
        Self::NotTheAuthServer,
        Self::SetUp,
        Self::UnclearRefusal,
        Self::Refused,
    ];

    /// Whether the server may have replaced the refresh token although no answer came.
    #[must_use]
    pub fn may_have_rotated(self) -> bool {
        match self {
            Self::UnknownOutcome
            | Self::ServerTrouble
            | Self::NotTheAuthServer
            | Self::UnclearRefusal => true,
            Self::NotSent | Self::Throttled | Self::SetUp | Self::Refused => false,
        }
    }
}

/// A failed request, with what to do about it and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do next.
    pub class: Class,
    /// How long the server asked us to wait, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// What went over the wire.
    pub exchange: Exchange,
}

impl Failure {
    /// Whether the request left: one that did not has sent no token.
    #[must_use]
    pub fn has_left(&self) -> bool {
        match self.class {
            Class::NotSent => false,
            // Settings or tokens of which no request can be made; or a server's word on them.
            Class::SetUp => self.exchange.status.is_some(),
            Class::UnknownOutcome
            | Class::Throttled
            | Class::ServerTrouble
            | Class::NotTheAuthServer
            | Class::UnclearRefusal
            | Class::Refused => true,
        }
    }
}

/// One request and its answer, fit to be shown: secrets are fingerprints or left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Exchange {
    /// When the request was made: milliseconds since 1970, wall clock.
    pub at_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// HTTP method.
    pub method: String,
    /// Where to, without query or credentials.
    pub url: String,
    /// The request's headers and body, redacted, a line each.
    pub request: Vec<String>,
    /// HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The answer's headers and body, redacted and cut, a line each.
    pub response: Vec<String>,
    /// An error code found in the answer (`invalid_grant`).
    pub code: Option<String>,
    /// One line in plain English of what came: "HTML instead of JSON".
    pub detail: String,
}

/// Why something could not be written down, as far as a person can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum WriteTrouble {
    /// No room is left, or none for this user.
    DiskFull,
    /// The file, the folder or the disk may not be written to.
    NoPermission,
    /// The disk did not answer in time.
    Slow,
    /// Something else: the details say what.
    Other,
}

/// Something that could not be written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct StoreTrouble {
    /// Why.
    pub kind: WriteTrouble,
    /// The system's words, for whoever wants them.
    pub detail: String,
}

/// What the server's `Date` says of this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockSample {
    /// Server minus wall clock, in milliseconds.
    pub offset_ms: i64,
    /// How far off that may be either way, in milliseconds.
    pub bound_ms: i64,
}
