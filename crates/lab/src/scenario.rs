//! A scenario, as it was read.

use crate::report::{Pace, ScenarioText, ScenarioView, Step, StepOutcome};
use serde_json::{Map, Value};

/// A scenario that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(crate) name: String,
    pub(crate) title: ScenarioText,
    pub(crate) group: String,
    pub(crate) shipped: bool,
    pub(crate) source: String,
    pub(crate) lines: Vec<Line>,
}

/// One step, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) line: u32,
    /// Word for word.
    pub(crate) text: String,
    pub(crate) act: Act,
    pub(crate) copy: Which,
}

/// Which of two copies of the app a step speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Which {
    #[default]
    First,
    Second,
}

/// What a step does. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    SignIn,
    SignOut,
    CallApi,
    /// The person asks to renew.
    Renew,
    Focus,
    NetworkOff,
    NetworkOn,
    /// A suspend: both clocks go on at once.
    Sleep(i64),
    Wait(i64),
    WaitUntil(Moment),
    /// The wall clock alone is set forward or, negative, back.
    SetClock(i64),
    ClockRight,
    /// A change of the demo server's switches, as its JSON names them.
    Server(Map<String, Value>),
    AllWell,
    Revoke,
    Expire,
    Stop,
    StopInMidRefresh,
    Start,
    SecondCopy,
    Expect(Expectation),
}

/// A moment in the life of the access token, by the server's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Five minutes are left, or a fifth of the lifetime where that is less.
    Due,
    Expired,
}

/// What is expected; `None`: it does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expectation {
    pub(crate) session: Option<Session>,
    /// Counts by their names in a file, in their order there.
    pub(crate) counts: Vec<(Count, Compared)>,
    /// What the API says to the token that callers get.
    pub(crate) api: Option<Api>,
    /// The sentence that a person reads, by its name in a file.
    pub(crate) says: Option<String>,
    /// It comes to be so by itself within so many milliseconds.
    pub(crate) within: Option<i64>,
}

/// What became of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    Survived,
    Ended,
}

/// What an API call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Status(u16),
    /// No token could be had, or no answer came.
    Nothing,
}

/// Something that the server counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Logins,
    Logouts,
    Refreshes,
    RefreshesGranted,
    RefreshesRefused,
    Reuse,
    SeenTwice,
}

/// How a count is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl Line {
    /// Whether it expects something that the server counts or its API says.
    pub(crate) fn is_judged_by_the_server(&self) -> bool {
        match &self.act {
            Act::Expect(Expectation { session, counts, api, says: _, within: _ }) => {
                session.is_some() || api.is_some() || !counts.is_empty()
            }
            _ => false,
        }
    }
}

impl Scenario {
    /// Names it: its file's name without the ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As it is shown before it is run.
    #[must_use]
    pub fn view(&self) -> ScenarioView {
        ScenarioView {
            name: self.name.clone(),
            title: self.title.clone(),
            group: self.group.clone(),
            shipped: self.shipped,
            own_account: self.own_account(),
            lasts_ms: self.lasts_ms(),
            source: self.source.clone(),
        }
    }

    /// Whether it turns nothing of a server's, and asks nothing that only a server can count.
    #[must_use]
    pub fn own_account(&self) -> bool {
        self.lines.iter().all(|line| match &line.act {
            Act::Server(_) | Act::AllWell | Act::Revoke | Act::Expire => false,
            Act::Expect(expectation) => {
                !expectation.counts.iter().any(|(count, _)| *count == Count::Reuse)
            }
            Act::SignIn
            | Act::SignOut
            | Act::CallApi
            | Act::Renew
            | Act::Focus
            | Act::NetworkOff
            | Act::NetworkOn
            | Act::Sleep(_)
            | Act::Wait(_)
            | Act::WaitUntil(_)
            | Act::SetClock(_)
            | Act::ClockRight
            | Act::Stop
            | Act::StopInMidRefresh
            | Act::Start
            | Act::SecondCopy => true,
        })
    }

    /// Its steps, none of them reached.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let ahead = |line: &Line| Step {
            line: line.line,
            text: line.text.clone(),
            outcome: StepOutcome::Ahead,
            at_ms: None,
            detail: None,
        };
        self.lines.iter().map(ahead).collect()
    }

    /// How long its waits take in real time; at [`Pace::AtSpeed`] they take none.
    fn lasts_ms(&self) -> i64 {
        let mut lifetime_ms = 20_000;
        let mut lasts_ms = 0_i64;
        for line in &self.lines {
            lasts_ms = lasts_ms.saturating_add(match &line.act {
                Act::Wait(ms) => *ms,
                Act::Expect(Expectation { within: Some(ms), .. }) => *ms,
                Act::WaitUntil(Moment::Expired) => lifetime_ms,
                Act::WaitUntil(Moment::Due) => lifetime_ms - due_before_end(lifetime_ms),
                Act::Server(change) => {
                    let changed = change.get("accessLifetimeMs").and_then(Value::as_i64);
                    lifetime_ms = changed.unwrap_or(lifetime_ms);
                    0
                }
                Act::SignIn
                | Act::SignOut
                | Act::CallApi
                | Act::Renew
                | Act::Focus
                | Act::NetworkOff
                | Act::NetworkOn
                | Act::Sleep(_)
                | Act::SetClock(_)
                | Act::ClockRight
                | Act::AllWell
                | Act::Revoke
                | Act::Expire
                | Act::Stop
                | Act::StopInMidRefresh
                | Act::Start
                | Act::SecondCopy
                | Act::Expect(_) => 0,
            });
        }
        lasts_ms
    }
}

/// How long before its end a token of this lifetime is due: five minutes as in the tutorial, at most
/// a fifth of it.
pub(crate) fn due_before_end(lifetime_ms: i64) -> i64 {
    engine::TUTORIAL_LEAD_MS.min(lifetime_ms / 5)
}

/// How [`crate::run`] is to run.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// How fast. An account of one's own is always run in real time.
    pub pace: Pace,
    /// The account of one's own; `None`: a demo server for each scenario.
    pub own: Option<Own>,
}

impl How {
    /// The moved clocks of a scenario are no other server's.
    pub(crate) fn pace(&self) -> Pace {
        if self.own.is_some() { Pace::RealTime } else { self.pace }
    }
}

/// An account of one's own, to sign in with.
#[derive(Clone, Debug)]
pub struct Own {
    /// Where, as whom, and how.
    pub settings: auth_client::AccountSettings,
    /// The password; it is used for the scenarios' sign-ins and kept nowhere.
    pub password: secrecy::SecretString,
}
