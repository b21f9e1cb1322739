//! Checks ID tokens (OpenID Connect Core sections 3.1.3.7 and 12.2).
//!
//! Three steps, the cheap ones first: the header says how it is signed, the claims say what it is
//! for, and the signature says that its issuer wrote it. Only then is it believed. What a header says
//! of keys (`jku`, `jwk`, `x5u`, `x5c`) is not looked at: keys come from the issuer alone.

mod claims;
mod header;
mod words;

pub(crate) use claims::Claims;

use super::keys::{Fitting, KeySet, Keys, Newer};
use super::signing::Signing;
use crate::redact::Redactor;
use engine::{Exchange, Failure, Identity, Wall};
use header::Header;
use keeper::ports::{Before, Marks};
use keeper::record::Tokens;
use secrecy::{ExposeSecret as _, SecretString};
use words::quoted;

/// What an ID token has to be.
pub(crate) struct Expected<'a> {
    /// The issuer, to the letter.
    pub(crate) issuer: &'a str,
    /// The client that it is for.
    pub(crate) client_id: &'a str,
    /// `id_token_signing_alg_values_supported`; empty: the server did not say.
    pub(crate) algs: &'a [String],
    /// The nonce of the authorization request; `None` where there was none (device, refresh).
    pub(crate) nonce: Option<&'a str>,
    /// The access token that came with it, for `at_hash`.
    pub(crate) access: &'a SecretString,
    /// What was before, where this one came with a refresh.
    pub(crate) before: Option<Before<'a>>,
    /// The present moment by the server's clock, as well as it is known.
    pub(crate) now: Wall,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Checked {
    /// It is what it has to be.
    Good(Identity),
    /// It is not: why, in plain English and redacted, naming the claim.
    Bad(String),
    /// The keys cannot be fetched now.
    NoKeys(Box<Failure>),
}

/// Checks an ID token. Answers the requests that were made for it, too.
pub(crate) async fn check(
    token: &SecretString,
    expected: &Expected<'_>,
    keys: &Keys,
) -> (Checked, Vec<Exchange>) {
    let mut exchanges = Vec::new();
    let checked = match read(token, expected) {
        Err(why) => Checked::Bad(why),
        Ok((jwt, header, claims)) => match signed(&jwt, &header, keys, &mut exchanges).await {
            Signed::Well => Checked::Good(claims.identity()),
            Signed::Badly(why) => Checked::Bad(why),
            Signed::Unknown(failure) => Checked::NoKeys(failure),
        },
    };
    (checked, exchanges)
}

/// Everything but the signature.
fn read<'a>(
    token: &'a SecretString,
    expected: &Expected<'_>,
) -> Result<(Jwt<'a>, Header, Claims), String> {
    let jwt = Jwt::of(token.expose_secret())?;
    let header = Header::of(jwt.header, expected.algs)?;
    let claims = Claims::of(jwt.payload).ok_or("its claims are no JSON object")?;
    claims.fit(expected, header.signing)?;
    Ok((jwt, header, claims))
}

/// The same as [`check`] with keys that are at hand.
#[cfg(feature = "fuzzing")]
pub(crate) fn check_with(
    token: &SecretString,
    expected: &Expected<'_>,
    set: &KeySet,
) -> Result<Identity, String> {
    let (jwt, header, claims) = read(token, expected)?;
    tried(&jwt, &header, set).map(|()| claims.identity()).map_err(|wrong| wrong.why)
}

/// What is wrong with the ID token of these tokens, fit to be shown: a stranger may have written any of
/// them into its claims.
pub(crate) fn in_words(why: &str, tokens: &Tokens, marks: &Marks) -> String {
    let mut redactor = Redactor::new(marks.clone());
    redactor.session(tokens);
    format!("the ID token cannot be trusted: {}", redactor.text(why))
}

/// The same as the evidence of a refresh: `url` is where it came from.
pub(crate) fn evidence(url: &str, at_ms: i64, detail: String) -> Box<Exchange> {
    let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
    Box::new(Exchange { at_ms, url, detail, ..Exchange::default() })
}

