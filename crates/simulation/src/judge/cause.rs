//! Whether a session that is over need have been: see the judge's words.

use super::spans::Spans;
use super::wire::{Exchange, Exchanges};
use crate::computer::PATIENCE_MS;
use crate::reply::Token;
use crate::server::Server;
use crate::wire::End;
use demo_server::Rotation;
use demo_server::policy::{Ending, Refusal};
use std::collections::BTreeSet;

/// So much of a chance is enough, in milliseconds.
pub(super) const CHANCE_MS: i64 = 10_000;
/// A process that is stopped so soon after its answer arrived was stopped in mid-refresh, in
/// milliseconds.
const RIGHT_AFTER_MS: i64 = 10_000;

/// What the judge says of a session that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) avoidable: bool,
    /// A process was stopped in mid-refresh, and the server would have allowed a retry.
    pub(super) by_stop: bool,
    pub(super) cause: String,
}

/// What a verdict is found by.
pub(super) struct Case<'a> {
    pub(super) exchanges: &'a Exchanges,
    pub(super) grants: &'a BTreeSet<u64>,
    pub(super) available: &'a Spans,
    pub(super) rotations: &'a [(i64, Rotation)],
    pub(super) stops: &'a [(i64, u64)],
    pub(super) server: &'a Server,
    pub(super) access_lifetime_ms: i64,
    pub(super) refresh_lifetime_ms: i64,
    pub(super) now_ms: i64,
}

