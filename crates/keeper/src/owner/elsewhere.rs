//! What other processes have written: looked for on each tick, on focus, and when an API refuses a
//! token, so that another copy's sign-out, sign-in or renewal is taken over before the next refresh
//! would find it.

use super::{Message, Owner};
use crate::ports::{Reading, VaultFailure};
use crate::record::{IdCheck, Record, Session};
use crate::snapshot::{fingerprint, renewal_fingerprint, snapshot};
use crate::unsaved::{Over, Unsaved};
use engine::{Input, State};

/// Looks at the record.
#[derive(Default)]
pub(super) struct Lookout {
    /// One is under way: this many writes had been begun when it began.
    under_way: Option<u64>,
    /// What it reads may be older than what was taken over since.
    outdated: bool,
    /// The last one could not be used: read again, whatever the vault says of news.
    again: bool,
    /// One is due, and waits until nothing is being written here.
    due: bool,
}

impl Lookout {
    /// Something was taken over that a look under way may have come too early for.
    pub(super) fn has_taken_over(&mut self) {
        self.outdated = self.under_way.is_some();
    }
}

impl Owner {
    /// Begins to look whether another process has changed the record. Not while this one writes: what
    /// is read then may be what is written.
    pub(super) fn look_elsewhere(&mut self) {
        if matches!(self.engine.state(), State::Restoring { .. }) {
            return;
        }
        self.lookout.due = true;
        self.look_when_quiet();
    }

    /// Called after every message: a write that ends is one.
    pub(super) fn look_when_quiet(&mut self) {
        let restoring = matches!(self.engine.state(), State::Restoring { .. });
        let due = self.lookout.due || (self.store.has_unseen() && !restoring);
        let wanted = due && self.lookout.under_way.is_none();
        let Some(begun) = self.store.quiet_since().filter(|_| wanted) else { return };
        self.lookout.due = false;
        self.lookout.under_way = Some(begun);
        let (store, anyway) = (self.store.clone(), self.lookout.again);
        self.spawn(async move { Message::Looked(Box::new(store.news(anyway).await)) });
    }

    /// The person, or the window coming to the front, may have unlocked what could not be opened.
    pub(super) fn look_again_for_the_outbox(&mut self) {
        self.lookout.again |= self.outbox_shut;
    }

    pub(super) fn looked(&mut self, news: Option<Result<Reading, VaultFailure>>) {
        let outdated = std::mem::take(&mut self.lookout.outdated);
        let undisturbed = self.lookout.under_way.take() == self.store.quiet_since() && !outdated;
        match news {
            None => self.lookout.again = false,
            Some(Err(failure)) => {
                // The tokens are at hand; asking a locked keychain every few seconds would not help.
                self.lookout.again =
                    matches!(failure, VaultFailure::Unreadable(_) | VaultFailure::NotWritten(_));
                tracing::warn!(%failure, "what another copy has written cannot be read");
            }
            Some(Ok(reading)) => {
                self.lookout.again = !undisturbed;
                self.lookout.due |= !undisturbed;
                self.shown.set_aside.extend(reading.set_aside);
                self.outbox_shut = reading.outbox_shut.is_some();
                // What is older for want of something newer is no news, unless it is newer than ours;
                // nor is anything while a sign-out of ours is still to be written over it.
                let usable = !reading.fell_back || self.is_newer(reading.record.as_ref());
                if undisturbed && usable && self.unwritten.is_none() {
                    self.take_over(reading.record);
                }
            }
        }
    }

    fn is_newer(&self, record: Option<&Record>) -> bool {
        let age = |epoch: u64, held: Option<&Session>| (epoch, held.map_or(0, |it| it.refreshes));
        let ours = self.engine.epoch().map(|epoch| age(epoch, self.session.as_ref()));
        record
            .zip(ours)
            .is_some_and(|(record, ours)| age(record.epoch, record.session.as_ref()) > ours)
    }

    fn take_over(&mut self, record: Option<Record>) {
        if self.shown.keep == crate::record::Keep::Memory && record.is_none() {
            return;
        }
        let found = Over::of(record.as_ref());
        if self.unsaved.as_ref().is_some_and(|unsaved: &Unsaved| unsaved.may_replace(found)) {
            // It is what could not be replaced yet.
            return;
        }
        let theirs = record.as_ref().and_then(|record| record.session.as_ref());
        match (&self.session, theirs) {
            (None, None) => {
                // Signed out as before; the account and the outbox may be others.
                self.outbox.see(
                    record.as_ref().map_or(&[], |record| record.outbox.as_slice()),
                    self.clock.as_ref(),
                );
                match record {
                    Some(record) => self.know(&record),
                    None => self.shown.account = None,
                }
            }
            (Some(ours), Some(theirs))
                if self.engine.epoch() == record.as_ref().map(|record| record.epoch)
                    && same_tokens(ours, theirs) =>
            {
                self.take_notice(record);
            }
            (Some(_), None) | (None | Some(_), Some(_)) => {
                let forgotten = record.is_none();
                self.adopt(record);
                if forgotten {
                    self.shown.account = None;
                }
            }
        }
    }

    /// The same session; what another copy has learned of it. Not while it is being renewed: that
    /// brings news of its own.
    fn take_notice(&mut self, record: Option<Record>) {
        let Some(record) = record else { return };
        self.know(&record);
        self.outbox.see(&record.outbox, self.clock.as_ref());
        if matches!(self.engine.state(), State::Refreshing { .. }) {
            return;
        }
        let mut record = record;
        if let (Some(ours), Some(theirs)) = (&self.session, record.session.as_mut())
            && theirs.id_check == IdCheck::Pending
        {
            // What is known of the ID token here is more than that.
            theirs.id_check = ours.id_check;
            theirs.tokens.id.clone_from(&ours.tokens.id);
        }
        if let Some(noticed) = snapshot(&record, false, self.clock.as_ref()) {
            self.session = record.session;
            let pending = |held: &Session| held.id_check == IdCheck::Pending;
            if !self.session.as_ref().is_some_and(pending) {
                self.unchecked = None;
            }
            self.handle(Input::Adopted(Box::new(noticed)));
        }
    }
}

fn same_tokens(ours: &Session, theirs: &Session) -> bool {
    let names = |session: &Session| {
        let key = &session.fingerprint_key;
        (fingerprint(key, &session.tokens.access), renewal_fingerprint(key, &session.tokens))
    };
    ours.fingerprint_key == theirs.fingerprint_key && names(ours) == names(theirs)
}
