//! The state behind the counter: one owner, one lock, and nothing is answered before what was
//! decided is on disk.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::{Clock, told_ms};
use crate::counters::{Counters, Exchange};
use crate::openid::{self, OpenId};
use crate::policy::Grants;
use crate::storage::Folder;
use crate::switches::Switches;

/// How many exchanges the log remembers.
const LOG: usize = 200;

/// Everything that outlives the process, as it stands in the state file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Saved {
    pub(crate) version: u32,
    /// The random id of the state folder: not secret, tells this server from any other.
    pub(crate) instance: String,
    /// Made anew at each start.
    pub(crate) control_key: String,
    pub(crate) port: Option<u16>,
    #[serde(default)]
    pub(crate) switches: Switches,
    #[serde(default)]
    pub(crate) counters: Counters,
    #[serde(default)]
    pub(crate) grants: Grants,
    #[serde(default)]
    pub(crate) openid: OpenId,
    /// How often somebody set the switches since the start; held requests wait for the next.
    #[serde(skip)]
    pub(crate) times_set: u64,
}

/// Whether a change must be on disk before anybody hears of it. What is kept in memory only,
/// counters, goes to disk with the next durable change and at the end.
pub(crate) enum Keep {
    Durably,
    InMemory,
}

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeFailed {
    #[error("the server has stopped")]
    Stopped,
    #[error("the state could not be saved: {0}")]
    Save(#[from] io::Error),
}

pub(crate) struct Desk {
    book: Mutex<Book>,
    log: Mutex<Log>,
    folder: Option<Folder>,
    clock: Clock,
    /// A copy of the switch, so that writing a `Date` never waits for a disk.
    clock_offset_ms: AtomicI64,
    times_set: watch::Sender<u64>,
    counters: watch::Sender<Counters>,
    switches: watch::Sender<Switches>,
    pub(crate) instance: String,
    pub(crate) control_key: String,
    /// The OpenID provider's name.
    pub(crate) issuer: String,
}

struct Book {
    saved: Saved,
    /// After the lock on the folder was given back, nothing may be written there.
    stopped: bool,
}

#[derive(Default)]
struct Log {
    exchanges: VecDeque<Exchange>,
    number: u64,
}

impl Desk {
    pub(crate) fn new(saved: Saved, folder: Option<Folder>, clock: Clock) -> Self {
        Self {
            log: Mutex::default(),
            folder,
            clock,
            clock_offset_ms: AtomicI64::new(saved.switches.clock_offset_ms),
            times_set: watch::Sender::new(saved.times_set),
            counters: watch::Sender::new(saved.counters.clone()),
            switches: watch::Sender::new(saved.switches.clone()),
            instance: saved.instance.clone(),
            control_key: saved.control_key.clone(),
            issuer: openid::issuer(&saved),
            book: Mutex::new(Book { saved, stopped: false }),
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The time this server shows.
    pub(crate) fn shown_ms(&self) -> u64 {
        told_ms(self.now_ms(), self.clock_offset_ms.load(Ordering::Relaxed))
    }

    /// Changes the state: all of it or, if it cannot be saved, nothing. `change` gets the time.
    ///
    /// With a folder this runs on a thread that may block, to its end even if the caller goes
    /// away: a rotation that reached the disk is also the one in memory.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Saved, u64) -> (T, Keep) + Send + 'static,
    ) -> Result<T, ChangeFailed> {
        if self.folder.is_none() {
            return self.change_now(change);
        }
        let desk = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || desk.change_now(change)).await;
        done.unwrap_or(Err(ChangeFailed::Stopped))
    }

    fn change_now<T>(
        &self,
        change: impl FnOnce(&mut Saved, u64) -> (T, Keep),
    ) -> Result<T, ChangeFailed> {
        let mut book = self.book();
        if book.stopped {
            return Err(ChangeFailed::Stopped);
        }
        let mut next = book.saved.clone();
        let (result, keep) = change(&mut next, self.now_ms());
        if let (Keep::Durably, Some(folder)) = (keep, &self.folder) {
            folder.write(&next)?;
        }
        book.saved = next;
        self.clock_offset_ms.store(book.saved.switches.clock_offset_ms, Ordering::Relaxed);
        self.times_set.send_if_modified(|known| differs(known, &book.saved.times_set));
        self.counters.send_if_modified(|known| differs(known, &book.saved.counters));
        self.switches.send_if_modified(|known| differs(known, &book.saved.switches));
        Ok(result)
    }

    /// Saves what was kept in memory, and refuses every later change.
    pub(crate) fn stop(&self) {
        let mut book = self.book();
        if let Some(folder) = self.folder.as_ref().filter(|_| !book.stopped)
            && let Err(error) = folder.write(&book.saved)
        {
            tracing::warn!(%error, "the demo server's counters could not be saved");
        }
        book.stopped = true;
    }

    /// Waits until somebody sets the switches after the `seen`th time.
    pub(crate) async fn set_again(&self, seen: u64) {
        // It ends by itself with the desk, whose sender this is.
        let _ = self.times_set.subscribe().wait_for(|times| *times > seen).await;
    }

    pub(crate) fn watch_counters(&self) -> watch::Receiver<Counters> {
        self.counters.subscribe()
    }

    pub(crate) fn watch_switches(&self) -> watch::Receiver<Switches> {
        self.switches.subscribe()
    }

    /// How the server is set at this moment.
    pub(crate) fn switches(&self) -> Switches {
        self.switches.borrow().clone()
    }

    /// Adds to the log; the number is given here.
    pub(crate) fn note(&self, mut exchange: Exchange) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.number += 1;
        exchange.number = log.number;
        log.exchanges.push_back(exchange);
        if log.exchanges.len() > LOG {
            log.exchanges.pop_front();
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.exchanges.iter().cloned().collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A change works on a copy, so a panic in one leaves the book as it was.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn differs<T: PartialEq + Clone>(known: &mut T, new: &T) -> bool {
    let differs = known != new;
    if differs {
        known.clone_from(new);
    }
    differs
}
