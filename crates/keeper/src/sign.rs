//! Signing in and out, beside the session: neither waits for the other, nor for a refresh.

use crate::handle::{SignIn, SignInError};
use crate::ports::{AuthServer, Clock, Vault, VaultFailure};
use crate::record::{Keep, Record, Tokens};
use crate::refresh::{Over, Unsaved, on_vault};
use crate::snapshot::{new_key, session, stamp};
use engine::{ClockSample, Exchange, Identity};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts sign-ins and sign-outs as the person begins them, so that the last one wins.
#[derive(Clone, Default)]
pub(crate) struct Turn {
    latest: Arc<AtomicU64>,
    mine: u64,
}

impl Turn {
    /// The next turn: every earlier one is overtaken.
    pub(crate) fn next(&self) -> Self {
        let mine = self.latest.fetch_add(1, Ordering::SeqCst) + 1;
        Self { latest: Arc::clone(&self.latest), mine }
    }

    fn is_overtaken(&self) -> bool {
        self.latest.load(Ordering::SeqCst) != self.mine
    }
}

/// A sign-in that is saved, or at least at hand.
pub(crate) struct SignedIn {
    pub(crate) record: Record,
    pub(crate) exchange: Exchange,
    pub(crate) clock: Option<ClockSample>,
    pub(crate) server: Arc<dyn AuthServer>,
    pub(crate) unsaved: Option<(VaultFailure, Unsaved)>,
}

/// Asks, saves, and answers what was saved. `known_epoch`: the highest epoch seen so far, for a
/// store that cannot be read any more.
pub(crate) async fn sign_in(
    clock: Arc<dyn Clock>,
    vault: Arc<dyn Vault>,
    request: SignIn,
    turn: Turn,
    known_epoch: u64,
) -> Result<SignedIn, SignInError> {
    let SignIn { server, account, credentials, keep } = request;
    let answer = server.sign_in(&credentials).await.map_err(SignInError::Failed)?;
    let offset = answer.clock.map(|sample| sample.offset_ms);
    let identity = answer.identity.clone().unwrap_or_else(|| Identity {
        user: credentials.user.clone(),
        name: credentials.user.clone(),
    });
    let record = Record {
        epoch: known_epoch + 1,
        generation: 0,
        account,
        identity: Some(identity),
        keep,
        written: stamp(clock.now(), clock.as_ref(), offset),
        session: Some(session(&answer, new_key(), 0, clock.as_ref(), offset)),
    };
    let saved = {
        let (turn, record) = (turn.clone(), record.clone());
        on_vault(&vault, move |vault| {
            let mut written = None;
            vault.change(&mut |stored| {
                if turn.is_overtaken() {
                    return None;
                }
                let epoch = stored.map_or(known_epoch, |stored| stored.epoch.max(known_epoch)) + 1;
                let next = Record { epoch, ..record.clone() };
                written = Some(next.clone());
                Some(next)
            })?;
            Ok(written)
        })
        .await
    };
    match saved {
        Ok(Some(record)) => Ok(SignedIn {
            record,
            exchange: answer.exchange,
            clock: answer.clock,
            server,
            unsaved: None,
        }),
        Ok(None) => {
            give_back(server.as_ref(), &answer.tokens).await;
            Err(SignInError::Overtaken)
        }
        Err(failure @ VaultFailure::NotWritten(_)) if !turn.is_overtaken() => {
            let stored = on_vault(&vault, |vault| vault.read()).await.unwrap_or_default().record;
            let epoch = stored.as_ref().map_or(known_epoch, |it| it.epoch.max(known_epoch)) + 1;
            let record = Record { epoch, ..record };
            let over = Over::of(stored.as_ref());
            Ok(SignedIn {
                unsaved: Some((failure, Unsaved { record: record.clone(), over })),
                record,
                exchange: answer.exchange,
                clock: answer.clock,
                server,
            })
        }
        Err(failure) => {
            give_back(server.as_ref(), &answer.tokens).await;
            Err(SignInError::Vault(failure))
        }
    }
}

/// Tokens that nobody will use are given back; where the server cannot be told, they expire.
pub(crate) async fn give_back(server: &dyn AuthServer, tokens: &Tokens) {
    if let Err(failure) = server.sign_out(tokens).await {
        tracing::info!(detail = failure.exchange.detail, "unused tokens were left to expire");
    }
}

/// Writes down that nobody is signed in. The account and the name stay.
pub(crate) async fn write_sign_out(
    clock: &Arc<dyn Clock>,
    vault: &Arc<dyn Vault>,
    ended_epoch: u64,
) -> Result<(), VaultFailure> {
    let clock = Arc::clone(clock);
    on_vault(vault, move |vault| {
        vault
            .change(&mut |stored| {
                let stored = stored?;
                // A sign-in that came later is somebody's wish, and newer than this one.
                if stored.epoch > ended_epoch {
                    return None;
                }
                let written = stamp(clock.now(), clock.as_ref(), stored.written.clock_offset_ms);
                Some(Record {
                    epoch: stored.epoch + 1,
                    session: None,
                    keep: Keep::Disk,
                    written,
                    ..stored.clone()
                })
            })
            .map(|_| ())
    })
    .await
}
