//! The way from the keeper to the simulated server: what the auth client does over HTTP. How an
//! answer is named is held against the auth client's own naming by a test.

use super::Rule;
use crate::Computer;
use crate::computer::CONNECT_MS;
use crate::reply::{Body, Reply, Request};
use async_trait::async_trait;
use engine::{Class, ClockSample, Exchange, Failure, Lifetime, Now, Wall};
use keeper::ports::{
    Answer, ApiAnswer, ApiVerdict, AuthServer, Call, Clock, Connector, Credentials, Marks,
};
use keeper::record::{IdCheck, RenewalSecret, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use zeroize::Zeroizing;

/// So long a connection is waited for at first after a wake, in milliseconds.
const CONNECT_QUICKLY_MS: i64 = 3_000;
/// A `Date` tells whole seconds (RFC 9110 section 5.6.7): half of one either way.
const HALF_A_SECOND: i64 = 500;
/// An answer that took longer says nothing of the clocks, in milliseconds.
const SLOW_MS: i64 = 10_000;
/// How long one waits without a ladder, in milliseconds.
const WITHOUT_LADDER_MS: i64 = engine::HOUR;

/// The server as one copy reaches it.
#[derive(Clone)]
pub(super) struct Connect {
    pub(super) computer: Computer,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) without: Option<Rule>,
}

/// The account's settings: there is one account.
pub(super) fn account() -> Value {
    json!({ "server": "simulated" })
}

/// Names for a session's tokens, from the computer's own chance: the same year names them the same.
pub(super) fn marks(computer: &Computer) -> Marks {
    let mut key = Zeroizing::new([0_u8; 32]);
    for byte in key.iter_mut() {
        *byte = u8::try_from(computer.draw(256)).unwrap_or(0);
    }
    Marks::new(key)
}

/// What was granted, where tokens came. `before`: what was renewed.
pub(super) fn granted(
    way: &Connect,
    reply: &Reply,
    asked: Now,
    before: Option<&Tokens>,
) -> Option<Answer> {
    let given = reply.granted()?;
    let renewal = match (&given.refresh, before) {
        (Some(refresh), _) => RenewalSecret::RefreshToken(secret(refresh)),
        (None, Some(before)) => before.renewal.clone(),
        (None, None) => RenewalSecret::Nothing,
    };
    let lifetime_ms = given.expires_in_s * 1_000;
    Some(Answer {
        tokens: Tokens::new(secret(&given.access), renewal),
        asked,
        lifetime: Lifetime::told(lifetime_ms, given.expires_in_s.to_string()),
        refresh_in_ms: None,
        refresh_lifetime_ms: None,
        identity: Some(engine::Identity { user: "alice".to_owned(), name: "Alice".to_owned() }),
        id_check: IdCheck::Passed,
        exchange: exchange(asked, reply),
        clock: way.sample(asked, reply),
    })
}

/// What an answer without tokens means, as the auth client names it (DESIGN section 4).
#[must_use]
pub fn class(reply: &Reply) -> Class {
    let answer = match reply {
        Reply::NotSent => return Class::NotSent,
        Reply::Lost => return Class::UnknownOutcome,
        Reply::Answer(answer) => answer,
    };
    match (answer.status, &answer.body) {
        (_, Body::Error("invalid_grant")) => Class::Refused,
        (_, Body::Error("invalid_client")) => Class::SetUp,
        (429, _) => Class::Throttled,
        (503, _) if answer.retry_after_ms.is_some() => Class::Throttled,
        (502 | 504, _) => Class::UnknownOutcome,
        (408 | 409 | 425 | 500.., _) => Class::ServerTrouble,
        (_, Body::Html) | (300..400, _) => Class::NotTheAuthServer,
        (403..=405, Body::Empty) => Class::NotTheAuthServer,
        (200..300, Body::Empty) => Class::UnknownOutcome,
        (_, Body::Tokens(_) | Body::Error(_) | Body::Json | Body::Empty) => Class::UnclearRefusal,
    }
}

