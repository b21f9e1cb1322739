//! A server's keys, the tokens that it signs, and tokens that nobody should believe. For tests.

use crate::network::Network;
use crate::oauth::keys::Keys;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use keeper::clock::ManualClock;
use keeper::ports::Clock;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;
pub(crate) const NOON_S: i64 = NOON / 1_000;
pub(crate) const ISSUER: &str = "https://issuer.test/realm";
pub(crate) const CLIENT: &str = "desk-app";
pub(crate) const ACCESS: &str = "the-access-token";

static RSA: LazyLock<[RsaKeyPair; 2]> =
    LazyLock::new(|| [(); 2].map(|()| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

/// A private key.
pub(crate) enum Pen {
    Rsa(usize),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pen {
    /// The first RSA key, or the second: making one takes a while.
    pub(crate) fn rsa(which: usize) -> Self {
        Self::Rsa(which)
    }

    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&sig::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&sig::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// The key that signs with this algorithm.
    pub(crate) fn that_signs(alg: &str) -> Self {
        match alg {
            "ES256" => Self::p256(),
            "ES384" => Self::p384(),
            "EdDSA" | "Ed25519" => Self::ed25519(),
            _ => Self::rsa(0),
        }
    }

    /// The public half, as a key set has it.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let public = |key: &[u8]| {
            let (x, y) = key[1..].split_at(key.len() / 2);
            (BASE64.encode(x), BASE64.encode(y))
        };
        let mut jwk = match self {
            Self::Rsa(which) => {
                let key = RSA[*which].public_key();
                let (n, e) = (key.modulus(), key.exponent());
                let [n, e] = [n, e].map(|it| BASE64.encode(it.big_endian_without_leading_zero()));
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Self::P256(key) => {
                let (x, y) = public(key.public_key().as_ref());
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
            }
            Self::P384(key) => {
                let (x, y) = public(key.public_key().as_ref());
                json!({"kty": "EC", "crv": "P-384", "x": x, "y": y})
            }
            Self::Ed25519(key) => {
                let x = BASE64.encode(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "x": x})
            }
        };
        if !kid.is_empty() {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(which) => {
                let padding: &dyn sig::RsaEncoding = match alg {
                    "RS384" => &sig::RSA_PKCS1_SHA384,
                    "RS512" => &sig::RSA_PKCS1_SHA512,
                    "PS256" => &sig::RSA_PSS_SHA256,
                    "PS384" => &sig::RSA_PSS_SHA384,
                    "PS512" => &sig::RSA_PSS_SHA512,
                    _ => &sig::RSA_PKCS1_SHA256,
                };
                let key = &RSA[*which];
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(key) | Self::P384(key) => {
                key.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, signed as the header says.
    pub(crate) fn write(&self, header: &Value, claims: &Value) -> SecretString {
        let message = unsigned(header, claims);
        let alg = header["alg"].as_str().unwrap_or("RS256");
        let signature = BASE64.encode(self.sign(alg, message.as_bytes()));
        format!("{message}.{signature}").into()
    }
}

/// The first two parts of a token.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64.encode(part.to_string()));
    format!("{header}.{claims}")
}

/// A key too small to be trusted: 1,024 bits.
pub(crate) fn small_rsa() -> Value {
    json!({"kty": "RSA", "n": BASE64.encode([0xff; 128]), "e": "AQAB", "kid": "small"})
}

/// Claims with nothing wrong in them.
pub(crate) fn good() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "subject-1", "iat": NOON_S - 1, "exp": NOON_S + 300,
        "nonce": "n-1", "name": "Alice Example",
    })
}

/// The same but for these; `null` takes one away.
pub(crate) fn but(changes: Value) -> Value {
    changed(good(), changes)
}

pub(crate) fn changed(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// What a key server answers: status, further header lines, body.
type Answer = (u16, String, String);

/// A server that answers with its keys, over real HTTP.
pub(crate) struct KeyServer {
    pub(crate) url: String,
    pub(crate) clock: Arc<ManualClock>,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<usize>>,
}

impl KeyServer {
    pub(crate) async fn with(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let server = Self {
            url,
            clock: Arc::new(ManualClock::new(NOON)),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        server.has(keys);
        let (answer, asked) = (Arc::clone(&server.answer), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4_096];
                let _ = stream.read(&mut request).await;
                *asked.lock().unwrap() += 1;
                let (status, more, body) = answer.lock().unwrap().clone();
                let length = body.len();
                let whole = format!(
                    "HTTP/1.1 {status} Told\r\nContent-Length: {length}\r\n{more}\r\n{body}"
                );
                let _ = stream.write_all(whole.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        server
    }

    /// From now on it has these keys.
    pub(crate) fn has(&self, keys: &[Value]) {
        self.answers(200, "Content-Type: application/json\r\n", &json!({"keys": keys}).to_string());
    }

    /// From now on it answers so.
    pub(crate) fn answers(&self, status: u16, headers: &str, body: &str) {
        *self.answer.lock().unwrap() = (status, headers.to_owned(), body.to_owned());
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::new(&self.url, &Network::default(), self.clock()).unwrap()
    }
}
