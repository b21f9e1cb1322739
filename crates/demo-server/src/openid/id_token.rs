//! ID tokens (OpenID Connect Core section 2), put together by hand so that they can be false.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use super::keys::{SigningKey, Unusable};
use super::switches::{Lie, OpenIdSwitches, SigningAlg};
use crate::policy::Authorization;

/// How long an ID token is good, in seconds. It only has to be read once.
const LIFETIME_S: u64 = 60 * 60;

/// Somebody whom no token was given to.
pub(crate) const OTHER_CLIENT: &str = "another-client";
/// Somebody who never signed in.
pub(crate) const OTHER_SUB: &str = "somebody-else";
const UNKNOWN_KID: &str = "never-published";

/// What an ID token tells.
pub(crate) struct Facts<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) username: &'a str,
    pub(crate) authorization: &'a Authorization,
    /// Of the request, at a sign-in.
    pub(crate) nonce: Option<&'a str>,
    pub(crate) access_token: &'a str,
    /// Whether it is given at a refresh.
    pub(crate) refreshed: bool,
    /// When the person signed in, on the clock this server shows.
    pub(crate) auth_time_ms: u64,
    /// Now, on the clock this server shows.
    pub(crate) shown_ms: u64,
}

/// Makes an ID token, true but for the one lie that the switches want.
pub(crate) fn id_token(
    facts: &Facts<'_>,
    key: &SigningKey,
    switches: &OpenIdSwitches,
) -> Result<String, Unusable> {
    let lie = switches.lie;
    let alg = if lie == Lie::AlgNone {
        json!("none")
    } else if lie == Lie::Hs256 {
        json!("HS256")
    } else {
        json!(switches.alg)
    };
    let mut header = Map::new();
    header.insert("alg".to_owned(), alg);
    header.insert("typ".to_owned(), json!("JWT"));
    if lie == Lie::KidUnknown {
        header.insert("kid".to_owned(), json!(UNKNOWN_KID));
    } else if ![Lie::KidMissing, Lie::KidMissingSeveralKeys].contains(&lie) {
        header.insert("kid".to_owned(), json!(key.kid));
    }
    let part = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
    let signed = format!("{}.{}", part(header), part(claims(facts, switches)));
    let signature = if lie == Lie::AlgNone {
        Vec::new()
    } else if lie == Lie::Hs256 {
        key.confuse(signed.as_bytes())?
    } else if lie == Lie::BadSignature {
        // Well-formed, and of something else.
        key.sign(format!("{signed} ").as_bytes())?
    } else {
        key.sign(signed.as_bytes())?
    };
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn claims(facts: &Facts<'_>, switches: &OpenIdSwitches) -> Map<String, Value> {
    let lie = switches.lie;
    let only_refreshed = |lie_of_it: Lie| lie == lie_of_it && facts.refreshed;
    let client = &facts.authorization.client_id;
    let now_s = facts.shown_ms / 1_000;
    let time = |seconds: u64| number(seconds, switches.float_numbers, 0.5);
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if lie == Lie::WrongIssuerInToken || only_refreshed(Lie::OtherIssOnRefresh) {
        claim("iss", json!(other_issuer(facts.issuer)));
    } else {
        claim("iss", json!(facts.issuer));
    }
    if only_refreshed(Lie::OtherSubOnRefresh) {
        claim("sub", json!(OTHER_SUB));
    } else if lie != Lie::NoSub {
        claim("sub", json!(facts.username));
    }
    if lie == Lie::AudWrong || only_refreshed(Lie::OtherAudOnRefresh) {
        claim("aud", json!(OTHER_CLIENT));
    } else if lie == Lie::AzpWrong {
        claim("aud", json!([client, OTHER_CLIENT]));
        claim("azp", json!(OTHER_CLIENT));
    } else if lie != Lie::AudMissing {
        claim("aud", json!(client));
    }
    let given_s = if lie == Lie::Expired { now_s.saturating_sub(2 * LIFETIME_S) } else { now_s };
    if lie != Lie::NoExp {
        claim("exp", time(given_s.saturating_add(LIFETIME_S)));
    }
    if lie != Lie::NoIat {
        claim("iat", time(given_s));
    }
    claim("auth_time", time(facts.auth_time_ms / 1_000));
    // Not in the one of a refresh (section 12.2).
    if !facts.refreshed {
        let nonce = if lie == Lie::NonceWrong {
            Some("a nonce that nobody sent")
        } else {
            facts.nonce.filter(|_| lie != Lie::NonceMissing)
        };
        if let Some(nonce) = nonce {
            claim("nonce", json!(nonce));
        }
    }
    let hashed = if lie == Lie::AtHashWrong { "another token" } else { facts.access_token };
    claim("at_hash", json!(at_hash(hashed, switches.alg)));
    claim("sid", json!(facts.authorization.sid));
    claims
}

/// The issuer of nobody, in the same place.
pub(crate) fn other_issuer(issuer: &str) -> String {
    format!("{issuer}/elsewhere")
}

/// A whole number; as a float with this fraction, if that is wanted.
pub(crate) fn number(whole: u64, float: bool, fraction: f64) -> Value {
    if !float {
        return json!(whole);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
    let float = whole as f64 + fraction;
    json!(float)
}

/// The left half of the access token's hash, by the hash of the signature's algorithm (OpenID
/// Connect Core section 3.1.3.6); Ed25519 uses SHA-512 (RFC 8032 section 5.1).
fn at_hash(access_token: &str, alg: SigningAlg) -> String {
    let hash = match alg {
        SigningAlg::Rs256 | SigningAlg::Es256 => Sha256::digest(access_token.as_bytes()).to_vec(),
        SigningAlg::EdDsa => Sha512::digest(access_token.as_bytes()).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_as_in_the_specification() {
        // OpenID Connect Core appendix A.3: access token and at_hash of its example.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(token, SigningAlg::Rs256), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