impl Case<'_> {
    pub(super) fn verdict(&self) -> Verdict {
        let (avoidable, cause) = self.cause();
        Verdict { avoidable, by_stop: avoidable && self.stopped_in_mid_refresh(), cause }
    }

    fn cause(&self) -> (bool, String) {
        let mut dead = Vec::new();
        for (token, since_ms) in self.brought() {
            match self.server.would_accept(token, self.now_ms) {
                Ok(()) => return (true, format!("{token} would still be accepted")),
                Err(why) => dead.push((token, since_ms, why)),
            }
        }
        // The newest first.
        dead.reverse();
        if dead.iter().any(|(.., why)| *why == Refusal::Ended(Ending::Revoked)) {
            return (false, "the server's owner revoked it".to_owned());
        }
        // What was brought and never taken in exchange: somebody spoilt it by showing an older one,
        // or it grew old.
        for (token, since_ms, why) in &dead {
            if self.exchanges.iter().any(|it| it.replaced(token)) {
                continue;
            }
            if *why == Refusal::Expired {
                return self.expired(token, *since_ms);
            }
            return (true, format!("{token} had arrived and is dead ({why}): {}", self.spoilt()));
        }
        // All were taken in exchange, and what the last one was exchanged for has not arrived.
        for (token, ..) in &dead {
            let successor_came =
                self.exchanges.iter().any(|it| it.replaced(token) && it.arrived_ms().is_some());
            if !successor_came {
                return self.never_arrived(token);
            }
        }
        (true, "nothing that the server did explains it".to_owned())
    }

    /// The refresh tokens that arrived at this computer, and when, oldest first.
    fn brought(&self) -> impl Iterator<Item = (&Token, i64)> {
        let of_it = |it: &&Exchange| it.grant().is_some_and(|grant| self.grants.contains(&grant));
        self.exchanges.iter().filter(of_it).filter_map(|it| Some((it.brought()?, it.arrived_ms()?)))
    }

    fn expired(&self, token: &Token, since_ms: i64) -> (bool, String) {
        // A refresh that was granted without a new token has moved the end.
        let used = |it: &&Exchange| it.shown.as_ref() == Some(token) && it.given().is_some();
        let used_ms =
            self.exchanges.iter().filter(used).filter_map(|it| Some(it.reached.as_ref()?.0));
        let from_ms = used_ms.max().unwrap_or(since_ms).max(since_ms);
        let until_ms = from_ms + self.refresh_lifetime_ms;
        let chance_ms = self.available.sum(from_ms + self.access_lifetime_ms, until_ms);
        let avoidable = chance_ms >= CHANCE_MS;
        (avoidable, format!("{token} reached its end after {} s of chances", chance_ms / 1_000))
    }

    /// The server exchanged it, and the answer never came. Was there a chance to ask again?
    fn never_arrived(&self, token: &Token) -> (bool, String) {
        let asked: Vec<&Exchange> = self.exchanges.iter().filter(|it| it.replaced(token)).collect();
        let given_up = |it: &&&Exchange| matches!(it.end, Some((_, End::GivenUp)));
        if let Some(exchange) = asked.iter().find(given_up) {
            let waited_ms = exchange.end.map_or(0, |(at_ms, _)| at_ms - exchange.asked_ms);
            if waited_ms < PATIENCE_MS {
                return (
                    true,
                    format!(
                        "the app gave up after {waited_ms} ms on what took the place of {token}"
                    ),
                );
            }
        }
        let first =
            asked.iter().filter_map(|it| it.reached.as_ref().map(|(at_ms, _)| *at_ms)).min();
        let Some(first_ms) = first else {
            return (true, format!("nobody knows what became of {token}"));
        };
        let mut chance_ms = 0;
        for (from_ms, until_ms) in self.permitted(first_ms) {
            for (from_ms, until_ms) in self.available.within(from_ms, until_ms) {
                chance_ms += outside(from_ms, until_ms, &asked);
            }
        }
        let cause = format!(
            "what took the place of {token} never arrived; {} s in which to ask again",
            chance_ms / 1_000
        );
        (chance_ms >= CHANCE_MS, cause)
    }

    /// The times in which a token that was replaced at `first_ms` could be shown again.
    fn permitted(&self, first_ms: i64) -> Vec<(i64, i64)> {
        let mut times = Vec::new();
        for (place, (from_ms, rotation)) in self.rotations.iter().enumerate() {
            let next = self.rotations.get(place + 1).map_or(self.now_ms, |(at_ms, _)| *at_ms);
            let (from_ms, until_ms) = ((*from_ms).max(first_ms), next.min(self.now_ms));
            let until_ms = match rotation {
                Rotation::UntilSuccessorUsed => until_ms,
                Rotation::Grace { seconds } => {
                    let grace_ms = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
                    until_ms.min(first_ms.saturating_add(grace_ms))
                }
                Rotation::None | Rotation::Strict => from_ms,
            };
            if from_ms < until_ms {
                times.push((from_ms, until_ms));
            }
        }
        times
    }

    fn spoilt(&self) -> String {
        let refused = self.exchanges.iter().rev().find_map(|it| {
            let (at_ms, done) = it.reached.as_ref()?;
            let (why, shown) = (done.refused?, it.shown.as_ref()?);
            (why == Refusal::Replaced).then(|| format!("{shown} was shown again at {at_ms}"))
        });
        refused.unwrap_or_else(|| "another was used in its place".to_owned())
    }

    fn stopped_in_mid_refresh(&self) -> bool {
        let granted = |it: &&Exchange| {
            it.shown.is_some()
                && it.given().is_some()
                && it.grant().is_some_and(|grant| self.grants.contains(&grant))
        };
        let Some(last) = self.exchanges.iter().filter(granted).next_back() else { return false };
        let strict =
            last.reached.as_ref().is_some_and(|(_, done)| done.rotation == Rotation::Strict);
        let over_ms = last.end.map_or(i64::MAX, |(at_ms, _)| at_ms.saturating_add(RIGHT_AFTER_MS));
        let stopped = |(at_ms, run): &(i64, u64)| {
            *run == last.run && (last.asked_ms..=over_ms).contains(at_ms)
        };
        !strict && self.stops.iter().any(stopped)
    }
}

/// How much of a time lies outside of the waits for these exchanges.
fn outside(from_ms: i64, until_ms: i64, asked: &[&Exchange]) -> i64 {
    let mut left = vec![(from_ms, until_ms)];
    for exchange in asked {
        let ended_ms = match exchange.end {
            // Nobody was there to wait.
            Some((at_ms, End::Stopped)) => at_ms,
            Some((at_ms, End::Lost | End::GivenUp | End::NotSent | End::Arrived { .. })) => {
                at_ms.max(exchange.asked_ms + PATIENCE_MS)
            }
            None => i64::MAX,
        };
        let cut = |(from, until): (i64, i64)| {
            [(from, until.min(exchange.asked_ms)), (from.max(ended_ms), until)]
        };
        left = left.into_iter().flat_map(cut).filter(|(from, until)| from < until).collect();
    }
    left.iter().map(|(from, until)| until - from).sum()
}
