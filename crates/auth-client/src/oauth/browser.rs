//! Signing in in the system's browser (RFC 8252), by code and PKCE.

use super::authorization::{self, Authorization};
use super::ending::Ending;
use super::page::Shown;
use super::redirect::{Came, Expected, Listener, Waiting, wait_until};
use super::settings::OAuthAccount;
use super::{Granted, SignInTrouble, Tell};
use engine::{Boot, MINUTE};
use keeper::ports::Clock;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Some servers never send the browser back. Time to find a password, and a second factor.
const PATIENCE_MS: i64 = 5 * MINUTE;

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

/// A sign-in that waits for the browser. Dropping it cancels it at once, and frees the port; what the
/// server grants all the same is given back.
pub struct BrowserSignIn {
    link: Url,
    redirect: Url,
    nonce: Option<SecretString>,
    verifier: SecretString,
    ending: Arc<Ending>,
    waiting: Waiting,
    ends: Boot,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for BrowserSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserSignIn")
            .field("redirect", &self.redirect.as_str())
            .finish_non_exhaustive()
    }
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
        let listener = Listener::open(&account.settings.redirect).await?;
        let redirect = listener.redirect().clone();
        let Authorization { link, state, nonce, verifier } =
            authorization::request(&account, &redirect)?;
        let expected = Expected {
            state,
            issuer: account.issuer().to_owned(),
            iss_promised: account.discovered.iss_in_response,
        };
        let ending = Ending::new(account, client_secret, Arc::clone(&clock), tell)?;
        let ends = clock.now().boot + PATIENCE_MS;
        let waiting = listener.wait(expected, words, Arc::clone(&clock), ends);
        let ending = Arc::new(ending);
        Ok(Self { link, redirect, nonce, verifier, ending, waiting, ends, clock })
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
    pub async fn finish(
        mut self,
        came_back: impl FnOnce() + Send,
    ) -> Result<Granted, SignInTrouble> {
        let came = tokio::select! {
            biased;
            came = self.waiting.came() => came,
            () = wait_until(&*self.clock, self.ends) => None,
        };
        let code = match came {
            Some(Came::Code(code)) => code,
            Some(Came::Denied { code, description }) => {
                self.waiting.let_go(Shown::Failed);
                return Err(SignInTrouble::Denied { code, description });
            }
            None => return Err(SignInTrouble::TimedOut),
        };
        came_back();
        let nonce = self.nonce.as_ref();
        let (verifier, redirect) = (self.verifier.clone(), self.redirect.clone());
        let granted = self.ending.exchange(code, verifier, redirect, nonce).await;
        self.waiting.let_go(if granted.is_ok() { Shown::Done } else { Shown::Failed });
        granted
    }
}
