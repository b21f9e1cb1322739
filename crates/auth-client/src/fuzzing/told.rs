//! An answer as an input tells it, and secrets that must not be shown.

use super::Held;
use crate::transport::{Arrived, Timing, Whole};
use bytes::Bytes;
use engine::{Boot, Exchange, Now, Wall};
use http::{HeaderMap, HeaderName, HeaderValue};

/// 2025-11-23T12:00:00Z, in milliseconds since 1970.
pub(crate) const NOON: i64 = 1_763_899_200_000;

/// The access token of the session in every input.
pub(crate) const ACCESS: &str = "canary-access-7f3k9d2m";
/// Its refresh token; or the value of its cookie.
pub(crate) const REFRESH: &str = "canary-refresh-8h4j1q6w";
/// Its ID token.
pub(crate) const ID_TOKEN: &str = "canary-id-0v5x3z8n";
/// The password that a sign-in sends.
pub(crate) const PASSWORD: &str = "canary-password-5t2r";
/// The client's secret.
pub(crate) const CLIENT_SECRET: &str = "canary-client-6y9u1b";
/// The code that is exchanged, or the code of a device.
pub(crate) const CODE: &str = "canary-code-4p7s2g";
/// What is in a header of the account.
pub(crate) const HEADER: &str = "canary-header-3e8w5c";

/// So many headers of an answer are read by hyper.
const MOST_HEADERS: usize = 100;

/// The sentence, unless it holds.
pub(crate) fn holds(it: bool, sentence: impl FnOnce() -> String) -> Held {
    if it { Ok(()) } else { Err(sentence()) }
}

/// A request that left at noon, was heard after 120 ms and over after 150 ms.
pub(crate) fn timing() -> Timing {
    let asked = Now { wall: Wall(NOON), boot: Boot(1_000) };
    Timing { asked, heard: Boot(1_120), done: Boot(1_150) }
}

/// An input: a line of words that choose how it is read (a status among them), header lines up to an
/// empty one, and the body.
pub(crate) struct Told<'a> {
    words: Vec<&'a str>,
    pub(crate) came: Arrived,
}

impl<'a> Told<'a> {
    pub(crate) fn of(input: &'a [u8]) -> Self {
        let (first, mut rest) = line(input);
        let words: Vec<&str> =
            std::str::from_utf8(first).unwrap_or_default().split_whitespace().collect();
        let status = words.iter().find_map(|word| word.parse().ok());
        let mut headers = HeaderMap::new();
        while !rest.is_empty() {
            let (header, after) = line(rest);
            rest = after;
            if header.is_empty() {
                break;
            }
            if headers.len() < MOST_HEADERS
                && let Some((name, value)) = header_of(header)
            {
                headers.append(name, value);
            }
        }
        let whole = match () {
            () if words.contains(&"torn") => Whole::Torn,
            () if words.contains(&"large") => Whole::TooLarge,
            () => Whole::Yes,
        };
        let status = status.filter(|status| (200..1_000).contains(status)).unwrap_or(200);
        let came = Arrived { status, headers, body: Bytes::copy_from_slice(rest), whole };
        Self { words, came }
    }

    /// Whether the first line has this word.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.words.contains(&word)
    }
}

fn line(from: &[u8]) -> (&[u8], &[u8]) {
    let end = from.iter().position(|byte| *byte == b'\n').unwrap_or(from.len());
    let (line, rest) = from.split_at(end);
    (line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..).unwrap_or_default())
}

fn header_of(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let value = value.get(1..)?.trim_ascii();
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
}

/// The secrets that an exchange knows, and how much of them an input has.
pub(crate) struct Planted {
    known: &'static [&'static str],
    /// Nothing in the input but the secrets themselves speaks of canaries, so that a piece of one that
    /// is shown was cut out of a secret.
    whole_only: bool,
}

impl Planted {
    pub(crate) fn of(input: &[u8], known: &'static [&'static str]) -> Self {
        let text = String::from_utf8_lossy(input).into_owned();
        let rest = known.iter().fold(text, |text, secret| text.replace(secret, ""));
        let escaped = rest.contains(['\\', '%', '&']) || !rest.is_ascii();
        Self { known, whole_only: !escaped && !rest.to_ascii_lowercase().contains("cana") }
    }

    /// Nothing of the secrets is shown here.
    pub(crate) fn are_not_in(&self, shown: &str) -> Held {
        if let Some(secret) = self.known.iter().find(|secret| shown.contains(**secret)) {
            return Err(format!("{secret} is shown: {shown}"));
        }
        holds(!self.whole_only || !shown.contains("canary-"), || {
            format!("a piece of a secret is shown: {shown}")
        })
    }

    /// The same for all that people may see of an exchange.
    pub(crate) fn are_not_told(&self, exchange: &Exchange) -> Held {
        let Exchange {
            at_ms: _,
            took_ms: _,
            method,
            url,
            request,
            status: _,
            response,
            code,
            detail,
        } = exchange;
        for line in request.iter().chain(response).chain(code).chain([method, url, detail]) {
            self.are_not_in(line)?;
            holds(!line.contains(char::is_control), || format!("a line of evidence: {line:?}"))?;
        }
        let size: usize = response.iter().map(String::len).sum();
        holds(size < 64 * 1_024, || format!("{size} bytes of an answer are shown"))
    }
}
