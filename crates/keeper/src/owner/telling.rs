//! What the owner does about sessions that have ended here: it tells their servers, one after the
//! other, and never stands in the way of a renewal or a sign-in.

use super::{Message, Owner, caught};
use crate::handle::{LeftToExpire, NotTold};
use crate::outbox::{self, Entry, Holder, Told, add_missing};
use crate::record::{Session, Tokens, Unrevoked};
use crate::snapshot::stamp;
use engine::{Exchange, Now, SECOND, State};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// How soon to look whether the refresh lock is free.
const BUSY_MS: i64 = SECOND;

/// A server being told.
pub(super) struct Voice {
    /// Of which ended session.
    id: u64,
    task: AbortHandle,
    /// Closes when the refresh lock is free again.
    over: oneshot::Receiver<()>,
}

impl Owner {
    /// These tokens belong to a session that has ended here: their server is told. Not where the same
    /// person is signed in there again: telling it could end that session, too.
    pub(super) fn give_back(&mut self, tokens: Tokens, session: Option<&Session>, holder: Holder) {
        let again = self
            .holder
            .as_ref()
            .is_some_and(|present| present.is_same_person(&holder, self.connector.as_ref()));
        if again {
            self.left(NotTold::SignedInAgain, holder.account, holder.user, None);
            return;
        }
        self.take_in(tokens, session, holder);
        self.store_outbox();
        self.tell_servers();
    }

    /// The same, for somebody who stores the outbox by himself.
    pub(super) fn take_in(&mut self, tokens: Tokens, session: Option<&Session>, holder: Holder) {
        let mut id = [0; 8];
        // Without randomness two could have one name, and be told together.
        let _named = getrandom::fill(&mut id);
        let id = u64::from_le_bytes(id);
        let entry = outbox::entry(id, holder, tokens, session, self.clock.as_ref());
        if let Some(oldest) = self.outbox.add(entry) {
            self.give_up(oldest, NotTold::GaveUp);
        }
    }

    /// Tells the next server whose turn it is. One at a time, and not while a renewal may want the
    /// refresh lock.
    pub(super) fn tell_servers(&mut self) {
        let now = self.clock.now();
        for ended in self.outbox.remove_ended(self.clock.unmoved()) {
            self.give_up(ended, NotTold::GaveUp);
        }
        let renewing = matches!(self.engine.state(), State::Refreshing { .. });
        // Nor while somebody signs in: it may be the same person; nor before the sign-out is written.
        let signing = self.signing_in > 0 || self.signing_out > 0;
        if self.telling.is_some() || renewing || signing || self.lock.is_some() {
            return;
        }
        let Some(entry) = self.outbox.due(now.boot) else { return };
        let (id, message) = (entry.of.id, entry.message());
        match self.connector.connect(&entry.of.account) {
            Ok(server) => {
                let (store, teller) = (self.store.clone(), self.teller.clone());
                let (held, over) = oneshot::channel();
                let telling = async move {
                    // Dropped with whatever it holds, however this ends.
                    let _held: oneshot::Sender<()> = held;
                    message.to(server, store, teller).await
                };
                let task = self.spawn(async move {
                    Message::Told { id, told: caught(telling).await.unwrap_or(Told::Busy) }
                });
                self.telling = Some(Voice { id, task, over });
            }
            Err(problem) => {
                tracing::warn!(problem, "the settings of a session that has ended do not work");
                if let Some(entry) = self.outbox.remove(id) {
                    self.give_up(entry, NotTold::NotOffered);
                }
            }
        }
    }

    /// A renewal wants the refresh lock: whoever is being told is told again later. Answers what
    /// closes when the lock is free.
    pub(super) fn stop_telling(&mut self) -> Option<oneshot::Receiver<()>> {
        let Voice { id, task, over } = self.telling.take()?;
        task.abort();
        self.outbox.postpone(id, self.clock.now().boot + BUSY_MS);
        Some(over)
    }

    pub(super) fn told(&mut self, id: u64, told: Told) {
        if self.telling.as_ref().is_some_and(|voice| voice.id == id) {
            self.telling = None;
        }
        // A last word counts although a renewal has stopped the one who waited for it.
        let now = self.clock.now().boot;
        match told {
            Told::Busy => self.outbox.postpone(id, now + BUSY_MS),
            Told::Elsewhere | Told::Yes => drop(self.outbox.remove(id)),
            Told::NotOffered => self.has_ended(id, NotTold::NotOffered, None),
            Told::NotAccepted(failure) => {
                self.has_ended(id, NotTold::NotAccepted, Some(failure.exchange));
            }
            Told::Failed { failure, in_ms } => {
                let now = self.clock.now();
                let at = Now { wall: now.wall + in_ms, boot: now.boot + in_ms };
                let at = stamp(at, self.clock.as_ref(), None);
                if let Some(tried) = self.outbox.failed(id, &failure, at) {
                    let store = self.store.clone();
                    self.spawn(async move {
                        outbox::note_try(&store, tried).await;
                        Message::Done
                    });
                }
            }
        }
        self.tell_servers();
    }

    /// The last word on one that is off the list.
    fn has_ended(&mut self, id: u64, why: NotTold, exchange: Option<Exchange>) {
        if let Some(Entry { of, .. }) = self.outbox.remove(id) {
            self.left(why, of.account, of.user, exchange);
        }
    }

    /// The same person has signed in again: what has ended before is left to expire.
    pub(super) fn drop_same_person(&mut self, holder: &Holder) {
        let connector = std::sync::Arc::clone(&self.connector);
        let same = |of: &Unrevoked| Holder::of(of).is_same_person(holder, connector.as_ref());
        if self.telling.as_ref().is_some_and(|voice| self.outbox.is(voice.id, same)) {
            drop(self.stop_telling());
        }
        for entry in self.outbox.remove_where(same) {
            self.give_up(entry, NotTold::SignedInAgain);
        }
    }

    /// Nobody will be told of it any more; it is said once.
    fn give_up(&mut self, entry: Entry, why: NotTold) {
        let Entry { of, last, .. } = entry;
        self.take_off(of.id);
        self.left(why, of.account, of.user, last);
    }

    fn left(
        &mut self,
        why: NotTold,
        account: serde_json::Value,
        user: String,
        exchange: Option<Exchange>,
    ) {
        let id = self.shown.left_to_expire.as_ref().map_or(0, |before| before.id) + 1;
        self.shown.left_to_expire = Some(LeftToExpire { id, account, user, why, exchange });
    }

    pub(super) fn outbox_stored(&mut self, on_disk: &[u64]) {
        self.outbox.is_stored(on_disk);
        for id in self.outbox.left_over(on_disk) {
            self.take_off(id);
        }
    }

    fn take_off(&mut self, id: u64) {
        let store = self.store.clone();
        self.spawn(async move {
            outbox::take_off(&store, id).await;
            Message::Done
        });
    }

    /// Writes down what is not on disk yet. A record is there whenever something has ended; where
    /// there is none, everything was forgotten.
    pub(super) fn store_outbox(&mut self) {
        let missing = self.outbox.to_store();
        if missing.is_empty() {
            return;
        }
        let store = self.store.clone();
        self.spawn(async move {
            let write = store.write(move |vault| {
                let kept = vault.change(&mut |stored| {
                    let mut next = stored?.clone();
                    add_missing(&mut next, &missing).then_some(next)
                })?;
                Ok(kept.map(|kept| kept.outbox.iter().map(|entry| entry.id).collect()))
            });
            Message::OutboxStored(write.finished().await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "an ended session could not be written down");
                None
            }))
        });
    }
}
