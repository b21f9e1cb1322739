//! One request and its answer as people are shown them: redacted first, then cut.

use crate::classify::{Body, Named};
use crate::redact::{HIDDEN, Redactor, secret_name};
use crate::transport::{Arrived, Outgoing, Payload, Timing};
use engine::{Exchange, Failure};
use http::header::{
    AGE, CONTENT_TYPE, COOKIE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    SET_COOKIE, WWW_AUTHENTICATE,
};
use serde_json::Value;
use url::Url;

/// A JSON body is shown up to about here, in bytes.
const JSON_SHOWN: usize = 2_048;
/// Any other body is shown up to here, in characters.
const TEXT_SHOWN: usize = 300;
/// As much of another body is looked at, so that a megabyte of it costs nothing.
const TEXT_READ: usize = 16 * 1_024;
/// One header, or one line of a body, is shown up to here, in characters.
const LINE_SHOWN: usize = 300;

/// What came of a request is told up to here, in characters.
const DETAIL_SHOWN: usize = 1_000;
/// So many members of a form that came are shown.
const FORM_SHOWN: usize = 40;
/// So many headers of an answer are shown.
const HEADERS_SHOWN: usize = 20;
/// What stands for a text that is nobody's business.
const LEFT_OUT: &str = "‹…›";
/// Parts of names of members that tell how long something lasts.
const LASTING: [&str; 4] = ["expir", "lifetime", "valid", "issued"];
/// A time or a lifetime is no longer than this, in characters.
const LONGEST_TIME: usize = 40;

/// How much of an answer's body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// All of it, redacted: the evidence of what went wrong.
    Whole,
    /// Its members' names, and only such values as tell how the session stands: what is written down
    /// of an answer that was good outlives the sign-out, and may be all that a server knows of a person.
    Shape,
    /// All of it but what was sent: a server publishes it for everybody, and its addresses, whose names
    /// speak of tokens and keys, are what people look for.
    Public,
}

/// The headers of an answer that say something about a failure.
const TELLING: [HeaderName; 6] = [DATE, AGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, LOCATION];

/// What is shown of one request and of what came back, if anything did.
pub(crate) fn exchange(
    sent: &Outgoing,
    timing: Timing,
    came: Option<(&Arrived, &Body)>,
    redactor: &Redactor,
    told: Told,
    code: Option<String>,
    detail: &str,
) -> Exchange {
    Exchange {
        at_ms: timing.asked.wall.0,
        took_ms: timing.took_ms(),
        method: sent.method.to_string(),
        url: shown_url(&sent.url),
        request: request_lines(sent, redactor),
        status: came.map(|(came, _)| came.status),
        response: came
            .map_or_else(Vec::new, |(came, body)| response_lines(came, body, redactor, told)),
        code: code.map(|code| cut(&redactor.text(&code), LINE_SHOWN)),
        detail: cut(&redactor.text(detail), DETAIL_SHOWN),
    }
}

/// A request that failed, with its name and what shows it.
pub(crate) fn failure(
    sent: &Outgoing,
    timing: Timing,
    came: Option<(&Arrived, &Body)>,
    redactor: &Redactor,
    named: Named,
) -> Box<Failure> {
    let Named { class, code, retry_after_ms, detail } = named;
    let exchange = exchange(sent, timing, came, redactor, Told::Whole, code, &detail);
    Box::new(Failure { class, retry_after_ms, exchange })
}

/// An address without query, fragment or credentials. What is left stands in the settings, in clear:
/// hiding a word of it that happens to be the password would only tell which.
fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Refused for an address that cannot have any: then there is nothing to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// The headers and body that were sent.
fn request_lines(sent: &Outgoing, redactor: &Redactor) -> Vec<String> {
    let mut lines: Vec<String> = sent
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", sent_header(name, value, redactor)))
        .collect();
    if let Some(body) = &sent.body {
        lines.push(String::new());
        match body {
            Payload::Json(json) => lines.extend(json_lines(&redactor.json(json))),
            Payload::Form(form) => lines.extend(sent_form(form, redactor)),
        }
    }
    lines
}

/// A form that was sent, a parameter a line, decoded.
fn sent_form(form: &str, redactor: &Redactor) -> Vec<String> {
    url::form_urlencoded::parse(form.as_bytes())
        .map(|(name, value)| {
            let line = format!("{name}={}", redactor.parameter(&name, &value));
            cut(&line, LINE_SHOWN)
        })
        .collect()
}

/// A form that came, read and redacted, a member a line.
fn form_lines(redacted: &Value) -> Vec<String> {
    let members = redacted.as_object().into_iter().flatten();
    members
        .take(FORM_SHOWN)
        .map(|(name, value)| {
            let value = value.as_str().unwrap_or_default();
            cut(&format!("{name}={value}"), LINE_SHOWN)
        })
        .collect()
}

fn sent_header(name: &HeaderName, value: &HeaderValue, redactor: &Redactor) -> String {
    let Ok(value) = value.to_str() else { return HIDDEN.to_owned() };
    if name == COOKIE {
        let marks = value.split("; ").map(|pair| match pair.split_once('=') {
            Some((name, value)) => {
                format!("{}={}", cookie_name(name, redactor), redactor.mark(value))
            }
            None => redactor.mark(pair),
        });
        return cut(&marks.collect::<Vec<_>>().join("; "), LINE_SHOWN);
    }
    let shown = redactor.text(value);
    if shown != value || !secret_name(name.as_str()) {
        return cut(&shown, LINE_SHOWN);
    }
    // A secret of the account's own headers: the scheme may be seen.
    match value.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} {HIDDEN}"),
        None => HIDDEN.to_owned(),
    }
}

