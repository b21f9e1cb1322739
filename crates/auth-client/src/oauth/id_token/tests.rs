//! Every token here is signed as it says, unless the test is about that.

mod rules;
mod signatures;

use super::forge::{
    ACCESS, CLIENT, ISSUER, KeyServer, NOON, NOON_S, Pen, but, changed, good, unsigned,
};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

struct Asked {
    nonce: Option<&'static str>,
    before: Option<SecretString>,
    /// Whose session was refreshed; `None` at a sign-in.
    user: Option<&'static str>,
    algs: Vec<String>,
    now: i64,
}

/// A sign-in in the browser, at noon.
fn sign_in() -> Asked {
    Asked { nonce: Some("n-1"), before: None, user: None, algs: Vec::new(), now: NOON }
}

async fn checked(token: &SecretString, asked: &Asked, keys: &Keys) -> Checked {
    let access = ACCESS.into();
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        algs: &asked.algs,
        nonce: asked.nonce,
        access: &access,
        before: asked.user.map(|user| Before { id: asked.before.as_ref(), user }),
        now: Wall(asked.now),
    };
    check(token, &expected, keys).await.0
}

/// `Ok` with the name, or why it is bad.
async fn verdict(token: &SecretString, asked: &Asked, keys: &Keys) -> Result<String, String> {
    match checked(token, asked, keys).await {
        Checked::Good(who) => Ok(who.name),
        Checked::Bad(why) => Err(why),
        Checked::NoKeys(failure) => panic!("no keys: {}", failure.exchange.detail),
    }
}

const ALGS: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];
