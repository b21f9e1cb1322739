//! What is asked of the server, and what comes back: as HTTP tells it, before anybody has made sense
//! of it. How to make sense of it is where the policies differ.

/// A token as it travels. The name of the grant, the kind and a number: nothing here is secret.
pub type Token = String;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The person signs in, with name and password or in the browser: in this model one request.
    SignIn,
    /// A refresh (RFC 6749 section 6).
    Refresh {
        /// The refresh token that is shown; the tutorial has none to show.
        refresh: Option<Token>,
    },
    /// A call of the API (RFC 6750 section 2.1).
    Api {
        /// The access token that is shown.
        access: Token,
    },
    /// Revocation (RFC 7009).
    SignOut {
        /// The refresh token that is shown.
        refresh: Token,
    },
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It never left this computer: no network, no name, nobody who listens.
    NotSent,
    /// It left, and no answer came back.
    Lost,
    /// An answer came.
    Answer(Answer),
}

/// An answer of whoever answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// The answering server's `Date`, in milliseconds since 1970.
    pub date_ms: i64,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Tokens (RFC 6749 section 5.1).
    Tokens(Granted),
    /// A JSON object with an `error` code (RFC 6749 section 5.2).
    Error(&'static str),
    /// A JSON object that says nothing of tokens: the API's answer.
    Json,
    /// A page for people.
    Html,
    /// Nothing.
    Empty,
}

/// Tokens that were granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The access token.
    pub access: Token,
    /// The refresh token, where the server gave a new one.
    pub refresh: Option<Token>,
    /// How long the access token lives, in seconds.
    pub expires_in_s: i64,
}

impl Reply {
    /// The tokens in it, where there are any.
    #[must_use]
    pub fn granted(&self) -> Option<&Granted> {
        match self {
            Self::Answer(Answer { status: 200..300, body: Body::Tokens(granted), .. }) => {
                Some(granted)
            }
            Self::Answer(_) | Self::NotSent | Self::Lost => None,
        }
    }

    /// Whether the API did what it was asked: a portal's page is not its answer.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Answer(Answer { status: 200..300, body: Body::Json, .. }))
    }

    /// The status, where an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(answer) => Some(answer.status),
            Self::NotSent | Self::Lost => None,
        }
    }
}
