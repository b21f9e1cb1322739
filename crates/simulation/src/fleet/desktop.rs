//! One desktop with the app's own engine: its day, alone. Desktops share nothing but the server, and
//! a server that throttles nobody couples nobody, so a fleet is played one desktop after the other.

use super::day::{Act, Day};
use super::server::Server;
use engine::{
    Boot, Class, Effect, Engine, Exchange, Failure, Fingerprint, Grant, HOUR, Identity, Input,
    Lifetime, MINUTE, Now, Policy, Renewal, SECOND, Snapshot, State, Trigger, Wall,
};
use fastrand::Rng;
use std::ops::RangeInclusive;

/// The keeper's tick, in milliseconds.
const TICK_MS: i64 = 5 * SECOND;
/// How long an answer takes, in milliseconds.
const ANSWER_MS: RangeInclusive<i64> = 20..=150;
/// How long it takes to be told that nobody listens, in milliseconds.
const REFUSED_MS: RangeInclusive<i64> = 1..=30;
/// A Monday, nine o'clock, in milliseconds since 1970.
const NINE: Wall = Wall(1_799_658_000_000);
/// The same, in time since boot: these computers have been on for three days.
const UP: Boot = Boot(72 * HOUR);
/// How long before nine the last token of the day before was asked for, in milliseconds.
const LAST_EVENING: i64 = 15 * HOUR + 30 * MINUTE;

/// How the desktops of a fleet begin their day, and what they have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The app is launched, and finds a record whose token expired overnight.
    Launched,
    /// The app was running in the evening and is woken with its computer.
    Woken,
    /// Launched; and every installation has the same seed and the same fingerprints, so that whatever
    /// is derived from them comes out alike.
    Alike,
}

/// Which ticks are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ticks {
    /// Every one, as the keeper does it.
    All,
    /// Those at which something can happen: at deadlines, while a try is waited for, and one just
    /// before each input, so that a quiet hour does not look like a sleep. A hundred times faster,
    /// with the same requests to the millisecond.
    ThatMatter,
}

/// A request on its way.
struct Pending {
    attempt: u64,
    asked: Now,
    back: i64,
    answered: bool,
}

/// One desktop.
pub(crate) struct Desktop<'a> {
    engine: Engine,
    server: &'a mut Server,
    rng: Rng,
    start: Start,
    ticks: Ticks,
    lifetime_ms: i64,
    /// The last moment at which the engine was told something, in milliseconds after nine.
    told: i64,
    pending: Option<Pending>,
    tokens: u64,
}

/// Plays one desktop's day against `server`.
pub(crate) fn play(
    day: &Day,
    start: Start,
    ticks: Ticks,
    lifetime_ms: i64,
    mut rng: Rng,
    server: &mut Server,
) {
    server.next_desktop();
    let seed = if start == Start::Alike { 0 } else { rng.u64(..) };
    let begins = match start {
        Start::Launched | Start::Alike => day.starts,
        Start::Woken => -LAST_EVENING,
    };
    let (engine, _) = Engine::new(Policy::default(), seed, now(begins));
    let told = begins;
    let (pending, tokens) = (None, 0);
    let mut desktop =
        Desktop { engine, server, rng, start, ticks, lifetime_ms, told, pending, tokens };
    desktop.begin(day);
    for (at, act) in &day.acts {
        match act {
            Act::Looks => {
                desktop.pass(*at);
                desktop.tell(Input::Came(Trigger::Focus), *at);
            }
            Act::Suspends => desktop.pass_until_answered(*at),
            Act::Wakes => desktop.tell(Input::Came(Trigger::Wake), *at),
        }
    }
    desktop.pass(day.leaves);
}

