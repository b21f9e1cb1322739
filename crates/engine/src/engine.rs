//! The engine: one session, its state, and what it remembers to explain itself.

use crate::clocks::Clocks;
use crate::decision::{Before, Decision};
use crate::failure::{Class, Exchange, StoreTrouble};
use crate::lifeline::{Added, History};
use crate::plan::Draw;
use crate::policy::Policy;
use crate::session::Session;
use crate::state::{Effect, Fix, Holdup, Input, State, Trigger, Wait};
use crate::time::{Boot, HOUR, MINUTE, Now};
use crate::trouble::Trouble;
use crate::view::{MarkKind, Next, Outcome};

/// How far apart tries are, in milliseconds, where the server accepts no settings and the access token
/// is of no use any more. While it serves they are an hour apart.
const SETTINGS_AFTER_THE_END_MS: i64 = 5 * MINUTE;

/// Decides what one account's session does next. See the crate's words on purity.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) policy: Policy,
    pub(crate) seed: u64,
    pub(crate) state: State,
    pub(crate) session: Option<Session>,
    pub(crate) trouble: Trouble,
    pub(crate) storm: Storm,
    pub(crate) clocks: Clocks,
    pub(crate) history: History,
    pub(crate) last: Option<Last>,
    pub(crate) unsaved: Option<StoreTrouble>,
    /// Why the intent of the present renewal could not be written down.
    pub(crate) put_off: Option<StoreTrouble>,
    /// The present attempt goes ahead even where its intent cannot be written down.
    pub(crate) goes_ahead: bool,
    /// How long the person was away, told for a minute after the renewal that ended it.
    pub(crate) kept: Option<(i64, Boot)>,
    /// Away for so long, and not renewed since.
    pub(crate) away_ms: Option<i64>,
    /// The refresh that was due at launch has not been answered yet, however often it was tried.
    pub(crate) launching: bool,
    pub(crate) attempts: u64,
    /// So many attempts belong to epochs that have ended.
    pub(crate) ended_attempts: u64,
}

/// Renewals in a row, each long before it was planned: somebody is in a loop.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Storm {
    /// So many early ones in a row.
    pub(crate) early: u32,
    /// So many pauses already.
    pub(crate) pauses: u32,
}

impl Storm {
    /// So many early renewals in a row pause renewal.
    const ROW: u32 = 5;

    /// Takes note of an automatic renewal; answers how long to pause, in milliseconds.
    pub(crate) fn note(&mut self, early: bool) -> Option<i64> {
        if !early {
            *self = Self::default();
            return None;
        }
        self.early = self.early.saturating_add(1);
        if self.early < Self::ROW {
            return None;
        }
        self.early = 0;
        let pause = (5 * MINUTE).saturating_mul(1 << self.pauses.min(4)).min(HOUR);
        self.pauses = self.pauses.saturating_add(1);
        Some(pause)
    }
}

/// What was done last, for the line under the sentence.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) at: Boot,
    pub(crate) what: Outcome,
    pub(crate) reason: Option<Trigger>,
    pub(crate) left_ms: Option<i64>,
    pub(crate) exchange: Option<Exchange>,
}

