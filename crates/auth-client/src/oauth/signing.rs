//! The signature algorithms that an ID token may have (RFC 7518 section 3.1, RFC 8037, RFC 9864).
//!
//! An allow-list. What is not on it is refused whatever a header says: `none`, which proves nothing,
//! and HS256 and its like. Their key is the client's own secret, so that whoever holds it can write
//! ID tokens; a public client has no such secret, and its public keys would have to stand in for one.
//! That is why they are not accepted for confidential clients either: no server needs them to be.

use jsonwebtoken::Algorithm;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signing {
    /// Its name in a header.
    pub(super) name: &'static str,
    /// What it is.
    pub(super) algorithm: Algorithm,
    /// Which keys it is checked with.
    pub(super) shape: KeyShape,
    /// Its hash, which `at_hash` is made with.
    hash: Hash,
}

/// What a key is, as far as an algorithm must fit it: a key of one kind is never tried for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyShape {
    /// RSA of 2,048 bits or more.
    Rsa,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve Ed25519.
    Ed25519,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

const fn of(name: &'static str, algorithm: Algorithm, shape: KeyShape, hash: Hash) -> Signing {
    Signing { name, algorithm, shape, hash }
}

const ALLOWED: [Signing; 10] = [
    of("RS256", Algorithm::RS256, KeyShape::Rsa, Hash::Sha256),
    of("RS384", Algorithm::RS384, KeyShape::Rsa, Hash::Sha384),
    of("RS512", Algorithm::RS512, KeyShape::Rsa, Hash::Sha512),
    of("PS256", Algorithm::PS256, KeyShape::Rsa, Hash::Sha256),
    of("PS384", Algorithm::PS384, KeyShape::Rsa, Hash::Sha384),
    of("PS512", Algorithm::PS512, KeyShape::Rsa, Hash::Sha512),
    of("ES256", Algorithm::ES256, KeyShape::P256, Hash::Sha256),
    of("ES384", Algorithm::ES384, KeyShape::P384, Hash::Sha384),
    // Ed25519 hashes with SHA-512 (RFC 8032 section 5.1), and so does `at_hash` beside it. The first
    // name is the older one, and stands for other curves, too; none of them is used.
    of("EdDSA", Algorithm::EdDSA, KeyShape::Ed25519, Hash::Sha512),
    of("Ed25519", Algorithm::EdDSA, KeyShape::Ed25519, Hash::Sha512),
];

impl Signing {
    /// The algorithm of this name, where it is allowed.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALLOWED.into_iter().find(|allowed| allowed.name == name)
    }

    /// The left half of the hash of a token: `at_hash`, before its encoding (OpenID Connect Core
    /// section 3.1.3.6).
    pub(super) fn half_hash(self, token: &str) -> Vec<u8> {
        let mut hash = match self.hash {
            Hash::Sha256 => Sha256::digest(token).to_vec(),
            Hash::Sha384 => Sha384::digest(token).to_vec(),
            Hash::Sha512 => Sha512::digest(token).to_vec(),
        };
        hash.truncate(hash.len() / 2);
        hash
    }
}