impl Desktop<'_> {
    fn begin(&mut self, day: &Day) {
        let saved = Box::new(self.record_of_last_evening());
        self.tell(Input::Restored(Some(saved)), self.told);
        if self.start == Start::Woken {
            self.tell(Input::Came(Trigger::Wake), day.starts);
        }
    }

    /// Time passes up to `until`: answers come, deadlines fall, the keeper ticks.
    fn pass(&mut self, until: i64) {
        while let Some(at) = self.next().filter(|at| *at < until) {
            self.happen(at);
        }
        self.look_before(until);
    }

    /// The lid is closed at `until`, but not on a request that is on its way.
    fn pass_until_answered(&mut self, until: i64) {
        self.pass(until);
        while let Some(at) = self.pending.as_ref().map(|pending| pending.back) {
            self.happen(at);
        }
    }

    fn happen(&mut self, at: i64) {
        self.look_before(at);
        if let Some(pending) = self.pending.take_if(|pending| pending.back <= at) {
            let input = self.answer(&pending);
            self.tell(input, at);
        } else {
            self.tell(Input::Tick, at);
        }
    }

    /// When the engine is told something next, unless a person comes before.
    fn next(&self) -> Option<i64> {
        let answer = self.pending.as_ref().map(|pending| pending.back);
        let deadline = self.engine.next_deadline(now(self.told));
        let deadline = deadline.map(|(at, _)| (at - UP).max(self.told + 1));
        let waits = match self.engine.state() {
            State::Waiting { .. } => true,
            State::Restoring { .. }
            | State::SignedOut
            | State::Resting
            | State::Refreshing { .. }
            | State::Stopped { .. }
            | State::NeedsSignIn { .. } => false,
        };
        let tick = (waits || self.ticks == Ticks::All).then_some(self.told + TICK_MS);
        [answer, deadline, tick].into_iter().flatten().min()
    }

    /// The keeper's tick before `at`. An engine that was told nothing for long takes it that the
    /// computer slept. Nothing is due at this tick, so that it changes nothing else.
    fn look_before(&mut self, at: i64) {
        if at - self.told > TICK_MS {
            self.tell(Input::Tick, at - TICK_MS);
        }
    }

    fn tell(&mut self, input: Input, at: i64) {
        self.told = at;
        for effect in self.engine.handle(input, now(at)) {
            match effect {
                Effect::Refresh { attempt, .. } => self.ask(attempt, at),
                // Nobody signs in or out here, nothing is refused, and what is saved is the keeper's.
                Effect::Restore
                | Effect::Expose { .. }
                | Effect::Withhold { .. }
                | Effect::Forget
                | Effect::Discard { .. }
                | Effect::RecordRefusal { .. }
                | Effect::RecordWait { .. } => {}
            }
        }
    }

    fn ask(&mut self, attempt: u64, at: i64) {
        let answered = self.server.refresh(at);
        let takes = self.rng.i64(if answered { ANSWER_MS } else { REFUSED_MS });
        self.pending = Some(Pending { attempt, asked: now(at), back: at + takes, answered });
    }

    fn answer(&mut self, pending: &Pending) -> Input {
        let attempt = pending.attempt;
        if pending.answered {
            let grant = Box::new(self.grant(pending.asked));
            return Input::Renewed { attempt, grant, exchange: Box::default() };
        }
        let exchange = Exchange::default();
        let failure = Failure { class: Class::NotSent, retry_after_ms: None, exchange };
        Input::Failed { attempt, failure: Box::new(failure) }
    }

    /// The next token; the server rotates.
    fn grant(&mut self, asked: Now) -> Grant {
        self.tokens += 2;
        let mut fingerprint = |alike: u64| match self.start {
            Start::Alike => Fingerprint(alike),
            Start::Launched | Start::Woken => Fingerprint(self.rng.u64(..)),
        };
        Grant {
            access: fingerprint(self.tokens),
            renewal: Renewal::RefreshToken {
                fingerprint: fingerprint(self.tokens + 1),
                lifetime_ms: None,
            },
            asked,
            lifetime: Lifetime::Told(self.lifetime_ms),
            refresh_in_ms: None,
        }
    }

    fn record_of_last_evening(&mut self) -> Snapshot {
        let nobody = Identity { user: String::new(), name: String::new() };
        let grant = self.grant(now(-LAST_EVENING));
        Snapshot { same_boot: self.start == Start::Woken, ..Snapshot::new(1, nobody, grant) }
    }
}

/// So many milliseconds after nine.
fn now(after_nine: i64) -> Now {
    Now { wall: NINE + after_nine, boot: UP + after_nine }
}
