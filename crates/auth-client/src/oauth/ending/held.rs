//! Tokens that were granted and that nobody has yet.

use super::Ending;
use engine::Exchange;
use keeper::activity::{Ending as Outcome, Purpose};
use keeper::ports::Answer;
use keeper::record::Tokens;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// What was granted, until it is handed out. Dropped before that (a sign-in that is cancelled while its
/// ID token is checked, or while the answer is on its way), it is given back: a refresh token that
/// nobody holds would live on at the server, unseen.
pub(in crate::oauth) struct Held {
    ending: Arc<Ending>,
    answer: Answer,
    /// Whose it is now: handed out, or being given back.
    settled: bool,
    /// Where it is given back; it may be dropped by a thread that knows no runtime.
    runtime: Option<Handle>,
}

impl Held {
    pub(super) fn new(ending: Arc<Ending>, mut answer: Answer) -> Self {
        if answer.tokens.client_secret.is_none() {
            answer.tokens.client_secret.clone_from(&ending.client_secret);
        }
        Self { ending, answer, settled: false, runtime: Handle::try_current().ok() }
    }

    pub(super) fn answer(&self) -> &Answer {
        &self.answer
    }

    /// It has an owner.
    pub(super) fn hand_out(mut self) -> Answer {
        self.settled = true;
        self.answer.clone()
    }

    /// Gives it back, and waits for that. Whoever does not wait to the end does not stop it.
    pub(super) async fn give_back(mut self) {
        if let Some(task) = self.given_back() {
            let _ended = task.await;
        }
    }

    /// Gives it back in a task of its own, once: one request, whose time is bounded.
    fn given_back(&mut self) -> Option<JoinHandle<()>> {
        if std::mem::replace(&mut self.settled, true) {
            return None;
        }
        let (ending, tokens) = (Arc::clone(&self.ending), self.answer.tokens.clone());
        Some(self.runtime.as_ref()?.spawn(async move { ending.give_back(&tokens).await }))
    }

    /// Nobody has heard yet that these came.
    fn tell(&self) {
        let exchange: Exchange = self.answer.exchange.clone();
        self.ending.tell(Purpose::SignIn, Outcome::Good, exchange);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.settled {
            self.tell();
            let _task = self.given_back();
        }
    }
}

impl Ending {
    /// Gives back what was granted, as far as the server lets us: once.
    async fn give_back(&self, tokens: &Tokens) {
        match self.endpoint.revoke(tokens, &self.marks).await {
            Ok(None) => {}
            Ok(Some(exchange)) => self.tell(Purpose::SignOut, Outcome::Good, exchange),
            Err(failure) => self.tell_failure(Purpose::SignOut, &failure),
        }
    }
}
