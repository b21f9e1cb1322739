//! Sessions that have ended here and of which their server has still to be told: what is known of
//! them, and how one of them is told.

use crate::ports::{AuthServer, Clock, Connector, Marks};
use crate::record::{Keep, Record, RenewalSecret, Session, Stamp, Tokens, Unrevoked};
use crate::snapshot::{left_ms, stamp};
use crate::store::Store;
use crate::teller::Teller;
use engine::{
    Boot, Exchange, Failure, GIVE_UP_REVOKING_AFTER_MS, Lifetime, Now, Revocation, Wall,
    WriteTrouble,
};
use std::sync::Arc;

/// So many are kept. An older one is left to expire: somebody who signs out more often than that
/// without ever reaching the server has other worries.
const KEPT: usize = 16;
/// So many that are done with are remembered, so that a record that was read before does not bring
/// them back.
const REMEMBERED: usize = 64;
/// What is told at once is not worth a line in the window, in milliseconds.
const WORTH_SHOWING_MS: i64 = 2 * engine::SECOND;

/// Whose a session is, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Holder {
    pub(crate) account: serde_json::Value,
    pub(crate) user: String,
    pub(crate) keep: Keep,
}

impl Holder {
    /// The same person at the same server: telling it that one session has ended could end the other.
    /// Nobody is the same as somebody of whom nothing is known.
    pub(crate) fn is_same_person(&self, other: &Self, connector: &dyn Connector) -> bool {
        !self.user.is_empty()
            && self.user == other.user
            && connector.issuer(&self.account) == connector.issuer(&other.account)
    }

    /// Whose session a record holds.
    pub(crate) fn in_record(record: &Record) -> Self {
        Self {
            account: record.account.clone(),
            user: record.identity.as_ref().map(|who| who.user.clone()).unwrap_or_default(),
            keep: record.keep,
        }
    }

    /// Whose an entry is.
    pub(crate) fn of(entry: &Unrevoked) -> Self {
        Self { account: entry.account.clone(), user: entry.user.clone(), keep: entry.keep }
    }
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) of: Unrevoked,
    /// It is on disk.
    stored: bool,
    /// When it is tried next, in this run.
    next: Boot,
    /// The server said when.
    told_when: bool,
    /// What came of the last try.
    pub(crate) last: Option<Exchange>,
}

/// All of them, oldest first.
#[derive(Default)]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
    done: Vec<u64>,
}

/// What is known of the tokens of a session that has ended.
pub(crate) fn entry(
    id: u64,
    holder: Holder,
    tokens: Tokens,
    session: Option<&Session>,
    clock: &dyn Clock,
) -> Unrevoked {
    let ends = session.and_then(|session| {
        let asked = session.asked.wall_ms;
        let access = match session.lifetime {
            Lifetime::Told(ms) => Some(ms),
            Lifetime::Unknown(_) => None,
        };
        let lifetime = match session.tokens.renewal {
            RenewalSecret::RefreshToken(_) | RenewalSecret::Cookies(_) => {
                session.refresh_lifetime_ms
            }
            RenewalSecret::AccessToken | RenewalSecret::Nothing => access,
        };
        lifetime.map(|ms| asked.saturating_add(ms))
    });
    Unrevoked {
        id,
        account: holder.account,
        user: holder.user,
        tokens,
        fingerprint_key: session.map(|session| session.fingerprint_key.clone()),
        keep: holder.keep,
        since: stamp(clock.now(), clock, None),
        ends_wall_ms: ends,
        tries: 0,
        next_try: None,
    }
}

/// Adds what the record does not have yet; answers whether there was any.
pub(crate) fn add_missing(record: &mut Record, missing: &[Unrevoked]) -> bool {
    let before = record.outbox.len();
    for entry in missing {
        if !record.outbox.iter().any(|there| there.id == entry.id) {
            record.outbox.push(entry.clone());
        }
    }
    record.outbox.len() != before
}

/// When one that was read is tried next, in this boot's time.
fn next_try(entry: &Unrevoked, clock: &dyn Clock) -> Boot {
    let left = |at| clock.now().boot + left_ms(at, clock);
    entry.next_try.as_ref().map_or(Boot(i64::MIN), left)
}

impl Outbox {
    /// Takes one in; answers what has to make way for it.
    pub(crate) fn add(&mut self, of: Unrevoked) -> Option<Entry> {
        let next = Boot(i64::MIN);
        self.entries.push(Entry { of, stored: false, next, told_when: false, last: None });
        let oldest = self.entries.first().map(|entry| entry.of.id)?;
        if self.entries.len() > KEPT { self.remove(oldest) } else { None }
    }

