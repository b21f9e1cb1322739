//! One refresh, start to end: lock, read again, adopt or write the intent, ask, save, hand over.
//!
//! It runs in a task of its own that nobody cancels: a caller who gives up, or a window that closes,
//! must not lose a token that the server has already rotated.

use crate::ports::{Answer, AuthServer, Call, Clock, RefreshLock, VaultFailure};
use crate::record::{Intent, Record, Session, Stamp, Tokens};
use crate::sign::Turn;
use crate::snapshot::{fingerprint, grant, renewal_fingerprint, session, stamp};
use crate::store::{Store, Write, too_slow};
use crate::unsaved::{Over, Unsaved};
use engine::{Boot, Class, ClockSample, Exchange, Failure, Fingerprint, Grant, HOUR, Now, SECOND};
use std::sync::Arc;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// An answer that is not on disk after so long is handed out all the same, in milliseconds.
const SAVE_MS: i64 = 2 * SECOND;

/// What a refresh starts from.
pub(crate) struct Basis {
    pub(crate) epoch: u64,
    /// Overtaken as soon as this epoch has ended here.
    pub(crate) era: Turn,
    pub(crate) tokens: Tokens,
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) refreshes: u32,
    /// What is at hand could not be saved yet.
    pub(crate) unsaved: Option<Unsaved>,
    /// Still held since a save that failed.
    pub(crate) lock: Option<RefreshLock>,
    /// This token was tried before: an intent that is found is known already.
    pub(crate) tried: bool,
    /// An intent of ours that was given up, and may have been written late: nothing was sent with it.
    pub(crate) put_off: Option<Intent>,
    pub(crate) call: Call,
    /// Ask even where the intent cannot be written down.
    pub(crate) even_unwritten: bool,
    /// Until when the server asked us to wait, as it is known here.
    pub(crate) known_wait: Option<Stamp>,
    /// The person asked: no wait holds.
    pub(crate) asked: bool,
    /// When the refresh token at hand ends, where that is known.
    pub(crate) refresh_end: Option<Boot>,
    /// The refresh lock is free once this has closed.
    pub(crate) after: Option<oneshot::Receiver<()>>,
}

/// What came of it.
pub(crate) enum Outcome {
    Renewed(Box<Renewed>),
    /// With the lock, for what could not be saved yet.
    Failed(Box<Failure>, Option<RefreshLock>),
    /// Nothing was sent: the intent could not be written down. With the lock, for what could not be
    /// saved yet, and the intent, should it be written late.
    PutOff(VaultFailure, Option<RefreshLock>, Option<Intent>),
    /// Another process is renewing.
    HeldElsewhere,
    /// Another process has renewed, signed in or signed out: this is its record.
    Elsewhere(Option<Box<Record>>),
    /// The answer belongs to an epoch that has ended, here or in another process; what is stored now.
    Late {
        epoch: u64,
        session: Box<Session>,
        stands: Option<Box<Record>>,
    },
}

/// A granted refresh.
pub(crate) struct Renewed {
    pub(crate) session: Session,
    pub(crate) grant: Grant,
    pub(crate) exchange: Exchange,
    pub(crate) clock: Option<ClockSample>,
    /// It is not on disk.
    pub(crate) unsaved: Option<NotSaved>,
}

/// An answer that is not on disk.
pub(crate) struct NotSaved {
    pub(crate) why: VaultFailure,
    /// Held until it is.
    pub(crate) lock: Option<RefreshLock>,
    /// It may still get there.
    pub(crate) writing: Option<Write<Saved>>,
}

/// What a write of an answer came to.
pub(crate) enum Saved {
    Yes,
    /// Something else is there that must not be replaced.
    No(Option<Box<Record>>),
}

/// The ports that a refresh needs.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) server: Arc<dyn AuthServer>,
}

