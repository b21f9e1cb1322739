//! What an answer's body is.

use crate::pointer;
use crate::transport::{Arrived, Whole};
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// How HTML begins. A content type alone proves nothing: PHP says `text/html` over JSON.
const TAGS: [&str; 8] =
    ["<!doctype html", "<html", "<head", "<body", "<title", "<script", "<meta", "<!--"];
/// A longer code is a sentence.
const LONGEST_CODE: usize = 64;

/// A body, looked at once. No `Debug`: it may hold tokens.
pub(crate) struct Body {
    json: Option<Value>,
    kind: Kind,
    says_json: bool,
    form: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Html,
    Other,
}

impl Body {
    pub(crate) fn of(came: &Arrived) -> Self {
        let bytes = came.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&came.body);
        let content_type = came.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
        let says = |kind: &str| content_type.split(';').next().is_some_and(|c| c.contains(kind));
        // Half an object may parse as a whole number: what is not whole is not believed.
        let json = (came.whole == Whole::Yes).then(|| serde_json::from_slice(bytes).ok()).flatten();
        let start: String = String::from_utf8_lossy(bytes.get(..256).unwrap_or(bytes))
            .trim_start()
            .to_ascii_lowercase();
        let kind = if start.is_empty() {
            Kind::Empty
        } else if json.is_none()
            && (TAGS.iter().any(|tag| start.starts_with(tag))
                || (says("html") && !start.starts_with(['{', '['])))
        {
            Kind::Html
        } else {
            Kind::Other
        };
        Self { json, kind, says_json: says("json"), form: false }
    }

    /// The same of an OAuth server's answer, which some give as a form, under whatever content type.
    /// Its members are read as those of a JSON object.
    pub(crate) fn in_oauth(came: &Arrived) -> Self {
        let body = Self::of(came);
        if body.json.is_some() || came.whole != Whole::Yes {
            return body;
        }
        match form(&came.body) {
            Some(json) => Self { json: Some(json), kind: Kind::Other, form: true, ..body },
            None => body,
        }
    }

    /// Whether it came as a form.
    pub(crate) fn is_form(&self) -> bool {
        self.form
    }

    /// The body, where it is whole JSON of any kind.
    pub(crate) fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// JSON that a server meant as such: an object or a list, or anything under a JSON content type.
    /// A page that says `404` is no JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json.as_ref().is_some_and(|json| self.says_json || json.is_object() || json.is_array())
    }

    pub(crate) fn is_html(&self) -> bool {
        self.kind == Kind::Html
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kind == Kind::Empty
    }

    /// The `error` member of RFC 6749 section 5.2, in the envelope or outside.
    pub(crate) fn error(&self, envelope: &str) -> Option<&str> {
        pointer::find_text(self.json.as_ref()?, envelope, "/error")
            .or_else(|| pointer::find_text(self.json.as_ref()?, envelope, "/error/code"))
    }

    /// An error code in one of the usual places: evidence, not a verdict.
    pub(crate) fn code(&self, envelope: &str) -> Option<String> {
        let json = self.json.as_ref()?;
        let places = ["/error", "/error/code", "/error_code", "/errorCode", "/code", "/errcode"];
        places.iter().find_map(|place| {
            let member = pointer::find(json, envelope, place)?;
            let number = || member.as_i64().map(|number| number.to_string());
            member.as_str().map(str::to_owned).or_else(number).filter(|code| is_code(code))
        })
    }
}

/// A form that says what an OAuth server says, and nothing that only looks like one.
fn form(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '<') {
        return None;
    }
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    let members: Map<String, Value> =
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    let told = ["access_token", "device_code", "error"];
    told.iter().any(|name| members.contains_key(*name)).then_some(Value::Object(members))
}

fn is_code(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    !text.is_empty() && text.len() <= LONGEST_CODE && text.chars().all(legal)
}
