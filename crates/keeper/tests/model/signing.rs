//! Signing in and out, beside the session: neither takes the refresh lock. Models `sign.rs` and
//! `owner/signing.rs` of the keeper.

use crate::process::{Unsaved, disk_full};
use crate::record::{Held, Pair, Record};
use crate::world::World;
use engine::{Ended, Exchange, Input};
use std::hash::{Hash, Hasher};

/// A sign-in that the server has granted.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    turn: u8,
    known_epoch: u64,
    pair: Pair,
    asked_ms: i64,
    pub(crate) step: SignInStep,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SignInStep {
    Writes,
    Ends { epoch: u64, saved: bool },
    Overtaken,
}

impl SignIn {
    pub(crate) fn writes(&self) -> bool {
        self.step == SignInStep::Writes
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self { turn, known_epoch, pair, asked_ms, step } = self;
        (turn, known_epoch, pair, asked_ms - now_ms, step).hash(into);
    }
}

/// A write that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Write {
    SignOut { ended: u64, turn: u8, gone: Option<Pair> },
    Refusal { epoch: u64, pair: Pair, why: Ended },
}

impl World {
    /// The person signs in: the server grants it at once.
    pub(crate) fn sign_in(&mut self, p: usize) {
        let pair = self.server.sign_in(self.now_ms);
        let asked_ms = self.now_ms;
        let process = self.process_mut(p);
        process.turn += 1;
        let (turn, known_epoch, step) = (process.turn, process.known_epoch, SignInStep::Writes);
        process.sign_ins.push(SignIn { turn, known_epoch, pair, asked_ms, step });
    }

    pub(crate) fn step_sign_in(&mut self, p: usize, i: usize, disk_full: bool) {
        let SignIn { turn, known_epoch, pair, asked_ms, step } =
            self.process(p).sign_ins[i].clone();
        let held = Held::new(pair, asked_ms, 0);
        match step {
            SignInStep::Writes => {
                let next = if turn == self.process(p).turn {
                    let stored = self.record.as_ref().map_or(0, |record| record.epoch);
                    let epoch = stored.max(known_epoch) + 1;
                    if !disk_full {
                        self.write(Record { epoch, session: Some(held) });
                    }
                    SignInStep::Ends { epoch, saved: !disk_full }
                } else {
                    SignInStep::Overtaken
                };
                self.process_mut(p).sign_ins[i].step = next;
            }
            SignInStep::Ends { epoch, saved } => {
                self.process_mut(p).sign_ins.remove(i);
                self.signed_in(p, turn, held, epoch, saved);
            }
            SignInStep::Overtaken => {
                self.process_mut(p).sign_ins.remove(i);
                self.server.sign_out(pair);
            }
        }
    }

    fn signed_in(&mut self, p: usize, turn: u8, held: Held, epoch: u64, saved: bool) {
        let (now_ms, pair, rules) = (self.now_ms, held.pair, self.rules);
        let process = self.process_mut(p);
        if turn < process.last_turn || (rules.sign_in && epoch < process.known_epoch) {
            // Somebody has signed out, or in, between its being saved and this moment.
            self.given_up = self.given_up.max(epoch);
            return self.server.sign_out(pair);
        }
        process.last_turn = turn;
        process.unwritten = None;
        if rules.sign_in && saved && process.engine.epoch() == Some(epoch) {
            // It was read from disk before this was heard, and may have been renewed since.
            return;
        }
        process.era += 1;
        process.known_epoch = process.known_epoch.max(epoch);
        process.session = Some(held.clone());
        process.tried = None;
        process.unsaved = None;
        self.give_up_lock(p);
        let snapshot = held.snapshot(epoch, now_ms);
        self.handle(p, Input::SignedIn(snapshot, Box::<Exchange>::default()));
        self.server.use_access(pair, now_ms);
        if saved {
            self.handle(p, Input::Saved);
        } else {
            let record = Record { epoch, session: Some(held) };
            self.process_mut(p).unsaved = Some(Unsaved::sign_in(record));
            self.handle(p, Input::Unsaved(disk_full()));
        }
    }

    /// The person signs out: at once in memory, then on disk, then the server is told.
    pub(crate) fn sign_out(&mut self, p: usize) {
        let process = self.process_mut(p);
        process.turn += 1;
        process.last_turn = process.turn;
        process.era += 1;
        let ended = process.known_epoch;
        process.known_epoch += 1;
        process.unwritten = Some(ended);
        process.floor = process.known_epoch;
        self.given_up = self.given_up.max(ended);
        let process = self.process_mut(p);
        let gone = process.session.as_ref().map(|held| held.pair);
        let turn = process.turn;
        process.writes.push(Write::SignOut { ended, turn, gone });
        self.handle(p, Input::SignedOut);
    }

    pub(crate) fn can_sign_out_again(&self, p: usize) -> bool {
        let process = self.process(p);
        let writes = process.writes.iter().any(|it| matches!(it, Write::SignOut { .. }));
        process.unwritten.is_some() && !writes && process.sign_ins.is_empty()
    }

    pub(crate) fn sign_out_again(&mut self, p: usize) {
        let process = self.process_mut(p);
        let Some(ended) = process.unwritten else { return };
        process.writes.push(Write::SignOut { ended, turn: process.turn, gone: None });
    }

    pub(crate) fn step_write(&mut self, p: usize, i: usize) {
        let write = self.process_mut(p).writes.remove(i);
        match write {
            Write::SignOut { ended, turn, gone } => {
                let overtaken = turn != self.process(p).turn;
                let stored = self.record.as_ref().map(|record| record.epoch);
                let postponed = overtaken && stored > Some(ended);
                if let Some(epoch) = stored.filter(|_| !postponed) {
                    self.write(Record { epoch: epoch + 1, session: None });
                }
                let process = self.process_mut(p);
                if process.unwritten == Some(ended) && !postponed {
                    process.unwritten = None;
                }
                if let Some(gone) = gone {
                    self.server.sign_out(gone);
                }
            }
            Write::Refusal { epoch, pair, why } => {
                let stored = self.record.clone().filter(|record| record.epoch == epoch);
                let Some(mut next) = stored else { return };
                let Some(held) = next.session.as_mut().filter(|held| held.pair == pair) else {
                    return;
                };
                let known = held.refused.filter(|known| *known == Ended::AnswerLost);
                (held.refused, held.intent) = (known.or(Some(why)), None);
                self.write(next);
            }
        }
    }
}
