//! What can happen next, and what then happens.

use crate::record::Pair;
use crate::refresh::{Outcome, Refresh, Step};
use crate::world::{Action, World};
use engine::{Class, Input, State, Trigger};

impl World {
    /// What goes on without anybody's doing, if only time is given.
    pub(crate) fn goes_on_by_itself(&self, actions: &mut Vec<Action>) {
        for (p, process) in self.alive() {
            for (i, refresh) in process.refreshes.iter().enumerate() {
                actions.push(match refresh.step {
                    Step::Sent => Action::Answers(p, i),
                    Step::Begins | Step::Writes | Step::Arrived(_) | Step::Ends(_) => {
                        Action::Refresh(p, i)
                    }
                });
            }
            actions.extend((0..process.sign_ins.len()).map(|i| Action::SignInGoesOn(p, i)));
            actions.extend((0..process.writes.len()).map(|i| Action::Writes(p, i)));
            if self.can_sign_out_again(p) {
                actions.push(Action::SignsOutAgain(p));
            }
            if self.has_news(p) {
                actions.push(Action::Looks(p));
            }
            if self.can_save_again(p) {
                actions.push(Action::SavesAgain(p));
            }
            if self.is_overdue(p) {
                actions.push(Action::Ticks(p));
            }
        }
        let dead = self.processes.iter().enumerate().filter(|(_, process)| process.is_none());
        actions.extend(dead.map(|(p, _)| Action::Start(p)));
    }

    /// What happens at any time, as long as the bounds last.
    pub(crate) fn may_happen(&self, actions: &mut Vec<Action>) {
        let left = &self.left;
        for (p, process) in self.alive() {
            for (i, refresh) in process.refreshes.iter().enumerate() {
                match &refresh.step {
                    Step::Sent => {
                        if left.losses > 0 {
                            actions.push(Action::AnswerLost(p, i));
                        }
                        if left.troubles > 0 {
                            actions.push(Action::Unreachable(p, i));
                            actions.push(Action::Unavailable(p, i));
                        }
                    }
                    Step::Writes | Step::Arrived(Ok(_)) if left.full_disks > 0 => {
                        actions.push(Action::RefreshDiskFull(p, i));
                    }
                    Step::Begins | Step::Writes | Step::Arrived(_) | Step::Ends(_) => {}
                }
            }
            if left.full_disks > 0 {
                let writing = process.sign_ins.iter().enumerate().filter(|(_, it)| it.writes());
                actions.extend(writing.map(|(i, _)| Action::SignInDiskFull(p, i)));
            }
            for (left, action) in [
                (left.crashes, Action::Dies(p)),
                (left.sign_ins, Action::SignIn(p)),
                (left.sign_outs, Action::SignOut(p)),
                (left.asks, Action::Asks(p)),
            ] {
                if left > 0 {
                    actions.push(action);
                }
            }
        }
        actions.extend((0..self.orphans.len()).map(Action::Arrives));
        for (left, action) in [
            (left.revocations, Action::RevokesAll),
            (left.deadlines, Action::ToTheNextDeadline),
            (left.sleeps, Action::Sleeps),
        ] {
            if left > 0 {
                actions.push(action);
            }
        }
    }

    /// Does it. Answers whether there was anything to do.
    pub(crate) fn does(&mut self, action: Action) -> bool {
        let reaches = self.is_hazard(action) && !self.is_past_renewing();
        let done = self.carries_out(action);
        if reaches && self.is_past_renewing() {
            let epoch = self.record.as_ref().map_or(0, |record| record.epoch);
            self.out_of_reach = self.out_of_reach.max(epoch);
        }
        done
    }

    /// Whether a session may be lost by this alone, whatever a keeper does: an answer goes astray for
    /// which a strict server has replaced the token; or a grace period runs out while the computer
    /// sleeps, or while something is held up that could have been done at once. A keeper that lets a
    /// grace period run out by waiting for too long has no such excuse.
    fn is_hazard(&self, action: Action) -> bool {
        match action {
            Action::Dies(_) | Action::AnswerLost(..) | Action::Arrives(_) | Action::Sleeps => {
                !self.server.always_repeats()
            }
            Action::ToTheNextDeadline if self.server.always_repeats() => false,
            Action::ToTheNextDeadline => {
                let mut held_up = vec![];
                self.goes_on_by_itself(&mut held_up);
                !held_up.is_empty()
            }
            Action::Start(_)
            | Action::SignIn(_)
            | Action::SignOut(_)
            | Action::Asks(_)
            | Action::Refresh(..)
            | Action::RefreshDiskFull(..)
            | Action::Answers(..)
            | Action::Unreachable(..)
            | Action::Unavailable(..)
            | Action::SignInGoesOn(..)
            | Action::SignInDiskFull(..)
            | Action::Writes(..)
            | Action::SignsOutAgain(_)
            | Action::Looks(_)
            | Action::SavesAgain(_)
            | Action::Ticks(_)
            | Action::RevokesAll => false,
        }
    }

