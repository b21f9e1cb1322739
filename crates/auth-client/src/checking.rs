//! Tries an account's settings against its server, from sign-in to sign-out.

use crate::check::{CheckReport, Finding, Topic, Verdict};
use crate::settings::{AccountSettings, LifetimeForm, RenewWith};
use crate::token_api::{TokenApi, spoken};
use crate::{granted, jwt};
use engine::{Class, ClockSample, Failure, Lifetime};
use keeper::ports::{Answer, ApiVerdict, AuthServer, Call, Clock, Credentials, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Clocks that differ by less than this, in milliseconds, agree for every purpose here.
const CLOSE_MS: i64 = 5_000;
/// Two ways of telling one lifetime may differ by this much, in milliseconds.
const SAME_LIFETIME_MS: i64 = 60_000;

/// Signs in, refreshes once, calls the API where there is one, and signs out where there is a
/// request for it. Nothing is stored, and no session of the app is touched.
///
/// The report is redacted like everything that is shown; what was not tried says so.
pub async fn check(
    settings: &AccountSettings,
    password: &SecretString,
    clock: Arc<dyn Clock>,
) -> CheckReport {
    let mut notes = Notes::default();
    for problem in settings.problems() {
        notes.add(Topic::Settings, Verdict::Bad, problem.message, Some(&problem.field));
    }
    if settings.user.trim().is_empty() {
        notes.add(Topic::Settings, Verdict::Bad, "the user name is missing", Some("user"));
    }
    let api = match TokenApi::new(settings.clone(), clock) {
        Ok(api) if notes.findings.is_empty() => api.telling_all(),
        Ok(_) | Err(_) => return notes.broken_off(&AFTER_SETTINGS, "the settings cannot be used"),
    };
    notes.add(Topic::Settings, Verdict::Good, "complete", None);

    let credentials = Credentials { user: settings.user.clone(), password: password.clone() };
    // The tokens of a check belong to no session.
    let marks = Marks::fresh();
    let signed_in = match api.sign_in(&credentials, &marks).await {
        Ok(answer) => answer,
        Err(failure) => {
            notes.not_reached_or_not_signed_in(*failure);
            return notes.broken_off(&AFTER_SIGN_IN, "nobody is signed in");
        }
    };
    notes.signed_in(settings, &signed_in);

    let mut clocks: Vec<ClockSample> = signed_in.clock.into_iter().collect();
    let (tokens, renewed) = refresh(&api, signed_in, &marks, &mut notes, &mut clocks).await;
    call_api(&api, &tokens, &marks, &mut notes, &mut clocks).await;
    notes.clock(&clocks);
    sign_out(&api, &tokens, &marks, &mut notes).await;
    let cannot_renew = settings.refresh.with == RenewWith::Nothing;
    CheckReport {
        works: renewed || cannot_renew,
        exchanges: notes.exchanges,
        findings: notes.findings,
    }
}

const AFTER_SETTINGS: [Topic; 10] = [
    Topic::Reach,
    Topic::SignIn,
    Topic::AccessToken,
    Topic::Lifetime,
    Topic::Renewal,
    Topic::Refresh,
    Topic::Rotation,
    Topic::Api,
    Topic::Clock,
    Topic::SignOut,
];
const AFTER_SIGN_IN: [Topic; 8] = [
    Topic::AccessToken,
    Topic::Lifetime,
    Topic::Renewal,
    Topic::Refresh,
    Topic::Rotation,
    Topic::Api,
    Topic::Clock,
    Topic::SignOut,
];

/// Refreshes once. Gives back the tokens that are good now, and whether it worked.
async fn refresh(
    api: &TokenApi,
    signed_in: Answer,
    marks: &Marks,
    notes: &mut Notes,
    clocks: &mut Vec<ClockSample>,
) -> (Tokens, bool) {
    if matches!(signed_in.tokens.renewal, RenewalSecret::Nothing) {
        let why = "there is nothing to renew with";
        notes.add(Topic::Refresh, Verdict::NotTried, why, None);
        notes.add(Topic::Rotation, Verdict::NotTried, why, None);
        return (signed_in.tokens, false);
    }
    let offset = signed_in.clock.map(|sample| sample.offset_ms);
    let call = Call { connect_quickly: false, clock_offset_ms: offset };
    match api.refresh(&signed_in.tokens, call, marks).await {
        Ok(renewed) => {
            clocks.extend(renewed.clock);
            notes.renewed(&signed_in.tokens, &renewed);
            notes.exchanges.push(renewed.exchange);
            (renewed.tokens, true)
        }
        Err(failure) => {
            let field = match failure.exchange.status {
                Some(404 | 405) => "refresh.path",
                Some(200..=299) => "answer.accessToken",
                _ => "refresh.with",
            };
            notes.add(Topic::Refresh, Verdict::Bad, said(&failure), Some(field));
            notes.add(Topic::Rotation, Verdict::NotTried, "the refresh failed", None);
            notes.exchanges.push(failure.exchange);
            (signed_in.tokens, false)
        }
    }
}

async fn call_api(
    api: &TokenApi,
    tokens: &Tokens,
    marks: &Marks,
    notes: &mut Notes,
    clocks: &mut Vec<ClockSample>,
) {
    let Some(answer) = api.call_api(&tokens.access, marks).await else {
        notes.add(Topic::Api, Verdict::NotTried, "the settings name no API", None);
        return;
    };
    clocks.extend(answer.clock);
    let (verdict, field) = match answer.verdict {
        ApiVerdict::Accepted => (Verdict::Good, None),
        ApiVerdict::TokenRefused => (Verdict::Bad, Some("api.header")),
        ApiVerdict::NotAllowed => (Verdict::Note, None),
        ApiVerdict::SaysNothing => (Verdict::Bad, Some("api.path")),
    };
    notes.add(Topic::Api, verdict, answer.exchange.detail.clone(), field);
    notes.exchanges.push(answer.exchange);
}

async fn sign_out(api: &TokenApi, tokens: &Tokens, marks: &Marks, notes: &mut Notes) {
    match api.sign_out(tokens, marks).await {
        Ok(None) => {
            let why =
                "the settings name no sign-out; what was granted for this check is left to end";
            notes.add(Topic::SignOut, Verdict::NotTried, why, None);
        }
        Ok(Some(exchange)) => {
            notes.add(Topic::SignOut, Verdict::Good, exchange.detail.clone(), None);
            notes.exchanges.push(exchange);
        }
        Err(failure) => {
            notes.add(Topic::SignOut, Verdict::Bad, said(&failure), Some("logout"));
            notes.exchanges.push(failure.exchange);
        }
    }
}

#[derive(Default)]
struct Notes {
    exchanges: Vec<engine::Exchange>,
    findings: Vec<Finding>,
}

impl Notes {
    fn add(
        &mut self,
        topic: Topic,
        verdict: Verdict,
        detail: impl Into<String>,
        field: Option<&str>,
    ) {
        let field = field.map(str::to_owned);
        self.findings.push(Finding { topic, verdict, detail: detail.into(), field });
    }

    /// The report of a check that could not go on.
    fn broken_off(mut self, untried: &[Topic], why: &str) -> CheckReport {
        for topic in untried {
            self.add(*topic, Verdict::NotTried, why, None);
        }
        CheckReport { works: false, exchanges: self.exchanges, findings: self.findings }
    }

    fn not_reached_or_not_signed_in(&mut self, failure: Failure) {
        let said = said(&failure);
        let answered = failure.exchange.status.is_some();
        if failure.class == Class::NotSent || !answered {
            self.add(Topic::Reach, Verdict::Bad, said, Some("baseUrl"));
            self.add(Topic::SignIn, Verdict::NotTried, "the server cannot be reached", None);
        } else {
            let took = format!("an answer within {}", spoken(failure.exchange.took_ms));
            self.add(Topic::Reach, Verdict::Good, took, None);
            let field = match (failure.class, failure.exchange.status) {
                (_, Some(404 | 405)) => Some("login.path"),
                (Class::NotTheAuthServer, _) => Some("baseUrl"),
                (Class::Refused, _) => Some("user"),
                (Class::UnclearRefusal, Some(200..=299)) => Some("answer.accessToken"),
                (Class::UnclearRefusal, _) => Some("login.userField"),
                (_, _) => None,
            };
            self.add(Topic::SignIn, Verdict::Bad, said, field);
        }
        self.exchanges.push(failure.exchange);
    }

    fn signed_in(&mut self, settings: &AccountSettings, answer: &Answer) {
        let took = format!("an answer within {}", spoken(answer.exchange.took_ms));
        self.add(Topic::Reach, Verdict::Good, took, None);
        self.add(Topic::SignIn, Verdict::Good, format!("signed in as {}", settings.user), None);

        let access = answer.tokens.access.expose_secret();
        let times = jwt::times(access);
        let kind = if times == jwt::Times::default() { "" } else { ", a JWT" };
        let place = &settings.answer.access_token;
        let found = format!("{} characters at {place}{kind}", access.chars().count());
        self.add(Topic::AccessToken, Verdict::Good, found, None);
        self.lifetime(settings, &answer.lifetime, times);
        self.renewal(settings, &answer.tokens);
        self.exchanges.push(answer.exchange.clone());
    }

    fn lifetime(&mut self, settings: &AccountSettings, lifetime: &Lifetime, jwt: jwt::Times) {
        let shape = &settings.answer;
        let form = match shape.lifetime_form {
            LifetimeForm::Seconds => "in seconds",
            LifetimeForm::Milliseconds => "in milliseconds",
            LifetimeForm::Absolute => "as a point in time",
            LifetimeForm::JwtExp => "by the token's own exp",
            LifetimeForm::Absent => "nowhere",
        };
        let place = &shape.lifetime;
        let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
        let assumed = spoken(i64::from(settings.assumed_lifetime_s) * 1_000);
        let (verdict, detail) = match lifetime {
            Lifetime::Told(ms) => {
                let inside = jwt.exp.zip(jwt.iat).map(|(exp, iat)| exp - iat);
                let other = inside.filter(|inside| (inside - ms).abs() > SAME_LIFETIME_MS);
                match other {
                    None => (Verdict::Good, format!("{}, told {form}{place}", spoken(*ms))),
                    Some(inside) => {
                        let (told, inside) = (spoken(*ms), spoken(inside));
                        let but = format!("{told}, told {form}{place}; the JWT says {inside}");
                        (Verdict::Note, but)
                    }
                }
            }
            Lifetime::Unknown(Some(words)) => (
                Verdict::Note,
                format!("\"{words}\" is no lifetime when read {form}; {assumed} is assumed"),
            ),
            Lifetime::Unknown(None) => {
                (Verdict::Note, format!("not told{place}; {assumed} is assumed"))
            }
        };
        let field = (verdict != Verdict::Good).then_some("answer.lifetime");
        self.add(Topic::Lifetime, verdict, detail, field);
    }

    fn renewal(&mut self, settings: &AccountSettings, tokens: &Tokens) {
        let (verdict, detail, field) = match (&settings.refresh.with, &tokens.renewal) {
            (_, RenewalSecret::RefreshToken(_)) => {
                let found = format!("a refresh token at {}", settings.answer.refresh_token);
                (Verdict::Good, found, None)
            }
            (_, RenewalSecret::Cookies(_)) => {
                let count = granted::kept(tokens).values().count();
                (Verdict::Good, format!("cookies: {count}"), None)
            }
            (_, RenewalSecret::AccessToken) => {
                (Verdict::Good, "the access token itself".to_owned(), None)
            }
            (RenewWith::Nothing, RenewalSecret::Nothing) => {
                (Verdict::Note, "this server cannot renew, say the settings".to_owned(), None)
            }
            (RenewWith::Cookie, RenewalSecret::Nothing) => {
                (Verdict::Bad, "the sign-in set no cookie".to_owned(), Some("refresh.with"))
            }
            (RenewWith::Body { .. } | RenewWith::AccessToken { .. }, RenewalSecret::Nothing) => {
                let place = &settings.answer.refresh_token;
                let missing = format!("no refresh token at {place:?}");
                (Verdict::Bad, missing, Some("answer.refreshToken"))
            }
        };
        self.add(Topic::Renewal, verdict, detail, field);
    }

    fn renewed(&mut self, before: &Tokens, renewed: &Answer) {
        let same = before.access.expose_secret() == renewed.tokens.access.expose_secret();
        let (verdict, detail) = if same {
            (Verdict::Note, "it worked, and gave the same access token again")
        } else {
            (Verdict::Good, "a new access token")
        };
        self.add(Topic::Refresh, verdict, detail, None);
        let rotated = match (&before.renewal, &renewed.tokens.renewal) {
            (RenewalSecret::RefreshToken(old), RenewalSecret::RefreshToken(new))
            | (RenewalSecret::Cookies(old), RenewalSecret::Cookies(new)) => {
                old.expose_secret() != new.expose_secret()
            }
            (RenewalSecret::AccessToken, _) => !same,
            (_, _) => false,
        };
        let detail = if rotated {
            "each refresh replaces what the next one needs"
        } else {
            "what renews stays the same"
        };
        self.add(Topic::Rotation, Verdict::Good, detail, None);
    }

    fn clock(&mut self, samples: &[ClockSample]) {
        let best = samples.iter().min_by_key(|sample| sample.bound_ms);
        let (verdict, detail) = clock_words(best);
        self.add(Topic::Clock, verdict, detail, None);
    }
}

/// What the best sample says of the server's clock.
pub(crate) fn clock_words(best: Option<&ClockSample>) -> (Verdict, String) {
    match best {
        None => (Verdict::Note, "the answers tell no time that could be used".to_owned()),
        Some(ClockSample { offset_ms, bound_ms }) => {
            let way = if *offset_ms < 0 { "behind" } else { "ahead" };
            let (off, bound) = (roughly(offset_ms.abs()), roughly(*bound_ms));
            let off = format!("the server's clock is {off} {way}, give or take {bound}");
            let close = offset_ms.abs() <= CLOSE_MS.max(*bound_ms);
            (if close { Verdict::Good } else { Verdict::Note }, off)
        }
    }
}

/// A difference of clocks, no more exact than it is known.
fn roughly(ms: i64) -> String {
    let units = [(24 * engine::HOUR, "days"), (engine::HOUR, "hours"), (engine::MINUTE, "minutes")];
    let fitting = units.iter().find(|(unit, _)| ms >= 2 * unit);
    match fitting {
        Some((unit, name)) => format!("{} {name}", ms / unit),
        None => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

/// What came of a request, with its code where there is one.
fn said(failure: &Failure) -> String {
    match &failure.exchange.code {
        Some(code) if !failure.exchange.detail.contains(code.as_str()) => {
            format!("{} ({code})", failure.exchange.detail)
        }
        _ => failure.exchange.detail.clone(),
    }
}
