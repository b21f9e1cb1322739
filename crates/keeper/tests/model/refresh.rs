//! One refresh, step by step. Models `refresh.rs`, `refresh/stored.rs` and `owner/renewal.rs` of the
//! keeper.
//!
//! What is one step here is one step for everybody else: a write under the record lock; taking the
//! refresh lock together with the reading that follows it, because until that is over the lock shows
//! nobody more than that it is held; the write of the intent together with the request leaving; an
//! answer arriving together with nothing else.

use crate::process::{Over, Unsaved, disk_full, failure};
use crate::record::{Held, Pair, Record};
use crate::world::{Fault, World};
use engine::{Class, Ended, Exchange, Input, State};
use std::hash::{Hash, Hasher};

#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    attempt: u64,
    pub(crate) epoch: u64,
    era: u8,
    /// What it was begun with.
    pub(crate) held: Held,
    unsaved: Option<Unsaved>,
    /// This token was tried before: an intent that is found is known already.
    tried: bool,
    even_unwritten: bool,
    has_lock: bool,
    /// The intent on disk is this attempt's.
    mine: bool,
    asked_ms: i64,
    pub(crate) step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Takes the refresh lock and reads the record again.
    Begins,
    /// Writes the intent, and sends.
    Writes,
    /// The request is on its way, or the server decides.
    Sent,
    /// The answer is here.
    Arrived(Result<Pair, Class>),
    /// The owner is told.
    Ends(Outcome),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Renewed {
        held: Held,
        saved: bool,
        told: bool,
    },
    Failed(Class),
    /// Somebody has sent this token, and its answer was never saved.
    IntentFound,
    PutOff,
    HeldElsewhere,
    Elsewhere(Option<Record>),
    Late {
        held: Held,
        stands: Option<Record>,
    },
}

impl Refresh {
    /// The record to change, where the store still holds what this was begun for.
    fn base(&self, era: u8, stored: Option<&Record>) -> Option<Record> {
        if era != self.era {
            return None;
        }
        let found = Over::of(stored);
        if found.is(self.epoch, self.held.pair) {
            return stored.cloned();
        }
        let unsaved = self.unsaved.as_ref().filter(|unsaved| unsaved.may_replace(found))?;
        Some(unsaved.record.clone())
    }

    /// Whether both are for the same session and token.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        (self.epoch, self.era, self.held.pair) == (other.epoch, other.era, other.held.pair)
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self {
            attempt,
            epoch,
            era,
            held,
            unsaved,
            tried,
            even_unwritten,
            has_lock,
            mine,
            asked_ms,
            step,
        } = self;
        (attempt, epoch, era, tried, even_unwritten, has_lock, mine).hash(into);
        (held.pair, held.refreshes, unsaved.is_some()).hash(into);
        if let Some(unsaved) = unsaved {
            unsaved.hash_at(now_ms, into);
        }
        std::mem::discriminant(step).hash(into);
        match step {
            Step::Begins | Step::Writes => {}
            Step::Sent => (asked_ms - now_ms).hash(into),
            Step::Arrived(answer) => (asked_ms - now_ms, answer).hash(into),
            Step::Ends(outcome) => outcome.hash_at(now_ms, into),
        }
    }
}

impl Outcome {
    fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        std::mem::discriminant(self).hash(into);
        match self {
            Self::IntentFound | Self::PutOff | Self::HeldElsewhere => {}
            Self::Failed(class) => class.hash(into),
            Self::Renewed { held, saved, told } => {
                held.hash_at(now_ms, into);
                (saved, told).hash(into);
            }
            Self::Elsewhere(record) => {
                record.iter().for_each(|record| record.hash_at(now_ms, into));
            }
            Self::Late { held, stands } => {
                held.hash_at(now_ms, into);
                stands.iter().for_each(|record| record.hash_at(now_ms, into));
            }
        }
    }
}

impl World {
    pub(crate) fn begin_refresh(&mut self, p: usize, attempt: u64, even_unwritten: bool) {
        let process = self.process_mut(p);
        let (Some(held), Some(epoch)) = (process.session.clone(), process.engine.epoch()) else {
            panic!("there is nothing to refresh");
        };
        process.refreshes.push(Refresh {
            attempt,
            epoch,
            era: process.era,
            unsaved: process.unsaved.clone(),
            tried: process.tried == Some(held.pair),
            held,
            even_unwritten,
            has_lock: std::mem::take(&mut process.keeps_lock),
            mine: false,
            asked_ms: 0,
            step: Step::Begins,
        });
    }

    pub(crate) fn refresh_mut(&mut self, p: usize, i: usize) -> &mut Refresh {
        &mut self.process_mut(p).refreshes[i]
    }

