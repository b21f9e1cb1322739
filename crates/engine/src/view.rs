//! What may be shown of a session. By type it holds no secret.
//!
//! Every moment is on the wall clock, in milliseconds since 1970, so that a page counts down by
//! itself from a deadline; the view is made anew when the clocks move apart.

use crate::failure::{Class, Exchange, StoreTrouble};
use crate::state::{Ended, Fix, Holdup, Trigger, Wait};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A session, as it may be shown.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct View {
    /// When this view was made.
    pub now_ms: i64,
    /// Where the session stands.
    pub status: Status,
    /// The one sentence that says whether I am signed in, what happens next, what I must do.
    pub sentence: Sentence,
    /// Who is, or was, signed in.
    pub who: Option<Who>,
    /// The access token.
    pub token: Option<TokenView>,
    /// What renews it.
    pub renewal: Option<RenewalView>,
    /// The line under the sentence: what was done last, and why.
    pub why: Option<Why>,
    /// When something is done next, and what.
    pub next: Option<Next>,
    /// Server minus this clock, where the server's `Date` was seen.
    pub clock: Option<ClockView>,
    /// The wall clock jumped by so many milliseconds while the app ran; shown for a minute.
    pub clock_jumped_ms: Option<i64>,
    /// When the server last answered for this session.
    pub confirmed_ms: Option<i64>,
    /// Refreshes since the sign-in.
    pub refreshes: u32,
    /// Why what is held is not on disk, where that is so.
    pub unsaved: Option<StoreTrouble>,
    /// Why a renewal is put off, where its intent could not be written down.
    pub put_off: Option<StoreTrouble>,
    /// Signing in again is offered although the session goes on being tried.
    pub sign_in_offered: bool,
    /// "Kept you signed in over …": milliseconds of sleep or absence; said for a minute.
    pub kept_over_ms: Option<i64>,
    /// Tokens past, present and coming.
    pub lifeline: Lifeline,
}

/// Where a session stands, as a word with its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "session.ts")]
pub enum Status {
    /// The record has not been read yet.
    Restoring {
        /// What stands in the way.
        waiting_for: Holdup,
    },
    /// Nobody is signed in.
    SignedOut,
    /// Signed in, nothing to do.
    Resting,
    /// Renewing.
    Refreshing {
        /// What set it off.
        reason: Trigger,
    },
    /// Waiting for the next try.
    Waiting {
        /// What happened.
        why: Wait,
        /// When the next try is.
        until_ms: i64,
    },
    /// Early renewal has stopped.
    Stopped {
        /// What to mend.
        what_to_fix: Fix,
    },
    /// Somebody must sign in again.
    NeedsSignIn {
        /// How the session ended.
        why: Ended,
    },
}

/// What the window says. One variant for each sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "session.ts")]
pub enum Sentence {
    /// The session is being read.
    Restoring,
    /// The keychain is locked.
    Locked,
    /// The keychain does not answer.
    KeychainSlow,
    /// The keychain's question was cancelled.
    KeychainCancelled,
    /// The keychain cannot be reached.
    KeychainGone,
    /// The keychain is there, and the key of this session is not in it.
    KeyGone,
    /// The store is there but cannot be read.
    Unreadable,
    /// Nobody is signed in.
    SignedOut,
    /// Signed in; renews by itself.
    Resting {
        /// When.
        renews_ms: i64,
    },
    /// Signed in; the token is so short that it is renewed when it is needed.
    RestingOnDemand,
    /// Signed in; this server cannot renew.
    NoRefreshToken {
        /// When it ends, where that is known.
        ends_ms: Option<i64>,
    },
    /// Renewing now.
    Refreshing,
    /// Signed in until then; the server did not answer.
    WaitingValid {
        /// When the access token ends, where that is known.
        ends_ms: Option<i64>,
        /// The next try.
        next_ms: i64,
    },
    /// The session is kept, the access token has ended.
    WaitingExpired {
        /// The next try.
        next_ms: i64,
    },
    /// This network's sign-in page answered.
    Portal {
        /// The next try.
        next_ms: i64,
    },
    /// The server asked us to wait.
    Throttled {
        /// When the access token ends; absent once it has, or where it is unknown.
        ends_ms: Option<i64>,
        /// The next try.
        next_ms: i64,
    },
    /// Too many renewals in a row.
    Paused {
        /// Until when.
        until_ms: i64,
    },
    /// The server keeps saying no without saying why.
    Unclear {
        /// The next try.
        next_ms: i64,
    },
    /// The server does not accept this account's settings.
    Stopped,
    /// The API refuses even a renewed token.
    ApiRefuses,
    /// The ID token that came with a renewal is not what it should be: the token before it serves to
    /// its end.
    IdToken {
        /// When the access token ends, where that is known; `None` once it has.
        ends_ms: Option<i64>,
    },
    /// The server ended the session.
    NeedsSignIn,
    /// The server ended the session after its answer was lost.
    AnswerLost,
    /// What could not be renewed has ended.
    RanOut,
    /// Another copy of the app is renewing.
    AnotherCopy,
    /// Signed in, but not saved.
    Unsaved,
    /// Signed in; the renewal is put off, because it could not be written down first.
    PutOff {
        /// When the access token ends, where that is known.
        ends_ms: Option<i64>,
        /// The next try.
        next_ms: i64,
    },
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Who {
    /// What the server calls them.
    pub user: String,
    /// What people call them.
    pub name: String,
}

/// What an access token is worth, computed from the present moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum Worth {
    /// Good, and nothing to do.
    Fresh,
    /// Good, and being renewed behind the callers' backs.
    Due,
    /// So near its end that callers wait for the next one.
    LastMoments,
    /// Past its end.
    Expired,
    /// An API refused it, whatever its end says.
    RefusedByApi,
}

