//! What looks like a secret, by its name or by itself.

use super::HIDDEN;
use serde_json::Value;

/// Parts of names that say "secret".
const SECRET_PARTS: [&str; 16] = [
    "token",
    "passw",
    "pwd",
    "secret",
    "cookie",
    "jwt",
    "session",
    "key",
    "code",
    "credential",
    "auth",
    "otp",
    "assertion",
    "signature",
    "bearer",
    "csrf",
];
/// Names that are tokens in some APIs (djangorestframework-simplejwt) and plain words inside others.
const SECRET_NAMES: [&str; 6] = ["access", "refresh", "pin", "pass", "sid", "xsrf"];
/// Parts of names that speak about a secret and do not hold it: `token_type`, `tokenExpires`.
const HARMLESS_PARTS: [&str; 8] =
    ["type", "class", "expir", "lifetime", "valid", "issued", "scope", "author_"];

/// Shorter than this is none of those names, and none has such a part: most words of a long text need
/// no other look.
const SHORTEST_NAME: usize = 3;

/// Parameters of OAuth's requests that hold what is used once, or proves who asks.
pub(super) const SINGLE_USE: [&str; 4] = ["code", "code_verifier", "client_secret", "device_code"];
/// Those that hold what stands in the settings, or in the standard.
pub(super) const IN_CLEAR: [&str; 7] =
    ["client_id", "grant_type", "redirect_uri", "resource", "audience", "scope", "token_type_hint"];

/// So many letters, large and small mixed, are no word.
const MIXED_FROM: usize = 32;
/// A run this long, with letters and digits in it, is no word.
const RANDOM_FROM: usize = 20;
/// After a secret name, a shorter run without a digit is a word: `token: expired`.
const VALUE_FROM: usize = 16;

