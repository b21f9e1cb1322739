//! Accounts that were removed: their servers are told before their files go.

use super::Desk;
use crate::book::Book;
use crate::seats::Seat;
use crate::wire::{AppError, NoticeCode};
use engine::Status;
use std::sync::Arc;
use std::time::Duration;

/// So long a server is given to be told that an account was removed here.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

impl Desk {
    /// Takes an account out at once; its server is told behind everybody's back.
    ///
    /// # Errors
    /// There is no such account, or the book cannot be written: it stays.
    pub(crate) async fn remove_account(self: &Arc<Self>, id: &str) -> Result<(), AppError> {
        let seat = self.seats.of(id)?;
        self.sign_ins.cancel_at(id);
        let removed = seat.id.clone();
        self.seats
            .update(move |book| {
                book.remove(&removed);
                if !book.leaving.contains(&removed) {
                    // Where the app ends before the server was told, the next start goes on with it.
                    book.leaving.push(removed);
                }
            })
            .await?;
        self.clipboard.forget_token().await;
        self.see_off(seat.id.clone());
        Ok(())
    }

    /// Signs out at an account that was removed, waits a little until its server was told, and
    /// forgets it.
    pub(super) fn see_off(self: &Arc<Self>, id: String) {
        let desk = Arc::clone(self);
        self.runtime.spawn(async move {
            let seat = desk.seats.state().seats.get(&id).cloned();
            if let Some(seat) = seat
                && let Err(error) = desk.seen_off(&seat).await
            {
                // It is still in the book as one that leaves: the next start tries again.
                tracing::warn!(error = error.message, "an account could not be removed wholly");
            }
        });
    }

    async fn seen_off(&self, seat: &Arc<Seat>) -> Result<(), AppError> {
        let mut following = seat.keepers.follow();
        let restoring = |status| matches!(status, Status::Restoring { .. });
        let told = async {
            // Who is to be told of what is on the record.
            while restoring(following.shown().view.status) && following.changed().await {}
            let settled = seat.keepers.settled().await;
            settled.keeper.sign_out().await;
            // What is shown follows what was answered: after another answer it is there.
            settled.keeper.look().await;
            drop(settled);
            while following.shown().untold > 0 && following.changed().await {}
        };
        let told = tokio::time::timeout(TOLD_WITHIN, told).await;
        let unread = restoring(seat.keeper().shown().borrow().view.status);
        if self.seats.is_quitting() || unread {
            return Ok(());
        }
        if told.is_err() {
            for untold in seat.keeper().shown().borrow().outbox.clone() {
                let (user, server) = (untold.user, self.server_of(&untold.account));
                let why = untold.last.map(|last| format!(" · {}", last.detail)).unwrap_or_default();
                self.notice(NoticeCode::SignOutGivenUp, format!("{user} · {server}{why}"));
            }
        }
        let forgotten = seat.keepers.settled().await.keeper.forget().await;
        forgotten.map_err(|failure| AppError::from(&failure))?;
        let id = seat.id.clone();
        let gone = move |book: &mut Book| book.leaving.retain(|leaving| *leaving != id);
        self.seats.update(gone).await?;
        self.close(vec![Arc::clone(seat)]).await;
        Ok(())
    }
}