fn secret(token: &str) -> SecretString {
    SecretString::from(token.to_owned())
}

fn exchange(asked: Now, reply: &Reply) -> Exchange {
    Exchange { at_ms: asked.wall.0, status: reply.status(), ..Exchange::default() }
}

impl Connect {
    fn failure(&self, asked: Now, reply: &Reply) -> Box<Failure> {
        let told = match reply {
            Reply::Answer(answer) => answer.retry_after_ms,
            Reply::NotSent | Reply::Lost => None,
        };
        let class = class(reply);
        let (class, retry_after_ms) = match self.without {
            Some(Rule::Classes) => (Class::Refused, None),
            Some(Rule::Ladder) if class != Class::Refused => {
                (Class::Throttled, Some(WITHOUT_LADDER_MS))
            }
            Some(_) | None => (class, told),
        };
        Box::new(Failure { class, retry_after_ms, exchange: exchange(asked, reply) })
    }

    pub(super) fn sample(&self, asked: Now, reply: &Reply) -> Option<ClockSample> {
        let Reply::Answer(answer) = reply else { return None };
        let took_ms = self.clock.now().boot - asked.boot;
        if self.without == Some(Rule::Clock) || !(0..=SLOW_MS).contains(&took_ms) {
            return None;
        }
        let half = took_ms / 2;
        Some(ClockSample {
            offset_ms: Wall(answer.date_ms + HALF_A_SECOND) - (asked.wall + half),
            bound_ms: took_ms - half + HALF_A_SECOND,
        })
    }
}

impl Connector for Connect {
    fn connect(&self, _account: &Value) -> Result<Arc<dyn AuthServer>, String> {
        Ok(Arc::new(self.clone()))
    }

    fn issuer(&self, _account: &Value) -> String {
        "simulated".to_owned()
    }
}

#[async_trait]
impl AuthServer for Connect {
    async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
        let asked = self.clock.now();
        let reply = self.computer.ask(Request::SignIn).await;
        granted(self, &reply, asked, None).ok_or_else(|| self.failure(asked, &reply))
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        _: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let refresh = match &tokens.renewal {
            RenewalSecret::RefreshToken(refresh) => Some(refresh.expose_secret().to_owned()),
            RenewalSecret::Cookies(_) | RenewalSecret::AccessToken | RenewalSecret::Nothing => None,
        };
        let asked = self.clock.now();
        let connect_ms = if call.connect_quickly { CONNECT_QUICKLY_MS } else { CONNECT_MS };
        let reply = self.computer.ask_with(Request::Refresh { refresh }, connect_ms).await;
        granted(self, &reply, asked, Some(tokens)).ok_or_else(|| self.failure(asked, &reply))
    }

    async fn sign_out(&self, tokens: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
        let RenewalSecret::RefreshToken(refresh) = &tokens.renewal else { return Ok(None) };
        let asked = self.clock.now();
        let refresh = refresh.expose_secret().to_owned();
        let reply = self.computer.ask(Request::SignOut { refresh }).await;
        match reply.status() {
            Some(200..300) => Ok(Some(exchange(asked, &reply))),
            Some(_) | None => Err(self.failure(asked, &reply)),
        }
    }

    async fn call_api(&self, access: &SecretString, _: &Marks) -> Option<ApiAnswer> {
        let asked = self.clock.now();
        let access = access.expose_secret().to_owned();
        let reply = self.computer.ask(Request::Api { access }).await;
        let verdict = match reply.status() {
            Some(200..300) => ApiVerdict::Accepted,
            Some(401) => ApiVerdict::TokenRefused,
            Some(_) | None => ApiVerdict::SaysNothing,
        };
        let clock = self.sample(asked, &reply);
        Some(ApiAnswer { verdict, exchange: exchange(asked, &reply), clock })
    }
}
