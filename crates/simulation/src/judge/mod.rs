//! Counts what a policy does to its person. The judge sees what nobody on the computer can see: the
//! true time, the server's books, and what became of every answer.
//!
//! # What the words mean
//!
//! *Available*: the computer is awake, a copy of the app runs, the network leads to the server (a
//! slow one does; a lossy one, a portal or none does not), the server is well, and no `Retry-After`
//! that arrived is still running.
//!
//! A **sign-out** is when an app turns to asking for a sign-in though its person has not signed out.
//! It is counted once for each session, whichever copy asks.
//!
//! It is **unavoidable** where no client could have kept the session:
//! - the server's owner revoked it; or
//! - the refresh token reached its end, and from one access token's lifetime after it was given (or
//!   last used) until that end the computer was not available for 10 s; or
//! - the server put another in the place of the newest refresh token that this computer had, the
//!   answer never arrived (it was lost, or the process was stopped before it came), and there was no
//!   chance to ask again: less than 10 s in which the computer was available, the server's rotation
//!   allowed the old token once more, and the loss could be known. It can be known 30 s after the
//!   request left, or as soon as its process is stopped; the computer is available again when a copy
//!   runs. Under strict rotation there is never a chance.
//!
//! Everything else is **avoidable**: a refresh token that had arrived at this computer would still be
//! accepted; or an older one was shown although its successor had arrived, or was about to; or an app
//! stopped waiting before 30 s were over; or there was a chance to ask again, and it was not taken.
//!
//! A **dead token handed out** is one that a caller is given
//! - past its end by true time, or after this copy was told that the API has refused it, while the
//!   server could be asked: for the last 5 s at least the computer was available; or
//! - out of a grant that its person has signed out. It counts from 10 s after the app that was told to
//!   sign out had said that it is done, the computer awake: another copy has to see it by then,
//!   whatever the network does.
//!
//! **Refreshes** are the requests that reached the server and were looked at, granted or refused.
//! Those that reached it while it was not well are counted apart, as sent in vain. What an **oracle**
//! needs is told in [`crate::oracle`].
//!
//! A refresh token is **lost** where a sign-out is avoidable and the last refresh that was granted was
//! cut off: its process was stopped while it was under way, or within 10 s after its answer arrived;
//! what it brought was never shown to the server, and the server's rotation was not strict.
//!
//! A copy is **stuck** where for 10 minutes without a break the computer is available, every caller
//! goes without a token that the API accepts, and no copy asks for a sign-in: one for each such time.
//! An access token **ran out** where the computer was available for the last 4 minutes of its life (or
//! the last tenth, where that is less), somebody was signed in, and no newer one had arrived at its
//! end: who renews only then has nothing to hand out when the network goes at the wrong moment.
//! A refresh is **too soon** that leaves while a `Retry-After` that the same run was given is running.
//! A caller **hangs** who has not been answered after 5 minutes in which the computer was available.

mod cause;
mod dead;
mod spans;
mod wire;

use crate::computer::Link;
use crate::oracle::{self, Hazards};
use crate::reply::Request;
use crate::report::{Incident, Tally};
use crate::server::{Mood, Server};
use crate::wire::{Note, Noted};
use cause::Case;
use dead::Dead;
use demo_server::Rotation;
use spans::Spans;
use std::collections::{BTreeMap, BTreeSet};
use wire::Exchanges;

/// So long without a good token is stuck, in milliseconds.
const STUCK_MS: i64 = 10 * 60_000;
/// So long without an answer is hanging, in milliseconds.
pub const HANGS_MS: i64 = 5 * 60_000;
/// Whoever has been there for so long before a token's end has renewed it, in milliseconds.
const FORESIGHT_MS: i64 = 4 * 60_000;
/// Stops that are older than this decide nothing any more.
const STOPS_REMEMBERED: usize = 50;

/// What decides whether the server can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The computer is on and not suspended.
    pub awake: bool,
    /// A copy of the app runs.
    pub app_runs: bool,
    /// What it is connected to.
    pub link: Link,
    /// How the server is.
    pub mood: Mood,
}

/// A session as the person sees it.
#[derive(Debug, Default)]
struct Session {
    /// The grants that belong to it: more than one where a second copy asked, too.
    grants: BTreeSet<u64>,
    /// Somebody was asked to sign in.
    lost: bool,
}

/// What the judge remembers of one run of an app.
#[derive(Debug, Default)]
struct Run {
    failing_since_ms: Option<i64>,
    stuck: bool,
    /// The server asked it to wait until then.
    told_until_ms: i64,
}

/// The judge.
#[derive(Debug)]
pub struct Judge {
    access_lifetime_ms: i64,
    refresh_lifetime_ms: i64,
    conditions: Conditions,
    available: Spans,
    reachable: Spans,
    asked_to_wait_until_ms: i64,
    kept: Spans,
    kept_before: Vec<(i64, i64)>,
    exchanges: Exchanges,
    rotations: Vec<(i64, Rotation)>,
    stops: Vec<(i64, u64)>,
    session: Option<Session>,
    dead: Dead,
    hazards: Hazards,
    /// When the newest access token that arrived ends, until that has been looked at.
    newest_ends_ms: Option<i64>,
    runs: BTreeMap<u64, Run>,
    tally: Tally,
}

