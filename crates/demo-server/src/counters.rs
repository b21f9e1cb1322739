//! What this server was asked, and what it said. No token is ever written down here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A place of the public API. Under `/openid`, the token endpoint is the place of what is asked
/// of it, userinfo is an API call, and a revocation is a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum Endpoint {
    /// `POST /api/login`, and `POST /openid/token` with a code or for a device.
    Login,
    /// `POST /api/refresh_token`, and `POST /openid/token` with a refresh token.
    Refresh,
    /// `GET /api/me`, and `/openid/userinfo`.
    Api,
    /// `POST /api/logout`, and `POST /openid/revoke`.
    Logout,
}

/// How often what happened. Requests are counted when they arrive, before any latency or fault;
/// a refusal counts when it is decided, also where a fault is what refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "demo.ts")]
pub struct Counters {
    /// Sign-ins asked for.
    pub logins: u64,
    /// Sign-ins refused.
    pub logins_refused: u64,
    /// Refreshes asked for.
    pub refreshes: u64,
    /// Refreshes granted, also where a fault then spoilt the answer.
    pub refreshes_granted: u64,
    /// Refreshes refused.
    pub refreshes_refused: u64,
    /// Refreshes refused because their token had been replaced: what a server with reuse
    /// detection takes for theft. A repetition that the rotation allows is not one.
    pub reuse_detected: u64,
    /// Refreshes whose token had come in a request before, whatever was answered to either.
    pub refresh_tokens_seen_twice: u64,
    /// API calls.
    pub api_calls: u64,
    /// API calls answered by 401.
    pub api_refused: u64,
    /// Sign-outs asked for.
    pub logouts: u64,
    /// Requests that met a fault.
    pub faults_shown: u64,
    /// Authorization codes given to a browser.
    pub codes_issued: u64,
    /// Authorization codes that came and were not good, for whatever reason.
    pub codes_refused: u64,
    /// Polls of devices. The one that settles a sign-in counts as a sign-in too.
    pub device_polls: u64,
    /// Revocations asked for over OAuth; each is a sign-out too.
    pub revocations: u64,
    /// Userinfo asked for; each is an API call too.
    pub userinfo_calls: u64,
}

impl Counters {
    pub(crate) fn asked(&mut self, endpoint: Endpoint) {
        *match endpoint {
            Endpoint::Login => &mut self.logins,
            Endpoint::Refresh => &mut self.refreshes,
            Endpoint::Api => &mut self.api_calls,
            Endpoint::Logout => &mut self.logouts,
        } += 1;
    }

    pub(crate) fn refused(&mut self, endpoint: Endpoint) {
        match endpoint {
            Endpoint::Login => self.logins_refused += 1,
            Endpoint::Refresh => self.refreshes_refused += 1,
            Endpoint::Api => self.api_refused += 1,
            Endpoint::Logout => {}
        }
    }
}

/// One request and what came of it. Tokens appear as the first six characters of their SHA-256
/// in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts", rename = "ServerExchange")]
pub struct Exchange {
    /// Counts up from 1 since the server started.
    pub number: u64,
    /// When it was answered, in milliseconds since 1970, without the clock offset.
    pub at_ms: u64,
    /// What was asked.
    pub endpoint: Endpoint,
    /// The HTTP status; none if the connection was closed without an answer.
    pub status: Option<u16>,
    /// What was decided, in a few words.
    pub outcome: String,
    /// The fault it met, by its name in JSON.
    pub fault: Option<String>,
    /// The refresh token that came.
    pub refresh_token: Option<String>,
    /// The access token that came.
    pub access_token: Option<String>,
    /// The refresh token that was given.
    pub new_refresh_token: Option<String>,
    /// The access token that was given.
    pub new_access_token: Option<String>,
}
