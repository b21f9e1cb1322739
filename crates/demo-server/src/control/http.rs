//! The control API: `/control`, for whoever holds the key made at start.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Control, ControlError};
use crate::answer::Answer;
use crate::desk::Desk;
use crate::guard;

/// How this server names itself.
pub(crate) const SERVER: &str = "session-keeper-demo";

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let keyed = Router::new()
        .route("/control/state", get(state))
        .route("/control/switches", put(switches))
        .route("/control/revoke", post(revoke))
        .route("/control/expire", post(expire))
        .route("/control/reset", post(reset))
        .route("/control/openid/rotate_keys", post(rotate_keys))
        .route("/control/openid/device", post(device))
        .route_layer(from_fn_with_state(Arc::clone(&desk), with_key));
    Router::new()
        .route("/control/hello", get(greet))
        .merge(keyed)
        .route_layer(from_fn(without_origin))
        .with_state(desk)
}

async fn without_origin(request: Request, next: Next) -> Response {
    match guard::check_origin(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn with_key(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    match guard::check_key(request.headers(), &desk.control_key) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn greet(State(desk): State<Arc<Desk>>) -> Response {
    let hello = json!({"server": SERVER, "folder": desk.instance});
    Answer::json(StatusCode::OK, &hello).into_response()
}

async fn state(State(desk): State<Arc<Desk>>) -> Response {
    said(Control::here(desk).snapshot().await)
}

async fn switches(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    match read(&body) {
        Ok(change) => said(Control::here(desk).patch_switches(change).await),
        Err(message) => invalid(&message).into_response(),
    }
}

async fn revoke(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let username = match read(&body) {
        Ok(body) => body.get("username").filter(|name| !name.is_null()).cloned(),
        Err(message) => return invalid(&message).into_response(),
    };
    // A name that is no text must not turn into "everybody".
    if username.as_ref().is_some_and(|name| !name.is_string()) {
        return invalid("username is a text").into_response();
    }
    let username = username.as_ref().and_then(Value::as_str);
    let revoked = Control::here(desk).revoke(username).await;
    said(revoked.map(|count| json!({"revoked": count})))
}

async fn expire(State(desk): State<Arc<Desk>>) -> Response {
    said(Control::here(desk).expire().await.map(|count| json!({"expired": count})))
}

async fn reset(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let counters = match read(&body) {
        Ok(body) => body.get("counters").and_then(Value::as_bool).unwrap_or(false),
        Err(message) => return invalid(&message).into_response(),
    };
    said(Control::here(desk).reset(counters).await)
}

async fn rotate_keys(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let keep_old = match read(&body) {
        Ok(body) => body.get("keepOld").and_then(Value::as_bool).unwrap_or(false),
        Err(message) => return invalid(&message).into_response(),
    };
    said(Control::here(desk).rotate_keys(keep_old).await.map(|()| json!({"rotated": true})))
}

/// `approve` names a user, or is `null` for no.
async fn device(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let body = match read(&body) {
        Ok(body) => body,
        Err(message) => return invalid(&message).into_response(),
    };
    let code = body.get("userCode").filter(|code| !code.is_null());
    // A code that is no text must not turn into "all of them".
    if code.is_some_and(|code| !code.is_string()) {
        return invalid("userCode is a text").into_response();
    }
    let code = code.and_then(Value::as_str);
    let control = Control::here(desk);
    let answered = match body.get("approve") {
        Some(Value::String(username)) => control.approve_device(code, username).await,
        Some(Value::Null) => control.deny_device(code).await,
        Some(_) | None => return invalid("approve is a user name or null").into_response(),
    };
    said(answered.map(|count| json!({"answered": count})))
}

/// A body; none is an empty object.
fn read(body: &Bytes) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn invalid(message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, "invalid_request", message)
}

fn said<T: Serialize>(result: Result<T, ControlError>) -> Response {
    let answer = match result.map(serde_json::to_value) {
        Ok(Ok(body)) => Answer::json(StatusCode::OK, &body),
        Err(ControlError::BadSwitches(bad)) => invalid(&bad.to_string()),
        Ok(Err(error)) => trouble(&error),
        Err(error) => trouble(&error),
    };
    answer.into_response()
}

fn trouble(error: &impl ToString) -> Answer {
    Answer::error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", &error.to_string())
}
