//! What a JWT holds, for people who want to see it. Nobody has checked its signature, and neither the
//! token nor its signature is in what comes out.

use crate::granted;
use crate::jwt::LENIENT;
use crate::redact::{self, Redactor, secret_name};
use base64::Engine as _;
use keeper::ports::Marks;
use keeper::record::{RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Longer values are cut: they are shown, not used.
const LONGEST: usize = 2_000;

/// Claims that name a moment, in seconds since 1970 (RFC 7519 section 4.1, OpenID Connect Core
/// section 2; `session_expires_at` is said by some servers of their own session).
const MOMENTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "session_expires_at"];

/// Members that name somebody or something and open no door, however random they look (RFC 7515
/// section 4.1, RFC 7519 section 4.1, RFC 9068 section 2.2).
const NAMES: [&str; 17] = [
    "alg",
    "typ",
    "cty",
    "kid",
    "x5t",
    "x5t#S256",
    "iss",
    "sub",
    "aud",
    "azp",
    "client_id",
    "jti",
    "scope",
    "scp",
    "auth_time",
    "acr",
    "amr",
];

/// Header and claims of a JWT (RFC 7519), in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The header's members.
    pub header: Vec<Claim>,
    /// The claims.
    pub claims: Vec<Claim>,
}

/// One member of a header or of claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Its value as JSON on one line. What looks like a token in it is a mark.
    pub value: String,
    /// The moment that it names, in milliseconds since 1970, where it names one.
    pub at_ms: Option<i64>,
}

/// What the access token and, where there is one, the refresh token of a session hold. `None` for one
/// that is no signed JWT: it is opaque.
#[must_use]
pub fn claims(tokens: &Tokens, marks: &Marks) -> (Option<Claims>, Option<Claims>) {
    let mut known = vec![tokens.access.expose_secret()];
    let refresh = match &tokens.renewal {
        RenewalSecret::RefreshToken(token) => Some(token.expose_secret()),
        RenewalSecret::Cookies(_) | RenewalSecret::AccessToken | RenewalSecret::Nothing => None,
    };
    known.extend(refresh);
    let cookies = granted::kept(tokens);
    known.extend(cookies.values().map(redact::cookie_value).filter(|it| redact::is_telling(it)));
    let shown = Shown::new(&known, marks);
    (shown.jwt(tokens.access.expose_secret()), refresh.and_then(|token| shown.jwt(token)))
}

/// How things are shown beside these tokens.
struct Shown<'a> {
    known: &'a [&'a str],
    redactor: Redactor,
}

