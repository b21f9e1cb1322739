//! Reads what was granted.

use crate::classify::Body;
use crate::cookies::Jar;
use crate::date;
use crate::jwt;
use crate::lifetime::{self, Moments};
use crate::plan::Plan;
use crate::pointer;
use crate::redact::Redactor;
use crate::settings::{LifetimeForm, RenewWith};
use crate::token_api::spoken;
use crate::transport::{Arrived, Timing};
use engine::{Identity, Lifetime};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};

/// A person's name is shown up to here, in characters.
const LONGEST_NAME: usize = 120;

/// What an answer with an access token grants.
pub(crate) struct Granted {
    pub(crate) tokens: Tokens,
    pub(crate) lifetime: Lifetime,
    pub(crate) refresh_lifetime_ms: Option<i64>,
    pub(crate) identity: Option<Identity>,
}

/// What is known beside the answer itself.
pub(crate) struct Context<'a> {
    pub(crate) plan: &'a Plan,
    /// Who signs in.
    pub(crate) user: &'a str,
    /// What was sent to be renewed; `None` at a sign-in.
    pub(crate) sent: Option<&'a Tokens>,
    /// Server minus wall clock, where it was measured.
    pub(crate) clock_offset_ms: Option<i64>,
    pub(crate) redactor: &'a Redactor,
}

/// Reads an answer that was found to be a grant; `None` where it holds no access token after all.
pub(crate) fn read(
    came: &Arrived,
    body: &Body,
    timing: Timing,
    context: &Context<'_>,
) -> Option<Granted> {
    let settings = &context.plan.settings;
    let shape = &settings.answer;
    let json = body.json()?;
    let member = |place: &str| pointer::find(json, &shape.envelope, place);
    let text = |place: &str| pointer::find_text(json, &shape.envelope, place);

    let access = text(&shape.access_token)?;
    let tokens = Tokens {
        access: SecretString::from(access),
        renewal: renewal(text(&shape.refresh_token), came, timing, context),
        id: None,
        client_secret: None,
    };
    let moments = Moments {
        date: date::server_date(&came.headers),
        corrected: context.clock_offset_ms.map(|offset| timing.asked.wall + offset),
    };
    let form = shape.lifetime_form;
    let times = jwt::times(access);
    let told = lifetime::read(form, member(&shape.lifetime), member("/expires_in"), times, moments);
    // Redacted before it is cut: half a token is not known any more.
    let name = text(&shape.name).map(|name| context.redactor.text(name));
    let name = name.map(|name| name.chars().take(LONGEST_NAME).collect::<String>());
    Some(Granted {
        lifetime: lifetime::clean(told, context.redactor),
        refresh_lifetime_ms: refresh_lifetime(
            &tokens,
            member(&shape.refresh_lifetime),
            form,
            moments,
        ),
        identity: name.map(|name| Identity { user: context.user.to_owned(), name }),
        tokens,
    })
}

/// What renews the session from now on. A refresh that answers without a refresh token keeps the
/// old one (RFC 6749 section 6).
fn renewal(
    told: Option<&str>,
    came: &Arrived,
    timing: Timing,
    context: &Context<'_>,
) -> RenewalSecret {
    match &context.plan.settings.refresh.with {
        RenewWith::Nothing => RenewalSecret::Nothing,
        RenewWith::AccessToken { .. } => RenewalSecret::AccessToken,
        RenewWith::Body { .. } => match (told, context.sent) {
            (Some(new), _) => RenewalSecret::RefreshToken(SecretString::from(new)),
            (None, Some(sent)) => sent.renewal.clone(),
            (None, None) => RenewalSecret::Nothing,
        },
        RenewWith::Cookie => {
            let (mut jar, url) = match context.sent {
                None => (Jar::default(), &context.plan.login),
                Some(sent) => (kept(sent), &context.plan.refresh),
            };
            let server_time = date::server_date(&came.headers).map(engine::Wall);
            jar.take_in(&came.headers, url, server_time.unwrap_or_else(|| timing.wall_after()));
            jar.close().map_or(RenewalSecret::Nothing, RenewalSecret::Cookies)
        }
    }
}

/// The cookies that a session holds.
pub(crate) fn kept(tokens: &Tokens) -> Jar {
    match &tokens.renewal {
        RenewalSecret::Cookies(stored) => Jar::open(stored),
        RenewalSecret::RefreshToken(_) | RenewalSecret::AccessToken | RenewalSecret::Nothing => {
            Jar::default()
        }
    }
}

fn refresh_lifetime(
    tokens: &Tokens,
    member: Option<&serde_json::Value>,
    form: LifetimeForm,
    moments: Moments,
) -> Option<i64> {
    let times = match &tokens.renewal {
        RenewalSecret::RefreshToken(token) => jwt::times(token.expose_secret()),
        RenewalSecret::Cookies(_) | RenewalSecret::AccessToken | RenewalSecret::Nothing => {
            jwt::Times::default()
        }
    };
    match lifetime::read(form, member, None, times, moments) {
        Lifetime::Told(ms) => Some(ms),
        Lifetime::Unknown(_) => None,
    }
}

/// What an answer with a token came to, in one line.
pub(crate) fn in_words(status: u16, lifetime: &Lifetime) -> String {
    match lifetime {
        Lifetime::Told(ms) => format!("{status}: a token for {}", spoken(*ms)),
        Lifetime::Unknown(Some(words)) => {
            format!("{status}: a token; \"{words}\" is no lifetime")
        }
        Lifetime::Unknown(None) => format!("{status}: a token, no lifetime told"),
    }
}
