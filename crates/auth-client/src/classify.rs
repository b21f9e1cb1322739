//! Names failures by what to do next. The one place that does: everything after it goes by the
//! class.
//!
//! The first that fits decides:
//! 1. a member and value that the account's settings call a refusal, whatever the status;
//! 2. a known `error` code in a JSON object, whatever status and content type;
//! 3. a status with JSON that the settings call a refusal;
//! 4. 429, 408, 409, 425 and 5xx, whatever the body;
//! 5. a redirect, HTML, or 403, 404, 405 without JSON: somebody else answered;
//! 6. the rest of 4xx;
//! 7. 2xx.
//!
//! Settings come before codes except for a bare status: `401 {"error":"invalid_client"}` is how
//! RFC 6749 section 5.2 says that the *client* is unknown, and must not end a session. And a code
//! that only speaks of trouble (`temporarily_unavailable`) leaves the word to a status that says
//! more, such as 503 with `Retry-After`.

mod body;
mod document;

pub(crate) use body::Body;
pub(crate) use document::document;

use crate::date;
use crate::plan::Plan;
use crate::pointer;
use crate::settings::RefusedShape;
use crate::transport::{Arrived, Lost, Whole};
use engine::{Class, Wall};
use http::header::RETRY_AFTER;
use serde_json::Value;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Tokens, by name and password.
    SignIn,
    /// The next tokens; or the first ones, by a code.
    Refresh,
    /// A device code (RFC 8628 section 3.1).
    DeviceCode,
    SignOut,
}

/// How a server says what it says.
#[derive(Clone, Copy)]
pub(crate) struct Dialect<'a> {
    /// The member that answers are wrapped in, where they are: a pointer.
    pub(crate) envelope: &'a str,
    /// What is a refusal beside the codes of OAuth.
    pub(crate) refused: Option<&'a RefusedShape>,
    /// Where an answer holds what was asked for: a pointer.
    pub(crate) wanted: &'a str,
}

impl Dialect<'static> {
    /// OAuth's own: `invalid_grant` alone, by whatever name, is a refusal (RFC 6749 section 5.2).
    pub(crate) fn of_oauth(asking: Asking) -> Self {
        let wanted = match asking {
            Asking::SignIn | Asking::Refresh | Asking::SignOut => "/access_token",
            Asking::DeviceCode => "/device_code",
        };
        Self { envelope: "", refused: None, wanted }
    }
}

impl<'a> From<&'a Plan> for Dialect<'a> {
    fn from(plan: &'a Plan) -> Self {
        let settings = &plan.settings;
        Self {
            envelope: &settings.answer.envelope,
            refused: Some(&settings.refused),
            wanted: &settings.answer.access_token,
        }
    }
}

/// A failure with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) class: Class,
    pub(crate) code: Option<String>,
    pub(crate) retry_after_ms: Option<i64>,
    pub(crate) detail: String,
}

impl Named {
    pub(crate) fn new(class: Class, detail: impl Into<String>) -> Self {
        Self { class, code: None, retry_after_ms: None, detail: detail.into() }
    }

    /// 2xx with JSON that holds no access token.
    pub(crate) fn without_token(status: u16) -> Self {
        Self::new(Class::UnclearRefusal, format!("{status} with no token in it"))
    }
}

/// Names a request without an answer.
pub(crate) fn lost(lost: &Lost) -> Named {
    let class = if lost.sent { Class::UnknownOutcome } else { Class::NotSent };
    Named::new(class, lost.detail.clone())
}

