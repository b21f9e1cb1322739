//! The two times in a JWT, read without believing them: nothing here checks a signature.
//!
//! A client must not look into an access token (RFC 9068 section 6), unless the account's settings
//! say that this is where the server tells its end.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// RFC 7515 forbids padding; some servers pad all the same.
pub(crate) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `exp` and `iat` (RFC 7519 sections 4.1.4 and 4.1.6), in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) exp: Option<i64>,
    pub(crate) iat: Option<i64>,
}

/// The times in `token`, or none where it is no signed JWT.
pub(crate) fn times(token: &str) -> Times {
    let claims = claims(token).unwrap_or(Value::Null);
    let time = |name| {
        let seconds = crate::lifetime::number(claims.get(name)?)?;
        crate::lifetime::whole_ms(seconds * 1_000.0)
    };
    Times { exp: time("exp"), iat: time("iat") }
}

/// What `token` claims, or nothing where it is no signed JWT.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&LENIENT.decode(claims).ok()?).ok()
}

#[cfg(test)]
pub(crate) fn unsigned(claims: &Value) -> String {
    format!("e30.{}.c2ln", LENIENT.encode(claims.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_times_are_read_as_numbers_text_or_fractions() {
        let told = times(&unsigned(&json!({"exp": 1_763_899_200, "iat": "1763899100.5"})));
        assert_eq!(told, Times { exp: Some(1_763_899_200_000), iat: Some(1_763_899_100_500) });
    }

    #[test]
    fn what_is_no_jwt_tells_no_times() {
        for token in ["", "opaque", "a.b", "a.!.c", "e30.e30.x.y.z", "e30.bnVsbA.x"] {
            assert_eq!(times(token), Times::default(), "{token}");
        }
    }
}
