//! What the owner does about records, refreshes, sign-ins and sign-outs.

use super::{
    Around, Basis, Call, Holdup, Input, Keep, Message, Outcome, Owner, Reading, Record, Renewed,
    SignIn, SignInError, SignedIn, Tokens, Unsaved, VaultFailure, refresh, sign, snapshot,
};
use crate::refresh::{Over, on_vault};
use crate::snapshot::renewal_fingerprint;
use engine::{Class, Exchange, Failure, State};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Owner {
    pub(super) fn read(&mut self, result: Result<Reading, VaultFailure>) {
        match result {
            Ok(reading) => {
                self.shown.set_aside = reading.set_aside;
                let Some(record) = reading.record else {
                    return self.handle(Input::Restored(None));
                };
                self.know(&record);
                self.connect(&record);
                let restored = snapshot(&record, reading.fell_back, self.clock.as_ref());
                self.session = record.session;
                self.handle(Input::Restored(restored.map(Box::new)));
            }
            Err(failure) => {
                tracing::warn!(%failure, "the session cannot be read");
                self.handle(Input::RestoreHeldUp(match failure {
                    VaultFailure::KeychainLocked(_) => Holdup::KeychainLocked,
                    VaultFailure::KeyGone(_) => Holdup::KeychainGone,
                    VaultFailure::Unreadable(_) | VaultFailure::NotWritten(_) => {
                        Holdup::StoreUnreadable
                    }
                }));
            }
        }
    }

    fn know(&mut self, record: &Record) {
        self.known_epoch = self.known_epoch.max(record.epoch);
        self.shown.account = Some(record.account.clone());
        self.shown.keep = record.keep;
    }

    fn connect(&mut self, record: &Record) {
        match self.connector.connect(&record.account) {
            Ok(server) => self.server = Some(server),
            Err(problem) => tracing::warn!(problem, "the stored account's settings do not work"),
        }
    }

    pub(super) fn refresh(&mut self, attempt: u64, connect_quickly: bool) {
        let (Some(session), Some(server), Some(epoch)) =
            (&self.session, self.server.clone(), self.engine.epoch())
        else {
            let failure = Box::new(Failure {
                class: Class::SetUp,
                retry_after_ms: None,
                exchange: Exchange {
                    at_ms: self.clock.now().wall.0,
                    detail: "the stored account's settings do not work".to_owned(),
                    ..Exchange::default()
                },
            });
            return self.handle(Input::Failed { attempt, failure });
        };
        let basis = Basis {
            epoch,
            tokens: session.tokens.clone(),
            key: session.fingerprint_key.clone(),
            asked_boot_ms: session.asked.boot_ms,
            refreshes: session.refreshes,
            unsaved: self.unsaved.clone(),
            lock: self.lock.take(),
            call: Call { connect_quickly, clock_offset_ms: self.engine.clock_offset_ms() },
        };
        let around =
            Around { clock: Arc::clone(&self.clock), vault: Arc::clone(&self.vault), server };
        self.spawn(async move {
            Message::Refreshed { attempt, outcome: refresh::refresh(around, basis).await }
        });
    }

    pub(super) fn refreshed(&mut self, attempt: u64, outcome: Outcome) {
        match outcome {
            Outcome::Renewed(renewed) => self.renewed(attempt, *renewed),
            Outcome::Failed(failure) => self.handle(Input::Failed { attempt, failure }),
            Outcome::HeldElsewhere => self.handle(Input::HeldElsewhere { attempt }),
            Outcome::Elsewhere(record) => {
                let awaited = matches!(
                    self.engine.state(),
                    State::Refreshing { attempt: of, .. } if of == attempt
                );
                if awaited {
                    self.adopt(record.map(|record| *record));
                }
            }
            Outcome::Late { epoch, tokens } => {
                self.give_back(tokens);
                if self.engine.epoch() == Some(epoch) {
                    // It was not ended here, so another process has signed out.
                    self.sign_out_elsewhere();
                }
            }
        }
    }

    fn renewed(&mut self, attempt: u64, renewed: Renewed) {
        let Renewed { session, grant, exchange, clock, unsaved } = renewed;
        if let Some(sample) = clock {
            self.handle(Input::ServerClock(sample));
        }
        let ours = self.unsaved.take();
        let record = self.record_of(&session);
        self.answered.insert(attempt, session);
        self.handle(Input::Renewed {
            attempt,
            grant: Box::new(grant),
            exchange: Box::new(exchange),
        });
        match (unsaved, record) {
            (Some((failure, lock)), Some((record, found))) => {
                self.lock = lock;
                let over = ours.map_or(found, |ours| ours.over);
                self.unsaved = Some(Unsaved { record, over });
                self.handle(Input::Unsaved(failure.to_string()));
            }
            (Some(_), None) => {}
            (None, _) => {
                self.lock = None;
                self.handle(Input::Saved);
            }
        }
    }

    /// The record that should be on disk for `session`, and what was there before it.
    fn record_of(&self, session: &crate::record::Session) -> Option<(Record, Over)> {
        let before = self.session.as_ref()?;
        let mut record = Record {
            epoch: self.engine.epoch()?,
            generation: 0,
            account: self.shown.account.clone()?,
            identity: self
                .shown
                .view
                .who
                .clone()
                .map(|who| engine::Identity { user: who.user, name: who.name }),
            keep: self.shown.keep,
            written: session.asked.clone(),
            session: Some(before.clone()),
        };
        let over = Over::of(Some(&record));
        record.session = Some(session.clone());
        Some((record, over))
    }

    fn adopt(&mut self, record: Option<Record>) {
        let Some(record) = record else { return self.sign_out_elsewhere() };
        self.know(&record);
        self.connect(&record);
        let adopted = snapshot(&record, false, self.clock.as_ref());
        self.unsaved = None;
        self.lock = None;
        self.session = record.session;
        match adopted {
            Some(adopted) => self.handle(Input::Adopted(Box::new(adopted))),
            None => self.handle(Input::SignedOut),
        }
    }

    fn sign_out_elsewhere(&mut self) {
        self.session = None;
        self.handle(Input::SignedOut);
    }

    pub(super) fn record_refusal(&mut self) {
        let (Some(session), Some(epoch)) = (self.session.as_mut(), self.engine.epoch()) else {
            return;
        };
        session.refused = true;
        let refused = renewal_fingerprint(&session.fingerprint_key, &session.tokens);
        let vault = Arc::clone(&self.vault);
        self.spawn(async move {
            let written = on_vault(&vault, move |vault| {
                vault.change(&mut |stored| {
                    let mut next = stored.filter(|stored| stored.epoch == epoch)?.clone();
                    let session = next.session.as_mut()?;
                    let known = renewal_fingerprint(&session.fingerprint_key, &session.tokens);
                    if known != refused {
                        return None;
                    }
                    session.refused = true;
                    session.intent = None;
                    Some(next)
                })
            })
            .await;
            if let Err(failure) = written {
                // The next start asks once more, and is refused once more.
                tracing::warn!(%failure, "the refusal could not be written down");
            }
            Message::Done
        });
    }

    pub(super) fn sign_in(
        &mut self,
        request: SignIn,
        reply: oneshot::Sender<Result<(), SignInError>>,
    ) {
        self.turn = self.turn.next();
        let (clock, vault) = (Arc::clone(&self.clock), Arc::clone(&self.vault));
        let (turn, known_epoch) = (self.turn.clone(), self.known_epoch);
        self.spawn(async move {
            let result = sign::sign_in(clock, vault, request, turn, known_epoch).await;
            Message::SignedIn(result.map(Box::new), reply)
        });
    }

    pub(super) fn signed_in(&mut self, signed_in: SignedIn) {
        let SignedIn { record, exchange, clock, server, unsaved } = signed_in;
        self.know(&record);
        self.server = Some(server);
        self.unwritten = None;
        self.shown.sign_out_unwritten = None;
        self.shown.sign_out_untold = None;
        if let Some(sample) = clock {
            self.handle(Input::ServerClock(sample));
        }
        let Some(began) = snapshot(&record, false, self.clock.as_ref()) else { return };
        self.session = record.session;
        self.lock = None;
        self.handle(Input::SignedIn(Box::new(began), Box::new(exchange)));
        match unsaved {
            Some((failure, record)) => {
                self.unsaved = Some(record);
                self.handle(Input::Unsaved(failure.to_string()));
            }
            None => {
                self.unsaved = None;
                self.handle(Input::Saved);
            }
        }
    }

    /// Ends the session in memory, at once, and begins to tell the server. Answers the epoch that
    /// has ended.
    pub(super) fn end_session(&mut self) -> u64 {
        self.turn = self.turn.next();
        let ended = self.known_epoch;
        self.known_epoch += 1;
        self.unwritten = Some(ended);
        self.shown.keep = Keep::Disk;
        let session = self.session.take();
        self.handle(Input::SignedOut);
        if let Some(session) = session {
            self.give_back(session.tokens);
        }
        ended
    }

    pub(super) fn write_sign_out(&mut self, ended: u64, reply: Option<oneshot::Sender<()>>) {
        let (clock, vault) = (Arc::clone(&self.clock), Arc::clone(&self.vault));
        self.spawn(async move {
            let mut result = sign::write_sign_out(&clock, &vault, ended).await;
            if result.is_err() {
                // What cannot be written over is removed: a session must not come back.
                result = on_vault(&vault, |vault| vault.forget()).await;
            }
            Message::SignOutWritten { result, reply }
        });
    }

    pub(super) fn forget(&mut self, reply: oneshot::Sender<Result<(), VaultFailure>>) {
        self.end_session();
        self.unwritten = None;
        self.shown.account = None;
        self.shown.set_aside.clear();
        let vault = Arc::clone(&self.vault);
        self.spawn(async move {
            let result = on_vault(&vault, |vault| vault.forget()).await;
            let _gone = reply.send(result.clone());
            Message::SignOutWritten { result, reply: None }
        });
    }

    pub(super) fn give_back(&mut self, tokens: Tokens) {
        let Some(server) = self.server.clone() else { return };
        self.spawn(async move {
            let told = server.sign_out(&tokens).await;
            Message::ServerTold(told.map(|_| ()).map_err(|failure| failure.exchange.detail))
        });
    }

    /// Goes on trying to save what could not be saved.
    pub(super) fn save_again(&mut self) {
        let idle = !matches!(self.engine.state(), State::Refreshing { .. });
        let Some(unsaved) = self.unsaved.clone().filter(|_| idle) else { return };
        let vault = Arc::clone(&self.vault);
        self.spawn(async move {
            let written = on_vault(&vault, move |vault| {
                let mut done = false;
                vault.change(&mut |stored| {
                    let found = Over::of(stored);
                    done = found == Over::of(Some(&unsaved.record));
                    if done || found != unsaved.over {
                        return None;
                    }
                    done = true;
                    Some(unsaved.record.clone())
                })?;
                Ok(done)
            })
            .await;
            Message::SavedLate(written)
        });
    }

    pub(super) fn saved_late(&mut self, result: Result<bool, VaultFailure>) {
        match result {
            // `false`: something else is there by now, another process's, and newer.
            Ok(true | false) => {
                self.unsaved = None;
                self.lock = None;
                self.handle(Input::Saved);
            }
            Err(failure) => self.handle(Input::Unsaved(failure.to_string())),
        }
    }
}
