//! Checks ID tokens (OpenID Connect Core sections 3.1.3.7 and 12.2).

use super::keys::Keys;
use engine::{Exchange, Failure, Identity, Wall};
use secrecy::SecretString;

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
    /// The ID token of before, where this one came with a refresh.
    pub(crate) before: Option<&'a SecretString>,
    /// The present moment by the server's clock, as well as it is known.
    pub(crate) now: Wall,
}

/// What came of it.
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
    let _ = (token, expected, keys);
    (Checked::Bad("not checked yet".into()), Vec::new())
}
