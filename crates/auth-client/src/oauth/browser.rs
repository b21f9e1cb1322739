//! Signing in in the system's browser (RFC 8252), by code and PKCE.

use super::settings::OAuthAccount;
use super::{Granted, SignInTrouble, Tell};
use keeper::ports::Clock;
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// What the page says that the browser shows in the end, in the person's language. Plain text: it is
/// escaped where it is put into the page.
#[derive(Clone, Debug)]
pub struct PageWords {
    /// The page's language: `en`, `zh-CN`.
    pub lang: String,
    /// Signed in: a heading.
    pub done: String,
    /// And what to do now.
    pub done_hint: String,
    /// Not signed in: a heading.
    pub failed: String,
    /// And what to do now.
    pub failed_hint: String,
}

/// A sign-in that waits for the browser. Dropping it cancels it at once, and frees the port.
#[derive(Debug)]
pub struct BrowserSignIn {
    link: Url,
}

impl BrowserSignIn {
    /// Listens for the redirect, and makes the link. `account` is as [`super::discover`] left it.
    ///
    /// # Errors
    /// [`SignInTrouble::Settings`] and [`SignInTrouble::PortTaken`].
    pub async fn begin(
        account: OAuthAccount,
        client_secret: Option<SecretString>,
        words: PageWords,
        clock: Arc<dyn Clock>,
        tell: Tell,
    ) -> Result<Self, SignInTrouble> {
        let _ = (account, client_secret, words, clock, tell);
        Err(SignInTrouble::TimedOut)
    }

    /// Where the browser is to go. Without a secret: its `state` and challenge serve this sign-in only.
    #[must_use]
    pub fn link(&self) -> &Url {
        &self.link
    }

    /// Waits for the browser to come back, for at most five minutes, asks for the tokens, and checks
    /// the ID token. `came_back` is called once the code is here.
    ///
    /// # Errors
    /// [`SignInTrouble`].
    pub async fn finish(self, came_back: impl FnOnce() + Send) -> Result<Granted, SignInTrouble> {
        let _ = came_back;
        Err(SignInTrouble::TimedOut)
    }
}
