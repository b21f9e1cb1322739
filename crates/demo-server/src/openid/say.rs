//! How a decision is said over OAuth (RFC 6749 section 5).

use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

use super::id_token::{OTHER_SUB, number};
use super::switches::{Lie, TokenTypeShape};
use crate::answer::{Answer, Told, lifetime, seconds};
use crate::clock::told_ms;
use crate::outcome::{Outcome, Refused, Tokens};
use crate::switches::Switches;

/// Says a decision as the switches want it said.
pub(crate) fn say(outcome: &Outcome, switches: &Switches, now_ms: u64) -> Answer {
    match outcome {
        Outcome::Tokens(tokens) => {
            Answer::json(StatusCode::OK, &token_body(tokens, switches, now_ms))
        }
        Outcome::Profile { username, name } => {
            let other = switches.openid.lie == Lie::UserinfoOtherSub;
            let sub = if other { OTHER_SUB } else { username };
            let body = json!({"sub": sub, "name": name, "preferred_username": username});
            Answer::json(StatusCode::OK, &body)
        }
        // RFC 7009 section 2.2.
        Outcome::Done => Answer::empty(StatusCode::OK),
        Outcome::Refused(refused) => refusal(refused),
        Outcome::Invalid(message) => error(StatusCode::BAD_REQUEST, "invalid_request", message),
        Outcome::Trouble => super::trouble(),
    }
}

/// An error (RFC 6749 section 5.2).
pub(crate) fn error(status: StatusCode, error: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"error": error, "error_description": message}))
}

/// A refusal, with the status that belongs to it.
pub(crate) fn refusal(refused: &Refused) -> Answer {
    let status = match refused.error {
        "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut answer = error(status, refused.error, &refused.message);
    if let Some(challenge) = refused.challenge.header() {
        answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    answer
}

fn token_body(tokens: &Tokens, switches: &Switches, now_ms: u64) -> Value {
    let openid = &switches.openid;
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| body.insert(name.to_owned(), value);
    say("access_token", json!(tokens.access));
    match openid.token_type {
        TokenTypeShape::Bearer => say("token_type", json!("Bearer")),
        TokenTypeShape::Lower => say("token_type", json!("bearer")),
        TokenTypeShape::Upper => say("token_type", json!("BEARER")),
        TokenTypeShape::Missing => None,
    };
    let float = |value: Value| match value.as_u64() {
        Some(whole) => number(whole, openid.float_numbers, 0.0),
        None => value,
    };
    match lifetime(tokens.access_lifetime_ms, switches, now_ms) {
        Some((Told::In, value)) => say("expires_in", float(value)),
        Some((Told::At, value)) => say("expires_at", value),
        None => None,
    };
    if openid.expires_at_too {
        let end_ms = now_ms.saturating_add(tokens.access_lifetime_ms);
        let end_s = told_ms(end_ms, switches.clock_offset_ms) / 1_000;
        say("expires_at", number(end_s, openid.float_numbers, 0.5));
    }
    if let Some(refresh) = &tokens.refresh {
        say("refresh_token", json!(refresh));
    }
    if switches.tell_refresh_lifetime {
        say("refresh_expires_in", float(seconds(tokens.refresh_lifetime_ms)));
    }
    if let Some(seconds) = openid.refresh_in_s {
        say("refresh_in", float(json!(seconds)));
    }
    if let Some(also) = &tokens.openid {
        if let Some(scope) = &also.scope {
            say("scope", json!(scope));
        }
        if let Some(id_token) = &also.id_token {
            say("id_token", json!(id_token));
        }
    }
    Value::Object(body)
}
