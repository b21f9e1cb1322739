//! From a wake to a token that can be used: by the system's word, or by the tick alone.

use crate::stage::Stage;
use crate::{Outcome, worst};
use async_trait::async_trait;
use engine::{Boot, HOUR, Now, Trigger};
use keeper::clock::SystemClock;
use keeper::ports::Clock;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

const BY_SIGNAL: usize = 20;
/// In real time, up to five seconds each: the computer falls asleep so long after a tick. The first is
/// nearly the worst that there is, a whole tick of five seconds.
const BY_TICK_MS: [u64; 4] = [50, 1_300, 2_600, 3_900];
const NIGHT_MS: i64 = 8 * HOUR;

pub(crate) struct Waking {
    /// The worst, in milliseconds, from the signal, with a caller at the same moment.
    pub(crate) signal_ms: f64,
    /// The worst, in milliseconds, where nobody says or asks anything.
    pub(crate) tick_ms: f64,
}

pub(crate) async fn measure(below: &Path) -> Outcome<Waking> {
    let clock = Arc::new(Suspended::default());
    let stage = Stage::signed_in(below, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let mut by_signal = Vec::new();
    for _ in 0..BY_SIGNAL {
        clock.suspend(NIGHT_MS);
        let start = Instant::now();
        stage.keeper.tell(Trigger::Wake).await;
        stage.keeper.access_token(0).await?;
        by_signal.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let mut by_tick = Vec::new();
    for after_tick_ms in BY_TICK_MS {
        let mut shown = stage.keeper.shown();
        let before = shown.borrow_and_update().view.refreshes;
        tokio::time::sleep(std::time::Duration::from_millis(after_tick_ms)).await;
        clock.suspend(NIGHT_MS);
        let start = Instant::now();
        shown.wait_for(|shown| shown.view.refreshes > before).await?;
        stage.keeper.access_token(0).await?;
        by_tick.push(start.elapsed().as_secs_f64() * 1e3);
    }
    stage.strike().await?;
    Ok(Waking { signal_ms: worst(by_signal)?, tick_ms: worst(by_tick)? })
}

/// This computer's clocks after suspends that took no time: as after a real one, both have gone on and
/// no timer has noticed.
#[derive(Default)]
struct Suspended {
    system: SystemClock,
    slept_ms: AtomicI64,
}

impl Suspended {
    fn suspend(&self, ms: i64) {
        self.slept_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Suspended {
    fn now(&self) -> Now {
        let (now, slept) = (self.system.now(), self.slept_ms.load(Ordering::SeqCst));
        Now { wall: now.wall + slept, boot: now.boot + slept }
    }
    fn boot(&self) -> Boot {
        self.system.boot() + self.slept_ms.load(Ordering::SeqCst)
    }
    fn boot_id(&self) -> String {
        self.system.boot_id()
    }
    async fn sleep_until(&self, until: Boot) {
        self.system.sleep_until(until + -self.slept_ms.load(Ordering::SeqCst)).await;
    }
}
