//! A model of AWS's static stability: the cache that keeps serving what it has while it cannot be
//! renewed.
//!
//! Source: smithy-lang/smithy-rs, branch `back-builtin-providers-with-static-stability`, 2026-08-20
//! (commit 166f0bf792; pull requests 4774, 4781 and 4796):
//! `aws/rust-runtime/aws-runtime/src/static_stability.rs` for the cache, and
//! `aws/rust-runtime/aws-config/src/login.rs` with `login/token.rs` for what it stands on here.
//!
//! The cache holds AWS credentials and, by itself, knows no refresh token. This model puts it on the one
//! of AWS's own sources that refreshes by a refresh token and allows static stability: the login
//! provider, with the tokens in a file that all processes share. An access token stands for the
//! credentials.
//!
//! What is modelled: no timer, everything happens when a caller wants a token; from an advisory moment on
//! (5, 15 or 60 minutes before the end, by what is left of its life) one caller refreshes and the others
//! are served what there is; in the last minute all wait; a failure serves what there is, *past its end
//! too*, and asks again no sooner than 5 to 10 minutes later; an error that cannot be recovered from is
//! raised at once and repeated for 1 to 5 s without asking; a token that the API refused is renewed at
//! the next call, unless a failure is being waited for. The source reads its file first, refreshes only
//! with under 5 minutes left, and at most every 30 s; a request is tried three times with a jittered
//! pause, about 22 s in all. Processes do not wait for each other.
//!
//! With the benefit of the doubt: `invalid_grant` counts as the login provider's *token expired*, which
//! asks the person to sign in again, and every other error as one to recover from. The source renews
//! what the API has refused even if its file still calls it good.
//!
//! Read its dead tokens with one thing in mind: to serve credentials past their end is what static
//! stability is for. AWS's services may honour them; an OAuth API does not.

use super::kept::{self, Kept, Place};
use super::{App, Policy};
use crate::Computer;
use crate::policies::kept::lock;
use crate::reply::{Answer, Body, Granted, Reply, Token};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

const MINUTE_MS: i64 = 60_000;
/// From here to the end callers wait, in milliseconds.
const MANDATORY_MS: i64 = MINUTE_MS;
/// With less than this left the source refreshes, in milliseconds.
const SOURCE_MS: i64 = 5 * MINUTE_MS;
/// The source does not refresh again within this time, in milliseconds.
const SOURCE_PAUSE_MS: i64 = 30_000;
/// How long one refresh with its retries may take, in milliseconds.
const PATIENCE_MS: i64 = 22_000;
const ATTEMPTS: u32 = 3;

/// Models AWS's static stability.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aws;

impl Policy for Aws {
    fn name(&self) -> &'static str {
        "model of AWS static stability"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        Arc::new(Cache {
            computer: computer.clone(),
            place: Place::new(computer, "aws login"),
            gate: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            asks: AtomicBool::new(false),
        })
    }
}

struct Cache {
    computer: Computer,
    place: Place,
    /// One refresh at a time in this process.
    gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    asks: AtomicBool,
}

/// Times are milliseconds of the wall clock.
#[derive(Default)]
struct State {
    cached: Option<Kept>,
    advisory_ms: i64,
    mandatory_ms: i64,
    /// After a failure: not before this time.
    wait_until_ms: Option<i64>,
    /// An error that cannot be recovered from stands until this time.
    error_until_ms: Option<i64>,
    /// What the API refused.
    refused: Option<Token>,
    /// The source's latest refresh.
    refreshed_ms: Option<i64>,
}

enum Decision {
    Serve(Token),
    Advisory(Token),
    Mandatory,
}

enum Trouble {
    Recoverable,
    Final,
}

impl State {
    fn decide(&self, now_ms: i64) -> Decision {
        let Some(cached) = &self.cached else {
            return Decision::Mandatory;
        };
        let waits = self.wait_until_ms.is_some_and(|until_ms| now_ms < until_ms);
        if now_ms < self.advisory_ms || waits {
            Decision::Serve(cached.access.clone())
        } else if now_ms < self.mandatory_ms {
            Decision::Advisory(cached.access.clone())
        } else {
            Decision::Mandatory
        }
    }
}

/// How long before the end the advisory moment is, by the life that is left. Milliseconds.
fn advisory_window_ms(left_ms: i64) -> i64 {
    if left_ms <= 20 * MINUTE_MS {
        5 * MINUTE_MS
    } else if left_ms < 90 * MINUTE_MS {
        15 * MINUTE_MS
    } else {
        60 * MINUTE_MS
    }
}

impl Cache {
    fn decide(&self, now_ms: i64) -> Decision {
        lock(&self.state).decide(now_ms)
    }

