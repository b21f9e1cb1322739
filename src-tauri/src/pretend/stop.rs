//! Stops the keeper in the middle of a refresh and starts it again: what a killed process leaves, and
//! what the next start makes of it.

use super::Held;
use crate::desk::Desk;
use crate::wire::{AppError, ErrorCode};
use engine::{Exchange, Status, Trigger};
use keeper::activity::{AppDid, Ending, Purpose, What};
use keeper::record::Keep;
use std::time::Duration;

/// A request ends within half a minute; the refresh lock may have to be waited for, too.
const BEGUN_WITHIN: Duration = Duration::from_secs(60);

/// Begins a refresh, lets the server answer, and kills the keeper before that answer reaches it. Then
/// another keeper starts over the same files.
///
/// # Errors
/// There is nothing to renew, or the session would not survive any process: nothing was stopped.
pub(crate) async fn stop_in_mid_refresh(desk: &Desk) -> Result<(), AppError> {
    let seat = desk.seats.front();
    let mut following = seat.keepers.follow();
    if following.shown().keep == Keep::Memory {
        return Err(cannot("this session is kept in memory only: it would end with the keeper"));
    }
    let mut held = desk.lab.held();
    let mut state = desk.lab.changes();
    let account = desk.account();
    if !desk.lab.of(&seat.id).stop() {
        // It is under way.
        return Ok(());
    }
    let keeper = seat.keeper();
    keeper.tell(Trigger::Asked).await;
    keeper.look().await;
    let waiting = async {
        loop {
            if !matches!(following.shown().view.status, Status::Refreshing { .. }) {
                return Err(cannot("no refresh could be begun"));
            }
            tokio::select! {
                biased;
                _held = held.wait_for(Option::is_some) => return Ok(true),
                _called_off = state.wait_for(|state| !state.stopping) => return Ok(false),
                _moved_on = following.changed() => {}
            }
        }
    };
    let waited = tokio::time::timeout(BEGUN_WITHIN, waiting).await;
    let waited = match waited {
        Ok(waited) => waited,
        Err(_too_long) => Err(cannot("the refresh did not come to its end")),
    };
    if let Ok(true) = waited {
        let killed = || {
            // The keeper that would have told of it is no more; unless it was called off in time.
            if let Some(held) = desk.lab.take_held() {
                desk.record(&seat, unheard_answer(held));
            }
            desk.note(&seat, AppDid::StopInMidRefresh);
        };
        seat.keepers.exchange(killed, || desk.note(&seat, AppDid::StartAgain)).await;
        // Before it has read the record: what its account assumes holds from the start.
        desk.renew_as(&seat, account.as_ref()).await;
    }
    desk.lab.turn(|lab| lab.stopping = false);
    waited.map(|_stopped| ())
}

fn unheard_answer(held: Held) -> What {
    let Held { exchange, class, sent } = held;
    let detail = format!("{}: the keeper was stopped before it heard this", exchange.detail);
    What::Exchange {
        purpose: Purpose::Refresh,
        reason: Some(Trigger::Asked),
        outcome: Ending::Failed(class),
        sent,
        access: None,
        refresh: None,
        exchange: Exchange { detail, ..exchange },
    }
}

fn cannot(why: &str) -> AppError {
    AppError::new(ErrorCode::BadSettings, why)
}
