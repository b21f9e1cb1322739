//! What becomes of a world in which all is well from now on: nothing happens any more but what must
//! (`World::goes_on_by_itself`) and what is still on its way to the server. **Every order** of that is
//! played. Time passes, to the next deadline, only when nothing is left to do: who is slower than a
//! deadline is one of the hazards, and played with them.

use crate::properties::{GOES_ON, SERVED};
use crate::record::Pair;
use crate::world::{Action, Model, World};
use engine::{Access, State};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

/// However it goes, it is over within so many steps.
const PATIENCE: usize = 400;

/// What a world is to a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// What was to come has come.
    Well,
    /// It has not come yet.
    Ahead,
    /// It will not come.
    Badly,
}

/// A world on the way, and what can happen next there that has not been played yet.
struct Fork {
    number: u64,
    world: World,
    next: Vec<Next>,
    /// What is being played.
    plays: Option<Next>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    Does(Action),
    TimePasses,
}

/// One order of what must happen.
pub(crate) type Order = Vec<Next>;

/// Whether every order of what must happen comes to where it stands well: none runs in a circle, none
/// ends before. Otherwise it answers with an order that does not. `known` holds the numbers of the
/// worlds from which it is known that all do.
fn comes_well(
    from: World,
    known: &Mutex<HashSet<u64>>,
    number: impl Fn(&World) -> u64,
    stands: impl Fn(&World, bool) -> Stands,
) -> Result<(), Order> {
    let is_known = |number: u64| known.lock().expect("no panic before").contains(&number);
    let mut path: Vec<Fork> = vec![];
    let mut on_path = HashSet::new();
    let mut arrived = Some(from);
    let goes_wrong = |path: &[Fork]| Err(path.iter().filter_map(|fork| fork.plays).collect());
    loop {
        if let Some(world) = arrived.take() {
            let number = number(&world);
            if !is_known(number) {
                let mut must = vec![];
                world.goes_on_by_itself(&mut must);
                let stands = stands(&world, must.is_empty());
                if stands == Stands::Badly || path.len() == PATIENCE || !on_path.insert(number) {
                    return goes_wrong(&path);
                }
                // Whether they arrive is nobody's to say.
                let mut next: Vec<_> =
                    (0..world.orphans.len()).map(|it| Next::Does(Action::Arrives(it))).collect();
                if stands == Stands::Ahead {
                    next.extend(must.is_empty().then_some(Next::TimePasses));
                    next.extend(must.into_iter().map(Next::Does));
                }
                path.push(Fork { number, world, next, plays: None });
            }
        }
        let Some(fork) = path.last_mut() else { return Ok(()) };
        fork.plays = fork.next.pop();
        if let Some(next) = fork.plays {
            let mut world = fork.world.clone();
            let did = match next {
                Next::Does(action) => world.does(action),
                Next::TimePasses => world.reach_the_next_deadline(),
            };
            if !did {
                return goes_wrong(&path);
            }
            arrived = Some(world);
        } else {
            on_path.remove(&fork.number);
            known.lock().expect("no panic before").insert(fork.number);
            path.pop();
        }
    }
}

impl World {
    /// Every caller of every process is given a token at once.
    fn serves(&self) -> bool {
        let now = self.now();
        let given = |access| matches!(access, Access::Take(_));
        self.alive().all(|(_, process)| given(process.engine.access(0, now.boot, now)))
    }

    /// Everybody knows where they stand, once nothing is left to do. A refusal is an end only for a
    /// session that need not be kept.
    fn is_settled(&self, model: &Model) -> bool {
        let Some(record) = &self.record else { return false };
        let Some(held) = &record.session else {
            return self.alive().all(|(_, it)| it.engine.state() == State::SignedOut);
        };
        let good = self.server.renews_for_good(held.pair, self.now_ms);
        if held.refused.is_some() {
            return !good
                && !self.need_be_kept(model, record.epoch)
                && self.alive().all(|(_, it)| it.needs_sign_in());
        }
        let now = self.now();
        good && self.alive().all(|(_, process)| {
            process.engine.state() == State::Resting
                && process.engine.access(0, now.boot, now) == Access::Take(held.pair.access())
                && process.exposed() == Some(held.pair)
                && process.unsaved.is_none()
                && process.engine.epoch() == Some(record.epoch)
        })
    }

    /// What is stored, where the server has not refused it.
    fn stored(&self) -> Option<Pair> {
        let held = self.record.as_ref().and_then(|record| record.session.as_ref());
        held.filter(|held| held.refused.is_none()).map(|held| held.pair)
    }
}

impl Model {
    /// Whether everything comes to rest once nothing happens any more but what must, in whatever
    /// order, and whether or not the requests of processes that died arrive: everybody signed in with
    /// a token that the server renews whenever it is asked, or signed out by the person, or asked to sign in again because
    /// the server has refused what is stored and nobody could help that.
    pub(crate) fn goes_on(&self, world: &World) -> Result<(), Order> {
        comes_well(
            world.clone(),
            &self.goes_on,
            |world| self.number(world),
            |world, nothing_to_do| {
                if nothing_to_do && world.is_settled(self) { Stands::Well } else { Stands::Ahead }
            },
        )
    }

    /// Whether callers are served from here until the next renewal is over and all is settled again,
    /// in whatever order it goes, where all is settled and no process has left a request behind.
    pub(crate) fn serves_on(&self, world: &World) -> Result<(), Order> {
        let rests = world.alive().all(|(_, it)| it.engine.state() == State::Resting);
        let Some(before) = world.stored().filter(|_| rests && world.orphans.is_empty()) else {
            return Ok(());
        };
        let mut must = vec![];
        world.goes_on_by_itself(&mut must);
        if !must.is_empty() || !world.is_settled(self) {
            return Ok(());
        }
        let number = |world: &World| {
            let mut hasher = DefaultHasher::new();
            (self.number(world), before).hash(&mut hasher);
            hasher.finish()
        };
        comes_well(world.clone(), &self.serves_on, number, |world, nothing_to_do| {
            if !world.serves() {
                Stands::Badly
            } else if nothing_to_do && world.stored() != Some(before) && world.is_settled(self) {
                Stands::Well
            } else {
                Stands::Ahead
            }
        })
    }

    /// A number for all that settling hangs on.
    fn number(&self, world: &World) -> u64 {
        let mut hasher = DefaultHasher::new();
        (world.standing(), world.given_up, world.out_of_reach).hash(&mut hasher);
        world.is_harmless(self).hash(&mut hasher);
        hasher.finish()
    }

    /// In which order what must happen goes wrong from here, where it is this that does not hold.
    pub(crate) fn goes_wrong(&self, name: &str, world: &World) -> Order {
        let went = match name {
            GOES_ON => self.goes_on(world),
            SERVED => self.serves_on(world),
            _ => Ok(()),
        };
        went.err().unwrap_or_default()
    }
}
