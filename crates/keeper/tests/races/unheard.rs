//! What is on disk already, and what its own process has not heard of yet.

use crate::desk::{Desk, status};
use crate::over::{Over, With};
use demo_server::{ALICE, User};
use engine::{SECOND, TokenView, Trigger};
use keeper::ports::{
    Change, Connector as _, Credentials, Reading, RefreshLock, Vault, VaultFailure,
};
use keeper::record::{Keep, Record};
use keeper::{Keeper, SignIn, SignInError};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use vault::FileVault;

/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_sign_in_that_was_taken_over_from_disk_and_renewed_is_not_begun_again() {
    let desk = Desk::with(crate::desk::an_hour()).await;
    desk.sign_in().await.close().await;
    let late = Late::default();
    let app = desk.launch_with(late.vault(&desk, After::SignIn), Arc::new(desk.connector()));
    app.until_status("resting").await;

    let before = app.shown().view.token.unwrap().fingerprint;
    let signing_in = sign_in(&desk, app.keeper.clone(), ALICE);
    late.until(Stage::Done).await;
    // A renewal of the session before finds the new one; the next renews that.
    app.keeper.tell(Trigger::Asked).await;
    let is_new = |token: &TokenView| token.fingerprint != before;
    app.until("the new session", |shown| shown.view.token.as_ref().is_some_and(is_new)).await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_renewed(1).await;
    let renewed = app.token().await;
    late.set(Stage::Heard);

    signing_in.await.unwrap().unwrap();
    assert_eq!(app.token().await, renewed);
    assert_eq!(app.shown().view.refreshes, 1);
}

#[tokio::test]
async fn a_sign_in_that_another_copy_has_ended_meanwhile_does_not_come_back() {
    let desk = Desk::with(crate::desk::an_hour()).await;
    desk.sign_in().await.close().await;
    let late = Late::default();
    let app = desk.launch_with(late.vault(&desk, After::SignIn), Arc::new(desk.connector()));
    let other = desk.launch();
    app.until_status("resting").await;
    other.until_status("resting").await;

    let signing_in = sign_in(&desk, app.keeper.clone(), ALICE);
    late.until(Stage::Done).await;
    other.keeper.sign_out().await;
    app.keeper.tell(Trigger::Asked).await;
    // The other copy may hold the lock to tell the server.
    while status(&app.shown()) != "signed_out" {
        app.pass(&desk, 5 * SECOND).await;
    }
    late.set(Stage::Heard);

    assert!(matches!(signing_in.await.unwrap(), Err(SignInError::Overtaken)));
    app.until_status("signed_out").await;
}

#[tokio::test]
async fn a_session_that_ends_while_a_renewal_has_only_read_it_is_not_sent() {
    let desk = Desk::with(crate::desk::an_hour()).await;
    desk.sign_in().await.close().await;
    let late = Late::default();
    let vault = late.vault(&desk, After::ReadingUnderTheLock);
    let app = desk.launch_with(vault, Arc::new(desk.connector()));
    app.until_status("resting").await;

    app.keeper.tell(Trigger::Asked).await;
    late.until(Stage::Done).await;
    app.keeper.sign_out().await;
    late.set(Stage::Heard);
    // It is over once the lock is free.
    let over = async {
        while desk.vault().try_refresh_lock().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(IN_VAIN, over).await.expect("the renewal hangs");
    assert_eq!(desk.counters().await.refreshes, 0);
}

fn sign_in(desk: &Desk, keeper: Keeper, user: User) -> JoinHandle<Result<(), SignInError>> {
    let account = desk.account();
    let server = desk.connector().connect(&account).unwrap();
    let credentials = Credentials { user: user.username.into(), password: user.password.into() };
    let request = SignIn { server, account, credentials, keep: Keep::Disk };
    tokio::spawn(async move { keeper.sign_in(request).await })
}

/// What is done and not heard of yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    SignIn,
    ReadingUnderTheLock,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
enum Stage {
    #[default]
    Before,
    Done,
    Heard,
}

/// Holds the news back.
#[derive(Clone, Default)]
struct Late(Arc<(Mutex<Stage>, Condvar)>);

impl Late {
    fn vault(&self, desk: &Desk, after: After) -> Arc<dyn Vault> {
        let (inner, late) = (desk.vault(), self.clone());
        Arc::new(With(LateVault { inner, late, after, locked: Mutex::new(false) }))
    }

    fn set(&self, to: Stage) {
        let (stage, changed) = &*self.0;
        *stage.lock().unwrap() = to;
        changed.notify_all();
    }

    fn is(&self, what: Stage) -> bool {
        *self.0.0.lock().unwrap() == what
    }

    fn wait(&self, what: Stage) {
        let (stage, changed) = &*self.0;
        let stage = stage.lock().unwrap();
        let waited = changed.wait_timeout_while(stage, IN_VAIN, |stage| *stage < what).unwrap();
        assert!(!waited.1.timed_out(), "it never came to {what:?}");
    }

    async fn until(&self, what: Stage) {
        let late = self.clone();
        tokio::task::spawn_blocking(move || late.wait(what)).await.unwrap();
    }

    fn hold_back(&self) {
        self.set(Stage::Done);
        self.wait(Stage::Heard);
    }
}

struct LateVault {
    inner: FileVault,
    late: Late,
    after: After,
    locked: Mutex<bool>,
}

impl Over for LateVault {
    fn below(&self) -> &dyn Vault {
        &self.inner
    }

    fn read(&self) -> Result<Reading, VaultFailure> {
        let reading = self.inner.read();
        let locked = *self.locked.lock().unwrap();
        if self.after == After::ReadingUnderTheLock && locked && self.late.is(Stage::Before) {
            self.late.hold_back();
        }
        reading
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let changed = self.inner.change(change);
        if self.after == After::SignIn && self.late.is(Stage::Before) {
            self.late.hold_back();
        }
        changed
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        let lock = self.inner.try_refresh_lock()?;
        *self.locked.lock().unwrap() = lock.is_some();
        Ok(lock)
    }
}
