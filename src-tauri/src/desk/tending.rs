//! What is done for every account while the app runs: it is entered in the book, its keeper renews as
//! its settings say, and what the keeper has to tell becomes notices.

use super::Desk;
use crate::account::Account;
use crate::seats::Seat;
use crate::wire::NoticeCode;
use engine::{Identity, Sentence, Status};
use keeper::Shown;
use keeper::ports::Vault as _;
use std::collections::HashSet;
use std::sync::Arc;

/// Tends every account, those that come later too.
pub(super) async fn tend(desk: Arc<Desk>) {
    let mut changes = desk.seats.changes();
    let mut tended = HashSet::new();
    for id in desk.seats.state().book.leaving {
        desk.see_off(id);
    }
    loop {
        let open = changes.borrow_and_update().seats.clone();
        tended.retain(|id| open.contains_key(id));
        for (id, seat) in open {
            if tended.insert(id) {
                desk.runtime.spawn(tend_one(Arc::clone(&desk), seat));
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

async fn tend_one(desk: Arc<Desk>, seat: Arc<Seat>) {
    let mut keeper = seat.keepers.follow();
    let (mut account, mut said) = (None, None);
    loop {
        let now = keeper.shown();
        if now.account != account {
            // Where the server tells no lifetime, the account's settings say what to assume.
            account.clone_from(&now.account);
            let read = account.as_ref().and_then(|account| Account::read(account).ok());
            desk.renew_as(&seat, read.as_ref()).await;
        }
        desk.enter_in_book(&seat, &now).await;
        desk.note_who(&seat, &now).await;
        let line = line(&now);
        if said.as_ref() != Some(&line) {
            said = Some(line);
            desk.seats.said();
        }
        desk.notice_troubles(now);
        if !keeper.changed().await {
            return;
        }
    }
}

/// As much as the list of accounts says of a keeper.
fn line(shown: &Shown) -> (Status, Sentence, Option<String>, bool) {
    let name = shown.view.who.as_ref().map(|who| who.name.clone());
    let named = shown.account.as_ref().is_some_and(|account| !account.is_null());
    (shown.view.status, shown.view.sentence, name, named)
}

impl Desk {
    /// Enters an account in the book that its record names, and what has changed about it.
    async fn enter_in_book(&self, seat: &Arc<Seat>, now: &Shown) {
        let Some(account) = now.account.as_ref().filter(|account| !account.is_null()) else {
            return;
        };
        let state = self.seats.state();
        let line = state.book.line(&seat.id);
        let news = line.is_none_or(|line| !line.changed && line.account != *account);
        if !news || state.is_leaving(&seat.id) {
            return;
        }
        if let Err(error) = self.seats.adopt(seat, account.clone(), false).await {
            // The account is there all the same, and the next start finds it by its files.
            tracing::warn!(error = error.message, "an account could not be entered in the book");
        }
    }

    /// Remembers who is signed in there, past a sign-out. Who was before this start stands on the
    /// record.
    async fn note_who(&self, seat: &Seat, now: &Shown) {
        if let Some(who) = &now.view.who {
            seat.remember(Some(Identity { user: who.user.clone(), name: who.name.clone() }));
            return;
        }
        let signed_out = now.view.status == Status::SignedOut && now.account.is_some();
        if !signed_out || seat.known().is_some() {
            return;
        }
        let vault = Arc::clone(&seat.keepers.present().vault);
        if let Ok(Ok(Some(label))) = self.runtime.spawn_blocking(move || vault.label()).await
            && seat.remember(label.identity)
        {
            self.seats.said();
        }
    }

    /// Turns what a keeper and its vault have to tell into notices.
    fn notice_troubles(&self, now: Shown) {
        for line in now.set_aside {
            self.notice(NoticeCode::StoreDamaged, line);
        }
        if let Some(why) = now.sign_out_unwritten {
            self.notice(NoticeCode::SignOutNotWritten, why);
        }
        if let Some(left) = now.left_to_expire {
            self.notice(NoticeCode::from(left.why), self.words_about(&left));
        }
    }
}