/// Runs one refresh.
pub(crate) async fn refresh(around: Around, mut basis: Basis) -> Outcome {
    if let Some(after) = basis.after.take() {
        let _closed = after.await;
    }
    let lock = match basis.lock.take() {
        Some(held) => Some(held),
        None => match around.store.try_refresh_lock().await {
            Ok(Some(lock)) => Some(lock),
            Ok(None) => return Outcome::HeldElsewhere,
            Err(failure) if !basis.even_unwritten && basis.unsaved.is_none() => {
                return Outcome::PutOff(failure, None, None);
            }
            Err(failure) => {
                // Without a lock file nothing can be saved either; that is said when it is tried.
                tracing::warn!(%failure, "renewing without the refresh lock");
                None
            }
        },
    };
    let ours = Ours {
        epoch: basis.epoch,
        era: basis.era.clone(),
        refreshes: basis.refreshes,
        access: fingerprint(&basis.key, &basis.tokens.access),
        asked_with: renewal_fingerprint(&basis.key, &basis.tokens),
        unsaved: basis.unsaved.take(),
        known_wait: basis.known_wait.take(),
    };
    let unread = match look(&around, &ours).await {
        Found::Ours { intent: Some(found) }
            if !basis.tried && Some(&found) != basis.put_off.as_ref() =>
        {
            return Outcome::Failed(Box::new(begun_elsewhere(&around)), lock);
        }
        Found::Ours { .. } => false,
        Found::Told { left_ms } if !basis.asked => {
            return Outcome::Failed(Box::new(told_elsewhere(&around, left_ms)), lock);
        }
        Found::Told { .. } => false,
        Found::Unread => true,
        Found::Elsewhere(record) => return Outcome::Elsewhere(record),
    };
    let intent = ours
        .asked_with
        .map(|with| Intent { fingerprint: with.0, since_wall_ms: around.clock.now().wall.0 });
    let mine = match write_intent(&around, &ours, intent.clone()).await {
        // It could not be read before, and is something else: another process was faster. The next
        // try finds out what.
        Ok(Noted::NotOurs) if unread => return Outcome::HeldElsewhere,
        Ok(noted) => noted == Noted::News,
        // Where even the tokens at hand are not on disk, an intent there would protect nothing.
        Err(failure) if basis.even_unwritten || ours.unsaved.is_some() => {
            tracing::warn!(%failure, "renewing although the intent could not be written down");
            false
        }
        Err(failure) => return Outcome::PutOff(failure, lock, intent),
    };

    match around.server.refresh(&basis.tokens, basis.call).await {
        Ok(answer) => save(&around, &ours, &basis, answer, lock).await,
        Err(failure) => {
            if failure.class == Class::Refused
                && let Found::Elsewhere(record) = look(&around, &ours).await
            {
                // Refused is what somebody has replaced meanwhile, lock or no lock.
                return Outcome::Elsewhere(record);
            }
            if let (Class::Throttled, Some(ms)) = (failure.class, failure.retry_after_ms) {
                // Before anybody else may ask: another copy waits for the lock.
                write_wait(&around, &ours, ms.clamp(0, HOUR), mine).await;
            } else if mine && !failure.class.may_have_rotated() {
                // An intent from before stays: this failure tells nothing of the try before it. One
                // that is left behind costs a needless retry.
                let _told = write_intent(&around, &ours, None).await;
            }
            Outcome::Failed(failure, lock)
        }
    }
}

/// Which stored session a change is meant for.
#[derive(Clone)]
struct Ours {
    epoch: u64,
    era: Turn,
    refreshes: u32,
    access: Fingerprint,
    asked_with: Option<Fingerprint>,
    unsaved: Option<Unsaved>,
    known_wait: Option<Stamp>,
}

