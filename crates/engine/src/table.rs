//! The transitions, in words: one row for every (state, input) pair.
//!
//! The README's diagram is made from this table, and a test holds the table against the engine: each
//! pair has one row, the engine lands where the row says, and every landing that a row names is
//! reached.

use crate::state::{Input, State};
use StateKind::{
    NeedsSignIn as N, Refreshing as F, Resting as R, Restoring as O, SignedOut as S, Stopped as P,
    Waiting as W,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use ts_rs::TS;

/// A state without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "session.ts")]
pub enum StateKind {
    /// The record has not been read yet.
    Restoring,
    /// Nobody is signed in.
    SignedOut,
    /// Signed in, nothing to do.
    Resting,
    /// One refresh is on its way.
    Refreshing,
    /// The next try has a time.
    Waiting,
    /// Early renewal has stopped.
    Stopped,
    /// The session is over, the identity stays.
    NeedsSignIn,
}

impl StateKind {
    /// Every state.
    pub const ALL: [Self; 7] = [O, S, R, F, W, P, N];
}

impl From<State> for StateKind {
    fn from(state: State) -> Self {
        match state {
            State::Restoring { .. } => O,
            State::SignedOut => S,
            State::Resting => R,
            State::Refreshing { .. } => F,
            State::Waiting { .. } => W,
            State::Stopped { .. } => P,
            State::NeedsSignIn { .. } => N,
        }
    }
}

macro_rules! input_kinds {
    ($($(#[$doc:meta])* $kind:ident => $pattern:pat, $label:literal;)+) => {
        /// An input without its details.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS,
        )]
        #[serde(rename_all = "snake_case")]
        #[ts(export, export_to = "session.ts")]
        pub enum InputKind { $($(#[$doc])* $kind,)+ }

        impl InputKind {
            /// Every input.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// What the diagram calls it.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$kind => $label,)+ }
            }
        }

        impl From<&Input> for InputKind {
            fn from(input: &Input) -> Self {
                match input { $($pattern => Self::$kind,)+ }
            }
        }
    };
}

input_kinds! {
    /// The record was read.
    Restored => Input::Restored(_), "restored";
    /// The record cannot be read for now.
    RestoreHeldUp => Input::RestoreHeldUp(_), "held up";
    /// Launch, focus, wake, network back, or the person.
    Came => Input::Came(_), "trigger";
    /// Time has passed.
    Tick => Input::Tick, "deadline";
    /// A caller needs a token that will not do.
    TokenWanted => Input::TokenWanted { .. }, "token wanted";
    /// An API refused the token.
    ApiRefused => Input::ApiRefused(_), "API refused";
    /// Somebody signed in.
    SignedIn => Input::SignedIn(..), "sign-in";
    /// Somebody signed out.
    SignedOut => Input::SignedOut, "sign-out";
    /// A refresh was answered.
    Renewed => Input::Renewed { .. }, "answered";
    /// A refresh brought a bad ID token.
    IdTokenBad => Input::IdTokenBad { .. }, "ID token bad";
    /// The ID token of a token in use turned out to be bad.
    Withdrawn => Input::Withdrawn { .. }, "withdrawn";
    /// A refresh failed.
    Failed => Input::Failed { .. }, "failed";
    /// Another process holds the refresh lock.
    HeldElsewhere => Input::HeldElsewhere { .. }, "held elsewhere";
    /// The intent could not be written down.
    PutOff => Input::PutOff { .. }, "put off";
    /// Another process has renewed or signed in.
    Adopted => Input::Adopted(_), "adopted";
    /// The server's clock was seen.
    ServerClock => Input::ServerClock(_), "server clock";
    /// The server accepted the token.
    Confirmed => Input::Confirmed, "confirmed";
    /// What is held is not on disk.
    Unsaved => Input::Unsaved(_), "unsaved";
    /// It is on disk again.
    Saved => Input::Saved, "saved";
    /// The person changed when to renew.
    PolicyChanged => Input::PolicyChanged(_), "policy";
}

/// What one input does in one state.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// In this state,
    pub from: StateKind,
    /// this input
    pub input: InputKind,
    /// leads to one of these,
    pub to: &'static [StateKind],
    /// for this reason.
    pub why: &'static str,
}

const fn row(
    from: StateKind,
    input: InputKind,
    to: &'static [StateKind],
    why: &'static str,
) -> Row {
    Row { from, input, to, why }
}

use InputKind::{
    Adopted, ApiRefused, Came, Confirmed, Failed, HeldElsewhere, IdTokenBad, PolicyChanged, PutOff,
    Renewed, RestoreHeldUp, Restored, Saved, ServerClock, SignedIn, SignedOut, Tick, TokenWanted,
    Unsaved, Withdrawn,
};

const NOT_AWAITED: &str = "nobody waits for this attempt";
const LATE: &str = "an answer nobody waits for is dropped; of an ended epoch, revoked";
const FACT: &str = "a fact; it changes no state";
const WITHDRAWN: &str = "the token that came with a bad ID token is not handed out any more";
const READ_TWICE: &str = "what is in memory is at least as new";
const TAKES_OVER: &str =
    "another process's sign-in, renewal or refusal is taken over; what is known is no news";
const STARTS: &str = "a new epoch starts";
const ENDS: &str = "at once, from anywhere";

/// Every pair.
pub const TABLE: &[Row] = &[
    row(
        O,
        Restored,
        &[S, R, F, W, P, N],
        "as the record says; what is due is renewed at launch; an intent is an unknown outcome",
    ),
    row(O, RestoreHeldUp, &[O], "the session is kept; it says what stands in the way"),
    row(O, Came, &[O], "reads again, where a read is not under way"),
    row(O, Tick, &[O], "asking a locked keychain would raise its dialog each time"),
    row(O, TokenWanted, &[O], "the caller waits for the record"),
    row(O, ApiRefused, &[O], "no token was handed out yet"),
    row(O, SignedIn, &[R], STARTS),
    row(O, SignedOut, &[S], ENDS),
    row(O, Renewed, &[O], LATE),
    row(O, IdTokenBad, &[O], LATE),
    row(O, Withdrawn, &[O], "no token was handed out yet"),
    row(O, Failed, &[O], NOT_AWAITED),
    row(O, HeldElsewhere, &[O], NOT_AWAITED),
    row(O, PutOff, &[O], NOT_AWAITED),
    row(O, Adopted, &[R, P, N], TAKES_OVER),
    row(O, ServerClock, &[O], FACT),
    row(O, Confirmed, &[O], FACT),
    row(O, Unsaved, &[O], FACT),
    row(O, Saved, &[O], FACT),
    row(O, PolicyChanged, &[O], FACT),
    row(S, Restored, &[S], READ_TWICE),
    row(S, RestoreHeldUp, &[S], READ_TWICE),
    row(S, Came, &[S], "nothing to renew"),
    row(S, Tick, &[S], "nothing to renew"),
    row(S, TokenWanted, &[S], "there is none"),
    row(S, ApiRefused, &[S], "there is none any more"),
    row(S, SignedIn, &[R], STARTS),
    row(S, SignedOut, &[S], "already so"),
    row(S, Renewed, &[S], LATE),
    row(S, IdTokenBad, &[S], LATE),
    row(S, Withdrawn, &[S], "there is none any more"),
    row(S, Failed, &[S], NOT_AWAITED),
    row(S, HeldElsewhere, &[S], NOT_AWAITED),
    row(S, PutOff, &[S], NOT_AWAITED),
    row(S, Adopted, &[R, P, N], TAKES_OVER),
    row(S, ServerClock, &[S], FACT),
    row(S, Confirmed, &[S], FACT),
    row(S, Unsaved, &[S], FACT),
    row(S, Saved, &[S], FACT),
    row(S, PolicyChanged, &[S], FACT),
    row(R, Restored, &[R], READ_TWICE),
    row(R, RestoreHeldUp, &[R], READ_TWICE),
    row(R, Came, &[R, F], "renews what is due, and whatever the person asks for"),
    row(R, Tick, &[R, F, N], "renews what is due; what cannot be renewed ends at its end"),
    row(R, TokenWanted, &[R, F], "renews for a caller what is in its last moments or too short"),
    row(
        R,
        ApiRefused,
        &[R, F, P, N],
        "renews once for the present token; a renewed one refused stops early renewal; an older one means nothing",
    ),
    row(R, SignedIn, &[R], STARTS),
    row(R, SignedOut, &[S], ENDS),
    row(R, Renewed, &[R], LATE),
    row(R, IdTokenBad, &[R], LATE),
    row(
        R,
        Withdrawn,
        &[R, F, P],
        "the token that came with a bad ID token has come to its end; an older one means nothing",
    ),
    row(R, Failed, &[R], NOT_AWAITED),
    row(R, HeldElsewhere, &[R], NOT_AWAITED),
    row(R, PutOff, &[R], NOT_AWAITED),
    row(R, Adopted, &[R, P, N], TAKES_OVER),
    row(R, ServerClock, &[R], FACT),
    row(R, Confirmed, &[R], FACT),
    row(R, Unsaved, &[R], FACT),
    row(R, Saved, &[R], FACT),
    row(R, PolicyChanged, &[R], FACT),
    row(F, Restored, &[F], READ_TWICE),
    row(F, RestoreHeldUp, &[F], READ_TWICE),
    row(F, Came, &[F], "joins the refresh that runs"),
    row(F, Tick, &[F], "the refresh has time limits of its own"),
    row(F, TokenWanted, &[F], "joins the refresh that runs"),
    row(F, ApiRefused, &[F], "joins the refresh that runs"),
    row(F, SignedIn, &[R], STARTS),
    row(F, SignedOut, &[S], "at once; the answer will be late"),
    row(
        F,
        Renewed,
        &[F, R, W],
        "takes the answer that is waited for; five early ones in a row pause renewal",
    ),
    row(
        F,
        IdTokenBad,
        &[F, P],
        "the new access token is not used, the old one serves to its end; early renewal stops",
    ),
    row(F, Withdrawn, &[F], WITHDRAWN),
    row(
        F,
        Failed,
        &[F, W, P, N],
        "by class: waits for the next try, stops, or is refused for good",
    ),
    row(F, HeldElsewhere, &[F, W], "another copy is renewing; looks again soon"),
    row(F, PutOff, &[F, W], "waits for the disk, at most until the token's last moments"),
    row(F, Adopted, &[R, P, N], TAKES_OVER),
    row(F, ServerClock, &[F], FACT),
    row(F, Confirmed, &[F], FACT),
    row(F, Unsaved, &[F], FACT),
    row(F, Saved, &[F], FACT),
    row(F, PolicyChanged, &[F], FACT),
    row(W, Restored, &[W], READ_TWICE),
    row(W, RestoreHeldUp, &[W], READ_TWICE),
    row(
        W,
        Came,
        &[W, F],
        "wake and network start the ladder again, focus brings the try forward, the person overrides",
    ),
    row(
        W,
        Tick,
        &[W, F, R],
        "the next try, when its time has come; after a pause, only if there is something to renew",
    ),
    row(W, TokenWanted, &[W], "the caller waits for the next try, and does not hurry it"),
    row(W, ApiRefused, &[W], "the next try will renew it"),
    row(W, SignedIn, &[R], STARTS),
    row(W, SignedOut, &[S], ENDS),
    row(W, Renewed, &[W], LATE),
    row(W, IdTokenBad, &[W], LATE),
    row(W, Withdrawn, &[W], WITHDRAWN),
    row(W, Failed, &[W], NOT_AWAITED),
    row(W, HeldElsewhere, &[W], NOT_AWAITED),
    row(W, PutOff, &[W], NOT_AWAITED),
    row(W, Adopted, &[W, R, P, N], TAKES_OVER),
    row(W, ServerClock, &[W], FACT),
    row(W, Confirmed, &[W], FACT),
    row(W, Unsaved, &[W], FACT),
    row(W, Saved, &[W], FACT),
    row(W, PolicyChanged, &[W], FACT),
    row(P, Restored, &[P], READ_TWICE),
    row(P, RestoreHeldUp, &[P], READ_TWICE),
    row(
        P,
        Came,
        &[P, F],
        "settings, and a bad ID token once nothing serves, are tried again at wake, on focus ten minutes apart, and when the person asks",
    ),
    row(
        P,
        Tick,
        &[P, F, N],
        "settings hourly, and every 5 minutes once the access token is of no use; the renewal due by the token's own end still happens, and hourly after it where the ID token was bad; what cannot be renewed ends at its end",
    ),
    row(P, TokenWanted, &[P], "nothing that a caller wants can be had early"),
    row(
        P,
        ApiRefused,
        &[P, F],
        "known; where the ID token was bad, the old token has come to its end",
    ),
    row(P, SignedIn, &[R], STARTS),
    row(P, SignedOut, &[S], ENDS),
    row(P, Renewed, &[P], LATE),
    row(P, IdTokenBad, &[P], LATE),
    row(P, Withdrawn, &[P], WITHDRAWN),
    row(P, Failed, &[P], NOT_AWAITED),
    row(P, HeldElsewhere, &[P], NOT_AWAITED),
    row(P, PutOff, &[P], NOT_AWAITED),
    row(P, Adopted, &[P, R, N], TAKES_OVER),
    row(P, ServerClock, &[P], FACT),
    row(P, Confirmed, &[P], FACT),
    row(P, Unsaved, &[P], FACT),
    row(P, Saved, &[P], FACT),
    row(P, PolicyChanged, &[P], FACT),
    row(N, Restored, &[N], READ_TWICE),
    row(N, RestoreHeldUp, &[N], READ_TWICE),
    row(N, Came, &[N], "only a sign-in helps"),
    row(N, Tick, &[N], "only a sign-in helps"),
    row(N, TokenWanted, &[N], "the present token serves to its end; there is no next one"),
    row(N, ApiRefused, &[N], "there is no next one"),
    row(N, SignedIn, &[R], STARTS),
    row(N, SignedOut, &[S], ENDS),
    row(N, Renewed, &[N], LATE),
    row(N, IdTokenBad, &[N], LATE),
    row(N, Withdrawn, &[N], "there is no next one"),
    row(N, Failed, &[N], NOT_AWAITED),
    row(N, HeldElsewhere, &[N], NOT_AWAITED),
    row(N, PutOff, &[N], NOT_AWAITED),
    row(N, Adopted, &[R, P, N], TAKES_OVER),
    row(N, ServerClock, &[N], FACT),
    row(N, Confirmed, &[N], FACT),
    row(N, Unsaved, &[N], FACT),
    row(N, Saved, &[N], FACT),
    row(N, PolicyChanged, &[N], FACT),
];

/// The table as a Mermaid state diagram: what moves, without what stays.
#[must_use]
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> Restoring\n");
    for from in StateKind::ALL {
        for to in StateKind::ALL.into_iter().filter(|to| *to != from) {
            let labels: Vec<&str> = TABLE
                .iter()
                .filter(|row| row.from == from && row.to.contains(&to))
                .map(|row| row.input.label())
                .collect();
            if !labels.is_empty() {
                let _infallible = writeln!(text, "    {from:?} --> {to:?}: {}", labels.join(", "));
            }
        }
    }
    text
}
