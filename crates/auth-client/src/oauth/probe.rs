//! What a server promises, before anybody signs in.

use super::settings::{Discovered, OAuthSettings};
use crate::check::Verdict;
use crate::network::Network;
use engine::Exchange;
use keeper::ports::Clock;
use serde::Serialize;
use std::sync::Arc;
use ts_rs::TS;

/// What a server promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct ServerReport {
    /// The address that was asked, as it was understood.
    pub address: String,
    /// What it is.
    pub kind: ServerKind,
    /// What was found, a line each.
    pub promises: Vec<Promise>,
    /// Every request that was made, in order, redacted.
    pub exchanges: Vec<Exchange>,
    /// Settings to start from, where it speaks OAuth.
    pub settings: Option<OAuthSettings>,
    /// What it said of itself, where it speaks OAuth.
    pub discovered: Option<Discovered>,
}

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum ServerKind {
    /// It speaks OpenID Connect.
    #[serde(rename = "openid")]
    OpenId,
    /// It speaks OAuth 2.0.
    #[serde(rename = "oauth")]
    OAuth,
    /// It answers, and says nothing of itself: a token API, perhaps.
    SaysNothing,
    /// It could not be asked.
    Unreachable,
}

/// One thing that a server promises, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct Promise {
    /// What.
    pub topic: PromiseTopic,
    /// How it came out: `good`, `note` (worth knowing), `bad` (one cannot sign in like this), or
    /// `not_tried`.
    pub verdict: Verdict,
    /// What was found, in plain English.
    pub detail: String,
    /// The setting that this is about (`address`, `network.ca`, `network.httpTo`, or a path in
    /// [`OAuthSettings`]), so that the words can stand next to its field.
    pub field: Option<String>,
    /// The request that shows it: its place in [`ServerReport::exchanges`].
    pub exchange: Option<usize>,
}

/// What a probe looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum PromiseTopic {
    /// The address itself.
    Address,
    /// Reaching it at all.
    Reach,
    /// TLS, and who vouches for its certificate.
    Tls,
    /// Its issuer, which must be what was asked for.
    Issuer,
    /// Signing in in the browser.
    Browser,
    /// PKCE with S256.
    Pkce,
    /// `iss` in the redirect (RFC 9207).
    IssInResponse,
    /// Signing in on another device.
    Device,
    /// Refresh tokens, and `offline_access`.
    Refresh,
    /// ID tokens, and the keys that sign them.
    IdToken,
    /// Userinfo.
    Userinfo,
    /// Telling it of a sign-out.
    Revocation,
    /// Signing out in the browser.
    Logout,
    /// Its clock.
    Clock,
}

/// Asks what a server promises. Nothing is sent that tells who asks.
pub async fn probe(address: &str, network: &Network, clock: Arc<dyn Clock>) -> ServerReport {
    let _ = (network, clock);
    ServerReport {
        address: address.to_owned(),
        kind: ServerKind::Unreachable,
        promises: Vec::new(),
        exchanges: Vec::new(),
        settings: None,
        discovered: None,
    }
}
