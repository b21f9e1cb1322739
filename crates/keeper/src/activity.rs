//! What the keeper tells of its doings while it does them: for people to read, never to decide by.
//!
//! Everything here is fit to be shown. By type it holds no secret: exchanges are redacted before they
//! come here, tokens are six characters of a fingerprint.

use engine::{Bar, Class, Exchange, InputKind, Mark, Next, StateKind, StoreTrouble, Trigger};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Hears what the keeper does. Called from the keeper's own tasks, and from those that call an API: it
/// must not block.
pub trait Recorder: Send + Sync {
    /// Something was done.
    fn record(&self, event: Event);

    /// Something was added to the lifeline.
    fn life(&self, life: Life);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Recorder for Nobody {
    fn record(&self, _event: Event) {}

    fn life(&self, _life: Life) {}
}

/// Something that was done, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "activity.ts")]
pub struct Event {
    /// When it began: milliseconds since 1970, wall clock.
    pub at_ms: i64,
    /// It tells of a session that is kept in memory only: it is never written down.
    pub memory_only: bool,
    /// What was done.
    pub what: What,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "activity.ts")]
pub enum What {
    /// Something happened, and this is what was decided about it. Not told is what comes all the time
    /// where it changed nothing and nothing is done about it: ticks, callers, the server's clock, a
    /// token that served, a changed lead, and "saved" or "unsaved" where that is known.
    Decision {
        /// What happened.
        input: InputKind,
        /// What set it off, where that is more than the input's name: launch, focus, wake …
        trigger: Option<Trigger>,
        /// What was left of the access token by its own end, in milliseconds, negative after it. `None`
        /// where there was no token, and in what was written down before this was told.
        #[serde(default)]
        left_ms: Option<i64>,
        /// Where the session stood.
        from: StateKind,
        /// Where it stands now.
        to: StateKind,
        /// Why, in plain English: the row of the engine's table.
        why: String,
        /// What is to be done about it.
        effects: Vec<EffectKind>,
        /// When something is done next, and what.
        next: Option<Next>,
    },
    /// A request, and what came of it. Told when it is over.
    Exchange {
        /// What it was for.
        purpose: Purpose,
        /// What set it off, where it is a refresh.
        reason: Option<Trigger>,
        /// What came of it.
        outcome: Ending,
        /// The refresh token that was sent (or the access token, where that renews itself, or
        /// carries a call): six characters. `None` at a sign-in, and where the request never left.
        sent: Option<String>,
        /// The access token that came.
        access: Option<String>,
        /// The refresh token that came or, where none came, stays.
        refresh: Option<String>,
        /// The request and its answer, redacted.
        exchange: Exchange,
    },
    /// A step of a transaction on disk. One that is tried again every few seconds is told again only
    /// when it ends otherwise.
    Disk {
        /// Which.
        step: DiskStep,
        /// How long it took, in milliseconds.
        took_ms: i64,
        /// Why it failed, where it did.
        trouble: Option<StoreTrouble>,
        /// An intent's: the refresh token that is about to be sent, six characters. Should the process
        /// end before the request does, this is all that tells of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        token: Option<String>,
    },
    /// Somebody turned a switch of the Lab, or moved the clocks.
    Switch {
        /// Which: `offline`, `sleep`, `clock`, `expire`, `refuse`, `all_well`, `demo_expire`,
        /// `demo_revoke`, or the name of a switch of the demo server.
        name: String,
        /// To what, in plain words.
        to: String,
    },
    /// The app itself.
    App {
        /// What it did.
        did: AppDid,
    },
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "activity.ts")]
pub enum Purpose {
    /// A sign-in.
    SignIn,
    /// A refresh.
    Refresh,
    /// Telling the server of a sign-out.
    SignOut,
    /// A call of the account's API.
    Api,
    /// Reading what a server says of itself (OpenID Connect Discovery, RFC 8414).
    Discovery,
    /// Fetching the keys that sign ID tokens (RFC 7517), or a check of one.
    Keys,
    /// Asking for a device code, and whether it was used (RFC 8628).
    DeviceCode,
    /// Asking whether the server knows the session still.
    Confirm,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "class")]
#[ts(export, export_to = "activity.ts")]
pub enum Ending {
    /// Tokens were granted, the API accepted the token, or the sign-out was taken note of.
    Good,
    /// It failed.
    Failed(Class),
    /// The API refused the token.
    TokenRefused,
    /// The ID token is not what it should be.
    IdTokenBad,
    /// The token is fine, and not enough for this API.
    NotAllowed,
    /// What came says nothing about the token.
    SaysNothing,
}

/// A step on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "activity.ts")]
pub enum DiskStep {
    /// The record was read.
    Read,
    /// The refresh lock was taken.
    Locked,
    /// Another process holds the refresh lock.
    HeldElsewhere,
    /// The intent was written down, before the refresh was asked for.
    IntentWritten,
    /// The answer was saved, and the intent removed in the same write.
    AnswerSaved,
    /// A sign-in was saved.
    SignInSaved,
    /// A sign-out was written down.
    SignOutSaved,
    /// Another process's record was taken over.
    Adopted,
}

/// What the engine asks for, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "activity.ts")]
pub enum EffectKind {
    /// Read the record.
    Restore,
    /// Ask the auth server for the next access token.
    Refresh,
    /// Hand out the new access token.
    Expose,
    /// Keep the new access token back: the ID token that came with it is bad.
    Withhold,
    /// Forget the tokens in memory.
    Forget,
    /// Give back the tokens of an ended epoch.
    Discard,
    /// Write down that the refresh token was refused.
    RecordRefusal,
    /// Write down that the server asked us to wait.
    RecordWait,
}

/// What the app itself did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "activity.ts")]
pub enum AppDid {
    /// It was started.
    Start,
    /// The keeper was stopped in the middle of a refresh, as if the process had been killed.
    StopInMidRefresh,
    /// The keeper was started again after that.
    StartAgain,
    /// It quits.
    Quit,
}

/// Something that was added to the lifeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// It tells of a session that is kept in memory only: it is never written down.
    pub memory_only: bool,
    /// What.
    pub what: Living,
}

/// What was added to the lifeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Living {
    /// A token came, or what is known of it changed: the last one with this fingerprint holds.
    Token(Bar),
    /// Something happened.
    Mark(Mark),
}
