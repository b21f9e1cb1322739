//! The keys that sign a server's ID tokens (RFC 7517).
//!
//! They are fetched when they are first needed and kept in memory. A key that is not among them makes
//! them be fetched once more, since servers change their keys (OpenID Connect Core section 10.1.1);
//! how often that may happen is bounded, so that a stream of bad tokens is no stream of requests.

mod set;

pub(crate) use set::{Fitting, KeySet};

use super::places::usable;
use crate::classify::{self, Body, Named};
use crate::evidence::{self, Told};
use crate::network::Network;
use crate::plan::SettingsProblem;
use crate::redact::Redactor;
use crate::transport::{Arrived, Line, Outgoing, Timing};
use engine::{Boot, Class, Exchange, Failure, HOUR, MINUTE};
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use keeper::ports::{Clock, Marks};
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

/// Between two fetches for the sake of keys that were not there, in milliseconds since boot.
const COOL_DOWN_MS: i64 = 5 * MINUTE;
/// After a fetch that failed.
const AFTER_FAILURE_MS: i64 = 10_000;
/// A server may ask to be left alone for longer, up to here.
const LONGEST_WAIT_MS: i64 = HOUR;
/// A key that its server has withdrawn is not trusted for longer than this.
const OLD_MS: i64 = HOUR;
/// So many keys that were not there are remembered.
const MOST_SOUGHT: usize = 16;

/// A server's keys, fetched when they are needed and kept in memory.
pub(crate) struct Keys {
    /// Where they are; `None` where the server names no place.
    place: Option<(Url, Line)>,
    clock: Arc<dyn Clock>,
    /// Held during a fetch: whoever comes meanwhile waits for that one.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    set: Option<Arc<KeySet>>,
    fetched: Option<Boot>,
    /// Counts the fetches.
    number: u64,
    /// Keys that were sought of late, and since when.
    sought: Vec<(String, Boot)>,
    /// When keys were last fetched once more because one was not there.
    again: Option<Boot>,
    /// Not before this, because of that.
    failed: Option<(Boot, Box<Failure>)>,
}

/// The keys at one moment.
pub(crate) struct Snapshot {
    pub(crate) set: Arc<KeySet>,
    number: u64,
    /// They have come just now: asking once more would bring the same.
    pub(crate) fresh: bool,
}

/// What came of asking for newer keys.
pub(crate) enum Newer {
    /// Newer ones.
    Set(Snapshot),
    /// There are none: they were fetched a short while ago, when this very key was sought already.
    Same,
    /// They cannot be asked for now.
    NotNow(Box<Failure>),
}

impl Keys {
    /// The keys at this address; empty: there are none. Nothing is fetched yet.
    ///
    /// # Errors
    /// An address that cannot be used: no URL, or one that could be read and changed on the way.
    pub(crate) fn new(
        url: &str,
        network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        let place = match url.trim() {
            "" => None,
            url => {
                let url = usable(url, network).map_err(|message| SettingsProblem {
                    field: "endpoints.jwks".into(),
                    message: message.into(),
                })?;
                let line = Line::to(&url, network, Arc::clone(&clock));
                Some((url, line))
            }
        };
        Ok(Self { place, clock, kept: Mutex::default() })
    }

    /// Whether the server names a place for them at all.
    pub(crate) fn have_a_place(&self) -> bool {
        self.place.is_some()
    }

