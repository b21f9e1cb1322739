//! How values of a stranger's token stand in a sentence.

use crate::evidence::turns_text;
use crate::redact::without_secrets;
use serde_json::Value;

/// So many characters of a value are shown.
const SHOWN: usize = 80;
/// As much of a value is looked at.
const READ: usize = 2_000;

/// A text in quotes, redacted, and cut after that: half a token might not look like one.
pub(super) fn quoted(text: &str) -> String {
    let read: String = text.chars().take(READ).collect();
    let safe = without_secrets(&read);
    let mut shown: String =
        safe.chars().filter(|&c| !c.is_control() && !turns_text(c)).take(SHOWN).collect();
    if safe.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// A value as the token has it.
pub(super) fn told(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null => "null".into(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            quoted(&value.to_string())
        }
    }
}
