//! What one input came to, for people to read.

use crate::engine::Engine;
use crate::state::{Effect, Input, State, Trigger};
use crate::table::{InputKind, StateKind, TABLE};
use crate::time::Now;

/// What one input came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happened.
    pub input: InputKind,
    /// What set it off, where that is known: launch, focus, wake …
    pub trigger: Option<Trigger>,
    /// Where the session stood.
    pub from: StateKind,
    /// Where it stands now.
    pub to: StateKind,
    /// What was left of the access token by its own end, in milliseconds, negative after it; as it
    /// stood before the input, or as the input brought it to light. A sign-in has none.
    pub left_ms: Option<i64>,
    /// Why: the words of the row in [`TABLE`].
    pub why: &'static str,
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// It came as it comes all the time (ticks, callers, measurements, writes that went well), it
    /// left the state as it was, and there is nothing to do about it: not worth telling.
    pub idle: bool,
}

/// What was known before an input was taken.
pub(crate) struct Before {
    input: InputKind,
    trigger: Option<Trigger>,
    state: State,
    left_ms: Option<i64>,
    /// It comes all the time, or says what is known already.
    usual: bool,
}

impl Before {
    pub(crate) fn of(engine: &Engine, input: &Input, now: Now) -> Self {
        let trigger = if let Input::Came(trigger) = input { Some(*trigger) } else { None };
        Self {
            input: InputKind::from(input),
            trigger,
            state: engine.state,
            left_ms: left(engine, now),
            usual: match input {
                Input::Tick
                | Input::TokenWanted { .. }
                | Input::ServerClock(_)
                | Input::Confirmed
                | Input::PolicyChanged(_) => true,
                Input::Unsaved(why) => engine.unsaved.as_ref() == Some(why),
                Input::Saved => engine.unsaved.is_none(),
                Input::Restored(_)
                | Input::RestoreHeldUp(_)
                | Input::Came(_)
                | Input::ApiRefused(_)
                | Input::SignedIn(..)
                | Input::SignedOut
                | Input::Renewed { .. }
                | Input::IdTokenBad { .. }
                | Input::Withdrawn { .. }
                | Input::Failed { .. }
                | Input::HeldElsewhere { .. }
                | Input::PutOff { .. }
                | Input::Adopted(_) => false,
            },
        }
    }

    /// What it came to.
    pub(crate) fn decided(self, engine: &Engine, effects: Vec<Effect>, now: Now) -> Decision {
        let Self { input, trigger, state, left_ms, usual } = self;
        let from = StateKind::from(state);
        let row = TABLE.iter().find(|row| row.from == from && row.input == input);
        let reason = effects.iter().find_map(|effect| match effect {
            Effect::Refresh { reason, .. } => Some(*reason),
            Effect::Restore
            | Effect::Expose { .. }
            | Effect::Withhold { .. }
            | Effect::Forget
            | Effect::Discard { .. }
            | Effect::RecordRefusal { .. }
            | Effect::RecordWait { .. } => None,
        });
        Decision {
            input,
            trigger: trigger.or(reason),
            from,
            to: StateKind::from(engine.state),
            left_ms: if input == InputKind::SignedIn {
                None
            } else {
                left_ms.or_else(|| left(engine, now))
            },
            // Every pair has its row; a test holds the table to that.
            why: row.map_or("", |row| row.why),
            idle: usual && state == engine.state && effects.is_empty(),
            effects,
        }
    }
}

fn left(engine: &Engine, now: Now) -> Option<i64> {
    engine.session.as_ref().map(|session| session.plan.end - now.boot)
}

impl Engine {
    /// Takes one input, and answers what to do about it, in order.
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.decide(input, now).into_iter().flat_map(|decision| decision.effects).collect()
    }
}
