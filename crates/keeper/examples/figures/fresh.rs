//! Taking a token that is fresh, beside reading the clock once.

use crate::stage::Stage;
use crate::{Outcome, median};
use keeper::Keeper;
use keeper::clock::{SystemClock, TravelClock};
use keeper::ports::Clock;
use std::hint::black_box;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// So many are timed together: one alone is shorter than the timer is fine.
const TOGETHER: u32 = 20_000;
const ROUNDS: usize = 101;

pub(crate) struct Fresh {
    pub(crate) access_token_ns: f64,
    pub(crate) clock_read_ns: f64,
    /// Of all that were taken while allocations were counted.
    pub(crate) allocations: u64,
}

pub(crate) async fn measure(below: &Path) -> Outcome<Fresh> {
    // The clocks that the app has.
    let clock = Arc::new(TravelClock::new());
    let stage = Stage::signed_in(below, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let system = SystemClock::new();
    let (mut taken, mut read) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..TOGETHER {
            black_box(system.boot());
        }
        read.push(each_ns(start));
        let start = Instant::now();
        for _ in 0..TOGETHER {
            black_box(is_taken(&stage.keeper));
        }
        taken.push(each_ns(start));
    }
    let mut all = true;
    let used = allocation_counter::measure(|| {
        for _ in 0..TOGETHER {
            all &= is_taken(&stage.keeper);
        }
    });
    if !all {
        return Err("a fresh token was not handed out at once".into());
    }
    stage.strike().await?;
    Ok(Fresh {
        access_token_ns: median(taken)?,
        clock_read_ns: median(read)?,
        allocations: used.count_total,
    })
}

/// Whether there is a token without waiting for anybody.
fn is_taken(keeper: &Keeper) -> bool {
    let asked = pin!(keeper.access_token(0));
    matches!(asked.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(_)))
}

fn each_ns(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / f64::from(TOGETHER)
}
