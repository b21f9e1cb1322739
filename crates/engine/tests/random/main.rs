//! Random schedules of everything that can happen, against what must hold whatever happens.

#[path = "../stage/mod.rs"]
mod stage;
mod steps;

use engine::{
    Access, Boot, Class, Effect, Ended, Fingerprint, Grant, HOUR, Input, Lifetime, MINUTE, Renewal,
    SECOND, Snapshot, State, StateKind, Trigger, Worth,
};
use proptest::collection::vec;
use proptest::test_runner::Config;
use stage::{Stage, saved, token};
use std::collections::{HashMap, HashSet};
use steps::{Start, Step, Token, start, step, trouble};

proptest::proptest! {
    #![proptest_config(Config { cases: 256, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_happens_the_rules_hold(start in start(), steps in vec(step(), 1..120)) {
        let mut play = Play::new(start);
        for step in steps {
            play.step(&step);
            play.look();
        }
        play.goes_on_when_the_server_answers();
    }

    #[test]
    fn whatever_happens_in_trouble_the_rules_hold(steps in vec(trouble(), 1..200)) {
        let mut play = Play::new(Start::SignIn(Token::default()));
        for step in steps {
            play.step(&step);
            play.look();
        }
        play.goes_on_when_the_server_answers();
    }
}

/// The engine, and beside it what the rules say, kept as simply as can be.
struct Play {
    stage: Stage,
    in_flight: Option<u64>,
    last_attempt: u64,
    /// In which epoch each attempt was begun; a sign-out ends one as a sign-in does.
    begun_in: HashMap<u64, u64>,
    epoch: u64,
    refused_by_api: HashSet<Fingerprint>,
    /// Access tokens that came with a bad ID token.
    bad: HashSet<Fingerprint>,
    /// From here on the present token's age is known; `None` where its age is a wall clock's word.
    asked: Option<Boot>,
    read_at: Boot,
    tokens: u64,
}

