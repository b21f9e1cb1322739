//! What the owner does about the record that was read, and about refreshes.

use super::{Answered, Asked, Message, Owner, caught};
use crate::activity::DiskStep;
use crate::outbox::Holder;
use crate::ports::{AuthServer, Call, Label, Reading, VaultFailure};
use crate::record::{Record, Session};
use crate::refresh::check::Checked;
use crate::refresh::{self, Around, Basis, Outcome, Renewed};
use crate::snapshot::{renewal_fingerprint, snapshot, stamp};
use crate::unsaved::Over;
use engine::{Class, Ended, Exchange, Failure, Fingerprint, Holdup, Input, Now, State, Trigger};
use std::sync::Arc;

impl Owner {
    pub(super) fn read(&mut self, result: Result<Reading, VaultFailure>) {
        let awaited = matches!(self.engine.state(), State::Restoring { .. });
        match result {
            Ok(reading) => {
                self.shown.set_aside = reading.set_aside;
                if !awaited {
                    // Somebody has signed in or out meanwhile: this is the record of before.
                    return;
                }
                self.outbox_shut = reading.outbox_shut.is_some();
                let Some(record) = reading.record else {
                    return self.handle(Input::Restored(None));
                };
                self.outbox.see(&record.outbox, self.clock.as_ref());
                // A start is as good a moment as a network that is back.
                self.outbox.hurry(self.clock.now().boot);
                self.know(&record);
                self.connect(&record);
                let restored = snapshot(&record, reading.fell_back, self.clock.as_ref());
                self.tried = intended(&record);
                self.session = record.session;
                self.note_unchecked(None, self.clock.now().boot, 0);
                self.handle(Input::Restored(restored.map(Box::new)));
                self.check_again();
            }
            Err(failure) => {
                tracing::warn!(%failure, "the session cannot be read");
                let store = self.store.clone();
                self.spawn(async move {
                    // Not even that can be read: then nothing is known.
                    Message::Labelled(store.label().await.unwrap_or_default())
                });
                self.handle(Input::RestoreHeldUp(match failure {
                    VaultFailure::KeychainLocked(_) => Holdup::KeychainLocked,
                    VaultFailure::KeychainSlow(_) => Holdup::KeychainSlow,
                    VaultFailure::KeychainCancelled(_) => Holdup::KeychainCancelled,
                    VaultFailure::KeychainGone(_) => Holdup::KeychainGone,
                    VaultFailure::KeyGone(_) => Holdup::KeyGone,
                    VaultFailure::Unreadable(_) | VaultFailure::NotWritten(_) => {
                        Holdup::StoreUnreadable
                    }
                }));
            }
        }
    }

    /// Whose session it is that cannot be opened, as far as it stands on it in clear.
    pub(super) fn labelled(&mut self, label: Option<Label>) {
        if let (State::Restoring { .. }, Some(label)) = (self.engine.state(), label) {
            self.shown.account = Some(label.account);
            self.shown.known_as = label.identity;
        }
    }

    pub(super) fn know(&mut self, record: &Record) {
        self.known_epoch = self.known_epoch.max(record.epoch);
        self.shown.account = Some(record.account.clone());
        self.shown.keep = record.keep;
        self.shown.known_as = None;
        self.holder = record.session.as_ref().map(|_| Holder::in_record(record));
    }

    /// The server of the present account.
    pub(super) fn server(&self) -> Option<&Arc<dyn AuthServer>> {
        self.server.as_ref().map(|(server, _)| server)
    }

    fn connect(&mut self, record: &Record) {
        let same = self.server.as_ref().is_some_and(|(_, account)| *account == record.account);
        if same {
            return;
        }
        match self.connector.connect(&record.account) {
            Ok(server) => self.server = Some((server, record.account.clone())),
            Err(problem) => {
                tracing::warn!(problem, "the stored account's settings do not work");
                // Not the one before: it would be shown somebody else's tokens.
                self.server = None;
            }
        }
    }

