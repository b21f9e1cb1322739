//! How long a token lives, in every form that servers tell it.
//!
//! Lenient in what a lifetime may look like; what is none stays unknown, with the server's words.

use crate::jwt::Times;
use crate::redact::Redactor;
use crate::settings::LifetimeForm;
use engine::{Lifetime, Wall};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// From here on a number is milliseconds since 1970 and not seconds: 1e12 is September 2001 in
/// milliseconds, and in seconds far beyond the year 9999.
const MILLISECONDS_FROM: f64 = 1e12;

/// So many characters of what is no lifetime are kept.
const LONGEST_WORDS: usize = 40;

/// What an absolute end is measured against.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    /// The answer's `Date`.
    pub(crate) date: Option<i64>,
    /// When the request left, by this machine's clock as corrected by earlier answers.
    pub(crate) corrected: Option<Wall>,
}

/// Reads a lifetime. `member` is what stands where the settings say, `expires_in` the member of
/// that name (RFC 6749 section 5.1), which wins over an absolute end: no clock is needed for it.
pub(crate) fn read(
    form: LifetimeForm,
    member: Option<&Value>,
    expires_in: Option<&Value>,
    token: Times,
    moments: Moments,
) -> Lifetime {
    let said = || member.map(words);
    match form {
        LifetimeForm::Absent => Lifetime::Unknown(None),
        LifetimeForm::Seconds => from_now(member, 1_000.0),
        LifetimeForm::Milliseconds => from_now(member, 1.0),
        LifetimeForm::Absolute => match from_now(expires_in, 1_000.0) {
            told @ Lifetime::Told(_) => told,
            Lifetime::Unknown(_) => match member.and_then(moment) {
                Some(end) => until(end, token, moments, said().unwrap_or_default()),
                None => Lifetime::Unknown(said()),
            },
        },
        LifetimeForm::JwtExp => match from_now(expires_in, 1_000.0) {
            told @ Lifetime::Told(_) => told,
            Lifetime::Unknown(_) => match token.exp {
                Some(end) => until(end, token, moments, format!("exp {}", end / 1_000)),
                None => Lifetime::Unknown(None),
            },
        },
    }
}

fn from_now(member: Option<&Value>, unit_ms: f64) -> Lifetime {
    let Some(member) = member else { return Lifetime::Unknown(None) };
    let ms = number(member).and_then(|number| whole_ms(number * unit_ms));
    match ms {
        Some(ms) => Lifetime::told(ms, words(member)),
        None => Lifetime::Unknown(Some(words(member))),
    }
}

/// An absolute end, by the answer's own `Date`, else by the token's own birth, else by a clock that
/// a server has corrected. Never by a clock of which nobody knows whether it is right.
fn until(end: i64, token: Times, moments: Moments, said: String) -> Lifetime {
    let from = moments.date.or(token.iat).or(moments.corrected.map(|wall| wall.0));
    match from {
        Some(from) => Lifetime::told(end.saturating_sub(from), said),
        None => Lifetime::Unknown(Some(said)),
    }
}