    /// The server renews neither what is stored nor an answer that somebody has for it.
    fn is_past_renewing(&self) -> bool {
        let Some(record) = &self.record else { return false };
        let Some(held) = &record.session else { return false };
        let refreshes = self.alive().flat_map(|(_, process)| &process.refreshes);
        let answers = refreshes.filter(|it| it.epoch == record.epoch).filter_map(Refresh::answer);
        !answers.chain([held.pair]).any(|pair| self.server.would_renew(pair, self.now_ms))
    }

    fn carries_out(&mut self, action: Action) -> bool {
        match action {
            Action::Start(p) => self.start(p),
            Action::Dies(p) => {
                self.left.crashes -= 1;
                self.dies(p);
            }
            Action::SignIn(p) => {
                self.left.sign_ins -= 1;
                self.sign_in(p);
            }
            Action::SignOut(p) => {
                if self.process(p).session.is_none() {
                    return false;
                }
                self.left.sign_outs -= 1;
                self.sign_out(p);
            }
            Action::Asks(p) => {
                if self.process(p).session.is_none() {
                    return false;
                }
                self.left.asks -= 1;
                self.handle(p, Input::Came(Trigger::Asked));
            }
            Action::Refresh(p, i) => self.step_refresh(p, i, false),
            Action::RefreshDiskFull(p, i) => {
                self.left.full_disks -= 1;
                self.disk_was_full = true;
                self.step_refresh(p, i, true);
            }
            Action::Answers(p, i) => self.answers(p, i),
            Action::AnswerLost(p, i) => {
                self.left.losses -= 1;
                self.answers(p, i);
                self.comes_to_nothing(p, i, Class::UnknownOutcome);
            }
            Action::Unreachable(p, i) => {
                self.left.troubles -= 1;
                self.comes_to_nothing(p, i, Class::NotSent);
            }
            Action::Unavailable(p, i) => {
                self.left.troubles -= 1;
                self.comes_to_nothing(p, i, Class::ServerTrouble);
            }
            Action::Arrives(which) => {
                let pair = self.orphans.remove(which);
                // Nobody hears the answer.
                let _answer = self.server.refresh(pair, self.now_ms);
            }
            Action::SignInGoesOn(p, i) => self.step_sign_in(p, i, false),
            Action::SignInDiskFull(p, i) => {
                self.left.full_disks -= 1;
                self.disk_was_full = true;
                self.step_sign_in(p, i, true);
            }
            Action::Writes(p, i) => self.step_write(p, i),
            Action::SignsOutAgain(p) => self.sign_out_again(p),
            Action::Looks(p) => self.look(p),
            Action::SavesAgain(p) => self.save_again(p),
            Action::Ticks(p) => self.handle(p, Input::Tick),
            Action::RevokesAll => {
                self.left.revocations -= 1;
                self.server.revoke_all();
            }
            Action::ToTheNextDeadline => {
                self.left.deadlines -= 1;
                return self.reach_the_next_deadline();
            }
            Action::Sleeps => {
                self.left.sleeps -= 1;
                self.sleep();
            }
        }
        true
    }

    /// A deadline has fallen, and a tick has something to do about it.
    fn is_overdue(&self, p: usize) -> bool {
        let (process, now) = (self.process(p), self.now());
        let due = process.engine.next_deadline(now).is_some_and(|(at, _)| at <= now.boot);
        due && match process.engine.state() {
            State::Resting | State::Waiting { .. } => true,
            State::Restoring { .. }
            | State::SignedOut
            | State::Refreshing { .. }
            | State::Stopped { .. }
            | State::NeedsSignIn { .. } => false,
        }
    }
}

impl Refresh {
    /// The pair that it was answered with, where it was.
    fn answer(&self) -> Option<Pair> {
        match &self.step {
            Step::Arrived(Ok(pair)) => Some(*pair),
            Step::Ends(Outcome::Renewed { held, .. } | Outcome::Late { held, .. }) => {
                Some(held.pair)
            }
            Step::Ends(
                Outcome::Failed(_)
                | Outcome::IntentFound
                | Outcome::PutOff
                | Outcome::HeldElsewhere
                | Outcome::Elsewhere(_),
            )
            | Step::Begins
            | Step::Writes
            | Step::Sent
            | Step::Arrived(Err(_)) => None,
        }
    }
}
