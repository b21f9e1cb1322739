//! One refresh, start to end: lock, read again, adopt or write the intent, ask, save, hand over.
//!
//! It runs in a task of its own that nobody cancels: a caller who gives up, or a window that closes,
//! must not lose a token that the server has already rotated.

use crate::ports::{Answer, AuthServer, Call, Clock, RefreshLock, Vault, VaultFailure};
use crate::record::{Intent, Record, Session, Tokens};
use crate::snapshot::{grant, renewal_fingerprint, session, stamp};
use engine::{ClockSample, Exchange, Failure, Fingerprint, Grant};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a refresh starts from.
pub(crate) struct Basis {
    pub(crate) epoch: u64,
    pub(crate) tokens: Tokens,
    pub(crate) key: Zeroizing<[u8; 32]>,
    /// When the tokens at hand were asked for, by time since boot.
    pub(crate) asked_boot_ms: i64,
    pub(crate) refreshes: u32,
    /// What is at hand could not be saved yet.
    pub(crate) unsaved: Option<Unsaved>,
    /// Still held since a save that failed.
    pub(crate) lock: Option<RefreshLock>,
    pub(crate) call: Call,
}

/// A record that is not on disk yet, and what it found there when it should have been written: it
/// may replace that, and nothing else.
#[derive(Clone)]
pub(crate) struct Unsaved {
    pub(crate) record: Record,
    pub(crate) over: Over,
}

/// What is on disk, by what tells sessions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    epoch: Option<u64>,
    renewal: Option<Fingerprint>,
}

impl Over {
    pub(crate) fn of(record: Option<&Record>) -> Self {
        Self {
            epoch: record.map(|record| record.epoch),
            renewal: record
                .and_then(|record| record.session.as_ref())
                .and_then(|held| renewal_fingerprint(&held.fingerprint_key, &held.tokens)),
        }
    }
}

/// What came of it.
pub(crate) enum Outcome {
    Renewed(Box<Renewed>),
    Failed(Box<Failure>),
    /// Another process is renewing.
    HeldElsewhere,
    /// Another process has renewed, signed in or signed out: this is its record.
    Elsewhere(Option<Box<Record>>),
    /// The answer belongs to an epoch that has ended, here or in another process.
    Late {
        epoch: u64,
        tokens: Tokens,
    },
}

/// A granted refresh.
pub(crate) struct Renewed {
    pub(crate) session: Session,
    pub(crate) grant: Grant,
    pub(crate) exchange: Exchange,
    pub(crate) clock: Option<ClockSample>,
    /// Why it is not on disk, and the lock that is held until it is.
    pub(crate) unsaved: Option<(VaultFailure, Option<RefreshLock>)>,
}

/// The ports that a refresh needs.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) server: Arc<dyn AuthServer>,
}

/// Runs one refresh.
pub(crate) async fn refresh(around: Around, mut basis: Basis) -> Outcome {
    let lock = match basis.lock.take() {
        Some(held) => Some(held),
        None => match on_vault(&around.vault, |vault| vault.try_refresh_lock()).await {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Outcome::HeldElsewhere,
            Err(failure) => {
                // Without a lock file nothing can be saved either; that is said when it is tried.
                tracing::warn!(%failure, "renewing without the refresh lock");
                None
            }
        },
    };
    let asked_with = renewal_fingerprint(&basis.key, &basis.tokens);
    let ours = Ours { epoch: basis.epoch, asked_with, unsaved: basis.unsaved.take() };
    if let Some(elsewhere) = moved_on(&around, &basis, &ours).await {
        return elsewhere;
    }
    let intent = asked_with
        .map(|with| Intent { fingerprint: with.0, since_wall_ms: around.clock.now().wall.0 });
    write_intent(&around, &ours, intent).await;

    match around.server.refresh(&basis.tokens, basis.call).await {
        Ok(answer) => save(&around, &ours, &basis, answer, lock).await,
        Err(failure) => {
            if !failure.class.may_have_rotated() {
                write_intent(&around, &ours, None).await;
            }
            Outcome::Failed(failure)
        }
    }
}

/// Which stored session a change is meant for.
#[derive(Clone)]
struct Ours {
    epoch: u64,
    asked_with: Option<Fingerprint>,
    unsaved: Option<Unsaved>,
}