/// Names what is wrong with an answer: `None` where it is JSON with an access token in it, or for a
/// sign-out any 2xx. `wall` is the clock to read a `Retry-After` date by where the answer tells no
/// time itself.
pub(crate) fn answer(
    asking: Asking,
    came: &Arrived,
    body: &Body,
    dialect: Dialect<'_>,
    wall: Wall,
) -> Option<Named> {
    let success = (200..300).contains(&came.status);
    if asking == Asking::SignOut && success {
        // Whatever stands in it, except somebody else's page: the token is not needed any more, and
        // an unknown token is signed out already (RFC 7009 section 2.2).
        let page = || Named::new(Class::NotTheAuthServer, "HTML instead of an answer");
        return body.is_html().then(page);
    }
    let named = by_settings_member(body, dialect)
        .or_else(|| by_code(came.status, body, dialect))
        .or_else(|| by_settings_status(came.status, body, dialect))
        .or_else(|| by_status(came, wall))
        .or_else(|| by_somebody_else(came.status, body))
        .or_else(|| (!success).then(|| rest(asking, came.status, body)))
        .or_else(|| without_token(asking, came, body, dialect));
    named.map(|named| {
        let code = named.code.or_else(|| body.code(dialect.envelope));
        Named { code, ..named }
    })
}

/// Whether a member says "refused", as the settings describe it.
pub(crate) fn refusing_member(body: &Body, dialect: Dialect<'_>) -> Option<String> {
    let refused = dialect.refused?;
    let json = body.json()?;
    let envelope = dialect.envelope;
    // The code that says so usually stands outside the envelope.
    let outside = pointer::find(json, "", &refused.field);
    let member = outside.or_else(|| pointer::find(json, envelope, &refused.field))?;
    let text = member.as_str().map_or_else(|| member.to_string(), |text| text.trim().to_owned());
    refused.values.iter().any(|value| value.trim() == text).then_some(text)
}

fn by_settings_member(body: &Body, dialect: Dialect<'_>) -> Option<Named> {
    let code = refusing_member(body, dialect)?;
    let detail = format!("refused: {} is {code}", dialect.refused?.field);
    Some(Named { code: Some(code), ..Named::new(Class::Refused, detail) })
}

/// The codes of RFC 6749 sections 4.1.2.1 and 5.2, and of what extends it, that say what to do.
fn by_code(status: u16, body: &Body, dialect: Dialect<'_>) -> Option<Named> {
    let code = body.error(dialect.envelope)?;
    let (class, detail) = match code {
        "invalid_grant" => (Class::Refused, "refused: invalid_grant"),
        // What GitHub calls it, and servers built with fosite (ORY Hydra) of before 2021.
        "bad_refresh_token" => (Class::Refused, "refused: bad_refresh_token"),
        "bad_verification_code" => (Class::Refused, "refused: bad_verification_code"),
        "token_inactive" => (Class::Refused, "refused: token_inactive"),
        "invalid_client" | "unauthorized_client" | "invalid_scope" | "unsupported_grant_type" => {
            (Class::SetUp, "the server does not accept this app's settings")
        }
        // GitHub, with status 200.
        "incorrect_client_credentials" | "redirect_uri_mismatch" | "device_flow_disabled" => {
            (Class::SetUp, "the server does not accept this app's settings")
        }
        // RFC 8707 section 2.
        "invalid_target" => (Class::SetUp, "the server knows no such resource"),
        // RFC 9449 sections 5 and 8.
        "invalid_dpop_proof" | "use_dpop_nonce" => {
            (Class::SetUp, "the server wants DPoP, which this app does not speak")
        }
        "server_error" | "temporarily_unavailable" if !tells_itself(status) => {
            (Class::ServerTrouble, "the server has trouble")
        }
        _ => return None,
    };
    Some(Named { code: Some(code.to_owned()), ..Named::new(class, detail) })
}

fn by_settings_status(status: u16, body: &Body, dialect: Dialect<'_>) -> Option<Named> {
    let refuses = dialect.refused?.statuses.contains(&status) && body.is_json();
    refuses.then(|| Named::new(Class::Refused, format!("refused: {status} with JSON")))
}

/// The statuses that say what to do by themselves.
fn tells_itself(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..=599)
}

