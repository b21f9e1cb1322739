//! A model of what supabase auth-js does with a session, by its defaults.
//!
//! Source: supabase/supabase-js, 2026-08-07 (commit 381bded5), `packages/core/auth-js/src`:
//! `GoTrueClient.ts` (`_initialize`, `_recoverAndRefresh`, `__loadSession`, `_callRefreshToken`,
//! `_refreshAccessToken`, `_autoRefreshTokenTick`, `_onVisibilityChanged`, `_signOut`),
//! `lib/constants.ts`, `lib/fetch.ts`, `lib/helpers.ts`.
//!
//! What is modelled: the session in `localStorage`; a tick every 30 s which refreshes when at most three
//! whole ticks are left, and `getSession()` which refreshes, and waits, with under 90 s left; recovery at
//! start and when the window becomes visible; retries after 200 ms, 400 ms and so on, within 30 s, of
//! failed fetches and of 500-504 and 520-530; what cannot be retried (400, 401, 429) ends the session
//! where the access token has expired by the local clock, and is otherwise kept quiet about; one refresh
//! at a time in a process; the same refresh token is not tried again for 60 s after a failure; an answer
//! is discarded when another copy has changed the storage meanwhile; a sign-out that cannot load an
//! expired session leaves it where it is.
//!
//! With the benefit of the doubt: the window counts as visible all the time, so that ticks never stop,
//! and every focus as becoming visible. The expiry is the local clock's plus `expires_in`, as the library
//! falls back to: its own server also sends an `expires_at` by its own clock, which a wrong local clock
//! turns into more trouble than is modelled.
//!
//! Left out: the lock that is off by default, the broadcast between tabs (storage says the same here),
//! the undoing of a write that a sign-out interrupts (a write is one step here), and what only its own
//! server does: its answers to a reused token are those of the server of this simulation.

use super::kept::{self, Busy, Flight, Kept, Place, Running, Tasks, lock};
use super::{App, Policy};
use crate::Computer;
use crate::reply::{Answer, Body, Granted, Reply, Request, Token};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};

/// Between two looks at the session, in milliseconds; and for how long a refresh is retried.
const TICK_MS: i64 = 30_000;
/// With so many whole ticks left, or fewer, the tick refreshes.
const TICKS_LEFT: i64 = 3;
/// With less than this left, `getSession()` refreshes, in milliseconds.
const MARGIN_MS: i64 = TICKS_LEFT * TICK_MS;
/// For how long a refresh token is not tried again after a failure, in milliseconds.
const COOL_DOWN_MS: i64 = 2 * TICK_MS;

/// Models supabase auth-js.
#[derive(Clone, Copy, Debug, Default)]
pub struct Supabase;

impl Policy for Supabase {
    fn name(&self) -> &'static str {
        "model of supabase auth-js"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        let client = Arc::new(Client {
            computer: computer.clone(),
            place: Place::new(computer, "supabase.auth.token"),
            tasks: Tasks::default(),
            refreshing: Flight::default(),
            failed: Mutex::default(),
        });
        let ticking = Arc::clone(&client);
        client.tasks.begin(async move {
            ticking.recover().await;
            loop {
                ticking.begin_tick();
                ticking.computer.sleep(TICK_MS).await;
            }
        });
        Arc::new(Running(client))
    }
}

struct Client {
    computer: Computer,
    place: Place,
    tasks: Tasks,
    refreshing: Flight<Outcome>,
    failed: Mutex<Option<Failed>>,
}

impl Busy for Client {
    fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

#[derive(Clone)]
enum Outcome {
    Refreshed(Kept),
    Failed,
}

/// The latest failure: it stands for further tries of the same refresh token for a while.
struct Failed {
    refresh: Token,
    until_ms: i64,
}

/// Why a refresh brought no tokens.
enum Trouble {
    Retryable,
    Final,
}

impl Client {
    fn begin_tick(self: &Arc<Self>) {
        let client = Arc::clone(self);
        self.tasks.begin(async move { client.tick().await });
    }

    async fn tick(self: &Arc<Self>) {
        if self.refreshing.under_way() {
            return;
        }
        let now_ms = self.computer.wall_ms();
        if let Ok(Some(session)) = self.session().await
            && (session.ends_ms - now_ms).div_euclid(TICK_MS) <= TICKS_LEFT
        {
            self.refresh(&session).await;
        }
    }

    /// At start, and when the window becomes visible.
    async fn recover(self: &Arc<Self>) {
        if let Some(session) = self.place.read()
            && session.ends_ms - self.computer.wall_ms() < MARGIN_MS
        {
            self.refresh(&session).await;
        }
    }

    /// The session for a caller, refreshed where it is due. An error where there is one that is
    /// expired and cannot be refreshed now, or any more.
    async fn session(self: &Arc<Self>) -> Result<Option<Kept>, ()> {
        let Some(session) = self.place.read() else {
            return Ok(None);
        };
        if session.ends_ms - self.computer.wall_ms() >= MARGIN_MS {
            return Ok(Some(session));
        }
        if let Outcome::Refreshed(session) = self.refresh(&session).await {
            return Ok(Some(session));
        }
        let stored = self.place.read().is_some_and(|stored| stored.refresh == session.refresh);
        if stored && session.ends_ms > self.computer.wall_ms() {
            Ok(Some(session))
        } else {
            Err(())
        }
    }