impl<'a> Shown<'a> {
    fn new(known: &'a [&'a str], marks: &Marks) -> Self {
        let mut redactor = Redactor::new(marks.clone());
        for token in known {
            redactor.token(token);
            // Nor may the part of it that makes it valid be told by another.
            if let Some((_, signature)) = token.rsplit_once('.') {
                redactor.token(signature);
            }
        }
        Self { known, redactor }
    }

    fn jwt(&self, token: &str) -> Option<Claims> {
        let mut parts = token.split('.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Claims { header: self.members(header)?, claims: self.members(claims)? })
    }

    fn members(&self, part: &str) -> Option<Vec<Claim>> {
        let Members(members) = serde_json::from_slice(&LENIENT.decode(part).ok()?).ok()?;
        let members = members.into_iter().map(|(name, value)| Claim {
            at_ms: moment(&name, &value),
            value: cut(self.value(&name, &value).to_string()),
            name: cut(self.redactor.text(&name)),
        });
        Some(members.collect())
    }

    fn value(&self, name: &str, value: &Value) -> Value {
        if let Some(members) = value.as_object() {
            let members = members
                .iter()
                .map(|(name, inner)| (self.redactor.text(name), self.value(name, inner)));
            return Value::Object(members.collect::<Map<_, _>>());
        }
        if let Some(items) = value.as_array() {
            return items.iter().map(|item| self.value(name, item)).collect();
        }
        value.as_str().map_or_else(|| value.clone(), |text| self.text(name, text).into())
    }

    fn text(&self, name: &str, text: &str) -> String {
        if NAMES.contains(&name) && !is_jwt(text) && !self.holds_known(text) {
            return text.to_owned();
        }
        let shown = self.redactor.text(text);
        let secret = secret_name(name) && (text.len() >= 16 || text.contains(is_digit));
        if secret && shown == text { self.redactor.mark(text) } else { shown }
    }

    /// Whether a token at hand is in it, or the part that makes one valid.
    fn holds_known(&self, text: &str) -> bool {
        let parts = |token: &&'a str| {
            [Some(*token), token.rsplit_once('.').map(|(_, signature)| signature)]
        };
        let mut parts = self.known.iter().flat_map(parts).flatten();
        parts.any(|part| !part.is_empty() && text.contains(part))
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_jwt(text: &str) -> bool {
    text.contains("eyJ") && text.matches('.').count() >= 2
}

fn moment(name: &str, value: &Value) -> Option<i64> {
    if !MOMENTS.contains(&name) {
        return None;
    }
    crate::lifetime::whole_ms(crate::lifetime::number(value)? * 1_000.0)
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The members of an object, in their order.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = from.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn jwt(header: &str, claims: &str) -> String {
        let part = |text: &str| LENIENT.encode(text);
        format!("{}.{}.{}", part(header), part(claims), "c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw")
    }

    fn tokens(access: &str, refresh: &str) -> Tokens {
        let renewal = RenewalSecret::RefreshToken(refresh.into());
        Tokens::new(access.into(), renewal)
    }

    fn value<'a>(claims: &'a [Claim], name: &str) -> &'a str {
        &claims.iter().find(|claim| claim.name == name).unwrap().value
    }

    #[test]
    fn header_and_claims_are_read_in_their_order_with_their_moments() {
        let header = r#"{"typ":"JWT","alg":"RS256","kid":"2011-04-29"}"#;
        let claims =
            r#"{"sub":"alice","exp":1763899200,"aud":["api","x"],"iat":1763899100.5,"admin":true}"#;
        let (access, refresh) =
            super::claims(&tokens(&jwt(header, claims), "opaque"), &Marks::fresh());
        let access = access.unwrap();
        assert_eq!(refresh, None, "it is opaque");
        let names = |claims: &[Claim]| claims.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&access.header), ["typ", "alg", "kid"]);
        assert_eq!(names(&access.claims), ["sub", "exp", "aud", "iat", "admin"]);
        assert_eq!(value(&access.claims, "aud"), r#"["api","x"]"#);
        assert_eq!(value(&access.claims, "sub"), r#""alice""#);
        let at: Vec<_> = access.claims.iter().map(|claim| claim.at_ms).collect();
        assert_eq!(at, [None, Some(1_763_899_200_000), None, Some(1_763_899_100_500), None]);
    }

    #[test]
    fn neither_a_token_nor_what_looks_like_one_is_shown() {
        let refresh = jwt("{}", r#"{"sub":"refresh"}"#);
        let inner = jwt(r#"{"alg":"none"}"#, r#"{"sub":"inner"}"#);
        let claims = json!({
            "refresh_token": refresh, "sub": format!("see {inner}"), "act": {"token": "short-1"},
            "list": ["5f2b7c1d9e8a4b3c6d7e8f90"], "jti": "123e4567-e89b-12d3-a456-426614174000",
            "authorities": ["ROLE_USER"], "auth_time": 1_763_899_000,
        });
        let tokens = tokens(&jwt("{}", &claims.to_string()), &refresh);
        let (access, refreshing) = super::claims(&tokens, &Marks::fresh());
        let said = format!("{access:?} {refreshing:?}");
        for secret in [refresh.as_str(), inner.as_str(), "short-1", "5f2b7c", "c2lnbmF0"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        let claims = access.unwrap().claims;
        assert!(value(&claims, "refresh_token").starts_with("\"‹token "));
        // What names somebody, or says what one may do, is what one came to see.
        assert_eq!(value(&claims, "jti"), r#""123e4567-e89b-12d3-a456-426614174000""#);
        assert_eq!(value(&claims, "authorities"), r#"["ROLE_USER"]"#);
        assert_eq!(value(&claims, "auth_time"), "1763899000");
    }

    #[test]
    fn the_value_of_a_cookie_is_shown_under_no_name() {
        let held = ["canary-session-1", "canary.cookie.sign-2", "canary quoted 3", "1"];
        let claims = json!({
            "jti": held[0], "sub": format!("of {}", held[1]), "kid": held[2], "iss": "sign-2",
            "azp": "client 1",
        });
        let jar = json!([
            format!("sid={}; Path=/", held[0]),
            format!("rt={}", held[1]),
            format!("q=\"{}\"", held[2]),
            format!("flag={}", held[3]),
        ]);
        let renewal = RenewalSecret::Cookies(jar.to_string().into());
        let tokens = Tokens::new(jwt("{}", &claims.to_string()).into(), renewal);
        let access = super::claims(&tokens, &Marks::fresh()).0.unwrap();
        let said = format!("{access:?}");
        for secret in [held[0], held[1], held[2], "sign-2"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        assert_eq!(value(&access.claims, "azp"), r#""client 1""#, "a flag is no secret");
    }

    #[test]
    fn what_is_no_jwt_is_opaque() {
        for token in ["", "opaque", "a.b", "a.!.c", "e30.e30.x.y.z", "e30.bnVsbA.x"] {
            let (access, _) = claims(&tokens(token, "x"), &Marks::fresh());
            assert_eq!(access, None, "{token}");
        }
    }

    #[test]
    fn a_value_without_end_is_cut() {
        let claims = json!({ "note": "la ".repeat(5_000) }).to_string();
        let (access, _) = super::claims(&tokens(&jwt("{}", &claims), "x"), &Marks::fresh());
        assert!(access.unwrap().claims[0].value.ends_with('…'));
    }
}
