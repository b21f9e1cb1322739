//! The view: what may be shown of an engine at one moment.

use crate::engine::Engine;
use crate::failure::Class;
use crate::grant::{Lifetime, Renewal};
use crate::session::Session;
use crate::state::{Ended, Fix, Holdup, State, Wait};
use crate::time::{Boot, MINUTE, Now};
use crate::view::{
    ClockView, Outcome, RenewalView, Sentence, Status, TokenView, View, Who, Why, Worth,
};

impl Engine {
    /// What may be shown at `now`.
    #[must_use]
    pub fn view(&self, now: Now) -> View {
        let at = |boot: Boot| now.wall_at(boot).0;
        let session = self.session.as_ref();
        View {
            now_ms: now.wall.0,
            status: self.status(now),
            sentence: self.sentence(now),
            who: session.map(|session| Who {
                user: session.identity.user.clone(),
                name: session.identity.name.clone(),
            }),
            token: session.map(|session| token_view(session, now)),
            renewal: session.map(|session| renewal_view(session, now)),
            why: self.last.as_ref().map(|last| Why {
                at_ms: at(last.at),
                what: last.what,
                reason: last.reason,
                left_ms: last.left_ms.filter(|_| last.what != Outcome::SignedIn),
                exchange: last.exchange.clone(),
            }),
            next: self.next(now),
            clock: self.clocks.offset_ms().map(|offset_ms| ClockView {
                offset_ms,
                bound_ms: self.clocks.measured().map(|sample| sample.bound_ms),
            }),
            clock_jumped_ms: self.clocks.recent_jump_ms(now),
            confirmed_ms: session.and_then(|session| session.confirmed).map(|wall| wall.0),
            refreshes: session.map_or(0, |session| session.refreshes),
            unsaved: self.unsaved.clone(),
            put_off: self.put_off.clone(),
            sign_in_offered: self.offers_sign_in(now.boot),
            kept_over_ms: self
                .kept
                .filter(|(_, since)| now.boot - *since < MINUTE && self.state == State::Resting)
                .map(|(ms, _)| ms),
            lifeline: self.history.draw(
                now,
                session.filter(|session| session.is_renewable()).map(|session| &session.plan),
            ),
        }
    }

    fn status(&self, now: Now) -> Status {
        match self.state {
            State::Restoring { waiting_for } => Status::Restoring { waiting_for },
            State::SignedOut => Status::SignedOut,
            State::Resting => Status::Resting,
            State::Refreshing { reason, .. } => Status::Refreshing { reason },
            State::Waiting { why, until } => {
                Status::Waiting { why, until_ms: now.wall_at(until).0 }
            }
            State::Stopped { what_to_fix } => Status::Stopped { what_to_fix },
            State::NeedsSignIn { why } => Status::NeedsSignIn { why },
        }
    }

    /// The one sentence.
    fn sentence(&self, now: Now) -> Sentence {
        if self.unsaved.is_some() && self.session.is_some() {
            return Sentence::Unsaved;
        }
        match self.state {
            State::Restoring { waiting_for } => match waiting_for {
                Holdup::Store => Sentence::Restoring,
                Holdup::StoreUnreadable => Sentence::Unreadable,
                Holdup::KeychainLocked => Sentence::Locked,
                Holdup::KeychainSlow => Sentence::KeychainSlow,
                Holdup::KeychainCancelled => Sentence::KeychainCancelled,
                Holdup::KeychainGone => Sentence::KeychainGone,
                Holdup::KeyGone => Sentence::KeyGone,
            },
            State::SignedOut => Sentence::SignedOut,
            State::Resting => self.resting_sentence(now),
            State::Refreshing { .. } => Sentence::Refreshing,
            State::Waiting { why, until } => self.waiting_sentence(why, until, now),
            State::Stopped { what_to_fix: Fix::Settings } => Sentence::Stopped,
            State::Stopped { what_to_fix: Fix::ApiRefuses } => Sentence::ApiRefuses,
            State::Stopped { what_to_fix: Fix::IdToken } => {
                let carries = self.session.as_ref().filter(|session| {
                    !matches!(session.worth(now.boot), Worth::Expired | Worth::RefusedByApi)
                });
                let ends = carries.filter(|session| !session.plan.assumed);
                Sentence::IdToken { ends_ms: ends.map(|it| now.wall_at(it.plan.end).0) }
            }
            State::NeedsSignIn { why: Ended::Refused } => Sentence::NeedsSignIn,
            State::NeedsSignIn { why: Ended::AnswerLost } => Sentence::AnswerLost,
            State::NeedsSignIn { why: Ended::CannotRenew } => Sentence::RanOut,
        }
    }

