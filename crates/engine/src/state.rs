//! The states of a session, its inputs and its effects.

use crate::failure::{Class, ClockSample, Exchange, Failure, StoreTrouble};
use crate::grant::{Fingerprint, Grant, Snapshot};
use crate::policy::Policy;
use crate::time::{Boot, Now};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What restoring waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Holdup {
    /// The record is being read.
    Store,
    /// The store is there, but cannot be read.
    StoreUnreadable,
    /// The keychain is locked.
    KeychainLocked,
    /// The keychain did not answer in time; it may be asking for a password.
    KeychainSlow,
    /// Somebody cancelled the keychain's question.
    KeychainCancelled,
    /// The keychain itself cannot be reached.
    KeychainGone,
    /// The keychain is there, and the key is not in it; or it does not fit the session.
    KeyGone,
}

/// Why somebody must sign in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Ended {
    /// The server refused the stored refresh token.
    Refused,
    /// Refused after an answer was lost: the server rotated, and the successor never arrived.
    AnswerLost,
    /// What cannot be renewed has reached its end.
    CannotRenew,
}

/// What a person must mend before renewal goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Fix {
    /// The server does not accept this account's settings.
    Settings,
    /// The API refuses even a token that was renewed for it.
    ApiRefuses,
    /// The ID token that came with a renewal is not what it should be.
    IdToken,
}

/// Why a renewal waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "class")]
#[ts(export, export_to = "session.ts")]
pub enum Wait {
    /// The last try failed.
    Failure(Class),
    /// Too many renewals in a row.
    Storm,
    /// Another copy of the app holds the refresh lock.
    AnotherCopy,
    /// The intent could not be written down: the renewal is put off, at most until the token's last
    /// moments.
    Store,
}

/// Where a session stands. One level; what the access token is worth is computed, never kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The record has not been read yet.
    Restoring {
        /// What stands in the way.
        waiting_for: Holdup,
    },
    /// Nobody is signed in.
    SignedOut,
    /// Signed in; nothing to do before the next deadline.
    Resting,
    /// One refresh is on its way.
    Refreshing {
        /// Which one: an answer to another is late.
        attempt: u64,
        /// What set it off.
        reason: Trigger,
    },
    /// Signed in; the next try is at `until`.
    Waiting {
        /// What happened.
        why: Wait,
        /// When the next try is.
        until: Boot,
    },
    /// Signed in, but early renewal has stopped until somebody mends something.
    Stopped {
        /// What to mend.
        what_to_fix: Fix,
    },
    /// The session is over; the identity stays.
    NeedsSignIn {
        /// How it ended.
        why: Ended,
    },
}

/// What set off a decision. Every refresh carries one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Trigger {
    /// The app was started.
    Launch,
    /// The window came to the front.
    Focus,
    /// The computer woke.
    Wake,
    /// The network came back.
    NetworkBack,
    /// A deadline fell.
    Deadline,
    /// Somebody needed a token that would not do.
    TokenWanted,
    /// An API refused the token.
    ApiRefused,
    /// The person asked.
    Asked,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The record was read; `None` where nobody is signed in.
    Restored(Option<Box<Snapshot>>),
    /// The record could not be read, for now.
    RestoreHeldUp(Holdup),
    /// A trigger from outside: launch, focus, wake, network back, or the person.
    Came(Trigger),
    /// Time has passed: a deadline, or the regular tick.
    Tick,
    /// A caller waits for an access token that is still good for so many milliseconds.
    TokenWanted {
        /// How long it must still be good.
        min_validity_ms: i64,
    },
    /// An API refused this access token as invalid (RFC 6750 section 3.1).
    ApiRefused(Fingerprint),
    /// Somebody signed in, and it is saved.
    SignedIn(Box<Snapshot>, Box<Exchange>),
    /// Somebody signed out, here or in another process.
    SignedOut,
    /// The refresh was answered, and the answer saved (or kept in memory: see [`Input::Unsaved`]).
    Renewed {
        /// Which refresh.
        attempt: u64,
        /// What it brought.
        grant: Box<Grant>,
        /// How it went.
        exchange: Box<Exchange>,
    },
    /// The refresh was answered, and the answer saved, but the ID token in it is not what it should
    /// be (OpenID Connect Core section 12.2): what renews is another one by now, and the access token
    /// that came with it is not used.
    IdTokenBad {
        /// Which refresh.
        attempt: u64,
        /// What it brought.
        grant: Box<Grant>,
        /// What is wrong with its ID token.
        exchange: Box<Exchange>,
    },
    /// This access token is in use already, and the ID token that came with it, which could not be
    /// checked before, is not what it should be.
    Withdrawn {
        /// Which access token.
        access: Fingerprint,
        /// What is wrong with its ID token.
        exchange: Box<Exchange>,
    },
    /// The refresh failed.
    Failed {
        /// Which refresh.
        attempt: u64,
        /// How.
        failure: Box<Failure>,
    },
    /// The refresh was not tried: another process is at it.
    HeldElsewhere {
        /// Which refresh.
        attempt: u64,
    },
    /// The refresh was put off: its intent could not be written down, and it may not go ahead
    /// without.
    PutOff {
        /// Which refresh.
        attempt: u64,
        /// Why.
        trouble: StoreTrouble,
    },
    /// Another process has renewed or signed in; this is what it saved.
    Adopted(Box<Snapshot>),
    /// The server's clock was seen.
    ServerClock(ClockSample),
    /// The server was seen to accept the access token.
    Confirmed,
    /// What was answered could not be saved; it is held in memory.
    Unsaved(StoreTrouble),
    /// Everything is on disk again.
    Saved,
    /// The person changed when to renew.
    PolicyChanged(Policy),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the record.
    Restore,
    /// Ask the auth server for the next access token.
    Refresh {
        /// Carried back by the answer.
        attempt: u64,
        /// What set it off.
        reason: Trigger,
        /// Give up connecting after 3 s instead of 10: the network has just come back, and the
        /// first tries usually go nowhere.
        connect_quickly: bool,
        /// Go ahead even where the intent cannot be written down: the token has no time left to wait,
        /// or the person asked.
        even_unwritten: bool,
    },
    /// Hand out this attempt's access token from now on.
    Expose {
        /// Which refresh.
        attempt: u64,
    },
    /// Renew with what this attempt has brought, and hand out the access token of before: the new one
    /// is not to be trusted.
    Withhold {
        /// Which refresh.
        attempt: u64,
    },
    /// Forget the tokens held in memory.
    Forget,
    /// This attempt belongs to an epoch that has ended: its tokens are revoked, never kept.
    Discard {
        /// Which refresh.
        attempt: u64,
    },
    /// Write down that the stored refresh token was refused, so that a restart neither asks again nor
    /// says less.
    RecordRefusal {
        /// How that ended the session.
        why: Ended,
    },
    /// Write down that the server asked us to wait until then, so that a restart waits as well.
    RecordWait {
        /// Until when.
        until: Now,
    },
}
