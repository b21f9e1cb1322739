//! One way to write a JSON value down, whatever order its members came in: the bytes that seal and
//! checksum are made over.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The value with its members sorted, without white space.
///
/// Not `serde_json::to_vec`: whether that sorts depends on a feature that any crate in the tree may
/// turn on, and the store plugin writes its members in no order at all.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &mut out);
    out.into_bytes()
}

/// SHA-256 of the canonical bytes, in hexadecimal.
pub(crate) fn checksum(value: &Value) -> String {
    Sha256::digest(canonical(value)).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}
