//! Letting time pass on a stage, and knowing when everything has settled.

use super::hand::Hand;
use super::stage::{Stage, Trouble};
use super::wire::For;
use demo_server::{Endpoint, FaultKind, Switches};
use engine::Status;
use keeper::Keeper;
use std::time::{Duration, Instant};

/// Nothing is waited for but its condition; this ends a wait that would be in vain.
pub(crate) const IN_VAIN: Duration = Duration::from_secs(40);
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
    /// Waits until everything that was begun is done, or waits for time to pass. What does not come
    /// to rest cannot be judged.
    pub(crate) async fn quiet(&self) -> Result<(), Trouble> {
        let until = Instant::now() + self.patience;
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
            if !self.busy(&keepers).await? {
                rounds += 1;
                continue;
            }
            rounds = 0;
            // What ends without a sound is looked at again a little later.
            let _rung_or_not = tokio::time::timeout(LOOK_AGAIN, wire.changed()).await;
            if Instant::now() >= until {
                return Err("something that was begun has not come to an end".to_owned());
            }
        }
        Ok(())
    }

    async fn busy(&self, keepers: &[Keeper]) -> Result<bool, Trouble> {
        let (on_their_way, kept) = self.wire.read(|state| {
            let on_their_way = state.requests.iter().filter(|request| request.on_its_way).count();
            (on_their_way, state.kept_answer)
        });
        let held = self.held().await?;
        // What the server holds back waits for a switch, or for time to pass.
        if on_their_way > held {
            return Ok(true);
        }
        let held = held > 0
            || kept
            || self.wire.read(|state| state.latency_ms > 0 && self.hand.at_speed());
        Ok(keepers.iter().any(|keeper| match keeper.shown().borrow().view.status {
            Status::Restoring { .. } => true,
            Status::Refreshing { .. } => !held,
            Status::SignedOut
            | Status::Resting
            | Status::Waiting { .. }
            | Status::Stopped { .. }
            | Status::NeedsSignIn { .. } => false,
        }))
    }

    /// So many requests on their way have arrived at the server, which holds them back: the first
    /// ones after the hold was set, as many as have met it by the server's own count. They stay held
    /// until the switches are set again, also where the hold has turned itself off meanwhile.
    async fn held(&self) -> Result<usize, Trouble> {
        let (Some(hold), Some(demo)) = (&self.hold, &self.demo) else { return Ok(0) };
        let counted = demo.control().counters().await;
        let counted = counted.map_err(|why| format!("the demo server does not tell: {why}"))?;
        let met = counted.faults_shown.saturating_sub(hold.shown_before);
        let met = usize::try_from(met).unwrap_or(usize::MAX);
        Ok(self.wire.read(|state| {
            let since = state.requests.iter().skip(hold.requests_before);
            let concerned = since.filter(|request| hold.on.contains(&endpoint(request.purpose)));
            concerned.take(met).filter(|request| request.on_its_way).count()
        }))
    }

    /// Takes note of how the server is set, by its own word.
    pub(crate) async fn note_hold(&mut self, set: &Switches) -> Result<(), Trouble> {
        self.hold = None;
        let Some(demo) = &self.demo else { return Ok(()) };
        if matches!(set.fault.kind, FaultKind::Hold { .. }) {
            let counted = demo.control().counters().await;
            let counted = counted.map_err(|why| format!("the demo server does not tell: {why}"))?;
            self.hold = Some(Hold {
                on: set.fault.on.clone(),
                shown_before: counted.faults_shown,
                requests_before: self.wire.read(|state| state.requests.len()),
            });
        }
        Ok(())
    }

    /// Lets so many milliseconds pass as a running app sees it.
    pub(crate) async fn pass(&self, ms: i64) -> Result<(), Trouble> {
        let end = self.hand.now().boot + ms;
        match &self.hand {
            Hand::RealTime(_) => {
                let ms = u64::try_from(ms).unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.quiet().await
            }
            Hand::AtSpeed(clock) => {
                let stride_ms = stride_ms(ms);
                while self.hand.now().boot < end {
                    let left_ms = end - self.hand.now().boot;
                    clock.advance(left_ms.min(stride_ms).min(self.next_ms()));
                    self.quiet().await?;
                }
                Ok(())
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
                quiet = self.quiet() => {
                    quiet?;
                    clock.advance(STRIDE_MS);
                }
            }
        }
        Err("no answer came within ten minutes".to_owned())
    }
}

/// A hold of the server's, as it was set.
#[derive(Debug)]
pub(crate) struct Hold {
    on: Vec<Endpoint>,
    /// So many faults the server had shown by then.
    shown_before: u64,
    /// So many requests had left by then.
    requests_before: usize,
}

fn endpoint(purpose: For) -> Endpoint {
    match purpose {
        For::SignIn => Endpoint::Login,
        For::Refresh => Endpoint::Refresh,
        For::Api => Endpoint::Api,
        For::SignOut => Endpoint::Logout,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Pace;
    use crate::scenario::Which;
    use engine::Trigger;
    use serde_json::json;

    async fn stage() -> Stage {
        Stage::set(Hand::new(Pace::AtSpeed), None).await.unwrap()
    }

    #[tokio::test]
    async fn what_does_not_come_to_rest_is_no_ground_for_a_verdict() {
        let mut stage = stage().await;
        stage.patience = Duration::from_millis(20);
        assert_eq!(stage.quiet().await, Ok(()));
        let request = super::super::wire::Request { purpose: For::Api, on_its_way: true };
        stage.wire.change(|state| state.requests.push(request));
        assert!(stage.quiet().await.unwrap_err().contains("not come to an end"));
        stage.strike().await;
    }

    #[tokio::test]
    async fn a_hold_that_has_turned_itself_off_keeps_what_met_it_and_nothing_else() {
        let mut stage = stage().await;
        stage.sign_in(Which::First).await.unwrap();
        let demo = stage.demo.as_ref().unwrap();
        let hold = json!({"fault": {"kind": "hold", "times": 1}});
        let set = demo.control().patch_switches(hold).await.unwrap();
        stage.note_hold(&set).await.unwrap();
        stage.keeper(Which::First).unwrap().tell(Trigger::Asked).await;
        stage.quiet().await.unwrap();
        assert_eq!(stage.held().await, Ok(1));
        // Another one, which nothing holds back: it is on its way until it is answered.
        let request = super::super::wire::Request { purpose: For::Refresh, on_its_way: true };
        stage.wire.change(|state| state.requests.push(request));
        assert_eq!(stage.held().await, Ok(1));
        assert_eq!(stage.busy(&stage.keepers()).await, Ok(true));
        stage.strike().await;
    }
}
