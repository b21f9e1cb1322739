//! Whether a token that a caller is given is dead: see the judge's words.

use super::Judge;
use super::spans::Spans;
use crate::reply::Token;
use crate::report::Incident;
use crate::server::Server;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// For so long the server must have been there before a token counts that it would have replaced, in
/// milliseconds.
const ASKABLE_MS: i64 = 5_000;
/// So long a copy has to see that another one has signed out, in milliseconds.
const SEES_WITHIN_MS: i64 = 10_000;

/// What makes a token dead before its end.
#[derive(Debug, Default)]
pub(super) struct Dead {
    /// What each run was told that the API has refused.
    refused: BTreeMap<u64, HashSet<Token>>,
    /// The grants that their person has signed out, and since when that is done.
    signed_out: BTreeMap<u64, i64>,
    awake: Spans,
}

impl Dead {
    pub(super) fn awake(&mut self, awake: bool, now_ms: i64) {
        self.awake.set(awake, now_ms);
    }

    pub(super) fn stopped(&mut self, run: u64) {
        self.refused.remove(&run);
    }

    fn was_refused(&self, run: u64, token: &Token) -> bool {
        self.refused.get(&run).is_some_and(|refused| refused.contains(token))
    }

    /// Whether it is known in every copy that this grant was signed out.
    fn is_signed_out(&self, grant: u64, now_ms: i64) -> bool {
        let done_ms = self.signed_out.get(&grant);
        done_ms.is_some_and(|done_ms| self.awake.sum(*done_ms, now_ms) >= SEES_WITHIN_MS)
    }
}

impl Judge {
    /// A caller was given this token by this run.
    pub fn handed_out(&mut self, run: u64, token: &Token, server: &Server, now_ms: i64) {
        self.tick(now_ms);
        let askable = self.available.since().is_some_and(|since| now_ms - since >= ASKABLE_MS);
        let over = server.known(token).is_none_or(|known| known.ends_ms <= now_ms);
        let grant = self.exchanges.grant_of(token);
        let why = if grant.is_some_and(|grant| self.dead.is_signed_out(grant, now_ms)) {
            "was signed out by its person"
        } else if askable && over {
            "is past its end"
        } else if askable && self.dead.was_refused(run, token) {
            "was refused by the API before"
        } else {
            return;
        };
        self.tally.dead_tokens_handed_out += 1;
        let what = format!("dead token handed out: {token} {why}");
        self.tally.incidents.push(Incident { at_ms: now_ms, what });
    }

    /// This run was told that the API refused this token.
    pub fn told_refused(&mut self, run: u64, token: &Token) {
        self.dead.refused.entry(run).or_default().insert(token.clone());
    }

    /// The app that was told to sign these grants out has done so.
    pub fn signed_out(&mut self, grants: BTreeSet<u64>, now_ms: i64) {
        self.dead.signed_out.extend(grants.into_iter().map(|grant| (grant, now_ms)));
    }
}
