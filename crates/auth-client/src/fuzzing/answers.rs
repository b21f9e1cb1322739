//! The answers of token APIs.

use super::told::{ACCESS, HEADER, PASSWORD, Planted, REFRESH, Told, holds, timing};
use super::{Held, told};
use crate::classify::Asking;
use crate::redact::Redactor;
use crate::requests;
use crate::settings::{
    AccountSettings, AnswerShape, Api, Header, LifetimeForm, Preset, RefusedShape, RenewWith,
};
use crate::token_api::{Beside, TokenApi};
use crate::transport::{Arrived, Whole};
use engine::{Class, Failure, Lifetime};
use keeper::clock::ManualClock;
use keeper::ports::{Answer, ApiVerdict, Call, Credentials, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use zeroize::Zeroizing;

/// Codes that are a refusal in every dialect.
const REFUSALS: [&str; 4] =
    ["invalid_grant", "bad_refresh_token", "bad_verification_code", "token_inactive"];

/// Every preset, and an account whose server answers in an envelope and tells ends.
static SERVERS: LazyLock<Result<Vec<(&str, TokenApi)>, String>> = LazyLock::new(|| {
    let mut all: Vec<(&str, AccountSettings)> = vec![
        ("tutorial", Preset::Tutorial.settings()),
        ("cookie", Preset::Cookie.settings()),
        ("simplejwt", Preset::SimpleJwt.settings()),
        ("renewing", Preset::SelfRenewing.settings()),
    ];
    let shape = AnswerShape {
        envelope: "/data".into(),
        lifetime: "/expires".into(),
        lifetime_form: LifetimeForm::Absolute,
        refresh_lifetime: "/refresh_expires".into(),
        name: "/user/name".into(),
        ..AnswerShape::default()
    };
    let refused = RefusedShape {
        statuses: vec![498],
        field: "/code".into(),
        values: vec!["1001".into(), "expired".into()],
    };
    let headers = vec![Header { name: "x-api-key".into(), value: HEADER.into() }];
    let enveloped =
        AccountSettings { answer: shape, refused, headers, ..AccountSettings::default() };
    all.push(("enveloped", enveloped));
    let ready = |(name, settings): (&'static str, AccountSettings)| {
        let settings = AccountSettings {
            base_url: "https://auth.example.com".into(),
            user: "alice".into(),
            api: Some(Api::default()),
            ..settings
        };
        let clock = Arc::new(ManualClock::new(told::NOON));
        let api = TokenApi::new(settings, clock).map_err(|problem| problem.to_string())?;
        Ok((name, api))
    };
    all.into_iter().map(ready).collect()
});

/// What a token API answers to a sign-in, a refresh, a sign-out or a call of its API. The first line
/// says to what, and by which settings: `cookie refresh 200`.
///
/// # Errors
/// The first thing that does not hold.
pub fn token_answer(input: &[u8]) -> Held {
    let servers = SERVERS.as_ref().map_err(Clone::clone)?;
    let told = Told::of(input);
    let chosen = servers.iter().find(|(name, _)| told.says(name)).or_else(|| servers.first());
    let (_, api) = chosen.ok_or("there are no settings to read by")?;
    // What a request knows nothing of, nobody can look for.
    let known: &[&str] = match &api.plan.settings.refresh.with {
        _ if told.says("sign-in") => &[PASSWORD],
        RenewWith::AccessToken { .. } => &[ACCESS],
        RenewWith::Body { .. } | RenewWith::Cookie | RenewWith::Nothing => &[ACCESS, REFRESH],
    };
    let planted = Planted::of(input, known);
    let marks = Marks::new(Zeroizing::new([7; 32]));
    let tokens = Tokens::new(ACCESS.into(), renewal(api));
    let asking = match () {
        () if told.says("sign-in") => Asking::SignIn,
        () if told.says("sign-out") => Asking::SignOut,
        () if told.says("api") => return api_answer(api, &told, &tokens, &marks, &planted),
        () => Asking::Refresh,
    };
    let came = &told.came;
    let unfit = |why: &'static str| why.to_owned();
    let call = Call { connect_quickly: false, clock_offset_ms: Some(250) };
    let read = match asking {
        Asking::SignIn => {
            let credentials = Credentials { user: "alice".into(), password: PASSWORD.into() };
            let sent = requests::sign_in(&api.plan, &credentials);
            let mut redactor = Redactor::new(marks);
            redactor.headers(&api.plan.headers);
            redactor.password(PASSWORD);
            let beside = Beside { user: "alice", tokens: None, call };
            api.read(asking, (&sent, timing()), came, redactor, beside)
        }
        Asking::Refresh | Asking::DeviceCode => {
            let sent = requests::refresh(&api.plan, &tokens).map_err(unfit)?;
            let redactor = api.looking_for(&tokens, &marks);
            let beside = Beside { user: "alice", tokens: Some(&tokens), call };
            api.read(asking, (&sent, timing()), came, redactor, beside)
        }
        Asking::SignOut => {
            let Some(sent) = requests::sign_out(&api.plan, &tokens).map_err(unfit)? else {
                return Ok(());
            };
            let redactor = api.looking_for(&tokens, &marks);
            return match api.signed_out((&sent, timing()), came, redactor) {
                Ok(exchange) => {
                    holds((200..300).contains(&came.status), || {
                        format!("a sign-out is believed with {}", came.status)
                    })?;
                    planted.are_not_told(&exchange)
                }
                Err(failure) => {
                    is_named_rightly(asking, came, &failure, &refusals(api))?;
                    planted.are_not_told(&failure.exchange)
                }
            };
        }
    };
    match read {
        Ok(answer) => {
            planted.are_not_told(&answer.exchange)?;
            is_granted_rightly(came, &answer, &planted)
        }
        Err(failure) => {
            planted.are_not_told(&failure.exchange)?;
            is_named_rightly(asking, came, &failure, &refusals(api))
        }
    }
}

fn renewal(api: &TokenApi) -> RenewalSecret {
    match &api.plan.settings.refresh.with {
        RenewWith::Cookie => {
            RenewalSecret::Cookies(format!("[\"rt={REFRESH}; Path=/api; HttpOnly\"]").into())
        }
        RenewWith::AccessToken { .. } => RenewalSecret::AccessToken,
        RenewWith::Body { .. } | RenewWith::Nothing => RenewalSecret::RefreshToken(REFRESH.into()),
    }
}

/// What counts as a refusal for this account.
fn refusals(api: &TokenApi) -> RefusedShape {
    api.plan.settings.refused.clone()
}

fn api_answer(
    api: &TokenApi,
    told: &Told<'_>,
    tokens: &Tokens,
    marks: &Marks,
    planted: &Planted,
) -> Held {
    let Some(sent) = requests::call_api(&api.plan, &tokens.access) else { return Ok(()) };
    let sent = sent.map_err(str::to_owned)?;
    let redactor = api.looking_for(tokens, marks);
    let said = api.said((&sent, timing()), &told.came, redactor);
    planted.are_not_told(&said.exchange)?;
    let status = told.came.status;
    let allowed = match said.verdict {
        ApiVerdict::Accepted => (200..300).contains(&status),
        // With 200 only where the settings name a member that says so.
        ApiVerdict::TokenRefused => {
            let in_ok = (200..300).contains(&status) && !refusals(api).field.is_empty();
            status == 401 || in_ok
        }
        ApiVerdict::NotAllowed => matches!(status, 401 | 403),
        ApiVerdict::SaysNothing => said.clock.is_none(),
    };
    holds(allowed, || format!("{:?} with {status}", said.verdict))
}

fn is_granted_rightly(came: &Arrived, answer: &Answer, planted: &Planted) -> Held {
    let access = answer.tokens.access.expose_secret();
    holds((200..300).contains(&came.status) && came.whole == Whole::Yes, || {
        format!("{} that is {:?} granted a token", came.status, came.whole)
    })?;
    holds(!access.is_empty() && access.trim() == access, || format!("a token is {access:?}"))?;
    is_within_a_lifetime(&answer.lifetime, planted)?;
    if let Some(ms) = answer.refresh_lifetime_ms {
        holds((1..=Lifetime::LONGEST_MS).contains(&ms), || {
            format!("the refresh token's lifetime is {ms} ms")
        })?;
    }
    if let Some(identity) = &answer.identity {
        planted.are_not_in(&identity.name)?;
    }
    Ok(())
}

/// A lifetime is told within its bounds, and what is none does not show a secret.
pub(crate) fn is_within_a_lifetime(lifetime: &Lifetime, planted: &Planted) -> Held {
    match lifetime {
        Lifetime::Told(ms) => holds((1..=Lifetime::LONGEST_MS).contains(ms), || {
            format!("a lifetime of {ms} ms is told")
        }),
        Lifetime::Unknown(Some(words)) => planted.are_not_in(words),
        Lifetime::Unknown(None) => Ok(()),
    }
}

/// A refusal is one only where the answer says so, and nobody is made to wait by somebody else.
pub(crate) fn is_named_rightly(
    asking: Asking,
    came: &Arrived,
    failure: &Failure,
    shape: &RefusedShape,
) -> Held {
    if let Some(ms) = failure.retry_after_ms {
        holds((0..9_000_000_000_000_000).contains(&ms), || format!("a wait of {ms} ms"))?;
        holds(matches!(failure.class, Class::Throttled | Class::ServerTrouble), || {
            format!("{:?} makes somebody wait", failure.class)
        })?;
    }
    if failure.class != Class::Refused {
        return Ok(());
    }
    let body = came.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&came.body);
    let json = serde_json::from_slice::<Value>(body).ok();
    let form = String::from_utf8_lossy(body);
    let refusing = |text: &str| {
        let text = text.trim();
        REFUSALS.contains(&text) || shape.values.iter().any(|value| value.trim() == text)
    };
    let by_word = match &json {
        Some(json) => any_text(json, &refusing),
        None => url::form_urlencoded::parse(form.trim().as_bytes()).any(|(_, it)| refusing(&it)),
    };
    let by_status = json.is_some() && shape.statuses.contains(&came.status);
    let by_password = asking == Asking::SignIn && matches!(came.status, 400 | 401 | 403 | 422);
    let whole = came.whole == Whole::Yes;
    holds((whole && (by_word || by_status)) || by_password, || {
        format!("{} ends a session although nothing in it says so", came.status)
    })
}

fn any_text(json: &Value, wanted: &impl Fn(&str) -> bool) -> bool {
    match json {
        Value::Object(members) => members.values().any(|inner| any_text(inner, wanted)),
        Value::Array(items) => items.iter().any(|inner| any_text(inner, wanted)),
        Value::String(text) => wanted(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => wanted(&json.to_string()),
    }
}
