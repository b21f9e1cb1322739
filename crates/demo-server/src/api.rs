//! What is asked of this server, from arrival to answer: count it, wait, let it go wrong or
//! handle it, say it, note it. The tutorial's API and the OpenID provider both go this way.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use crate::answer::Answer;
use crate::counters::{Counters, Endpoint, Exchange};
use crate::desk::{Desk, Keep, Saved};
use crate::fault::{self, Moment};
use crate::handlers::Asked;
use crate::outcome::Outcome;
use crate::serve::NoAnswer;
use crate::switches::{FaultKind, Switches};
use crate::token::{FreshTokens, TokenHash};

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/api/login", post(login))
        .route("/api/refresh_token", post(refresh))
        .route("/api/me", get(me))
        .route("/api/logout", post(logout))
        .with_state(desk)
}

/// A request in the manner of one of the two APIs, taken apart once.
pub(crate) trait Request: Send + Sync + 'static {
    fn endpoint(&self) -> Endpoint;

    fn access_token(&self) -> Option<&str>;

    fn refresh_token(&self, switches: &Switches) -> Option<&str>;

    /// Counts that it was asked.
    fn count(&self, counters: &mut Counters) {
        counters.asked(self.endpoint());
    }

    /// Decides about it. This runs while the state is locked, so nothing in it waits.
    fn handle(&self, fresh: FreshTokens, saved: &mut Saved, now_ms: u64) -> (Outcome, Keep);

    /// Says a decision as the switches want it said.
    fn say(&self, outcome: &Outcome, switches: &Switches, now_ms: u64) -> Answer;
}

/// What a request met when it arrived.
struct Arrival {
    switches: Switches,
    fault: FaultKind,
    /// How often the switches had been set by then.
    times_set: u64,
    refresh_token: Option<String>,
}

async fn login(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    exchange(desk, Asked::read(Endpoint::Login, &headers, &body)).await
}

async fn refresh(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    exchange(desk, Asked::read(Endpoint::Refresh, &headers, &body)).await
}

async fn me(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    exchange(desk, Asked::read(Endpoint::Api, &headers, &body)).await
}

async fn logout(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    exchange(desk, Asked::read(Endpoint::Logout, &headers, &body)).await
}

/// Takes a request through all of it.
pub(crate) async fn exchange(desk: Arc<Desk>, asked: impl Request) -> Response {
    let asked = Arc::new(asked);
    let endpoint = asked.endpoint();
    let arriving = Arc::clone(&asked);
    let arrival = desk.change(move |saved, _| arrive(&*arriving, saved)).await;
    let Ok(Arrival { mut switches, fault, times_set, refresh_token }) = arrival else {
        return asked.say(&Outcome::Trouble, &Switches::default(), 0).into_response();
    };
    if switches.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(switches.latency_ms)).await;
    }
    if fault == (FaultKind::Hold { after_handling: false }) {
        desk.set_again(times_set).await;
    }
    let outcome = match fault.moment() {
        Moment::Instead => None,
        Moment::Never | Moment::After => {
            let (outcome, now_in_force) = decide(&desk, Arc::clone(&asked)).await;
            switches = now_in_force.unwrap_or(switches);
            Some(outcome)
        }
    };
    if fault == (FaultKind::Hold { after_handling: true }) {
        desk.set_again(times_set).await;
    }
    let now_ms = desk.now_ms();
    let right = match &outcome {
        Some(outcome) => asked.say(outcome, &switches, now_ms),
        None => Answer::empty(StatusCode::OK),
    };
    let response = fault::answer(fault, right, &*asked, &switches, now_ms);

    let (new_access_token, new_refresh_token) =
        outcome.as_ref().map(Outcome::fingerprints).unwrap_or_default();
    desk.note(Exchange {
        number: 0,
        at_ms: now_ms,
        endpoint,
        status: match response.extensions().get::<NoAnswer>() {
            Some(NoAnswer) => None,
            None => Some(response.status().as_u16()),
        },
        outcome: outcome.map_or_else(|| "not handled".to_owned(), |outcome| outcome.in_words()),
        fault: fault.name().filter(|_| fault != FaultKind::None),
        refresh_token,
        access_token: asked.access_token().map(fingerprint),
        new_refresh_token,
        new_access_token,
    });
    response
}

fn arrive(asked: &impl Request, saved: &mut Saved) -> (Arrival, Keep) {
    let endpoint = asked.endpoint();
    asked.count(&mut saved.counters);
    let shown = asked.refresh_token(&saved.switches);
    if let Some(shown) = shown.filter(|_| endpoint == Endpoint::Refresh) {
        let again = saved.grants.note_shown(TokenHash::of(shown));
        saved.counters.refresh_tokens_seen_twice += u64::from(again);
    }
    let refresh_token = shown.map(fingerprint);
    let before = saved.switches.fault.times;
    let fault = saved.switches.take_fault(endpoint).unwrap_or_default();
    if fault != FaultKind::None {
        saved.counters.faults_shown += 1;
    }
    if fault.refuses() {
        saved.counters.refused(endpoint);
    }
    // A fault that was to show twice must not show twice more after a restart.
    let keep = if saved.switches.fault.times == before { Keep::InMemory } else { Keep::Durably };
    let switches = saved.switches.clone();
    (Arrival { switches, fault, times_set: saved.times_set, refresh_token }, keep)
}

/// Handles the request, and says which switches were in force when it was.
async fn decide(desk: &Arc<Desk>, asked: Arc<impl Request>) -> (Outcome, Option<Switches>) {
    let fresh = match FreshTokens::new() {
        Ok(fresh) => fresh,
        Err(error) => {
            tracing::warn!(%error, "no tokens can be made");
            return (Outcome::Trouble, None);
        }
    };
    let decided = desk.change(move |saved, now_ms| {
        let (outcome, keep) = asked.handle(fresh, saved, now_ms);
        ((outcome, Some(saved.switches.clone())), keep)
    });
    decided.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a request could not be handled");
        (Outcome::Trouble, None)
    })
}

fn fingerprint(token: &str) -> String {
    TokenHash::of(token).fingerprint()
}