    fn resting_sentence(&self, now: Now) -> Sentence {
        let Some(session) = &self.session else { return Sentence::SignedOut };
        let plan = &session.plan;
        match (session.grant.renewal, plan.renew_at) {
            (Renewal::No, _) => Sentence::NoRefreshToken {
                ends_ms: (!plan.assumed).then_some(now.wall_at(plan.end).0),
            },
            (Renewal::RefreshToken { .. } | Renewal::Itself, Some(at)) => {
                Sentence::Resting { renews_ms: now.wall_at(at).0 }
            }
            (Renewal::RefreshToken { .. } | Renewal::Itself, None) => Sentence::RestingOnDemand,
        }
    }

    fn waiting_sentence(&self, why: Wait, until: Boot, now: Now) -> Sentence {
        let next_ms = now.wall_at(until).0;
        // Past its end, or refused by an API: the token no longer carries anybody.
        let carries = self.session.as_ref().is_some_and(|session| {
            !matches!(session.worth(now.boot), Worth::Expired | Worth::RefusedByApi)
        });
        let ends_ms = self
            .session
            .as_ref()
            .filter(|session| carries && !session.plan.assumed)
            .map(|session| now.wall_at(session.plan.end).0);
        match why {
            Wait::Storm => Sentence::Paused { until_ms: next_ms },
            Wait::AnotherCopy => Sentence::AnotherCopy,
            Wait::Store => Sentence::PutOff { ends_ms, next_ms },
            Wait::Failure(Class::NotTheAuthServer) => Sentence::Portal { next_ms },
            Wait::Failure(Class::Throttled) => Sentence::Throttled { ends_ms, next_ms },
            Wait::Failure(Class::UnclearRefusal) if self.offers_sign_in(now.boot) => {
                Sentence::Unclear { next_ms }
            }
            Wait::Failure(
                Class::NotSent
                | Class::UnknownOutcome
                | Class::ServerTrouble
                | Class::SetUp
                | Class::UnclearRefusal
                | Class::Refused,
            ) => {
                if carries {
                    Sentence::WaitingValid { ends_ms, next_ms }
                } else {
                    Sentence::WaitingExpired { next_ms }
                }
            }
        }
    }
}

fn token_view(session: &Session, now: Now) -> TokenView {
    let plan = &session.plan;
    let at = |boot| now.wall_at(boot).0;
    TokenView {
        fingerprint: session.access().to_string(),
        worth: session.worth(now.boot),
        asked_ms: at(plan.asked),
        ends_ms: at(plan.end),
        renews_ms: plan.renew_at.filter(|_| session.is_renewable()).map(at),
        lifetime_ms: plan.lifetime_ms,
        assumed: plan.assumed,
        server_said: match &session.grant.lifetime {
            Lifetime::Told(_) => None,
            Lifetime::Unknown(said) => said.clone(),
        },
    }
}

fn renewal_view(session: &Session, now: Now) -> RenewalView {
    match session.grant.renewal {
        Renewal::RefreshToken { fingerprint, .. } => RenewalView::RefreshToken {
            fingerprint: fingerprint.to_string(),
            ends_ms: session.refresh_end.map(|end| now.wall_at(end).0),
            rotates: session.rotates,
        },
        Renewal::Itself => RenewalView::Itself,
        Renewal::No => RenewalView::No,
    }
}