    pub(super) fn refresh(
        &mut self,
        attempt: u64,
        reason: Trigger,
        connect_quickly: bool,
        even_unwritten: bool,
    ) {
        let (Some(session), Some(tokens), Some(server), Some(epoch)) =
            (&self.session, self.tokens_to_renew(), self.server().cloned(), self.engine.epoch())
        else {
            let failure = self.failure(Class::SetUp, "the stored account's settings do not work");
            return self.handle(Input::Failed { attempt, failure });
        };
        let asked_with = renewal_fingerprint(&session.fingerprint_key, &session.tokens);
        let basis = Basis {
            reason,
            epoch,
            era: self.era.clone(),
            tokens,
            user: self.user().to_owned(),
            key: session.fingerprint_key.clone(),
            refreshes: session.refreshes,
            unsaved: self.unsaved.clone(),
            lock: self.lock.take(),
            tried: self.tried == asked_with,
            put_off: self.put_off.take(),
            call: Call { connect_quickly, clock_offset_ms: self.engine.clock_offset_ms() },
            even_unwritten,
            known_wait: session.wait_until.clone(),
            refresh_end: self.engine.refresh_end(),
            after: self.stop_telling(),
        };
        self.asked.insert(attempt, Asked { holder: self.holder.clone(), with: asked_with });
        let (clock, store) = (Arc::clone(&self.clock), self.store.clone());
        let teller = self.teller.about(self.shown.keep);
        let refresh = refresh::refresh(Around { clock, store, server, teller }, basis);
        // Should it end early, nobody knows how far it came.
        let lost = self.failure(Class::UnknownOutcome, "the renewal ended early");
        self.spawn(async move {
            let outcome = caught(refresh).await.unwrap_or(Outcome::Failed(lost, None));
            Message::Refreshed { attempt, outcome }
        });
    }

    fn failure(&self, class: Class, detail: &str) -> Box<Failure> {
        let at_ms = self.clock.now().wall.0;
        let exchange = Exchange { at_ms, detail: detail.to_owned(), ..Exchange::default() };
        Box::new(Failure { class, retry_after_ms: None, exchange })
    }

    pub(super) fn refreshed(&mut self, attempt: u64, outcome: Outcome) {
        let (holder, asked_with) =
            self.asked.remove(&attempt).map_or((None, None), |asked| (asked.holder, asked.with));
        let awaited =
            matches!(self.engine.state(), State::Refreshing { attempt: of, .. } if of == attempt);
        // A late answer is about the session that it was asked for.
        let keep = holder.as_ref().map_or(self.shown.keep, |holder| holder.keep);
        match outcome {
            Outcome::Renewed(renewed) => {
                let Renewed { session, grant, exchange, clock, unsaved, checked } = *renewed;
                let before = self.record_before().filter(|_| awaited);
                if let Some(sample) = clock.filter(|_| awaited) {
                    self.handle(Input::ServerClock(sample));
                }
                self.answered.insert(attempt, Answered { session: session.clone(), holder });
                let (grant, exchange) = (Box::new(grant), Box::new(exchange));
                let no_keys = matches!(checked, Checked::NoKeys);
                let known = self.known_id();
                let answered = match checked {
                    Checked::Passed | Checked::NoKeys => {
                        Input::Renewed { attempt, grant, exchange }
                    }
                    Checked::Bad(exchange) => Input::IdTokenBad { attempt, grant, exchange },
                };
                self.handle_about(keep, answered);
                self.answered.remove(&attempt);
                let Some(before) = before else { return };
                self.unchecked = None;
                if no_keys {
                    self.note_no_keys(known);
                }
                match unsaved {
                    Some(how) => {
                        let found = Over::of(Some(&before));
                        let record = Record {
                            written: session.asked.clone(),
                            session: Some(session),
                            ..before
                        };
                        self.not_saved(record, found, how);
                    }
                    None => {
                        self.unsaved = None;
                        self.lock = None;
                        self.handle(Input::Saved);
                    }
                }
            }
            Outcome::Failed(failure, lock) => {
                // What never got anywhere leaves no intent: one that is found next is another copy's.
                if failure.class.may_have_rotated() {
                    self.tried = asked_with;
                }
                if awaited && self.unsaved.is_some() {
                    self.lock = lock;
                }
                self.handle_about(keep, Input::Failed { attempt, failure });
            }
            Outcome::PutOff(failure, lock, intent) => {
                self.put_off = intent;
                if awaited && self.unsaved.is_some() {
                    self.lock = lock;
                }
                self.handle_about(keep, Input::PutOff { attempt, trouble: failure.trouble() });
            }
            Outcome::HeldElsewhere => self.handle_about(keep, Input::HeldElsewhere { attempt }),
            Outcome::Elsewhere(record) => {
                if awaited {
                    self.adopt(record.map(|record| *record));
                }
            }
            Outcome::Late { epoch, session, stands } => {
                if awaited && self.engine.epoch() == Some(epoch) {
                    // It was not ended here, so another process has signed out, or in.
                    self.adopt(stands.map(|record| *record));
                }
                if let Some(holder) = holder {
                    self.give_back(session.tokens.clone(), Some(&session), holder);
                }
            }
        }
    }

