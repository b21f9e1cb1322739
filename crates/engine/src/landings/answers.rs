//! What answers do: of the auth server to a refresh, and of an API to a token.

use super::BAD_ID_TOKEN;
use crate::engine::Engine;
use crate::failure::{Class, Exchange, Failure, StoreTrouble};
use crate::grant::{Fingerprint, Grant};
use crate::plan::SHORTEST_PLANNED_MS;
use crate::session::Session;
use crate::state::State::{NeedsSignIn, Resting, Stopped, Waiting};
use crate::state::{Effect, Ended, Fix, Trigger, Wait};
use crate::time::{MINUTE, Now};
use crate::view::{MarkKind, Outcome};

/// Shorter absences are not worth a sentence.
const AWAY_MS: i64 = MINUTE;

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

impl Engine {
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
                    session.refused = Some(why);
                }
                self.state = NeedsSignIn { why };
                vec![Effect::RecordRefusal { why }]
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
}
