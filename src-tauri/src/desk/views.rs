//! What the window is shown, and what it is told of.

use super::Desk;
use crate::account::Account;
use crate::wire::{AccountView, AppView, NoticeCode, Protection, TimeMoved, UntoldView};
use keeper::clock::Moved;
use keeper::record::Keep;
use keeper::{LeftToExpire, Shown, Untold};
use std::sync::Arc;
use tauri::ipc::Channel;

impl Desk {
    /// The host and port of an account's server.
    fn server_of(&self, account: &serde_json::Value) -> String {
        Account::read(account)
            .map(|account| host_and_port(&account.settings(&self.demo).base_url))
            .unwrap_or_default()
    }

    /// Whose account is in front, and where.
    pub(crate) fn whose(&self) -> (String, String) {
        let settings = self.account().map(|account| account.settings(&self.demo));
        settings.map_or_else(Default::default, |settings| {
            let server = host_and_port(&settings.base_url);
            (settings.user, server)
        })
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
    fn words_about(&self, left: &LeftToExpire) -> String {
        let server = self.server_of(&left.account);
        let said = left.exchange.as_ref().map(|exchange| exchange.detail.as_str());
        let whose = format!("{} · {server}", left.user);
        said.map_or_else(|| whose.clone(), |said| format!("{whose} · {said}"))
    }

    fn view(&self, shown: &Shown) -> AppView {
        let account = shown.account.as_ref().and_then(|account| Account::read(account).ok());
        AppView {
            session: shown.view.clone(),
            account: account.map(|account| {
                let settings = account.settings(&self.demo);
                AccountView {
                    id: "main".to_owned(),
                    demo: account == Account::Demo,
                    server: host_and_port(&settings.base_url),
                    address: settings.base_url.clone(),
                    user: settings.user.clone(),
                    memory_only: shown.keep == Keep::Memory,
                    plain_http: false,
                    changed: false,
                    api: settings.api.is_some(),
                    confirmable: settings.api.is_some(),
                    settings: Some(settings),
                    oauth: None,
                    browser_logout: false,
                }
            }),
            accounts: Vec::new(),
            sign_in: None,
            protection: match self.keepers.present().vault.protection() {
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
}

/// Sends views until the page is gone.
pub(super) async fn send_views(desk: Arc<Desk>, channel: Channel<AppView>) {
    let mut keeper = desk.keepers.follow();
    let mut demo = desk.demo.changes();
    let mut stored = desk.stored.subscribe();
    let mut notices = desk.notices.subscribe();
    let mut moved = desk.clock.moved();
    let mut lab = desk.lab.changes();
    loop {
        let view = desk.view(&keeper.shown());
        if channel.send(view).is_err() {
            return;
        }
        let over = tokio::select! {
            changed = keeper.changed() => !changed,
            changed = lab.changed() => changed.is_err(),
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

/// Turns what the keeper and the vault have to tell into notices.
pub(super) async fn notice_troubles(desk: Arc<Desk>) {
    let mut keeper = desk.keepers.follow();
    let mut account = None;
    loop {
        let now = keeper.shown();
        if now.account != account {
            // Where the server tells no lifetime, the account's settings say what to assume.
            account.clone_from(&now.account);
            desk.apply_policy().await;
        }
        for line in now.set_aside {
            desk.notice(NoticeCode::StoreDamaged, line);
        }
        if let Some(why) = now.sign_out_unwritten {
            desk.notice(NoticeCode::SignOutNotWritten, why);
        }
        if let Some(left) = now.left_to_expire {
            desk.notice(NoticeCode::from(left.why), desk.words_about(&left));
        }
        if !keeper.changed().await {
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
