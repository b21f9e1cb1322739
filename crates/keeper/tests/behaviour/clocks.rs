//! When the keeper looks at the clocks: never in a loop, never too late.

use crate::stage::{DUE, Stage, pass, status};
use async_trait::async_trait;
use engine::{Boot, HOUR, MINUTE, Now, Policy, SECOND};
use keeper::clock::ManualClock;
use keeper::ports::Clock;
use keeper::{Keeper, Setup};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn the_renewal_begins_at_its_very_deadline() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let due = app.until_status("resting").await.view.next.unwrap().at_ms;
    pass(&stage, &app, due - crate::stage::NOON - 1).await;
    assert_eq!(stage.diary.count("asked"), 0);
    stage.clock.advance(1);
    app.until_renewed(1).await;
}

#[tokio::test]
async fn a_lead_that_makes_a_token_due_is_heeded_at_once() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    pass(&stage, &app, 40 * MINUTE).await;
    app.keeper.set_policy(Policy { lead_ms: Some(30 * MINUTE), ..Policy::default() }).await;
    stage.clock.advance(5 * SECOND);
    app.until_renewed(1).await;
}

#[tokio::test]
async fn a_wall_clock_set_past_the_renewal_makes_it_due() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.clock.set_wall_forward(2 * HOUR);
    stage.clock.advance(5 * SECOND);
    app.until_renewed(1).await;
    assert_eq!(status(&app.shown()), "resting");
}

#[tokio::test]
async fn clocks_that_stand_are_looked_at_a_few_times_and_not_in_a_loop() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let (clock, keeper) = counting(&stage);
    let mut shown = keeper.shown();
    shown.wait_for(|shown| status(shown) == "resting").await.unwrap();
    // Due, and nobody can renew it: a deadline that stands in the past.
    stage.clock.advance(DUE);
    shown.wait_for(|shown| status(shown) == "stopped").await.unwrap();
    stage.clock.advance(HOUR);
    keeper.look().await;
    let before = clock.sleeps.load(Ordering::SeqCst);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    // A look at the record, and what follows from it, are a few.
    assert!(clock.sleeps.load(Ordering::SeqCst) <= before + 10);
}

#[tokio::test]
async fn with_nothing_due_it_wakes_once_in_five_seconds_and_no_more() {
    let stage = Stage::new();
    stage.signed_in().await.kill().await;
    let (clock, keeper) = counting(&stage);
    let mut shown = keeper.shown();
    shown.wait_for(|shown| status(shown) == "resting").await.unwrap();
    for _ in 0..2 * MINUTE / SECOND {
        stage.clock.advance(SECOND);
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    let mut wakings = clock.untils.lock().unwrap().clone();
    wakings.dedup();
    assert!(wakings.len() > 20, "{wakings:?}");
    assert!(wakings.windows(2).all(|two| two[1] - two[0] >= 5 * SECOND), "{wakings:?}");
}

/// A keeper whose looks at the clock are counted, and who can reach no server.
fn counting(stage: &Stage) -> (Arc<Counting>, Keeper) {
    let clock = Arc::new(Counting::new(stage));
    let (keeper, task) = Keeper::new(Setup {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        vault: Arc::new(stage.vault.clone()),
        connector: Arc::new(NoServer),
        policy: Policy::default(),
        seed: 7,
        recorder: Arc::new(keeper::activity::Nobody),
    });
    tokio::spawn(task);
    (clock, keeper)
}

struct Counting {
    clock: Arc<ManualClock>,
    sleeps: AtomicU64,
    /// Until when it was to sleep, each time.
    untils: Mutex<Vec<Boot>>,
}

impl Counting {
    fn new(stage: &Stage) -> Self {
        let clock = Arc::clone(&stage.clock);
        Self { clock, sleeps: AtomicU64::new(0), untils: Mutex::default() }
    }
}

#[async_trait]
impl Clock for Counting {
    fn now(&self) -> Now {
        self.clock.now()
    }
    fn boot_id(&self) -> String {
        self.clock.boot_id()
    }
    async fn sleep_until(&self, until: Boot) {
        self.sleeps.fetch_add(1, Ordering::SeqCst);
        self.untils.lock().unwrap().push(until);
        self.clock.sleep_until(until).await;
    }
}

struct NoServer;

impl keeper::ports::Connector for NoServer {
    fn connect(&self, _: &serde_json::Value) -> Result<Arc<dyn keeper::ports::AuthServer>, String> {
        Err("none".into())
    }

    fn issuer(&self, _: &serde_json::Value) -> String {
        String::new()
    }
}
