//! What an answer says of the time: its `Date`, a clock sample, and how long to wait.

use engine::{ClockSample, Wall};
use http::HeaderMap;
use http::header::{AGE, DATE, RETRY_AFTER};
use std::time::{SystemTime, UNIX_EPOCH};

/// `Date` has a resolution of one second (RFC 9110 section 5.6.7): on average it is half of that
/// behind.
const HALF_A_SECOND: i64 = 500;
/// A request that took longer than this says too little of the clock.
const SLOW_MS: i64 = 10_000;

/// The server's `Date`, in milliseconds since 1970. `None` where a cache kept the answer (`Age`,
/// RFC 9111 section 5.1): the date is then that of another moment.
pub(crate) fn server_date(headers: &HeaderMap) -> Option<i64> {
    if headers.contains_key(AGE) {
        return None;
    }
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// What the answer's `Date` says of this machine's clock, for a request that left at `asked` and
/// whose answer began `heard_after_ms` later.
pub(crate) fn sample(headers: &HeaderMap, asked: Wall, heard_after_ms: i64) -> Option<ClockSample> {
    let date = server_date(headers)?;
    if !(0..=SLOW_MS).contains(&heard_after_ms) {
        return None;
    }
    let half = heard_after_ms / 2;
    let midpoint = asked + half;
    Some(ClockSample {
        offset_ms: Wall(date.saturating_add(HALF_A_SECOND)) - midpoint,
        bound_ms: heard_after_ms - half + HALF_A_SECOND,
    })
}

/// How long the server asks to wait, in milliseconds (RFC 9110 section 10.2.3). A date counts from
/// the answer's own `Date`, so that a wrong clock here cannot stretch it; without one, from `wall`.
/// A moment that has passed is no wait: 0.
pub(crate) fn retry_after(headers: &HeaderMap, wall: Wall) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return crate::lifetime::whole_ms(seconds * 1_000.0).map(|ms| ms.max(0));
    }
    let from = server_date(headers).map_or(wall, Wall);
    Some((Wall(http_date(text)?) - from).max(0))
}

fn http_date(text: &str) -> Option<i64> {
    let moment = httpdate::parse_http_date(text.trim()).ok()?;
    since_1970(moment)
}

fn since_1970(moment: SystemTime) -> Option<i64> {
    i64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    /// 2025-11-23T12:00:00Z.
    const NOON: i64 = 1_763_899_200_000;
    const NOON_TEXT: &str = "Sun, 23 Nov 2025 12:00:00 GMT";

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_sample_is_the_difference_to_the_middle_of_the_request() {
        let answer = headers(&[(DATE, NOON_TEXT)]);
        let sample = sample(&answer, Wall(NOON - 60_000), 301).unwrap();
        assert_eq!(sample, ClockSample { offset_ms: 60_350, bound_ms: 651 });
    }

    #[test]
    fn a_cached_or_slow_answer_says_nothing_of_the_clock() {
        let cached = headers(&[(DATE, NOON_TEXT), (AGE, "3")]);
        assert_eq!(sample(&cached, Wall(NOON), 10), None);
        let fresh = headers(&[(DATE, NOON_TEXT)]);
        assert_eq!(sample(&fresh, Wall(NOON), 10_001), None);
        assert_eq!(sample(&headers(&[]), Wall(NOON), 10), None);
        assert_eq!(sample(&headers(&[(DATE, "noon")]), Wall(NOON), 10), None);
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let wait = |text, date: Option<&str>| {
            let mut answer = headers(&[(RETRY_AFTER, text)]);
            if let Some(date) = date {
                answer.insert(DATE, date.parse().unwrap());
            }
            retry_after(&answer, Wall(NOON - 5_000))
        };
        assert_eq!(wait("120", None), Some(120_000));
        assert_eq!(wait("0", None), Some(0));
        assert_eq!(wait("-5", None), Some(0));
        assert_eq!(wait("1.5", None), Some(1_500));
        assert_eq!(wait("soon", None), None);
        assert_eq!(wait("NaN", None), None);
        let in_a_minute = "Sun, 23 Nov 2025 12:01:00 GMT";
        assert_eq!(wait(in_a_minute, Some(NOON_TEXT)), Some(60_000));
        assert_eq!(wait(in_a_minute, None), Some(65_000));
        assert_eq!(wait(NOON_TEXT, Some(in_a_minute)), Some(0));
    }
}
