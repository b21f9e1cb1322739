//! Signing in on another device (RFC 8628).

use super::ending::Ending;
use super::redirect::{cleaned, wait_until};
use super::settings::OAuthAccount;
use super::token::{DeviceCode, Unheard};
use super::{Granted, SignInTrouble, Tell};
use engine::{Boot, Class, Exchange, Failure, HOUR, MINUTE};
use keeper::activity::{Ending as Outcome, Purpose};
use keeper::ports::Clock;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Where the server says nothing of use about how often to ask, in milliseconds (section 3.2).
const USUAL_INTERVAL_MS: i64 = 5_000;
/// No server is asked less often than this, in milliseconds: the person waits for it.
const LONGEST_INTERVAL_MS: i64 = MINUTE;
/// `slow_down` means so much more for every further question, in milliseconds (section 3.5).
const SLOWER_MS: i64 = 5_000;
/// Where a server tells no lifetime of a code that can be one, in milliseconds.
const USUAL_LIFETIME_MS: i64 = 15 * MINUTE;
/// Nobody types a code after a day.
const LONGEST_LIFETIME_MS: i64 = 24 * HOUR;
/// A code that people type is shorter than this, in characters.
const LONGEST_USER_CODE: usize = 64;

/// A sign-in that waits for another device. Dropping it cancels it: what the server grants all the same
/// is given back.
pub struct DeviceSignIn {
    device_code: SecretString,
    user_code: String,
    link: Url,
    complete_link: Option<Url>,
    ends: Boot,
    pace: Pace,
    ending: Arc<Ending>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DeviceSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceSignIn").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl DeviceSignIn {
    /// Asks for a code.
    ///
    /// # Errors
    /// [`SignInTrouble::Settings`] and [`SignInTrouble::Failed`].
    pub async fn begin(
        account: OAuthAccount,
        client_secret: Option<SecretString>,
        clock: Arc<dyn Clock>,
        tell: Tell,
    ) -> Result<Self, SignInTrouble> {
        let ending = Ending::new(account, client_secret, Arc::clone(&clock), tell)?;
        let asked = clock.now().boot;
        let secret = ending.client_secret.as_ref();
        let code = match ending.endpoint.device_code(secret, &ending.marks).await {
            Ok(code) => code,
            Err(failure) => {
                ending.tell_failure(Purpose::DeviceCode, &failure);
                return Err(failure.into());
            }
        };
        let DeviceCode { device_code, user_code, link, complete_link, .. } = code;
        let user_code = cleaned(&user_code, LONGEST_USER_CODE);
        if let Some(why) = unusable(&user_code, &link) {
            let failure = unfit(code.exchange, why);
            ending.tell_failure(Purpose::DeviceCode, &failure);
            return Err(failure.into());
        }
        ending.tell(Purpose::DeviceCode, Outcome::Good, code.exchange);
        let told = code.lifetime_ms;
        let lifetime = if told > 0 { told.min(LONGEST_LIFETIME_MS) } else { USUAL_LIFETIME_MS };
        Ok(Self {
            device_code,
            user_code,
            link,
            // The person can type the code at the other one.
            complete_link: complete_link.filter(leads_to_a_page),
            ends: asked + lifetime,
            pace: Pace::new(code.interval_ms),
            ending: Arc::new(ending),
            clock,
        })
    }

    /// What to type there.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where to type it.
    #[must_use]
    pub fn link(&self) -> &Url {
        &self.link
    }

    /// The same with the code in it, where the server gives that.
    #[must_use]
    pub fn complete_link(&self) -> Option<&Url> {
        self.complete_link.as_ref()
    }

    /// Until when.
    #[must_use]
    pub fn ends(&self) -> Boot {
        self.ends
    }

