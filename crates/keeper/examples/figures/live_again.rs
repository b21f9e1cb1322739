//! How long a session takes to live again, once server and network are well: after each kind of trouble,
//! from the wake or the return of the network that the app is told of, or, where nothing is told, from
//! the next try that was shown when all was well. In virtual time; what the requests take in real time
//! is added.

use crate::Outcome;
use crate::stage::{Stage, an_hour};
use demo_server::{Fault, FaultBody, FaultKind, RetryAfter, Switches};
use engine::{HOUR, SECOND, Status, Trigger};
use keeper::clock::ManualClock;
use keeper::ports::Clock as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// 2025-11-23T12:00:00Z.
const NOON: i64 = 1_763_899_200_000;
/// Nobody waits longer for a session to live again, in virtual milliseconds.
const PATIENCE_MS: i64 = 2 * HOUR;
/// How finely the end of the wait is told.
const STEP_MS: i64 = 100;
/// So many tries fail at least before all is well.
const TROUBLED: i64 = 24;
/// A server on this computer has answered by then, unless it is made not to.
const ANSWERS: Duration = Duration::from_secs(5);
const HANGS: Duration = Duration::from_millis(20);
/// The server takes this app's settings for wrong.
const SET_UP: &str = "invalid_client";

pub(crate) struct Again {
    pub(crate) worst_s: f64,
    pub(crate) worst_case: String,
    pub(crate) cases: usize,
}

enum Trouble {
    Network,
    /// Something that is not the server answers.
    Portal(FaultKind),
    Server(FaultKind),
}

impl Trouble {
    /// The system's word that the computer woke, or that the network is back, may come before the
    /// network does: so much before. Of a server's recovery no system has a word.
    fn told_early(&self) -> impl Iterator<Item = i64> + use<> {
        let early = match self {
            Self::Network | Self::Portal(_) => [0, 2 * SECOND, 4 * SECOND].as_slice(),
            Self::Server(_) => &[0],
        };
        early.iter().copied()
    }
}

/// A row for each class of the failure table that can pass.
fn troubles() -> Vec<(&'static str, Trouble)> {
    let status =
        |code, body| FaultKind::Status { code, retry_after: None, body, after_handling: false };
    let wait = |code, wait| FaultKind::Status {
        code,
        retry_after: Some(wait),
        body: FaultBody::None,
        after_handling: false,
    };
    let server = [
        ("connection closed, not handled", FaultKind::DropBeforeHandling),
        ("answer lost after rotating", FaultKind::DropAfterRotating),
        ("no answer, not handled", FaultKind::Hold { after_handling: false }),
        ("no answer after rotating", FaultKind::Hold { after_handling: true }),
        ("truncated", FaultKind::TruncatedBody),
        ("too large", FaultKind::HugeBody),
        ("empty 200", FaultKind::EmptyBody),
        ("not JSON", FaultKind::NotJson),
        ("502", status(502, FaultBody::Html)),
        ("504", status(504, FaultBody::None)),
        ("429", status(429, FaultBody::None)),
        ("429, Retry-After in seconds", wait(429, RetryAfter::Seconds(90))),
        ("503, Retry-After as a date", wait(503, RetryAfter::Date(90))),
        ("408", status(408, FaultBody::None)),
        ("500", status(500, FaultBody::Json)),
        ("503", status(503, FaultBody::Html)),
        ("404 without JSON", status(404, FaultBody::None)),
        (SET_UP, status(401, FaultBody::Json)),
        ("400 without a word", status(400, FaultBody::None)),
        ("401 without a word", FaultKind::Bare401),
        ("200 without a token", FaultKind::WithoutToken),
    ];
    let network = [
        ("no network", Trouble::Network),
        ("a network's sign-in page", Trouble::Portal(FaultKind::Html200)),
    ];
    network.into_iter().chain(server.map(|(name, kind)| (name, Trouble::Server(kind)))).collect()
}

pub(crate) async fn measure(below: &Path) -> Outcome<Again> {
    let mut again = Again { worst_s: 0.0, worst_case: String::new(), cases: 0 };
    for (name, trouble) in troubles() {
        for signal in [Some(Trigger::Wake), Some(Trigger::NetworkBack), None] {
            // A set-up problem is tried again at a wake, and not for a network's sake (DESIGN section 4):
            // without one it is the next try that is shown.
            if name == SET_UP && signal == Some(Trigger::NetworkBack) {
                continue;
            }
            let earlier =
                trouble.told_early().filter(|early_ms| signal.is_some() || *early_ms == 0);
            for early_ms in earlier {
                let took = Case { trouble: &trouble, signal, early_ms }.took(below).await;
                let case = match signal {
                    Some(signal) => format!("{name}, {signal:?}, told {early_ms} ms early"),
                    None => format!("{name}, from the next try that was shown"),
                };
                let took = took.map_err(|why| format!("{case}: {why}"))?;
                again.cases += 1;
                if took > again.worst_s {
                    (again.worst_s, again.worst_case) = (took, case);
                }
            }
        }
    }
    Ok(again)
}

