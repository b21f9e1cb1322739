//! What the transitions do, one function each. `transitions.rs` says when.

mod answers;

pub(crate) use answers::ApiRefusal;

use crate::engine::{Engine, Storm};
use crate::failure::{Class, Exchange};
use crate::grant::Snapshot;
use crate::plan::SHORTEST_PLANNED_MS;
use crate::session::Session;
use crate::state::State::{NeedsSignIn, Resting, SignedOut, Stopped, Waiting};
use crate::state::{Effect, Ended, Fix, Input, State, Trigger, Wait};
use crate::time::{Boot, HOUR, MINUTE, Now, SECOND};
use crate::trouble::{PROMPT_RETRY_MS, Trouble};
use crate::view::{MarkKind, Outcome, Worth};

/// A failed try is not repeated by mere focus before so long after it.
const FOCUS_AFTER_FAILURE_MS: i64 = 10 * SECOND;
/// A set-up problem is tried again on focus, so far apart.
const FOCUS_AFTER_SETUP_MS: i64 = 10 * MINUTE;
/// How soon to look again while another copy is renewing.
pub(crate) const ANOTHER_COPY_MS: i64 = SECOND;
/// Where a bad ID token leads.
pub(crate) const BAD_ID_TOKEN: State = Stopped { what_to_fix: Fix::IdToken };

impl Engine {
    pub(crate) fn land(&mut self, state: State) -> Vec<Effect> {
        self.state = state;
        vec![]
    }

    pub(crate) fn restored(&mut self, snapshot: &Snapshot, now: Now) -> Vec<Effect> {
        let session = Session::from_snapshot(snapshot, &self.policy, self.seed, now);
        self.clocks.remember(snapshot.clock_offset_ms);
        self.history.token(session.access(), session.plan);
        self.history.mark(now.boot, MarkKind::Trigger(Trigger::Launch));
        self.away_ms = Some(now.wall.0.saturating_sub(snapshot.saved_wall_ms));
        let renewable = session.is_renewable();
        let refused = session.refused;
        self.session = Some(session);
        self.end_epoch();
        if let Some(why) = refused {
            return self.land(NeedsSignIn { why });
        }
        if self.has_run_out(now.boot) {
            return self.land(NeedsSignIn { why: Ended::CannotRenew });
        }
        if snapshot.intent && renewable {
            self.trouble.found_intent();
        }
        let told = wait_until(snapshot, now).filter(|_| renewable);
        if let Some(until) = told {
            self.trouble.told_to_wait = Some(until);
            self.launching = true;
            return self.land(Waiting { why: Wait::Failure(Class::Throttled), until });
        }
        if snapshot.intent && renewable {
            self.launching = true;
            let until = now.boot + PROMPT_RETRY_MS;
            return self.land(Waiting { why: Wait::Failure(Class::UnknownOutcome), until });
        }
        self.state = if snapshot.id_token_bad { BAD_ID_TOKEN } else { Resting };
        let effects = self.refresh_if_due(Trigger::Launch, now);
        self.launching = !effects.is_empty();
        if effects.is_empty() {
            self.away_ms = None;
        }
        effects
    }

    pub(crate) fn refresh_if_due(&mut self, trigger: Trigger, now: Now) -> Vec<Effect> {
        if self.session.as_ref().is_some_and(|session| session.is_due(trigger, now.boot)) {
            return self.refresh(trigger, now);
        }
        match trigger {
            Trigger::Focus | Trigger::Wake | Trigger::NetworkBack => {
                self.history.mark(now.boot, MarkKind::Trigger(trigger));
            }
            Trigger::Launch
            | Trigger::Deadline
            | Trigger::TokenWanted
            | Trigger::ApiRefused
            | Trigger::Asked => {}
        }
        vec![]
    }

    pub(crate) fn must_renew_for(&self, min_validity_ms: i64, now: Boot) -> bool {
        let Some(session) = &self.session else { return false };
        // An API's refusal has had its refresh when it was reported.
        let wanted = session.is_renewable()
            && !session.api_refused
            && session.is_too_short(min_validity_ms, now);
        wanted && !(session.renews_on_demand() && now - session.plan.asked < SHORTEST_PLANNED_MS)
    }

    pub(crate) fn has_run_out(&self, now: Boot) -> bool {
        self.session.as_ref().is_some_and(|session| session.has_run_out(now))
    }

