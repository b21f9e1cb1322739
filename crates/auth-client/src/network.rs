//! What an account may need of the network that it stands in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
