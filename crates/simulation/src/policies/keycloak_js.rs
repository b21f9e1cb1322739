//! A model of what keycloak-js does with a session.
//!
//! Source: keycloak/keycloak-js, 2026-04-22 (commit d86787d): `lib/keycloak.js` (`init`, `updateToken`,
//! `isTokenExpired`, `clearToken`, `#setToken`, `fetchJSON`) and
//! `docs/guides/securing-apps/javascript-adapter.adoc`.
//!
//! What is modelled: nothing is renewed by itself; the app calls `updateToken(30)` before it calls an
//! API, as the guide shows, and calls the API only when that succeeded; `onTokenExpired`, a single timer
//! that is set when tokens come, calls `updateToken(5)`; one refresh at a time in a process, further
//! callers wait in its queue; status 400, whatever the body says, clears the tokens and logs out; every
//! other failure keeps them, and is not retried before the next call; the clock's skew is the middle of
//! the request minus the token's `iat`, and until that is known every token counts as expired.
//!
//! With the benefit of the doubt: the library keeps tokens in memory only, and its guide says that they
//! should stay there; a browser signs in again without asking, by the cookie of Keycloak's own session.
//! The server of this simulation has no such cookie, so the app here stores the tokens and hands them to
//! `init({ token, refreshToken })`, which is documented and refreshes at once; a start while offline does
//! not ask for a sign-in. Two tabs would each get tokens of their own by that cookie and would not
//! disturb each other; so here a copy goes on with what another copy has stored, whenever it is called,
//! and nobody is asked as long as something is stored that has not been refused.
//! A refresh answer without a new refresh token would delete the old one; Keycloak always sends one, so
//! it is kept.
//!
//! Left out: that cookie, which may make the sign-in after a logout silent for as long as Keycloak's own
//! session lives; the session status iframe, which desktop webviews do not let work.

use super::kept::{self, Busy, Flight, Kept, Place, Running, Tasks, lock};
use super::{App, Policy};
use crate::Computer;
use crate::reply::{Answer, Body, Granted, Reply, Request, Token};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};

/// What the guide's example asks for before a call, in seconds.
const BEFORE_A_CALL_S: i64 = 30;
/// `updateToken` without an argument, in seconds.
const BY_DEFAULT_S: i64 = 5;

/// Models keycloak-js.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeycloakJs;

impl Policy for KeycloakJs {
    fn name(&self) -> &'static str {
        "model of keycloak-js"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        let adapter = Arc::new(Adapter {
            computer: computer.clone(),
            place: Place::new(computer, "keycloak"),
            tasks: Tasks::default(),
            memory: Mutex::default(),
            queue: Flight::default(),
        });
        adapter.init();
        Arc::new(Running(adapter))
    }
}

struct Adapter {
    computer: Computer,
    place: Place,
    tasks: Tasks,
    memory: Mutex<Memory>,
    queue: Flight<bool>,
}

impl Busy for Adapter {
    fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

#[derive(Default)]
struct Memory {
    /// The tokens; their end is `exp`, by the server's clock.
    tokens: Option<Kept>,
    /// The local clock minus the server's, in seconds.
    skew_s: Option<i64>,
    /// Counts settings of the timer: one that was set before is cancelled.
    timer: u64,
}

impl Adapter {
    /// `init`, with the tokens that the app has stored: they are refreshed at once.
    fn init(self: &Arc<Self>) {
        let adapter = Arc::clone(self);
        self.tasks.begin(async move {
            adapter.update_token(None).await;
        });
    }

    /// The app: takes what another copy has stored.
    fn take_stored(&self) {
        if let Some(stored) = self.place.read() {
            lock(&self.memory).tokens = Some(stored);
        }
    }

    /// `updateToken`; `None` stands for -1, always. Whether the token may be used.
    async fn update_token(self: &Arc<Self>, min_validity_s: Option<i64>) -> bool {
        self.take_stored();
        if !self.signed_in() {
            return false;
        }
        if min_validity_s.is_some_and(|least_s| !self.expired(least_s)) {
            return true;
        }
        let adapter = Arc::clone(self);
        let work = async move { adapter.refresh().await };
        self.queue.share(&self.tasks, work).await.unwrap_or(false)
    }