pub(crate) fn by_status(came: &Arrived, wall: Wall) -> Option<Named> {
    let status = came.status;
    if !tells_itself(status) {
        return None;
    }
    let retry_after_ms = date::retry_after(&came.headers, wall);
    let (class, detail) = match status {
        429 => (Class::Throttled, "429: too many requests".to_owned()),
        503 if retry_after_ms.is_some() => {
            (Class::Throttled, "503: the server asks to wait".to_owned())
        }
        502 | 504 => {
            let detail = format!("{status}: a gateway got no good answer from the server");
            (Class::UnknownOutcome, detail)
        }
        // RFC 6585 section 6: made by a network that wants a sign-in, never by the server asked.
        511 => (Class::NotTheAuthServer, "511: this network wants a sign-in".to_owned()),
        408 => (Class::ServerTrouble, "408: the server waited too long for the request".to_owned()),
        409 => (Class::ServerTrouble, "409: the request met another one".to_owned()),
        425 => (Class::ServerTrouble, "425: too early for the server".to_owned()),
        _ => (Class::ServerTrouble, format!("{status}: the server has trouble")),
    };
    // What somebody else says about waiting is nothing to go by.
    let heeded = matches!(class, Class::Throttled | Class::ServerTrouble);
    Some(Named {
        retry_after_ms: retry_after_ms.filter(|_| heeded),
        ..Named::new(class, unread(came, detail))
    })
}

/// A header that could not be read is worth a word.
fn unread(came: &Arrived, detail: String) -> String {
    let unread = came.headers.contains_key(RETRY_AFTER)
        && date::retry_after(&came.headers, Wall::default()).is_none();
    if unread { format!("{detail}; its Retry-After cannot be read") } else { detail }
}

pub(crate) fn by_somebody_else(status: u16, body: &Body) -> Option<Named> {
    let detail = match status {
        300..=399 => format!("{status}: a redirect instead of an answer"),
        // RFC 9110 section 15.5.8: made by a proxy on the way.
        407 => "407: a proxy on the way wants a sign-in".to_owned(),
        _ if body.is_html() => format!("{status} with HTML instead of JSON"),
        403..=405 if !body.is_json() => format!("{status} without JSON"),
        _ => return None,
    };
    Some(Named::new(Class::NotTheAuthServer, detail))
}

/// The rest of 4xx.
///
/// A refresh: unclear, since real servers say 400 or a bare 401 for a dead token, and for a passing
/// fault too. A sign-in has less to lose: name or password is by far the likeliest, a person reads
/// the answer, and no session ends. A bare 401 says so by itself (RFC 9110 section 15.5.2), while
/// 400, 403 and 422 need JSON; `invalid_request` speaks of the request's form, not of the password.
fn rest(asking: Asking, status: u16, body: &Body) -> Named {
    let malformed = body.error("") == Some("invalid_request");
    let wrong = match status {
        401 => true,
        400 | 403 | 422 => body.json().is_some_and(Value::is_object),
        _ => false,
    };
    if asking == Asking::SignIn && wrong && !malformed {
        return Named::new(Class::Refused, format!("{status}: user name or password refused"));
    }
    let with = if body.is_json() {
        "with JSON, and no reason that is known"
    } else if body.is_empty() {
        "with nothing in it"
    } else {
        "without JSON"
    };
    Named::new(Class::UnclearRefusal, format!("{status} {with}"))
}

fn without_token(
    asking: Asking,
    came: &Arrived,
    body: &Body,
    dialect: Dialect<'_>,
) -> Option<Named> {
    let status = came.status;
    let unknown = |detail: String| Some(Named::new(Class::UnknownOutcome, detail));
    match came.whole {
        Whole::Torn => return unknown(format!("{status}, and the answer broke off")),
        Whole::TooLarge => return unknown(format!("{status} with more than a megabyte")),
        Whole::Yes => {}
    }
    let Some(json) = body.json() else {
        let what = if body.is_empty() { "with nothing in it" } else { "that is not JSON" };
        return unknown(format!("{status} {what}"));
    };
    match pointer::find_text(json, dialect.envelope, dialect.wanted) {
        Some(_) => None,
        None if asking == Asking::DeviceCode => {
            let detail = format!("{status} with no device code in it");
            Some(Named::new(Class::UnclearRefusal, detail))
        }
        None => Some(Named::without_token(status)),
    }
}
