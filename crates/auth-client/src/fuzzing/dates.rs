//! `Retry-After` and `Date`.

use super::Held;
use super::told::{NOON, Told, holds};
use crate::date;
use engine::Wall;
use http::header::{AGE, DATE, RETRY_AFTER};
use std::time::{Duration, UNIX_EPOCH};

/// The year 10000 begins, in milliseconds since 1970: no date of HTTP has five digits of a year.
const YEAR_10000: i64 = 253_402_300_800_000;
/// Larger numbers of milliseconds are no moment for any clock.
const MOST_MS: i64 = 9_000_000_000_000_000;

/// How long an answer asks to wait.
///
/// # Errors
/// The first thing that does not hold.
pub fn retry_after(input: &[u8]) -> Held {
    let headers = Told::of(input).came.headers;
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let read = date::retry_after(&headers, Wall(NOON));
    let Some(ms) = read else {
        // What RFC 9110 section 10.2.3 calls a delay is always one.
        let plain = |text: &&str| text.len() <= 9 && text.bytes().all(|it| it.is_ascii_digit());
        let lost = text.filter(plain).filter(|text| !text.is_empty());
        return holds(lost.is_none(), || format!("{lost:?} is no wait"));
    };
    holds((0..MOST_MS).contains(&ms), || format!("a wait of {ms} ms"))?;
    let text = text.ok_or("a wait was read where nothing is told")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        holds(ms == i64::from(seconds) * 1_000, || format!("{text} is read as {ms} ms"))?;
    }
    // By an answer's own date no wrong clock of ours makes a wait longer.
    if date::server_date(&headers).is_some() {
        let elsewhere = date::retry_after(&headers, Wall(NOON - 86_400_000));
        holds(elsewhere == read, || format!("{elsewhere:?} and {read:?} by two clocks"))?;
    }
    Ok(())
}

/// What an answer tells of the time.
///
/// # Errors
/// The first thing that does not hold.
pub fn date(input: &[u8]) -> Held {
    let headers = Told::of(input).came.headers;
    let read = date::server_date(&headers);
    for heard_after in [0, 1, 119, 9_999, 10_000, 10_001, -1] {
        let sample = date::sample(&headers, Wall(NOON), heard_after);
        let usable = (0..=10_000).contains(&heard_after);
        holds(sample.is_some() == (read.is_some() && usable), || {
            format!("a sample after {heard_after} ms: {sample:?}")
        })?;
        if let Some(sample) = sample {
            holds((500..=5_500).contains(&sample.bound_ms), || format!("{sample:?}"))?;
        }
    }
    let Some(ms) = read else { return Ok(()) };
    holds(!headers.contains_key(AGE), || "a cache's date is believed".to_owned())?;
    holds((0..YEAR_10000).contains(&ms) && ms % 1_000 == 0, || format!("the date is {ms}"))?;
    // Written as RFC 9110 section 5.6.7 wants it, the same moment is read again.
    let moment = UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs());
    let mut again = headers.clone();
    let written = httpdate::fmt_http_date(moment).parse().map_err(|_| "no date can be written")?;
    again.insert(DATE, written);
    let again = date::server_date(&again);
    holds(again == read, || format!("{read:?} is written and read as {again:?}"))
}
