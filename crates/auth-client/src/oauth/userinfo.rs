//! Whether userinfo speaks of the one who is signed in (OpenID Connect Core section 5.3.2).

use crate::classify::Body;
use crate::jwt;
use secrecy::{ExposeSecret, SecretString};

/// The subject of an ID token that was checked when it came.
pub(crate) fn subject(id_token: &SecretString) -> Option<String> {
    let claims = jwt::claims(id_token.expose_secret())?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

/// What is wrong with an accepted answer, if anything. Where it is a JWT of its own (section 5.3.2),
/// that it came is all that is asked.
pub(crate) fn mistake(body: &Body, subject: &str) -> Option<&'static str> {
    let json = body.json()?;
    match json.get("sub").and_then(|sub| sub.as_str()) {
        Some(sub) if sub == subject => None,
        Some(_) => Some("userinfo speaks of somebody else"),
        None => Some("userinfo does not say of whom it speaks"),
    }
}
