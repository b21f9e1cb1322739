//! The switches of the Lab on this side, for any account: what a network, a window or a killed process
//! would do, done on purpose.
//!
//! The clocks are moved by [`keeper::clock::TravelClock`], the demo server by its own switches. What
//! is switched on is always in the view ([`LabView`]), and none of it outlives the app.

mod away;
mod gate;
mod leash;
mod stop;

pub(crate) use away::leave_and_come_back;
pub(crate) use gate::Gate;
pub(crate) use leash::{Leash, Leashed};
pub(crate) use stop::stop_in_mid_refresh;

use crate::wire::LabView;
use engine::{Class, Exchange};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is said of a request that was kept from leaving.
pub(crate) const OFFLINE: &str = "offline: switched on in the Lab";

/// The switches, as one account has them. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Lab {
    inner: Arc<Inner>,
    /// Which account.
    of: Arc<str>,
}

#[derive(Default)]
struct Inner {
    state: watch::Sender<LabView>,
    /// Whose keeper is to be stopped.
    stopping: Mutex<Arc<str>>,
    /// The last refresh that was held on its way back to a keeper that is to be stopped.
    held: watch::Sender<Option<Held>>,
    /// When the window was last put away.
    left: Mutex<Option<Instant>>,
}

/// A refresh that was answered, and whose answer nobody hears.
#[derive(Clone)]
struct Held {
    /// The request and its answer, redacted.
    exchange: Exchange,
    /// What is to be said of it.
    class: Class,
    /// What was sent to be renewed: six characters.
    sent: Option<String>,
}

impl Lab {
    /// The same switches, as this account has them.
    pub(crate) fn of(&self, account: &str) -> Self {
        Self { inner: Arc::clone(&self.inner), of: account.into() }
    }

    /// This account's keeper is to be stopped in the middle of a refresh; whether that was news.
    pub(crate) fn stop(&self) -> bool {
        self.turn(|lab| {
            if !lab.stopping {
                let mut stopping =
                    self.inner.stopping.lock().unwrap_or_else(PoisonError::into_inner);
                *stopping = Arc::clone(&self.of);
            }
            lab.stopping = true;
        })
    }

    fn is_stopping(&self) -> bool {
        // One after the other: `stop` has the state while it takes this lock.
        self.state().stopping
            && *self.inner.stopping.lock().unwrap_or_else(PoisonError::into_inner) == self.of
    }

    /// What is switched on.
    pub(crate) fn state(&self) -> LabView {
        *self.inner.state.borrow()
    }

    /// The same, on every change.
    pub(crate) fn changes(&self) -> watch::Receiver<LabView> {
        self.inner.state.subscribe()
    }

    /// Turns a switch; whether that was news.
    pub(crate) fn turn(&self, turn: impl FnOnce(&mut LabView)) -> bool {
        self.inner.state.send_if_modified(|state| {
            let before = *state;
            turn(state);
            *state != before
        })
    }

    /// Whether the window may be put away now, since it was not within so long; then it is.
    fn may_leave(&self, not_within: Duration, now: Instant) -> bool {
        let mut left = self.inner.left.lock().unwrap_or_else(PoisonError::into_inner);
        let may = left.is_none_or(|left| now.saturating_duration_since(left) >= not_within);
        if may {
            *left = Some(now);
        }
        may
    }

    /// Returns once it is offline.
    async fn goes_offline(&self) {
        // The sender is here, so waiting cannot fail.
        let _offline = self.changes().wait_for(|state| state.offline).await.is_ok();
    }

    /// Returns at once unless the keeper is to be stopped in this refresh; then, only if that was
    /// called off. Then the keeper hears it, and tells of it: nothing comes in between.
    async fn hold(&self, held: Held) {
        if self.is_stopping() {
            self.inner.held.send_replace(Some(held));
            let _called_off = self.changes().wait_for(|state| !state.stopping).await.is_ok();
            let _heard = self.take_held();
        }
    }

    /// Tells whenever a refresh is held.
    fn held(&self) -> watch::Receiver<Option<Held>> {
        self.inner.held.subscribe()
    }

    /// The refresh that is held, for the one who tells of it.
    fn take_held(&self) -> Option<Held> {
        self.inner.held.send_replace(None)
    }
}
