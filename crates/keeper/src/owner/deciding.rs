//! What the engine decides, how that is told, and how it is done.

use super::{Answered, Message, Owner};
use crate::activity::{DiskStep, EffectKind, Living, What};
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

    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Restore => {
                    let (store, teller) = (self.store.clone(), self.teller.clone());
                    self.spawn(async move {
                        let began = teller.now();
                        let read = store.read().await;
                        teller.disk_done(DiskStep::Read, began, &read);
                        Message::Read(Box::new(read))
                    });
                }
                Effect::Refresh { attempt, reason, connect_quickly, even_unwritten } => {
                    self.refresh(attempt, reason, connect_quickly, even_unwritten);
                }
                Effect::Expose { attempt } => {
                    if let Some(answered) = self.answered.remove(&attempt) {
                        self.session = Some(answered.session);
                        self.serving = None;
                    }
                }
                Effect::Withhold { attempt } => {
                    if let Some(answered) = self.answered.remove(&attempt) {
                        let before = self.session.replace(answered.session);
                        // After a second bad one it is still the token of before the first.
                        self.serving = self.serving.take().or(before);
                    }
                }
                Effect::Forget => {
                    self.session = None;
                    self.serving = None;
                    self.unchecked = None;
                    self.holder = None;
                    self.unsaved = None;
                    self.lock = None;
                }
                Effect::Discard { attempt } => {
                    let answered = self.answered.remove(&attempt);
                    if let Some(Answered { session, holder: Some(holder) }) = answered {
                        self.give_back(session.tokens.clone(), Some(&session), holder);
                    }
                }
                Effect::RecordRefusal { why } => self.record_refusal(why),
                Effect::RecordWait { until } => self.record_wait(until),
            }
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
            Effect::RecordRefusal { .. } => Self::RecordRefusal,
            Effect::RecordWait { .. } => Self::RecordWait,
        }
    }
}
