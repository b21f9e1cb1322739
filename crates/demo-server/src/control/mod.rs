//! Turning the switches: the same operations on a server in this process and on one that
//! another copy runs.

mod http;
mod openid;
mod remote;

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use ts_rs::TS;

use crate::counters::{Counters, Exchange};
use crate::desk::{ChangeFailed, Desk, Keep};
use crate::switches::{BadSwitches, Switches};

pub(crate) use http::{SERVER, router};
pub(crate) use remote::{Remote, hello};

/// A handle on a running server. Cheap to clone.
#[derive(Clone)]
pub struct Control(Place);

#[derive(Clone)]
enum Place {
    Here(Arc<Desk>),
    Elsewhere(Remote),
}

/// All there is to see of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts", rename = "DemoState")]
pub struct Snapshot {
    /// How it is set.
    pub switches: Switches,
    /// What it was asked.
    pub counters: Counters,
    /// The latest exchanges since it started, oldest first.
    pub log: Vec<Exchange>,
    /// How many sessions can still be used or renewed.
    pub living_sessions: usize,
    /// The time it shows, in milliseconds since 1970, clock offset included.
    pub shown_ms: u64,
}

/// Why the server could not be controlled.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The server has stopped. One that another copy ran may be taken over.
    #[error("the demo server has stopped")]
    Stopped,
    /// The change could not be saved; nothing was changed.
    #[error("the demo server could not save the change: {0}")]
    Save(io::Error),
    /// A signing key cannot be made; nothing was changed.
    #[error("the demo server could not make a signing key")]
    Key,
    /// The change means nothing; nothing was changed.
    #[error(transparent)]
    BadSwitches(#[from] BadSwitches),
    /// The copy that runs the server does not answer.
    #[error("the copy that runs the demo server does not answer: {0}")]
    Unreachable(io::Error),
    /// The copy that runs the server answered, but not as this version expects.
    #[error("the copy that runs the demo server answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
}

impl From<ChangeFailed> for ControlError {
    fn from(failed: ChangeFailed) -> Self {
        match failed {
            ChangeFailed::Stopped => Self::Stopped,
            ChangeFailed::Save(error) => Self::Save(error),
        }
    }
}

impl Control {
    pub(crate) fn here(desk: Arc<Desk>) -> Self {
        Self(Place::Here(desk))
    }

    pub(crate) fn elsewhere(remote: Remote) -> Self {
        Self(Place::Elsewhere(remote))
    }

    /// Everything at once.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone.
    pub async fn snapshot(&self) -> Result<Snapshot, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let (log, shown_ms) = (desk.exchanges(), desk.shown_ms());
                let seen = desk.change(move |saved, now_ms| {
                    let snapshot = Snapshot {
                        switches: saved.switches.clone(),
                        counters: saved.counters.clone(),
                        log,
                        living_sessions: saved.grants.living(now_ms),
                        shown_ms,
                    };
                    (snapshot, Keep::InMemory)
                });
                Ok(seen.await?)
            }
            Place::Elsewhere(remote) => remote.ask("GET", "/control/state", None).await,
        }
    }

    /// How the server is set.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone.
    pub async fn switches(&self) -> Result<Switches, ControlError> {
        Ok(self.snapshot().await?.switches)
    }

    /// How the server is set, now and on every change, whoever made it: a fault with a count turns
    /// itself off. `None` where another copy runs the server: that one has to be asked.
    #[must_use]
    pub fn switches_watch(&self) -> Option<watch::Receiver<Switches>> {
        match &self.0 {
            Place::Here(desk) => Some(desk.watch_switches()),
            Place::Elsewhere(_) => None,
        }
    }

    /// What the server was asked.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone.
    pub async fn counters(&self) -> Result<Counters, ControlError> {
        Ok(self.snapshot().await?.counters)
    }

    /// Sets every switch, and lets held requests go.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn set_switches(&self, switches: Switches) -> Result<Switches, ControlError> {
        let all = serde_json::to_value(switches).map_err(BadSwitches::from)?;
        self.patch_switches(all).await
    }

    /// Sets the switches that `change` names in JSON, as [`Switches::patched`] describes, and
    /// lets held requests go. Answers with all of them.
    ///
    /// # Errors
    /// [`ControlError`] when the change means nothing, or the server is gone or cannot save.
    pub async fn patch_switches(&self, change: Value) -> Result<Switches, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let set = desk.change(move |saved, _| match saved.switches.patched(&change) {
                    Ok(switches) => {
                        saved.switches = switches.clone();
                        saved.times_set += 1;
                        (Ok(switches), Keep::Durably)
                    }
                    Err(bad) => (Err(bad), Keep::InMemory),
                });
                Ok(set.await??)
            }
            Place::Elsewhere(remote) => remote.ask("PUT", "/control/switches", Some(&change)).await,
        }
    }

    /// Revokes the sessions of one user, or of all, and says how many that were.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn revoke(&self, username: Option<&str>) -> Result<usize, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let username = username.map(str::to_owned);
                let revoked = desk.change(move |saved, _| {
                    (saved.grants.revoke(username.as_deref()), Keep::Durably)
                });
                Ok(revoked.await?)
            }
            Place::Elsewhere(remote) => {
                let body = username.map_or(json!({}), |name| json!({"username": name}));
                remote.count("/control/revoke", "revoked", &body).await
            }
        }
    }

    /// Lets every access token expire now, and says how many that were.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn expire(&self) -> Result<usize, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let expired = desk
                    .change(|saved, now_ms| (saved.grants.expire_access(now_ms), Keep::Durably));
                Ok(expired.await?)
            }
            Place::Elsewhere(remote) => {
                remote.count("/control/expire", "expired", &json!({})).await
            }
        }
    }

    /// All well: every switch at its default, held requests let go; the counters at zero too if
    /// `counters` says so. Sessions stay.
    ///
    /// # Errors
    /// [`ControlError`] when the server is gone or cannot save.
    pub async fn reset(&self, counters: bool) -> Result<Switches, ControlError> {
        match &self.0 {
            Place::Here(desk) => {
                let reset = desk.change(move |saved, _| {
                    saved.switches = Switches::default();
                    saved.times_set += 1;
                    if counters {
                        saved.counters = Counters::default();
                    }
                    (saved.switches.clone(), Keep::Durably)
                });
                Ok(reset.await?)
            }
            Place::Elsewhere(remote) => {
                let body = json!({"counters": counters});
                remote.ask("POST", "/control/reset", Some(&body)).await
            }
        }
    }
}
