//! Whether userinfo speaks of the one who is signed in.

use crate::jwt;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Userinfo has to be about the subject of the ID token, which was checked when it came (OpenID
/// Connect Core section 5.3.2). An ID token without one has nothing to compare with.
///
/// # Errors
/// Why it is not, in plain English.
pub(crate) fn subject_fits(userinfo: &Value, id_token: &SecretString) -> Result<(), String> {
    let claims = jwt::claims(id_token.expose_secret());
    let Some(subject) = claims.as_ref().and_then(|claims| claims.get("sub")?.as_str()) else {
        return Ok(());
    };
    match userinfo.get("sub") {
        Some(Value::String(sub)) if sub == subject => Ok(()),
        Some(_) => Err("its sub is not the ID token's".into()),
        None => Err("its sub is missing".into()),
    }
}
