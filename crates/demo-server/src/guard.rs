//! Who may ask at all. A web page must not reach this server, not even by giving its own host
//! name this address (DNS rebinding): then `Host` names the page's host.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::answer::Answer;

/// The header that carries the control key.
pub(crate) const CONTROL_KEY: &str = "x-control-key";

/// A request that is not let in, and what it is told.
pub(crate) struct Denied {
    status: StatusCode,
    error: &'static str,
    message: &'static str,
}

impl Denied {
    pub(crate) fn into_response(self) -> Response {
        Answer::error(self.status, self.error, self.message).into_response()
    }
}

/// Refuses a request that was meant for another host (RFC 9110 section 15.5.20).
pub(crate) fn check_host(headers: &HeaderMap, port: u16) -> Result<(), Denied> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|_| hosts.next().is_none());
    let name = host
        .and_then(|host| host.strip_suffix(&format!(":{port}")))
        .filter(|name| *name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"));
    if name.is_some() {
        return Ok(());
    }
    let message = "this server answers to 127.0.0.1 and localhost only";
    let status = StatusCode::MISDIRECTED_REQUEST;
    Err(Denied { status, error: "misdirected_request", message })
}

/// Refuses whatever a web page sent: only browsers say `Origin`.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), Denied> {
    if headers.contains_key(ORIGIN) {
        let message = "the control API is not for web pages";
        return Err(Denied { status: StatusCode::FORBIDDEN, error: "origin_refused", message });
    }
    Ok(())
}

/// Refuses a request without this start's control key.
pub(crate) fn check_key(headers: &HeaderMap, key: &str) -> Result<(), Denied> {
    let shown = headers.get(CONTROL_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    // Hashed first, so that not even the length shows in how long the comparison takes.
    let same = Sha256::digest(shown).as_slice().ct_eq(Sha256::digest(key.as_bytes()).as_slice());
    if bool::from(same) {
        return Ok(());
    }
    let message = "the control API needs the key made at start";
    Err(Denied { status: StatusCode::UNAUTHORIZED, error: "control_key", message })
}
