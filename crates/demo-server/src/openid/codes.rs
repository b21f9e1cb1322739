//! Authorization codes, from the browser's redirect to the client's request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::token::TokenHash;

/// How long a code is good, in milliseconds (RFC 6749 section 4.1.2: ten minutes at most).
const LIFETIME_MS: u64 = 60 * 1_000;

/// How many are remembered. A forgotten one is unknown, which is also a refusal.
const MOST_CODES: usize = 50;

/// What a code stands for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Consent {
    pub(crate) username: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    /// Exactly as it was in the request.
    pub(crate) redirect_uri: String,
    /// By S256; there is no other way here (RFC 7636 section 4.2).
    pub(crate) challenge: String,
    pub(crate) at_ms: u64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Code {
    hash: TokenHash,
    consent: Consent,
    /// It came before, whatever came with it.
    shown: bool,
    /// The access token that it gave.
    gave: Option<TokenHash>,
}

/// The codes of late, oldest first.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Codes(Vec<Code>);

/// What must come with a code.
pub(crate) struct Proof<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) verifier: Option<&'a str>,
}

/// Why a code is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadCode {
    #[error("the code is unknown")]
    Unknown,
    /// With the access token that it gave the first time.
    #[error("the code was already used")]
    Used(Option<TokenHash>),
    #[error("the code has expired")]
    Expired,
    #[error("the code was given to another client")]
    OtherClient,
    #[error("the code was sent to another redirect_uri")]
    OtherRedirect,
    #[error("the code_verifier does not fit")]
    WrongVerifier,
}

impl Codes {
    pub(crate) fn issue(&mut self, code: &str, consent: Consent) {
        self.0.push(Code { hash: TokenHash::of(code), consent, shown: false, gave: None });
        if self.0.len() > MOST_CODES {
            self.0.remove(0);
        }
    }

    /// Takes a code. It is spent whatever comes of it, so that nobody tries a second verifier.
    pub(crate) fn redeem(
        &mut self,
        shown: TokenHash,
        proof: &Proof<'_>,
        now_ms: u64,
    ) -> Result<Consent, BadCode> {
        let code = self.0.iter_mut().find(|code| code.hash == shown).ok_or(BadCode::Unknown)?;
        if std::mem::replace(&mut code.shown, true) {
            return Err(BadCode::Used(code.gave));
        }
        let consent = &code.consent;
        if now_ms >= consent.at_ms.saturating_add(LIFETIME_MS) {
            return Err(BadCode::Expired);
        }
        if proof.client_id != consent.client_id {
            return Err(BadCode::OtherClient);
        }
        // Compared as it is; the port that was any at the start is this one now.
        if proof.redirect_uri != Some(consent.redirect_uri.as_str()) {
            return Err(BadCode::OtherRedirect);
        }
        if !proof.verifier.is_some_and(|verifier| fits(verifier, &consent.challenge)) {
            return Err(BadCode::WrongVerifier);
        }
        Ok(consent.clone())
    }

    /// Remembers what a code gave, to take it back if the code comes again (RFC 6749 section
    /// 4.1.2).
    pub(crate) fn gave(&mut self, shown: TokenHash, access: TokenHash) {
        if let Some(code) = self.0.iter_mut().find(|code| code.hash == shown) {
            code.gave = Some(access);
        }
    }
}

/// RFC 7636 section 4.6; section 4.1 says what a verifier looks like.
fn fits(verifier: &str, challenge: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    well_formed && bool::from(hashed.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_challenge_alone() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(fits(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!fits(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"));
        assert!(!fits(verifier, verifier), "plain is not S256");
        assert!(!fits("short", &URL_SAFE_NO_PAD.encode(Sha256::digest(b"short"))));
    }
}
