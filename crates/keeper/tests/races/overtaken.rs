//! A renewal that is overtaken while it waits for the disk.

use crate::desk::Desk;
use demo_server::{Rotation, Switches};
use engine::{SECOND, Trigger};
use keeper::ports::{ApiVerdict, Change, Label, Reading, RefreshLock, Vault, VaultFailure};
use keeper::record::Record;
use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use vault::FileVault;

/// Longer than a renewal waits for a disk.
const HANGS_MS: i64 = 13 * SECOND;
/// Nothing here waits for anything but its condition; this ends a test that waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_renewal_that_could_not_read_again_does_not_use_what_another_copy_has_replaced() {
    let rotation = Rotation::Strict;
    let desk = Desk::with(Switches { rotation, ..crate::desk::an_hour() }).await;
    desk.sign_in().await.close().await;
    let slow = Slow(Arc::default());
    let vault = SlowVault { inner: desk.vault(), slow: slow.clone(), locked: Mutex::new(false) };
    let (first, second) =
        (desk.launch(), desk.launch_with(Arc::new(vault), Arc::new(desk.connector())));
    first.until_status("resting").await;
    second.until_status("resting").await;

    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    // Its reading again hangs; its look for news does not, and brings what the first one has.
    second.keeper.tell(Trigger::Asked).await;
    second.until_renewed(1).await;
    slow.until(Hangs::Now).await;
    desk.clock.advance(HANGS_MS);
    slow.until(Hangs::WentOn).await;
    // It is over once the lock is free.
    let over = async {
        while desk.vault().try_refresh_lock().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(IN_VAIN, over).await.expect("the renewal hangs");
    slow.set(Hangs::NoMore);

    let counters = desk.counters().await;
    assert_eq!((counters.reuse_detected, counters.refresh_tokens_seen_twice), (0, 0));
    for app in [&first, &second] {
        app.until_status("resting").await;
        let call = app.keeper.call_api().await.unwrap();
        assert_eq!(call.result, Some(ApiVerdict::Accepted));
    }
}

/// Where a reading hangs.
#[derive(Clone)]
struct Slow(Arc<(Mutex<Hangs>, Condvar)>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
enum Hangs {
    #[default]
    NotYet,
    Now,
    /// The renewal did not wait for it any longer.
    WentOn,
    NoMore,
}

impl Slow {
    fn set(&self, to: Hangs) {
        let (hangs, changed) = &*self.0;
        *hangs.lock().unwrap() = to;
        changed.notify_all();
    }

    fn is(&self, what: Hangs) -> bool {
        *self.0.0.lock().unwrap() == what
    }

    fn wait(&self, what: Hangs) {
        let (hangs, changed) = &*self.0;
        let hangs = hangs.lock().unwrap();
        let waited = changed.wait_timeout_while(hangs, IN_VAIN, |hangs| *hangs < what).unwrap();
        assert!(!waited.1.timed_out(), "it never came to {what:?}");
    }

    async fn until(&self, what: Hangs) {
        let slow = self.clone();
        tokio::task::spawn_blocking(move || slow.wait(what)).await.unwrap();
    }
}

thread_local! {
    /// This thread looks for news: what it reads next is that.
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

/// The first reading under the refresh lock hangs.
struct SlowVault {
    inner: FileVault,
    slow: Slow,
    locked: Mutex<bool>,
}

impl Vault for SlowVault {
    fn read(&self) -> Result<Reading, VaultFailure> {
        if !LOOKS.take() && *self.locked.lock().unwrap() && self.slow.is(Hangs::NotYet) {
            self.slow.set(Hangs::Now);
            self.slow.wait(Hangs::NoMore);
        }
        self.inner.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        if self.slow.is(Hangs::Now) {
            self.slow.set(Hangs::WentOn);
        }
        self.inner.change(change)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        let lock = self.inner.try_refresh_lock()?;
        *self.locked.lock().unwrap() = lock.is_some();
        Ok(lock)
    }

    fn has_news(&self) -> bool {
        LOOKS.set(self.inner.has_news());
        LOOKS.get()
    }

    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        self.inner.label()
    }

    fn forget(&self) -> Result<(), VaultFailure> {
        self.inner.forget()
    }
}
