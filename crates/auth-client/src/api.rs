//! What an API's answer says of the access token (RFC 6750 section 3.1).

use crate::classify::{Body, Dialect, refusing_member};
use crate::transport::Arrived;
use engine::Exchange;
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use keeper::ports::{ApiAnswer, ApiVerdict};

/// What was said.
pub(crate) struct Said {
    pub(crate) verdict: ApiVerdict,
    pub(crate) code: Option<String>,
    pub(crate) detail: String,
    /// Whether it was our server that answered, and not a network's sign-in page: only then does
    /// its `Date` say something.
    pub(crate) ours: bool,
}

/// Nothing was said of the token.
pub(crate) fn unsaid(exchange: Exchange) -> ApiAnswer {
    ApiAnswer { verdict: ApiVerdict::SaysNothing, exchange, clock: None }
}

/// Reads an API's answer.
pub(crate) fn verdict(came: &Arrived, body: &Body, dialect: Dialect<'_>) -> Said {
    let envelope = dialect.envelope;
    let code = challenge_error(&came.headers)
        .or_else(|| body.error(envelope).map(str::to_owned))
        .or_else(|| body.code(envelope));
    let status = came.status;
    let insufficient = code.as_deref() == Some("insufficient_scope");
    let (verdict, detail) = match status {
        200..=299 if body.is_html() => {
            (ApiVerdict::SaysNothing, format!("{status} with HTML instead of an answer"))
        }
        // A server that says everything in 200 says this in it too.
        200..=299 if refusing_member(body, dialect).is_some() => {
            (ApiVerdict::TokenRefused, format!("{status}, and the token refused in its envelope"))
        }
        200..=299 => (ApiVerdict::Accepted, format!("{status}: the token was accepted")),
        401 if !insufficient => {
            (ApiVerdict::TokenRefused, format!("{status}: the token was refused"))
        }
        401 | 403 => (ApiVerdict::NotAllowed, format!("{status}: the token does not allow this")),
        300..=399 => (ApiVerdict::SaysNothing, format!("{status}: a redirect")),
        _ => (ApiVerdict::SaysNothing, format!("{status}: nothing about the token")),
    };
    let ours = verdict != ApiVerdict::SaysNothing && !body.is_html();
    Said { verdict, code, detail, ours }
}

/// The `error` of a challenge (RFC 6750 section 3).
fn challenge_error(headers: &HeaderMap) -> Option<String> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|challenge| {
        let challenge = challenge.to_str().ok()?;
        challenge.split([',', ' ']).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            (name.trim().eq_ignore_ascii_case("error") && !value.is_empty())
                .then(|| value.to_owned())
        })
    })
}