    /// What is served after a refresh, or after its failure. Needs the gate.
    async fn refresh(&self) -> Option<Token> {
        let now_ms = self.computer.wall_ms();
        if lock(&self.state).error_until_ms.is_some_and(|until_ms| now_ms < until_ms) {
            return None;
        }
        let found = tokio::select! {
            biased;
            () = self.computer.sleep(PATIENCE_MS) => Err(Trouble::Recoverable),
            found = self.source() => found,
        };
        let now_ms = self.computer.wall_ms();
        let found = match found {
            Ok(kept) if kept.ends_ms <= now_ms => Err(Trouble::Recoverable),
            found => found,
        };
        match found {
            Ok(kept) => {
                let mut state = lock(&self.state);
                let access = kept.access.clone();
                state.advisory_ms = kept.ends_ms - advisory_window_ms(kept.ends_ms - now_ms);
                state.mandatory_ms = kept.ends_ms - MANDATORY_MS;
                state.cached = Some(kept);
                state.wait_until_ms = None;
                state.error_until_ms = None;
                self.asks.store(false, Ordering::Relaxed);
                Some(access)
            }
            Err(Trouble::Final) => {
                lock(&self.state).error_until_ms = Some(now_ms + self.jittered(1_000, 4_000));
                self.asks.store(true, Ordering::Relaxed);
                None
            }
            Err(Trouble::Recoverable) => {
                let wait_ms = self.jittered(300_000, 300_000);
                let mut state = lock(&self.state);
                let access = state.cached.as_ref()?.access.clone();
                state.wait_until_ms = Some(now_ms + wait_ms);
                Some(access)
            }
        }
    }

    /// The login provider.
    async fn source(&self) -> Result<Kept, Trouble> {
        let kept = self.place.read().ok_or(Trouble::Final)?;
        let now_ms = self.computer.wall_ms();
        let (refused, refreshed_ms) = {
            let state = lock(&self.state);
            (state.refused.as_ref() == Some(&kept.access), state.refreshed_ms)
        };
        if kept.ends_ms - SOURCE_MS > now_ms && !refused {
            return Ok(kept);
        }
        // A clock that was turned back makes the original panic here; the model goes on.
        let just_now = |at_ms| (0..SOURCE_PAUSE_MS).contains(&(now_ms - at_ms));
        if refreshed_ms.is_some_and(just_now) {
            return if kept.ends_ms > now_ms { Ok(kept) } else { Err(Trouble::Recoverable) };
        }
        let refresh = kept.refresh.ok_or(Trouble::Final)?;
        let granted = self.ask(&refresh).await?;
        lock(&self.state).refreshed_ms = Some(now_ms);
        Ok(self.keep(granted, Some(refresh), now_ms))
    }

    /// Asks, and retries what may pass by itself: the SDK's standard mode.
    async fn ask(&self, refresh: &Token) -> Result<Granted, Trouble> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.computer.sleep(self.jittered(0, 1_000 << (attempt - 1))).await;
            }
            match kept::refresh(&self.computer, refresh.clone()).await {
                Reply::NotSent
                | Reply::Lost
                | Reply::Answer(Answer { status: 429 | 500 | 502..=504, .. }) => {}
                Reply::Answer(Answer { status: 200..300, body: Body::Tokens(granted), .. }) => {
                    return Ok(granted);
                }
                Reply::Answer(Answer { body: Body::Error("invalid_grant"), .. }) => {
                    return Err(Trouble::Final);
                }
                Reply::Answer(_) => return Err(Trouble::Recoverable),
            }
        }
        Err(Trouble::Recoverable)
    }

    fn keep(&self, granted: Granted, earlier: Option<Token>, asked_ms: i64) -> Kept {
        let ends_ms = asked_ms + granted.expires_in_s * 1_000;
        let refresh = granted.refresh.or(earlier);
        let kept = Kept { access: granted.access, refresh, ends_ms };
        self.place.write(&kept);
        kept
    }

    fn jittered(&self, least_ms: i64, span_ms: i64) -> i64 {
        let drawn = self.computer.draw(u64::try_from(span_ms).unwrap_or(0) + 1);
        least_ms + i64::try_from(drawn).unwrap_or(0)
    }
}

#[async_trait]
impl App for Cache {
    async fn sign_in(&self) -> bool {
        let asked_ms = self.computer.wall_ms();
        let Some(granted) = kept::sign_in(&self.computer).await else {
            return false;
        };
        self.place.note_wanted(true);
        self.keep(granted, None, asked_ms);
        *lock(&self.state) = State::default();
        self.asks.store(false, Ordering::Relaxed);
        true
    }

    async fn sign_out(&self) {
        self.place.note_wanted(false);
        self.place.remove();
        *lock(&self.state) = State::default();
    }

    /// The cache does not listen.
    async fn focus(&self) {}

    /// The cache does not listen.
    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        let now_ms = self.computer.wall_ms();
        match self.decide(now_ms) {
            Decision::Serve(access) => Some(access),
            Decision::Advisory(access) => match self.gate.try_lock() {
                Ok(_gate) => self.refresh().await,
                Err(_) => Some(access),
            },
            Decision::Mandatory => {
                let _gate = self.gate.lock().await;
                if let Decision::Serve(access) = self.decide(now_ms) {
                    return Some(access);
                }
                self.refresh().await
            }
        }
    }

    async fn api_refused(&self, access: &Token) {
        let mut state = lock(&self.state);
        if state.cached.as_ref().is_some_and(|cached| cached.access == *access) {
            state.advisory_ms = i64::MIN;
            state.mandatory_ms = i64::MIN;
            state.refused = Some(access.clone());
        }
    }

    fn asks_for_sign_in(&self) -> bool {
        self.place.wanted() && self.asks.load(Ordering::Relaxed)
    }

    async fn quit(&self) {}
}