    /// `isTokenExpired`.
    fn expired(&self, least_s: i64) -> bool {
        let now_s = (self.computer.wall_ms() + 999).div_euclid(1_000);
        let memory = lock(&self.memory);
        let (Some(tokens), Some(skew_s)) = (&memory.tokens, memory.skew_s) else {
            return true;
        };
        tokens.ends_ms / 1_000 - now_s + skew_s - least_s < 0
    }

    async fn refresh(self: &Arc<Self>) -> bool {
        let shown = lock(&self.memory).tokens.as_ref().and_then(|tokens| tokens.refresh.clone());
        let Some(shown) = shown else {
            return false;
        };
        let began_ms = self.computer.wall_ms();
        match kept::refresh(&self.computer, shown.clone()).await {
            Reply::Answer(Answer {
                status: 200..300,
                body: Body::Tokens(granted),
                date_ms,
                ..
            }) => {
                self.set_token(granted, Some(shown), date_ms, began_ms);
                true
            }
            Reply::Answer(Answer { status: 400, .. }) => {
                self.clear_token(&shown);
                false
            }
            Reply::Answer(_) | Reply::NotSent | Reply::Lost => false,
        }
    }

    /// `#setToken`, and the app's storing of them.
    fn set_token(
        self: &Arc<Self>,
        granted: Granted,
        earlier: Option<Token>,
        date_ms: i64,
        began_ms: i64,
    ) {
        let now_ms = self.computer.wall_ms();
        let issued_s = date_ms.div_euclid(1_000);
        let skew_s = i64::midpoint(began_ms, now_ms).div_euclid(1_000) - issued_s;
        let ends_ms = (issued_s + granted.expires_in_s) * 1_000;
        let refresh = granted.refresh.or(earlier);
        let tokens = Kept { access: granted.access, refresh, ends_ms };
        self.place.write(&tokens);
        let timer = {
            let mut memory = lock(&self.memory);
            memory.tokens = Some(tokens);
            memory.skew_s = Some(skew_s);
            memory.timer += 1;
            memory.timer
        };
        let left_ms = ends_ms - now_ms + skew_s * 1_000;
        let adapter = Arc::clone(self);
        self.tasks.begin(async move {
            adapter.computer.sleep(left_ms).await;
            if lock(&adapter.memory).timer == timer {
                adapter.update_token(Some(BY_DEFAULT_S)).await;
            }
        });
    }

    /// `clearToken`, and what the app does at `onAuthLogout`.
    fn clear_token(&self, refused: &Token) {
        {
            let mut memory = lock(&self.memory);
            memory.tokens = None;
            memory.timer += 1;
        }
        if self.place.read().is_some_and(|stored| stored.refresh.as_ref() == Some(refused)) {
            self.place.remove();
        }
    }

    fn signed_in(&self) -> bool {
        lock(&self.memory).tokens.is_some()
    }
}

#[async_trait]
impl App for Running<Adapter> {
    async fn sign_in(&self) -> bool {
        let began_ms = self.0.computer.wall_ms();
        let reply = self.0.computer.ask(Request::SignIn).await;
        let Reply::Answer(Answer {
            status: 200..300, body: Body::Tokens(granted), date_ms, ..
        }) = reply
        else {
            return false;
        };
        self.0.place.note_wanted(true);
        self.0.set_token(granted, None, date_ms, began_ms);
        true
    }

    async fn sign_out(&self) {
        let tokens = lock(&self.0.memory).tokens.take();
        self.0.place.note_wanted(false);
        self.0.place.remove();
        if let Some(refresh) = tokens.and_then(|tokens| tokens.refresh) {
            // The window goes to the server's page for it; whether it gets there does not matter here.
            let adapter = Arc::clone(&self.0);
            self.0.tasks.begin(async move {
                adapter.computer.ask(Request::SignOut { refresh }).await;
            });
        }
    }

    /// The library does not listen.
    async fn focus(&self) {}

    /// The library does not listen.
    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        if !self.0.update_token(Some(BEFORE_A_CALL_S)).await {
            return None;
        }
        lock(&self.0.memory).tokens.as_ref().map(|tokens| tokens.access.clone())
    }

    /// The library is not told.
    async fn api_refused(&self, _access: &Token) {}

    fn asks_for_sign_in(&self) -> bool {
        self.0.place.wanted() && !self.0.signed_in() && self.0.place.read().is_none()
    }

    async fn quit(&self) {}
}
