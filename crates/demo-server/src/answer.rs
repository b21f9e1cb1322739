//! How a decision is said: plain or enveloped, with the lifetime in whatever shape was chosen.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Number, Value, json};

use crate::clock::{rfc3339, told_ms};
use crate::counters::Endpoint;
use crate::handlers::{REFRESH_COOKIE, SID_COOKIE};
use crate::outcome::{Outcome, Refused, Tokens};
use crate::switches::{LifetimeShape, Switches};

/// An answer whose bytes can still be spoilt.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub(crate) fn text(status: StatusCode, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let mut answer = Self { status, headers: HeaderMap::new(), body: body.into() };
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        answer
    }

    pub(crate) fn error(status: StatusCode, error: &str, message: &str) -> Self {
        Self::json(status, &json!({"error": error, "message": message}))
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Says a decision as the switches want it said.
pub(crate) fn say(
    outcome: &Outcome,
    endpoint: Endpoint,
    switches: &Switches,
    now_ms: u64,
) -> Answer {
    let mut answer = match outcome {
        Outcome::Tokens(tokens) => {
            let mut answer = good(token_body(tokens, switches, now_ms), switches);
            if switches.cookie_form {
                let age = tokens.refresh_lifetime_ms / 1_000;
                set_cookie(&mut answer, REFRESH_COOKIE, tokens.refresh.as_deref(), age);
                set_cookie(&mut answer, SID_COOKIE, tokens.sid.as_deref(), age);
            }
            answer
        }
        Outcome::Profile { username, name } => {
            good(json!({"username": username, "name": name}), switches)
        }
        Outcome::Done if switches.envelope => good(Value::Null, switches),
        Outcome::Done => Answer::empty(StatusCode::NO_CONTENT),
        Outcome::Refused(refused) => refusal(refused, switches),
        Outcome::Invalid(message) => {
            bad(StatusCode::BAD_REQUEST, "invalid_request", message, switches)
        }
        Outcome::Trouble => {
            let message = "the state could not be saved";
            bad(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message, switches)
        }
    };
    if endpoint == Endpoint::Logout && switches.cookie_form {
        set_cookie(&mut answer, REFRESH_COOKIE, Some(""), 0);
        set_cookie(&mut answer, SID_COOKIE, Some(""), 0);
    }
    answer
}

fn good(data: Value, switches: &Switches) -> Answer {
    let body =
        if switches.envelope { json!({"code": 0, "message": "ok", "data": data}) } else { data };
    Answer::json(StatusCode::OK, &body)
}

fn bad(status: StatusCode, error: &str, message: &str, switches: &Switches) -> Answer {
    if switches.envelope {
        let body = json!({"code": status.as_u16(), "message": message});
        Answer::json(StatusCode::OK, &body)
    } else {
        Answer::error(status, error, message)
    }
}

fn refusal(refused: &Refused, switches: &Switches) -> Answer {
    let mut answer = bad(StatusCode::UNAUTHORIZED, refused.error, &refused.message, switches);
    if let Some(challenge) = refused.challenge.header().filter(|_| !switches.envelope) {
        answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    answer
}

fn token_body(tokens: &Tokens, switches: &Switches, now_ms: u64) -> Value {
    let mut body = Map::new();
    body.insert("token".to_owned(), tokens.access.clone().into());
    if let Some(refresh) = tokens.refresh.as_ref().filter(|_| !switches.cookie_form) {
        body.insert("refreshToken".to_owned(), refresh.clone().into());
    }
    if switches.tell_refresh_lifetime {
        body.insert("refreshExpiresIn".to_owned(), seconds(tokens.refresh_lifetime_ms));
    }
    if let Some((told, value)) = lifetime(tokens.access_lifetime_ms, switches, now_ms) {
        let name = match told {
            Told::In => "expiresIn",
            Told::At => "expiresAt",
        };
        body.insert(name.to_owned(), value);
    }
    Value::Object(body)
}

/// What a lifetime is told as.
pub(crate) enum Told {
    /// How long it is.
    In,
    /// When it ends.
    At,
}

/// An access token's lifetime as the switches want it told; none where it is not.
pub(crate) fn lifetime(lifetime: u64, switches: &Switches, now_ms: u64) -> Option<(Told, Value)> {
    Some(match switches.lifetime_shape {
        LifetimeShape::Absent => return None,
        LifetimeShape::Seconds => (Told::In, seconds(lifetime)),
        LifetimeShape::Zero => (Told::In, json!(0)),
        LifetimeShape::Negative => (Told::In, json!(-1)),
        LifetimeShape::Text => (Told::In, seconds(lifetime).to_string().into()),
        LifetimeShape::Fraction => (Told::In, seconds(lifetime.saturating_sub(500).max(500))),
        LifetimeShape::Words => (Told::In, json!("soon")),
        LifetimeShape::Milliseconds => (Told::In, json!(lifetime)),
        LifetimeShape::Absolute => {
            let end = now_ms.saturating_add(lifetime);
            (Told::At, rfc3339(told_ms(end, switches.clock_offset_ms)).into())
        }
        LifetimeShape::Year9999 => (Told::At, json!("9999-12-31T23:59:59Z")),
    })
}

/// Milliseconds as a JSON number of seconds, with a fraction only where there is one.
pub(crate) fn seconds(ms: u64) -> Value {
    if ms.is_multiple_of(1_000) {
        return json!(ms / 1_000);
    }
    #[expect(clippy::cast_precision_loss, reason = "lifetimes are far below 2^53 milliseconds")]
    let fraction = ms as f64 / 1_000.0;
    Number::from_f64(fraction).map_or(Value::Null, Value::Number)
}

fn set_cookie(answer: &mut Answer, name: &str, value: Option<&str>, age_s: u64) {
    let Some(value) = value else { return };
    let cookie = format!("{name}={value}; HttpOnly; Path=/api; SameSite=Strict; Max-Age={age_s}");
    // What is put together here is always visible ASCII, so nothing is ever left out.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers.append(SET_COOKIE, cookie);
    }
}