/// A cookie's name comes from the server and ends in a command: only what stands in names stays.
fn cookie_name(name: &str, redactor: &Redactor) -> String {
    let shown = redactor.text(name);
    let in_mark = |c: char| shown != name && " ‹›".contains(c);
    let in_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c) || in_mark(c);
    shown.chars().map(|c| if in_name(c) { c } else { '\u{fffd}' }).collect()
}

/// The telling headers and the body that came.
fn response_lines(came: &Arrived, body: &Body, redactor: &Redactor, told: Told) -> Vec<String> {
    let mut lines = header_lines(&came.headers, redactor);
    if let Some(json) = body.json() {
        lines.push(String::new());
        let shown = match told {
            Told::Whole => redactor.json(json),
            Told::Shape => shape("", redactor.json(json)),
            Told::Public => redactor.public_json(json),
        };
        lines.extend(if body.is_form() { form_lines(&shown) } else { json_lines(&shown) });
    } else if !came.body.is_empty() {
        lines.push(String::new());
        lines.push(match told {
            Told::Whole | Told::Public => text_excerpt(&came.body, redactor),
            Told::Shape => LEFT_OUT.to_owned(),
        });
    }
    lines
}

fn header_lines(headers: &HeaderMap, redactor: &Redactor) -> Vec<String> {
    let mut lines = Vec::new();
    for name in TELLING {
        for value in headers.get_all(&name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = if name == LOCATION {
                value.split(['?', '#']).next().unwrap_or_default()
            } else {
                &value
            };
            lines.push(format!("{name}: {}", cut(&redactor.text(value), LINE_SHOWN)));
        }
    }
    for cookie in crate::cookies::set_by(headers) {
        let name = cookie_name(cookie.name(), redactor);
        lines.push(format!("{}=…", cut(&format!("{SET_COOKIE}: {name}"), LINE_SHOWN)));
    }
    let more = lines.len().saturating_sub(HEADERS_SHOWN);
    lines.truncate(HEADERS_SHOWN);
    if more > 0 {
        lines.push(format!("… {more} more headers"));
    }
    lines
}

/// What is left of redacted JSON that is told by its shape; `name` is the member's.
fn shape(name: &str, shown: Value) -> Value {
    match shown {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, inner)| {
                let inner = shape(&name, inner);
                (name, inner)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| shape(name, item)).collect(),
        Value::String(text) if is_mark(&text) || tells_a_time(name, &text) => Value::String(text),
        Value::String(_) => LEFT_OUT.into(),
        plain @ (Value::Number(_) | Value::Bool(_) | Value::Null) => plain,
    }
}

/// Whether this is a mark and nothing else.
fn is_mark(text: &str) -> bool {
    let inside = text.strip_prefix('‹').and_then(|rest| rest.strip_suffix('›'));
    text == HIDDEN
        || inside.is_some_and(|it| {
            it.starts_with("token ") && !it.contains(['‹', '›']) && it.len() == 12
        })
}

fn tells_a_time(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LASTING.iter().any(|part| name.contains(part)) && text.chars().count() <= LONGEST_TIME
}

fn json_lines(redacted: &Value) -> Vec<String> {
    let pretty = serde_json::to_string_pretty(redacted).unwrap_or_default();
    let (mut lines, mut shown) = (Vec::new(), 0);
    let mut left = pretty.lines();
    for line in left.by_ref() {
        let line = cut(line, LINE_SHOWN);
        shown += line.len();
        lines.push(line);
        if shown >= JSON_SHOWN {
            break;
        }
    }
    let more = left.count();
    if more > 0 {
        lines.push(format!("… {more} more lines"));
    }
    lines
}

/// The beginning of HTML, text or torn JSON, on one line.
fn text_excerpt(body: &[u8], redactor: &Redactor) -> String {
    let read = body.get(..TEXT_READ).unwrap_or(body);
    let text = String::from_utf8_lossy(read);
    let mut text: Vec<&str> = text.split_whitespace().collect();
    // The last word may be half a secret, which nobody would know. Where there is but one word, its
    // end is far behind what is shown.
    if read.len() < body.len() && text.last().is_some_and(|last| last.len() < read.len()) {
        text.pop();
    }
    let text = text.join(" ");
    let shown = if text.trim_start_matches('\u{feff}').starts_with(['{', '[', '"']) {
        redactor.torn_json(&text)
    } else {
        redactor.text(&text)
    };
    cut(&shown, TEXT_SHOWN)
}

/// Characters that turn the order of those around them: a server could show one thing and say another.
pub(crate) fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

/// At most so many characters, none of which moves the cursor or the others.
fn cut(text: &str, characters: usize) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() || turns_text(c) { '\u{fffd}' } else { c })
        .take(characters)
        .collect();
    if text.chars().nth(characters).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::ports::Marks;

    #[test]
    fn half_a_secret_where_the_reading_ends_is_not_shown() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.password("correct horse");
        redactor.token("battery-staple");
        let body = format!("busy{}battery-staple again", " ".repeat(TEXT_READ - 11));
        assert_eq!(text_excerpt(body.as_bytes(), &redactor), "busy");
        let whole = format!("busy{}battery-staple", " ".repeat(100));
        assert!(text_excerpt(whole.as_bytes(), &redactor).starts_with("busy ‹token "));
        let one = "x".repeat(TEXT_READ + 1);
        assert_eq!(text_excerpt(one.as_bytes(), &redactor).chars().count(), TEXT_SHOWN + 1);
    }
}
