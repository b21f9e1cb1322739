//! What is known of the tokens in use, for somebody who wants to see it.

use crate::wire::{Claim, JwtView, TokenDetail, TokenDetails};
use auth_client::Claims;
use keeper::ports::Marks;
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret as _, SecretString};

/// Servers that tell the end of their own session say it so, in seconds since 1970.
const SESSION_END: &str = "session_expires_at";

/// What can be told of the tokens of a session; of none, where nobody is signed in.
pub(crate) fn details(tokens: Option<&Tokens>, marks: Option<&Marks>) -> TokenDetails {
    let (Some(tokens), Some(marks)) = (tokens, marks) else {
        return TokenDetails { access: None, refresh: None, session_ends_ms: None };
    };
    let (access, refresh) = auth_client::claims(tokens, marks);
    let end = |claims: &Claims| {
        claims.claims.iter().find(|claim| claim.name == SESSION_END).and_then(|claim| claim.at_ms)
    };
    let session_ends_ms = access.iter().chain(&refresh).find_map(end);
    let renewal = match &tokens.renewal {
        RenewalSecret::RefreshToken(token) | RenewalSecret::Cookies(token) => Some(token),
        RenewalSecret::AccessToken | RenewalSecret::Nothing => None,
    };
    TokenDetails {
        access: Some(detail(&tokens.access, access, marks)),
        refresh: renewal.map(|token| detail(token, refresh, marks)),
        session_ends_ms,
    }
}

fn detail(token: &SecretString, jwt: Option<Claims>, marks: &Marks) -> TokenDetail {
    let length = token.expose_secret().chars().count();
    TokenDetail {
        fingerprint: marks.of(token).to_string(),
        length: u32::try_from(length).unwrap_or(u32::MAX),
        jwt: jwt.map(|Claims { header, claims }| JwtView {
            header: header.into_iter().map(Claim::from).collect(),
            claims: claims.into_iter().map(Claim::from).collect(),
        }),
    }
}

impl From<auth_client::Claim> for Claim {
    fn from(claim: auth_client::Claim) -> Self {
        let auth_client::Claim { name, value, at_ms } = claim;
        Self { name, value, at_ms }
    }
}
