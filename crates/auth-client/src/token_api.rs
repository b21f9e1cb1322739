//! The token API: JSON login and refresh, as an account's settings describe them.

use crate::classify::{self, Asking, Body, Named};
use crate::evidence::{Told, failure};
use crate::granted::{self, Context, Granted};
use crate::plan::{Plan, SettingsProblem};
use crate::redact::Redactor;
use crate::settings::AccountSettings;
use crate::transport::{Arrived, Line, Lost, Outgoing, Timing};
use crate::{api, cookies, date, evidence, pointer, requests};
use async_trait::async_trait;
use engine::{Class, Exchange, Failure};
use keeper::ports::{Answer, ApiAnswer, ApiVerdict, AuthServer, Call, Clock, Credentials, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// A token API, asked as one account's settings say.
///
/// Every call makes at most one request and repeats nothing: that is the engine's to decide.
pub struct TokenApi {
    pub(crate) plan: Plan,
    line: Line,
    clock: Arc<dyn Clock>,
    /// How much is told of an answer that was good.
    good: Told,
}

impl fmt::Debug for TokenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.plan.settings;
        f.debug_struct("TokenApi").field("base_url", &settings.base_url).finish_non_exhaustive()
    }
}

impl TokenApi {
    /// Checks the settings and gets ready. Nothing is sent.
    ///
    /// # Errors
    /// The first setting that cannot be used; [`AccountSettings::problems`] tells all of them.
    pub fn new(settings: AccountSettings, clock: Arc<dyn Clock>) -> Result<Self, SettingsProblem> {
        let plan = Plan::of(&settings).map_err(SettingsProblem::first)?;
        let line = Line::to(&plan.login, &settings.network, Arc::clone(&clock));
        Ok(Self { plan, line, clock, good: Told::Shape })
    }

    /// The same, and good answers are told in full, too (redacted): for somebody who looks whether
    /// the settings fit them, not for what is kept.
    pub(crate) fn telling_all(self) -> Self {
        Self { good: Told::Whole, ..self }
    }

    /// Asks for tokens and reads, or names, what came.
    async fn ask(
        &self,
        asking: Asking,
        sent: Outgoing,
        redactor: Redactor,
        beside: Beside<'_>,
    ) -> Result<Answer, Box<Failure>> {
        let (timing, outcome) = self.line.send(&sent, beside.call.connect_quickly).await;
        match outcome {
            Ok(came) => self.read(asking, (&sent, timing), &came, redactor, beside),
            Err(lost) => Err(failure(&sent, timing, None, &redactor, classify::lost(&lost))),
        }
    }

    /// Reads, or names, what came.
    pub(crate) fn read(
        &self,
        asking: Asking,
        (sent, timing): (&Outgoing, Timing),
        came: &Arrived,
        mut redactor: Redactor,
        beside: Beside<'_>,
    ) -> Result<Answer, Box<Failure>> {
        let body = Body::of(came);
        self.learn(came, &body, &mut redactor);
        let wrong = classify::answer(asking, came, &body, (&self.plan).into(), timing.wall_after());
        let context = Context {
            plan: &self.plan,
            user: beside.user,
            sent: beside.tokens,
            clock_offset_ms: beside.call.clock_offset_ms,
            redactor: &redactor,
        };
        let granted = match wrong {
            Some(named) => Err(named),
            None => granted::read(came, &body, timing, &context)
                .ok_or_else(|| Named::without_token(came.status)),
        };
        let came = (came, &body);
        match granted {
            Ok(granted) => Ok(answer(sent, timing, came, (&redactor, self.good), granted)),
            Err(named) => Err(failure(sent, timing, Some(came), &redactor, named)),
        }
    }

    /// Reads what came of a sign-out.
    pub(crate) fn signed_out(
        &self,
        (sent, timing): (&Outgoing, Timing),
        came: &Arrived,
        mut redactor: Redactor,
    ) -> Result<Exchange, Box<Failure>> {
        let body = Body::of(came);
        self.learn(came, &body, &mut redactor);
        let wall = timing.wall_after();
        match classify::answer(Asking::SignOut, came, &body, (&self.plan).into(), wall) {
            Some(named) => Err(failure(sent, timing, Some((came, &body)), &redactor, named)),
            None => {
                let detail = format!("{}: signed out at the server", came.status);
                let (came, told) = (Some((came, &body)), self.good);
                Ok(evidence::exchange(sent, timing, came, &redactor, told, None, &detail))
            }
        }
    }

    /// Reads what an API said.
    pub(crate) fn said(
        &self,
        (sent, timing): (&Outgoing, Timing),
        came: &Arrived,
        mut redactor: Redactor,
    ) -> ApiAnswer {
        let body = Body::of(came);
        self.learn(came, &body, &mut redactor);
        let said = api::verdict(came, &body, (&self.plan).into());
        let clock = said.ours.then(|| sample(came, timing)).flatten();
        let came = Some((came, &body));
        let told = if said.verdict == ApiVerdict::Accepted { self.good } else { Told::Whole };
        let (code, detail) = (said.code, said.detail);
        let exchange = evidence::exchange(sent, timing, came, &redactor, told, code, &detail);
        ApiAnswer { verdict: said.verdict, exchange, clock }
    }

