//! What is asked of a token endpoint, and of its neighbours: grants, device codes, revocation.

use super::answer::{self, Context};
use super::places::{Place, Places};
use super::redirect::description;
use super::requests::{Requests, Revoked};
use super::settings::OAuthAccount;
use crate::classify::{self, Asking, Body, Dialect, Named};
use crate::evidence::{self, Told, failure};
use crate::lifetime;
use crate::plan::SettingsProblem;
use crate::redact::Redactor;
use crate::requests::Unfit;
use crate::settings::LifetimeForm;
use crate::transport::{Arrived, Outgoing, Timing};
use crate::{date, granted, jwt, pointer};
use engine::{Class, ClockSample, Exchange, Failure, Lifetime};
use http::HeaderMap;
use keeper::ports::{Answer, Call, Clock, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use url::Url;

/// How long a device code is asked about where the server does not say, in milliseconds. RFC 8628
/// section 3.2 requires it to.
const DEVICE_LIFETIME_MS: i64 = 15 * engine::MINUTE;
/// RFC 8628 section 3.2.
const INTERVAL_MS: i64 = 5_000;
/// No person types a longer code.
const LONGEST_USER_CODE: usize = 64;
/// Members of an answer that hold tokens.
const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// A token endpoint and its neighbours. Every call makes at most one request and repeats nothing.
pub(crate) struct TokenEndpoint {
    pub(crate) places: Places,
    pub(crate) requests: Requests,
    pub(crate) headers: HeaderMap,
    clock: Arc<dyn Clock>,
}

/// A device code (RFC 8628 section 3.2).
pub(crate) struct DeviceCode {
    /// What is asked with.
    pub(crate) device_code: SecretString,
    /// What the person types.
    pub(crate) user_code: String,
    /// Where.
    pub(crate) link: Url,
    /// The same with the code in it.
    pub(crate) complete_link: Option<Url>,
    /// For how long, in milliseconds.
    pub(crate) lifetime_ms: i64,
    /// How long to wait between two questions, in milliseconds: 5 s where the server does not say.
    pub(crate) interval_ms: i64,
    /// The request and its answer, redacted.
    pub(crate) exchange: Exchange,
}

/// A request and its answer, which is none of the failures.
pub(crate) struct Heard {
    sent: Outgoing,
    timing: Timing,
    came: Arrived,
    body: Body,
    redactor: Redactor,
}

/// A request that failed.
#[derive(Debug)]
pub(crate) struct Unheard {
    pub(crate) failure: Box<Failure>,
    /// What the server says of it, redacted; not to be believed (RFC 6749 section 5.2).
    pub(crate) description: Option<String>,
}

impl From<Box<Failure>> for Unheard {
    fn from(failure: Box<Failure>) -> Self {
        Self { failure, description: None }
    }
}

impl Heard {
    /// Reads what came, and names it where that is a failure.
    pub(crate) fn of(
        asking: Asking,
        (sent, timing): (Outgoing, Timing),
        came: Arrived,
        mut redactor: Redactor,
    ) -> Result<Self, Unheard> {
        let body = Body::in_oauth(&came);
        learn(&body, &mut redactor);
        let (dialect, wall) = (Dialect::of_oauth(asking), timing.wall_after());
        match classify::answer(asking, &came, &body, dialect, wall) {
            Some(named) => {
                let said = body.json().and_then(|json| json.get("error_description")?.as_str());
                let description = said.and_then(|said| description(said, &redactor));
                let failure = failure(&sent, timing, Some((&came, &body)), &redactor, named);
                Err(Unheard { failure, description })
            }
            None => Ok(Self { sent, timing, came, body, redactor }),
        }
    }

    pub(crate) fn exchange(&self, detail: &str) -> Exchange {
        let came = Some((&self.came, &self.body));
        let redactor = &self.redactor;
        evidence::exchange(&self.sent, self.timing, came, redactor, Told::Shape, None, detail)
    }

    fn failure(&self, named: Named) -> Box<Failure> {
        failure(&self.sent, self.timing, Some((&self.came, &self.body)), &self.redactor, named)
    }

    /// The device code in an answer.
    pub(crate) fn device_code(&self) -> Result<DeviceCode, Box<Failure>> {
        let lacking = |what: &str| {
            let detail = format!("{} with no {what} in it", self.came.status);
            self.failure(Named::new(Class::UnclearRefusal, detail))
        };
        let ms = |place: &str| {
            let member = self.body.json().and_then(|json| json.pointer(place));
            let (none, moments) = (jwt::Times::default(), lifetime::Moments::default());
            match lifetime::read(LifetimeForm::Seconds, member, None, none, moments) {
                Lifetime::Told(ms) => Some(ms),
                Lifetime::Unknown(_) => None,
            }
        };
        // Some servers are older than the standard and say "url".
        let links = ["/verification_uri", "/verification_url"];
        let link = links.iter().find_map(|place| web_page(self.text(place)?));
        let user_code = self.text("/user_code").filter(|code| is_typed(code));
        Ok(DeviceCode {
            device_code: self.text("/device_code").ok_or_else(|| lacking("device code"))?.into(),
            user_code: user_code.ok_or_else(|| lacking("code for the person"))?.to_owned(),
            link: link.ok_or_else(|| lacking("page to go to"))?,
            complete_link: self.text("/verification_uri_complete").and_then(web_page),
            lifetime_ms: ms("/expires_in").unwrap_or(DEVICE_LIFETIME_MS),
            interval_ms: ms("/interval").unwrap_or(INTERVAL_MS),
            exchange: self.exchange(&format!("{}: a code for another device", self.came.status)),
        })
    }

    fn text(&self, place: &str) -> Option<&str> {
        pointer::find_text(self.body.json()?, "", place)
    }
}

impl TokenEndpoint {
    /// Checks the settings and gets ready. Nothing is sent.
    pub(crate) fn new(
        account: OAuthAccount,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        let headers = account.settings.headers()?;
        let places = Places::of(&account, &clock)?;
        let requests = Requests::of(&account, headers.clone());
        Ok(Self { places, requests, headers, clock })
    }

    /// Exchanges a code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5). The ID token of
    /// the answer is not checked yet.
    pub(crate) async fn exchange_code(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        redirect: &Url,
        client_secret: Option<&SecretString>,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let place = &self.places.token;
        let sent = self.requests.code(&place.url, code, verifier, redirect, client_secret);
        let mut redactor = self.redactor(marks, client_secret);
        redactor.password(code.expose_secret());
        redactor.password(verifier.expose_secret());
        let call = Call::default();
        let heard = self.hear(place, Asking::Refresh, sent, redactor, call).await?;
        granted(&heard, None, client_secret, call)
    }

    /// Asks for the next access token (RFC 6749 section 6).
    pub(crate) async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let place = &self.places.token;
        let secret = tokens.client_secret.as_ref();
        let RenewalSecret::RefreshToken(token) = &tokens.renewal else {
            return Err(self.unfit("there is nothing to renew this session with"));
        };
        let sent = self.requests.refresh(&place.url, token, secret);
        let redactor = self.looking_for(tokens, marks);
        let heard = self.hear(place, Asking::Refresh, sent, redactor, call).await?;
        granted(&heard, Some(tokens), secret, call)
    }

    /// Asks for a device code (RFC 8628 section 3.1).
    pub(crate) async fn device_code(
        &self,
        client_secret: Option<&SecretString>,
        marks: &Marks,
    ) -> Result<DeviceCode, Box<Failure>> {
        let Some(place) = &self.places.device_authorization else {
            return Err(self.unfit("the server offers no sign-in on another device"));
        };
        let sent = self.requests.device_code(&place.url, client_secret);
        let redactor = self.redactor(marks, client_secret);
        let heard = self.hear(place, Asking::DeviceCode, sent, redactor, Call::default()).await?;
        heard.device_code()
    }

    /// Asks whether a device code was used (RFC 8628 section 3.4). "Not yet" is a failure whose
    /// exchange has the code `authorization_pending` or `slow_down`.
    pub(crate) async fn poll(
        &self,
        device_code: &SecretString,
        client_secret: Option<&SecretString>,
        marks: &Marks,
    ) -> Result<Answer, Unheard> {
        let place = &self.places.token;
        let sent = self.requests.poll(&place.url, device_code, client_secret);
        let mut redactor = self.redactor(marks, client_secret);
        redactor.password(device_code.expose_secret());
        let call = Call::default();
        let heard = self.listen(place, Asking::Refresh, sent, redactor, call).await?;
        Ok(granted(&heard, None, client_secret, call)?)
    }

    /// Revokes the refresh token, or the access token where there is no other (RFC 7009). `Ok(None)`
    /// where the server offers no such thing.
    ///
    /// One request, and no second one for the access token: a server that revokes a refresh token
    /// should end the access tokens of the same grant, too (section 2.1), and at those that do not,
    /// an access token ends soon by itself.
    pub(crate) async fn revoke(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        let Some(place) = &self.places.revocation else { return Ok(None) };
        let (token, what) = match &tokens.renewal {
            RenewalSecret::RefreshToken(token) => (Revoked::Refresh(token), "refresh token"),
            RenewalSecret::Cookies(_) | RenewalSecret::AccessToken | RenewalSecret::Nothing => {
                (Revoked::Access(&tokens.access), "access token")
            }
        };
        let sent = self.requests.revoke(&place.url, &token, tokens.client_secret.as_ref());
        let redactor = self.looking_for(tokens, marks);
        let heard = self.hear(place, Asking::SignOut, sent, redactor, Call::default()).await?;
        let detail = format!("{}: the server has taken the {what} back", heard.came.status);
        Ok(Some(heard.exchange(&detail)))
    }

    async fn hear(
        &self,
        place: &Place,
        asking: Asking,
        sent: Result<Outgoing, Unfit>,
        redactor: Redactor,
        call: Call,
    ) -> Result<Heard, Box<Failure>> {
        self.listen(place, asking, sent, redactor, call).await.map_err(|it| it.failure)
    }

    /// Sends a request and names what came, where that is a failure.
    async fn listen(
        &self,
        place: &Place,
        asking: Asking,
        sent: Result<Outgoing, Unfit>,
        mut redactor: Redactor,
        call: Call,
    ) -> Result<Heard, Unheard> {
        let sent = sent.map_err(|why| self.unfit(why))?;
        redactor.headers(&sent.headers);
        let (timing, outcome) = place.send(&sent, call.connect_quickly).await;
        match outcome {
            Ok(came) => Heard::of(asking, (sent, timing), came, redactor),
            Err(lost) => Err(failure(&sent, timing, None, &redactor, classify::lost(&lost)).into()),
        }
    }

    /// A redactor that knows what every request of this client carries. The client's secret is named
    /// by no mark: it may be one that somebody could guess.
    pub(crate) fn redactor(&self, marks: &Marks, client_secret: Option<&SecretString>) -> Redactor {
        let mut redactor = Redactor::new(marks.clone());
        redactor.headers(&self.headers);
        if let Some(secret) = client_secret {
            redactor.password(secret.expose_secret());
        }
        redactor
    }

    /// The same, knowing what a session holds.
    pub(crate) fn looking_for(&self, tokens: &Tokens, marks: &Marks) -> Redactor {
        let mut redactor = self.redactor(marks, None);
        redactor.session(tokens);
        redactor
    }

    /// A request that cannot be made: nothing was sent, and nothing will be until the settings or
    /// the session change.
    pub(crate) fn unfit(&self, why: &str) -> Box<Failure> {
        let at_ms = self.clock.now().wall.0;
        let exchange = Exchange { at_ms, detail: why.to_owned(), ..Exchange::default() };
        Box::new(Failure { class: Class::SetUp, retry_after_ms: None, exchange })
    }
}

