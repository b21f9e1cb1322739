//! Signing in, signing out, forgetting, and giving back tokens that nobody will use.

use super::{Message, Owner, caught};
use crate::handle::{SignIn, SignInError};
use crate::ports::{AuthServer, VaultFailure};
use crate::record::{Keep, Tokens};
use crate::sign::{self, SignedIn, Turn};
use crate::snapshot::snapshot;
use engine::{Class, Exchange, Failure, Input};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Owner {
    pub(super) fn sign_in(
        &mut self,
        request: SignIn,
        reply: oneshot::Sender<Result<(), SignInError>>,
    ) {
        self.turn = self.turn.next();
        self.signing_in += 1;
        let turn = self.turn.clone();
        let attempt = sign::sign_in(
            Arc::clone(&self.clock),
            self.store.clone(),
            request,
            turn.clone(),
            self.known_epoch,
        );
        let at_ms = self.clock.now().wall.0;
        self.spawn(async move {
            let result = caught(attempt).await.unwrap_or_else(|| {
                let detail = "the sign-in ended early".to_owned();
                let exchange = Exchange { at_ms, detail, ..Exchange::default() };
                let class = Class::UnknownOutcome;
                Err(SignInError::Failed(Box::new(Failure {
                    class,
                    retry_after_ms: None,
                    exchange,
                })))
            });
            Message::SignedIn { result: result.map(Box::new), turn, reply }
        });
    }

    pub(super) fn signed_in(&mut self, signed_in: SignedIn, turn: Turn) -> Result<(), SignInError> {
        let SignedIn { record, exchange, clock, server, unsaved } = signed_in;
        let overtaken = turn.is_before(&self.last_turn);
        let Some(session) = record.session.clone().filter(|_| !overtaken) else {
            // Somebody has signed out between its being saved and this moment.
            if let Some(session) = record.session {
                self.give_back(session.tokens, server);
            }
            return Err(SignInError::Overtaken);
        };
        self.last_turn = turn;
        self.era = self.era.next();
        self.know(&record);
        self.server = Some(server);
        self.unwritten = None;
        self.shown.sign_out_unwritten = None;
        if let Some(sample) = clock {
            self.handle(Input::ServerClock(sample));
        }
        self.session = Some(session);
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

    /// Ends the session in memory, at once, and begins to tell the server. Answers the epoch that
    /// has ended.
    pub(super) fn end_session(&mut self) -> u64 {
        self.turn = self.turn.next();
        self.last_turn = self.turn.clone();
        self.era = self.era.next();
        let ended = self.known_epoch;
        self.known_epoch += 1;
        self.unwritten = Some(ended);
        self.shown.keep = Keep::Disk;
        let session = self.session.take();
        self.handle(Input::SignedOut);
        if let (Some(session), Some(server)) = (session, self.server.clone()) {
            self.give_back(session.tokens, server);
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
        let (clock, store) = (Arc::clone(&self.clock), self.store.clone());
        let turn = self.turn.clone();
        self.spawn(async move {
            let mut result = sign::write_sign_out(clock, &store, ended, turn.clone()).await;
            if let Err(failure) = &result
                && !turn.is_overtaken()
            {
                // What cannot be written over is removed: a session must not come back.
                tracing::warn!(%failure, "a sign-out could not be written; the record is removed");
                result = store.forget().await.map(|()| true);
            }
            Message::SignOutWritten { ended, result, reply }
        });
    }

    pub(super) fn sign_out_written(&mut self, ended: u64, result: Result<bool, VaultFailure>) {
        self.signing_out = self.signing_out.saturating_sub(1);
        if self.unwritten != Some(ended) {
            // A later one is on its way, or somebody has signed in.
            return;
        }
        match result {
            Ok(true) => {
                self.unwritten = None;
                self.shown.sign_out_unwritten = None;
            }
            Ok(false) => {}
            Err(failure) => self.shown.sign_out_unwritten = Some(failure.to_string()),
        }
    }

    /// Where it cannot be removed, it goes on being signed out as far as that can be written.
    pub(super) fn forget(&mut self, reply: oneshot::Sender<Result<(), VaultFailure>>) {
        let ended = self.end_session();
        self.signing_out += 1;
        self.shown.account = None;
        self.shown.set_aside.clear();
        let store = self.store.clone();
        self.spawn(async move {
            let result = store.forget().await;
            let _gone = reply.send(result.clone());
            Message::SignOutWritten { ended, result: result.map(|()| true), reply: None }
        });
    }

    pub(super) fn server_told(&mut self, _result: Result<(), String>) {}

    pub(super) fn give_back(&mut self, tokens: Tokens, server: Arc<dyn AuthServer>) {
        self.spawn(async move {
            let told = server.sign_out(&tokens).await;
            Message::ServerTold(told.map(|_| ()).map_err(|failure| failure.exchange.detail))
        });
    }
}
