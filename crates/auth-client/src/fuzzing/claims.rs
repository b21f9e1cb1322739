//! Tokens that are JWTs, as people are shown them.

use super::Held;
use super::told::{ID_TOKEN, REFRESH, holds};
use crate::jwt;
use keeper::ports::Marks;
use keeper::record::{RenewalSecret, Tokens};
use zeroize::Zeroizing;

/// So much of each member is shown, in characters.
const LONGEST: usize = 2_001;

/// An access token that a server gave: its claims are shown, nothing else of it.
///
/// # Errors
/// The first thing that does not hold.
pub fn claims(input: &[u8]) -> Held {
    let token = String::from_utf8_lossy(input);
    let token = token.trim();
    let times = jwt::times(token);
    for ms in [times.exp, times.iat].into_iter().flatten() {
        holds(ms.abs() < 9_000_000_000_000_000, || format!("a moment is {ms}"))?;
    }
    let marks = Marks::new(Zeroizing::new([7; 32]));
    let renewal = RenewalSecret::RefreshToken(REFRESH.into());
    let tokens = Tokens { id: Some(ID_TOKEN.into()), ..Tokens::new(token.into(), renewal) };
    let (access, refresh) = crate::claims(&tokens, &marks);
    holds(refresh.is_none(), || "an opaque token has claims".to_owned())?;
    let Some(shown) = access else { return Ok(()) };
    let signature = token.rsplit('.').next().unwrap_or_default();
    for claim in shown.header.iter().chain(&shown.claims) {
        for text in [&claim.name, &claim.value] {
            // Claims may hold a piece of anything; a whole refresh token they may not.
            holds(!text.contains(REFRESH), || format!("the refresh token is shown: {text}"))?;
            let long = signature.len() >= 16;
            holds(!long || !text.contains(signature), || {
                format!("the signature is shown: {text}")
            })?;
            let length = text.chars().count();
            holds(length <= LONGEST, || format!("{length} characters of a claim are shown"))?;
        }
        if let Some(ms) = claim.at_ms {
            holds(ms.abs() < 9_000_000_000_000_000, || format!("a moment is {ms}"))?;
        }
    }
    Ok(())
}
