//! What the engine decides, and how that is told.

use super::Owner;
use crate::activity::{EffectKind, Living, What};
use crate::record::Keep;
use engine::{Added, Decision, Effect, Input, InputKind, Now, Trigger};

impl Owner {
    /// Has the engine decide, and does it.
    pub(super) fn handle(&mut self, input: Input) {
        self.handle_about(self.shown.keep, input);
    }

    /// The same, about a session that is, or was, kept so.
    pub(super) fn handle_about(&mut self, keep: Keep, input: Input) {
        let now = self.clock.now();
        let decisions = self.engine.decide(input, now);
        self.tell_of(&decisions, keep, now);
        let hurries = |decision: &Decision| {
            matches!(decision.trigger, Some(Trigger::Wake | Trigger::NetworkBack))
        };
        let hurries = decisions.iter().any(hurries);
        for decision in decisions {
            self.perform(decision.effects);
        }
        if hurries {
            self.check_now();
        }
    }

    fn tell_of(&mut self, decisions: &[Decision], keep: Keep, now: Now) {
        // What ends a session in memory is about that session, too; what begins one is not about the
        // one before it.
        let begins = decisions.iter().any(|decision| decision.input == InputKind::SignedIn);
        let before = std::mem::replace(&mut self.told_about, self.shown.keep);
        let before = if begins { self.shown.keep } else { before };
        let in_memory = [before, keep, self.shown.keep].contains(&Keep::Memory);
        let teller = self.teller.about(if in_memory { Keep::Memory } else { Keep::Disk });
        for decision in decisions.iter().filter(|decision| !decision.idle) {
            let Decision { input, trigger, left_ms, from, to, why, effects, idle: _ } = decision;
            let effects = effects.iter().map(EffectKind::from).collect();
            let (why, next) = ((*why).to_owned(), self.engine.next(now));
            let (input, trigger, left_ms) = (*input, *trigger, *left_ms);
            let (from, to) = (*from, *to);
            let what = What::Decision { input, trigger, left_ms, from, to, why, effects, next };
            teller.record(now.wall.0, what);
        }
        for added in self.engine.added(now) {
            teller.life(match added {
                Added::Token(bar) => Living::Token(bar),
                Added::Mark(mark) => Living::Mark(mark),
            });
        }
    }
}

impl From<&Effect> for EffectKind {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Restore => Self::Restore,
            Effect::Refresh { .. } => Self::Refresh,
            Effect::Expose { .. } => Self::Expose,
            Effect::Withhold { .. } => Self::Withhold,
            Effect::Forget => Self::Forget,
            Effect::Discard { .. } => Self::Discard,
            Effect::RecordRefusal => Self::RecordRefusal,
            Effect::RecordWait { .. } => Self::RecordWait,
        }
    }
}
