//! What a person, or an account, may set about renewal.

use crate::time::{HOUR, SECOND};

/// When to renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// How long before the end to renew, in milliseconds. `None`: five minutes as in the tutorial,
    /// but at most a fifth of the lifetime. Set by the person: at most half of the lifetime.
    pub lead_ms: Option<i64>,
    /// The lifetime that is assumed where the server tells none, in milliseconds.
    pub assumed_lifetime_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { lead_ms: None, assumed_lifetime_ms: HOUR }
    }
}

/// How long before its end a token is renewed unless somebody says otherwise: the tutorial's.
pub const TUTORIAL_LEAD_MS: i64 = 300 * SECOND;