impl Judge {
    /// A judge of a computer that is off.
    #[must_use]
    pub fn new(access_lifetime_ms: i64, refresh_lifetime_ms: i64, rotation: Rotation) -> Self {
        Self {
            access_lifetime_ms,
            refresh_lifetime_ms,
            conditions: Conditions::default(),
            available: Spans::default(),
            reachable: Spans::default(),
            asked_to_wait_until_ms: 0,
            kept: Spans::default(),
            kept_before: Vec::new(),
            exchanges: Exchanges::default(),
            rotations: vec![(0, rotation)],
            stops: Vec::new(),
            session: None,
            dead: Dead::default(),
            hazards: Hazards::default(),
            newest_ends_ms: None,
            runs: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// What decides whether the server can be asked has changed, at this true time.
    pub fn conditions(&mut self, conditions: Conditions, now_ms: i64) {
        self.tick(now_ms);
        self.conditions = conditions;
        let Conditions { awake, app_runs, link, mood } = conditions;
        let (good, any) = match link {
            Link::Up | Link::Slow => (true, true),
            Link::Lossy { .. } => (false, true),
            Link::Down | Link::Portal => (false, false),
        };
        self.dead.awake(awake, now_ms);
        let there = awake && app_runs && mood == Mood::Well;
        self.available.set(there && good && now_ms >= self.asked_to_wait_until_ms, now_ms);
        self.reachable.set(there && any, now_ms);
    }

    /// What decides it at present.
    #[must_use]
    pub fn present(&self) -> Conditions {
        self.conditions
    }

    /// A `Retry-After` may be over, or an access token.
    pub fn tick(&mut self, now_ms: i64) {
        self.runs_out(now_ms);
        let until_ms = self.asked_to_wait_until_ms;
        if until_ms == 0 || now_ms < until_ms {
            return;
        }
        self.asked_to_wait_until_ms = 0;
        let conditions = self.conditions;
        self.conditions(conditions, until_ms);
    }

    /// The computer was suspended or off until now.
    pub fn slept(&mut self, from_ms: i64, now_ms: i64) {
        let conditions = self.conditions;
        self.conditions(Conditions { awake: false, ..conditions }, from_ms);
        self.conditions(Conditions { awake: true, ..conditions }, now_ms);
    }

    /// Something was noted on the wire.
    pub fn note(&mut self, note: &Note) {
        self.tick(note.at_ms);
        self.is_too_soon(note);
        let heard = self.exchanges.note(note);
        if let Some(asked_ms) = heard.given_ms {
            let ends_ms = asked_ms + self.access_lifetime_ms;
            self.newest_ends_ms = self.newest_ends_ms.max(Some(ends_ms));
        }
        if let Some((run, until_ms)) = heard.told_until {
            self.runs.entry(run).or_default().told_until_ms = until_ms;
            self.asked_to_wait_until_ms = self.asked_to_wait_until_ms.max(until_ms);
            self.available.set(false, note.at_ms);
        }
    }

    fn is_too_soon(&mut self, note: &Note) {
        let Noted::Left { run, request: Request::Refresh { .. }, .. } = &note.what else { return };
        let until_ms = self.runs.get(run).map_or(0, |run| run.told_until_ms);
        if note.at_ms < until_ms {
            self.tally.too_soon += 1;
            let what =
                format!("refresh too soon: asked to wait {} ms longer", until_ms - note.at_ms);
            self.tally.incidents.push(Incident { at_ms: note.at_ms, what });
        }
    }

    /// The newest access token may have come to its end.
    fn runs_out(&mut self, now_ms: i64) {
        let Some(ends_ms) = self.newest_ends_ms.filter(|ends_ms| *ends_ms <= now_ms) else {
            return;
        };
        self.newest_ends_ms = None;
        let foresight_ms = FORESIGHT_MS.min(self.access_lifetime_ms / 10);
        let available_ms = self.available.sum(ends_ms - foresight_ms, ends_ms);
        if self.is_signed_in() && available_ms == foresight_ms {
            self.tally.ran_out += 1;
            let what = "ran out: no newer access token came in time".to_owned();
            self.tally.incidents.push(Incident { at_ms: ends_ms, what });
        }
    }

    /// The server rotates otherwise.
    pub fn rotates(&mut self, rotation: Rotation, now_ms: i64) {
        self.rotations.push((now_ms, rotation));
    }

    /// The server's API accepts no access token of before.
    pub fn keys_changed(&mut self, now_ms: i64) {
        self.hazards.key_changes.push(now_ms);
    }

    /// The next answer to a refresh will be lost, whoever asks.
    pub fn loses_an_answer(&mut self, now_ms: i64) {
        self.hazards.lost_answers.push(now_ms);
    }

    /// The server's owner has revoked every session.
    pub fn revoked(&mut self, now_ms: i64) {
        self.kept_until(now_ms);
    }

    /// A run of an app was stopped.
    pub fn stopped(&mut self, run: u64, now_ms: i64) {
        self.runs.remove(&run);
        self.dead.stopped(run);
        self.stops.push((now_ms, run));
        if self.stops.len() > STOPS_REMEMBERED {
            self.stops.remove(0);
        }
    }

    /// The person has signed in with this run.
    pub fn signed_in(&mut self, run: u64, now_ms: i64) {
        self.tally.sign_ins += 1;
        if self.session.as_ref().is_none_or(|session| session.lost) {
            self.session = Some(Session::default());
        }
        let sign_in = self.exchanges.iter().rev().find(|it| {
            it.run == run && it.shown.is_none() && it.grant().is_some() && it.arrived_ms().is_some()
        });
        let grant = sign_in.and_then(wire::Exchange::grant);
        if let Some(session) = &mut self.session {
            session.grants.extend(grant);
        }
        self.runs.values_mut().for_each(|run| run.failing_since_ms = None);
        self.kept_until(now_ms);
        self.kept.set(true, now_ms);
    }

    /// The person signs out. Answers the grants that this ends.
    pub fn signs_out(&mut self, now_ms: i64) -> BTreeSet<u64> {
        let ended = self.session.take().map(|session| session.grants).unwrap_or_default();
        self.newest_ends_ms = None;
        self.runs.values_mut().for_each(|run| run.failing_since_ms = None);
        self.kept_until(now_ms);
        ended
    }

    /// Whether there is a session as far as the person knows.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.lost)
    }

    /// Whether the person has not signed in, or has signed out.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.session.is_none()
    }