    pub(crate) fn came_while_waiting(
        &mut self,
        why: Wait,
        until: Boot,
        trigger: Trigger,
        now: Now,
    ) -> Vec<Effect> {
        let told_to_wait = self.trouble.told_to_wait.is_some_and(|at| now.boot < at);
        let hurries = match trigger {
            Trigger::Asked => true,
            Trigger::Wake | Trigger::NetworkBack => !told_to_wait && why != Wait::Storm,
            Trigger::Focus => {
                let rested =
                    self.trouble.last_try.is_none_or(|at| now.boot - at >= FOCUS_AFTER_FAILURE_MS);
                !told_to_wait && why != Wait::Storm && (rested || now.boot >= until)
            }
            Trigger::Launch | Trigger::Deadline | Trigger::TokenWanted | Trigger::ApiRefused => {
                false
            }
        };
        if hurries {
            return self.refresh(trigger, now);
        }
        self.history.mark(now.boot, MarkKind::Trigger(trigger));
        if trigger == Trigger::Focus && !told_to_wait && matches!(why, Wait::Failure(_)) {
            // Focus brings the try forward, to a respectful distance from the last one.
            let sooner = self.trouble.last_try.map_or(until, |at| at + FOCUS_AFTER_FAILURE_MS);
            self.state = Waiting { why, until: until.min(sooner) };
        }
        vec![]
    }

    /// The wait is over.
    pub(crate) fn waited(&mut self, why: Wait, now: Now) -> Vec<Effect> {
        let something_to_renew = self.session.as_ref().is_some_and(|session| {
            session.is_due(Trigger::Deadline, now.boot)
                || ((session.api_refused || session.withdrawn) && session.is_renewable())
        });
        if why == Wait::Storm && !something_to_renew {
            // A pause that ended in a renewal nobody needs would go on with the storm.
            return self.land(Resting);
        }
        self.refresh(Trigger::Deadline, now)
    }

    pub(crate) fn came_while_stopped(
        &mut self,
        fix: Fix,
        trigger: Trigger,
        now: Now,
    ) -> Vec<Effect> {
        let since = self.trouble.last_try.map(|at| now.boot - at);
        let Some(session) = self.session.as_ref().filter(|session| session.is_renewable()) else {
            return vec![];
        };
        let of_no_use = matches!(session.worth(now.boot), Worth::Expired | Worth::RefusedByApi);
        // While the token of before a bad ID token serves, nobody is in a hurry.
        let waits_for_it = fix == Fix::Settings || (fix == Fix::IdToken && of_no_use);
        let tries = match trigger {
            Trigger::Asked => true,
            Trigger::Launch | Trigger::Wake => waits_for_it,
            Trigger::Focus => waits_for_it && since.is_none_or(|ms| ms >= FOCUS_AFTER_SETUP_MS),
            Trigger::NetworkBack
            | Trigger::Deadline
            | Trigger::TokenWanted
            | Trigger::ApiRefused => false,
        };
        if tries { self.refresh(trigger, now) } else { vec![] }
    }

    pub(crate) fn signed_in(
        &mut self,
        snapshot: &Snapshot,
        exchange: Exchange,
        now: Now,
    ) -> Vec<Effect> {
        self.begin(snapshot, now);
        if let Some(session) = self.session.as_mut() {
            session.confirmed = Some(now.wall);
        }
        self.history.mark(now.boot, MarkKind::SignIn);
        self.remember(Outcome::SignedIn, None, Some(exchange), now);
        vec![]
    }

