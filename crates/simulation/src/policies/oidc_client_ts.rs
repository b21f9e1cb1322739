//! A model of what oidc-client-ts does with a session, by its defaults.
//!
//! Source: authts/oidc-client-ts 3.5.0, 2026-06-24 (commit b82a6a03): `src/UserManager.ts`
//! (`getUser`, `signinSilent`, `_useRefreshToken`, `removeUser`), `src/SilentRenewService.ts`,
//! `src/AccessTokenEvents.ts`, `src/utils/Timer.ts`, `src/JsonService.ts`, `src/User.ts`,
//! `src/UserManagerSettings.ts`, `docs/protocols/refresh-token-grant.md`.
//!
//! What is modelled: `automaticSilentRenew`, on by default, by the refresh token; a timer that raises
//! *expiring* 60 s before the end and looks at the wall clock at least every 5 s; no such timer for a
//! token that is already expired when it is loaded; a request that is given up after 10 s and then tried
//! again 5 s later, for ever; any other failure raises an error event and is left at that, until
//! `getUser()` is called in the last minute and arms the timer anew; nothing that the library does ends a
//! session; a refresh stores its result whatever has happened to the storage meanwhile; what another copy
//! has stored is seen at the next `getUser()`. One copy does not wait for another.
//!
//! With the benefit of the doubt, the app around it: it keeps the user in `localStorage` (the default is
//! `sessionStorage`, which a desktop app would lose at every start); it gives no token while
//! `user.expired`; the documentation names `signinSilent()` for a token that has expired, so it calls
//! that at launch and when a token is wanted, once at a time, although the library itself does nothing
//! there; it asks for a sign-in only when this was answered by `invalid_grant`, the error code being
//! there "to classify": the documentation leaves this to the app. A connection that cannot be made counts
//! as a request that timed out.
//!
//! Left out: the silent renewal in an iframe, which can sign in again by the server's cookie where there
//! is no refresh token; the session monitor; identity tokens.

use super::kept::{self, Busy, Flight, Kept, Place, Running, Tasks, lock};
use super::{App, Policy};
use crate::Computer;
use crate::reply::{Answer, Body, Granted, Reply, Request, Token};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// `accessTokenExpiringNotificationTimeInSeconds`.
const EXPIRING_S: i64 = 60;
/// A timer looks at the clock at least this often, in seconds; and after it a timeout is retried.
const LOOK_S: i64 = 5;
/// `silentRequestTimeoutInSeconds`, in milliseconds.
const PATIENCE_MS: i64 = 10_000;

/// Models oidc-client-ts.
#[derive(Clone, Copy, Debug, Default)]
pub struct OidcClientTs;

impl Policy for OidcClientTs {
    fn name(&self) -> &'static str {
        "model of oidc-client-ts"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        let manager = Arc::new(Manager {
            computer: computer.clone(),
            place: Place::new(computer, "oidc.user"),
            tasks: Tasks::default(),
            timers: Mutex::default(),
            armed: Notify::new(),
            renewing: Flight::default(),
            asks: AtomicBool::new(false),
        });
        let timing = Arc::clone(&manager);
        manager.tasks.begin(async move { timing.keep_time().await });
        // The service loads the user when it starts; what is expired then is the app's to renew.
        let launching = Arc::clone(&manager);
        manager.tasks.begin(async move { drop(launching.token().await) });
        Arc::new(Running(manager))
    }
}

struct Manager {
    computer: Computer,
    place: Place,
    tasks: Tasks,
    timers: Mutex<Timers>,
    armed: Notify,
    /// The app's own renewal of an expired token.
    renewing: Flight<()>,
    asks: AtomicBool,
}

impl Busy for Manager {
    fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

/// When timers fall due, in seconds of the wall clock.
#[derive(Clone, Copy, Debug, Default)]
struct Timers {
    expiring_s: Option<i64>,
    retry_s: Option<i64>,
}

/// What became of `signinSilent()`.
enum Silent {
    Renewed,
    TimedOut,
    Refused(&'static str),
    Failed,
}

impl Manager {
    fn now_s(&self) -> i64 {
        self.computer.wall_ms().div_euclid(1_000)
    }

    /// Runs both timers. A timer's first look is at its end, where that is nearer than 5 s.
    async fn keep_time(self: Arc<Self>) {
        loop {
            let next_s = {
                let timers = lock(&self.timers);
                timers.expiring_s.into_iter().chain(timers.retry_s).min()
            };
            let Some(next_s) = next_s else {
                self.armed.notified().await;
                continue;
            };
            let left_s = (next_s - self.now_s()).clamp(1, LOOK_S);
            tokio::select! {
                () = self.computer.sleep(left_s * 1_000) => self.look(),
                () = self.armed.notified() => {}
            }
        }
    }

