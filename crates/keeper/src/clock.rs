//! The clocks of this machine, one that can be moved from where they stand, and one that stands
//! still until it is moved.

mod travel;

pub use travel::{LONGEST_SET_MS, LONGEST_SLEEP_MS, Moved, TooFar, TravelClock};

use crate::ports::Clock;
use async_trait::async_trait;
use engine::{Boot, Now, Wall};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The clocks are read one after the other, and NTP slews: differences below this are no news. A
/// view's moments on the wall clock would otherwise tremble, and every view would be a new one.
const TREMBLE_MS: i64 = 100;
/// No sleep is longer than this: timers stop while a computer is suspended, deadlines do not.
const SLICE: Duration = Duration::from_secs(5);

/// The clocks of this machine.
#[derive(Debug, Default)]
pub struct SystemClock {
    /// Wall clock minus time since boot, as last told.
    difference: Mutex<Option<i64>>,
}

impl SystemClock {
    /// The clocks of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Now {
        let boot = since_boot_ms();
        let wall = wall_ms();
        let fresh = wall - boot;
        let Ok(mut difference) = self.difference.lock() else {
            return Now { wall: Wall(wall), boot: Boot(boot) };
        };
        let told = difference.filter(|told| (fresh - told).abs() < TREMBLE_MS).unwrap_or(fresh);
        *difference = Some(told);
        Now { wall: Wall(boot + told), boot: Boot(boot) }
    }

    fn boot(&self) -> Boot {
        Boot(since_boot_ms())
    }

    fn boot_id(&self) -> String {
        boot_id()
    }

    async fn sleep_until(&self, until: Boot) {
        loop {
            let left = until.0.saturating_sub(since_boot_ms());
            let Ok(left) = u64::try_from(left) else { return };
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(left).min(SLICE)).await;
        }
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since boot, suspend included. `std::time::Instant` stops in suspend on Linux.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot_ms() -> i64 {
    clock_ms(nix::time::ClockId::CLOCK_BOOTTIME)
}

/// Milliseconds since boot, suspend included: on macOS `CLOCK_MONOTONIC` goes on in sleep.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn since_boot_ms() -> i64 {
    clock_ms(nix::time::ClockId::CLOCK_MONOTONIC)
}

#[cfg(unix)]
fn clock_ms(clock: nix::time::ClockId) -> i64 {
    // Fails only for a clock that the kernel does not have; then nothing is ever due by it, and the
    // wall clock's jumps still are.
    nix::time::clock_gettime(clock)
        .map_or(0, |at| at.tv_sec().saturating_mul(1_000) + at.tv_nsec() / 1_000_000)
}

/// Milliseconds since boot: on Windows the uptime goes on in sleep.
#[cfg(windows)]
fn since_boot_ms() -> i64 {
    uptime_lib::get().map_or(0, |up| i64::try_from(up.as_millis()).unwrap_or(i64::MAX))
}

/// Names the present boot.
#[cfg(target_os = "linux")]
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_else(|_| boot_minute())
}

/// Names the present boot.
#[cfg(not(target_os = "linux"))]
fn boot_id() -> String {
    boot_minute()
}

/// The minute of the boot by the wall clock. Setting the clock makes it another one; the record is
/// then read as one of another boot, by the wall clock: that costs a refresh, never a session.
fn boot_minute() -> String {
    format!("boot-minute-{}", (wall_ms() - since_boot_ms()) / 60_000)
}

/// Clocks that stand still until somebody moves them: for tests, scenarios and time travel.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Now>,
    boot_id: Mutex<String>,
}

impl ManualClock {
    /// Clocks that stand at `wall_ms` since 1970, an hour after boot.
    #[must_use]
    pub fn new(wall_ms: i64) -> Self {
        let (now, _) = watch::channel(Now { wall: Wall(wall_ms), boot: Boot(engine::HOUR) });
        Self { now, boot_id: Mutex::new("boot-1".to_owned()) }
    }

    /// Lets so many milliseconds pass on both clocks.
    pub fn advance(&self, ms: i64) {
        self.now.send_modify(|now| *now = Now { wall: now.wall + ms, boot: now.boot + ms });
    }

    /// Sets the wall clock forward, or back, by so many milliseconds.
    pub fn set_wall_forward(&self, ms: i64) {
        self.now.send_modify(|now| now.wall = now.wall + ms);
    }

    /// Starts the computer anew after so many milliseconds: time since boot begins again.
    pub fn reboot(&self, after_ms: i64) {
        self.now.send_modify(|now| *now = Now { wall: now.wall + after_ms, boot: Boot(0) });
        if let Ok(mut id) = self.boot_id.lock() {
            id.push('+');
        }
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.now.borrow()
    }

    fn boot_id(&self) -> String {
        self.boot_id.lock().map(|id| id.clone()).unwrap_or_default()
    }

    async fn sleep_until(&self, until: Boot) {
        let mut moved = self.now.subscribe();
        // The sender lives as long as this clock, so waiting cannot fail while somebody waits.
        let _closed = moved.wait_for(|now| now.boot >= until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};

    /// Nothing here waits for anything but its condition; this ends a test that waits in vain.
    const IN_VAIN: Duration = Duration::from_secs(20);

    #[test]
    fn the_time_since_boot_is_read_while_somebody_else_reads_both_clocks() {
        let clock = Arc::new(SystemClock::new());
        let before = clock.now().boot;
        let reads = clock.difference.lock().unwrap();
        let (tell, told) = mpsc::channel();
        let other = Arc::clone(&clock);
        std::thread::spawn(move || tell.send(other.boot()));
        let read = told.recv_timeout(IN_VAIN);
        drop(reads);
        assert!(read.unwrap() >= before);
    }
}