impl Ours {
    /// The record to change, where the store still holds what the refresh was begun for.
    fn base(&self, stored: Option<&Record>) -> Option<Record> {
        if self.era.is_overtaken() {
            return None;
        }
        let over = Over::of(stored);
        if over.epoch == Some(self.epoch) && over.renewal == self.asked_with {
            return stored.cloned();
        }
        let unsaved = self.unsaved.as_ref().filter(|unsaved| unsaved.may_replace(over))?;
        Some(unsaved.over(stored))
    }

    /// Whether this record is newer than what is at hand.
    fn is_before(&self, stored: &Record) -> bool {
        let refreshes = stored.session.as_ref().map_or(0, |held| held.refreshes);
        (stored.epoch, refreshes) > (self.epoch, self.refreshes)
    }

    /// Whether this record holds the very tokens that are at hand.
    fn is_in(&self, record: &Record) -> bool {
        let same = |held: &Session| {
            fingerprint(&held.fingerprint_key, &held.tokens.access) == self.access
                && renewal_fingerprint(&held.fingerprint_key, &held.tokens) == self.asked_with
        };
        record.epoch == self.epoch && record.session.as_ref().is_some_and(same)
    }
}

/// What is stored, seen from here.
enum Found {
    /// What is at hand, or what it follows. `intent`: somebody began to renew it.
    Ours {
        intent: Option<Intent>,
    },
    /// The same; and the server has asked another copy of the app to wait for so long.
    Told {
        left_ms: i64,
    },
    /// It cannot be told: the record could not be read.
    Unread,
    Elsewhere(Option<Box<Record>>),
}

/// What writing down an intent, or its absence, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noted {
    News,
    /// It was so already.
    Known,
    /// The store does not hold what the refresh was begun for.
    NotOurs,
}

/// Reads the record again under the lock: another process may have been faster. Whatever it says then
/// is newer than what is at hand, unless that could not be saved.
async fn look(around: &Around, ours: &Ours) -> Found {
    let unknown = || Found::Ours { intent: None };
    // A record that cannot be read now does not stop the refresh: the tokens are at hand. Nor does
    // one that is older for want of a newer that was damaged.
    let Ok(reading) = around.store.read_soon().await else { return Found::Unread };
    let stored = reading.record;
    if reading.fell_back {
        // Even so it may be newer than what is at hand.
        return match stored.filter(|stored| ours.is_before(stored)) {
            Some(newer) => Found::Elsewhere(Some(Box::new(newer))),
            None => unknown(),
        };
    }
    if let Some(stored) = stored.as_ref().filter(|stored| ours.is_in(stored)) {
        let told = stored.session.as_ref().and_then(|held| held.wait_until.as_ref());
        if let Some(left_ms) = told
            .filter(|told| ours.known_wait.as_ref() != Some(told))
            .and_then(|told| left_of(told, around.clock.as_ref()))
        {
            return Found::Told { left_ms };
        }
        let intent = stored.session.as_ref().and_then(|held| held.intent.clone());
        let same = |intent: &Intent| Some(Fingerprint(intent.fingerprint)) == ours.asked_with;
        return Found::Ours { intent: intent.filter(same) };
    }
    if ours.unsaved.as_ref().is_some_and(|unsaved| unsaved.may_replace(Over::of(stored.as_ref()))) {
        return unknown();
    }
    // Nothing there any more: everything was forgotten, which is somebody's sign-out.
    Found::Elsewhere(stored.map(Box::new))
}

/// How much of a wait is left, in milliseconds; at most an hour.
fn left_of(told: &Stamp, clock: &dyn Clock) -> Option<i64> {
    let now = clock.now();
    let left = if told.boot_id == clock.boot_id() {
        told.boot_ms - now.boot.0
    } else {
        told.wall_ms - now.wall.0
    };
    (left > 0).then(|| left.min(HOUR))
}

/// The server has asked another copy of the app to wait.
fn told_elsewhere(around: &Around, left_ms: i64) -> Failure {
    Failure {
        class: Class::Throttled,
        retry_after_ms: Some(left_ms),
        exchange: Exchange {
            at_ms: around.clock.now().wall.0,
            detail: "the server asked another copy of the app to wait".to_owned(),
            ..Exchange::default()
        },
    }
}

