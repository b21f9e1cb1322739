//! Signing in and out, beside the session: neither waits for the other, nor for a refresh.

use crate::activity::DiskStep;
use crate::handle::{GrantedSignIn, SignIn, SignInError};
use crate::outbox::{Holder, add_missing};
use crate::ports::{AuthServer, Clock, Connector, Marks, VaultFailure};
use crate::record::{Keep, Record, Session, Unrevoked};
use crate::snapshot::{session, stamp};
use crate::store::Store;
use crate::teller::Teller;
use crate::unsaved::Unsaved;
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

    pub(crate) fn is_before(&self, other: &Self) -> bool {
        self.mine < other.mine
    }

    pub(crate) fn is_overtaken(&self) -> bool {
        self.latest.load(Ordering::SeqCst) != self.mine
    }
}

/// A sign-in as it is wished for.
pub(crate) enum Wish {
    /// By name and password: the server is asked.
    Ask(SignIn),
    /// The server has granted it already.
    Granted(Box<GrantedSignIn>),
}

impl Wish {
    pub(crate) fn keep(&self) -> Keep {
        match self {
            Self::Ask(request) => request.keep,
            Self::Granted(granted) => granted.keep,
        }
    }

    /// What the server grants, once it has.
    async fn granted(self, teller: &Teller) -> Result<GrantedSignIn, SignInError> {
        let SignIn { server, account, credentials, keep } = match self {
            Self::Ask(request) => request,
            Self::Granted(granted) => {
                teller.granted_sign_in(&granted.marks, &granted.answer);
                return Ok(*granted);
            }
        };
        let marks = Marks::fresh();
        let answer = server.sign_in(&credentials, &marks).await;
        teller.sign_in(&marks, &answer);
        let mut answer = answer.map_err(SignInError::Failed)?;
        answer.identity.get_or_insert_with(|| Identity {
            user: credentials.user.clone(),
            name: credentials.user.clone(),
        });
        Ok(GrantedSignIn { server, account, answer, marks, keep })
    }
}

impl GrantedSignIn {
    /// The session that was granted, and whose it is. Where the server does not say, nobody knows.
    pub(crate) fn session(&self, clock: &dyn Clock) -> (Session, Identity) {
        let Self { answer, marks, .. } = self;
        let offset = answer.clock.map(|sample| sample.offset_ms);
        let nobody = || Identity { user: String::new(), name: String::new() };
        let identity = answer.identity.clone().unwrap_or_else(nobody);
        (session(answer, marks.key(), 0, clock, offset), identity)
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

/// A sign-in that did not happen.
pub(crate) struct NotSignedIn {
    pub(crate) why: SignInError,
    /// What the server gave for it, that nobody will use.
    pub(crate) unused: Option<(Holder, Box<Session>)>,
}

impl From<SignInError> for NotSignedIn {
    fn from(why: SignInError) -> Self {
        Self { why, unused: None }
    }
}

/// Asks, saves, and answers what was saved. `known_epoch`: the highest epoch seen so far, for a
/// store that cannot be read any more.
pub(crate) async fn sign_in(
    clock: Arc<dyn Clock>,
    store: Store,
    wish: Wish,
    turn: Turn,
    known_epoch: u64,
    connector: Arc<dyn Connector>,
    teller: Teller,
) -> Result<SignedIn, NotSignedIn> {
    let granted = wish.granted(&teller).await?;
    let (began, identity) = granted.session(clock.as_ref());
    let GrantedSignIn { server, account, answer, keep, .. } = granted;
    let offset = answer.clock.map(|sample| sample.offset_ms);
    let record = Record {
        epoch: known_epoch + 1,
        generation: 0,
        account,
        identity: Some(identity),
        keep,
        written: stamp(clock.now(), clock.as_ref(), offset),
        session: Some(began.clone()),
        outbox: Vec::new(),
    };
    let holder = Holder::in_record(&record);
    let began_saving = teller.now();
    let saved = {
        let (turn, record, holder) = (turn.clone(), record.clone(), holder.clone());
        let write = store.write(move |vault| {
            let mut written = None;
            vault.change(&mut |stored| {
                if turn.is_overtaken() {
                    return None;
                }
                let epoch = stored.map_or(known_epoch, |stored| stored.epoch.max(known_epoch)) + 1;
                let mut next = Record { epoch, ..record.clone() };
                next.outbox = stored.map_or_else(Vec::new, |stored| stored.outbox.clone());
                next.outbox
                    .retain(|entry| !Holder::of(entry).is_same_person(&holder, connector.as_ref()));
                written = Some(next.clone());
                Some(next)
            })?;
            Ok(written)
        });
        write.finished().await
    };
    if !matches!(saved, Ok(None)) {
        teller.disk_done(DiskStep::SignInSaved, began_saving, &saved);
    }
    let (record, unsaved) = match saved {
        Ok(Some(record)) => (record, None),
        Err(failure @ VaultFailure::NotWritten(_)) if !turn.is_overtaken() => {
            let stored = store.read_soon().await.unwrap_or_default().record;
            let epoch = stored.map_or(known_epoch, |stored| stored.epoch.max(known_epoch)) + 1;
            let record = Record { epoch, ..record };
            (record.clone(), Some((failure, Unsaved::sign_in(record))))
        }
        failed => {
            let why = match failed {
                Err(failure) if !turn.is_overtaken() => SignInError::Vault(failure),
                Ok(_) | Err(_) => SignInError::Overtaken,
            };
            return Err(NotSignedIn { why, unused: Some((holder, Box::new(began))) });
        }
    };
    Ok(SignedIn { record, exchange: answer.exchange, clock: answer.clock, server, unsaved })
}

/// Writes down that nobody is signed in, whatever session is there. The account and the name stay.
/// Answers `None` where a later sign-in has to be waited for: it is somebody's wish, too; otherwise
/// which of the ended sessions are on disk now. They are written down with it, in one write.
pub(crate) async fn write_sign_out(
    clock: Arc<dyn Clock>,
    store: &Store,
    ended_epoch: u64,
    turn: Turn,
    ended: Vec<Unrevoked>,
) -> Result<Option<Vec<u64>>, VaultFailure> {
    let write = store.write(move |vault| {
        let mut postponed = false;
        let kept = vault.change(&mut |stored| {
            let stored = stored?;
            postponed = turn.is_overtaken() && stored.epoch > ended_epoch;
            if postponed {
                return None;
            }
            let written = stamp(clock.now(), clock.as_ref(), stored.written.clock_offset_ms);
            let mut next = Record {
                epoch: stored.epoch + 1,
                session: None,
                keep: Keep::Disk,
                written,
                ..stored.clone()
            };
            add_missing(&mut next, &ended);
            Some(next)
        })?;
        let on_disk = kept.map_or_else(Vec::new, |kept| kept.outbox);
        Ok((!postponed).then(|| on_disk.iter().map(|entry| entry.id).collect()))
    });
    write.finished().await
}
