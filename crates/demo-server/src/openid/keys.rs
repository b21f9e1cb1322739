//! The keys that ID tokens are signed with. They are kept with the rest of the state, so that a
//! restart changes none; each is made when it is first needed, because RSA takes its time.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::switches::{Lie, SigningAlg};

/// More keys than a provider has any use for; beyond it the oldest are forgotten.
const MOST_KEYS: usize = 12;

/// A key can be neither made nor used.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a signing key cannot be made or used")]
pub(crate) struct Unusable;

impl From<aws_lc_rs::error::Unspecified> for Unusable {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::KeyRejected> for Unusable {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self
    }
}

impl From<base64::DecodeError> for Unusable {
    fn from(_: base64::DecodeError) -> Self {
        Self
    }
}

/// A key pair.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    alg: SigningAlg,
    /// The private key in PKCS #8, in base64url.
    pkcs8: String,
    role: Role,
}

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Role {
    /// Signs, and is published.
    Current,
    /// Signed once, and is still published.
    Former,
    /// Never signs; published only to be confused with the current one.
    Spare,
}

/// Every key there is, oldest first.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keys(Vec<SigningKey>);

impl Keys {
    /// The key that signs now. Says too whether it had to be made.
    pub(crate) fn current(&mut self, alg: SigningAlg) -> Result<(&SigningKey, bool), Unusable> {
        self.playing(alg, Role::Current)
    }

    /// Replaces the key that signs. The old one stays published if `keep_old` says so.
    pub(crate) fn rotate(&mut self, alg: SigningAlg, keep_old: bool) -> Result<(), Unusable> {
        // Made first, so that a failure leaves everything as it was.
        let new = SigningKey::new(alg, Role::Current)?;
        if keep_old {
            for key in self.0.iter_mut().filter(|key| key.role == Role::Current) {
                key.role = Role::Former;
            }
        } else {
            self.0.retain(|key| key.role == Role::Spare);
        }
        self.add(new);
        Ok(())
    }

    /// What the JWKS document holds (RFC 7517 section 5): the keys of one algorithm, the current
    /// one first. Says too whether one had to be made.
    pub(crate) fn published(
        &mut self,
        alg: SigningAlg,
        lie: Lie,
    ) -> Result<(Vec<Value>, bool), Unusable> {
        let (current, mut made) = self.playing(alg, Role::Current)?;
        let mut all = vec![current.public_jwk()?];
        if lie == Lie::KidMissing {
            return Ok((all, made));
        }
        if lie == Lie::KidMissingSeveralKeys {
            let (spare, spare_made) = self.playing(alg, Role::Spare)?;
            all.push(spare.public_jwk()?);
            made |= spare_made;
        }
        let formers = self.0.iter().filter(|key| key.alg == alg && key.role == Role::Former);
        for former in formers.rev() {
            all.push(former.public_jwk()?);
        }
        Ok((all, made))
    }

    fn playing(&mut self, alg: SigningAlg, role: Role) -> Result<(&SigningKey, bool), Unusable> {
        let fits = |key: &SigningKey| key.alg == alg && key.role == role;
        let made = !self.0.iter().any(fits);
        if made {
            self.add(SigningKey::new(alg, role)?);
        }
        self.0.iter().rev().find(|key| fits(key)).map(|key| (key, made)).ok_or(Unusable)
    }

    fn add(&mut self, key: SigningKey) {
        self.0.push(key);
        if self.0.len() > MOST_KEYS {
            self.0.remove(0);
        }
    }
}

impl SigningKey {
    fn new(alg: SigningAlg, role: Role) -> Result<Self, Unusable> {
        let random = SystemRandom::new();
        let pkcs8 = match alg {
            SigningAlg::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
                let der: Pkcs8V1Der<'_> = pair.as_der()?;
                URL_SAFE_NO_PAD.encode(der.as_ref())
            }
            SigningAlg::Es256 => {
                let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
                URL_SAFE_NO_PAD.encode(der.as_ref())
            }
            SigningAlg::EdDsa => {
                URL_SAFE_NO_PAD.encode(Ed25519KeyPair::generate_pkcs8(&random)?.as_ref())
            }
        };
        let mut kid = [0_u8; 9];
        getrandom::fill(&mut kid).map_err(|_| Unusable)?;
        Ok(Self { kid: URL_SAFE_NO_PAD.encode(kid), alg, pkcs8, role })
    }

    /// Signs, as JWS wants the signature (RFC 7518 section 3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unusable> {
        let random = SystemRandom::new();
        Ok(match self.pair()? {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message)?.as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        })
    }

    /// What HS256 makes of it with the public key for a secret, which everybody knows: a client
    /// that picks the algorithm by the token's own header is taken in by it.
    pub(crate) fn confuse(&self, message: &[u8]) -> Result<Vec<u8>, Unusable> {
        let public = match self.pair()? {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed(pair) => pair.public_key().as_ref().to_vec(),
        };
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &public);
        Ok(hmac::sign(&secret, message).as_ref().to_vec())
    }

    fn public_jwk(&self) -> Result<Value, Unusable> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match self.pair()? {
            Pair::Rsa(pair) => {
                let numbers = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": text(&numbers.n), "e": text(&numbers.e)})
            }
            Pair::Ec(pair) => {
                // An uncompressed point: 4, then both coordinates (SEC 1 section 2.3.3).
                let point = pair.public_key().as_ref();
                let (x, y) =
                    point.get(1..).and_then(|it| it.split_at_checked(32)).ok_or(Unusable)?;
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Pair::Ed(pair) => {
                let public = text(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "x": public})
            }
        };
        if let Some(jwk) = jwk.as_object_mut() {
            jwk.insert("kid".to_owned(), json!(self.kid));
            jwk.insert("alg".to_owned(), json!(self.alg));
            jwk.insert("use".to_owned(), json!("sig"));
        }
        Ok(jwk)
    }

    fn pair(&self) -> Result<Pair, Unusable> {
        let der = URL_SAFE_NO_PAD.decode(&self.pkcs8)?;
        Ok(match self.alg {
            SigningAlg::Rs256 => Pair::Rsa(RsaKeyPair::from_pkcs8(&der)?),
            SigningAlg::Es256 => {
                Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)?)
            }
            SigningAlg::EdDsa => Pair::Ed(Ed25519KeyPair::from_pkcs8(&der)?),
        })
    }
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}
