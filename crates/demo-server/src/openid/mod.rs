//! An OAuth 2.0 and OpenID provider beside the tutorial's API: the same users, the same rules
//! for tokens, the same faults.
//!
//! Its tokens go through [`policy`](crate::policy) like those of the tutorial, and its token
//! endpoint, userinfo and revocation take the same way through `api::exchange`, so that whatever
//! goes wrong there goes wrong here. The rest belongs to it alone: `metadata` and `keys` are what
//! it publishes, `authorize` and `device` are where a person lets a client in, `codes` and
//! `devices` what they leave behind until a client comes for it, `id_token` what it then hears.

mod authorize;
mod client;
mod codes;
mod device;
mod devices;
mod form;
mod id_token;
mod keys;
mod logout;
mod metadata;
mod page;
mod redirect;
mod request;
mod say;
mod scope;
mod switches;
mod token;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::api::exchange;
use crate::desk::{Desk, Keep, Saved};
use codes::Codes;
use devices::Devices;
use keys::Keys;
use metadata::Document;
use request::{Asked, Place};
pub use switches::{
    ClientAuth, Documents, Lie, OpenIdSwitches, SignIn, SigningAlg, TokenTypeShape,
};

pub(crate) use devices::Decision;

/// What the provider keeps beside the grants.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OpenId {
    pub(crate) keys: Keys,
    pub(crate) codes: Codes,
    pub(crate) devices: Devices,
}

/// The path of everything but RFC 8414's document.
pub(crate) const PATH: &str = "/openid";

/// The provider's name, by the port it has now.
pub(crate) fn issuer(saved: &Saved) -> String {
    format!("http://127.0.0.1:{}{PATH}", saved.port.unwrap_or_default())
}

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/openid/.well-known/openid-configuration", get(openid_document))
        .route("/.well-known/oauth-authorization-server/openid", get(oauth_document))
        .route("/openid/jwks", get(jwks))
        .route("/openid/authorize", get(authorize::ask).post(authorize::answer))
        .route("/openid/token", post(token))
        .route("/openid/userinfo", get(userinfo).post(userinfo))
        .route("/openid/revoke", post(revoke))
        .route("/openid/device_authorization", post(device::authorization))
        .route("/openid/device", get(device::ask).post(device::answer))
        .route("/openid/logout", get(logout::get).post(logout::post))
        .with_state(desk)
}

async fn openid_document(State(desk): State<Arc<Desk>>) -> Response {
    document(&desk, Document::Openid).await
}

async fn oauth_document(State(desk): State<Arc<Desk>>) -> Response {
    document(&desk, Document::Oauth).await
}

async fn document(desk: &Desk, which: Document) -> Response {
    linger(desk).await;
    metadata::document(which, &desk.issuer, &desk.switches().openid)
        .map_or_else(nothing_here, |it| Answer::json(StatusCode::OK, &it))
        .into_response()
}

async fn jwks(State(desk): State<Arc<Desk>>) -> Response {
    linger(&desk).await;
    let published = desk.change(|saved, _| {
        let OpenIdSwitches { alg, lie, .. } = saved.switches.openid;
        match saved.openid.keys.published(alg, lie) {
            Ok((keys, true)) => (Some(keys), Keep::Durably),
            Ok((keys, false)) => (Some(keys), Keep::InMemory),
            Err(error) => {
                tracing::warn!(%error, "the keys cannot be published");
                (None, Keep::InMemory)
            }
        }
    });
    match published.await {
        Ok(Some(keys)) => Answer::json(StatusCode::OK, &serde_json::json!({"keys": keys})),
        Ok(None) | Err(_) => trouble(),
    }
    .into_response()
}

async fn token(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    exchange(desk, Asked::read(Place::Token, &headers, &body)).await
}

async fn userinfo(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if !desk.switches().openid.offers_userinfo {
        return nothing_here().into_response();
    }
    exchange(desk, Asked::read(Place::Userinfo, &headers, &Bytes::new())).await
}

async fn revoke(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    if !desk.switches().openid.offers_revocation {
        return nothing_here().into_response();
    }
    exchange(desk, Asked::read(Place::Revoke, &headers, &body)).await
}

/// Waits as long as the latency switch wants.
async fn linger(desk: &Desk) {
    let latency_ms = desk.switches().latency_ms;
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
}

fn nothing_here() -> Answer {
    Answer::error(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
}

fn trouble() -> Answer {
    say::error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the state could not be saved")
}
