//! The demo server's switches: turned from here, and known here whoever has turned them.

use super::{Demo, LIFETIMES_MS};
use crate::wire::{AppError, DemoAct, ErrorCode};
use demo_server::{Control, ControlError, Snapshot, Switches};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often a server is asked that another copy runs. It cannot tell by itself.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// A page that has asked how the server stands goes on watching it for so long.
const WATCHES_FOR: Duration = Duration::from_secs(10);

/// Whether somebody wants to know how a server is set that another copy runs.
#[derive(Default)]
pub(super) struct Curiosity {
    asked: Mutex<Option<Instant>>,
    news: Notify,
}

impl Curiosity {
    fn wakes(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.news.notify_one();
    }

    fn lasts(&self) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.is_some_and(|asked| asked.elapsed() < WATCHES_FOR)
    }
}

impl Demo {
    /// Everything that there is to see of it.
    ///
    /// # Errors
    /// It does not run, or does not answer.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, AppError> {
        self.curiosity.wakes();
        let snapshot = self.control().await?.snapshot().await?;
        self.is_set(&snapshot.switches);
        Ok(snapshot)
    }

    /// Sets the switches that `change` names, as [`Switches::patched`] describes.
    ///
    /// # Errors
    /// It does not run, or does not take the change.
    pub(crate) async fn change(&self, change: Value) -> Result<(), AppError> {
        let switches = self.control().await?.patch_switches(change).await?;
        self.is_set(&switches);
        Ok(())
    }

    /// Does this at once.
    ///
    /// # Errors
    /// It does not run, or does not do it.
    pub(crate) async fn act(&self, act: DemoAct) -> Result<(), AppError> {
        let control = self.control().await?;
        match act {
            DemoAct::Expire => control.expire().await?,
            DemoAct::Revoke => control.revoke(None).await?,
        };
        Ok(())
    }

    /// Every switch at its default; what it was asked stays counted.
    ///
    /// # Errors
    /// It does not run, or cannot save that.
    pub(crate) async fn all_well(&self) -> Result<(), AppError> {
        let switches = self.control().await?.reset(false).await?;
        self.is_set(&switches);
        Ok(())
    }

    /// Whether it runs, here or in another copy.
    pub(crate) fn is_there(&self) -> bool {
        self.state.borrow().control.is_some()
    }

    /// Gives access tokens this lifetime from now on; another one than can be chosen changes nothing,
    /// which it answers.
    ///
    /// # Errors
    /// It does not run, or does not take it.
    pub(crate) async fn choose_lifetime(&self, lifetime_ms: u64) -> Result<bool, AppError> {
        let known = LIFETIMES_MS.contains(&lifetime_ms);
        if known {
            self.change(json!({ "accessLifetimeMs": lifetime_ms })).await?;
        }
        Ok(known)
    }

    /// Somebody has come to the window: a server that another copy runs is asked again.
    pub(crate) fn look(&self) {
        self.curiosity.news.notify_one();
    }

    async fn control(&self) -> Result<Control, AppError> {
        self.listening().await?;
        let control = self.state.borrow().control.clone();
        control.ok_or_else(|| AppError::from(ControlError::Stopped))
    }

    /// How it is set, as it was last told.
    pub(super) fn is_set(&self, switches: &Switches) {
        self.state.send_if_modified(|state| {
            let news = state.switches.as_ref() != Some(switches);
            if news {
                let lifetime_ms = i64::try_from(switches.access_lifetime_ms);
                state.lifetime_ms = lifetime_ms.unwrap_or(i64::MAX);
                state.switches = Some(switches.clone());
            }
            news
        });
    }
}

/// Goes on knowing how it is set, until it is run by another copy or stops.
pub(super) async fn follow(demo: Demo, control: Control) {
    let Some(mut switches) = control.switches_watch() else {
        return follow_elsewhere(demo, control).await;
    };
    loop {
        let now = switches.borrow_and_update().clone();
        demo.is_set(&now);
        if switches.changed().await.is_err() {
            return;
        }
    }
}

/// The same where another copy runs it: asked while somebody watches, or sees a window that says that
/// something is switched on, and whenever somebody comes.
async fn follow_elsewhere(demo: Demo, control: Control) {
    loop {
        let switches = control.switches().await.ok();
        let away = switches.as_ref().is_some_and(is_away);
        if let Some(switches) = switches {
            demo.is_set(&switches);
        }
        if demo.curiosity.lasts() || (away && (demo.seen)()) {
            tokio::time::sleep(ASK_EVERY).await;
        } else {
            demo.curiosity.news.notified().await;
        }
    }
}

/// Whether something is switched on that may turn itself off. A lifetime is chosen, and stays.
fn is_away(switches: &Switches) -> bool {
    let Switches { access_lifetime_ms, .. } = Switches::default();
    Switches { access_lifetime_ms, ..switches.clone() } != Switches::default()
}

impl From<ControlError> for AppError {
    fn from(error: ControlError) -> Self {
        let code = match error {
            ControlError::BadSwitches(_) => ErrorCode::BadSettings,
            ControlError::Stopped
            | ControlError::Key
            | ControlError::Save(_)
            | ControlError::Unreachable(_)
            | ControlError::Refused { .. } => ErrorCode::DemoUnavailable,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_lifetime_is_nothing_to_go_on_asking_about() {
        assert!(!is_away(&Switches { access_lifetime_ms: 3_600_000, ..Switches::default() }));
        assert!(is_away(&Switches { latency_ms: 5, ..Switches::default() }));
    }
}