impl Play {
    fn new(start: Start) -> Self {
        let stage = Stage::new();
        let read_at = stage.now.boot;
        let mut play = Self {
            stage,
            in_flight: None,
            last_attempt: 0,
            begun_in: HashMap::new(),
            epoch: 0,
            refused_by_api: HashSet::new(),
            bad: HashSet::new(),
            asked: None,
            read_at,
            tokens: 1_000,
        };
        match start {
            Start::Empty => play.tell(Input::Restored(None)),
            Start::SignIn(token) => play.step(&Step::SignIn(token)),
            Start::Record { token, ago_ms, same_boot, refused, intent, bad } => {
                let then = engine::Now {
                    wall: play.stage.now.wall + -ago_ms,
                    boot: play.stage.now.boot + -ago_ms.max(0),
                };
                let grant = play.next_grant(&token, then);
                play.asked = same_boot.then_some(grant.asked.boot);
                play.stage.grant = grant.clone();
                play.stage.epoch = 1;
                if bad {
                    play.bad.insert(grant.access);
                }
                let (id_token_bad, refused) = (bad, refused.then_some(Ended::Refused));
                let record =
                    Snapshot { same_boot, refused, intent, id_token_bad, ..saved(grant, then) };
                play.tell(Input::Restored(Some(Box::new(record))));
            }
        }
        play
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Pass(ms) => self.pass(*ms),
            Step::ToDeadline => {
                let now = self.stage.now.boot;
                let deadline = self.stage.engine.next_deadline(self.stage.now);
                // Not across a year of rest, tick by tick.
                self.pass(deadline.map_or(0, |(at, _)| at - now).min(HOUR));
            }
            Step::Sleep(ms) => {
                self.stage.drift(*ms);
                self.tick();
            }
            Step::SetWall(by) => {
                self.stage.now.wall = self.stage.now.wall + *by;
                self.tick();
            }
            Step::Came(trigger) => self.tell(Input::Came(*trigger)),
            Step::Wanted(ms) => self.tell(Input::TokenWanted { min_validity_ms: *ms }),
            Step::ApiRefuses { present } => {
                let access = if *present { self.stage.grant.access } else { token(7) };
                if self.signed_in() {
                    self.refused_by_api.insert(access);
                }
                self.tell(Input::ApiRefused(access));
            }
            Step::SignIn(token) => {
                self.epoch += 1;
                self.stage.epoch += 1;
                let grant = self.next_grant(token, self.stage.now);
                self.take(&grant);
                let snapshot = Box::new(self.stage.snapshot());
                self.tell(Input::SignedIn(snapshot, Box::default()));
            }
            Step::SignOut => {
                self.epoch += 1;
                self.tell(Input::SignedOut);
            }
            Step::Answer(lifetime) => {
                if let Some(attempt) = self.in_flight.take() {
                    let token = Token {
                        lifetime: lifetime.clone(),
                        renewal: self.stage.grant.renewal,
                        refresh_in_ms: None,
                    };
                    let asked = self.stage.now;
                    let grant = self.next_grant(&token, asked);
                    self.take(&grant);
                    let effects = self.effects(answered(attempt, grant));
                    assert!(effects.contains(&Effect::Expose { attempt }), "{effects:?}");
                }
            }
            Step::AnswerBadly(lifetime) => {
                if let Some(attempt) = self.in_flight.take() {
                    let Token { renewal, .. } = self.next_renewal();
                    let token = Token { lifetime: lifetime.clone(), renewal, refresh_in_ms: None };
                    let grant = self.next_grant(&token, self.stage.now);
                    self.bad.insert(grant.access);
                    // The token of before serves on; what renews it is new.
                    self.stage.grant.renewal = grant.renewal;
                    let (grant, exchange) = (Box::new(grant), Box::default());
                    let bad = Input::IdTokenBad { attempt, grant, exchange };
                    let effects = self.effects(bad);
                    assert!(effects.contains(&Effect::Withhold { attempt }), "{effects:?}");
                    let what_to_fix = engine::Fix::IdToken;
                    assert_eq!(self.stage.state(), State::Stopped { what_to_fix });
                }
            }
            Step::Withdraw { present } => {
                let access = if *present { self.stage.grant.access } else { token(7) };
                if self.signed_in() {
                    self.bad.insert(access);
                }
                self.tell(Input::Withdrawn { access, exchange: Box::default() });
            }
            Step::Fail(class, retry_after_ms) => {
                if self.in_flight.is_some() {
                    let attempt = self.in_flight.take().unwrap_or_default();
                    self.tell(failed(attempt, *class, *retry_after_ms));
                }
            }
            Step::HeldElsewhere => {
                if let Some(attempt) = self.in_flight.take() {
                    self.tell(Input::HeldElsewhere { attempt });
                }
            }
            Step::PutOff => {
                if let Some(attempt) = self.in_flight.take() {
                    self.tell(Input::PutOff { attempt, trouble: stage::disk_full() });
                }
            }
            Step::Late { back, refused } => {
                self.late(self.last_attempt.saturating_sub(*back), *refused)
            }
            Step::Adopt { newer, next_epoch, refused, bad } => {
                self.adopt(*newer, *next_epoch, *refused, *bad);
            }
            Step::Fact(input) => self.tell(input.clone()),
        }
    }

    fn late(&mut self, attempt: u64, refused: bool) {
        let before = self.stage.kind();
        let input = if refused {
            failed(attempt, Class::Refused, None)
        } else {
            answered(attempt, stage::told(9, HOUR, self.stage.now))
        };
        let slept = self.stage.now;
        let effects = self.effects(input);
        assert_eq!(slept, self.stage.now);
        assert!(!effects.contains(&Effect::Expose { attempt }), "{effects:?}");
        assert_eq!(self.stage.kind(), before, "a late answer moved the session");
    }

    fn adopt(&mut self, newer: bool, next_epoch: bool, refused: bool, bad: bool) {
        // Another boot's record is not adopted: it was restored.
        if !self.signed_in() || (!newer && self.asked.is_none()) {
            return;
        }
        if next_epoch {
            self.epoch += 1;
            self.stage.epoch += 1;
        }
        let mut adopted = self.stage.snapshot();
        if newer {
            let token = self.next_renewal();
            adopted.grant = self.next_grant(&token, self.stage.now);
            let worth = self.stage.view().token.map(|token| token.worth);
            let serves = !matches!(worth, Some(Worth::Expired | Worth::RefusedByApi));
            if bad && serves && !next_epoch {
                self.stage.grant.renewal = adopted.grant.renewal;
            } else {
                self.take(&adopted.grant.clone());
            }
        }
        self.in_flight = None;
        let refreshes = u32::from(newer);
        let why = refused.then_some(Ended::Refused);
        let adopted = Snapshot { refused: why, refreshes, id_token_bad: bad, ..adopted };
        if next_epoch {
            self.refused_by_api.clear();
            self.bad.clear();
        }
        if bad {
            self.bad.insert(adopted.grant.access);
        }
        let effects = self.stage.tell(Input::Adopted(Box::new(adopted)));
        assert_eq!(effects.iter().filter(|e| matches!(e, Effect::Expose { .. })).count(), 0);
        self.note(&effects);
        if refused {
            assert_eq!(self.stage.kind(), StateKind::NeedsSignIn);
        }
        self.check();
    }

    fn pass(&mut self, ms: i64) {
        let until = self.stage.now.boot + ms;
        while self.stage.now.boot < until {
            let now = self.stage.now;
            let tick = (now.boot + stage::TICK).min(until);
            let deadline = self.stage.engine.next_deadline(now).map_or(tick, |(at, _)| at);
            self.stage.drift((deadline.min(tick) - now.boot).max(1));
            self.tick();
            if self.in_flight.is_some() {
                return;
            }
        }
    }

    /// A tick leaves no deadline behind it, or a keeper would spin.
    fn tick(&mut self) {
        self.tell(Input::Tick);
        let next = self.stage.engine.next_deadline(self.stage.now);
        assert!(
            self.in_flight.is_some() || next.is_none_or(|(at, _)| at > self.stage.now.boot),
            "{next:?} at {:?} in {:?}",
            self.stage.now,
            self.stage.state()
        );
    }

    fn tell(&mut self, input: Input) {
        self.effects(input);
    }

    /// Hands an input in and holds what comes out against the rules.
    fn effects(&mut self, input: Input) -> Vec<Effect> {
        let before = self.stage.kind();
        if matches!(input, Input::SignedIn(..) | Input::SignedOut) {
            self.in_flight = None;
        }
        let refusal = match &input {
            Input::Failed { failure, .. } => failure.class == Class::Refused,
            Input::Restored(Some(record)) => record.refused.is_some(),
            Input::Restored(None)
            | Input::RestoreHeldUp(_)
            | Input::Came(_)
            | Input::Tick
            | Input::TokenWanted { .. }
            | Input::ApiRefused(_)
            | Input::SignedIn(..)
            | Input::SignedOut
            | Input::Renewed { .. }
            | Input::IdTokenBad { .. }
            | Input::Withdrawn { .. }
            | Input::HeldElsewhere { .. }
            | Input::PutOff { .. }
            | Input::Adopted(_)
            | Input::ServerClock(_)
            | Input::Confirmed
            | Input::Unsaved(_)
            | Input::Saved
            | Input::PolicyChanged(_) => false,
        };
        let emptied = matches!(input, Input::SignedOut | Input::Restored(None));
        let effects = self.stage.tell(input);
        self.note(&effects);
        let after = self.stage.kind();
        if after != before && after == StateKind::NeedsSignIn {
            assert!(refusal || self.has_run_out(), "{:?}", self.stage.state());
        }
        if after != before && after == StateKind::SignedOut {
            assert!(emptied, "signed out by something else");
        }
        self.check();
        effects
    }

    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Refresh { attempt, .. } => {
                    assert_eq!(self.in_flight, None, "two refreshes at once");
                    assert!(*attempt > self.last_attempt, "an attempt's number came twice");
                    assert_ne!(self.stage.grant.renewal, Renewal::No);
                    (self.in_flight, self.last_attempt) = (Some(*attempt), *attempt);
                    self.begun_in.insert(*attempt, self.epoch);
                }
                Effect::Discard { attempt } => {
                    let begun_in = self.begun_in.get(attempt);
                    assert_ne!(begun_in, Some(&self.epoch), "the present epoch was revoked");
                }
                Effect::Restore
                | Effect::Expose { .. }
                | Effect::Withhold { .. }
                | Effect::Forget
                | Effect::RecordRefusal { .. }
                | Effect::RecordWait { .. } => {}
            }
        }
    }

    /// What must hold at every moment.
    fn check(&self) {
        assert_eq!(self.stage.attempt(), self.in_flight, "{:?}", self.stage.state());
        let now = self.stage.now.boot;
        match self.stage.access(MINUTE) {
            Access::Take(access) => {
                assert!(!self.refused_by_api.contains(&access), "a refused token");
                assert!(!self.bad.contains(&access), "a token with a bad ID token");
                assert!(!self.is_dead(), "a dead token");
                assert!(self.signed_in());
            }
            Access::Wait { until } => assert!(now < until && until <= now + 30 * SECOND),
            Access::Unavailable { .. } => {}
        }
    }

    /// What the window is told between the steps.
    fn look(&self) {
        let view = self.stage.view();
        assert!(view.lifeline.tokens.len() <= 24 && view.lifeline.marks.len() <= 60);
        assert_eq!(view.who.is_some(), self.signed_in());
    }

    fn signed_in(&self) -> bool {
        !matches!(self.stage.state(), State::SignedOut | State::Restoring { .. })
    }

    /// Past its end, by time that nobody can set.
    fn is_dead(&self) -> bool {
        match (&self.stage.grant.lifetime, self.asked) {
            (Lifetime::Told(ms), Some(asked)) => self.stage.now.boot >= asked + *ms,
            (Lifetime::Told(ms), None) => self.stage.now.boot >= self.read_at + *ms,
            (Lifetime::Unknown(_), _) => false,
        }
    }

    fn has_run_out(&self) -> bool {
        let refused = self.refused_by_api.contains(&self.stage.grant.access);
        // A bad ID token ends nothing.
        self.stage.grant.renewal == Renewal::No && (refused || self.is_dead())
    }

    /// What renews is replaced, where it is a refresh token.
    fn next_renewal(&self) -> Token {
        let renewal = match self.stage.grant.renewal {
            Renewal::RefreshToken { .. } => stage::by_refresh_token(self.tokens + 1),
            same @ (Renewal::Itself | Renewal::No) => same,
        };
        Token { renewal, ..Token::default() }
    }

    fn next_grant(&mut self, of: &Token, asked: engine::Now) -> Grant {
        self.tokens += 1;
        Grant {
            access: token(self.tokens),
            renewal: of.renewal,
            asked,
            lifetime: of.lifetime.clone(),
            refresh_in_ms: of.refresh_in_ms,
        }
    }

    fn take(&mut self, grant: &Grant) {
        self.stage.grant = grant.clone();
        self.asked = Some(grant.asked.boot);
    }

    /// However bad it was: a session that nobody ended goes on with one good answer.
    fn goes_on_when_the_server_answers(&mut self) {
        let ended = matches!(self.stage.kind(), StateKind::NeedsSignIn);
        if !self.signed_in() || ended || self.stage.grant.renewal == Renewal::No {
            return;
        }
        if self.in_flight.is_none() {
            self.step(&Step::Came(Trigger::Asked));
        }
        self.step(&Step::Answer(Lifetime::Told(HOUR)));

        assert_eq!(self.stage.access(0), Access::Take(self.stage.grant.access));
    }
}

fn answered(attempt: u64, grant: Grant) -> Input {
    Input::Renewed { attempt, grant: Box::new(grant), exchange: Box::default() }
}

fn failed(attempt: u64, class: Class, retry_after_ms: Option<i64>) -> Input {
    let exchange = engine::Exchange::default();
    Input::Failed {
        attempt,
        failure: Box::new(engine::Failure { class, retry_after_ms, exchange }),
    }
}