struct Case<'a> {
    trouble: &'a Trouble,
    /// `None`: nobody tells the app, as when it was the server that was down.
    signal: Option<Trigger>,
    /// So long before all is well the app is told.
    early_ms: i64,
}

impl Case<'_> {
    /// In seconds, from when all is well and the app was told; from the next try that was shown where
    /// the server had asked to wait, or nobody told the app.
    async fn took(&self, below: &Path) -> Outcome<f64> {
        let clock = Arc::new(ManualClock::new(NOON));
        let stage =
            Stage::signed_in(below, Arc::clone(&clock) as Arc<dyn keeper::ports::Clock>).await?;
        self.turn(&stage, true).await?;
        // Past the token's end: what is measured is how long somebody has nothing.
        clock.advance(HOUR - 2 * 60 * SECOND);
        for _ in 0..TROUBLED {
            self.pass(&stage, &clock, 10 * SECOND, self.patience()).await;
        }
        if stage.keeper.shown().borrow().view.refreshes > 0 {
            return Err("it was renewed in spite of the trouble".into());
        }
        if self.early_ms > 0 {
            self.tell(&stage).await;
            for _ in 0..self.early_ms / STEP_MS {
                self.pass(&stage, &clock, STEP_MS, self.patience()).await;
            }
        }
        self.turn(&stage, false).await?;
        let told_to_wait = self.told_to_wait(&stage);
        let from = told_to_wait.unwrap_or(clock.now().wall.0).max(clock.now().wall.0);
        let start = Instant::now();
        if self.early_ms == 0 {
            self.tell(&stage).await;
        }
        let until = clock.now().wall.0 + PATIENCE_MS;
        self.pass(&stage, &clock, 0, ANSWERS).await;
        while stage.keeper.shown().borrow().view.refreshes == 0 {
            if clock.now().wall.0 > until {
                return Err("it never lives again".into());
            }
            self.pass(&stage, &clock, STEP_MS, ANSWERS).await;
        }
        stage.keeper.access_token(0).await?;
        let virtual_ms = (clock.now().wall.0 - from).max(0);
        // Letting virtual time pass costs real time too: a wait is counted once.
        let real_ms = if virtual_ms == 0 { start.elapsed().as_millis() } else { 0 };
        stage.strike().await?;
        Ok(f64::from(i32::try_from(virtual_ms)?) / 1e3 + f64::from(u32::try_from(real_ms)?) / 1e3)
    }

    async fn tell(&self, stage: &Stage) {
        if let Some(signal) = self.signal {
            stage.keeper.tell(signal).await;
        }
    }

    /// The trouble begins, or is over.
    async fn turn(&self, stage: &Stage, on: bool) -> Outcome<()> {
        match self.trouble {
            Trouble::Network => stage.network.store(!on, Ordering::SeqCst),
            Trouble::Portal(kind) | Trouble::Server(kind) => {
                let kind = if on { *kind } else { FaultKind::None };
                let switches = Switches { fault: Fault::from(kind), ..an_hour() };
                stage.demo.control().set_switches(switches).await?;
            }
        }
        Ok(())
    }

    /// How long an answer is waited for while there is trouble.
    fn patience(&self) -> Duration {
        match self.trouble {
            Trouble::Server(FaultKind::Hold { .. }) => HANGS,
            Trouble::Network | Trouble::Portal(_) | Trouble::Server(_) => ANSWERS,
        }
    }

    /// The next try that is shown where the server had told when, or where nobody else tells.
    fn told_to_wait(&self, stage: &Stage) -> Option<i64> {
        let asked =
            matches!(self.trouble, Trouble::Server(FaultKind::Status { retry_after: Some(_), .. }));
        if self.signal.is_none() {
            return stage.keeper.shown().borrow().view.next.as_ref().map(|next| next.at_ms);
        }
        match stage.keeper.shown().borrow().view.status {
            Status::Waiting { until_ms, .. } if asked => Some(until_ms),
            Status::Waiting { .. }
            | Status::Restoring { .. }
            | Status::SignedOut
            | Status::Resting
            | Status::Refreshing { .. }
            | Status::Stopped { .. }
            | Status::NeedsSignIn { .. } => None,
        }
    }

    /// Lets time pass at once, and what is begun by that come to its end.
    async fn pass(&self, stage: &Stage, clock: &ManualClock, ms: i64, patience: Duration) {
        clock.advance(ms);
        stage.keeper.look().await;
        let mut shown = stage.keeper.shown();
        let over = shown.wait_for(|shown| !matches!(shown.view.status, Status::Refreshing { .. }));
        let _over_or_not = tokio::time::timeout(patience, over).await;
    }
}
