//! What was decided about a request, before anybody asks how it is said.

use crate::token::TokenHash;

/// The decision.
pub(crate) enum Outcome {
    /// Tokens were given.
    Tokens(Tokens),
    /// The API call is answered.
    Profile { username: &'static str, name: &'static str },
    /// Done, nothing to say.
    Done,
    /// A refusal: 401.
    Refused(Refused),
    /// The request cannot be understood: 400.
    Invalid(&'static str),
    /// The server could not: 500.
    Trouble,
}

/// What a sign-in or refresh gives.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) access_lifetime_ms: u64,
    /// None where the one that came goes on and is not repeated.
    pub(crate) refresh: Option<String>,
    pub(crate) refresh_lifetime_ms: u64,
    /// The second cookie, at a sign-in in the cookie form.
    pub(crate) sid: Option<String>,
    /// What is said beside them over OAuth.
    pub(crate) openid: Option<OpenIdTokens>,
}

/// What only an OAuth answer tells.
pub(crate) struct OpenIdTokens {
    pub(crate) id_token: Option<String>,
    pub(crate) scope: Option<String>,
}

/// A refusal in the server's words.
pub(crate) struct Refused {
    pub(crate) error: &'static str,
    pub(crate) message: String,
    /// Whether the request brought any credentials; RFC 6750 section 3.1 wants no error code in
    /// the challenge if it did not.
    pub(crate) challenge: Challenge,
}

/// The `WWW-Authenticate` header of a refusal.
pub(crate) enum Challenge {
    None,
    Bearer,
    InvalidToken,
    /// The client itself is not known (RFC 6749 section 5.2), and has tried with a secret.
    Client,
}

impl Challenge {
    /// The header's value; none where there is no challenge.
    pub(crate) fn header(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Bearer => Some("Bearer"),
            Self::InvalidToken => Some(r#"Bearer error="invalid_token""#),
            Self::Client => Some(r#"Basic realm="demo""#),
        }
    }
}

impl Outcome {
    pub(crate) fn invalid_grant(message: impl ToString) -> Self {
        Self::Refused(Refused {
            error: "invalid_grant",
            message: message.to_string(),
            challenge: Challenge::None,
        })
    }

    pub(crate) fn invalid_token(message: impl ToString) -> Self {
        Self::Refused(Refused {
            error: "invalid_token",
            message: message.to_string(),
            challenge: Challenge::InvalidToken,
        })
    }

    /// A few words for the log.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Tokens(_) => "tokens given".to_owned(),
            Self::Profile { .. } => "answered".to_owned(),
            Self::Done => "done".to_owned(),
            Self::Refused(refused) => format!("{}: {}", refused.error, refused.message),
            Self::Invalid(message) => format!("invalid_request: {message}"),
            Self::Trouble => "server_error".to_owned(),
        }
    }

    /// Fingerprints of the access and refresh token given, if any.
    pub(crate) fn fingerprints(&self) -> (Option<String>, Option<String>) {
        let Self::Tokens(tokens) = self else { return (None, None) };
        let fingerprint = |token: &String| TokenHash::of(token).fingerprint();
        (Some(fingerprint(&tokens.access)), tokens.refresh.as_ref().map(fingerprint))
    }
}