/// A point in time: a number (seconds or milliseconds since 1970), the same as text, or RFC 3339.
fn moment(value: &Value) -> Option<i64> {
    if let Some(number) = number(value) {
        let unit = if number.abs() >= MILLISECONDS_FROM { 1.0 } else { 1_000.0 };
        return whole_ms(number * unit);
    }
    let moment = OffsetDateTime::parse(value.as_str()?.trim(), &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// A number, or text that is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Milliseconds without a fraction; `None` for what is no number, or too large for any clock.
pub(crate) fn whole_ms(ms: f64) -> Option<i64> {
    let ms = ms.round();
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked on this very line")]
    (ms.abs() < 9e15).then_some(ms as i64)
}

/// The server's words.
fn words(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A pointer set wrongly may name a token as the lifetime: the words that are kept are clean. And short
/// enough to stand in a sentence, but cut after that: half a token might not look like one.
pub(crate) fn clean(lifetime: Lifetime, redactor: &Redactor) -> Lifetime {
    let Lifetime::Unknown(Some(words)) = lifetime else { return lifetime };
    let words = redactor.text(&words);
    let mut shown: String = words.chars().take(LONGEST_WORDS).collect();
    if shown.len() < words.len() {
        shown.push('…');
    }
    Lifetime::Unknown(Some(shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// 2025-11-23T12:00:00Z.
    const NOON: i64 = 1_763_899_200_000;
    const BY_DATE: Moments = Moments { date: Some(NOON), corrected: None };
    const NO_CLOCK: Moments = Moments { date: None, corrected: None };
    const NO_JWT: Times = Times { exp: None, iat: None };

    fn told(form: LifetimeForm, member: Value) -> Lifetime {
        read(form, Some(&member), None, NO_JWT, BY_DATE)
    }

    fn unknown(words: &str) -> Lifetime {
        Lifetime::Unknown(Some(words.to_owned()))
    }

    #[test]
    fn seconds_and_milliseconds_may_be_numbers_text_or_fractions() {
        use LifetimeForm::{Milliseconds, Seconds};
        for (form, member, ms) in [
            (Seconds, json!(20), 20_000),
            (Seconds, json!(19.5), 19_500),
            (Seconds, json!(0.0014), 1),
            (Seconds, json!("20"), 20_000),
            (Seconds, json!(" 20.25 "), 20_250),
            (Milliseconds, json!(20_000), 20_000),
            (Milliseconds, json!("1500.6"), 1_501),
            (Seconds, json!(315_360_000), Lifetime::LONGEST_MS),
        ] {
            assert_eq!(told(form, member.clone()), Lifetime::Told(ms), "{member}");
        }
    }

    #[test]
    fn what_is_no_lifetime_stays_unknown_with_the_words_of_the_server() {
        for (member, words) in [
            (json!(0), "0"),
            (json!(-1), "-1"),
            (json!("soon"), "soon"),
            (json!("NaN"), "NaN"),
            (json!("inf"), "inf"),
            (json!(1e300), "1e+300"),
            (json!(315_360_001), "315360001"),
            (json!(true), "true"),
            (json!(""), ""),
            (json!("2025-11-23T12:00:20Z"), "2025-11-23T12:00:20Z"),
        ] {
            assert_eq!(told(LifetimeForm::Seconds, member), unknown(words), "{words}");
        }
        assert_eq!(
            read(LifetimeForm::Seconds, None, None, NO_JWT, BY_DATE),
            Lifetime::Unknown(None)
        );
        assert_eq!(told(LifetimeForm::Absent, json!(20)), Lifetime::Unknown(None));
    }

    #[test]
    fn an_end_becomes_a_lifetime_by_the_date_of_the_answer() {
        for end in [
            json!(NOON / 1_000 + 20),
            json!(NOON + 20_000),
            json!((NOON + 20_000).to_string()),
            json!("2025-11-23T12:00:20Z"),
            json!("2025-11-23T20:00:20.000+08:00"),
        ] {
            let lifetime = told(LifetimeForm::Absolute, end.clone());
            assert_eq!(lifetime, Lifetime::Told(20_000), "{end}");
        }
        let fraction = told(LifetimeForm::Absolute, json!("2025-11-23T12:00:20.125Z"));
        assert_eq!(fraction, Lifetime::Told(20_125));
    }

    #[test]
    fn an_end_in_the_past_or_in_the_year_9999_is_no_lifetime() {
        for end in [
            "9999-12-31T23:59:59Z",
            "253402300799",
            "253402300799000",
            "2025-11-23T12:00:00Z",
            "1999-01-01T00:00:00Z",
            "tomorrow",
        ] {
            assert_eq!(told(LifetimeForm::Absolute, json!(end)), unknown(end));
        }
    }

    #[test]
    fn without_a_date_the_birth_of_the_token_counts_then_a_corrected_clock_then_none() {
        let end = json!("2025-11-23T12:00:20Z");
        let born = Times { exp: None, iat: Some(NOON - 1_000) };
        let corrected = Moments { date: None, corrected: Some(Wall(NOON - 2_000)) };
        let lifetime =
            |token, moments| read(LifetimeForm::Absolute, Some(&end), None, token, moments);
        assert_eq!(lifetime(born, BY_DATE), Lifetime::Told(20_000));
        assert_eq!(lifetime(born, corrected), Lifetime::Told(21_000));
        assert_eq!(lifetime(NO_JWT, corrected), Lifetime::Told(22_000));
        assert_eq!(lifetime(NO_JWT, NO_CLOCK), unknown("2025-11-23T12:00:20Z"));
    }

    #[test]
    fn expires_in_wins_over_an_absolute_end() {
        let end = json!("2025-11-23T12:00:20Z");
        let seconds = json!(30);
        let jwt = Times { exp: Some(NOON + 20_000), iat: None };
        for form in [LifetimeForm::Absolute, LifetimeForm::JwtExp] {
            let lifetime = read(form, Some(&end), Some(&seconds), jwt, BY_DATE);
            assert_eq!(lifetime, Lifetime::Told(30_000), "{form:?}");
            let useless = read(form, Some(&end), Some(&json!(0)), jwt, BY_DATE);
            assert_eq!(useless, Lifetime::Told(20_000), "{form:?}");
        }
    }

    #[test]
    fn the_end_in_a_jwt_counts_from_the_date_of_the_answer_or_from_its_own_birth() {
        let jwt = Times { exp: Some(NOON + 300_000), iat: Some(NOON - 5_000) };
        let lifetime = |token, moments| read(LifetimeForm::JwtExp, None, None, token, moments);
        assert_eq!(lifetime(jwt, BY_DATE), Lifetime::Told(300_000));
        assert_eq!(lifetime(jwt, NO_CLOCK), Lifetime::Told(305_000));
        assert_eq!(lifetime(NO_JWT, BY_DATE), Lifetime::Unknown(None));
        let past = Times { exp: Some(NOON - 1_000), iat: None };
        assert_eq!(lifetime(past, BY_DATE), unknown("exp 1763899199"));
    }

    #[test]
    fn the_words_of_no_lifetime_are_cut_after_they_were_redacted() {
        let mut redactor = Redactor::new(keeper::ports::Marks::fresh());
        redactor.token("a-token/of-many/words");
        let said = format!("{} a-token/of-many/words", "no ".repeat(10));
        let lifetime = clean(told(LifetimeForm::Seconds, json!(said)), &redactor);
        let Lifetime::Unknown(Some(words)) = lifetime else { panic!("{lifetime:?}") };
        assert!(!words.contains("a-token") && words.chars().count() == 41, "{words}");
    }
}
