//! What is stored, seen from a refresh: whether it is still what the refresh was begun for, and the
//! marks that a refresh leaves there.

use super::Around;
use crate::activity::DiskStep;
use crate::ports::VaultFailure;
use crate::record::{Intent, Record, Session, Stamp};
use crate::sign::Turn;
use crate::snapshot::{fingerprint, left_ms, renewal_fingerprint, stamp};
use crate::unsaved::{Over, Unsaved};
use engine::{Class, Exchange, Failure, Fingerprint, Now};

/// Which stored session a change is meant for.
#[derive(Clone)]
pub(super) struct Ours {
    pub(super) epoch: u64,
    pub(super) era: Turn,
    pub(super) refreshes: u32,
    pub(super) access: Fingerprint,
    pub(super) asked_with: Option<Fingerprint>,
    pub(super) unsaved: Option<Unsaved>,
    pub(super) known_wait: Option<Stamp>,
}

impl Ours {
    /// The record to change, where the store still holds what the refresh was begun for.
    pub(super) fn base(&self, stored: Option<&Record>) -> Option<Record> {
        if self.era.is_overtaken() {
            return None;
        }
        let over = Over::of(stored);
        if over.epoch == Some(self.epoch) && over.renewal == self.asked_with {
            // Where the server does not rotate, a later renewal has the same refresh token: a write
            // that comes late must not go back behind it.
            return stored.filter(|stored| !self.is_before(stored)).cloned();
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
pub(super) enum Found {
    /// What is at hand, or what it follows. `intent`: somebody began to renew it.
    Ours {
        intent: Option<Intent>,
    },
    /// The same; and the server has asked another copy of the app to wait for so long.
    Told {
        left_ms: i64,
    },
    /// What is at hand; and the server has refused another copy of the app that asked with it.
    Refused(Box<Record>),
    /// It cannot be told: the record could not be read.
    Unread,
    Elsewhere(Option<Box<Record>>),
}

/// What writing down an intent, or its absence, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    News,
    /// It was so already.
    Known,
    /// The store does not hold what the refresh was begun for.
    NotOurs,
}

/// Reads the record again under the lock: another process may have been faster. Whatever it says then
/// is newer than what is at hand, unless that could not be saved.
pub(super) async fn look(around: &Around, ours: &Ours) -> Found {
    let unknown = || Found::Ours { intent: None };
    // A record that cannot be read now does not stop the refresh: the tokens are at hand. Nor does
    // one that is older for want of a newer that was damaged.
    let began = around.teller.now();
    let read = around.store.read_soon().await;
    around.teller.disk_done(DiskStep::Read, began, &read);
    let Ok(reading) = read else { return Found::Unread };
    let stored = reading.record;
    if reading.fell_back {
        // Even so it may be newer than what is at hand.
        return match stored.filter(|stored| ours.is_before(stored)) {
            Some(newer) => Found::Elsewhere(Some(Box::new(newer))),
            None => unknown(),
        };
    }
    if let Some(stored) = stored.as_ref().filter(|stored| ours.is_in(stored)) {
        if stored.session.as_ref().is_some_and(|held| held.refused.is_some()) {
            return Found::Refused(Box::new(stored.clone()));
        }
        let told = stored.session.as_ref().and_then(|held| held.wait_until.as_ref());
        if let Some(left_ms) = told
            .filter(|told| ours.known_wait.as_ref() != Some(told))
            .map(|told| left_ms(told, around.clock.as_ref()))
            .filter(|left_ms| *left_ms > 0)
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

/// The server has asked another copy of the app to wait.
pub(super) fn told_elsewhere(around: &Around, left_ms: i64) -> Failure {
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
pub(super) fn begun_elsewhere(around: &Around) -> Failure {
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
pub(super) async fn write_intent(
    around: &Around,
    ours: &Ours,
    intent: Option<Intent>,
) -> Result<Noted, VaultFailure> {
    let ours = ours.clone();
    let began = around.teller.now();
    let to_send = intent.as_ref().map(|intent| Fingerprint(intent.fingerprint));
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
    let written = written.await;
    // What is there already was told when it was written.
    if let Some(to_send) = to_send
        && !matches!(written, Ok(Noted::Known | Noted::NotOurs))
    {
        around.teller.intent(to_send, began, &written);
    }
    written
}

/// Writes down for how long the server asked to wait; and takes away the intent, where it is `mine`.
pub(super) async fn write_wait(around: &Around, ours: &Ours, ms: i64, mine: bool) {
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
