//! What the transitions do, one function each. `transitions.rs` says when.

use crate::engine::{Engine, Storm};
use crate::failure::{Class, Exchange, Failure, StoreTrouble};
use crate::grant::{Fingerprint, Grant, Snapshot};
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
/// Shorter absences are not worth a sentence.
const AWAY_MS: i64 = MINUTE;

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
        if refused {
            return self.land(NeedsSignIn { why: Ended::Refused });
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

    pub(crate) fn note_api_refusal(&mut self, access: Fingerprint) -> ApiRefusal {
        let Some(session) = self.session.as_mut().filter(|session| session.access() == access)
        else {
            return ApiRefusal::Stale;
        };
        if session.withdrawn {
            // Nobody is given it any more, whatever an API makes of it.
            return ApiRefusal::Stale;
        }
        let again = session.api_refused || session.fetched_for_api;
        session.api_refused = true;
        if session.grant.renewal == crate::Renewal::No {
            ApiRefusal::CannotRenew
        } else if again {
            ApiRefusal::Again
        } else {
            ApiRefusal::Renew
        }
    }

    pub(crate) fn renewed(
        &mut self,
        attempt: u64,
        reason: Trigger,
        grant: Grant,
        exchange: Exchange,
        now: Now,
    ) -> Vec<Effect> {
        let expose = vec![Effect::Expose { attempt }];
        self.remember(Outcome::Renewed, Some(reason), Some(exchange), now);
        self.trouble.is_over();
        self.put_off = None;
        self.state = Resting;
        if let Some(ms) = self.away_ms.take().filter(|ms| *ms >= AWAY_MS) {
            self.kept = Some((ms, now.boot));
        }
        let after_launch = std::mem::take(&mut self.launching);
        let Some(session) = self.session.as_mut() else { return expose };
        let planned = session.plan.renew_at.map(|at| at - session.plan.asked);
        let age = grant.asked.boot - session.plan.asked;
        // An assumed lifetime plans nothing that an API could be early by: a token that has served is
        // simply at its end. One that never did is another matter.
        let has_served =
            session.plan.assumed && !session.fetched_for_api && age >= SHORTEST_PLANNED_MS;
        let early = !has_served && planned.is_some_and(|span| age < span / 2);
        session.renewed(grant, after_launch, &self.policy, self.seed);
        session.confirmed = Some(now.wall);
        self.history.token(session.access(), session.plan);
        if reason != Trigger::Asked
            && let Some(pause) = self.storm.note(early)
        {
            self.state = Waiting { why: Wait::Storm, until: now.boot + pause };
        }
        expose
    }

    /// The ID token of the answer is bad: the access token of before serves to its end.
    pub(crate) fn id_token_bad(
        &mut self,
        attempt: u64,
        reason: Trigger,
        grant: &Grant,
        exchange: Exchange,
        now: Now,
    ) -> Vec<Effect> {
        self.remember(Outcome::IdTokenBad, Some(reason), Some(exchange), now);
        self.history.mark(now.boot, MarkKind::Failure);
        self.trouble.is_over();
        self.put_off = None;
        self.launching = false;
        self.away_ms = None;
        if let Some(session) = self.session.as_mut() {
            let refresh_end = grant.refresh_end(grant.asked.boot);
            session.withholds(grant, refresh_end, &self.policy, self.seed);
            self.history.token(session.access(), session.plan);
        }
        self.state = BAD_ID_TOKEN;
        vec![Effect::Withhold { attempt }]
    }

    /// The ID token of the access token in use is bad, as a check that was made up has shown. Answers
    /// whether it was in use.
    pub(crate) fn withdraw(&mut self, access: Fingerprint, exchange: Exchange, now: Now) -> bool {
        let in_use = |session: &&mut Session| session.access() == access && !session.withdrawn;
        let Some(session) = self.session.as_mut().filter(in_use) else { return false };
        session.withdrawn = true;
        session.withheld.get_or_insert(access);
        self.history.mark(now.boot, MarkKind::Failure);
        self.remember(Outcome::IdTokenBad, None, Some(exchange), now);
        true
    }

    /// The intent could not be written down: the renewal waits for the disk, but not longer than the
    /// token can.
    pub(crate) fn put_off(&mut self, trouble: StoreTrouble, now: Now) -> Vec<Effect> {
        self.put_off = Some(trouble);
        let draw = self.draw();
        let step = now.boot + self.trouble.disk_ms(draw);
        let last = self.session.as_ref().map_or(step, |session| session.plan.last_moments);
        self.land(Waiting { why: Wait::Store, until: step.min(last).max(now.boot) })
    }

    pub(crate) fn failed(&mut self, failure: &Failure, reason: Trigger, now: Now) -> Vec<Effect> {
        let what = Outcome::Failed(failure.class);
        self.remember(what, Some(reason), Some(failure.exchange.clone()), now);
        self.history.mark(now.boot, MarkKind::Failure);
        if !self.goes_ahead {
            // It was sent, so its intent was written.
            self.put_off = None;
        }
        match failure.class {
            Class::Refused => {
                let why = if self.trouble.answer_lost { Ended::AnswerLost } else { Ended::Refused };
                if let Some(session) = self.session.as_mut() {
                    session.refused = true;
                }
                self.state = NeedsSignIn { why };
                vec![Effect::RecordRefusal]
            }
            Class::SetUp => self.land(Stopped { what_to_fix: Fix::Settings }),
            Class::NotSent
            | Class::UnknownOutcome
            | Class::Throttled
            | Class::ServerTrouble
            | Class::NotTheAuthServer
            | Class::UnclearRefusal => {
                let draw = self.draw();
                let until = self.trouble.next_try(failure, now.boot, draw);
                self.state = Waiting { why: Wait::Failure(failure.class), until };
                if failure.class == Class::Throttled {
                    let until = Now { wall: now.wall_at(until), boot: until };
                    return vec![Effect::RecordWait { until }];
                }
                vec![]
            }
        }
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
        self.state = if snapshot.refused {
            NeedsSignIn { why: Ended::Refused }
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

/// What an API's refusal of a token asks for.
pub(crate) enum ApiRefusal {
    /// It was an older token: repeat with the present one.
    Stale,
    /// Renew once.
    Renew,
    /// The renewed one was refused as well: no loop.
    Again,
    /// There is no renewing.
    CannotRenew,
}
