//! The header of an ID token (RFC 7515 section 4).

use super::super::signing::Signing;
use super::words::{quoted, told};
use crate::jwt::LENIENT;
use base64::Engine as _;
use serde_json::{Map, Value};

/// What a header says of the signature.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) signing: Signing,
    pub(super) kid: Option<String>,
}

impl Header {
    /// Reads a header, or says what is wrong with it. `algs` are those that the server has said it
    /// uses; empty: it has not said.
    pub(super) fn of(part: &str, algs: &[String]) -> Result<Self, String> {
        let header: Option<Map<String, Value>> =
            LENIENT.decode(part).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let header = header.ok_or("its header is no JSON object")?;
        if let Some(critical) = header.get("crit") {
            // RFC 7515 section 4.1.11: whoever does not understand all of it must refuse.
            return Err(format!("crit is {}: nothing of that is known here", told(critical)));
        }
        Self::is_an_id_token(header.get("typ"))?;
        let kid = match header.get("kid") {
            None | Some(Value::Null) => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(other) => return Err(format!("kid is {}, which is no text", told(other))),
        };
        Ok(Self { signing: signing(header.get("alg"), algs)?, kid })
    }

    /// `typ` may be anything, as real servers have it, but the name of another kind of token: RFC
    /// 8725 section 3.11 asks for that, so that an access token (RFC 9068) or a logout token is not
    /// taken for one of these.
    fn is_an_id_token(typ: Option<&Value>) -> Result<(), String> {
        let Some(typ) = typ.and_then(Value::as_str) else { return Ok(()) };
        let name = typ.to_ascii_lowercase();
        let name = name.strip_prefix("application/").unwrap_or(&name);
        match ["at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt"].contains(&name) {
            true => Err(format!("typ is {}: it is no ID token", quoted(typ))),
            false => Ok(()),
        }
    }
}

fn signing(alg: Option<&Value>, algs: &[String]) -> Result<Signing, String> {
    let Some(alg) = alg else { return Err("alg is missing".into()) };
    let name = alg.as_str().unwrap_or_default();
    if name.eq_ignore_ascii_case("none") {
        return Err("alg is none: it is not signed".into());
    }
    let Some(signing) = Signing::named(name) else {
        let why = match name {
            "HS256" | "HS384" | "HS512" => {
                ": such a key is shared, and proves nothing of who wrote it"
            }
            "ES512" | "ES256K" | "Ed448" => ", whose curve this app does not know",
            _ => ", which is not accepted",
        };
        return Err(format!("alg is {}{why}", told(alg)));
    };
    // One algorithm may have two names: EdDSA is Ed25519 by now (RFC 9864 section 2.2).
    let said = |it: &String| Signing::named(it).is_some_and(|it| it.algorithm == signing.algorithm);
    if !algs.is_empty() && !algs.iter().any(said) {
        let said: Vec<&str> = algs.iter().map(String::as_str).collect();
        return Err(format!("alg is {name}, and the server has said {}", quoted(&said.join(" "))));
    }
    Ok(signing)
}