    /// The keys as they are kept, or fetched. `kid` is the key that is sought.
    ///
    /// # Errors
    /// They cannot be fetched now, and were never fetched before.
    pub(crate) async fn now(
        &self,
        kid: &str,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Snapshot, Box<Failure>> {
        let mut kept = self.kept.lock().await;
        let young = kept.fetched.is_some_and(|at| self.within(at, OLD_MS));
        let fresh = if young { Ok(false) } else { self.fetch(&mut kept, kid, exchanges).await };
        match (&kept.set, fresh) {
            (Some(set), fresh) => Ok(Snapshot {
                set: Arc::clone(set),
                number: kept.number,
                // Old keys are better than none while their server does not answer.
                fresh: fresh.unwrap_or(false),
            }),
            (None, Err(failure)) => Err(failure),
            (None, Ok(_)) => Err(self.unasked("the keys were not kept".into(), None)),
        }
    }

    /// Newer keys than these, because `kid` was not among them or did not fit.
    pub(crate) async fn newer(
        &self,
        than: &Snapshot,
        kid: &str,
        exchanges: &mut Vec<Exchange>,
    ) -> Newer {
        let mut kept = self.kept.lock().await;
        let number = kept.number;
        if let Some(set) = kept.set.as_ref().filter(|_| number > than.number) {
            return Newer::Set(Snapshot { set: Arc::clone(set), number, fresh: true });
        }
        let since = self.sought_since(&mut kept, kid);
        if let Some(again) = kept.again.filter(|&at| self.within(at, COOL_DOWN_MS)) {
            if kept.fetched.is_some_and(|fetched| since <= fetched) {
                return Newer::Same;
            }
            let wait = COOL_DOWN_MS - (self.clock.now().boot - again);
            let why =
                "the server's keys were fetched a short while ago, and this one was not there";
            return Newer::NotNow(self.unasked(why.into(), Some(wait)));
        }
        match self.fetch(&mut kept, kid, exchanges).await {
            Ok(_) => {
                kept.again = Some(self.clock.now().boot);
                let set = kept.set.clone().unwrap_or_default();
                Newer::Set(Snapshot { set, number: kept.number, fresh: true })
            }
            Err(failure) => Newer::NotNow(failure),
        }
    }

    /// Asks, unless that has failed a moment ago. Answers `true` once the new keys are kept.
    async fn fetch(
        &self,
        kept: &mut Kept,
        kid: &str,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<bool, Box<Failure>> {
        self.sought_since(kept, kid);
        if let Some((until, failure)) = &kept.failed {
            let left = *until - self.clock.now().boot;
            if (1..=LONGEST_WAIT_MS).contains(&left) {
                return Err(failure.clone());
            }
        }
        match self.ask(exchanges).await {
            Ok(set) => {
                kept.set = Some(Arc::new(set));
                kept.fetched = Some(self.clock.now().boot);
                kept.number += 1;
                kept.failed = None;
                Ok(true)
            }
            Err(failure) => {
                let told = failure.retry_after_ms.unwrap_or(0);
                let wait = told.clamp(AFTER_FAILURE_MS, LONGEST_WAIT_MS);
                kept.failed = Some((self.clock.now().boot + wait, failure.clone()));
                Err(failure)
            }
        }
    }

    /// One request.
    async fn ask(&self, exchanges: &mut Vec<Exchange>) -> Result<KeySet, Box<Failure>> {
        let Some((url, line)) = &self.place else {
            return Err(self.unasked("the server names no place for its keys".into(), None));
        };
        // Without the account's own headers: they may be secrets, and the keys are anybody's.
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let sent = Outgoing { method: Method::GET, url: url.clone(), headers, body: None };
        let (timing, outcome) = line.send(&sent, false).await;
        let redactor = Redactor::new(Marks::fresh());
        let came = match outcome {
            Ok(came) => came,
            Err(lost) => {
                let named = classify::lost(&lost);
                return Err(failure(&sent, timing, None, &redactor, named, exchanges));
            }
        };
        let body = Body::of(&came);
        match read(&came, &body, timing) {
            Ok(set) => {
                let detail = format!("{}: {} keys that can be used", came.status, set.len());
                let (came, told) = (Some((&came, &body)), Told::Public);
                exchanges
                    .push(evidence::exchange(&sent, timing, came, &redactor, told, None, &detail));
                Ok(set)
            }
            Err(named) => {
                let came = Some((&came, &body));
                Err(failure(&sent, timing, came, &redactor, named, exchanges))
            }
        }
    }

    /// Since when this key has been sought, with those that were sought too long ago forgotten.
    fn sought_since(&self, kept: &mut Kept, kid: &str) -> Boot {
        kept.sought.retain(|(_, since)| self.within(*since, COOL_DOWN_MS));
        if let Some((_, since)) = kept.sought.iter().find(|(sought, _)| sought == kid) {
            return *since;
        }
        let since = self.clock.now().boot;
        kept.sought.truncate(MOST_SOUGHT - 1);
        kept.sought.push((kid.to_owned(), since));
        since
    }

    fn within(&self, since: Boot, ms: i64) -> bool {
        (0..ms).contains(&(self.clock.now().boot - since))
    }

    /// No request was made.
    fn unasked(&self, detail: String, retry_after_ms: Option<i64>) -> Box<Failure> {
        let url = self.place.as_ref().map(|(url, _)| url.as_str()).unwrap_or_default();
        let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let at_ms = self.clock.now().wall.0;
        let exchange = Exchange { at_ms, url, detail, ..Exchange::default() };
        Box::new(Failure { class: Class::SetUp, retry_after_ms, exchange })
    }
}

/// The key set in an answer, or what is wrong with it.
pub(crate) fn read(came: &Arrived, body: &Body, timing: Timing) -> Result<KeySet, Named> {
    let wrong = classify::by_status(came, timing.wall_after())
        .or_else(|| classify::by_somebody_else(came.status, body));
    if let Some(named) = wrong {
        return Err(named);
    }
    let set = body.json().filter(|_| (200..300).contains(&came.status)).and_then(KeySet::of);
    set.ok_or_else(|| Named {
        class: Class::UnclearRefusal,
        code: body.code(""),
        retry_after_ms: None,
        detail: format!("{}: no key set (RFC 7517) in it", came.status),
    })
}

fn failure(
    sent: &Outgoing,
    timing: Timing,
    came: Option<(&Arrived, &Body)>,
    redactor: &Redactor,
    named: Named,
    exchanges: &mut Vec<Exchange>,
) -> Box<Failure> {
    let Named { class, code, retry_after_ms, detail } = named;
    let exchange = evidence::exchange(sent, timing, came, redactor, Told::Whole, code, &detail);
    exchanges.push(exchange.clone());
    Box::new(Failure { class, retry_after_ms, exchange })
}

#[cfg(test)]
mod tests;
