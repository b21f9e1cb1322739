//! The tutorial's policy: `checkToken` in `onLaunch` and in `onShow`, and at no other time.
//!
//! A token with less than five minutes left is refreshed; with none, or one that has expired, or
//! when the refresh fails, the person logs in. A desktop's launch and focus stand for launch and
//! show; a launch shows the window, so both ask, and neither waits for the other.

use super::day::{Act, Day};
use super::server::Server;
use engine::TUTORIAL_LEAD_MS;

/// Plays one desktop's day against `server`, from a token that expired overnight.
pub(crate) fn play(day: &Day, lifetime_ms: i64, server: &mut Server) {
    server.next_desktop();
    // Both look before either has an answer.
    let launch = check(None, day.starts, lifetime_ms, server);
    let show = check(None, day.starts, lifetime_ms, server);
    let mut end = show.or(launch);
    for (at, act) in &day.acts {
        match act {
            Act::Looks => end = check(end, *at, lifetime_ms, server),
            // It hears of neither.
            Act::Suspends | Act::Wakes => {}
        }
    }
}

/// `checkToken` at `now`, with a token that ends at `end`; when the token ends that it leaves behind.
/// All in milliseconds after nine.
fn check(end: Option<i64>, now: i64, lifetime_ms: i64, server: &mut Server) -> Option<i64> {
    let valid = end.filter(|end| now < *end);
    let answered = match valid {
        Some(end) if end - now >= TUTORIAL_LEAD_MS => return valid,
        Some(_) => server.refresh(now) || server.login(now),
        None => server.login(now),
    };
    answered.then_some(now + lifetime_ms)
}
