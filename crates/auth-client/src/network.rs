//! What an account may need of the network that it stands in.

mod ca;

use crate::plan::{SettingsProblem, is_loopback};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use url::{Host, Url};

/// Why an address without encryption is not asked, and what to do about it.
pub(crate) const UNPROTECTED: &str = "write https://; without encryption, only this computer is \
    asked, and the one host that the network settings name for plain http";

/// What an account may need of a company's network, beside what the system says (its proxy).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Network {
    /// A certificate authority that is trusted beside the system's, for this account only.
    pub ca: Option<AddedCa>,
    /// The one host, named by hand, that may be asked by plain http although it is another computer;
    /// empty: none. What is sent there can be read on the way.
    pub http_to: String,
}

/// A certificate authority that somebody has added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct AddedCa {
    /// What the file was called, to be shown.
    pub name: String,
    /// The certificates that were in it, as PEM. Public by nature.
    pub pem: String,
    /// SHA-256 of the first of them, in hexadecimal, to be compared by people.
    pub sha256: String,
}

impl Network {
    /// Whether this address may be asked: by TLS, on this computer, or at the one host that is named
    /// for plain http.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(url) || self.is_named(url),
            _ => false,
        }
    }

    /// Whether this is the one host that may be asked by plain http.
    pub(crate) fn is_named(&self, url: &Url) -> bool {
        match (named(&self.http_to), url.host()) {
            // Both sides went through the same reading: letters are small, names are in Punycode.
            (Some(Ok(named)), Some(host)) => named == host.to_owned(),
            _ => false,
        }
    }

    /// What keeps these settings from being used.
    pub(crate) fn problems(&self) -> Vec<SettingsProblem> {
        let mut found = Vec::new();
        if let Err(problem) = self.authorities() {
            found.push(problem);
        }
        if let Some(Err(message)) = named(&self.http_to) {
            found.push(SettingsProblem { field: "network.httpTo".into(), message: message.into() });
        }
        found
    }

    /// The certificates that are trusted beside the system's.
    pub(crate) fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, SettingsProblem> {
        self.ca.as_ref().map_or_else(|| Ok(Vec::new()), AddedCa::certificates)
    }
}

/// The host that somebody has named; `None` where the field is empty.
fn named(text: &str) -> Option<Result<Host, &'static str>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.contains('*') {
        return Some(Err("name one host; * stands for none"));
    }
    // Only an IPv6 address has a colon in it, and a URL has brackets around it.
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let read = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
    let alone =
        "write the host alone, such as auth.example.com, without http:// and without a port";
    Some(Host::parse(&read).map_err(|_| alone))
}

#[cfg(test)]
mod tests;
