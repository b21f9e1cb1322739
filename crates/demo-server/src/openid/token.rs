//! The token endpoint: a code, a refresh token or a device code for tokens (RFC 6749 sections
//! 4.1.3 and 6, RFC 8628 section 3.4).

use super::client::refused;
use super::codes::{BadCode, Proof};
use super::id_token::{Facts, id_token};
use super::request::Asked;
use super::scope::{holds, is_within};
use super::switches::Lie;
use crate::clock::told_ms;
use crate::desk::Saved;
use crate::handlers::{begin, renew};
use crate::outcome::{OpenIdTokens, Outcome, Refused, Tokens};
use crate::policy::{Authorization, Refusal};
use crate::token::{FreshTokens, TokenHash};

/// The grant type of a refresh.
pub(crate) const REFRESH: &str = "refresh_token";
/// The grant type of a device.
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Gives tokens for what came.
///
/// # Errors
/// The refusal, with the error code that the RFC wants.
pub(crate) fn give(
    asked: &Asked,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> Result<Outcome, Refused> {
    let client_id = asked.credentials.client(&asked.form, &saved.switches.openid)?;
    match asked.form.field("grant_type") {
        Some("authorization_code") => for_code(asked, &client_id, fresh, saved, now_ms),
        Some(REFRESH) => for_refresh(asked, &client_id, fresh, saved, now_ms),
        Some(DEVICE_CODE) if saved.switches.openid.offers_device => {
            for_device(asked, client_id, fresh, saved, now_ms)
        }
        Some(_) => Err(refused("unsupported_grant_type", "no such grant type here")),
        None => Err(refused("invalid_request", "grant_type is needed")),
    }
}

fn for_code(
    asked: &Asked,
    client_id: &str,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> Result<Outcome, Refused> {
    let code = asked.form.field("code");
    let code = TokenHash::of(code.ok_or_else(|| refused("invalid_request", "code is needed"))?);
    let proof = Proof {
        client_id,
        redirect_uri: asked.form.field("redirect_uri"),
        verifier: asked.form.field("code_verifier"),
    };
    let consent = saved.openid.codes.redeem(code, &proof, now_ms).map_err(|bad| {
        saved.counters.codes_refused += 1;
        if let BadCode::Used(Some(access)) = bad {
            saved.grants.reused(access);
        }
        refused("invalid_grant", bad)
    })?;
    saved.openid.codes.gave(code, TokenHash::of(&fresh.access));
    let session = Session {
        username: consent.username,
        client_id: consent.client_id,
        scope: consent.scope,
        nonce: consent.nonce,
        at_ms: consent.at_ms,
    };
    Ok(session.begin(fresh, saved, now_ms))
}

fn for_device(
    asked: &Asked,
    client_id: String,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> Result<Outcome, Refused> {
    let shown = asked.form.field("device_code");
    let shown = shown.ok_or_else(|| refused("invalid_request", "device_code is needed"))?;
    let slow_down = saved.switches.openid.slow_down > 0;
    if slow_down {
        saved.switches.openid.slow_down -= 1;
    }
    let polled = saved.openid.devices.poll(TokenHash::of(shown), &client_id, slow_down, now_ms);
    if polled.as_ref().err().is_none_or(|not| !not.goes_on()) {
        saved.counters.logins += 1;
    }
    let let_in = polled.map_err(|not| refused(not.code(), not))?;
    let session = Session {
        username: let_in.username,
        client_id,
        scope: let_in.scope,
        nonce: None,
        at_ms: let_in.at_ms,
    };
    Ok(session.begin(fresh, saved, now_ms))
}

/// A session that a client may begin.
struct Session {
    username: String,
    client_id: String,
    scope: String,
    nonce: Option<String>,
    /// When the person signed in.
    at_ms: u64,
}

impl Session {
    fn begin(self, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> Outcome {
        let Self { username, client_id, scope, nonce, at_ms } = self;
        let needed = saved.switches.openid.needs_offline_access;
        let renewable = !needed || holds(&scope, "offline_access");
        let refresh = renewable.then_some(fresh.refresh);
        let tokens = begin(&username, fresh.access, refresh, saved, now_ms);
        let authorization = Authorization { client_id, scope, auth_time_ms: at_ms, sid: fresh.sid };
        saved.grants.authorize(TokenHash::of(&tokens.access), authorization.clone());
        let beside = Beside {
            scope: Some(authorization.scope.clone()),
            with_id_token: saved.switches.openid.lie != Lie::NoIdToken,
            nonce,
            refreshed: false,
        };
        beside.said(tokens, &username, &authorization, saved, now_ms)
    }
}

fn for_refresh(
    asked: &Asked,
    client_id: &str,
    fresh: FreshTokens,
    saved: &mut Saved,
    now_ms: u64,
) -> Result<Outcome, Refused> {
    let shown = asked.form.field("refresh_token");
    let shown = shown.ok_or_else(|| refused("invalid_request", "refresh_token is needed"))?;
    let known = saved.grants.authorization(TokenHash::of(shown)).cloned();
    // Those of the tutorial's API are for the tutorial's API.
    let known = known.ok_or_else(|| refused("invalid_grant", Refusal::Unknown))?;
    if known.client_id != client_id {
        return Err(refused("invalid_grant", "the token is another client's"));
    }
    let scope = asked.form.field("scope");
    if scope.is_some_and(|scope| !is_within(scope, &known.scope)) {
        return Err(refused("invalid_scope", "more than was granted"));
    }
    let renewed = renew(shown, fresh, saved, now_ms);
    let (username, tokens) = renewed.map_err(|refusal| refused("invalid_grant", refusal))?;
    let switches = &saved.switches.openid;
    let beside = Beside {
        scope: switches.refresh_tells_scope.then(|| scope.unwrap_or(&known.scope).to_owned()),
        with_id_token: switches.refresh_gives_id_token,
        nonce: None,
        refreshed: true,
    };
    Ok(beside.said(tokens, &username, &known, saved, now_ms))
}

/// What an answer tells beside its tokens.
struct Beside {
    scope: Option<String>,
    with_id_token: bool,
    nonce: Option<String>,
    refreshed: bool,
}

impl Beside {
    fn said(
        self,
        mut tokens: Tokens,
        username: &str,
        authorization: &Authorization,
        saved: &mut Saved,
        now_ms: u64,
    ) -> Outcome {
        let mut openid = OpenIdTokens { id_token: None, scope: self.scope };
        if self.with_id_token && holds(&authorization.scope, "openid") {
            let shown = |ms| told_ms(ms, saved.switches.clock_offset_ms);
            let facts = Facts {
                issuer: &super::issuer(saved),
                username,
                authorization,
                nonce: self.nonce.as_deref(),
                access_token: &tokens.access,
                refreshed: self.refreshed,
                auth_time_ms: shown(authorization.auth_time_ms),
                shown_ms: shown(now_ms),
            };
            let switches = &saved.switches.openid;
            let key = saved.openid.keys.current(switches.alg);
            match key.and_then(|(key, _)| id_token(&facts, key, switches)) {
                Ok(id_token) => openid.id_token = Some(id_token),
                Err(error) => {
                    tracing::warn!(%error, "an ID token cannot be signed");
                    return Outcome::Trouble;
                }
            }
        }
        tokens.openid = Some(openid);
        Outcome::Tokens(tokens)
    }
}
