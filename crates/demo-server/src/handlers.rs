//! The four places of the public API, from request to decision. Everything here runs while the
//! state is locked, so nothing here waits.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::counters::Endpoint;
use crate::desk::{Keep, Saved};
use crate::outcome::{Challenge, Outcome, Refused, Tokens};
use crate::policy::{Pair, Refusal};
use crate::switches::{Switches, TellRefreshToken};
use crate::token::{FreshTokens, TokenHash};
use crate::users::{self, User};

/// The cookie that carries the refresh token in the cookie form.
pub(crate) const REFRESH_COOKIE: &str = "refresh_token";
/// The cookie that a sign-in sets beside it, and that a refresh must bring too.
pub(crate) const SID_COOKIE: &str = "sid";

/// What came, taken apart once.
pub(crate) struct Asked {
    endpoint: Endpoint,
    body: Option<Value>,
    bearer: Option<String>,
    cookies: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn read(endpoint: Endpoint, headers: &HeaderMap, body: &Bytes) -> Self {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        // The scheme's case does not matter (RFC 9110 section 11.1).
        let bearer = bearer
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned());
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { endpoint, body: serde_json::from_slice(body).ok(), bearer, cookies }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    pub(crate) fn access_token(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    pub(crate) fn refresh_token(&self, switches: &Switches) -> Option<&str> {
        if switches.cookie_form { self.cookie(REFRESH_COOKIE) } else { self.field("refreshToken") }
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.body.as_ref()?.get(name)?.as_str()
    }
}

/// Decides about a request.
pub(crate) fn handle(
    asked: &Asked,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> (Outcome, Keep) {
    let (outcome, keep) = match asked.endpoint {
        Endpoint::Login => login(asked, fresh, saved, now_ms),
        Endpoint::Refresh => refresh(asked, fresh, saved, now_ms),
        Endpoint::Api => me(asked, saved, now_ms),
        Endpoint::Logout => logout(asked, saved),
    };
    if matches!(outcome, Outcome::Refused(_)) {
        saved.counters.refused(asked.endpoint);
    }
    (outcome, keep)
}

fn login(asked: &Asked, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let (Some(username), Some(password)) = (asked.field("username"), asked.field("password"))
    else {
        return (Outcome::Invalid("username and password are needed"), Keep::InMemory);
    };
    let known = users::known(username)
        .filter(|user| bool::from(user.password.as_bytes().ct_eq(password.as_bytes())));
    let Some(User { username, .. }) = known else {
        let refused = Refused {
            error: "invalid_credentials",
            message: "wrong user name or password".to_owned(),
            challenge: Challenge::None,
        };
        return (Outcome::Refused(refused), Keep::InMemory);
    };
    let renewable = saved.switches.tell_refresh_token != TellRefreshToken::Never;
    let refresh = renewable.then_some(fresh.refresh);
    saved.grants.sign_in(
        username,
        &saved.switches.terms(),
        TokenHash::of(&fresh.access),
        refresh.as_deref().map(TokenHash::of),
        now_ms,
    );
    let sid = (saved.switches.cookie_form && renewable).then_some(fresh.sid);
    (Outcome::Tokens(tokens(fresh.access, refresh, sid, &saved.switches)), Keep::Durably)
}

fn refresh(asked: &Asked, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let Some(shown) = asked.refresh_token(&saved.switches) else {
        return (Outcome::Invalid("refreshToken is needed"), Keep::InMemory);
    };
    if saved.switches.cookie_form && asked.cookie(SID_COOKIE).is_none() {
        return (Outcome::Invalid("the cookie sid is needed"), Keep::InMemory);
    }
    let pair =
        Pair { access: TokenHash::of(&fresh.access), refresh: TokenHash::of(&fresh.refresh) };
    let terms = saved.switches.terms();
    match saved.grants.refresh(TokenHash::of(shown), &terms, pair, now_ms) {
        Ok(renewed) => {
            saved.counters.refreshes_granted += 1;
            let refresh = match (renewed.rotated, saved.switches.tell_refresh_token) {
                (true, _) => Some(fresh.refresh),
                (false, TellRefreshToken::Always) => Some(shown.to_owned()),
                (false, TellRefreshToken::WhenNew | TellRefreshToken::Never) => None,
            };
            let tokens = tokens(fresh.access, refresh, None, &saved.switches);
            (Outcome::Tokens(tokens), Keep::Durably)
        }
        Err(refusal) => {
            saved.counters.reuse_detected += u64::from(refusal == Refusal::Replaced);
            (Outcome::invalid_grant(refusal), Keep::Durably)
        }
    }
}

fn tokens(
    access: String,
    refresh: Option<String>,
    sid: Option<String>,
    switches: &Switches,
) -> Tokens {
    Tokens {
        access,
        access_lifetime_ms: switches.access_lifetime_ms,
        refresh,
        refresh_lifetime_ms: switches.refresh_lifetime_ms,
        sid,
    }
}

fn me(asked: &Asked, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let Some(shown) = asked.access_token() else {
        let refused = Refused {
            error: "invalid_token",
            message: "an access token is needed".to_owned(),
            challenge: Challenge::Bearer,
        };
        return (Outcome::Refused(refused), Keep::InMemory);
    };
    let rotation = saved.switches.terms().rotation;
    match saved.grants.use_access(TokenHash::of(shown), rotation, now_ms) {
        Ok(accepted) => {
            let keep = if accepted.settled { Keep::Durably } else { Keep::InMemory };
            match users::known(&accepted.username) {
                Some(User { username, name, .. }) => (Outcome::Profile { username, name }, keep),
                None => (Outcome::invalid_token("the user is gone"), keep),
            }
        }
        Err(refusal) => (Outcome::invalid_token(refusal), Keep::InMemory),
    }
}

/// An unknown token is signed out already (RFC 7009 section 2.2). Where no refresh token was
/// ever given, the access token says whose session ends.
fn logout(asked: &Asked, saved: &mut Saved) -> (Outcome, Keep) {
    let shown = asked.refresh_token(&saved.switches).or(asked.access_token());
    let Some(shown) = shown else {
        return (Outcome::Invalid("refreshToken is needed"), Keep::InMemory);
    };
    saved.grants.sign_out(TokenHash::of(shown));
    (Outcome::Done, Keep::Durably)
}