impl Ours {
    /// The record to change, where the store still holds what the refresh was begun for.
    fn base(&self, stored: Option<&Record>) -> Option<Record> {
        let over = Over::of(stored);
        if over == (Over { epoch: Some(self.epoch), renewal: self.asked_with }) {
            return stored.cloned();
        }
        let unsaved = self.unsaved.as_ref().filter(|unsaved| unsaved.over == over)?;
        Some(unsaved.record.clone())
    }
}

/// Reads the record again under the lock: another process may have been faster.
async fn moved_on(around: &Around, basis: &Basis, ours: &Ours) -> Option<Outcome> {
    // A record that cannot be read now does not stop the refresh: the tokens are at hand.
    let reading = on_vault(&around.vault, |vault| vault.read()).await.ok()?;
    if ours.unsaved.is_some() && ours.base(reading.record.as_ref()).is_some() {
        return None;
    }
    // Nothing there any more: everything was forgotten, which is somebody's sign-out.
    let Some(record) = reading.record else { return Some(Outcome::Elsewhere(None)) };
    if record.epoch != basis.epoch {
        return Some(Outcome::Elsewhere(Some(Box::new(record))));
    }
    let boot_id = around.clock.boot_id();
    let newer = record.session.as_ref().is_some_and(|session| {
        session.asked.boot_id == boot_id && session.asked.boot_ms > basis.asked_boot_ms
    });
    newer.then(|| Outcome::Elsewhere(Some(Box::new(record))))
}

async fn write_intent(around: &Around, ours: &Ours, intent: Option<Intent>) {
    let ours = ours.clone();
    let written = on_vault(&around.vault, move |vault| {
        vault.change(&mut |record| {
            let mut next = ours.base(record)?;
            let session = next.session.as_mut()?;
            // The first try's time is kept: it says how long the outcome has been unknown.
            let same = match (&session.intent, &intent) {
                (Some(known), Some(new)) => known.fingerprint == new.fingerprint,
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if same {
                return None;
            }
            session.intent = intent.clone();
            Some(next)
        })
    })
    .await;
    if let Err(failure) = written {
        tracing::warn!(%failure, "the intent to renew could not be written");
    }
}

/// Saves an answer before anybody may use it.
async fn save(
    around: &Around,
    ours: &Ours,
    basis: &Basis,
    answer: Answer,
    lock: Option<RefreshLock>,
) -> Outcome {
    let clock = Arc::clone(&around.clock);
    let offset = answer.clock.map(|sample| sample.offset_ms).or(basis.call.clock_offset_ms);
    let refreshes = basis.refreshes.saturating_add(1);
    let session = session(&answer, basis.key.clone(), refreshes, clock.as_ref(), offset);
    let renewed = |session: Session, unsaved| {
        Outcome::Renewed(Box::new(Renewed {
            grant: grant(&session, answer.asked),
            session,
            exchange: answer.exchange.clone(),
            clock: answer.clock,
            unsaved,
        }))
    };
    let to_write = session.clone();
    let ours = ours.clone();
    let written = on_vault(&around.vault, move |vault| {
        let mut kept = false;
        let stands = vault.change(&mut |record| {
            let mut next = ours.base(record)?;
            next.session = Some(to_write.clone());
            next.written = stamp(clock.now(), clock.as_ref(), offset);
            kept = true;
            Some(next)
        })?;
        Ok((kept, stands))
    })
    .await;
    match written {
        Ok((true, _)) => renewed(session, None),
        Ok((false, Some(stands))) if stands.epoch == basis.epoch => {
            // The stored refresh token is another one: somebody renewed from it. This answer is
            // dropped, not revoked: revoking one token often ends the whole grant.
            Outcome::Elsewhere(Some(Box::new(stands)))
        }
        Ok((false, _)) => Outcome::Late { epoch: basis.epoch, tokens: session.tokens },
        Err(failure) => renewed(session, Some((failure, lock))),
    }
}

/// Runs a vault call on a thread where it may block.
pub(crate) async fn on_vault<T: Send + 'static>(
    vault: &Arc<dyn Vault>,
    call: impl FnOnce(&dyn Vault) -> Result<T, VaultFailure> + Send + 'static,
) -> Result<T, VaultFailure> {
    let vault = Arc::clone(vault);
    tokio::task::spawn_blocking(move || call(vault.as_ref())).await.unwrap_or_else(|failure| {
        Err(VaultFailure::NotWritten(format!("the store's thread ended early: {failure}")))
    })
}
