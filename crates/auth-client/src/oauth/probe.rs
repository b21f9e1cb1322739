//! What a server promises, before anybody signs in.

mod address;
mod documented;
mod keys;
mod promises;
mod reach;

use super::discovery::{passes, stranger};
use super::settings::{Discovered, OAuthSettings};
use super::well_known::{Came, Documents, Fetched, Likeness, Reader, Standard};
use crate::check::Verdict;
use crate::network::Network;
use engine::Exchange;
use http::HeaderMap;
use keeper::ports::Clock;
use promises::Findings;
use serde::Serialize;
use std::sync::Arc;
use ts_rs::TS;
use url::Url;

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

impl PromiseTopic {
    /// Every topic, in the order in which a report tells of them.
    pub const ALL: [Self; 14] = [
        Self::Address,
        Self::Reach,
        Self::Tls,
        Self::Issuer,
        Self::Browser,
        Self::Pkce,
        Self::IssInResponse,
        Self::Device,
        Self::Refresh,
        Self::IdToken,
        Self::Userinfo,
        Self::Revocation,
        Self::Logout,
        Self::Clock,
    ];
}

/// Asks what a server promises. Nothing is sent that tells who asks.
///
/// `address` is what somebody has pasted: an issuer, the address of a server or of one of its
/// documents, with or without `https://`. A report has one promise for each topic, in the order of
/// [`PromiseTopic::ALL`].
pub async fn probe(address: &str, network: &Network, clock: Arc<dyn Clock>) -> ServerReport {
    let mut findings = Findings::default();
    let (at, shown) = match address::understood(address, network) {
        Ok(understood) => {
            let verdict = if understood.note.is_some() { Verdict::Note } else { Verdict::Good };
            let detail = understood.note.unwrap_or("understood");
            findings.add(PromiseTopic::Address, verdict, detail, Some("address"), None);
            (understood.url, understood.shown)
        }
        Err(unusable) => {
            findings.not_asked(unusable.shown.as_ref(), unusable.problem);
            let shown = unusable.shown.map_or_else(|| address.trim().to_owned(), String::from);
            return findings.report(shown, ServerKind::Unreachable);
        }
    };
    if let Some(problem) = network.problems().into_iter().next() {
        findings.not_asked(Some(&at), problem);
        return findings.report(shown, ServerKind::Unreachable);
    }
    let reader = Reader { network, headers: HeaderMap::new(), clock };
    let mut asked = at.clone();
    let mut documents = read(&reader, &asked).await;
    if documents.nothing_of_its_own() && at.path() != "/" {
        // Perhaps it is the address of a page, and the server as a whole says more.
        asked.set_path("/");
        documents = documents.and(read(&reader, &asked).await);
    }
    findings.reached(&documents.fetched, &at, network);
    let kind = if let Some((place, document)) = documents.merged() {
        findings.promised(&mut documents, place, document, (&at, &reader)).await
    } else if let Some(other) = documents.strangers.first() {
        findings.somebody_elses(other, stranger(&address::shown(&asked), other), network);
        match other.standard {
            Standard::OpenId => ServerKind::OpenId,
            Standard::OAuth => ServerKind::OAuth,
        }
    } else if documents.fetched.iter().all(is_in_trouble) {
        ServerKind::Unreachable
    } else {
        ServerKind::SaysNothing
    };
    findings.clock(&documents.fetched, &asked);
    findings.exchanges_of(documents.fetched);
    findings.report(shown, kind)
}

async fn read(reader: &Reader<'_>, at: &Url) -> Documents {
    let accept = |told: &str| Likeness::of(at.as_str(), told) != Likeness::Other;
    Documents::read(reader, at, accept, |_| {}).await
}

/// Whether the server may answer otherwise in a while, or did not answer at all.
fn is_in_trouble(fetched: &Fetched) -> bool {
    match &fetched.came {
        Came::Nothing { .. } => true,
        Came::Else(named, _) => passes(named.class, fetched.exchange.status),
        Came::Document(_) => false,
    }
}
