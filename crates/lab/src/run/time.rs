//! Letting time pass on a stage, and knowing when everything has settled.

use super::hand::Hand;
use super::stage::{Stage, Trouble};
use super::wire::For;
use demo_server::{Endpoint, FaultKind};
use engine::Status;
use keeper::Keeper;
use std::time::{Duration, Instant};

/// Nothing is waited for but its condition; this ends a wait that would be in vain.
const IN_VAIN: Duration = Duration::from_secs(40);
/// So long until something that makes no sound is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// So many rounds in which nothing moves: what was on its way has arrived.
const QUIET_ROUNDS: u32 = 3;
/// Every task that is ready gets its turn in this many.
const TURNS: u32 = 32;
/// How far the clocks are moved at once while somebody waits for an answer, in milliseconds.
const STRIDE_MS: i64 = 250;
/// Nobody waits longer than this by the clocks of a scenario, in milliseconds.
const PATIENCE_MS: i64 = 10 * engine::MINUTE;

impl Stage {
    /// Waits until everything that was begun is done, or waits for time to pass.
    pub(crate) async fn quiet(&self) {
        let until = Instant::now() + IN_VAIN;
        let mut rounds = 0;
        while rounds < QUIET_ROUNDS {
            let mut wire = self.wire.watch();
            wire.borrow_and_update();
            let keepers = self.keepers();
            for keeper in &keepers {
                keeper.look().await;
            }
            turns().await;
            // Behind everything that the disk has been asked for before.
            let _queue = tokio::task::spawn_blocking(|| ()).await;
            turns().await;
            if !self.busy(&keepers).await {
                rounds += 1;
                continue;
            }
            rounds = 0;
            // What ends without a sound is looked at again a little later.
            let _rung_or_not = tokio::time::timeout(LOOK_AGAIN, wire.changed()).await;
            if Instant::now() >= until {
                tracing::warn!("a scenario goes on although something has not come to an end");
                return;
            }
        }
    }

    async fn busy(&self, keepers: &[Keeper]) -> bool {
        let (on_their_way, left, kept) =
            self.wire.read(|state| (state.on_their_way, state.left, state.kept_answer));
        let mut held = kept || self.wire.read(|state| state.latency_ms > 0 && self.hand.at_speed());
        for purpose in [For::SignIn, For::Refresh, For::Api, For::SignOut] {
            if on_their_way.of(purpose) == 0 {
                continue;
            }
            // What the server holds back waits for a switch, or for time to pass.
            if !self.holds(purpose) || !self.has_arrived(purpose, left.of(purpose)).await {
                return true;
            }
            held = true;
        }
        keepers.iter().any(|keeper| match keeper.shown().borrow().view.status {
            Status::Restoring { .. } => true,
            Status::Refreshing { .. } => !held,
            Status::SignedOut
            | Status::Resting
            | Status::Waiting { .. }
            | Status::Stopped { .. }
            | Status::NeedsSignIn { .. } => false,
        })
    }

    fn holds(&self, purpose: For) -> bool {
        let endpoint = match purpose {
            For::SignIn => Endpoint::Login,
            For::Refresh => Endpoint::Refresh,
            For::Api => Endpoint::Api,
            For::SignOut => Endpoint::Logout,
        };
        let fault = &self.switches.fault;
        matches!(fault.kind, FaultKind::Hold { .. }) && fault.on.contains(&endpoint)
    }

    async fn has_arrived(&self, purpose: For, left: u64) -> bool {
        let Some(demo) = &self.demo else { return true };
        let Ok(counted) = demo.control().counters().await else { return true };
        let arrived = match purpose {
            For::SignIn => counted.logins,
            For::Refresh => counted.refreshes,
            For::Api => counted.api_calls,
            For::SignOut => counted.logouts,
        };
        arrived >= left
    }

    /// Lets so many milliseconds pass as a running app sees it.
    pub(crate) async fn pass(&self, ms: i64) {
        let end = self.hand.now().boot + ms;
        match &self.hand {
            Hand::RealTime(_) => {
                let ms = u64::try_from(ms).unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.quiet().await;
            }
            Hand::AtSpeed(clock) => {
                let stride_ms = stride_ms(ms);
                while self.hand.now().boot < end {
                    let left_ms = end - self.hand.now().boot;
                    clock.advance(left_ms.min(stride_ms).min(self.next_ms()));
                    self.quiet().await;
                }
            }
        }
    }

    /// How long until the app means to do something, at least a millisecond.
    fn next_ms(&self) -> i64 {
        let now_ms = self.hand.now().wall.0;
        let next = |keeper: &Keeper| {
            let at_ms = keeper.shown().borrow().view.next.as_ref().map(|next| next.at_ms);
            at_ms.map(|at_ms| at_ms - now_ms).filter(|ms| *ms > 0)
        };
        self.keepers().iter().filter_map(next).min().unwrap_or(i64::MAX)
    }

    /// Waits for an answer, letting time pass where that is what it waits for.
    pub(crate) async fn drive<T>(&self, answer: impl Future<Output = T>) -> Result<T, Trouble> {
        let mut answer = std::pin::pin!(answer);
        let Hand::AtSpeed(clock) = &self.hand else {
            let patience = Duration::from_secs(120);
            return tokio::time::timeout(patience, answer)
                .await
                .map_err(|_| "no answer came within two minutes".to_owned());
        };
        let until = self.hand.now().boot + PATIENCE_MS;
        while self.hand.now().boot < until {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                () = self.quiet() => clock.advance(STRIDE_MS),
            }
        }
        Err("no answer came within ten minutes".to_owned())
    }
}

/// Never so far at once that the app would take it for a sleep.
fn stride_ms(ms: i64) -> i64 {
    if ms <= 2 * engine::MINUTE {
        500
    } else if ms <= 15 * engine::MINUTE {
        1_000
    } else {
        5_000
    }
}

async fn turns() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
