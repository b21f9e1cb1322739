//! Who uses an app: its person, and what calls the API on their behalf.

use super::Shared;
use crate::computer::Computer;
use crate::judge::HANGS_MS;
use crate::life::often::SECOND;
use crate::policies::App;
use crate::reply::{Request, Token};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A person takes so long to sign in, and as long before the next try: from, in milliseconds.
const TAKES_MS: i64 = 30 * SECOND;
/// And at most so much longer.
const TAKES_LONGER_MS: u64 = 60_000;
/// How often it is looked whether a caller hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person who signs in.
pub(super) struct Person {
    pub(super) app: Arc<dyn App>,
    pub(super) computer: Computer,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) run: u64,
}

impl Person {
    /// Tries until it is done, or not needed any more.
    pub(super) async fn signs_in(self) {
        loop {
            let longer = self.computer.draw(TAKES_LONGER_MS);
            self.computer.sleep(TAKES_MS + i64::try_from(longer).unwrap_or(0)).await;
            if !self.is_needed() {
                break;
            }
            if self.app.sign_in().await {
                let now_ms = self.computer.true_ms();
                let mut shared = lock(&self.shared);
                for note in self.computer.take_notes() {
                    shared.judge.note(&note);
                }
                shared.judge.signed_in(self.run, now_ms);
                break;
            }
        }
        lock(&self.shared).signing_in = None;
    }

    fn is_needed(&self) -> bool {
        let asks = self.app.asks_for_sign_in();
        let shared = lock(&self.shared);
        shared.wants_in && (asks || shared.judge.is_signed_out())
    }
}

/// Somebody who wants to call the API.
pub(super) struct Caller {
    pub(super) app: Arc<dyn App>,
    pub(super) computer: Computer,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) run: u64,
}

impl Caller {
    /// Calls, and once more where the token was refused.
    pub(super) async fn calls(self) {
        let well = match self.call().await {
            Some((401, token)) => {
                self.refused(&token).await;
                match self.call().await {
                    Some((401, token)) => {
                        self.refused(&token).await;
                        false
                    }
                    Some((200, _)) => true,
                    Some(_) | None => false,
                }
            }
            Some((200, _)) => true,
            Some(_) | None => false,
        };
        let now_ms = self.computer.true_ms();
        lock(&self.shared).judge.served(self.run, well, now_ms);
    }

    /// The status of the API, where one came, and the token that was shown.
    async fn call(&self) -> Option<(u16, Token)> {
        let token = self.token().await?;
        let asked_ms = self.computer.both_ms();
        let reply = self.computer.ask(Request::Api { access: token.clone() }).await;
        if reply.is_accepted() {
            self.app.api_accepted(asked_ms, &reply).await;
        }
        Some((reply.status().unwrap_or(0), token))
    }

    async fn token(&self) -> Option<Token> {
        let began_ms = self.computer.true_ms();
        let asked = self.app.access_token();
        tokio::pin!(asked);
        loop {
            let answer = tokio::time::timeout(PATIENCE, &mut asked).await;
            let now_ms = self.computer.true_ms();
            let mut shared = lock(&self.shared);
            match answer {
                Ok(token) => {
                    let token = token?;
                    let server = self.computer.server();
                    shared.judge.handed_out(self.run, &token, &server, now_ms);
                    return Some(token);
                }
                Err(_) if shared.judge.available_ms(began_ms, now_ms) >= HANGS_MS => {
                    shared.judge.hung(now_ms);
                    return None;
                }
                Err(_) => {}
            }
        }
    }

    async fn refused(&self, token: &Token) {
        self.app.api_refused(token).await;
        lock(&self.shared).judge.told_refused(self.run, token);
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