    async fn refresh(self: &Arc<Self>, session: &Kept) -> Outcome {
        let Some(refresh) = session.refresh.clone() else {
            return Outcome::Failed;
        };
        if !self.refreshing.under_way() && self.failed_lately(&refresh) {
            return Outcome::Failed;
        }
        let client = Arc::clone(self);
        let work = async move { client.rotate(refresh).await };
        self.refreshing.share(&self.tasks, work).await.unwrap_or(Outcome::Failed)
    }

    fn failed_lately(&self, refresh: &Token) -> bool {
        let now_ms = self.computer.wall_ms();
        let failed = lock(&self.failed);
        failed.as_ref().is_some_and(|failed| failed.refresh == *refresh && now_ms < failed.until_ms)
    }

    async fn rotate(&self, refresh: Token) -> Outcome {
        let before = self.place.read();
        match self.ask(&refresh).await {
            Ok(granted) => {
                let now = self.place.read();
                let same =
                    |now: &Kept| before.as_ref().is_none_or(|was| was.refresh == now.refresh);
                if before.is_some() && !now.as_ref().is_some_and(same) {
                    return Outcome::Failed;
                }
                let session = self.save(granted, Some(refresh));
                *lock(&self.failed) = None;
                Outcome::Refreshed(session)
            }
            Err(trouble) => {
                let now_ms = self.computer.wall_ms();
                let valid = self.place.read().is_some_and(|stored| stored.ends_ms > now_ms);
                if matches!(trouble, Trouble::Final) && !valid {
                    self.place.remove();
                }
                *lock(&self.failed) = Some(Failed { refresh, until_ms: now_ms + COOL_DOWN_MS });
                Outcome::Failed
            }
        }
    }

    async fn ask(&self, refresh: &Token) -> Result<Granted, Trouble> {
        let began_ms = self.computer.wall_ms();
        let mut pause_ms = 200;
        loop {
            let trouble = match sense(kept::refresh(&self.computer, refresh.clone()).await) {
                Ok(granted) => return Ok(granted),
                Err(trouble) => trouble,
            };
            let passed_ms = self.computer.wall_ms() - began_ms;
            if matches!(trouble, Trouble::Final) || passed_ms + pause_ms >= TICK_MS {
                return Err(trouble);
            }
            self.computer.sleep(pause_ms).await;
            pause_ms *= 2;
        }
    }

    fn save(&self, granted: Granted, earlier: Option<Token>) -> Kept {
        let now_s = (self.computer.wall_ms() + 500).div_euclid(1_000);
        let ends_ms = (now_s + granted.expires_in_s) * 1_000;
        let refresh = granted.refresh.or(earlier);
        let session = Kept { access: granted.access, refresh, ends_ms };
        self.place.write(&session);
        session
    }
}

/// Makes sense of an answer as `lib/fetch.ts` does.
fn sense(reply: Reply) -> Result<Granted, Trouble> {
    match reply {
        Reply::NotSent | Reply::Lost => Err(Trouble::Retryable),
        Reply::Answer(Answer { status: 200..300, body, .. }) => match body {
            Body::Tokens(granted) => Ok(granted),
            // What cannot be read as JSON counts as a failed fetch.
            Body::Html | Body::Empty => Err(Trouble::Retryable),
            Body::Json | Body::Error(_) => Err(Trouble::Final),
        },
        Reply::Answer(Answer { status: 500..=504 | 520..=530, .. }) => Err(Trouble::Retryable),
        Reply::Answer(_) => Err(Trouble::Final),
    }
}

#[async_trait]
impl App for Running<Client> {
    async fn sign_in(&self) -> bool {
        let Some(granted) = kept::sign_in(&self.0.computer).await else {
            return false;
        };
        self.0.place.note_wanted(true);
        self.0.save(granted, None);
        true
    }

    async fn sign_out(&self) {
        let Ok(session) = self.0.session().await else {
            return;
        };
        if let Some(refresh) = session.and_then(|session| session.refresh) {
            self.0.computer.ask(Request::SignOut { refresh }).await;
        }
        self.0.place.note_wanted(false);
        self.0.place.remove();
    }

    async fn focus(&self) {
        let client = Arc::clone(&self.0);
        self.0.tasks.begin(async move { client.recover().await });
        self.0.begin_tick();
    }

    /// The library does not listen.
    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        self.0.session().await.ok().flatten().map(|session| session.access)
    }

    /// The library is not told.
    async fn api_refused(&self, _access: &Token) {}

    fn asks_for_sign_in(&self) -> bool {
        self.0.place.wanted() && self.0.place.read().is_none()
    }

    async fn quit(&self) {}
}