    /// What a record says. What is on disk no more has been told by another process.
    pub(crate) fn see(&mut self, stored: &[Unrevoked], clock: &dyn Clock) {
        let is_there = |entry: &Entry| stored.iter().any(|there| there.id == entry.of.id);
        self.entries.retain(|entry| !entry.stored || is_there(entry));
        for there in stored.iter().filter(|there| !self.done.contains(&there.id)) {
            match self.entries.iter_mut().find(|entry| entry.of.id == there.id) {
                Some(entry) => entry.stored = true,
                None => {
                    let next = next_try(there, clock);
                    let of = there.clone();
                    let entry = Entry { of, stored: true, next, told_when: false, last: None };
                    self.entries.push(entry);
                }
            }
        }
    }

    /// These are on disk by now.
    pub(crate) fn is_stored(&mut self, ids: &[u64]) {
        for entry in self.entries.iter_mut().filter(|entry| ids.contains(&entry.of.id)) {
            entry.stored = true;
        }
    }

    /// None of them is on disk any more.
    pub(crate) fn is_not_on_disk(&mut self) {
        for entry in &mut self.entries {
            entry.stored = false;
        }
    }

    /// Those on disk that are done with: another write was faster than the one that took them off.
    pub(crate) fn left_over(&self, on_disk: &[u64]) -> Vec<u64> {
        on_disk.iter().copied().filter(|id| self.done.contains(id)).collect()
    }

    /// What may be on disk and is not.
    pub(crate) fn to_store(&self) -> Vec<Unrevoked> {
        let wants = |entry: &&Entry| !entry.stored && entry.of.keep == Keep::Disk;
        self.entries.iter().filter(wants).map(|entry| entry.of.clone()).collect()
    }

    /// Removes one for good.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Entry> {
        if self.done.len() >= REMEMBERED {
            self.done.remove(0);
        }
        self.done.push(id);
        let at = self.entries.iter().position(|entry| entry.of.id == id)?;
        Some(self.entries.remove(at))
    }

    /// Removes those that fit.
    pub(crate) fn remove_where(&mut self, fits: impl Fn(&Unrevoked) -> bool) -> Vec<Entry> {
        let ids: Vec<u64> =
            self.entries.iter().filter(|entry| fits(&entry.of)).map(|entry| entry.of.id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Removes those whose tokens have ended by themselves, or that are too old to go on. By a clock
    /// that nobody has moved: a server has not slept through a sleep that was none.
    pub(crate) fn remove_ended(&mut self, now: Wall) -> Vec<Entry> {
        self.remove_where(|of| {
            let too_old = of.since.wall_ms.saturating_add(GIVE_UP_REVOKING_AFTER_MS);
            now.0 >= of.ends_wall_ms.map_or(too_old, |ends| ends.min(too_old))
        })
    }

    /// One whose turn it is.
    pub(crate) fn due(&self, now: Boot) -> Option<&Entry> {
        self.entries.iter().find(|entry| now >= entry.next)
    }

    /// Whether this one fits.
    pub(crate) fn is(&self, id: u64, fits: impl Fn(&Unrevoked) -> bool) -> bool {
        self.entries.iter().any(|entry| entry.of.id == id && fits(&entry.of))
    }

    /// When the next one is due.
    pub(crate) fn next_due(&self) -> Option<Boot> {
        self.entries.iter().map(|entry| entry.next).min()
    }

    /// It is tried again at `at`.
    pub(crate) fn postpone(&mut self, id: u64, at: Boot) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.of.id == id) {
            entry.next = at;
        }
    }

    /// A try has failed; the next is at `at`. Answers the entry as it is to be kept.
    pub(crate) fn failed(&mut self, id: u64, failure: &Failure, at: Stamp) -> Option<Unrevoked> {
        let entry = self.entries.iter_mut().find(|entry| entry.of.id == id)?;
        entry.of.tries = entry.of.tries.saturating_add(1);
        entry.last = Some(failure.exchange.clone());
        entry.told_when = failure.retry_after_ms.is_some();
        entry.next = Boot(at.boot_ms);
        entry.of.next_try = Some(at);
        entry.stored.then(|| entry.of.clone())
    }

    /// The network is back: nobody waits any longer but where the server asked for it.
    pub(crate) fn hurry(&mut self, now: Boot) {
        for entry in self.entries.iter_mut().filter(|entry| !entry.told_when) {
            entry.next = entry.next.min(now);
        }
    }

    /// So many servers have still to be told.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What is worth showing.
    pub(crate) fn shown(&self, now: Now) -> Vec<crate::Untold> {
        let lasting = |entry: &&Entry| {
            entry.of.tries > 0 || (now.wall.0 - entry.of.since.wall_ms).abs() >= WORTH_SHOWING_MS
        };
        self.entries
            .iter()
            .filter(lasting)
            .map(|Entry { of, next, last, .. }| crate::Untold {
                id: of.id,
                account: of.account.clone(),
                user: of.user.clone(),
                since_ms: of.since.wall_ms,
                tries: of.tries,
                next_ms: (*next > now.boot).then(|| now.wall_at(*next).0),
                last: last.clone(),
            })
            .collect()
    }
}