/// A signed JWT in its parts (RFC 7515 section 3.1).
struct Jwt<'a> {
    header: &'a str,
    payload: &'a str,
    /// What is signed: both with the dot between them.
    message: &'a str,
    signature: &'a str,
}

impl<'a> Jwt<'a> {
    fn of(token: &'a str) -> Result<Self, String> {
        match token.split('.').count() {
            3 => {}
            // RFC 7516 section 3.1.
            5 => return Err("it is encrypted, and this app has no key to open it with".into()),
            parts => return Err(format!("it is no signed JWT: {parts} parts and not 3")),
        }
        let parts = token.rsplit_once('.').and_then(|(message, signature)| {
            let (header, payload) = message.split_once('.')?;
            Some(Self { header, payload, message, signature })
        });
        parts.ok_or_else(|| "it is no signed JWT".to_owned())
    }

    fn is_signed_by(&self, key: &jsonwebtoken::DecodingKey, signing: Signing) -> bool {
        // RFC 7515 section 2 forbids padding; some servers pad all the same.
        let signature = self.signature.trim_end_matches('=');
        jsonwebtoken::crypto::verify(signature, self.message.as_bytes(), key, signing.algorithm)
            .unwrap_or(false)
    }
}

enum Signed {
    Well,
    Badly(String),
    Unknown(Box<Failure>),
}

/// Whether one of the issuer's keys made the signature. Where none of those that are kept did, they
/// are fetched once more: the issuer may have changed them.
async fn signed(
    jwt: &Jwt<'_>,
    header: &Header,
    keys: &Keys,
    exchanges: &mut Vec<Exchange>,
) -> Signed {
    if !keys.have_a_place() {
        return Signed::Badly("the server names no place for the keys to check it with".into());
    }
    let sought = header.kid.as_deref().unwrap_or_default();
    let known = match keys.now(sought, exchanges).await {
        Ok(known) => known,
        Err(failure) => return Signed::Unknown(failure),
    };
    let wrong = match tried(jwt, header, &known.set) {
        Ok(()) => return Signed::Well,
        Err(wrong) => wrong,
    };
    if known.fresh {
        return Signed::Badly(wrong.why);
    }
    match keys.newer(&known, sought, exchanges).await {
        Newer::Set(newer) => match tried(jwt, header, &newer.set) {
            Ok(()) => Signed::Well,
            Err(wrong) => Signed::Badly(wrong.why),
        },
        Newer::Same => Signed::Badly(wrong.why),
        // The right key may be there by now. A wrong signature by the right one stays wrong.
        Newer::NotNow(failure) if wrong.unknown_key => Signed::Unknown(failure),
        Newer::NotNow(_) => Signed::Badly(wrong.why),
    }
}

struct Wrong {
    why: String,
    /// The key is not among those that are known.
    unknown_key: bool,
}

fn tried(jwt: &Jwt<'_>, header: &Header, set: &KeySet) -> Result<(), Wrong> {
    let signing = header.signing;
    let alg = signing.name;
    let named = || header.kid.as_deref().map(quoted);
    let (why, unknown_key) = match set.fitting(signing, header.kid.as_deref()) {
        Fitting::Any(keys) => {
            if keys.into_iter().any(|key| jwt.is_signed_by(key, signing)) {
                return Ok(());
            }
            (format!("its {alg} signature is not by the server's key"), false)
        }
        Fitting::Several(count) => {
            let kid = named().map_or("kid is missing".into(), |kid| format!("kid is {kid}"));
            let unnamed = if header.kid.is_some() { " without a name" } else { "" };
            (format!("{kid}, and {count} of the server's keys{unnamed} fit {alg}"), false)
        }
        Fitting::ForSomethingElse => {
            let kid = named().unwrap_or_default();
            (format!("kid is {kid}: the server's key of that name is not for {alg}"), false)
        }
        Fitting::None => match named() {
            Some(kid) => (format!("kid is {kid}, and the server has no such key"), true),
            None => (format!("the server has no key for {alg}"), true),
        },
    };
    Err(Wrong { why, unknown_key })
}

#[cfg(test)]
pub(crate) mod forge;
#[cfg(test)]
mod tests;
