//! The token on the counter, and the callers who wait for the next one.

use super::Owner;
use crate::access::{AccessToken, Exposed};
use crate::handle::Unavailable;
use crate::ports::{AuthServer, Marks};
use engine::{Access, Boot, Input, Now};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A caller who waits for a token.
pub(super) struct Waiter {
    since: Boot,
    pub(super) until: Boot,
    min_validity_ms: i64,
    reply: oneshot::Sender<Result<AccessToken, Unavailable>>,
}

impl Owner {
    pub(super) fn token_wanted(
        &mut self,
        min_validity_ms: i64,
        reply: oneshot::Sender<Result<AccessToken, Unavailable>>,
    ) {
        let now = self.clock.now().boot;
        self.handle(Input::TokenWanted { min_validity_ms });
        self.waiters.push(Waiter { since: now, until: now, min_validity_ms, reply });
    }

    /// Whoever waits goes on wanting a token.
    pub(super) fn want_for_waiters(&mut self) {
        if let Some(wanted) = self.waiters.iter().map(|waiter| waiter.min_validity_ms).max() {
            self.handle(Input::TokenWanted { min_validity_ms: wanted });
        }
    }

    pub(super) fn put_on_counter(&self) {
        let fresh = self.engine.fresh_until();
        let in_use = self.engine.in_use();
        let token = in_use.and_then(|name| self.holding(name).zip(Some(name)));
        let token = token.map(|(session, name)| {
            let until = fresh.filter(|(of, _)| *of == name).map_or(Boot(i64::MIN), |(_, at)| at);
            (name, until, session)
        });
        let present = self.counter.present();
        let unchanged = match (&token, &present) {
            (Some((name, until, _)), Some(present)) => {
                present.fingerprint() == *name
                    && present.fresh_until() == *until
                    && same_server(present.server(), self.server())
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if unchanged {
            return;
        }
        self.counter.put(token.map(|(name, until, session)| {
            AccessToken::new(Exposed {
                secret: session.tokens.access.clone(),
                fingerprint: name,
                fresh_until: until,
                keep: self.shown.keep,
                marks: Marks::new(session.fingerprint_key.clone()),
                half_life_ms: match session.lifetime {
                    engine::Lifetime::Told(ms) => ms / 2,
                    engine::Lifetime::Unknown(_) => 0,
                },
                server: self.server().cloned(),
            })
        }));
    }

    pub(super) fn answer_callers(&mut self, now: Now) {
        for mut waiter in std::mem::take(&mut self.waiters) {
            match self.engine.access(waiter.min_validity_ms, waiter.since, now) {
                Access::Take(_) => {
                    let token = self.counter.present().ok_or(Unavailable { next_try: None });
                    let _gone = waiter.reply.send(token);
                }
                Access::Wait { until } if !waiter.reply.is_closed() => {
                    waiter.until = until;
                    self.waiters.push(waiter);
                }
                Access::Wait { .. } => {}
                Access::Unavailable { next_try } => {
                    let next_try = next_try.map(|at| now.wall_at(at));
                    let _gone = waiter.reply.send(Err(Unavailable { next_try }));
                }
            }
        }
    }
}

fn same_server(a: Option<&Arc<dyn AuthServer>>, b: Option<&Arc<dyn AuthServer>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