/// Another process has sent this token, and its answer was never saved.
fn begun_elsewhere(around: &Around) -> Failure {
    Failure {
        class: Class::UnknownOutcome,
        retry_after_ms: None,
        exchange: Exchange {
            at_ms: around.clock.now().wall.0,
            detail: "another copy of the app began to renew and did not finish".to_owned(),
            ..Exchange::default()
        },
    }
}

/// Writes the intent, or its absence.
async fn write_intent(
    around: &Around,
    ours: &Ours,
    intent: Option<Intent>,
) -> Result<Noted, VaultFailure> {
    let ours = ours.clone();
    let written = around.store.write_soon(move |vault, given_up| {
        let mut noted = Noted::Known;
        vault.change(&mut |record| {
            if given_up.is_true() {
                return None;
            }
            let Some(mut next) = ours.base(record) else {
                noted = Noted::NotOurs;
                return None;
            };
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
            noted = Noted::News;
            Some(next)
        })?;
        Ok(noted)
    });
    written.await
}

/// Writes down for how long the server asked to wait; and takes away the intent, where it is `mine`.
async fn write_wait(around: &Around, ours: &Ours, ms: i64, mine: bool) {
    let now = around.clock.now();
    let until = Now { wall: now.wall + ms, boot: now.boot + ms };
    let until = stamp(until, around.clock.as_ref(), None);
    let ours = ours.clone();
    let written = around.store.write_soon(move |vault, given_up| {
        vault.change(&mut |record| {
            let mut next = ours.base(record).filter(|_| !given_up.is_true())?;
            let session = next.session.as_mut()?;
            session.wait_until = Some(until.clone());
            session.intent = session.intent.take().filter(|_| !mine);
            Some(next)
        })
    });
    if let Err(failure) = written.await {
        tracing::warn!(%failure, "for how long the server asked to wait could not be written down");
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
    let mut session = session(&answer, basis.key.clone(), refreshes, clock.as_ref(), offset);
    let grant = grant(&session, answer.asked);
    session.refresh_end_moved = Some(grant.moves_refresh_end(basis.refresh_end));
    let to_write = session.clone();
    let base = ours.clone();
    let mut write = around.store.write(move |vault| {
        let mut kept = false;
        let stands = vault.change(&mut |record| {
            let mut next = base.base(record)?;
            next.session = Some(to_write.clone());
            next.written = stamp(clock.now(), clock.as_ref(), offset);
            kept = true;
            Some(next)
        })?;
        Ok(if kept { Saved::Yes } else { Saved::No(stands.map(Box::new)) })
    });
    let until = around.clock.now().boot + SAVE_MS;
    let written = tokio::select! {
        biased;
        written = write.go_on() => Some(written),
        () = around.clock.sleep_until(until) => None,
    };
    let unsaved = match written {
        Some(Ok(Saved::Yes)) => None,
        Some(Ok(Saved::No(stands))) => {
            let same_epoch = stands.as_ref().is_some_and(|stands| stands.epoch == ours.epoch);
            if same_epoch && !ours.era.is_overtaken() {
                // The stored refresh token is another one: somebody renewed from it. This answer is
                // dropped, not revoked: revoking one token often ends the whole grant.
                return Outcome::Elsewhere(stands);
            }
            return Outcome::Late { epoch: ours.epoch, session: Box::new(session), stands };
        }
        Some(Err(why)) => Some(NotSaved { why, lock, writing: None }),
        None => Some(NotSaved { why: too_slow(), lock, writing: Some(write) }),
    };
    Outcome::Renewed(Box::new(Renewed {
        grant,
        session,
        exchange: answer.exchange,
        clock: answer.clock,
        unsaved,
    }))
}