/// Whether a member, parameter or header of this name holds a secret.
pub(crate) fn secret_name(name: &str) -> bool {
    if name.len() < SHORTEST_NAME {
        return false;
    }
    let name = name.to_ascii_lowercase();
    if HARMLESS_PARTS.iter().any(|part| name.contains(part)) {
        return false;
    }
    SECRET_NAMES.contains(&name.as_str()) || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Whether this is an error code: the evidence that people look for.
pub(super) fn plain_code(name: &str, value: &Value) -> bool {
    let name = name.to_ascii_lowercase();
    if !name.ends_with("code") || name.contains("auth") {
        return false;
    }
    let word = |text: &str| {
        text.len() <= 48 && text.chars().all(|c| c.is_ascii_alphabetic() || "_-. ".contains(c))
    };
    // Statuses and error numbers are short; one-time codes begin at six digits.
    value.as_i64().is_some_and(|number| number.abs() < 100_000) || value.as_str().is_some_and(word)
}

/// Hides what looks like a token, and what stands after a name that says so (`token=…`,
/// `Bearer …`).
pub(super) fn hide_in_text(text: &str, shown_as: impl Fn(&str) -> String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // What the last run announces: nothing, a value after `=` or `:`, or a value after a space.
    let mut before = Announces::Nothing;
    while let Some(start) = rest.find(in_run) {
        let (gap, from) = rest.split_at(start);
        let end = from.find(|c| !in_run(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        shown.push_str(gap);
        if looks_random(run) || (before.met_by(gap) && looks_like_a_value(run)) {
            shown.push_str(&shown_as(run));
        } else {
            shown.push_str(run);
        }
        before = Announces::by(run);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Text without anything that looks like a JWT, a long random run, or what stands after `Bearer`: a
/// last net for text that is redacted already, marks and error codes in it stay as they are.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_scheme = false;
    while let Some(start) = rest.find(in_run) {
        let (gap, from) = rest.split_at(start);
        let end = from.find(|c| !in_run(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        let carried = after_scheme && gap.trim().is_empty() && looks_like_a_value(run);
        shown.push_str(gap);
        shown.push_str(if carried || looks_random(run) { HIDDEN } else { run });
        after_scheme = matches!(Announces::by(run), Announces::AfterSpace);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

enum Announces {
    Nothing,
    AfterAssignment,
    AfterSpace,
}

impl Announces {
    fn by(run: &str) -> Self {
        if ["bearer", "basic", "jwt"].iter().any(|scheme| run.eq_ignore_ascii_case(scheme)) {
            Self::AfterSpace
        } else if secret_name(run) {
            Self::AfterAssignment
        } else {
            Self::Nothing
        }
    }

    fn met_by(&self, gap: &str) -> bool {
        let only = |allowed: &str| gap.chars().all(|c| c.is_whitespace() || allowed.contains(c));
        match self {
            Self::Nothing => false,
            Self::AfterAssignment => gap.contains(['=', ':']) && only("=:\"'&;"),
            Self::AfterSpace => !gap.is_empty() && only(":"),
        }
    }
}

fn in_run(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '+' | '%')
}

/// A JWT, a UUID, a hash, random text: long, and letters mixed with digits.
fn looks_random(run: &str) -> bool {
    if run.len() < RANDOM_FROM {
        return false;
    }
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    let jwt = run.starts_with("eyJ");
    jwt || (digits > 0 && letters > 0) || (run.len() >= 24 && digits == run.len())
}

/// Whether this is as a whole what tokens are, in any form of base64: long, without white space, and
/// mixed as no word is. A path begins with a slash, unless padding ends it.
pub(super) fn is_token_like(text: &str) -> bool {
    let in_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    if text.len() < RANDOM_FROM || !text.chars().all(in_base64) {
        return false;
    }
    let count = |of: fn(&char) -> bool| text.chars().filter(of).count();
    let (upper, lower) = (count(char::is_ascii_uppercase), count(char::is_ascii_lowercase));
    let mixed = upper > 0 && lower > 0;
    let padded = text.len().is_multiple_of(4) && text.ends_with('=');
    let random = mixed && (count(char::is_ascii_digit) > 0 || upper + lower >= MIXED_FROM);
    (mixed && padded) || (random && !text.starts_with('/'))
}

fn looks_like_a_value(run: &str) -> bool {
    run.len() >= VALUE_FROM || run.chars().any(|c| c.is_ascii_digit())
}

/// Hides every text value in a piece of JSON that cannot be parsed, the last, torn one included.
/// Names stay: what is followed by a colon cannot be told from a value before it is whole, so a text
/// is a name where an object expects one.
pub(super) fn hide_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut name_next = false;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '"' {
            match c {
                '{' | '[' => open.push(c),
                '}' | ']' => {
                    open.pop();
                }
                _ => {}
            }
            name_next = match c {
                '{' => true,
                ',' => open.last() == Some(&'{'),
                _ => name_next && c.is_whitespace(),
            };
            shown.push(c);
            continue;
        }
        let mut string = String::new();
        let mut whole = false;
        while let Some(c) = characters.next() {
            if c == '"' {
                whole = true;
                break;
            }
            string.push(c);
            if c == '\\' {
                string.extend(characters.next());
            }
        }
        shown.push('"');
        shown.push_str(if name_next && whole { &string } else { HIDDEN });
        shown.push('"');
        name_next = false;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_plain_text_are_hidden() {
        for (text, secret) in [
            ("access_token=ab12&token_type=bearer", "ab12"),
            ("Authorization: Bearer abc123", "abc123"),
            ("<input name=\"csrf\" value=\"Zm9vYmFyYmF6cXV4MTIz\">", "Zm9v"),
            ("session: 9f8e7d", "9f8e7d"),
            ("id 123e4567-e89b-12d3-a456-426614174000 failed", "123e4567"),
            ("password='hunter2'", "hunter2"),
        ] {
            let shown = hide_in_text(text, |_| HIDDEN.to_owned());
            assert!(!shown.contains(secret) && shown.contains('‹'), "{shown}");
        }
    }

    #[test]
    fn the_shortest_name_of_a_secret_is_looked_at() {
        let shortest = SECRET_PARTS.iter().chain(&SECRET_NAMES).map(|name| name.len()).min();
        assert_eq!(shortest, Some(SHORTEST_NAME));
    }

    #[test]
    fn prose_is_left_alone() {
        for text in [
            "The token has expired.",
            "token: expired",
            "Sun, 23 Nov 2025 12:00:00 GMT",
            "https://auth.example.com/api/refresh_token",
            "text/html; charset=utf-8",
            "Bearer error=\"invalid_token\", realm=\"demo\"",
            "SessionKeeper/0.1.0",
        ] {
            assert_eq!(hide_in_text(text, |_| HIDDEN.to_owned()), text);
            assert_eq!(without_secrets(text), text);
        }
    }

    #[test]
    fn words_paths_and_dates_are_no_tokens() {
        for text in [
            "/api/v2/Users/CurrentAccount",
            "America/Argentina/Buenos_Aires",
            "ERROR_TOKEN_NOT_VALID_ANY_MORE_BECAUSE",
            "given-token-not-valid-for-any-token-type",
            "AuthenticationFailedException",
            "2025-11-23T12:00:00+01:00",
            "Given token not valid for any token type 2B",
        ] {
            assert!(!is_token_like(text), "{text}");
        }
        assert!(is_token_like("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"));
    }

    #[test]
    fn torn_json_keeps_its_names_only() {
        let torn = r#"{"token":"abc","n":20,"list":["x","y"],"in":{"q\"t":"z"},"refreshToken":"de"#;
        let shown = hide_values(torn);
        assert_eq!(
            shown,
            "{\"token\":\"‹hidden›\",\"n\":20,\"list\":[\"‹hidden›\",\"‹hidden›\"],\
             \"in\":{\"q\\\"t\":\"‹hidden›\"},\"refreshToken\":\"‹hidden›\""
        );
    }
}
