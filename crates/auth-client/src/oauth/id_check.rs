//! Checks what refreshes bring, for [`AuthServer::check_id`](keeper::ports::AuthServer::check_id).

use super::id_token::{self, Checked, Claims, Expected};
use super::keys::Keys;
use super::settings::OAuthAccount;
use crate::plan::SettingsProblem;
use engine::Wall;
use keeper::ports::{Answer, Before, Clock, IdAnswer, IdVerdict, Marks};
use keeper::record::Tokens;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex};

/// The checking of one account's ID tokens.
pub(crate) struct IdCheck {
    keys: Keys,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Came>>,
}

/// The last ID token that came.
struct Came {
    /// Which.
    hash: [u8; 32],
    /// When, by the server's clock.
    at: Wall,
}

impl IdCheck {
    /// Gets ready. Nothing is fetched yet.
    ///
    /// # Errors
    /// An address of the keys that was typed over and cannot be used. One that the server has told is
    /// as good as none: it matters only where there is an ID token.
    pub(crate) fn new(
        account: &OAuthAccount,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        let (typed, network) = (&account.settings.endpoints.jwks, &account.settings.network);
        let at = |url: &str| Keys::new(url, network, Arc::clone(&clock));
        let keys = at(&account.endpoints().jwks);
        let keys = if typed.trim().is_empty() { keys.or_else(|_| at(""))? } else { keys? };
        Ok(Self { keys, clock, last: Mutex::default() })
    }

    /// Takes note of what a refresh has brought, and when. An ID token may be checked much later than
    /// it came, when its keys can be fetched again; it is to be judged by that moment.
    pub(crate) fn came(&self, answer: &Answer) {
        let (Some(id), Some(sample)) = (&answer.tokens.id, &answer.clock) else { return };
        let at = self.clock.now().wall + sample.offset_ms;
        if let Ok(mut last) = self.last.lock() {
            *last = Some(Came { hash: hash(id), at });
        }
    }

    /// Checks the ID token of `tokens`, which a refresh of what was `before` has brought.
    pub(crate) async fn check(
        &self,
        account: &OAuthAccount,
        tokens: &Tokens,
        before: Before<'_>,
        marks: &Marks,
    ) -> IdAnswer {
        let Some(id) = &tokens.id else {
            return IdAnswer { verdict: IdVerdict::Good, exchanges: Vec::new() };
        };
        let expected = Expected {
            issuer: account.issuer(),
            client_id: account.settings.client_id.trim(),
            algs: &account.discovered.id_token_algs,
            nonce: None,
            access: &tokens.access,
            before: Some(before),
            now: self.moment(id),
        };
        let (checked, exchanges) = id_token::check(id, &expected, &self.keys).await;
        let verdict = match checked {
            Checked::Good(_) => IdVerdict::Good,
            Checked::NoKeys(failure) => IdVerdict::NoKeys(failure),
            Checked::Bad(why) => {
                let why = id_token::in_words(&why, tokens, marks);
                let at_ms = self.clock.now().wall.0;
                IdVerdict::Bad(id_token::evidence(&account.endpoints().token, at_ms, why))
            }
        };
        IdAnswer { verdict, exchanges }
    }

    /// The moment to judge an ID token by: when it came. Where nobody knows that, after a restart or
    /// from a server that tells no time, it is when the token itself says that it was made: the clock
    /// of this computer is not held against it.
    fn moment(&self, id: &SecretString) -> Wall {
        let came = self.last.lock().ok().and_then(|last| {
            last.as_ref().filter(|last| last.hash == hash(id)).map(|last| last.at)
        });
        let made = || Claims::of_token(id)?.issued();
        came.or_else(made).unwrap_or_else(|| self.clock.now().wall)
    }
}

fn hash(token: &SecretString) -> [u8; 32] {
    Sha256::digest(token.expose_secret()).into()
}

#[cfg(test)]
mod tests;