    fn look(self: &Arc<Self>) {
        let now_s = self.now_s();
        let mut timers = lock(&self.timers);
        for timer in [Timer::Expiring, Timer::Retry] {
            let at = timers.at(timer);
            if at.take_if(|at| *at <= now_s).is_some() {
                let manager = Arc::clone(self);
                self.tasks.begin(async move { manager.token_expiring().await });
            }
        }
    }

    fn arm(&self, timer: Timer, in_s: i64) {
        let at_s = self.now_s() + in_s.max(1);
        if lock(&self.timers).at(timer).replace(at_s) != Some(at_s) {
            self.armed.notify_one();
        }
    }

    /// `SilentRenewService._tokenExpiring`.
    async fn token_expiring(self: Arc<Self>) {
        match self.signin_silent().await {
            Silent::TimedOut => self.arm(Timer::Retry, LOOK_S),
            // An event is raised, and that is all.
            Silent::Renewed | Silent::Refused(_) | Silent::Failed => {}
        }
    }

    async fn signin_silent(&self) -> Silent {
        let Some(refresh) = self.place.read().and_then(|user| user.refresh) else {
            return Silent::Failed;
        };
        let reply = tokio::select! {
            biased;
            () = self.computer.sleep(PATIENCE_MS) => return Silent::TimedOut,
            reply = kept::refresh(&self.computer, refresh.clone()) => reply,
        };
        match reply {
            Reply::Answer(Answer { status: 200..300, body: Body::Tokens(granted), .. }) => {
                self.keep(granted, Some(refresh));
                Silent::Renewed
            }
            Reply::Answer(Answer { body: Body::Error(code), .. }) => Silent::Refused(code),
            Reply::Answer(_) | Reply::NotSent | Reply::Lost => Silent::Failed,
        }
    }

    fn keep(&self, granted: Granted, earlier: Option<Token>) {
        let ends_ms = (self.now_s() + granted.expires_in_s) * 1_000;
        let refresh = granted.refresh.or(earlier);
        let user = Kept { access: granted.access, refresh, ends_ms };
        self.place.write(&user);
        self.load(&user);
        self.asks.store(false, Ordering::Relaxed);
    }

    /// `getUser()`.
    fn user(&self) -> Option<Kept> {
        let user = self.place.read()?;
        self.load(&user);
        Some(user)
    }

    /// `AccessTokenEvents.load`.
    fn load(&self, user: &Kept) {
        let left_s = user.ends_ms.div_euclid(1_000) - self.now_s();
        if left_s > 0 {
            self.arm(Timer::Expiring, left_s - EXPIRING_S);
        } else {
            lock(&self.timers).expiring_s = None;
        }
    }

    fn expired(&self, user: &Kept) -> bool {
        user.ends_ms.div_euclid(1_000) <= self.now_s()
    }

    /// The app: an access token, by `getUser()` and, where that is expired, by `signinSilent()`.
    async fn token(self: &Arc<Self>) -> Option<Token> {
        let user = self.user()?;
        if self.expired(&user) {
            if self.asks.load(Ordering::Relaxed) {
                return None;
            }
            let manager = Arc::clone(self);
            self.renewing.share(&self.tasks, async move { manager.renew().await }).await;
        } else {
            self.asks.store(false, Ordering::Relaxed);
        }
        let user = self.place.read()?;
        (!self.expired(&user)).then_some(user.access)
    }

    async fn renew(&self) {
        match self.signin_silent().await {
            Silent::Refused("invalid_grant") => self.asks.store(true, Ordering::Relaxed),
            Silent::Renewed | Silent::TimedOut | Silent::Refused(_) | Silent::Failed => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Timer {
    Expiring,
    Retry,
}

impl Timers {
    fn at(&mut self, timer: Timer) -> &mut Option<i64> {
        match timer {
            Timer::Expiring => &mut self.expiring_s,
            Timer::Retry => &mut self.retry_s,
        }
    }
}

#[async_trait]
impl App for Running<Manager> {
    async fn sign_in(&self) -> bool {
        let Some(granted) = kept::sign_in(&self.0.computer).await else {
            return false;
        };
        self.0.place.note_wanted(true);
        self.0.keep(granted, None);
        true
    }

    async fn sign_out(&self) {
        let refresh = self.0.place.read().and_then(|user| user.refresh);
        self.0.place.note_wanted(false);
        self.0.place.remove();
        lock(&self.0.timers).expiring_s = None;
        if let Some(refresh) = refresh {
            // The window goes to the server's page for it; whether it gets there does not matter here.
            let manager = Arc::clone(&self.0);
            self.0.tasks.begin(async move {
                manager.computer.ask(Request::SignOut { refresh }).await;
            });
        }
    }

    /// The library does not listen.
    async fn focus(&self) {}

    /// The library does not listen.
    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        self.0.token().await
    }

    /// The library is not told.
    async fn api_refused(&self, _access: &Token) {}

    fn asks_for_sign_in(&self) -> bool {
        self.0.place.wanted() && self.0.asks.load(Ordering::Relaxed)
    }

    async fn quit(&self) {}
}
