//! What the window is shown, and what it is told of.

use super::Desk;
use crate::account::Account;
use crate::seats::{Seat, State};
use crate::wire::{AccountLine, AccountView, AppView, Protection, TimeMoved, UntoldView};
use engine::Status;
use keeper::clock::Moved;
use keeper::record::Keep;
use keeper::{LeftToExpire, Shown, Untold};
use std::sync::Arc;
use tauri::ipc::Channel;

impl Desk {
    /// The host and port of an account's server.
    pub(crate) fn server_of(&self, account: &serde_json::Value) -> String {
        Account::read(account)
            .map(|account| host_and_port(&account.address(&self.demo)))
            .unwrap_or_default()
    }

    /// Whose account is in front, and where.
    pub(crate) fn whose(&self) -> (String, String) {
        let seat = self.seats.front();
        let account = self.account();
        let server = account.as_ref().map(|it| host_and_port(&it.address(&self.demo)));
        (self.name_at(&seat, account.as_ref()), server.unwrap_or_default())
    }

    /// What the person there is to be called, as well as it is known.
    fn name_at(&self, seat: &Seat, account: Option<&Account>) -> String {
        let known =
            seat.known().map(|known| if known.name.is_empty() { known.user } else { known.name });
        let typed = || account.map(|account| account.user(&self.demo)).unwrap_or_default();
        known.filter(|known| !known.is_empty()).unwrap_or_else(typed)
    }

    fn untold(&self, untold: &Untold) -> UntoldView {
        UntoldView {
            id: untold.id.to_string(),
            server: self.server_of(&untold.account),
            user: untold.user.clone(),
            since_ms: untold.since_ms,
            tries: untold.tries,
            next_ms: untold.next_ms,
            last: untold.last.clone(),
        }
    }

    /// Whose session was left to expire, where, and what the server said.
    pub(super) fn words_about(&self, left: &LeftToExpire) -> String {
        let server = self.server_of(&left.account);
        let said = left.exchange.as_ref().map(|exchange| exchange.detail.as_str());
        let whose = format!("{} · {server}", left.user);
        said.map_or_else(|| whose.clone(), |said| format!("{whose} · {said}"))
    }

    pub(super) fn view(&self, state: &State, seat: &Seat, shown: &Shown) -> AppView {
        AppView {
            session: shown.view.clone(),
            account: self.account_view(state, seat, shown),
            accounts: state.accounts().filter_map(|seat| self.line(state, seat)).collect(),
            sign_in: self.sign_ins.view(),
            protection: match seat.keepers.present().vault.protection() {
                vault::keys::Protection::Unknown => Protection::Unknown,
                vault::keys::Protection::Keychain => Protection::Keychain,
                vault::keys::Protection::KeyFile { why } => Protection::KeyFile { why },
            },
            demo: self.demo.view(),
            known_as: shown.known_as.as_ref().map(|identity| identity.name.clone()),
            outbox: shown.outbox.iter().map(|untold| self.untold(untold)).collect(),
            notices: self.notices.borrow().list.clone(),
            preferences: self.preferences(),
            time_moved: time_moved(*self.clock.moved().borrow()),
            lab: self.lab.state(),
        }
    }

    fn account_view(&self, state: &State, seat: &Seat, shown: &Shown) -> Option<AccountView> {
        let chosen = Account::read(&state.settings(seat)?).ok()?;
        // What concerns the session goes by what it was begun with.
        let session = shown.account.as_ref().and_then(|account| Account::read(account).ok());
        let in_use = session.filter(|_| shown.view.status != Status::SignedOut);
        let changed = in_use.as_ref().is_some_and(|in_use| !in_use.is_chosen_like(&chosen));
        let used = in_use.as_ref().unwrap_or(&chosen);
        let typed = chosen.user(&self.demo);
        let subject = || seat.known().map(|known| known.user).unwrap_or_default();
        let settings = chosen.token_api(&self.demo);
        let oauth = match &chosen {
            Account::OAuth { account } => Some(account.settings.clone()),
            Account::Demo | Account::Server { .. } => None,
        };
        Some(AccountView {
            id: seat.id.clone(),
            demo: chosen == Account::Demo,
            server: host_and_port(&used.address(&self.demo)),
            address: chosen.address(&self.demo),
            user: if settings.is_some() { typed } else { subject() },
            memory_only: shown.keep == Keep::Memory,
            plain_http: used.is_plain_http(),
            changed,
            settings,
            oauth,
            browser_logout: used.has_browser_logout(),
            api: used.has_api(),
            confirmable: used.is_confirmable(),
        })
    }

    fn line(&self, state: &State, seat: &Seat) -> Option<AccountLine> {
        let account = Account::read(&state.settings(seat)?).ok()?;
        let shown = seat.keeper().shown();
        let view = &shown.borrow().view.clone();
        Some(AccountLine {
            id: seat.id.clone(),
            front: seat.id == state.front.id,
            demo: account == Account::Demo,
            name: self.name_at(seat, Some(&account)),
            server: host_and_port(&account.address(&self.demo)),
            status: view.status,
            sentence: view.sentence,
        })
    }
}

/// Sends views until the page is gone.
pub(super) async fn send_views(desk: Arc<Desk>, channel: Channel<AppView>) {
    let mut seats = desk.seats.changes();
    let mut state = seats.borrow_and_update().clone();
    let mut keeper = state.front.keepers.follow();
    let mut demo = desk.demo.changes();
    let mut stored = desk.stored.subscribe();
    let mut notices = desk.notices.subscribe();
    let mut moved = desk.clock.moved();
    let mut lab = desk.lab.changes();
    let mut sign_ins = desk.sign_ins.changes();
    loop {
        let view = desk.view(&state, &state.front, &keeper.shown());
        if channel.send(view).is_err() {
            return;
        }
        let over = tokio::select! {
            changed = seats.changed() => {
                let front = Arc::clone(&state.front);
                state = seats.borrow_and_update().clone();
                if !Arc::ptr_eq(&front, &state.front) {
                    keeper = state.front.keepers.follow();
                }
                changed.is_err()
            }
            changed = keeper.changed() => {
                if !changed {
                    // It has ended: another comes to the front, or the app quits.
                    if seats.changed().await.is_err() {
                        return;
                    }
                    state = seats.borrow_and_update().clone();
                    keeper = state.front.keepers.follow();
                }
                false
            }
            changed = lab.changed() => changed.is_err(),
            changed = sign_ins.changed() => changed.is_err(),
            changed = demo.changed() => changed.is_err(),
            changed = stored.changed() => changed.is_err(),
            changed = notices.changed() => changed.is_err(),
            changed = moved.changed() => changed.is_err(),
        };
        if over {
            return;
        }
    }
}

fn time_moved(moved: Moved) -> Option<TimeMoved> {
    let Moved { slept_ms, clock_ms } = moved;
    (!moved.is_nothing()).then_some(TimeMoved { slept_ms, clock_ms })
}

fn host_and_port(base_url: &str) -> String {
    url::Url::parse(base_url)
        .ok()
        .and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
        })
        .unwrap_or_default()
}