/// Looks out for the secrets that an answer brought.
pub(crate) fn learn(body: &Body, redactor: &mut Redactor) {
    let text = |name: &str| body.json()?.get(name)?.as_str().map(str::trim);
    for token in TOKENS.iter().filter_map(|name| text(name)) {
        redactor.token(token);
    }
    if let Some(code) = text("device_code") {
        redactor.password(code);
    }
}

/// What an answer's `Date` says of our clock.
pub(crate) fn sample(came: &Arrived, timing: Timing) -> Option<ClockSample> {
    date::sample(&came.headers, timing.asked.wall, timing.heard_after_ms())
}

pub(crate) fn granted(
    heard: &Heard,
    sent: Option<&Tokens>,
    client_secret: Option<&SecretString>,
    call: Call,
) -> Result<Answer, Box<Failure>> {
    let clock_offset_ms = call.clock_offset_ms;
    let redactor = &heard.redactor;
    let context = Context { sent, client_secret, clock_offset_ms, redactor };
    let granted = answer::read(&heard.came, &heard.body, heard.timing, &context)
        .map_err(|named| heard.failure(named))?;
    let detail = granted::in_words(heard.came.status, &granted.lifetime);
    Ok(Answer {
        tokens: granted.tokens,
        asked: heard.timing.asked,
        lifetime: granted.lifetime,
        refresh_in_ms: granted.refresh_in_ms,
        refresh_lifetime_ms: granted.refresh_lifetime_ms,
        // Who it is stands in the ID token, which is believed only once it was checked.
        identity: None,
        id_check: granted.id_check,
        exchange: heard.exchange(&detail),
        clock: sample(&heard.came, heard.timing),
    })
}

/// An address that a browser may be sent to.
fn web_page(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http"))
}

fn is_typed(code: &str) -> bool {
    code.chars().count() <= LONGEST_USER_CODE && !code.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