/// The access token, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct TokenView {
    /// Six characters that name it.
    pub fingerprint: String,
    /// What it is worth at `now_ms`.
    pub worth: Worth,
    /// When it was asked for.
    pub asked_ms: i64,
    /// When it ends (or is assumed to).
    pub ends_ms: i64,
    /// When it is renewed; `None` where that happens on demand or not at all.
    pub renews_ms: Option<i64>,
    /// Its lifetime, in milliseconds.
    pub lifetime_ms: i64,
    /// The server told no lifetime: this one is assumed.
    pub assumed: bool,
    /// The server's words, where they were no lifetime.
    pub server_said: Option<String>,
}

/// What renews the access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "session.ts")]
pub enum RenewalView {
    /// A refresh token.
    RefreshToken {
        /// Six characters that name it.
        fingerprint: String,
        /// When it ends, where the server told.
        ends_ms: Option<i64>,
        /// Whether the server replaces it at each refresh; `None` before the first.
        rotates: Option<bool>,
    },
    /// The access token itself.
    Itself,
    /// Nothing.
    No,
}

/// What was done last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Why {
    /// When.
    pub at_ms: i64,
    /// What came of it.
    pub what: Outcome,
    /// What set it off; `None` for a sign-in.
    pub reason: Option<Trigger>,
    /// What the token before had left then, in milliseconds; negative once it had ended.
    pub left_ms: Option<i64>,
    /// The request and its answer.
    pub exchange: Option<Exchange>,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "class")]
#[ts(export, export_to = "session.ts")]
pub enum Outcome {
    /// A sign-in.
    SignedIn,
    /// A renewal.
    Renewed,
    /// Another process had renewed; its token was taken over.
    Adopted,
    /// A renewal whose ID token is not what it should be: its access token is not used.
    IdTokenBad,
    /// A failure.
    Failed(Class),
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Next {
    /// When.
    pub at_ms: i64,
    /// What, in a few plain words for logs and tests.
    pub why: String,
}

/// This machine's clock beside the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct ClockView {
    /// Server minus wall clock, in milliseconds: negative where this clock is ahead.
    pub offset_ms: i64,
    /// How far off that may be either way; `None` where it was measured in an earlier run.
    pub bound_ms: Option<i64>,
}

/// The session's life as a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Lifeline {
    /// Past and present tokens, oldest first; bounded.
    pub tokens: Vec<Bar>,
    /// The next token, as planned.
    pub planned: Option<Bar>,
    /// What happened, oldest first; bounded.
    pub marks: Vec<Mark>,
}

/// One access token's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Bar {
    /// Six characters that name it; empty for a planned one.
    pub fingerprint: String,
    /// From.
    pub from_ms: i64,
    /// To: its end.
    pub to_ms: i64,
    /// Where its renewal begins.
    pub renews_ms: Option<i64>,
}

/// Something that happened on the lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "session.ts")]
pub struct Mark {
    /// When.
    pub at_ms: i64,
    /// What.
    pub kind: MarkKind,
}

/// The kinds of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "trigger")]
#[ts(export, export_to = "session.ts")]
pub enum MarkKind {
    /// A sign-in.
    SignIn,
    /// A refresh that was sent, with what set it off.
    Refresh(Trigger),
    /// A trigger that asked for nothing to be done.
    Trigger(Trigger),
    /// A refresh that failed.
    Failure,
    /// A sign-out: what was before it is forgotten with the session.
    SignOut,
}
