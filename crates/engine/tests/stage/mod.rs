//! A stage for one engine: two clocks that move as told, and whoever answers its refreshes.
#![allow(dead_code, reason = "each test file uses the part of the stage that it needs")]

use engine::{
    Access, Boot, Class, Effect, Engine, Exchange, Failure, Fingerprint, Grant, HOUR, Identity,
    Input, Lifetime, MINUTE, Now, Policy, Renewal, SECOND, Sentence, Snapshot, State, StateKind,
    StoreTrouble, Trigger, View, Wait, Wall, WriteTrouble,
};

/// The keeper's tick.
pub(crate) const TICK: i64 = 5 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 2027-01-15, somewhere between two leap years.
pub(crate) const SOME_DAY: Wall = Wall(1_800_000_000_000);

#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    /// Everything that the engine wanted done.
    pub(crate) effects: Vec<Effect>,
    /// Every refresh: when, and what set it off.
    pub(crate) asked: Vec<(Boot, Trigger)>,
    /// The grant in use.
    pub(crate) grant: Grant,
    pub(crate) epoch: u64,
    asked_at: Now,
    tokens: u64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Policy::default(), 7)
    }

    pub(crate) fn with(policy: Policy, seed: u64) -> Self {
        let now = Now { wall: SOME_DAY, boot: Boot(HOUR) };
        let (engine, effects) = Engine::new(policy, seed, now);
        let grant = told(0, HOUR, now);
        Self { engine, now, effects, asked: vec![], grant, epoch: 0, asked_at: now, tokens: 0 }
    }

    /// Somebody has just signed in, to a token that lives so long.
    pub(crate) fn signed_in(lifetime_ms: i64) -> Self {
        let mut stage = Self::new();
        let grant = told(1, lifetime_ms, stage.now);
        stage.sign_in(grant);
        stage
    }

    /// Somebody has just signed in to this.
    pub(crate) fn signed_in_to(renewal: Renewal, lifetime: Lifetime) -> Self {
        let mut stage = Self::new();
        let grant = Grant { renewal, lifetime, ..told(1, HOUR, stage.now) };
        stage.sign_in(grant);
        stage
    }

    /// The app starts and finds this record.
    pub(crate) fn restored(snapshot: impl FnOnce(Now) -> Snapshot) -> Self {
        let mut stage = Self::new();
        stage.restore(snapshot);
        stage
    }

    pub(crate) fn restore(&mut self, snapshot: impl FnOnce(Now) -> Snapshot) -> Vec<Effect> {
        let snapshot = snapshot(self.now);
        self.grant = snapshot.grant.clone();
        self.epoch = snapshot.epoch;
        self.tell(Input::Restored(Some(Box::new(snapshot))))
    }

    pub(crate) fn sign_in(&mut self, grant: Grant) -> Vec<Effect> {
        self.epoch += 1;
        self.tokens = self.tokens.max(1);
        self.grant = grant;
        let snapshot = Box::new(self.snapshot());
        self.tell(Input::SignedIn(snapshot, Box::default()))
    }

    /// What the record says now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { epoch: self.epoch, ..saved(self.grant.clone(), self.now) }
    }

    pub(crate) fn tell(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.engine.handle(input, self.now);
        for effect in &effects {
            if let Effect::Refresh { reason, .. } = effect {
                self.asked.push((self.now.boot, *reason));
                self.asked_at = self.now;
            }
        }
        self.effects.extend(effects.iter().cloned());
        effects
    }

    pub(crate) fn came(&mut self, trigger: Trigger) -> Vec<Effect> {
        self.tell(Input::Came(trigger))
    }

    // ── Time ─────────────────────────────────────────────────────────────────────────────

    /// Time passes as the keeper sees it: a tick every five seconds, and at every deadline.
    pub(crate) fn pass(&mut self, ms: i64) {
        let until = self.now.boot + ms;
        while self.now.boot < until {
            let tick = (self.now.boot + TICK).min(until);
            let deadline = self.engine.next_deadline(self.now).map_or(tick, |(at, _)| at);
            // A millisecond at least, so that a deadline that stands still cannot stop the test.
            self.drift(deadline.min(tick).max(self.now.boot + 1) - self.now.boot);
            self.tell(Input::Tick);
        }
    }

    /// Time passes, and nothing is told: for steps shorter than what counts as a sleep.
    pub(crate) fn drift(&mut self, ms: i64) {
        self.now = Now { wall: self.now.wall + ms, boot: self.now.boot + ms };
    }

    /// The computer sleeps, and the first tick comes late.
    pub(crate) fn sleep(&mut self, ms: i64) -> Vec<Effect> {
        self.drift(ms);
        self.tell(Input::Tick)
    }

    /// Somebody sets the wall clock, forward or back; the next tick sees it.
    pub(crate) fn set_wall(&mut self, by_ms: i64) -> Vec<Effect> {
        self.now.wall = self.now.wall + by_ms;
        self.tell(Input::Tick)
    }

    /// Passes time until a refresh begins; answers how long that took. `None`: not within `limit`.
    pub(crate) fn until_refresh(&mut self, limit_ms: i64) -> Option<i64> {
        let begun = self.now.boot;
        let before = self.asked.len();
        while self.asked.len() == before && self.now.boot - begun < limit_ms {
            let tick = self.now.boot + TICK;
            let deadline = self.engine.next_deadline(self.now).map_or(tick, |(at, _)| at);
            self.pass(deadline.min(tick).max(self.now.boot + 1) - self.now.boot);
        }
        (self.asked.len() > before).then(|| self.now.boot - begun)
    }

    // ── The auth server ──────────────────────────────────────────────────────────────────

    pub(crate) fn attempt(&self) -> Option<u64> {
        match self.engine.state() {
            State::Refreshing { attempt, .. } => Some(attempt),
            State::Restoring { .. }
            | State::SignedOut
            | State::Resting
            | State::Waiting { .. }
            | State::Stopped { .. }
            | State::NeedsSignIn { .. } => None,
        }
    }

    /// The refresh in flight is answered with a rotated token of this lifetime.
    pub(crate) fn answer(&mut self, lifetime_ms: i64) -> Vec<Effect> {
        self.answer_with(|grant| grant.lifetime = Lifetime::Told(lifetime_ms))
    }

    /// The refresh in flight is answered with the present grant's successor, changed like this.
    pub(crate) fn answer_with(&mut self, change: impl FnOnce(&mut Grant)) -> Vec<Effect> {
        assert!(self.attempt().is_some(), "nothing is in flight: {:?}", self.engine.state());
        self.tokens += 1;
        let next = token(self.tokens);
        let mut grant = Grant { access: next, asked: self.asked_at, ..self.grant.clone() };
        if let Renewal::RefreshToken { fingerprint, .. } = &mut grant.renewal {
            *fingerprint = Fingerprint(next.0 + 1);
        }
        change(&mut grant);
        self.grant = grant.clone();
        let attempt = self.attempt().unwrap_or_default();
        let exchange = Box::new(Exchange::default());
        self.tell(Input::Renewed { attempt, grant: Box::new(grant), exchange })
    }

    /// The refresh in flight is answered with a token that lives so long, and a bad ID token.
    pub(crate) fn answer_badly(&mut self, lifetime_ms: i64) -> Vec<Effect> {
        self.tokens += 1;
        let grant = told(self.tokens, lifetime_ms, self.asked_at);
        // What renews is new, the rest stays.
        self.grant.renewal = grant.renewal;
        let attempt = self.attempt().unwrap_or_default();
        let exchange = Box::new(bad_id_token());
        self.tell(Input::IdTokenBad { attempt, grant: Box::new(grant), exchange })
    }

    /// The ID token of the present access token turns out to be bad.
    pub(crate) fn withdraw(&mut self) -> Vec<Effect> {
        let (access, exchange) = (self.grant.access, Box::new(bad_id_token()));
        self.tell(Input::Withdrawn { access, exchange })
    }

    pub(crate) fn fail(&mut self, class: Class) -> Vec<Effect> {
        self.fail_after(class, None)
    }

    pub(crate) fn fail_after(&mut self, class: Class, retry_after_ms: Option<i64>) -> Vec<Effect> {
        assert!(self.attempt().is_some(), "nothing is in flight: {:?}", self.engine.state());
        let attempt = self.attempt().unwrap_or_default();
        let failure = Failure { class, retry_after_ms, exchange: Exchange::default() };
        self.tell(Input::Failed { attempt, failure: Box::new(failure) })
    }

    /// Renews now, as the person asks, into a token of this lifetime.
    pub(crate) fn renew(&mut self, lifetime_ms: i64) {
        self.came(Trigger::Asked);
        self.answer(lifetime_ms);
    }

    /// The API refuses the present token.
    pub(crate) fn api_refuses(&mut self) -> Vec<Effect> {
        self.tell(Input::ApiRefused(self.grant.access))
    }

    // ── What can be seen ─────────────────────────────────────────────────────────────────

    pub(crate) fn state(&self) -> State {
        self.engine.state()
    }

    pub(crate) fn kind(&self) -> StateKind {
        self.engine.state().into()
    }

    pub(crate) fn view(&self) -> View {
        self.engine.view(self.now)
    }

    pub(crate) fn sentence(&self) -> Sentence {
        self.view().sentence
    }

    /// What a caller is told who has just come.
    pub(crate) fn access(&self, min_validity_ms: i64) -> Access {
        self.engine.access(min_validity_ms, self.now.boot, self.now)
    }

    /// How long the present wait is, and what for.
    pub(crate) fn wait(&self) -> Option<(Wait, i64)> {
        match self.engine.state() {
            State::Waiting { why, until } => Some((why, until - self.now.boot)),
            State::Restoring { .. }
            | State::SignedOut
            | State::Resting
            | State::Refreshing { .. }
            | State::Stopped { .. }
            | State::NeedsSignIn { .. } => None,
        }
    }

    /// How long until the present token's renewal, by the view.
    pub(crate) fn renews_in(&self) -> Option<i64> {
        let view = self.view();
        view.token.and_then(|token| token.renews_ms).map(|at| at - view.now_ms)
    }
}

