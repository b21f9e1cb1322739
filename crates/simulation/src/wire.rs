//! What goes over the computer's wire, noted for the judge: sign-ins, refreshes and sign-outs.

use crate::reply::Request;
use crate::server::Fact;
use demo_server::Rotation;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The true time, in milliseconds.
    pub at_ms: i64,
    /// What was noted.
    pub what: Noted,
}

/// What can be noted of a request. Every request that leaves has one end, and in between it may have
/// reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// An app asks.
    Left {
        /// Names the request from here on.
        id: u64,
        /// Which run of an app asks.
        run: u64,
        /// What it asks.
        request: Request,
    },
    /// The request reached the server.
    Reached {
        /// Which.
        id: u64,
        /// Which run of an app had asked.
        run: u64,
        /// What the server did.
        facts: Vec<Fact>,
        /// The rotation that was in force.
        rotation: Rotation,
        /// Whether the server was well.
        well: bool,
    },
    /// Nobody waits any longer.
    Ended {
        /// Which.
        id: u64,
        /// Why not.
        end: End,
    },
}

/// How a request ended for the app that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An answer arrived.
    Arrived {
        /// How long it asked to wait, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Nothing left this computer.
    NotSent,
    /// No answer came.
    Lost,
    /// The app stopped waiting for an answer that was on its way, though it went on running.
    GivenUp,
    /// The process was stopped.
    Stopped,
}
