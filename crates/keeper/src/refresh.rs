//! One refresh, start to end: lock, read again, adopt or write the intent, ask, save, hand over.
//!
//! It runs in a task of its own that nobody cancels: a caller who gives up, or a window that closes,
//! must not lose a token that the server has already rotated.

pub(crate) mod check;
mod stored;

use crate::activity::DiskStep;
use crate::ports::{Answer, AuthServer, Before, Call, Clock, Marks, RefreshLock, VaultFailure};
use crate::record::{IdCheck, Intent, Record, Session, Stamp, Tokens};
use crate::sign::Turn;
use crate::snapshot::{fingerprint, grant, renewal_fingerprint, session, stamp};
use crate::store::{Store, Write, too_slow};
use crate::teller::Teller;
use crate::unsaved::Unsaved;
use check::Checked;
use engine::{Boot, Class, ClockSample, Exchange, Failure, Grant, HOUR, Now, SECOND, Trigger};
use std::sync::Arc;
use stored::{Found, Noted, Ours, begun_elsewhere, look, told_elsewhere, write_intent, write_wait};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// An answer that is not on disk after so long is handed out all the same, in milliseconds.
const SAVE_MS: i64 = 2 * SECOND;

/// What a refresh starts from.
pub(crate) struct Basis {
    /// What set it off.
    pub(crate) reason: Trigger,
    pub(crate) epoch: u64,
    /// Overtaken as soon as this epoch has ended here.
    pub(crate) era: Turn,
    pub(crate) tokens: Tokens,
    /// Whose they are, as the server calls them; empty where it never said.
    pub(crate) user: String,
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
    /// Somebody else holds the refresh lock: another process, or a refresh of ours whose epoch has ended.
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
    /// What its ID token is worth.
    pub(crate) checked: Checked,
}

/// An answer that is not on disk.
pub(crate) struct NotSaved {
    pub(crate) why: VaultFailure,
    /// Held until it is.
    pub(crate) lock: Option<RefreshLock>,
    /// It may still get there.
    pub(crate) writing: Option<(Write<Saved>, Now)>,
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
    pub(crate) teller: Teller,
}

impl Basis {
    /// The person asked: no wait holds.
    fn is_asked(&self) -> bool {
        self.reason == Trigger::Asked
    }
}

/// Runs one refresh.
pub(crate) async fn refresh(around: Around, mut basis: Basis) -> Outcome {
    if let Some(after) = basis.after.take() {
        let _closed = after.await;
    }
    let lock = match basis.lock.take() {
        Some(held) => Some(held),
        None => match take_lock(&around).await {
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
        Found::Told { left_ms } if !basis.is_asked() => {
            return Outcome::Failed(Box::new(told_elsewhere(&around, left_ms)), lock);
        }
        Found::Told { .. } => false,
        // It would be refused again, and less would be known of why.
        Found::Refused(record) => return Outcome::Elsewhere(Some(record)),
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
        // Ended here since it was read. Nobody waits for an answer, and sent now, the token would be
        // used without a trace: should the process die before the sign-out is on disk, the next start
        // would know nothing of it.
        Ok(Noted::NotOurs) if ours.era.is_overtaken() => return Outcome::HeldElsewhere,
        Ok(noted) => noted == Noted::News,
        // Where even the tokens at hand are not on disk, an intent there would protect nothing.
        Err(failure) if basis.even_unwritten || ours.unsaved.is_some() => {
            tracing::warn!(%failure, "renewing although the intent could not be written down");
            false
        }
        Err(failure) => return Outcome::PutOff(failure, lock, intent),
    };

    let marks = Marks::new(basis.key.clone());
    let answer = around.server.refresh(&basis.tokens, basis.call, &marks).await;
    around.teller.refresh(basis.reason, &basis.tokens, &marks, &answer);
    match answer {
        Ok(answer) => save(&around, &ours, &basis, answer, lock, &marks).await,
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

async fn take_lock(around: &Around) -> Result<Option<RefreshLock>, VaultFailure> {
    let began = around.teller.now();
    let lock = around.store.try_refresh_lock().await;
    let step = match &lock {
        Ok(None) => DiskStep::HeldElsewhere,
        Ok(Some(_)) | Err(_) => DiskStep::Locked,
    };
    around.teller.disk_done(step, began, &lock);
    lock
}

/// Saves an answer before anybody may use it; then has its ID token checked.
async fn save(
    around: &Around,
    ours: &Ours,
    basis: &Basis,
    mut answer: Answer,
    lock: Option<RefreshLock>,
    marks: &Marks,
) -> Outcome {
    // What an answer does not bring stays.
    let Tokens { id, client_secret, .. } = &mut answer.tokens;
    *id = id.take().or_else(|| basis.tokens.id.clone());
    *client_secret = client_secret.take().or_else(|| basis.tokens.client_secret.clone());
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
    let began = around.teller.now();
    let until = began.boot + SAVE_MS;
    let written = tokio::select! {
        biased;
        written = write.go_on() => Some(written),
        () = around.clock.sleep_until(until) => None,
    };
    let saved = |trouble| around.teller.disk(DiskStep::AnswerSaved, began, trouble);
    let unsaved = match written {
        Some(Ok(Saved::Yes)) => {
            saved(None);
            None
        }
        Some(Ok(Saved::No(stands))) => {
            let same_epoch = stands.as_ref().is_some_and(|stands| stands.epoch == ours.epoch);
            if same_epoch && !ours.era.is_overtaken() {
                // The stored refresh token is another one: somebody renewed from it. This answer is
                // dropped, not revoked: revoking one token often ends the whole grant.
                return Outcome::Elsewhere(stands);
            }
            return Outcome::Late { epoch: ours.epoch, session: Box::new(session), stands };
        }
        Some(Err(why)) => {
            saved(Some(why.trouble()));
            Some(NotSaved { why, lock, writing: None })
        }
        None => {
            let why = too_slow();
            saved(Some(why.trouble()));
            Some(NotSaved { why, lock, writing: Some((write, began)) })
        }
    };
    let checked = check_id(around, basis, &session, &answer.exchange, marks).await;
    session.is_checked(&checked, basis.tokens.id.as_ref());
    if session.id_check != answer.id_check && unsaved.is_none() {
        // It goes on without being waited for; should it fail, the next start checks again.
        let mut write = check::write(&around.store, ours.epoch, &session);
        let until = around.clock.now().boot + SAVE_MS;
        let written = tokio::select! {
            biased;
            written = write.go_on() => written,
            () = around.clock.sleep_until(until) => Ok(()),
        };
        if let Err(failure) = written {
            tracing::warn!(%failure, "what came of a check could not be written down");
        }
    }
    Outcome::Renewed(Box::new(Renewed {
        grant,
        session,
        exchange: answer.exchange,
        clock: answer.clock,
        unsaved,
        checked,
    }))
}

/// What the ID token is worth that came with `session`.
async fn check_id(
    around: &Around,
    basis: &Basis,
    session: &Session,
    came: &Exchange,
    marks: &Marks,
) -> Checked {
    match session.id_check {
        IdCheck::Passed => Checked::Passed,
        IdCheck::Failed => Checked::Bad(Box::new(came.clone())),
        IdCheck::Pending => {
            let (server, clock) = (around.server.as_ref(), around.clock.as_ref());
            let before = Before { id: basis.tokens.id.as_ref(), user: &basis.user };
            check::ask(server, clock, &around.teller, &session.tokens, before, marks).await
        }
    }
}