/// The `n`th access token, with a name of its own among the first six characters.
pub(crate) fn token(n: u64) -> Fingerprint {
    Fingerprint(n << 40)
}

/// The `n`th token, of a known lifetime, with a refresh token.
pub(crate) fn told(n: u64, lifetime_ms: i64, asked: Now) -> Grant {
    Grant {
        access: token(n),
        renewal: by_refresh_token(n),
        asked,
        lifetime: Lifetime::Told(lifetime_ms),
        refresh_in_ms: None,
    }
}

pub(crate) fn by_refresh_token(n: u64) -> Renewal {
    Renewal::RefreshToken { fingerprint: Fingerprint(token(n).0 + 1), lifetime_ms: None }
}

/// A refresh token that tells its own lifetime.
pub(crate) fn ending_refresh_token(n: u64, lifetime_ms: i64) -> Renewal {
    Renewal::RefreshToken {
        fingerprint: Fingerprint(token(n).0 + 1),
        lifetime_ms: Some(lifetime_ms),
    }
}

pub(crate) fn disk_full() -> StoreTrouble {
    StoreTrouble { kind: WriteTrouble::DiskFull, detail: "no space left".to_owned() }
}

/// What is wrong with an ID token.
pub(crate) fn bad_id_token() -> Exchange {
    Exchange { detail: "the ID token is somebody else's".to_owned(), ..Exchange::default() }
}

/// A record that was written at `now`, in this boot.
pub(crate) fn saved(grant: Grant, now: Now) -> Snapshot {
    let alice = Identity { user: "alice".to_owned(), name: "Alice".to_owned() };
    Snapshot { saved_wall_ms: now.wall.0, ..Snapshot::new(1, alice, grant) }
}

/// A record of a token of `lifetime_ms` that was asked for `ago_ms` ago, in this boot.
pub(crate) fn saved_ago(lifetime_ms: i64, ago_ms: i64, now: Now) -> Snapshot {
    let then = Now { wall: now.wall + -ago_ms, boot: now.boot + -ago_ms };
    saved(told(1, lifetime_ms, then), then)
}

/// The same, in an earlier boot: its time since boot means nothing any more.
pub(crate) fn saved_in_another_boot(lifetime_ms: i64, ago_ms: i64, now: Now) -> Snapshot {
    let then = Now { wall: now.wall + -ago_ms, boot: Boot(90 * MINUTE) };
    Snapshot { same_boot: false, ..saved(told(1, lifetime_ms, then), then) }
}
