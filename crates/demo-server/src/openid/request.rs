//! What a client asks of the token endpoint, of userinfo and of revocation.

use axum::body::Bytes;
use axum::http::HeaderMap;

use super::client::{Credentials, refused};
use super::form::{Form, says_form};
use super::{say, token};
use crate::answer::Answer;
use crate::api::Request;
use crate::counters::{Counters, Endpoint};
use crate::desk::{Keep, Saved};
use crate::handlers::{bearer, me};
use crate::outcome::{Outcome, Refused};
use crate::switches::Switches;
use crate::token::{FreshTokens, TokenHash};

/// Where it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Token,
    Userinfo,
    Revoke,
}

/// What came, taken apart once.
pub(crate) struct Asked {
    place: Place,
    pub(super) form: Form,
    is_form: bool,
    pub(super) credentials: Credentials,
    bearer: Option<String>,
}

impl Asked {
    pub(crate) fn read(place: Place, headers: &HeaderMap, body: &Bytes) -> Self {
        Self {
            place,
            form: Form::read(body),
            is_form: says_form(headers),
            credentials: Credentials::read(headers),
            bearer: bearer(headers),
        }
    }

    /// Refuses what is not the form that OAuth wants (RFC 6749 section 3.2).
    fn check(&self) -> Result<(), Refused> {
        if !self.is_form {
            return Err(refused("invalid_request", "a form is needed"));
        }
        match self.form.repeated() {
            Some(_) => Err(refused("invalid_request", "a parameter came twice")),
            None => Ok(()),
        }
    }

    /// An unknown token is revoked already (RFC 7009 section 2.2).
    fn revoke(&self, saved: &mut Saved) -> Result<Outcome, Refused> {
        self.check()?;
        let client = self.credentials.client(&self.form, &saved.switches.openid)?;
        let shown = self.form.field("token");
        let shown = shown.ok_or_else(|| refused("invalid_request", "token is needed"))?;
        let shown = TokenHash::of(shown);
        match saved.grants.authorization(shown) {
            Some(known) if known.client_id == client => {
                saved.grants.sign_out(shown);
                Ok(Outcome::Done)
            }
            Some(_) => Err(refused("unauthorized_client", "the token is another client's")),
            None => Ok(Outcome::Done),
        }
    }
}

impl Request for Asked {
    fn endpoint(&self) -> Endpoint {
        match self.place {
            Place::Token if self.form.field("grant_type") == Some(token::REFRESH) => {
                Endpoint::Refresh
            }
            Place::Token => Endpoint::Login,
            Place::Userinfo => Endpoint::Api,
            Place::Revoke => Endpoint::Logout,
        }
    }

    fn access_token(&self) -> Option<&str> {
        self.bearer.as_deref().filter(|_| self.place == Place::Userinfo)
    }

    fn refresh_token(&self, _: &Switches) -> Option<&str> {
        match self.place {
            Place::Token => self.form.field("refresh_token"),
            Place::Revoke => self.form.field("token"),
            Place::Userinfo => None,
        }
    }

    fn count(&self, counters: &mut Counters) {
        let polls = self.form.field("grant_type") == Some(token::DEVICE_CODE);
        if self.place == Place::Token && polls {
            // A sign-in only once it is settled.
            counters.device_polls += 1;
            return;
        }
        counters.asked(self.endpoint());
        counters.revocations += u64::from(self.place == Place::Revoke);
        counters.userinfo_calls += u64::from(self.place == Place::Userinfo);
    }

    fn handle(&self, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
        let (outcome, keep) = match self.place {
            Place::Token => {
                let given = self.check().and_then(|()| token::give(self, fresh, saved, now_ms));
                (given.unwrap_or_else(Outcome::Refused), Keep::Durably)
            }
            Place::Userinfo => me(self.access_token(), saved, now_ms),
            Place::Revoke => (self.revoke(saved).unwrap_or_else(Outcome::Refused), Keep::Durably),
        };
        if let Outcome::Refused(refused) = &outcome
            && !["authorization_pending", "slow_down"].contains(&refused.error)
        {
            saved.counters.refused(self.endpoint());
        }
        (outcome, keep)
    }

    fn say(&self, outcome: &Outcome, switches: &Switches, now_ms: u64) -> Answer {
        say::say(outcome, switches, now_ms)
    }
}
