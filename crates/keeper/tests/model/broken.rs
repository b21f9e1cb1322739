//! A broken engine in the keeper's place: the real one, with one of its decisions spoilt on the way in
//! or out. A checker that lets any of them pass proves nothing.

use crate::process::failure;
use crate::properties::{GOES_ON, KEPT, NAMED, ONCE, REFUSED, SAVED, SERVED};
use crate::without::shows;
use crate::world::{Bounds, Rules};
use crate::{GRACE, NOTHING};
use demo_server::Rotation;
use engine::{Class, Effect, Engine, Input, Now, State, Trigger, Wait, Worth};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A lost answer counts as a refusal.
    LostIsRefused,
    /// That a session could not be saved is not told.
    UnsavedIsUntold,
    /// After a lost answer it waits as for a server that is busy: longer than a grace period.
    RepeatsLate,
    /// An intent that is found at start means nothing.
    IntentIsUnheeded,
    /// After a failure it never tries again by itself.
    GivesUp,
    /// It renews when the token is at its end, not before.
    RenewsAtTheEnd,
    /// Whoever comes while it renews begins a second renewal.
    RenewsTwice,
    /// That the server has refused is not written down.
    RefusalIsUnwritten,
}

impl Flaw {
    /// What the engine hears of an input.
    pub(crate) fn hears(self, engine: &Engine, input: Input, now: Now) -> Option<Input> {
        match (self, input) {
            (Self::LostIsRefused, Input::Failed { attempt, failure: lost })
                if lost.class == Class::UnknownOutcome =>
            {
                Some(Input::Failed { attempt, failure: failure(Class::Refused) })
            }
            (Self::RepeatsLate, Input::Failed { attempt, failure: lost })
                if lost.class == Class::UnknownOutcome =>
            {
                Some(Input::Failed { attempt, failure: failure(Class::Throttled) })
            }
            (Self::UnsavedIsUntold, Input::Unsaved(_)) => None,
            (Self::IntentIsUnheeded, Input::Restored(Some(mut snapshot))) => {
                snapshot.intent = false;
                Some(Input::Restored(Some(snapshot)))
            }
            (Self::GivesUp, Input::Tick) => {
                let waits = matches!(engine.state(), State::Waiting { why: Wait::Failure(_), .. });
                (!waits).then_some(Input::Tick)
            }
            (Self::RenewsAtTheEnd, Input::Tick) => {
                let worth = engine.view(now).token.map(|token| token.worth);
                (worth != Some(Worth::Due)).then_some(Input::Tick)
            }
            (_, input) => Some(input),
        }
    }

    /// What becomes of its decision. `before`: where the session stood.
    pub(crate) fn decides(self, before: State, asked: bool, effects: &mut Vec<Effect>) {
        match (self, before) {
            (Self::RenewsTwice, State::Refreshing { attempt, .. }) if asked => {
                effects.push(Effect::Refresh {
                    attempt: attempt + 1,
                    reason: Trigger::Asked,
                    connect_quickly: false,
                    even_unwritten: true,
                });
            }
            (Self::RefusalIsUnwritten, _) => {
                effects.retain(|effect| !matches!(effect, Effect::RecordRefusal { .. }));
            }
            (Self::RepeatsLate, _) => {
                effects.retain(|effect| !matches!(effect, Effect::RecordWait { .. }));
            }
            (
                Self::LostIsRefused
                | Self::UnsavedIsUntold
                | Self::IntentIsUnheeded
                | Self::GivesUp
                | Self::RenewsAtTheEnd
                | Self::RenewsTwice,
                _,
            ) => {}
        }
    }
}

/// With this flaw the checker finds that each of `broken` does not hold; without it, that they do.
fn finds(flaw: Flaw, rotation: Rotation, bounds: Bounds, broken: &[&'static str]) {
    shows(Rules { flaw: Some(flaw), ..Rules::ALL }, 1, rotation, bounds, broken);
}

#[test]
fn an_engine_that_takes_a_lost_answer_for_a_refusal_is_found() {
    let bounds = Bounds { losses: 1, asks: 1, ..NOTHING };
    finds(Flaw::LostIsRefused, Rotation::UntilSuccessorUsed, bounds, &[REFUSED, KEPT]);
}

#[test]
fn an_engine_that_gives_up_a_lost_answer_within_its_grace_period_is_found() {
    let bounds = Bounds { losses: 1, asks: 1, ..NOTHING };
    finds(Flaw::LostIsRefused, GRACE, bounds, &[REFUSED, KEPT, GOES_ON]);
}

#[test]
fn an_engine_that_repeats_a_lost_answer_too_late_is_found() {
    let bounds = Bounds { losses: 1, asks: 1, ..NOTHING };
    finds(Flaw::RepeatsLate, GRACE, bounds, &[GOES_ON]);
    finds(Flaw::RepeatsLate, GRACE, Bounds { deadlines: 3, ..bounds }, &[KEPT, GOES_ON]);
}

#[test]
fn an_engine_that_hides_a_failed_save_is_found() {
    let bounds = Bounds { full_disks: 1, asks: 1, ..NOTHING };
    finds(Flaw::UnsavedIsUntold, Rotation::UntilSuccessorUsed, bounds, &[SAVED]);
}

#[test]
fn an_engine_that_overlooks_an_intent_is_found() {
    let bounds = Bounds { crashes: 1, asks: 2, ..NOTHING };
    finds(Flaw::IntentIsUnheeded, Rotation::Strict, bounds, &[NAMED]);
    let bounds = Bounds { crashes: 1, asks: 1, ..NOTHING };
    finds(Flaw::IntentIsUnheeded, GRACE, bounds, &[GOES_ON]);
    finds(Flaw::IntentIsUnheeded, GRACE, Bounds { deadlines: 2, ..bounds }, &[KEPT, GOES_ON]);
}

#[test]
fn an_engine_that_never_tries_again_is_found() {
    let bounds = Bounds { troubles: 1, asks: 1, ..NOTHING };
    finds(Flaw::GivesUp, Rotation::UntilSuccessorUsed, bounds, &[GOES_ON]);
}

#[test]
fn an_engine_that_renews_at_the_very_end_is_found() {
    finds(Flaw::RenewsAtTheEnd, Rotation::UntilSuccessorUsed, NOTHING, &[SERVED]);
}

#[test]
fn an_engine_that_renews_twice_at_once_is_found() {
    let bounds = Bounds { asks: 2, ..NOTHING };
    finds(Flaw::RenewsTwice, Rotation::Strict, bounds, &[ONCE]);
}

#[test]
fn an_engine_that_forgets_a_refusal_is_found() {
    let bounds = Bounds { revocations: 1, asks: 1, ..NOTHING };
    finds(Flaw::RefusalIsUnwritten, Rotation::UntilSuccessorUsed, bounds, &[GOES_ON]);
}