impl Entry {
    /// What telling its server needs.
    pub(crate) fn message(&self) -> Telling {
        let Unrevoked { id, tokens, tries, fingerprint_key, keep, .. } = self.of.clone();
        let marks = fingerprint_key.map_or_else(Marks::fresh, Marks::new);
        Telling { id, tokens, marks, keep, tries, stored: self.stored }
    }
}

/// One that is being told.
pub(crate) struct Telling {
    pub(crate) id: u64,
    tokens: Tokens,
    marks: Marks,
    keep: Keep,
    tries: u32,
    stored: bool,
}

/// What came of a try to tell a server.
pub(crate) enum Told {
    Yes,
    /// The account knows no way to.
    NotOffered,
    /// Another process has told it.
    Elsewhere,
    /// Somebody holds the refresh lock: an answer may be on its way that ends more than this.
    Busy,
    /// It heard it, and says no.
    NotAccepted(Box<Failure>),
    /// It is told again.
    Failed {
        failure: Box<Failure>,
        in_ms: i64,
    },
}

impl Telling {
    /// Tells the server, under the refresh lock, unless another process has; and takes it off the list
    /// before it lets go of the lock, or another process would tell it once more.
    pub(crate) async fn to(
        self,
        server: Arc<dyn AuthServer>,
        store: Store,
        teller: Teller,
    ) -> Told {
        let _lock = match store.try_refresh_lock().await {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Told::Busy,
            Err(failure) if failure.trouble().kind == WriteTrouble::Slow => return Told::Busy,
            // A folder that takes no lock file takes no other process either.
            Err(_) => None,
        };
        if self.stored {
            // Without knowing whether another process has told it, nobody is told.
            let Ok(reading) = store.read_soon().await else { return Told::Busy };
            if reading.outbox_shut.is_some() {
                return Told::Busy;
            }
            let there = reading
                .record
                .is_some_and(|record| record.outbox.iter().any(|entry| entry.id == self.id));
            if !there {
                return Told::Elsewhere;
            }
        }
        let answer = server.sign_out(&self.tokens, &self.marks).await;
        teller.about(self.keep).sign_out(&self.tokens, &self.marks, &answer);
        let told = match answer {
            Ok(Some(_)) => Told::Yes,
            Ok(None) => Told::NotOffered,
            Err(failure) => match Revocation::after(&failure, self.tries + 1, self.id) {
                Revocation::NotAccepted => Told::NotAccepted(failure),
                Revocation::Again { in_ms } => return Told::Failed { failure, in_ms },
            },
        };
        take_off(&store, self.id).await;
        told
    }
}

/// Writes down how often one was tried, and when it is tried again, so that a restart goes on there.
pub(crate) async fn note_try(store: &Store, tried: Unrevoked) {
    let write = store.write(move |vault| {
        vault.change(&mut |stored| {
            let mut next = stored?.clone();
            let entry = next.outbox.iter_mut().find(|entry| entry.id == tried.id)?;
            (entry.tries, entry.next_try) = (tried.tries, tried.next_try.clone());
            Some(next)
        })
    });
    if let Err(failure) = write.finished().await {
        tracing::warn!(%failure, "a try to tell a server could not be written down");
    }
}

/// Takes one off the list on disk, where it is there.
pub(crate) async fn take_off(store: &Store, id: u64) {
    let write = store.write(move |vault| {
        vault.change(&mut |stored| {
            let mut next = stored?.clone();
            let before = next.outbox.len();
            next.outbox.retain(|entry| entry.id != id);
            (next.outbox.len() != before).then_some(next)
        })
    });
    if let Err(failure) = write.finished().await {
        // It is told once more after a restart: no server minds.
        tracing::warn!(%failure, "an ended session could not be taken off the list");
    }
}
