//! Reads what a token endpoint answers (RFC 6749 section 5.1): lenient in form, since real servers
//! are; never in which kind of token it is.

use crate::classify::{Body, Named};
use crate::date;
use crate::jwt;
use crate::lifetime::{self, Moments};
use crate::pointer;
use crate::redact::Redactor;
use crate::settings::LifetimeForm;
use crate::transport::{Arrived, Timing};
use engine::{Class, Lifetime};
use keeper::record::{IdCheck, RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Where an absolute end of the access token may stand beside `expires_in`, or in its place.
const ENDS: [&str; 2] = ["/expires_at", "/expires_on"];
/// Where the lifetime of the refresh token may stand, in seconds.
const REFRESH_LIFETIMES: [&str; 2] = ["/refresh_expires_in", "/refresh_token_expires_in"];
/// A token's type is quoted up to here, in characters.
const LONGEST_TYPE: usize = 20;

/// What an answer grants.
pub(crate) struct Granted {
    pub(crate) tokens: Tokens,
    pub(crate) lifetime: Lifetime,
    pub(crate) refresh_in_ms: Option<i64>,
    pub(crate) refresh_lifetime_ms: Option<i64>,
    pub(crate) id_check: IdCheck,
}

/// What is known beside the answer itself.
pub(crate) struct Context<'a> {
    /// What was renewed; `None` where a code was exchanged.
    pub(crate) sent: Option<&'a Tokens>,
    /// The client's own secret.
    pub(crate) client_secret: Option<&'a SecretString>,
    /// Server minus wall clock, where it was measured.
    pub(crate) clock_offset_ms: Option<i64>,
    pub(crate) redactor: &'a Redactor,
}

/// Reads an answer that was found to hold an access token.
///
/// # Errors
/// It holds none after all, or one of a type that this app cannot use.
pub(crate) fn read(
    came: &Arrived,
    body: &Body,
    timing: Timing,
    context: &Context<'_>,
) -> Result<Granted, Named> {
    let missing = || Named::without_token(came.status);
    let json = body.json().ok_or_else(missing)?;
    let text = |place: &str| pointer::find_text(json, "", place);
    let access = text("/access_token").ok_or_else(missing)?;
    // Not every server sends the type that RFC 6749 section 5.1 requires. What another type needs
    // (a key, RFC 9449 section 5) this app does not have, and must not guess (section 7.1).
    if let Some(other) = text("/token_type").filter(|it| !is_bearer(it)) {
        let other: String = context.redactor.text(other).chars().take(LONGEST_TYPE).collect();
        let detail = format!("the server gave a token of type {other}; this app can use bearers");
        return Err(Named::new(Class::SetUp, detail));
    }
    let before = |pick: fn(&Tokens) -> Option<SecretString>| context.sent.and_then(pick);
    let renewal = match (text("/refresh_token"), context.sent) {
        (Some(new), _) => RenewalSecret::RefreshToken(new.into()),
        (None, Some(sent)) => sent.renewal.clone(),
        (None, None) => RenewalSecret::Nothing,
    };
    let (id, id_check) = match text("/id_token") {
        Some(new) => (Some(new.into()), IdCheck::Pending),
        None => (before(|sent| sent.id.clone()), IdCheck::Passed),
    };
    let client_secret =
        context.client_secret.cloned().or_else(|| before(|sent| sent.client_secret.clone()));
    let moments = Moments {
        date: date::server_date(&came.headers),
        corrected: context.clock_offset_ms.map(|offset| timing.asked.wall + offset),
    };
    Ok(Granted {
        lifetime: lifetime::clean(lifetime(json, access, moments), context.redactor),
        refresh_in_ms: positive_ms(json.get("refresh_in")),
        refresh_lifetime_ms: refresh_lifetime(json, &renewal, moments),
        tokens: Tokens { access: access.into(), renewal, id, client_secret },
        id_check,
    })
}

/// RFC 6750 section 4; and as Apigee writes it, whose tokens are bearers like any other.
fn is_bearer(kind: &str) -> bool {
    ["bearer", "bearertoken"].iter().any(|bearer| kind.eq_ignore_ascii_case(bearer))
}

/// The access token's lifetime. `expires_in` wins. `ext_expires_in`, by which some servers tell for
/// how long a token works while they are down, makes nothing longer and is not read. Nor is a JWT's
/// `exp`: a client does not look into an access token (RFC 9068 section 6), except for its birth,
/// where nothing else tells what an absolute end is counted from.
fn lifetime(json: &Value, access: &str, moments: Moments) -> Lifetime {
    let member = |place: &str| pointer::find(json, "", place);
    let none = jwt::Times::default();
    let expires_in = member("/expires_in");
    let told = lifetime::read(LifetimeForm::Seconds, expires_in, None, none, moments);
    match (told, ENDS.iter().find_map(|place| member(place))) {
        (Lifetime::Unknown(_), Some(end)) => {
            let form = LifetimeForm::Absolute;
            lifetime::read(form, Some(end), None, jwt::times(access), moments)
        }
        (told, _) => told,
    }
}

/// The refresh token's lifetime: told, or in the token itself where that is a JWT. Zero is how some
/// servers say "never" (Keycloak's offline tokens), and is unknown.
fn refresh_lifetime(json: &Value, renewal: &RenewalSecret, moments: Moments) -> Option<i64> {
    let told = REFRESH_LIFETIMES.iter().find_map(|place| positive_ms(json.pointer(place)));
    if told.is_some() {
        return told;
    }
    let RenewalSecret::RefreshToken(token) = renewal else { return None };
    let times = jwt::times(token.expose_secret());
    match lifetime::read(LifetimeForm::JwtExp, None, None, times, moments) {
        Lifetime::Told(ms) => Some(ms),
        Lifetime::Unknown(_) => None,
    }
}

/// Seconds, as a number or as text.
fn positive_ms(member: Option<&Value>) -> Option<i64> {
    let seconds = lifetime::number(member?)?;
    lifetime::whole_ms(seconds * 1_000.0).filter(|ms| *ms > 0)
}