    /// One step of a refresh; `disk_full`: a write in it fails.
    pub(crate) fn step_refresh(&mut self, p: usize, i: usize, disk_full: bool) {
        let step = self.process(p).refreshes[i].step.clone();
        let next = match step {
            Step::Begins => self.begins(p, i),
            Step::Writes => self.writes_intent(p, i, disk_full),
            Step::Sent => panic!("the server's turn"),
            Step::Arrived(Ok(pair)) => self.saves(p, i, pair, disk_full),
            Step::Arrived(Err(class)) => self.fails(p, i, class),
            Step::Ends(outcome) => return self.ends(p, i, outcome),
        };
        self.refresh_mut(p, i).step = next;
    }

    /// The server decides about the request, and its answer arrives.
    pub(crate) fn answers(&mut self, p: usize, i: usize) {
        let (shown, now_ms) = (self.process(p).refreshes[i].held.pair, self.now_ms);
        let answer = self.server.refresh(shown, now_ms).ok_or(Class::Refused);
        self.refresh_mut(p, i).step = Step::Arrived(answer);
    }

    /// The request comes to nothing, as far as can be seen from here.
    pub(crate) fn comes_to_nothing(&mut self, p: usize, i: usize, class: Class) {
        self.refresh_mut(p, i).step = Step::Arrived(Err(class));
    }

    fn begins(&mut self, p: usize, i: usize) -> Step {
        let rules = self.rules;
        if rules.lock && !self.process(p).refreshes[i].has_lock {
            if self.locked_by.is_some() {
                return Step::Ends(Outcome::HeldElsewhere);
            }
            self.locked_by = Some(p);
            self.refresh_mut(p, i).has_lock = true;
        }
        if !rules.adopt {
            return Step::Writes;
        }
        let refresh = &self.process(p).refreshes[i];
        let found = Over::of(self.record.as_ref());
        if found.is(refresh.epoch, refresh.held.pair) {
            let held = self.record.as_ref().and_then(|record| record.session.as_ref());
            if held.is_some_and(|held| held.refused.is_some()) {
                self.drop_lock(p, i);
                return Step::Ends(Outcome::Elsewhere(self.record.clone()));
            }
            let intent = held.is_some_and(|held| held.intent == Some(refresh.held.pair));
            return if intent && !refresh.tried {
                Step::Ends(Outcome::IntentFound)
            } else {
                Step::Writes
            };
        }
        if refresh.unsaved.as_ref().is_some_and(|unsaved| unsaved.may_replace(found)) {
            return Step::Writes;
        }
        self.drop_lock(p, i);
        Step::Ends(Outcome::Elsewhere(self.record.clone()))
    }

    fn writes_intent(&mut self, p: usize, i: usize, disk_full: bool) -> Step {
        let (era, now_ms) = (self.process(p).era, self.now_ms);
        let refresh = &self.process(p).refreshes[i];
        let pair = refresh.held.pair;
        let mut mine = false;
        if disk_full {
            if !refresh.even_unwritten && refresh.unsaved.is_none() {
                return Step::Ends(Outcome::PutOff);
            }
        } else if self.rules.intent {
            let base = refresh.base(era, self.record.as_ref());
            if let Some(mut next) = base.filter(|base| base.session.is_some()) {
                let noted = next.session.as_mut().map(|held| held.intent.replace(pair));
                mine = noted != Some(Some(pair));
                if mine {
                    self.write(next);
                }
            } else if self.rules.ended && era != self.process(p).refreshes[i].era {
                self.drop_lock(p, i);
                return Step::Ends(Outcome::HeldElsewhere);
            }
        }
        let refresh = self.refresh_mut(p, i);
        (refresh.mine, refresh.asked_ms) = (mine, now_ms);
        Step::Sent
    }

    fn saves(&mut self, p: usize, i: usize, pair: Pair, disk_full: bool) -> Step {
        let rules = self.rules;
        let refresh = self.process(p).refreshes[i].clone();
        let held = Held::new(pair, refresh.asked_ms, refresh.held.refreshes + 1);
        let told = !rules.save_first;
        if told && self.process(p).session.as_ref().is_some_and(|held| held.pair != pair) {
            self.tell_renewed(p, refresh.attempt, &held);
            return Step::Arrived(Ok(pair));
        }
        if disk_full {
            return Step::Ends(Outcome::Renewed { held, saved: false, told });
        }
        let era = self.process(p).era;
        let base =
            if rules.epoch { refresh.base(era, self.record.as_ref()) } else { self.record.clone() };
        if let Some(mut next) = base {
            next.session = Some(held.clone());
            self.write(next);
            self.drop_lock(p, i);
            return Step::Ends(Outcome::Renewed { held, saved: true, told });
        }
        self.drop_lock(p, i);
        let stands = self.record.clone();
        let same_epoch = stands.as_ref().is_some_and(|stands| stands.epoch == refresh.epoch);
        Step::Ends(if same_epoch && era == refresh.era {
            Outcome::Elsewhere(stands)
        } else {
            Outcome::Late { held, stands }
        })
    }

