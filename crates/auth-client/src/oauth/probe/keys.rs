//! What kinds of keys a server signs with (RFC 7517).

use serde_json::{Map, Value};

/// So many kinds are named.
const NAMED: usize = 6;

/// How many keys there are that somebody without a secret can check by, and of which kinds.
pub(super) fn kinds(document: &Map<String, Value>) -> (usize, String) {
    let keys = document.get("keys").and_then(Value::as_array);
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    let mut count = 0;
    for key in keys.into_iter().flatten() {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|it| it != "sig") {
            continue;
        }
        let kind = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => "RSA",
            (Some("EC"), Some("P-256")) => "EC P-256",
            (Some("EC"), Some("P-384")) => "EC P-384",
            (Some("EC"), Some("P-521")) => "EC P-521",
            (Some("EC"), _) => "EC",
            (Some("OKP"), Some("Ed25519")) => "Ed25519",
            (Some("OKP"), _) => "OKP",
            // A secret that is published is none, and whoever reads it could sign by it.
            (Some("oct"), _) | (None, _) => continue,
            (Some(_), _) => "another kind",
        };
        count += 1;
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, many)) => *many += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let named: Vec<String> = kinds
        .into_iter()
        .take(NAMED)
        .map(|(kind, many)| if many == 1 { kind.to_owned() } else { format!("{many} × {kind}") })
        .collect();
    (count, named.join(", "))
}
