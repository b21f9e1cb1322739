//! The model as the checker sees it: what can happen next, and what must hold whatever has happened.

use crate::record::Pair;
use crate::refresh::{Outcome, Refresh, Step};
use crate::world::{Action, Fault, Model, World};
use stateright::Property;

// What holds whatever happens.
pub(crate) const IN_FLIGHT: &str = "a refresh token is in flight once at most";
pub(crate) const WRITTEN: &str = "what is in flight is written down";
pub(crate) const REFUSED: &str = "only a refusal of the stored token ends a session";
pub(crate) const NAMED: &str = "a session lost with an answer is called that";
pub(crate) const SAVED: &str = "what is handed out is saved or shown as unsaved";
pub(crate) const SIGNED_OUT: &str = "signed out stays signed out";
pub(crate) const EPOCHS: &str = "an older epoch never comes back";
pub(crate) const KEPT: &str = "no session is lost that need not be";
pub(crate) const GOES_ON: &str = "once all is well the session goes on";
pub(crate) const SERVED: &str = "while all is well nobody waits for a token";
pub(crate) const ONCE: &str = "a process renews a token once at a time";

// What must be reached for the proof to be about anything.
pub(crate) const ADOPTED: &str = "another copy's renewal is adopted";
pub(crate) const INTENT_FOUND: &str = "an intent is found";
pub(crate) const LEFT_INTENT: &str = "a process dies and leaves an intent";
pub(crate) const LATE: &str = "an answer comes after its epoch has ended";
pub(crate) const HELD_ELSEWHERE: &str = "the refresh lock is held by somebody else";
pub(crate) const UNSAVED: &str = "a renewal is not saved";
pub(crate) const PUT_OFF: &str = "a renewal is put off";
pub(crate) const ENDS: &str = "a session ends";
pub(crate) const BEYOND: &str = "a session is beyond anybody's reach";
pub(crate) const TWICE: &str = "a session is renewed twice";

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.goes_on_by_itself(actions);
        world.may_happen(actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.does(action).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(IN_FLIGHT, |_, world: &World| {
                let mut sent: Vec<u8> = world.sent().map(|pair| pair.0).collect();
                sent.sort_unstable();
                sent.windows(2).all(|two| two[0] != two[1])
            }),
            Property::always(WRITTEN, |_, world: &World| world.is_written_down()),
            Property::always(REFUSED, |_, world: &World| {
                let stored = world.record.as_ref().and_then(|record| record.session.as_ref());
                let refused = stored.is_none_or(|held| {
                    held.refused.is_none() || world.server.has_refused(held.pair)
                });
                world.fault != Some(Fault::EndedUnrefused) && refused
            }),
            Property::always(NAMED, |_, world: &World| world.fault != Some(Fault::LossUntold)),
            Property::always(SAVED, |_, world: &World| {
                world.alive().all(|(_, process)| {
                    process.exposed().is_none_or(|pair| {
                        world.saved & pair.bit() != 0
                            || process.engine.view(world.now()).unsaved.is_some()
                    })
                })
            }),
            Property::always(SIGNED_OUT, |_, world: &World| {
                world.fault != Some(Fault::SignedInAgain)
            }),
            Property::always(EPOCHS, |_, world: &World| world.fault != Some(Fault::CameBack)),
            Property::always(KEPT, |model: &Model, world: &World| {
                world.alive().all(|(_, it)| {
                    let epoch = it.engine.epoch().filter(|_| it.needs_sign_in());
                    epoch.is_none_or(|epoch| !world.need_be_kept(model, epoch))
                })
            }),
            Property::always(GOES_ON, |model: &Model, world: &World| model.goes_on(world).is_ok()),
            Property::always(SERVED, |model: &Model, world: &World| model.serves_on(world).is_ok()),
            Property::always(ONCE, |_, world: &World| {
                world.alive().all(|(_, it)| {
                    let repeated = |(i, one): (usize, &Refresh)| {
                        it.refreshes.iter().skip(i + 1).any(|other| one.repeats(other))
                    };
                    !it.refreshes.iter().enumerate().any(repeated)
                })
            }),
            Property::sometimes(ADOPTED, |_, world: &World| {
                world.came_to(|outcome| matches!(outcome, Outcome::Elsewhere(Some(it)) if it.session.is_some()))
            }),
            Property::sometimes(INTENT_FOUND, |_, world: &World| {
                world.came_to(|outcome| matches!(outcome, Outcome::IntentFound))
            }),
            Property::sometimes(LEFT_INTENT, |_, world: &World| {
                let stored = world.record.as_ref().and_then(|record| record.session.as_ref());
                let dead = world.processes.iter().any(Option::is_none);
                dead && stored.is_some_and(|held| held.intent.is_some())
            }),
            Property::sometimes(LATE, |_, world: &World| {
                world.came_to(|outcome| matches!(outcome, Outcome::Late { .. }))
            }),
            Property::sometimes(HELD_ELSEWHERE, |_, world: &World| {
                world.came_to(|outcome| matches!(outcome, Outcome::HeldElsewhere))
            }),
            Property::sometimes(UNSAVED, |_, world: &World| {
                world.alive().any(|(_, it)| it.unsaved.is_some())
            }),
            Property::sometimes(PUT_OFF, |_, world: &World| {
                world.came_to(|outcome| matches!(outcome, Outcome::PutOff))
            }),
            Property::sometimes(ENDS, |_, world: &World| {
                world.alive().any(|(_, it)| it.needs_sign_in())
            }),
            Property::sometimes(BEYOND, |_, world: &World| world.out_of_reach > 0),
            Property::sometimes(TWICE, |_, world: &World| {
                world.alive().any(|(_, it)| it.session.as_ref().is_some_and(|it| it.refreshes > 1))
            }),
        ]
    }
}

impl World {
    fn came_to(&self, which: impl Fn(&Outcome) -> bool) -> bool {
        self.alive().flat_map(|(_, it)| &it.refreshes).any(|it| match &it.step {
            Step::Ends(outcome) => which(outcome),
            Step::Begins | Step::Writes | Step::Sent | Step::Arrived(_) => false,
        })
    }

    /// What is in flight, by whoever lives to hear of it.
    fn sent(&self) -> impl Iterator<Item = Pair> {
        let refreshes = self.alive().flat_map(|(_, process)| &process.refreshes);
        refreshes.filter(|it| it.step == Step::Sent).map(|it| it.held.pair)
    }

    /// What may be known to the server, and whose answer is not here, stands on disk, as long as the
    /// disk has taken everything.
    fn is_written_down(&self) -> bool {
        let stored = self.record.as_ref().and_then(|record| record.session.as_ref());
        let mut sent = self.sent().chain(self.orphans.iter().copied());
        self.disk_was_full
            || stored.is_none_or(|held| {
                held.refused.is_some()
                    || held.intent == Some(held.pair)
                    || sent.all(|it| it != held.pair)
            })
    }

    /// The server's owner and the disk have done nothing that a session cannot survive.
    pub(crate) fn is_harmless(&self, model: &Model) -> bool {
        let (left, whole) = (&self.left, &model.bounds);
        left.revocations == whole.revocations && left.full_disks == whole.full_disks
    }

    /// Whether the session of this epoch must still be there: the person has not ended it, and
    /// nothing has happened that no keeper could have helped.
    pub(crate) fn need_be_kept(&self, model: &Model, epoch: u64) -> bool {
        self.is_harmless(model) && epoch > self.given_up.max(self.out_of_reach)
    }
}
