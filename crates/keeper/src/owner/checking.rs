//! ID tokens that are in use and still to be checked: their keys could not be had, or the process
//! ended before it came to that.

use super::{Message, Owner, caught};
use crate::ports::{Before, Marks};
use crate::record::{IdCheck, RenewalSecret, Session, Tokens};
use crate::refresh::check::{self, Checked};
use crate::snapshot::fingerprint;
use engine::{Boot, Fingerprint, HOUR, Input, MINUTE};
use secrecy::SecretString;
use std::sync::Arc;

/// An ID token that is still to be checked.
pub(super) struct Unchecked {
    /// The access token that came with it.
    access: Fingerprint,
    /// The last one that was good, where it is known.
    known: Option<SecretString>,
    /// So many tries have come to nothing.
    tries: u32,
    next: Boot,
    under_way: bool,
}

impl Owner {
    /// The last ID token that was good, where it is known: a new one is held against it.
    pub(super) fn known_id(&self) -> Option<SecretString> {
        let session = self.session.as_ref()?;
        match session.id_check {
            IdCheck::Pending => self.unchecked.as_ref().and_then(|it| it.known.clone()),
            IdCheck::Passed | IdCheck::Failed => session.tokens.id.clone(),
        }
    }

    /// Whose session it is, as its server calls them; empty where that is not known.
    pub(super) fn user(&self) -> &str {
        self.holder.as_ref().map_or("", |holder| &holder.user)
    }

    /// The tokens of the session in use, with an ID token that can be relied on.
    pub(super) fn tokens_to_renew(&self) -> Option<Tokens> {
        let tokens = self.session.as_ref()?.tokens.clone();
        Some(Tokens { id: self.known_id(), ..tokens })
    }

    /// The tokens in use: the access token of before, where that serves on.
    pub(super) fn tokens_in_use(&self) -> Option<Tokens> {
        let tokens = self.session.as_ref()?.tokens.clone();
        let serving = self.engine.in_use().and_then(|access| self.holding(access));
        let access = serving.map_or_else(|| tokens.access.clone(), |it| it.tokens.access.clone());
        Some(Tokens { access, ..tokens })
    }

    /// The session at hand that has this access token.
    pub(super) fn holding(&self, access: Fingerprint) -> Option<&Session> {
        let at_hand = [self.session.as_ref(), self.serving.as_ref()];
        at_hand.into_iter().flatten().find(|session| name(session) == access)
    }

    /// What it takes to ask the server about the session of this access token, and no more: with an ID
    /// token that can be relied on, or none.
    pub(super) fn to_confirm(&self, access: Fingerprint) -> Option<Tokens> {
        let held = self.holding(access)?;
        let newest = self.session.as_ref().is_some_and(|session| name(session) == access);
        let id = if newest { self.known_id() } else { held.tokens.id.clone() };
        let access = held.tokens.access.clone();
        Some(Tokens { access, renewal: RenewalSecret::Nothing, id, client_secret: None })
    }

    /// A session has come into use. Its ID token is checked at `next`, where that is still to be done.
    pub(super) fn note_unchecked(&mut self, known: Option<SecretString>, next: Boot, tries: u32) {
        let pending = |session: &&Session| session.id_check == IdCheck::Pending;
        self.unchecked = self.session.as_ref().filter(pending).map(|session| Unchecked {
            access: name(session),
            known,
            tries,
            next,
            under_way: false,
        });
    }

    /// The same after a first try that has just come to nothing.
    pub(super) fn note_no_keys(&mut self, known: Option<SecretString>) {
        let next = self.clock.now().boot + pause_ms(1);
        self.note_unchecked(known, next, 1);
    }

    /// The network is back, or the computer has woken.
    pub(super) fn check_now(&mut self) {
        if let Some(unchecked) = self.unchecked.as_mut() {
            unchecked.next = self.clock.now().boot;
        }
        self.check_again();
    }

    /// Makes the check up, where it is time.
    pub(super) fn check_again(&mut self) {
        let now = self.clock.now().boot;
        let (Some(server), Some(session)) = (self.server().cloned(), self.session.clone()) else {
            return;
        };
        let due = |it: &&mut Unchecked| !it.under_way && now >= it.next;
        let Some(unchecked) = self.unchecked.as_mut().filter(due) else { return };
        unchecked.under_way = true;
        let (access, known) = (unchecked.access, unchecked.known.clone());
        let (clock, teller) = (Arc::clone(&self.clock), self.teller.about(self.shown.keep));
        let user = self.user().to_owned();
        let check = async move {
            let marks = Marks::new(session.fingerprint_key.clone());
            let before = Before { id: known.as_ref(), user: &user };
            let (server, clock) = (server.as_ref(), clock.as_ref());
            check::ask(server, clock, &teller, &session.tokens, before, &marks).await
        };
        self.spawn(async move {
            let checked = caught(check).await.unwrap_or(Checked::NoKeys);
            Message::IdChecked { access, checked }
        });
    }

    pub(super) fn id_checked(&mut self, access: Fingerprint, checked: Checked) {
        let asked_for = |it: &&mut Unchecked| it.access == access;
        let present = self.session.as_ref().is_some_and(|session| name(session) == access);
        let unchecked = self.unchecked.as_mut().filter(asked_for).filter(|_| present);
        if let Some(unchecked) = unchecked {
            if matches!(checked, Checked::NoKeys) {
                unchecked.under_way = false;
                unchecked.tries = unchecked.tries.saturating_add(1);
                unchecked.next = self.clock.now().boot + pause_ms(unchecked.tries);
                return;
            }
            let known = unchecked.known.take();
            self.unchecked = None;
            self.note_checked(&checked, known.as_ref());
        }
        if let Checked::Bad(exchange) = checked {
            // It may be the one that serves on, too. An older one means nothing.
            self.handle(Input::Withdrawn { access, exchange });
        }
    }

    fn note_checked(&mut self, checked: &Checked, known: Option<&SecretString>) {
        let (Some(session), Some(epoch)) = (self.session.as_mut(), self.engine.epoch()) else {
            return;
        };
        session.is_checked(checked, known);
        if let Some(unsaved) = self.unsaved.as_mut() {
            unsaved.record.session = Some(session.clone());
        }
        let write = check::write(&self.store, epoch, session);
        self.spawn(async move {
            if let Err(failure) = write.finished().await {
                tracing::warn!(%failure, "what came of a check could not be written down");
            }
            Message::Done
        });
    }
}

/// How long to wait for the next try after so many: 1, 2, 4 minutes and so on, at most an hour.
fn pause_ms(tries: u32) -> i64 {
    MINUTE.saturating_mul(1 << tries.saturating_sub(1).min(6)).min(HOUR)
}

fn name(session: &Session) -> Fingerprint {
    fingerprint(&session.fingerprint_key, &session.tokens.access)
}