    pub(crate) fn adopted(&mut self, snapshot: &Snapshot, now: Now) -> Vec<Effect> {
        let before = self.session.take().filter(|session| session.epoch == snapshot.epoch);
        if let Some(known) = &before
            && known.is_what(snapshot)
            && known.refused == snapshot.refused
            && !matches!(self.state, State::Refreshing { .. })
        {
            // No news. Taking it for a renewal would forget what the API has refused, and how long
            // the server asked us to wait.
            self.session = before;
            self.heed_wait(snapshot, now);
            return vec![];
        }
        let left = before.as_ref().map(|session| session.plan.end - now.boot);
        let mut session = Session::from_snapshot(snapshot, &self.policy, self.seed, now);
        if let Some(before) = &before {
            session.follows(before);
            let serving = before.goes_on_serving(&session, now.boot, &self.policy, self.seed);
            if let Some(serving) = serving.filter(|_| snapshot.id_token_bad) {
                session = serving;
            }
        } else {
            self.end_epoch();
            self.history.clear();
            self.storm = Storm::default();
            self.kept = None;
            self.unsaved = None;
        }
        self.history.token(session.access(), session.plan);
        let id_token_bad = session.withheld.is_some();
        self.session = Some(session);
        // Whoever came by a bad ID token has just asked.
        self.trouble = Trouble::default();
        self.trouble.last_try = id_token_bad.then_some(now.boot);
        self.heed_wait(snapshot, now);
        self.put_off = None;
        self.launching = false;
        self.away_ms = None;
        self.state = if let Some(why) = snapshot.refused {
            NeedsSignIn { why }
        } else if id_token_bad {
            BAD_ID_TOKEN
        } else {
            Resting
        };
        self.remember(Outcome::Adopted, None, None, now);
        if let Some(last) = self.last.as_mut() {
            last.left_ms = left;
        }
        vec![]
    }

    /// The server has asked another copy of the app to wait: that holds here as well.
    fn heed_wait(&mut self, snapshot: &Snapshot, now: Now) {
        let Some(told) = wait_until(snapshot, now) else { return };
        let told = self.trouble.told_to_wait.map_or(told, |known| known.max(told));
        self.trouble.told_to_wait = Some(told);
        if let Waiting { why: Wait::Failure(_) | Wait::AnotherCopy, until } = self.state {
            let why = Wait::Failure(Class::Throttled);
            self.state = Waiting { why, until: until.max(told) };
        }
    }

    pub(crate) fn begin(&mut self, snapshot: &Snapshot, now: Now) {
        let session = Session::from_snapshot(snapshot, &self.policy, self.seed, now);
        self.end_epoch();
        self.history.clear();
        self.history.token(session.access(), session.plan);
        self.session = Some(session);
        self.trouble = Trouble::default();
        self.storm = Storm::default();
        self.kept = None;
        self.away_ms = None;
        self.launching = false;
        self.unsaved = None;
        self.put_off = None;
        self.state = Resting;
    }

    pub(crate) fn signed_out(&mut self, now: Now) -> Vec<Effect> {
        let already = self.state == SignedOut;
        self.session = None;
        self.end_epoch();
        self.launching = false;
        self.trouble = Trouble::default();
        self.storm = Storm::default();
        self.history.clear();
        if !already {
            // All that is left of it.
            self.history.mark(now.boot, MarkKind::SignOut);
        }
        self.last = None;
        self.kept = None;
        self.away_ms = None;
        self.unsaved = None;
        self.put_off = None;
        self.state = SignedOut;
        vec![Effect::Forget]
    }

    /// Facts: noted in every state alike.
    pub(crate) fn note(&mut self, fact: Input, now: Now) -> Vec<Effect> {
        if let Input::ServerClock(sample) = fact {
            self.clocks.sample(sample);
            if let (Some(session), Some(offset)) = (self.session.as_mut(), self.clocks.measured())
                && session.correct(offset.offset_ms, &self.policy, self.seed, now)
            {
                self.history.token(session.access(), session.plan);
            }
        } else if let Input::Unsaved(why) = fact {
            self.unsaved = Some(why);
        } else if fact == Input::Saved {
            self.unsaved = None;
        } else if let (Input::Confirmed, Some(session)) = (&fact, self.session.as_mut()) {
            session.confirmed = Some(now.wall);
            // It has served: a refusal from now on is a new one.
            session.fetched_for_api = false;
        } else if let Input::PolicyChanged(policy) = fact {
            self.policy = policy;
            if let Some(session) = self.session.as_mut() {
                session.plan_again(&policy, self.seed);
                self.history.token(session.access(), session.plan);
            }
        }
        vec![]
    }
}

/// Until when the server asked us to wait, where that is still to come: at most an hour from now,
/// whatever the clocks have done since it was written down.
fn wait_until(snapshot: &Snapshot, now: Now) -> Option<Boot> {
    let told = snapshot.wait_until?;
    let left = if snapshot.same_boot_wait { told.boot - now.boot } else { told.wall - now.wall };
    (left > 0).then(|| now.boot + left.min(HOUR))
}