    /// A redactor that knows the account's own headers: they stand in clear on disk, and still are
    /// nobody else's business.
    fn redactor(&self, marks: &Marks) -> Redactor {
        let mut redactor = Redactor::new(marks.clone());
        redactor.headers(&self.plan.headers);
        redactor
    }

    /// The same, knowing what a session holds.
    pub(crate) fn looking_for(&self, tokens: &Tokens, marks: &Marks) -> Redactor {
        let mut redactor = self.redactor(marks);
        redactor.token(tokens.access.expose_secret());
        if let RenewalSecret::RefreshToken(token) = &tokens.renewal {
            redactor.token(token.expose_secret());
        }
        for value in granted::kept(tokens).values() {
            redactor.cookie(value);
        }
        redactor
    }

    /// Looks out for the secrets that an answer brought.
    fn learn(&self, came: &Arrived, body: &Body, redactor: &mut Redactor) {
        for cookie in cookies::set_by(&came.headers) {
            redactor.cookie(cookie.value());
        }
        let shape = &self.plan.settings.answer;
        for place in [&shape.access_token, &shape.refresh_token] {
            let told = body.json().and_then(|json| pointer::find(json, &shape.envelope, place));
            if let Some(token) = told.and_then(serde_json::Value::as_str) {
                redactor.token(token.trim());
            }
        }
    }

    /// A request that cannot be made: nothing was sent, and nothing will be until the settings or
    /// the session change.
    fn unfit(&self, why: &str) -> Box<Failure> {
        let at_ms = self.clock.now().wall.0;
        let exchange = Exchange { at_ms, detail: why.to_owned(), ..Exchange::default() };
        Box::new(Failure { class: Class::SetUp, retry_after_ms: None, exchange })
    }
}

/// What is known beside a request.
pub(crate) struct Beside<'a> {
    pub(crate) user: &'a str,
    pub(crate) tokens: Option<&'a Tokens>,
    pub(crate) call: Call,
}

#[async_trait]
impl AuthServer for TokenApi {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let sent = requests::sign_in(&self.plan, credentials);
        let mut redactor = self.redactor(marks);
        redactor.password(credentials.password.expose_secret());
        let beside = Beside { user: &credentials.user, tokens: None, call: Call::default() };
        self.ask(Asking::SignIn, sent, redactor, beside).await
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let sent = requests::refresh(&self.plan, tokens).map_err(|why| self.unfit(why))?;
        let user = &self.plan.settings.user;
        let beside = Beside { user, tokens: Some(tokens), call };
        self.ask(Asking::Refresh, sent, self.looking_for(tokens, marks), beside).await
    }

    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        let sent = requests::sign_out(&self.plan, tokens).map_err(|why| self.unfit(why))?;
        let Some(sent) = sent else { return Ok(None) };
        let redactor = self.looking_for(tokens, marks);
        let (timing, outcome) = self.line.send(&sent, false).await;
        match outcome {
            Ok(came) => self.signed_out((&sent, timing), &came, redactor).map(Some),
            Err(lost) => Err(failure(&sent, timing, None, &redactor, classify::lost(&lost))),
        }
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        let sent = match requests::call_api(&self.plan, access)? {
            Ok(sent) => sent,
            Err(why) => return Some(api::unsaid(self.unfit(why).exchange)),
        };
        let mut redactor = self.redactor(marks);
        redactor.token(access.expose_secret());
        let (timing, outcome) = self.line.send(&sent, false).await;
        Some(match outcome {
            Ok(came) => self.said((&sent, timing), &came, redactor),
            Err(Lost { detail, .. }) => {
                let told = Told::Whole;
                let exchange =
                    evidence::exchange(&sent, timing, None, &redactor, told, None, &detail);
                api::unsaid(exchange)
            }
        })
    }
}

fn answer(
    sent: &Outgoing,
    timing: Timing,
    came: (&Arrived, &Body),
    (redactor, told): (&Redactor, Told),
    granted: Granted,
) -> Answer {
    let detail = granted::in_words(came.0.status, &granted.lifetime);
    Answer {
        tokens: granted.tokens,
        asked: timing.asked,
        lifetime: granted.lifetime,
        // No settings name a place for such a hint yet.
        refresh_in_ms: None,
        refresh_lifetime_ms: granted.refresh_lifetime_ms,
        identity: granted.identity,
        id_check: keeper::record::IdCheck::Passed,
        exchange: evidence::exchange(sent, timing, Some(came), redactor, told, None, &detail),
        clock: sample(came.0, timing),
    }
}

fn sample(came: &Arrived, timing: Timing) -> Option<engine::ClockSample> {
    date::sample(&came.headers, timing.asked.wall, timing.heard_after_ms())
}

/// Milliseconds as people say them: `20 s`, `19.5 s`, `1 h`, `30 d`.
pub(crate) fn spoken(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(24 * engine::HOUR, "d"), (engine::HOUR, "h"), (engine::MINUTE, "min"), (1_000, "s")];
    for (unit, name) in UNITS {
        if ms >= unit && ms % unit == 0 {
            return format!("{} {name}", ms / unit);
        }
    }
    if ms >= 1_000 {
        return format!("{}.{:03}", ms / 1_000, ms % 1_000).trim_end_matches('0').to_owned() + " s";
    }
    format!("{ms} ms")
}
