//! Decides what a session does next.
//!
//! The engine is pure: no async, no I/O, no clock, no randomness, and no secrets, only fingerprints
//! and times. It takes inputs and returns effects; whoever owns it (the keeper) performs them and
//! reports back with further inputs. Every call brings the present moment as an argument, which is
//! why the engine's behaviour over a year can be played in a millisecond.
//!
//! What is deliberately not here: tokens, HTTP, files, words. A person's words are the window's.

mod access;
mod clocks;
mod decision;
mod engine;
mod failure;
mod grant;
mod landings;
mod lifeline;
mod plan;
mod policy;
mod present;
mod revocation;
mod session;
mod standing;
mod state;
mod table;
mod time;
mod transitions;
mod trouble;
mod view;

pub use access::Access;
pub use decision::Decision;
pub use engine::Engine;
pub use failure::{Class, ClockSample, Exchange, Failure, StoreTrouble, WriteTrouble};
pub use grant::{Fingerprint, Grant, Identity, Lifetime, Renewal, Snapshot};
pub use lifeline::Added;
pub use policy::{Policy, TUTORIAL_LEAD_MS};
pub use revocation::{GIVE_UP_REVOKING_AFTER_MS, Revocation};
pub use state::{Effect, Ended, Fix, Holdup, Input, State, Trigger, Wait};
pub use table::{InputKind, Row, StateKind, TABLE, diagram};
pub use time::{Boot, HOUR, MINUTE, Now, SECOND, Wall};
pub use view::{
    Bar, ClockView, Lifeline, Mark, MarkKind, Next, Outcome, RenewalView, Sentence, Status,
    TokenView, View, Who, Why, Worth,
};
