//! The keys that sign a server's ID tokens (RFC 7517).

use crate::network::Network;
use crate::plan::SettingsProblem;
use keeper::ports::Clock;
use std::sync::Arc;

/// A server's keys, fetched when they are needed and kept in memory.
pub(crate) struct Keys {
    url: String,
    clock: Arc<dyn Clock>,
}

impl Keys {
    /// The keys at this address; empty: there are none. Nothing is fetched yet.
    pub(crate) fn new(
        url: &str,
        _network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        Ok(Self { url: url.to_owned(), clock })
    }
}
