//! A key set (RFC 7517 section 5), as far as it can check signatures.

use super::super::signing::{KeyShape, Signing};
use crate::jwt::LENIENT;
use base64::Engine as _;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

/// So many keys of a set are looked at: no server has a use for more.
const MOST: usize = 100;
/// RSA keys from 2,048 bits on (RFC 7518 section 3.3), in bytes.
const SMALLEST_RSA: usize = 256;

/// The usable keys of a set.
#[derive(Debug, Default)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    shape: KeyShape,
    /// The one algorithm that it is for, where it says so.
    alg: Option<String>,
    key: DecodingKey,
}

/// Which keys an ID token may be signed with.
#[derive(Debug)]
pub(crate) enum Fitting<'a> {
    /// One of these: several have the same name.
    Any(Vec<&'a DecodingKey>),
    /// The token names no key, and so many would fit (OpenID Connect Core section 10.1).
    Several(usize),
    /// There is a key of that name, and it is for something else.
    ForSomethingElse,
    /// There is none.
    None,
}

impl KeySet {
    /// Reads a set. What is no signature key, or cannot be read, is passed over: one odd key must
    /// not spoil the others (RFC 7517 section 5). `None` for what is no key set at all.
    pub(crate) fn of(json: &Value) -> Option<Self> {
        let keys = json.get("keys")?.as_array()?;
        Some(Self(keys.iter().take(MOST).filter_map(Key::of).collect()))
    }

    /// The keys that a token with this header may be signed with.
    pub(crate) fn fitting(&self, signing: Signing, kid: Option<&str>) -> Fitting<'_> {
        let fits = |key: &&Key| key.fits(signing);
        let Some(kid) = kid else {
            return alone(self.0.iter().filter(fits).map(|key| &key.key).collect());
        };
        let mut named = self.0.iter().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
        if named.peek().is_none() {
            // Some servers name a key in their tokens and not in their set.
            let unnamed = self.0.iter().filter(|key| key.kid.is_none());
            return alone(unnamed.filter(fits).map(|key| &key.key).collect());
        }
        match named.filter(fits).map(|key| &key.key).collect::<Vec<_>>() {
            none if none.is_empty() => Fitting::ForSomethingElse,
            keys => Fitting::Any(keys),
        }
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A key that nobody has named must be the only one.
fn alone(keys: Vec<&DecodingKey>) -> Fitting<'_> {
    match keys.len() {
        0 => Fitting::None,
        1 => Fitting::Any(keys),
        several => Fitting::Several(several),
    }
}

impl Key {
    fn of(json: &Value) -> Option<Self> {
        // Absent, or a text that says so: a key for encryption must not check signatures.
        if json.get("use").is_some_and(|it| it.as_str() != Some("sig")) {
            return None;
        }
        if let Some(operations) = json.get("key_ops") {
            operations.as_array()?.iter().find(|it| it.as_str() == Some("verify"))?;
        }
        let text = |name: &str| match json.get(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|text| Some(text.to_owned())),
        };
        let (shape, key) = material(json)?;
        Some(Self { kid: text("kid")?, alg: text("alg")?, shape, key })
    }

    /// Whether it is for this algorithm: of the right kind, and not kept for another one.
    fn fits(&self, signing: Signing) -> bool {
        let kept_for = self.alg.as_deref().map(Signing::named);
        self.shape == signing.shape
            && kept_for.is_none_or(|alg| alg.is_some_and(|it| it.algorithm == signing.algorithm))
    }
}

/// The key itself (RFC 7518 section 6, RFC 8037 section 2). A symmetric one (`oct`) is never used.
fn material(json: &Value) -> Option<(KeyShape, DecodingKey)> {
    let bytes = |name: &str| LENIENT.decode(json.get(name)?.as_str()?).ok();
    let curve = json.get("crv").and_then(Value::as_str);
    match (json.get("kty")?.as_str()?, curve) {
        ("RSA", _) => {
            let (n, e) = (unsigned(bytes("n")?), unsigned(bytes("e")?));
            let large = n.len() >= SMALLEST_RSA && !e.is_empty();
            large.then(|| (KeyShape::Rsa, DecodingKey::from_rsa_raw_components(&n, &e)))
        }
        ("EC", Some("P-256")) => Some((KeyShape::P256, point(bytes("x")?, bytes("y")?, 32)?)),
        ("EC", Some("P-384")) => Some((KeyShape::P384, point(bytes("x")?, bytes("y")?, 48)?)),
        ("OKP", Some("Ed25519")) => {
            let x = bytes("x").filter(|x| x.len() == 32)?;
            Some((KeyShape::Ed25519, DecodingKey::from_ed_der(&x)))
        }
        _ => None,
    }
}

/// A large number without the zeros that some libraries put before it.
fn unsigned(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    number.drain(..zeros);
    number
}

/// An uncompressed point (SEC 1 section 2.3.3), its coordinates in full length: some libraries leave
/// out the zeros before them, against RFC 7518 section 6.2.1.2.
fn point(x: Vec<u8>, y: Vec<u8>, length: usize) -> Option<DecodingKey> {
    let mut sec1 = vec![4];
    for coordinate in [unsigned(x), unsigned(y)] {
        let zeros = length.checked_sub(coordinate.len())?;
        sec1.extend(std::iter::repeat_n(0, zeros));
        sec1.extend(coordinate);
    }
    Some(DecodingKey::from_ec_der(&sec1))
}
