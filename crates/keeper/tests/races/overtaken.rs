//! What was begun before another copy did something, and comes back from the disk after it.

use crate::desk::Desk;
use crate::over::{Over, With};
use demo_server::{Rotation, Switches};
use engine::{SECOND, Trigger};
use keeper::ports::{ApiVerdict, Change, Reading, RefreshLock, Vault, VaultFailure};
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
    let vault = SlowVault::new(&desk, &slow);
    let (first, second) =
        (desk.launch(), desk.launch_with(Arc::new(With(vault)), Arc::new(desk.connector())));
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

#[tokio::test]
async fn what_was_read_before_a_renewal_was_taken_over_does_not_undo_that() {
    let desk = Desk::with(crate::desk::an_hour()).await;
    desk.sign_in().await.close().await;
    let slow = Slow(Arc::default());
    let vault = SlowVault { hangs: Which::Look, ..SlowVault::new(&desk, &slow) };
    let (first, second) =
        (desk.launch(), desk.launch_with(Arc::new(With(vault)), Arc::new(desk.connector())));
    first.until_status("resting").await;
    second.until_status("resting").await;

    second.pass(&desk, 5 * SECOND).await;
    slow.until(Hangs::Now).await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    second.keeper.tell(Trigger::Asked).await;
    second.until_renewed(1).await;
    let taken_over = second.token().await;
    assert_eq!(taken_over, first.token().await);
    slow.set(Hangs::NoMore);
    slow.until(Hangs::Back).await;
    // What was read comes before the next look does.
    for _ in 0..500 {
        second.pass(&desk, 5 * SECOND).await;
        if slow.is(Hangs::SeenAgain) {
            break;
        }
    }
    assert!(slow.is(Hangs::SeenAgain), "it looks no more");
    assert_eq!(second.token().await, taken_over);
    assert_eq!(second.shown().view.refreshes, 1);
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
    /// What hung goes on.
    Back,
    /// Something was looked for once more.
    SeenAgain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The first reading under the refresh lock, before it begins.
    UnderTheLock,
    /// The first look for news, once it has read.
    Look,
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

/// One reading hangs.
struct SlowVault {
    inner: FileVault,
    slow: Slow,
    hangs: Which,
    locked: Mutex<bool>,
}

impl SlowVault {
    fn new(desk: &Desk, slow: &Slow) -> Self {
        let (inner, slow) = (desk.vault(), slow.clone());
        Self { inner, slow, hangs: Which::UnderTheLock, locked: Mutex::new(false) }
    }

    fn hang(&self) {
        self.slow.set(Hangs::Now);
        self.slow.wait(Hangs::NoMore);
        self.slow.set(Hangs::Back);
    }
}

impl Over for SlowVault {
    fn below(&self) -> &dyn Vault {
        &self.inner
    }

    fn read(&self) -> Result<Reading, VaultFailure> {
        let looks = LOOKS.take();
        let hangs = self.slow.is(Hangs::NotYet);
        if hangs && self.hangs == Which::UnderTheLock && !looks && *self.locked.lock().unwrap() {
            self.hang();
        }
        let reading = self.inner.read();
        if hangs && self.hangs == Which::Look && looks {
            self.hang();
        }
        reading
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
        if self.slow.is(Hangs::Back) {
            self.slow.set(Hangs::SeenAgain);
        }
        // The first look reads whatever there is.
        let looks =
            self.inner.has_news() || self.hangs == Which::Look && self.slow.is(Hangs::NotYet);
        LOOKS.set(looks);
        looks
    }
}