    /// A copy has turned to asking for a sign-in.
    pub fn asks_for_sign_in(&mut self, server: &Server, now_ms: i64) {
        let Some(session) = self.session.as_mut().filter(|session| !session.lost) else { return };
        session.lost = true;
        self.newest_ends_ms = None;
        let case = Case {
            exchanges: &self.exchanges,
            grants: &session.grants,
            available: &self.available,
            rotations: &self.rotations,
            stops: &self.stops,
            server,
            access_lifetime_ms: self.access_lifetime_ms,
            refresh_lifetime_ms: self.refresh_lifetime_ms,
            now_ms,
        };
        let verdict = case.verdict();
        let kind = if verdict.avoidable { "avoidable" } else { "unavoidable" };
        if verdict.avoidable {
            self.tally.avoidable_sign_outs += 1;
        } else {
            self.tally.unavoidable_sign_outs += 1;
        }
        self.tally.lost_refresh_tokens += u64::from(verdict.by_stop);
        let stop = if verdict.by_stop { "; a process was stopped in mid-refresh" } else { "" };
        let what = format!("{kind} sign-out: {}{stop}", verdict.cause);
        self.tally.incidents.push(Incident { at_ms: now_ms, what });
        self.runs.values_mut().for_each(|run| run.failing_since_ms = None);
        self.kept_until(now_ms);
    }

    /// A caller is through: with an answer of the API, or without a token that it accepts.
    pub fn served(&mut self, run: u64, well: bool, now_ms: i64) {
        self.tick(now_ms);
        self.tally.calls += 1;
        let signed_in = self.is_signed_in();
        let state = self.runs.entry(run).or_default();
        let Some(available_ms) = self.available.since().filter(|_| !well && signed_in) else {
            state.failing_since_ms = None;
            state.stuck = false;
            return;
        };
        self.tally.calls_unserved += 1;
        let mut since_ms = state.failing_since_ms.unwrap_or(now_ms);
        if since_ms < available_ms {
            // A time in which the server could not be asked lies between.
            since_ms = available_ms;
            state.stuck = false;
        }
        state.failing_since_ms = Some(since_ms);
        if now_ms - since_ms >= STUCK_MS && !state.stuck {
            state.stuck = true;
            self.tally.stuck += 1;
            let what = format!("stuck: no good token since {since_ms}");
            self.tally.incidents.push(Incident { at_ms: now_ms, what });
        }
    }

    /// For how long of this time the computer was available.
    #[must_use]
    pub fn available_ms(&self, from_ms: i64, now_ms: i64) -> i64 {
        self.available.sum(from_ms, now_ms)
    }

    /// A caller has not been answered.
    pub fn hung(&mut self, now_ms: i64) {
        self.tally.hung += 1;
        let what = "a caller was not answered".to_owned();
        self.tally.incidents.push(Incident { at_ms: now_ms, what });
    }

    /// What was counted until now.
    #[must_use]
    pub fn tally(&mut self, now_ms: i64) -> Tally {
        self.kept_until(now_ms);
        let reachable = self.reachable.all(now_ms);
        self.tally.refreshes = self.exchanges.counts.refreshes;
        self.tally.in_vain = self.exchanges.counts.in_vain;
        self.tally.oracle_refreshes = oracle::refreshes(
            &self.kept_before,
            &reachable,
            &self.hazards,
            self.access_lifetime_ms,
        );
        std::mem::take(&mut self.tally)
    }

    /// The oracle's session is over.
    fn kept_until(&mut self, now_ms: i64) {
        self.kept_before.extend(self.kept.since().map(|from_ms| (from_ms, now_ms)));
        self.kept.set(false, now_ms);
    }
}
