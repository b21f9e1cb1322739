//! JSON pointers (RFC 6901), read in answers and written in requests.

use serde_json::{Map, Value};

/// The member that `pointer` names: below `envelope` where that is there, else from the top. `null`
/// and an empty pointer are "not there".
pub(crate) fn find<'a>(answer: &'a Value, envelope: &str, pointer: &str) -> Option<&'a Value> {
    if pointer.is_empty() {
        return None;
    }
    let enveloped = || answer.pointer(envelope).and_then(|inside| inside.pointer(pointer));
    let enveloped = if envelope.is_empty() { None } else { enveloped() };
    enveloped
        .filter(|value| !value.is_null())
        .or_else(|| answer.pointer(pointer))
        .filter(|value| !value.is_null())
}

/// The text that `pointer` names, unless it is blank: an empty string is a missing token.
pub(crate) fn find_text<'a>(answer: &'a Value, envelope: &str, pointer: &str) -> Option<&'a str> {
    find(answer, envelope, pointer)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Puts `value` where `pointer` says, making the objects on the way. An empty pointer puts nothing.
pub(crate) fn put(body: &mut Map<String, Value>, pointer: &str, value: Value) {
    let segments: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    put_at(body, &segments, value);
}

fn put_at(object: &mut Map<String, Value>, segments: &[String], value: Value) {
    let Some((first, rest)) = segments.split_first() else { return };
    if rest.is_empty() {
        object.insert(first.clone(), value);
        return;
    }
    let inner = object.entry(first.clone()).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Some(inner) = inner.as_object_mut() {
        put_at(inner, rest, value);
    }
}

/// `~1` before `~0`, as RFC 6901 section 4 says: `~01` is `~1`, not `/`.
fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// Why `pointer` is no JSON pointer, in words for the person.
pub(crate) fn mistake(pointer: &str) -> Option<String> {
    if pointer.is_empty() {
        return None;
    }
    if !pointer.starts_with('/') {
        return Some(format!("start with a slash: /{pointer}"));
    }
    let mut rest = pointer.split('~').skip(1);
    if rest.any(|after| !after.starts_with(['0', '1'])) {
        return Some("write ~0 for ~ and ~1 for a slash inside a name".to_owned());
    }
    None
}

/// Whether writing one of these would overwrite the other.
pub(crate) fn collide(one: &str, other: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_members_are_made_on_the_way() {
        let mut body = Map::new();
        put(&mut body, "/auth/user/name", "alice".into());
        put(&mut body, "/auth/password", "pw".into());
        put(&mut body, "/a~1b~0c", 1.into());
        put(&mut body, "", "nowhere".into());
        let expected = json!({"auth": {"user": {"name": "alice"}, "password": "pw"}, "a/b~c": 1});
        assert_eq!(Value::Object(body), expected);
    }

    #[test]
    fn an_envelope_is_used_where_it_is_there() {
        let enveloped = json!({"token": "outer", "data": {"token": "inner"}});
        assert_eq!(find_text(&enveloped, "/data", "/token"), Some("inner"));
        assert_eq!(find_text(&json!({"token": "t"}), "/data", "/token"), Some("t"));
        let hollow = json!({"token": "t", "data": {"token": null}});
        assert_eq!(find_text(&hollow, "/data", "/token"), Some("t"));
        assert_eq!(find_text(&json!({"data": null}), "/data", "/token"), None);
        assert_eq!(find_text(&json!({"token": "  "}), "", "/token"), None);
        assert_eq!(find_text(&json!({"": "t"}), "", ""), None);
    }

    #[test]
    fn what_is_no_pointer_is_explained() {
        assert!(mistake("").is_none());
        assert!(mistake("/a/b~0c~1d").is_none());
        assert!(mistake("token").unwrap().contains("/token"));
        assert!(mistake("/a~b").is_some());
    }

    #[test]
    fn two_fields_in_one_place_collide() {
        assert!(collide("/a", "/a"));
        assert!(collide("/a", "/a/b"));
        assert!(!collide("/a", "/ab"));
        assert!(!collide("/a/b", "/a/c"));
    }
}
