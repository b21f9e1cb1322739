//! The tutorial, as it stands: the WeChat mini-program article that this project grew out of
//! (ARCHITECTURE.md and DESIGN section 1 tell what it does), with launch and window focus in the place
//! of `onLaunch` and `onShow`.
//!
//! What is modelled: after the login `token` and `tokenExpires` are stored, reckoned when the answer has
//! come; `checkToken` runs at launch and at every focus, and at no other time; a token with less than
//! five minutes left is refreshed by a POST; without a token, with an expired one, and where the refresh
//! brings none, `login` is called. Its faults are its own: the refresh token that it sends was never
//! stored, so the server is shown none; launch and focus refresh twice at once; the HTTP status is not
//! looked at, only whether a token is in the answer; a network failure counts as a refusal; nothing looks
//! at the expiry between two checks, so that a call carries whatever is stored.
//!
//! A reader will say that the missing refresh token is an obvious slip. `keeps_refresh_token` mends that
//! one slip and nothing else.
//!
//! One thing weighs more here than in the tutorial: its `login` is `wx.login`, which asks nobody. A
//! desktop has no such thing; `login` there is a page with a form. While that page is shown the app calls
//! no API.

use super::kept::{self, Busy, Kept, Place, Running, Tasks};
use super::{App, Policy};
use crate::Computer;
use crate::reply::{Answer, Body, Granted, Reply, Request, Token};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// With less than this left a valid token is refreshed, in milliseconds.
const LEAD_MS: i64 = 5 * 60_000;

/// The tutorial.
#[derive(Clone, Copy, Debug, Default)]
pub struct Article {
    /// Whether the refresh token is stored after all.
    pub keeps_refresh_token: bool,
}

impl Policy for Article {
    fn name(&self) -> &'static str {
        if self.keeps_refresh_token { "article-with-refresh-token" } else { "article" }
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        let page = Arc::new(Page {
            computer: computer.clone(),
            place: Place::new(computer, self.name()),
            tasks: Tasks::default(),
            keeps_refresh_token: self.keeps_refresh_token,
            asks: AtomicBool::new(false),
        });
        page.begin_check();
        Arc::new(Running(page))
    }
}

struct Page {
    computer: Computer,
    place: Place,
    tasks: Tasks,
    keeps_refresh_token: bool,
    asks: AtomicBool,
}

impl Busy for Page {
    fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

impl Page {
    fn begin_check(self: &Arc<Self>) {
        let page = Arc::clone(self);
        self.tasks.begin(async move { page.check().await });
    }

    async fn check(&self) {
        let now_ms = self.computer.wall_ms();
        match self.place.read().filter(|kept| kept.ends_ms > now_ms) {
            None => self.login(),
            Some(kept) if kept.ends_ms - now_ms < LEAD_MS => self.refresh(kept).await,
            Some(_) => self.asks.store(false, Ordering::Relaxed),
        }
    }

    async fn refresh(&self, kept: Kept) {
        let refresh = kept.refresh.clone();
        match self.computer.ask(Request::Refresh { refresh }).await {
            // Whatever the status: only the body is looked at.
            Reply::Answer(Answer { body: Body::Tokens(granted), .. }) => {
                self.keep(granted, kept.refresh);
            }
            Reply::Answer(_) | Reply::NotSent | Reply::Lost => self.login(),
        }
    }

    fn keep(&self, granted: Granted, earlier: Option<Token>) {
        let refresh = granted.refresh.or(earlier).filter(|_| self.keeps_refresh_token);
        let ends_ms = self.computer.wall_ms() + granted.expires_in_s * 1_000;
        self.place.write(&Kept { access: granted.access, refresh, ends_ms });
        self.asks.store(false, Ordering::Relaxed);
    }

    /// On a desktop: shows the sign-in page.
    fn login(&self) {
        self.asks.store(true, Ordering::Relaxed);
    }

    fn asks(&self) -> bool {
        self.asks.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl App for Running<Page> {
    async fn sign_in(&self) -> bool {
        let Some(granted) = kept::sign_in(&self.0.computer).await else {
            return false;
        };
        self.0.place.note_wanted(true);
        self.0.keep(granted, None);
        true
    }

    async fn sign_out(&self) {
        self.0.place.note_wanted(false);
        self.0.place.remove();
    }

    async fn focus(&self) {
        self.0.begin_check();
    }

    /// The tutorial does not listen.
    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        if self.0.asks() {
            return None;
        }
        self.0.place.read().map(|kept| kept.access)
    }

    /// The tutorial does not look at the status of an API's answer.
    async fn api_refused(&self, _access: &Token) {}

    fn asks_for_sign_in(&self) -> bool {
        self.0.place.wanted() && self.0.asks()
    }

    async fn quit(&self) {}
}
