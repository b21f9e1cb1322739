//! This machine's clocks, and a hand on them: a sleep of eight hours without waiting for one.

use super::SystemClock;
use crate::ports::Clock;
use async_trait::async_trait;
use engine::{Boot, Now, Wall};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Nobody travels further than a refresh token of the demo server lives: thirty days, in
/// milliseconds.
pub const LONGEST_SLEEP_MS: i64 = 30 * LONGEST_SET_MS;
/// The clock is set wrong by a day at most either way, in milliseconds.
pub const LONGEST_SET_MS: i64 = 24 * engine::HOUR;

/// The clocks of this machine, which can be made to show another time.
///
/// Until somebody moves them they are [`SystemClock`]'s; reading them costs two loads more.
#[derive(Debug, Default)]
pub struct TravelClock {
    system: SystemClock,
    slept_ms: AtomicI64,
    clock_ms: AtomicI64,
    moved: watch::Sender<Moved>,
    /// Every move, oldest first: where the system's wall clock stood, and how far this one was from it
    /// from then on.
    moves: Mutex<Vec<(Wall, i64)>>,
}

/// How far the clocks have been moved since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Both clocks have been moved forward by so many milliseconds, as if the computer had slept.
    pub slept_ms: i64,
    /// The wall clock alone was set forward (or, negative, back) by so many milliseconds.
    pub clock_ms: i64,
}

impl Moved {
    /// Whether they show the right time.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Further than one may go: [`LONGEST_SLEEP_MS`], [`LONGEST_SET_MS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time can be moved forward by thirty days at most, and the clock by a day either way")]
pub struct TooFar;

impl TravelClock {
    /// The clocks of this machine, not moved.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets so many milliseconds pass at once on both clocks, as a computer sees it that wakes from
    /// a suspend. There is no way back: time since boot has none, and whatever aged has aged.
    ///
    /// # Errors
    /// It is negative, or with the sleeps before it longer than [`LONGEST_SLEEP_MS`].
    pub fn sleep(&self, ms: i64) -> Result<(), TooFar> {
        self.change(|moved| {
            let slept_ms = moved.slept_ms.checked_add(ms).ok_or(TooFar)?;
            let in_bounds = ms >= 0 && slept_ms <= LONGEST_SLEEP_MS;
            in_bounds.then_some(Moved { slept_ms, ..moved }).ok_or(TooFar)
        })
    }

    /// Sets the wall clock forward (or, negative, back) by so many milliseconds, from where it
    /// stands now.
    ///
    /// # Errors
    /// It would be further than [`LONGEST_SET_MS`] from where it belongs.
    pub fn set_wall(&self, ms: i64) -> Result<(), TooFar> {
        self.change(|moved| {
            let clock_ms = moved.clock_ms.checked_add(ms).ok_or(TooFar)?;
            let in_bounds = (-LONGEST_SET_MS..=LONGEST_SET_MS).contains(&clock_ms);
            in_bounds.then_some(Moved { clock_ms, ..moved }).ok_or(TooFar)
        })
    }

    /// Sets the wall clock right again.
    pub fn set_wall_right(&self) {
        let _never_too_far = self.change(|moved| Ok(Moved { clock_ms: 0, ..moved }));
    }

    /// How far they have been moved, now and on every change.
    #[must_use]
    pub fn moved(&self) -> watch::Receiver<Moved> {
        self.moved.subscribe()
    }

    fn change(&self, by: impl FnOnce(Moved) -> Result<Moved, TooFar>) -> Result<(), TooFar> {
        let mut result = Ok(());
        self.moved.send_if_modified(|moved| match by(*moved) {
            Ok(next) => {
                let news = next != *moved;
                *moved = next;
                if news {
                    let by_ms = next.slept_ms.saturating_add(next.clock_ms);
                    self.moves().push((self.system.now().wall, by_ms));
                }
                // Stored before anybody is told, so that whoever is told reads the new time.
                self.slept_ms.store(next.slept_ms, Ordering::SeqCst);
                self.clock_ms.store(next.clock_ms, Ordering::SeqCst);
                news
            }
            Err(too_far) => {
                result = Err(too_far);
                false
            }
        });
        result
    }

