//! The four places of the public API, from request to decision. Everything here runs while the
//! state is locked, so nothing here waits.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;

use crate::answer::{Answer, say};
use crate::api::Request;
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
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let bearer = bearer(headers);
        Self { endpoint, body: serde_json::from_slice(body).ok(), bearer, cookies }
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.body.as_ref()?.get(name)?.as_str()
    }
}

impl Request for Asked {
    fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    fn access_token(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    fn refresh_token(&self, switches: &Switches) -> Option<&str> {
        if switches.cookie_form { self.cookie(REFRESH_COOKIE) } else { self.field("refreshToken") }
    }

    fn handle(&self, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
        let (outcome, keep) = match self.endpoint {
            Endpoint::Login => login(self, fresh, saved, now_ms),
            Endpoint::Refresh => refresh(self, fresh, saved, now_ms),
            Endpoint::Api => me(self.access_token(), saved, now_ms),
            Endpoint::Logout => logout(self, saved),
        };
        if matches!(outcome, Outcome::Refused(_)) {
            saved.counters.refused(self.endpoint);
        }
        (outcome, keep)
    }

    fn say(&self, outcome: &Outcome, switches: &Switches, now_ms: u64) -> Answer {
        say(outcome, self.endpoint, switches, now_ms)
    }
}

/// Taken from the header (RFC 6750 section 2.1). The scheme's case does not matter (RFC 9110
/// section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn login(asked: &Asked, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let (Some(username), Some(password)) = (asked.field("username"), asked.field("password"))
    else {
        return (Outcome::Invalid("username and password are needed"), Keep::InMemory);
    };
    let Some(User { username, .. }) = users::with_password(username, password) else {
        let refused = Refused {
            error: "invalid_credentials",
            message: "wrong user name or password".to_owned(),
            challenge: Challenge::None,
        };
        return (Outcome::Refused(refused), Keep::InMemory);
    };
    let (access, sid) = (fresh.access, fresh.sid);
    let mut tokens = begin(username, access, Some(fresh.refresh), saved, now_ms);
    tokens.sid = (saved.switches.cookie_form && tokens.refresh.is_some()).then_some(sid);
    (Outcome::Tokens(tokens), Keep::Durably)
}

/// Begins a session, which can be renewed if there is a refresh token and the switches let it
/// be told.
pub(crate) fn begin(
    username: &str,
    access: String,
    refresh: Option<String>,
    saved: &mut Saved,
    now_ms: u64,
) -> Tokens {
    let renewable = saved.switches.tell_refresh_token != TellRefreshToken::Never;
    let refresh = refresh.filter(|_| renewable);
    saved.grants.sign_in(
        username,
        &saved.switches.terms(),
        TokenHash::of(&access),
        refresh.as_deref().map(TokenHash::of),
        now_ms,
    );
    tokens(access, refresh, &saved.switches)
}

fn refresh(asked: &Asked, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let Some(shown) = asked.refresh_token(&saved.switches) else {
        return (Outcome::Invalid("refreshToken is needed"), Keep::InMemory);
    };
    if saved.switches.cookie_form && asked.cookie(SID_COOKIE).is_none() {
        return (Outcome::Invalid("the cookie sid is needed"), Keep::InMemory);
    }
    // What an OAuth client was given is for that client, which says here nowhere who it is.
    let renewed = if saved.grants.authorization(TokenHash::of(shown)).is_some() {
        Err(Refusal::Unknown)
    } else {
        renew(shown, fresh, saved, now_ms)
    };
    match renewed {
        Ok((_, tokens)) => (Outcome::Tokens(tokens), Keep::Durably),
        Err(refusal) => (Outcome::invalid_grant(refusal), Keep::Durably),
    }
}

/// Renews a session, and says whose it is.
pub(crate) fn renew(
    shown: &str,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> Result<(String, Tokens), Refusal> {
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
            Ok((renewed.username, tokens(fresh.access, refresh, &saved.switches)))
        }
        Err(refusal) => {
            saved.counters.reuse_detected += u64::from(refusal == Refusal::Replaced);
            Err(refusal)
        }
    }
}

fn tokens(access: String, refresh: Option<String>, switches: &Switches) -> Tokens {
    Tokens {
        access,
        access_lifetime_ms: switches.access_lifetime_ms,
        refresh,
        refresh_lifetime_ms: switches.refresh_lifetime_ms,
        sid: None,
        openid: None,
    }
}

/// Says who it is whose access token was shown.
pub(crate) fn me(shown: Option<&str>, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep) {
    let Some(shown) = shown else {
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
