//! What the owner does about sessions that have ended here: it tells their servers, one after the
//! other, and never stands in the way of a renewal or a sign-in.

use super::{Message, Owner};
use crate::handle::{LeftToExpire, NotTold};
use crate::outbox::{self, Entry, Holder, Told, add_missing};
use crate::record::{Session, Tokens, Unrevoked};
use engine::{Exchange, Revocation, SECOND, State};

/// How soon to look whether the refresh lock is free.
const BUSY_MS: i64 = SECOND;

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
        for ended in self.outbox.remove_ended(now) {
            self.give_up(ended, NotTold::GaveUp);
        }
        let renewing = matches!(self.engine.state(), State::Refreshing { .. });
        if self.telling.is_some() || renewing || self.lock.is_some() {
            return;
        }
        let Some(entry) = self.outbox.due(now.boot) else { return };
        let (id, message) = (entry.of.id, entry.message());
        match self.connector.connect(&entry.of.account) {
            Ok(server) => {
                let store = self.store.clone();
                let task = self.spawn(async move {
                    Message::Told { id, told: message.to(server, store).await }
                });
                self.telling = Some((id, task));
            }
            Err(problem) => {
                tracing::warn!(problem, "the settings of a session that has ended do not work");
                if let Some(entry) = self.outbox.remove(id) {
                    self.give_up(entry, NotTold::NotOffered);
                }
            }
        }
    }

    /// A renewal wants the refresh lock: whoever is being told is told again later.
    pub(super) fn stop_telling(&mut self) {
        if let Some((id, task)) = self.telling.take() {
            task.abort();
            self.outbox.postpone(id, self.clock.now().boot + BUSY_MS);
        }
    }

    pub(super) fn told(&mut self, id: u64, told: Told) {
        if self.telling.as_ref().is_none_or(|(of, _)| *of != id) {
            // Given up meanwhile.
            return;
        }
        self.telling = None;
        let now = self.clock.now().boot;
        match told {
            Told::Busy => self.outbox.postpone(id, now + BUSY_MS),
            Told::Elsewhere => drop(self.outbox.remove(id)),
            Told::Yes => {
                self.outbox.remove(id);
                self.remove_stored(vec![id]);
            }
            Told::NotOffered => {
                if let Some(entry) = self.outbox.remove(id) {
                    self.give_up(entry, NotTold::NotOffered);
                }
            }
            Told::Failed(failure) => {
                let tries = self.outbox.failed(id, &failure);
                match Revocation::after(&failure, tries, id) {
                    Revocation::Again { in_ms } => self.outbox.postpone(id, now + in_ms),
                    Revocation::NotAccepted => {
                        if let Some(entry) = self.outbox.remove(id) {
                            self.give_up(entry, NotTold::NotAccepted);
                        }
                    }
                }
            }
        }
        self.tell_servers();
    }

    /// The same person has signed in again: what has ended before is left to expire.
    pub(super) fn drop_same_person(&mut self, holder: &Holder) {
        let connector = std::sync::Arc::clone(&self.connector);
        let same = |of: &Unrevoked| Holder::of(of).is_same_person(holder, connector.as_ref());
        if self.telling.as_ref().is_some_and(|(id, _)| self.outbox.is(*id, same)) {
            self.stop_telling();
        }
        for entry in self.outbox.remove_where(same) {
            self.give_up(entry, NotTold::SignedInAgain);
        }
    }

    /// Nobody will be told of it any more; it is said once.
    fn give_up(&mut self, entry: Entry, why: NotTold) {
        let Entry { of, last, .. } = entry;
        self.remove_stored(vec![of.id]);
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

    fn remove_stored(&mut self, ids: Vec<u64>) {
        let store = self.store.clone();
        self.spawn(async move {
            let write = store.write(move |vault| {
                vault.change(&mut |stored| {
                    let mut next = stored?.clone();
                    let before = next.outbox.len();
                    next.outbox.retain(|entry| !ids.contains(&entry.id));
                    (next.outbox.len() != before).then_some(next)
                })
            });
            if let Err(failure) = write.finished().await {
                // It is told once more after a restart: no server minds.
                tracing::warn!(%failure, "an ended session could not be taken off the list");
            }
            Message::Done
        });
    }
}
