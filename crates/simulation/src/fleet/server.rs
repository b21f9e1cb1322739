//! The auth server as a fleet sees it: it answers, or it is down; and it counts, second by second.

use engine::SECOND;
use std::ops::Range;

/// A server that counts what it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Server {
    /// When it is down, in milliseconds after nine. Empty: never.
    down: Range<i64>,
    /// What reached it in each second after nine.
    seconds: Vec<u32>,
    /// How much of that was a login.
    logins: u32,
    /// The desktop that is being played has asked in vain.
    held_up: bool,
    /// How long after the server was back each desktop that had asked in vain had an answer, in
    /// milliseconds.
    live_again: Vec<i64>,
}

impl Server {
    /// A server that is down for so long, in milliseconds after nine.
    pub(crate) fn down(down: Range<i64>) -> Self {
        Self { down, ..Self::default() }
    }

    /// Another desktop's day begins.
    pub(crate) fn next_desktop(&mut self) {
        if std::mem::take(&mut self.held_up) {
            // It never had an answer.
            self.live_again.push(i64::MAX);
        }
    }

    /// It is asked to refresh at `at`; whether it was there to be asked.
    pub(crate) fn refresh(&mut self, at: i64) -> bool {
        if self.down.contains(&at) {
            // Nobody listens: this is not load, it is a refused connection.
            self.held_up = true;
            return false;
        }
        if std::mem::take(&mut self.held_up) {
            self.live_again.push(at - self.down.end);
        }
        let Ok(second) = usize::try_from(at / SECOND) else { return true };
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, 0);
        }
        if let Some(count) = self.seconds.get_mut(second) {
            *count += 1;
        }
        true
    }

    /// It is asked to log somebody in at `at`; whether it was there to be asked.
    pub(crate) fn login(&mut self, at: i64) -> bool {
        let answers = self.refresh(at);
        self.logins += u32::from(answers);
        answers
    }

    /// So many requests, evenly over so many seconds: as nobody could do it, for comparison.
    pub(crate) fn evenly(total: u32, seconds: u32) -> Self {
        let until = |second: u32| u64::from(total) * u64::from(second) / u64::from(seconds.max(1));
        let in_second = |second: u32| u32::try_from(until(second + 1) - until(second));
        let seconds = (0..seconds).map(|second| in_second(second).unwrap_or(u32::MAX)).collect();
        Self { seconds, ..Self::default() }
    }

    /// What reached it, refreshes and logins.
    pub(crate) fn total(&self) -> u32 {
        self.seconds.iter().sum()
    }

    /// How many logins.
    pub(crate) fn logins(&self) -> u32 {
        self.logins
    }

    /// The busiest of these seconds after nine.
    pub(crate) fn peak(&self, seconds: Range<i64>) -> u32 {
        let index = |second: i64| usize::try_from(second).unwrap_or(0).min(self.seconds.len());
        let chosen = self.seconds.get(index(seconds.start)..index(seconds.end));
        chosen.unwrap_or_default().iter().copied().max().unwrap_or(0)
    }

    /// How long after the server was back 99 in 100 of those who had asked in vain had an answer, in
    /// seconds. `None`: nobody had, or more than one in a hundred got none all day.
    pub(crate) fn live_again_s(&self) -> Option<u32> {
        let mut times = self.live_again.clone();
        times.sort_unstable();
        let most = times.get((times.len() * 99).div_ceil(100).checked_sub(1)?)?;
        u32::try_from(most / SECOND + 1).ok()
    }

    /// The busiest second of each minute.
    pub(crate) fn by_minute(&self) -> Vec<u32> {
        let busiest = |minute: &[u32]| minute.iter().copied().max().unwrap_or(0);
        self.seconds.chunks(60).map(busiest).collect()
    }
}