    /// The record that is, or should be, on disk for the session in use.
    fn record_before(&self) -> Option<Record> {
        let session = self.session.clone()?;
        let who = self.shown.view.who.clone();
        Some(Record {
            epoch: self.engine.epoch()?,
            generation: 0,
            account: self.shown.account.clone()?,
            identity: who.map(|who| engine::Identity { user: who.user, name: who.name }),
            keep: self.shown.keep,
            written: session.asked.clone(),
            session: Some(session),
            outbox: Vec::new(),
        })
    }

    /// Takes over what another process has saved.
    pub(super) fn adopt(&mut self, record: Option<Record>) {
        self.lookout.has_taken_over();
        if self.unsaved.take().is_some() {
            self.handle(Input::Saved);
        }
        self.lock = None;
        let known = self.known_id();
        let before = self.session.take();
        let (epoch, before) = (self.engine.epoch(), self.serving.take().or(before));
        self.holder = None;
        self.outbox.see(
            record.as_ref().map_or(&[], |record| record.outbox.as_slice()),
            self.clock.as_ref(),
        );
        let adopted = record.and_then(|record| {
            self.know(&record);
            self.connect(&record);
            let adopted = snapshot(&record, false, self.clock.as_ref());
            let same_epoch = epoch == Some(record.epoch);
            // Where theirs came with a bad ID token, the one at hand serves on, if it can.
            let bad = adopted.as_ref().is_some_and(|adopted| adopted.id_token_bad);
            self.serving = before.filter(|_| bad && same_epoch);
            self.session = record.session;
            self.note_unchecked(known.filter(|_| same_epoch), self.clock.now().boot, 0);
            adopted
        });
        let teller = self.teller.about(self.shown.keep);
        teller.disk(DiskStep::Adopted, teller.now(), None);
        match adopted {
            Some(adopted) => self.handle(Input::Adopted(Box::new(adopted))),
            None => self.handle(Input::SignedOut),
        }
        self.check_again();
        self.want_for_waiters();
    }

    /// The next start asks once more where this cannot be written, and is refused once more.
    pub(super) fn record_refusal(&mut self, why: Ended) {
        self.amend("the refusal", move |session| {
            // Another copy may know more: that an answer was lost.
            session.refused =
                session.refused.filter(|known| *known == Ended::AnswerLost).or(Some(why));
            session.intent = None;
        });
    }

    /// The next start asks too early where this cannot be written, and is told to wait once more.
    pub(super) fn record_wait(&mut self, until: Now) {
        let offset = self.engine.clock_offset_ms();
        let until = stamp(until, self.clock.as_ref(), offset);
        self.amend("the wait", move |session| session.wait_until = Some(until.clone()));
    }

    /// Changes the session in use, and the stored one where that has the same refresh token still.
    fn amend(&mut self, what: &'static str, change: impl Fn(&mut Session) + Send + Sync + 'static) {
        let (Some(session), Some(epoch)) = (self.session.as_mut(), self.engine.epoch()) else {
            return;
        };
        change(session);
        let ours = renewal_fingerprint(&session.fingerprint_key, &session.tokens);
        let store = self.store.clone();
        self.spawn(async move {
            let write = store.write(move |vault| {
                vault.change(&mut |stored| {
                    let mut next = stored.filter(|stored| stored.epoch == epoch)?.clone();
                    let session = next.session.as_mut()?;
                    if renewal_fingerprint(&session.fingerprint_key, &session.tokens) != ours {
                        return None;
                    }
                    change(session);
                    Some(next)
                })
            });
            if let Err(failure) = write.finished().await {
                tracing::warn!(%failure, "{what} could not be written down");
            }
            Message::Done
        });
    }
}

/// What was being renewed when the record was written.
fn intended(record: &Record) -> Option<Fingerprint> {
    let session = record.session.as_ref()?;
    session.intent.as_ref().map(|intent| Fingerprint(intent.fingerprint))
}