impl Engine {
    /// An engine that has not read its record yet, and the effect that reads it. `seed` is one per
    /// installation: every jitter is derived from it.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, now: Now) -> (Self, Vec<Effect>) {
        let engine = Self {
            policy,
            seed,
            state: State::Restoring { waiting_for: Holdup::Store },
            session: None,
            trouble: Trouble::default(),
            storm: Storm::default(),
            clocks: Clocks::new(now),
            history: History::default(),
            last: None,
            unsaved: None,
            put_off: None,
            goes_ahead: false,
            kept: None,
            away_ms: None,
            launching: false,
            attempts: 0,
            ended_attempts: 0,
        };
        (engine, vec![Effect::Restore])
    }

    /// Takes one input at `now`, and answers what it came to: a wake that the clocks tell of comes
    /// before it. The effects are to be performed in order.
    pub fn decide(&mut self, input: Input, now: Now) -> Vec<Decision> {
        self.history.forget_news();
        let seen = self.clocks.look(now);
        let mut decisions = Vec::new();
        if let (Some(by), Some(session)) = (seen.jumped_ms, self.session.as_mut()) {
            // A clock set forward past the renewal makes the token due, never expired; the token's
            // own end goes on by time since boot.
            let renew_wall = session.plan.renew_at.map(|at| now.wall_at(at) + -by);
            session.due |= by > 0 && renew_wall.is_some_and(|at| now.wall >= at);
        }
        if let Some(slept) = seen.slept_ms {
            self.away_ms = Some(self.away_ms.unwrap_or(0).saturating_add(slept));
            self.trouble.start_again();
            decisions.push(self.take(Input::Came(Trigger::Wake), now));
            if self.state == State::Resting {
                // Nothing had to be renewed: a renewal an hour from now does not end this absence.
                self.away_ms = None;
            }
        } else if let Input::Came(Trigger::Wake | Trigger::NetworkBack) = input {
            self.trouble.start_again();
        }
        decisions.push(self.take(input, now));
        decisions
    }

    fn take(&mut self, input: Input, now: Now) -> Decision {
        let before = Before::of(self, &input, now);
        let effects = self.transition(input, now);
        before.decided(self, effects, now)
    }

    /// What the last input added to the lifeline, in order.
    pub fn added(&self, now: Now) -> impl Iterator<Item = Added> {
        self.history.news(now)
    }

    /// What is done next by itself, and when.
    #[must_use]
    pub fn next(&self, now: Now) -> Option<Next> {
        self.next_act().map(|(at, why)| Next { at_ms: now.wall_at(at).0, why: why.to_owned() })
    }

    /// Where the session stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The epoch of the present session.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        self.session.as_ref().map(|session| session.epoch)
    }

    /// Server minus wall clock, in milliseconds, where a server's `Date` was ever seen.
    #[must_use]
    pub fn clock_offset_ms(&self) -> Option<i64> {
        self.clocks.offset_ms()
    }

    /// When the refresh token ends, where the server told. To be compared with the next grant's: see
    /// [`crate::Grant::moves_refresh_end`].
    #[must_use]
    pub fn refresh_end(&self) -> Option<Boot> {
        self.session.as_ref().and_then(|session| session.refresh_end)
    }

    /// When to hand in the next [`Input::Tick`], and why. A view may change at that moment even
    /// where nothing is done.
    #[must_use]
    pub fn next_deadline(&self, now: Now) -> Option<(Boot, &'static str)> {
        let act = self.next_act();
        let session = self.session.as_ref()?;
        let show = [
            (session.plan.last_moments, "the token's last moments begin"),
            (session.plan.end, "the token ends"),
        ];
        act.into_iter()
            .chain(show.into_iter().filter(|(at, _)| *at > now.boot))
            .min_by_key(|(at, _)| *at)
    }

    /// The next thing that is done by itself, and what it is.
    pub(crate) fn next_act(&self) -> Option<(Boot, &'static str)> {
        let session = self.session.as_ref()?;
        let by_its_own_end = session.plan.renew_at.map(|at| (at, "renews before its own end"));
        match self.state {
            State::Restoring { .. }
            | State::SignedOut
            | State::Refreshing { .. }
            | State::NeedsSignIn { .. } => None,
            State::Resting if session.due && session.is_renewable() => {
                Some((session.plan.asked, "renews: a clock was set"))
            }
            State::Resting if !session.is_renewable() => {
                session.runs_out_at().map(|at| (at, "ends"))
            }
            State::Resting => session.plan.renew_at.map(|at| (at, "renews")),
            State::Waiting { why: Wait::Failure(_) | Wait::Store, until } => {
                Some((until, "tries again"))
            }
            State::Waiting { why: Wait::AnotherCopy, until } => {
                Some((until, "looks whether the other copy is done"))
            }
            State::Waiting { why: Wait::Storm, until } => {
                [Some((until, "resumes")), by_its_own_end]
                    .into_iter()
                    .flatten()
                    .min_by_key(|(at, _)| *at)
            }
            State::Stopped { what_to_fix: Fix::Settings } => {
                let again = |at: Boot| {
                    let hourly = at + HOUR;
                    if session.plan.assumed && !session.api_refused {
                        return hourly;
                    }
                    // Nobody can call an API any more: whoever waits learns soon that it is well again.
                    let ended = if session.api_refused { at } else { session.plan.end };
                    hourly.min((at + SETTINGS_AFTER_THE_END_MS).max(ended))
                };
                self.trouble.last_try.map(|at| (again(at), "tries the settings again"))
            }
            State::Stopped { what_to_fix: Fix::IdToken } if !session.is_renewable() => {
                session.runs_out_at().map(|at| (at, "ends"))
            }
            State::Stopped { what_to_fix: Fix::IdToken } => {
                let at = session.next_for_id_token(self.trouble.last_try);
                Some((at, "asks again for an ID token that is good"))
            }
            State::Stopped { what_to_fix: Fix::ApiRefuses } => {
                by_its_own_end.or(Some((session.next_on_demand(), "renews at its own end")))
            }
        }
    }

    /// Begins a refresh: the only place that does.
    pub(crate) fn refresh(&mut self, reason: Trigger, now: Now) -> Vec<Effect> {
        let told = self.trouble.told_to_wait.filter(|at| now.boot < *at);
        if let Some(until) = told.filter(|_| reason != Trigger::Asked) {
            // The server asked for it, us or another copy of the app.
            self.state = State::Waiting { why: Wait::Failure(Class::Throttled), until };
            return vec![];
        }
        self.attempts = self.attempts.saturating_add(1);
        self.trouble.last_try = Some(now.boot);
        self.history.mark(now.boot, MarkKind::Refresh(reason));
        self.state = State::Refreshing { attempt: self.attempts, reason };
        self.goes_ahead = reason == Trigger::Asked
            || self.session.as_ref().is_some_and(|session| session.has_no_time_to_wait(now.boot));
        vec![Effect::Refresh {
            attempt: self.attempts,
            reason,
            connect_quickly: self.trouble.takes_quick_try(),
            even_unwritten: self.goes_ahead,
        }]
    }

    /// The epoch is over: what was asked for in it is late.
    pub(crate) fn end_epoch(&mut self) {
        self.ended_attempts = self.attempts;
    }

    /// What to do with an answer that nobody waits for. One of an ended epoch is revoked. One of the
    /// present epoch never is: revoking one token often ends the whole grant.
    pub(crate) fn late(&self, attempt: u64) -> Vec<Effect> {
        if attempt <= self.ended_attempts { vec![Effect::Discard { attempt }] } else { vec![] }
    }

    /// Remembers what came of a request.
    pub(crate) fn remember(
        &mut self,
        what: Outcome,
        reason: Option<Trigger>,
        exchange: Option<Exchange>,
        now: Now,
    ) {
        let left_ms = self.session.as_ref().map(|session| session.plan.end - now.boot);
        self.last = Some(Last { at: now.boot, what, reason, left_ms, exchange });
    }

    pub(crate) fn draw(&self) -> Draw {
        Draw::new(self.seed, self.session.as_ref().map_or(0, |session| session.access().0))
    }

    /// Whether signing in again is offered although the session goes on being tried.
    pub(crate) fn offers_sign_in(&self, now: Boot) -> bool {
        matches!(self.state, State::Waiting { why: Wait::Failure(Class::UnclearRefusal), .. })
            && self.trouble.is_lasting_refusal(now)
    }
}