    fn moves(&self) -> MutexGuard<'_, Vec<(Wall, i64)>> {
        self.moves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for TravelClock {
    fn now(&self) -> Now {
        let slept = self.slept_ms.load(Ordering::SeqCst);
        let set = self.clock_ms.load(Ordering::SeqCst);
        let now = self.system.now();
        Now { wall: now.wall + slept + set, boot: now.boot + slept }
    }

    fn boot(&self) -> Boot {
        self.system.boot() + self.slept_ms.load(Ordering::SeqCst)
    }

    fn unmoved(&self) -> Wall {
        self.system.now().wall
    }

    /// By the last move before it: of the hours that were slept through, all are the moment at which
    /// that was pretended. A clock that was set back shows an hour twice; then the later one is meant.
    fn unmoved_at(&self, at: Wall) -> Wall {
        let mut next = None;
        let no_further = |at: Wall, next: Option<Wall>| next.map_or(at, |next| at.min(next));
        for (since, by_ms) in self.moves().iter().rev() {
            let unmoved = at + -by_ms;
            if unmoved >= *since {
                return no_further(unmoved, next);
            }
            next = Some(*since);
        }
        no_further(at, next)
    }

    /// After a sleep it names another boot: the next start of this app does not know that sleep, and
    /// would take moments of this run for moments to come. What it finds is then read by the wall
    /// clock.
    fn boot_id(&self) -> String {
        let slept = self.slept_ms.load(Ordering::SeqCst);
        let id = self.system.boot_id();
        if slept == 0 { id } else { format!("{id}+{slept}") }
    }

    async fn sleep_until(&self, until: Boot) {
        let mut moved = self.moved.subscribe();
        let slept = self.slept_ms.load(Ordering::SeqCst);
        tokio::select! {
            () = self.system.sleep_until(until + -slept) => {}
            // Whoever sleeps looks at the clocks again; the sender lives as long as this does.
            _ = moved.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const HOUR: i64 = engine::HOUR;

    /// How far `clock` is from the machine's own clocks, in whole seconds: wall and boot.
    fn ahead(clock: &TravelClock) -> (i64, i64) {
        let (system, now) = (SystemClock::new().now(), clock.now());
        let seconds = |ms: i64| (ms + 500).div_euclid(1_000);
        (seconds(now.wall - system.wall), seconds(now.boot - system.boot))
    }

    #[test]
    fn a_sleep_moves_both_clocks_and_a_set_clock_moves_one() {
        let clock = TravelClock::new();
        assert_eq!(ahead(&clock), (0, 0));
        clock.sleep(8 * HOUR).unwrap();
        assert_eq!(ahead(&clock), (8 * 3_600, 8 * 3_600));
        // Read alone it is the same.
        assert_eq!((clock.boot() - clock.now().boot + 500).div_euclid(1_000), 0);
        clock.set_wall(-HOUR).unwrap();
        assert_eq!(ahead(&clock), (7 * 3_600, 8 * 3_600));
        clock.set_wall_right();
        assert_eq!(ahead(&clock), (8 * 3_600, 8 * 3_600), "a sleep is not undone");
    }

    #[test]
    fn nobody_travels_out_of_bounds_or_back_in_time() {
        let clock = TravelClock::new();
        assert_eq!(clock.sleep(-1), Err(TooFar));
        assert_eq!(clock.sleep(i64::MAX), Err(TooFar));
        clock.sleep(LONGEST_SLEEP_MS).unwrap();
        assert_eq!(clock.sleep(1), Err(TooFar), "sleeps add up");
        assert_eq!(clock.set_wall(i64::MIN), Err(TooFar));
        clock.set_wall(-LONGEST_SET_MS).unwrap();
        assert_eq!(clock.set_wall(-1), Err(TooFar), "so do set clocks");
        let moved = Moved { slept_ms: LONGEST_SLEEP_MS, clock_ms: -LONGEST_SET_MS };
        assert_eq!(*clock.moved().borrow(), moved, "what was refused changed nothing");
    }

    #[tokio::test]
    async fn whoever_sleeps_is_woken_when_the_clocks_are_moved() {
        let clock = Arc::new(TravelClock::new());
        let until = clock.now().boot + HOUR;
        let moves = [TravelClock::sleep, TravelClock::set_wall];
        for move_by in moves {
            let sleeper = Arc::clone(&clock);
            let asleep = tokio::spawn(async move { sleeper.sleep_until(until + HOUR).await });
            tokio::task::yield_now().await;
            assert!(!asleep.is_finished());
            move_by(&clock, HOUR).unwrap();
            asleep.await.unwrap();
        }
        // What has come meanwhile is not waited for at all.
        clock.sleep_until(until).await;
    }

    #[test]
    fn a_moment_by_the_moved_clock_is_known_by_the_unmoved_one() {
        let clock = TravelClock::new();
        let start = clock.unmoved();
        clock.sleep(8 * HOUR).unwrap();
        // To the second: the clocks are read one after the other.
        let ago = |at: Wall| (clock.unmoved_at(at) - start + 500).div_euclid(1_000);
        assert_eq!(ago(clock.now().wall), 0);
        assert_eq!(ago(clock.now().wall + HOUR), 3_600, "what is to come is as far away");
        assert_eq!(ago(start + -HOUR), -3_600, "what was before the sleep stays where it was");
        assert_eq!(ago(start + 5 * HOUR), 0, "the sleep itself took no time");
        clock.set_wall(-HOUR).unwrap();
        assert_eq!(ago(clock.now().wall), 0);
    }

    #[test]
    fn a_set_clock_is_the_same_boot_and_a_slept_through_one_is_not_the_next_starts() {
        let (clock, next_start) = (TravelClock::new(), TravelClock::new());
        clock.set_wall(HOUR).unwrap();
        assert_eq!(clock.boot_id(), next_start.boot_id());
        clock.sleep(HOUR).unwrap();
        assert_ne!(clock.boot_id(), next_start.boot_id());
    }
}