    /// Asks every few seconds, as the server says, until the code was used; then checks the ID token.
    ///
    /// # Errors
    /// [`SignInTrouble`].
    pub async fn finish(self) -> Result<Granted, SignInTrouble> {
        let Self { device_code, ends, mut pace, ending, clock, .. } = self;
        let mut told = None;
        loop {
            let next = clock.now().boot + pace.wait_ms();
            wait_until(&*clock, next.min(ends)).await;
            if clock.now().boot >= ends {
                return Err(SignInTrouble::TimedOut);
            }
            let Unheard { failure, description } = match ending.poll(&device_code).await {
                Ok(held) => return ending.settle(held, None).await,
                Err(unheard) => unheard,
            };
            // The same "not yet" is told once, not every five seconds.
            let gist = Some((failure.class, failure.exchange.code.clone()));
            if told != gist {
                ending.tell_failure(Purpose::DeviceCode, &failure);
                told = gist;
            }
            match pace.heard(&failure) {
                Heard::GoOn => {}
                Heard::Over => return Err(SignInTrouble::TimedOut),
                Heard::Denied => {
                    let code = failure.exchange.code.unwrap_or_default();
                    return Err(SignInTrouble::Denied { code, description });
                }
                Heard::Failed => return Err(failure.into()),
            }
        }
    }
}

/// Why nobody can sign in by this code.
fn unusable(user_code: &str, link: &Url) -> Option<&'static str> {
    if user_code.is_empty() {
        return Some("the server gave no code to type");
    }
    (!leads_to_a_page(link)).then_some("the link that the server gave is no web page")
}

/// A link that is opened, or made into a QR code, leads to a web page and starts nothing else.
fn leads_to_a_page(link: &Url) -> bool {
    matches!(link.scheme(), "https" | "http") && link.has_host()
}

/// An answer that is no use although it was good.
fn unfit(exchange: Exchange, why: &str) -> Box<Failure> {
    let exchange = Exchange { detail: why.to_owned(), ..exchange };
    Box::new(Failure { class: Class::UnclearRefusal, retry_after_ms: None, exchange })
}

/// How often the server is asked.
struct Pace {
    interval_ms: i64,
    /// So many questions in a row came to nothing.
    lost: u32,
    /// The server asked to wait so long, once, in milliseconds.
    asked_to_wait_ms: i64,
}

/// What an answer means for the next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    GoOn,
    /// The code has ended.
    Over,
    Denied,
    Failed,
}

impl Pace {
    fn new(told_ms: i64) -> Self {
        let interval_ms =
            if told_ms > 0 { told_ms.min(LONGEST_INTERVAL_MS) } else { USUAL_INTERVAL_MS };
        Self { interval_ms, lost: 0, asked_to_wait_ms: 0 }
    }

    /// How long to wait before the next question. It doubles with every one that came to nothing
    /// (section 3.5), up to a minute.
    fn wait_ms(&self) -> i64 {
        let doubled = self.interval_ms.saturating_mul(1 << self.lost.min(6));
        doubled.min(LONGEST_INTERVAL_MS).max(self.interval_ms).max(self.asked_to_wait_ms)
    }

    fn heard(&mut self, failure: &Failure) -> Heard {
        self.asked_to_wait_ms = 0;
        let lost = self.lost.saturating_add(1);
        self.lost = 0;
        match failure.exchange.code.as_deref() {
            Some("authorization_pending") => return Heard::GoOn,
            Some("slow_down") => {
                self.interval_ms = self.interval_ms.saturating_add(SLOWER_MS);
                return Heard::GoOn;
            }
            Some("expired_token") => return Heard::Over,
            // The second is Microsoft's word for it.
            Some("access_denied" | "authorization_declined") => return Heard::Denied,
            _ => {}
        }
        match failure.class {
            Class::Throttled => {
                self.asked_to_wait_ms = failure.retry_after_ms.unwrap_or_default();
                self.lost = lost;
                Heard::GoOn
            }
            // The network comes and goes; the code stays.
            Class::NotSent
            | Class::UnknownOutcome
            | Class::ServerTrouble
            | Class::NotTheAuthServer => {
                self.lost = lost;
                Heard::GoOn
            }
            Class::SetUp | Class::UnclearRefusal | Class::Refused => Heard::Failed,
        }
    }
}

#[cfg(test)]
mod tests;
