//! The mark that stands for a token.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::sync::OnceLock;

/// `‹token a1b2c3›`: six hex digits of an HMAC under a key that this process made at random and
/// never shows, so that equal tokens can be seen to be equal and nothing can be tried against it.
pub(crate) fn mark(token: &str) -> String {
    static KEY: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok().map(|()| key)
    });
    let mac = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok());
    // Without randomness there is no mark that tells nothing.
    let Some(mac) = mac else { return super::HIDDEN.to_owned() };
    let digest = mac.chain_update(token.as_bytes()).finalize().into_bytes();
    let digits: String = digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("‹token {digits}›")
}
