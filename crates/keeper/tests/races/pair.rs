//! Two keepers on one folder, one clock and one server.

use crate::desk::{App, Desk, status};
use demo_server::{ALICE, Rotation, Switches, User};
use engine::{SECOND, Trigger};
use keeper::ports::{
    ApiVerdict, Change, Connector as _, Credentials, Label, Reading, RefreshLock, Vault,
    VaultFailure,
};
use keeper::record::{Keep, Record};
use keeper::{ApiCall, SignIn};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vault::FileVault;

/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

/// Something that a copy has around its vault.
pub(crate) type Wrap = fn(FileVault) -> Arc<dyn Vault>;

pub(crate) struct Pair {
    pub(crate) desk: Desk,
    pub(crate) apps: [App; 2],
    /// How much is under way at the disk or under the refresh lock.
    under_way: watch::Sender<usize>,
    callers: [JoinSet<Had>; 2],
    /// Callers who got nothing, or a token that the API refused.
    pub(crate) left_without: u32,
}

/// What a caller got.
enum Had {
    Token(bool),
    Call(Option<ApiCall>),
}

impl Pair {
    /// Alice has signed in, and both copies are started. Refresh tokens are good for once only.
    pub(crate) async fn with(access_lifetime_ms: u64, wrap: Wrap) -> Self {
        let switches =
            Switches { access_lifetime_ms, rotation: Rotation::Strict, ..Switches::default() };
        let desk = Desk::with(switches).await;
        desk.sign_in().await.close().await;
        let under_way = watch::Sender::new(0);
        let launch = || {
            let vault = Watched { inner: wrap(desk.vault()), under_way: under_way.clone() };
            desk.launch_with(Arc::new(vault), Arc::new(desk.connector()))
        };
        let apps = [launch(), launch()];
        for app in &apps {
            app.until_status("resting").await;
        }
        Self { desk, apps, under_way, callers: Default::default(), left_without: 0 }
    }

    pub(crate) async fn sign_in(&self, app: &App, user: User) {
        let account = self.desk.account();
        let server = self.desk.connector().connect(&account).unwrap();
        let credentials =
            Credentials { user: user.username.into(), password: user.password.into() };
        let request = SignIn { server, account, credentials, keep: Keep::Disk };
        app.keeper.sign_in(request).await.unwrap();
    }

    /// Lets time pass second by second, while both are asked for tokens, called upon, shown and
    /// woken.
    pub(crate) async fn race(&mut self, seconds: u32) {
        for second in 1..=seconds {
            self.desk.clock.advance(SECOND);
            for nth in 0..2 {
                self.something_happens(second, nth).await;
            }
            for nth in 0..2 {
                self.come_to_rest(nth).await;
            }
        }
        for callers in &mut self.callers {
            while let Some(had) = callers.join_next().await {
                self.left_without += had.unwrap().is_without();
            }
        }
    }

    /// The same every time: what comes when is counted, not rolled.
    async fn something_happens(&mut self, second: u32, nth: usize) {
        let keeper = &self.apps[nth].keeper;
        let own = second + u32::try_from(nth).unwrap();
        let trigger = match () {
            () if second.is_multiple_of(300) => Some(Trigger::Asked),
            () if own.is_multiple_of(13) => Some(Trigger::Wake),
            () if own.is_multiple_of(7) => Some(Trigger::Focus),
            () => None,
        };
        if let Some(trigger) = trigger {
            keeper.tell(trigger).await;
        }
        if own.is_multiple_of(2) {
            let (keeper, min_validity_ms) = (keeper.clone(), i64::from(second % 2) * SECOND);
            self.callers[nth].spawn(async move {
                Had::Token(keeper.access_token(min_validity_ms).await.is_ok())
            });
        }
        if second.is_multiple_of(3) {
            let keeper = keeper.clone();
            self.callers[nth].spawn(async move { Had::Call(keeper.call_api().await) });
        }
        keeper.look().await;
    }

    /// Until nothing is under way in this copy, and its callers have what they want or wait for time
    /// to pass.
    async fn come_to_rest(&mut self, nth: usize) {
        let (app, callers) = (&self.apps[nth], &mut self.callers[nth]);
        let mut left_without = 0;
        let served = async {
            while let Some(had) = callers.join_next().await {
                left_without += had.unwrap().is_without();
            }
        };
        tokio::select! {
            biased;
            () = served => {}
            _ = app.until("it waits", |shown| status(shown) == "waiting") => {}
        }
        self.left_without += left_without;
        app.until("it has renewed", |shown| status(shown) != "refreshing").await;
        // A renewal that was overtaken goes on unseen, and must not be outrun by the clock.
        let mut under_way = self.under_way.subscribe();
        let rest = under_way.wait_for(|under_way| *under_way == 0);
        tokio::time::timeout(IN_VAIN, rest).await.expect("something hangs").unwrap();
    }

    /// Both are signed in, and the API takes what each of them has.
    pub(crate) async fn both_are_signed_in(&self) -> bool {
        let mut good = true;
        for app in &self.apps {
            let who = app.shown().view.who.map(|who| who.user);
            let call = app.keeper.call_api().await;
            good &= who.as_deref() == Some(ALICE.username)
                && call.and_then(|call| call.result) == Some(ApiVerdict::Accepted);
        }
        good
    }
}

impl Had {
    fn is_without(&self) -> u32 {
        let well = match self {
            Self::Token(had) => *had,
            Self::Call(call) => {
                call.as_ref().and_then(|call| call.result) == Some(ApiVerdict::Accepted)
            }
        };
        u32::from(!well)
    }
}

/// A vault that counts what is under way: calls, and renewals by the lock that they hold.
struct Watched {
    inner: Arc<dyn Vault>,
    under_way: watch::Sender<usize>,
}

/// One thing under way, until dropped.
struct UnderWay(watch::Sender<usize>);

impl Watched {
    fn begin(&self) -> UnderWay {
        self.under_way.send_modify(|under_way| *under_way += 1);
        UnderWay(self.under_way.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|under_way| *under_way -= 1);
    }
}

impl Vault for Watched {
    fn read(&self) -> Result<Reading, VaultFailure> {
        let _under_way = self.begin();
        self.inner.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let _under_way = self.begin();
        self.inner.change(change)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        let under_way = self.begin();
        let lock = self.inner.try_refresh_lock()?;
        // Given back before it is told.
        Ok(lock.map(|lock| RefreshLock(Box::new((lock.0, under_way)))))
    }

    fn has_news(&self) -> bool {
        self.inner.has_news()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.inner.label()
    }

    fn forget_if(&self, wanted: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        let _under_way = self.begin();
        self.inner.forget_if(wanted)
    }
}
