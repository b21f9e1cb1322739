//! The copies of the app that run: opened, closed by their person, stopped, and off with the computer.

use super::{Director, Soon};
use crate::life::Copy;
use crate::life::often::SECOND;
use crate::policies::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// An app that is closed may take so long, in milliseconds; then it is stopped.
const QUITS_WITHIN_MS: i64 = 5 * SECOND;
/// So often everything that is ready runs before a process is stopped: what has arrived has arrived.
const TURNS: usize = 32;

/// A running copy.
pub(super) struct Running {
    pub(super) run: u64,
    pub(super) app: Arc<dyn App>,
    pub(super) tasks: JoinSet<()>,
    pub(super) asked: bool,
}

impl Director<'_> {
    pub(super) fn open(&mut self, copy: Copy) {
        if self.copies.contains_key(&copy) {
            return;
        }
        self.runs += 1;
        let app = self.policy.start(&self.computer.for_run(self.runs));
        let running = Running { run: self.runs, app, tasks: JoinSet::new(), asked: false };
        self.copies.insert(copy, running);
        self.conditions(|conditions| conditions.app_runs = true);
    }

    pub(super) async fn quit(&mut self, copy: Copy) {
        let Some(running) = self.copies.get(&copy) else { return };
        let app = Arc::clone(&running.app);
        let patience = Duration::from_millis(u64::try_from(QUITS_WITHIN_MS).unwrap_or(0));
        let _ = tokio::time::timeout(patience, app.quit()).await;
        drop(app);
        self.stop(copy).await;
    }

    pub(super) async fn kill(&mut self, copy: Copy, away_ms: i64) {
        if self.copies.contains_key(&copy) {
            self.stop(copy).await;
            self.soon.push((self.computer.true_ms() + away_ms, Soon::Open(copy)));
        }
    }

    /// Stops a copy at once.
    pub(super) async fn stop(&mut self, copy: Copy) {
        turns().await;
        let Some(Running { run, app, mut tasks, .. }) = self.copies.remove(&copy) else { return };
        self.computer.stopped(run);
        tasks.shutdown().await;
        drop(app);
        // What it had begun ends with it.
        turns().await;
        let now_ms = self.computer.true_ms();
        for note in self.computer.take_notes() {
            self.shared().judge.note(&note);
        }
        self.shared().judge.stopped(run, now_ms);
        let app_runs = !self.copies.is_empty();
        self.conditions(|conditions| conditions.app_runs = app_runs);
    }

    pub(super) async fn off(&mut self, until_ms: i64) {
        for copy in [1, 0] {
            self.quit(copy).await;
        }
        // Whoever was away when the power went is not opened by what was planned before.
        self.soon.retain(|(_, soon)| !matches!(soon, Soon::Open(_) | Soon::Kill { .. }));
        let now_ms = self.computer.true_ms();
        self.computer.off((until_ms - now_ms).max(0));
        let booted_ms = self.computer.true_ms();
        self.shared().judge.slept(now_ms, booted_ms);
    }
}

async fn turns() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
