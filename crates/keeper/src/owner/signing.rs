//! Signing in, signing out, forgetting, and giving back tokens that nobody will use.

use super::{Message, Owner, caught};
use crate::activity::DiskStep;
use crate::handle::{GrantedSignIn, SignInError};
use crate::outbox::Holder;
use crate::ports::VaultFailure;
use crate::record::{Keep, Session};
use crate::sign::{self, NotSignedIn, SignedIn, Turn, Wish};
use crate::snapshot::snapshot;
use engine::{Class, Exchange, Failure, Input, Now};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Owner {
    pub(super) fn sign_in(&mut self, wish: Wish, reply: oneshot::Sender<Result<(), SignInError>>) {
        self.turn = self.turn.next();
        self.signing_in += 1;
        let (turn, keep) = (self.turn.clone(), wish.keep());
        let attempt = sign::sign_in(
            Arc::clone(&self.clock),
            self.store.clone(),
            wish,
            turn.clone(),
            self.known_epoch,
            Arc::clone(&self.connector),
            self.teller.about(keep),
        );
        let at_ms = self.clock.now().wall.0;
        self.spawn(async move {
            let result = caught(attempt).await.unwrap_or_else(|| {
                let detail = "the sign-in ended early".to_owned();
                let exchange = Exchange { at_ms, detail, ..Exchange::default() };
                let class = Class::UnknownOutcome;
                let failure = Failure { class, retry_after_ms: None, exchange };
                Err(NotSignedIn::from(SignInError::Failed(Box::new(failure))))
            });
            Message::SignedIn { result: result.map(Box::new), turn, reply }
        });
    }

    pub(super) fn signed_in(&mut self, signed_in: SignedIn, turn: Turn) -> Result<(), SignInError> {
        let SignedIn { record, exchange, clock, server, unsaved } = signed_in;
        // Here, or in another process whose record has been taken over already.
        let overtaken = turn.is_before(&self.last_turn) || record.epoch < self.known_epoch;
        let Some(session) = record.session.clone().filter(|_| !overtaken) else {
            // Somebody has signed out, or in, between its being saved and this moment.
            if let Some(session) = &record.session {
                self.give_back(session.tokens.clone(), Some(session), Holder::in_record(&record));
            }
            return Err(SignInError::Overtaken);
        };
        self.last_turn = turn;
        let same_sign_in = |held: &Session| held.fingerprint_key == session.fingerprint_key;
        if self.session.as_ref().is_some_and(same_sign_in) {
            // A reading came across it on disk, and was taken over, before it was heard of here. What
            // is at hand may have been renewed since: to begin it again would end that renewal.
            self.unwritten = None;
            self.shown.sign_out_unwritten = None;
            self.server = Some((server, record.account));
            return Ok(());
        }
        let before = self.session.take().zip(self.holder.take());

        self.era = self.era.next();
        self.know(&record);
        self.server = Some((server, record.account.clone()));
        self.unwritten = None;
        self.shown.sign_out_unwritten = None;
        if let Some(sample) = clock {
            self.handle(Input::ServerClock(sample));
        }
        self.session = Some(session);
        self.serving = None;
        self.note_unchecked(None, self.clock.now().boot, 0);
        if let Some(holder) = self.holder.clone() {
            self.drop_same_person(&holder);
        }
        self.outbox.see(&record.outbox, self.clock.as_ref());
        if let Some((ended, holder)) = before {
            self.replaced(&ended, holder);
        }
        self.lock = None;
        self.tried = None;
        if let Some(began) = snapshot(&record, false, self.clock.as_ref()) {
            self.handle(Input::SignedIn(Box::new(began), Box::new(exchange)));
        }
        match unsaved {
            Some((failure, record)) => {
                self.unsaved = Some(record);
                self.handle(Input::Unsaved(failure.trouble()));
            }
            None => {
                self.unsaved = None;
                self.handle(Input::Saved);
            }
        }
        Ok(())
    }

    /// Nobody will use what was granted: its server is told.
    pub(super) fn give_back_unused(&mut self, unused: GrantedSignIn) {
        let (session, identity) = unused.session(self.clock.as_ref());
        let GrantedSignIn { account, keep, .. } = unused;
        let holder = Holder { account, user: identity.user, keep };
        self.give_back(session.tokens.clone(), Some(&session), holder);
    }

    /// Somebody else has signed in over this session: its server is told. The same person's is only
    /// left behind, as its successor says.
    fn replaced(&mut self, ended: &Session, holder: Holder) {
        let same = self
            .holder
            .as_ref()
            .is_some_and(|now| now.is_same_person(&holder, self.connector.as_ref()));
        if !same {
            self.give_back(ended.tokens.clone(), Some(ended), holder);
        }
    }

    /// Ends the session in memory, at once, and begins to tell the server. Answers the epoch that
    /// has ended.
    pub(super) fn end_session(&mut self) -> u64 {
        self.turn = self.turn.next();
        self.last_turn = self.turn.clone();
        self.era = self.era.next();
        let ended = self.known_epoch;
        self.known_epoch += 1;
        self.unwritten = Some(ended);
        if self.shown.keep == Keep::Memory {
            self.ended_in_memory = Some(ended);
        }
        self.shown.keep = Keep::Disk;
        let ending = self.session.take().zip(self.holder.take());
        self.handle(Input::SignedOut);
        if let Some((session, holder)) = ending {
            self.take_in(session.tokens.clone(), Some(&session), holder);
        }
        ended
    }

    /// Tries again to write down a sign-out. Not while the last try is under way, nor while somebody
    /// signs in: what is there then may be the new session.
    pub(super) fn sign_out_again(&mut self) {
        let idle = self.signing_out == 0 && self.signing_in == 0;
        if let Some(ended) = self.unwritten.filter(|_| idle) {
            self.write_sign_out(ended, None);
        }
    }

    pub(super) fn write_sign_out(&mut self, ended: u64, reply: Option<oneshot::Sender<()>>) {
        self.signing_out += 1;
        let began = self.clock.now();
        let (clock, store) = (Arc::clone(&self.clock), self.store.clone());
        let (turn, outbox) = (self.turn.clone(), self.outbox.to_store());
        self.spawn(async move {
            let mut result = sign::write_sign_out(clock, &store, ended, turn.clone(), outbox).await;
            if let Err(failure) = &result
                && !turn.is_overtaken()
            {
                // What cannot be written over is removed: a session must not come back.
                tracing::warn!(%failure, "a sign-out could not be written; the record is removed");
                let removed = store.forget(turn).await;
                result = removed.map(|removed| removed.then(Vec::new));
            }
            Message::SignOutWritten { ended, began, result, reply }
        });
    }

    pub(super) fn sign_out_written(
        &mut self,
        ended: u64,
        began: Now,
        result: Result<Option<Vec<u64>>, VaultFailure>,
    ) {
        self.signing_out = self.signing_out.saturating_sub(1);
        self.tell_of_sign_out(ended, began, &result);
        match &result {
            // The record was removed, or there was no key to seal them with.
            Ok(Some(on_disk)) if on_disk.is_empty() => self.outbox.is_not_on_disk(),
            Ok(Some(on_disk)) => self.outbox.is_stored(on_disk),
            // Somebody signs in at this moment: what has ended is written beside the new session.
            Ok(None) => self.store_outbox(),
            Err(_) => {}
        }
        // Only now: a sign-out that is told and not written would leave a dead session on disk.
        self.tell_servers();
        if self.unwritten != Some(ended) {
            // A later one is on its way, or somebody has signed in.
            return;
        }
        match result {
            Ok(Some(_)) => {
                self.unwritten = None;
                self.shown.sign_out_unwritten = None;
            }
            Ok(None) => {}
            Err(failure) => self.shown.sign_out_unwritten = Some(failure.to_string()),
        }
    }

    /// Where it cannot be removed, it goes on being signed out as far as that can be written.
    pub(super) fn forget(&mut self, reply: oneshot::Sender<Result<(), VaultFailure>>) {
        let began = self.clock.now();
        let ended = self.end_session();
        self.signing_out += 1;
        self.shown.account = None;
        self.shown.set_aside.clear();
        let (store, turn) = (self.store.clone(), self.turn.clone());
        self.spawn(async move {
            let result = store.forget(turn).await;
            Message::Forgotten { ended, began, result, reply }
        });
    }

    /// Answers last: whoever hears it forgets what was told, and nothing of this session is told after.
    pub(super) fn forgotten(
        &mut self,
        ended: u64,
        began: Now,
        result: Result<bool, VaultFailure>,
        reply: oneshot::Sender<Result<(), VaultFailure>>,
    ) {
        let answer = result.as_ref().map(|_| ()).map_err(VaultFailure::clone);
        self.sign_out_written(ended, began, result.map(|removed| removed.then(Vec::new)));
        let _gone = reply.send(answer);
    }

    /// It is tried every few seconds: the same trouble is told once.
    fn tell_of_sign_out(
        &self,
        ended: u64,
        began: Now,
        result: &Result<Option<Vec<u64>>, VaultFailure>,
    ) {
        let known = self.shown.sign_out_unwritten.as_ref();
        let told = match result {
            Ok(written) => written.is_some(),
            Err(failure) => known != Some(&failure.to_string()),
        };
        if told {
            let keep = if self.ended_in_memory == Some(ended) { Keep::Memory } else { Keep::Disk };
            self.teller.about(keep).disk_done(DiskStep::SignOutSaved, began, result);
        }
    }
}