    fn fails(&mut self, p: usize, i: usize, class: Class) -> Step {
        let era = self.process(p).era;
        let refresh = &self.process(p).refreshes[i];
        let (epoch, pair) = (refresh.epoch, refresh.held.pair);
        let found = Over::of(self.record.as_ref());
        let ours = found.is(epoch, pair)
            || refresh.unsaved.as_ref().is_some_and(|unsaved| unsaved.may_replace(found));
        if class == Class::Refused && !ours && self.rules.adopt {
            self.drop_lock(p, i);
            return Step::Ends(Outcome::Elsewhere(self.record.clone()));
        }
        if refresh.mine
            && !class.may_have_rotated()
            && let Some(mut next) = refresh.base(era, self.record.as_ref())
            && let Some(held) = next.session.as_mut()
        {
            held.intent = None;
            self.write(next);
        }
        Step::Ends(Outcome::Failed(class))
    }

    fn tell_renewed(&mut self, p: usize, attempt: u64, held: &Held) {
        let (grant, exchange) = (Box::new(held.grant()), Box::<Exchange>::default());
        let renewed = Input::Renewed { attempt, grant, exchange };
        self.handle_answer(p, held.clone(), renewed);
    }

    /// The owner hears what came of it.
    fn ends(&mut self, p: usize, i: usize, outcome: Outcome) {
        let refresh = self.process_mut(p).refreshes.remove(i);
        let Refresh { attempt, held: with, epoch, has_lock, .. } = refresh;
        let state = self.process(p).engine.state();
        let awaited = matches!(state, State::Refreshing { attempt: of, .. } if of == attempt);
        let failed = match outcome {
            Outcome::Renewed { held, saved, told } => {
                let process = self.process(p);
                let before = Record {
                    epoch: process.engine.epoch().unwrap_or(0),
                    session: process.session.clone(),
                };
                if !told {
                    self.tell_renewed(p, attempt, &held);
                }
                if !awaited {
                    if !saved && has_lock {
                        self.unlock(p);
                    }
                    return;
                }
                let process = self.process_mut(p);
                if saved {
                    process.unsaved = None;
                    self.give_up_lock(p);
                    self.handle(p, Input::Saved);
                } else {
                    let record = Record { session: Some(held), epoch: before.epoch };
                    let found = Over::of(Some(&before));
                    let unsaved = Unsaved::renewal(record, found, process.unsaved.take());
                    process.unsaved = Some(unsaved);
                    process.keeps_lock = has_lock;
                    self.handle(p, Input::Unsaved(disk_full()));
                }
                return;
            }
            Outcome::Elsewhere(record) => {
                if awaited {
                    self.adopt(p, record);
                }
                return;
            }
            Outcome::Late { held, stands } => {
                if awaited && self.process(p).engine.epoch() == Some(epoch) {
                    self.adopt(p, stands);
                }
                // An answer to an ended epoch is given back.
                self.server.sign_out(held.pair);
                return;
            }
            Outcome::HeldElsewhere => return self.handle(p, Input::HeldElsewhere { attempt }),
            Outcome::Failed(class) => Ok(class),
            Outcome::IntentFound => Ok(Class::UnknownOutcome),
            Outcome::PutOff => Err(disk_full()),
        };
        let process = self.process_mut(p);
        if awaited && process.unsaved.is_some() {
            process.keeps_lock = has_lock;
        } else if has_lock {
            self.unlock(p);
        }
        match failed {
            Ok(class) => {
                if class.may_have_rotated() {
                    self.process_mut(p).tried = Some(with.pair);
                }
                let told = if self.rules.classes { class } else { Class::Refused };
                self.handle(p, Input::Failed { attempt, failure: failure(told) });
                self.judge_end(p, epoch, with.pair);
            }
            Err(trouble) => self.handle(p, Input::PutOff { attempt, trouble }),
        }
    }

    /// Whether a session that has just been ended here had to end, and whether it was said why.
    fn judge_end(&mut self, p: usize, epoch: u64, pair: Pair) {
        let State::NeedsSignIn { why } = self.process(p).engine.state() else { return };
        let stored = self.record.as_ref().filter(|record| record.epoch == epoch);
        let stored = stored.and_then(|record| record.session.as_ref());
        let another = stored.is_some_and(|held| held.pair != pair);
        let unsaved = self.process(p).unsaved.is_some();
        if !self.server.has_refused(pair) || (another && !unsaved) {
            self.fault.get_or_insert(Fault::EndedUnrefused);
        }
        if epoch > self.given_up
            && self.server.has_rotated(pair)
            && !self.disk_was_full
            && why != Ended::AnswerLost
            && !self.server.has_revoked()
        {
            self.fault.get_or_insert(Fault::LossUntold);
        }
    }

    fn drop_lock(&mut self, p: usize, i: usize) {
        if std::mem::take(&mut self.refresh_mut(p, i).has_lock) {
            self.unlock(p);
        }
    }
}
