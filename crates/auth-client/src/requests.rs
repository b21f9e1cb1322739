//! Builds the four requests as the settings describe them.

use crate::granted::kept;
use crate::plan::Plan;
use crate::pointer;
use crate::settings::RenewWith;
use crate::transport::{Outgoing, Payload};
use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue,
};
use keeper::ports::Credentials;
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

/// Why a request cannot be made: the settings and the session do not fit.
pub(crate) type Unfit = &'static str;

pub(crate) fn sign_in(plan: &Plan, credentials: &Credentials) -> Outgoing {
    let fields = &plan.settings.login;
    let mut body = Map::new();
    pointer::put(&mut body, &fields.user_field, credentials.user.as_str().into());
    pointer::put(&mut body, &fields.password_field, credentials.password.expose_secret().into());
    let headers = headers(plan, true);
    Outgoing { method: Method::POST, url: plan.login.clone(), headers, body: json(body) }
}

pub(crate) fn refresh(plan: &Plan, tokens: &Tokens) -> Result<Outgoing, Unfit> {
    let mut body = Map::new();
    let mut headers = headers(plan, true);
    match (&plan.settings.refresh.with, &tokens.renewal) {
        (RenewWith::Body { field }, RenewalSecret::RefreshToken(token)) => {
            pointer::put(&mut body, field, token.expose_secret().into());
        }
        (RenewWith::Cookie, RenewalSecret::Cookies(_)) => carry_cookies(&mut headers, tokens)?,
        (RenewWith::AccessToken { field }, _) => {
            pointer::put(&mut body, field, tokens.access.expose_secret().into());
            headers.insert(AUTHORIZATION, carrier("Bearer", &tokens.access)?);
        }
        (_, RenewalSecret::Nothing) | (RenewWith::Nothing, _) => {
            return Err("there is nothing to renew this session with");
        }
        (RenewWith::Body { .. }, RenewalSecret::Cookies(_) | RenewalSecret::AccessToken)
        | (RenewWith::Cookie, RenewalSecret::RefreshToken(_) | RenewalSecret::AccessToken) => {
            return Err("the session was begun with other settings; sign in again to use these");
        }
    }
    let (method, url) = (Method::POST, plan.refresh.clone());
    Ok(Outgoing { method, url, headers, body: json(body) })
}

/// `None` where the account has no such request, or where nothing in the session tells the server
/// which one it is about.
pub(crate) fn sign_out(plan: &Plan, tokens: &Tokens) -> Result<Option<Outgoing>, Unfit> {
    let Some((method, url, logout)) = &plan.logout else { return Ok(None) };
    let mut body = Map::new();
    // The access token stands for the refresh token where it renews itself.
    let token = match &tokens.renewal {
        RenewalSecret::RefreshToken(token) => Some(token),
        RenewalSecret::AccessToken => Some(&tokens.access),
        RenewalSecret::Cookies(_) | RenewalSecret::Nothing => None,
    };
    if let Some(token) = token {
        pointer::put(&mut body, &logout.refresh_field, token.expose_secret().into());
    }
    let names_the_session = logout.bearer || !body.is_empty();
    if !names_the_session && !matches!(tokens.renewal, RenewalSecret::Cookies(_)) {
        return Ok(None);
    }
    let body = if *method == Method::POST || !body.is_empty() { json(body) } else { None };
    let mut headers = headers(plan, body.is_some());
    carry_cookies(&mut headers, tokens)?;
    if logout.bearer {
        headers.insert(AUTHORIZATION, carrier("Bearer", &tokens.access)?);
    }
    Ok(Some(Outgoing { method: method.clone(), url: url.clone(), headers, body }))
}

/// `None` where the account names no API.
pub(crate) fn call_api(plan: &Plan, access: &SecretString) -> Option<Result<Outgoing, Unfit>> {
    let (url, header, api) = plan.api.as_ref()?;
    let mut headers = headers(plan, false);
    let outgoing = |url: &Url, header: &HeaderName| {
        headers.insert(header, carrier(&api.scheme, access)?);
        Ok(Outgoing { method: Method::GET, url: url.clone(), headers, body: None })
    };
    Some(outgoing(url, header))
}

fn json(body: Map<String, Value>) -> Option<Payload> {
    Some(Payload::Json(body.into()))
}

/// What every request carries. The account's own headers win over ours, and lose against what
/// carries a token.
fn headers(plan: &Plan, with_body: bool) -> HeaderMap {
    let mut headers = plan.headers.clone();
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    if with_body {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }
    headers
}

/// Adds the session's cookies to those that the account's own headers may hold.
fn carry_cookies(headers: &mut HeaderMap, tokens: &Tokens) -> Result<(), Unfit> {
    let Some(cookies) = kept(tokens).header() else { return Ok(()) };
    let cookies = match headers.get(COOKIE) {
        Some(own) => [own.as_bytes(), cookies.as_bytes()].join(&b"; "[..]),
        None => cookies.as_bytes().to_vec(),
    };
    let mut cookies = HeaderValue::try_from(cookies).map_err(|_| UNSENDABLE)?;
    cookies.set_sensitive(true);
    headers.insert(COOKIE, cookies);
    Ok(())
}

const UNSENDABLE: Unfit = "the token cannot stand in a header";

pub(crate) fn carrier(scheme: &str, token: &SecretString) -> Result<HeaderValue, Unfit> {
    let token = token.expose_secret();
    let text = if scheme.is_empty() { token.to_owned() } else { format!("{scheme} {token}") };
    let mut value = HeaderValue::try_from(text).map_err(|_| UNSENDABLE)?;
    value.set_sensitive(true);
    Ok(value)
}
