//! `access_token()` while the token is fresh: no message, no allocation, one clock read.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use async_trait::async_trait;
use engine::{Boot, Exchange, Failure, HOUR, Lifetime, Now, Policy};
use keeper::clock::ManualClock;
use keeper::ports::{
    Answer, ApiAnswer, AuthServer, Call, Change, Clock, Connector, Credentials, Label, Marks,
    Reading, RefreshLock, Vault, VaultFailure,
};
use keeper::record::{Keep, Record, RenewalSecret, Tokens};
use keeper::{Keeper, Setup, SignIn};
use secrecy::{ExposeSecret as _, SecretString};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

#[tokio::test]
async fn a_fresh_token_costs_no_message_and_no_allocation() {
    let clock = Arc::new(ManualClock::new(1_763_899_200_000));
    let keeper = signed_in(&clock).await;
    // The owner is gone: whoever needed it would not get an answer.
    keeper.quit().await;

    let mut token = None;
    let used = allocation_counter::measure(|| {
        let asked = pin!(keeper.access_token(0));
        if let Poll::Ready(answer) = asked.poll(&mut Context::from_waker(Waker::noop())) {
            token = answer.ok();
        }
    });
    assert_eq!(token.unwrap().secret().expose_secret(), "access");
    assert_eq!(used.count_total, 0, "{used:?}");

    // The measure measures: past the last moments somebody has to be asked.
    clock.advance(HOUR);
    let asked = allocation_counter::measure(|| {
        let asked = pin!(keeper.access_token(0));
        let _answer = asked.poll(&mut Context::from_waker(Waker::noop()));
    });
    assert!(asked.count_total > 0);
}

/// The system's clocks keep the wall clock steady behind a lock: callers must have no need of it.
#[tokio::test]
async fn a_fresh_token_costs_one_look_at_the_time_since_boot_and_none_at_the_wall_clock() {
    let clock = Arc::new(ManualClock::new(1_763_899_200_000));
    let counting = Arc::new(Counting::new(&clock));
    let keeper = signed_in_by(&clock, Arc::clone(&counting) as Arc<dyn Clock>).await;
    // Nobody looks at the clocks any more but who is measured.
    keeper.quit().await;
    let before = counting.read();

    keeper.access_token(0).await.unwrap();

    let after = counting.read();
    assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1), "both clocks, and boot alone");
}

/// Counts who reads both clocks, and who only the time since boot.
struct Counting {
    clock: Arc<ManualClock>,
    both: AtomicU32,
    boot: AtomicU32,
}

impl Counting {
    fn new(clock: &Arc<ManualClock>) -> Self {
        Self { clock: Arc::clone(clock), both: AtomicU32::new(0), boot: AtomicU32::new(0) }
    }

    fn read(&self) -> (u32, u32) {
        (self.both.load(Ordering::SeqCst), self.boot.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Clock for Counting {
    fn now(&self) -> Now {
        self.both.fetch_add(1, Ordering::SeqCst);
        self.clock.now()
    }
    fn boot(&self) -> Boot {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.clock.now().boot
    }
    fn boot_id(&self) -> String {
        self.clock.boot_id()
    }
    async fn sleep_until(&self, until: Boot) {
        self.clock.sleep_until(until).await;
    }
}

async fn signed_in(clock: &Arc<ManualClock>) -> Keeper {
    signed_in_by(clock, Arc::clone(clock) as Arc<dyn Clock>).await
}

async fn signed_in_by(clock: &Arc<ManualClock>, read_by: Arc<dyn Clock>) -> Keeper {
    let server = Arc::new(Grants(Arc::clone(clock)));
    let (keeper, task) = Keeper::new(Setup {
        clock: read_by,
        vault: Arc::new(Remembers::default()),
        connector: Arc::new(Grants(Arc::clone(clock))),
        policy: Policy::default(),
        seed: 7,
        recorder: Arc::new(keeper::activity::Nobody),
    });
    tokio::spawn(task);
    let credentials = Credentials { user: "alice".into(), password: "planted".into() };
    let account = serde_json::Value::Null;
    keeper.sign_in(SignIn { server, account, credentials, keep: Keep::Disk }).await.unwrap();
    keeper.look().await;
    keeper
}

struct Grants(Arc<ManualClock>);

#[async_trait]
impl AuthServer for Grants {
    async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
        Ok(Answer {
            tokens: Tokens {
                access: "access".into(),
                renewal: RenewalSecret::RefreshToken("refresh".into()),
                id: None,
                client_secret: None,
            },
            asked: self.0.now(),
            lifetime: Lifetime::Told(HOUR),
            refresh_in_ms: None,
            refresh_lifetime_ms: None,
            identity: None,
            id_check: keeper::record::IdCheck::Passed,
            exchange: Exchange::default(),
            clock: None,
        })
    }
    async fn refresh(&self, _: &Tokens, _: Call, _: &Marks) -> Result<Answer, Box<Failure>> {
        std::future::pending().await
    }
    async fn sign_out(&self, _: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
        Ok(None)
    }
    async fn call_api(&self, _: &SecretString, _: &Marks) -> Option<ApiAnswer> {
        None
    }
}

impl Connector for Grants {
    fn connect(&self, _: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        Ok(Arc::new(Self(Arc::clone(&self.0))))
    }
    fn issuer(&self, _: &serde_json::Value) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Remembers(Mutex<Option<Record>>);

impl Vault for Remembers {
    fn read(&self) -> Result<Reading, VaultFailure> {
        Ok(Reading { record: self.0.lock().unwrap().clone(), ..Reading::default() })
    }
    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        let mut record = self.0.lock().unwrap();
        if let Some(next) = change(record.as_ref()) {
            *record = Some(next);
        }
        Ok(record.clone())
    }
    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        Ok(Some(RefreshLock(Box::new(()))))
    }
    fn has_news(&self) -> bool {
        false
    }
    fn label(&self) -> Result<Option<Label>, VaultFailure> {
        Ok(None)
    }
    fn forget_if(&self, _: &dyn Fn() -> bool) -> Result<bool, VaultFailure> {
        *self.0.lock().unwrap() = None;
        Ok(true)
    }
}
