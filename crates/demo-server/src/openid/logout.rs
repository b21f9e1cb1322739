//! The page to sign out at (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::form::Form;
use super::page::{Page, is_own, nonsense, sent_to};
use super::redirect::permitted;
use super::words::Words;
use super::{linger, nothing_here, trouble};
use crate::desk::{Desk, Keep};

pub(crate) async fn get(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    leave(desk, Form::read(uri.query().unwrap_or_default().as_bytes()), &headers).await
}

pub(crate) async fn post(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    leave(desk, Form::read(&body), &headers).await
}

async fn leave(desk: Arc<Desk>, form: Form, headers: &HeaderMap) -> Response {
    let words = Words::of(headers);
    linger(&desk).await;
    let switches = desk.switches().openid;
    if !switches.offers_end_session {
        return nothing_here().into_response();
    }
    if !is_own(headers, &desk.issuer) {
        return nonsense(words, "a form of another page").into_response();
    }
    let sid = form.field("id_token_hint").and_then(session);
    let ended = desk.change(move |saved, _| match sid {
        Some(sid) => (saved.grants.sign_out_session(&sid), Keep::Durably),
        None => (0, Keep::InMemory),
    });
    let Ok(ended) = ended.await else { return trouble().into_response() };
    // Whoever brings no session of ours is sent nowhere (section 3).
    let back = form.field("post_logout_redirect_uri").filter(|_| ended > 0);
    let back = back.filter(|_| switches.logout_comes_back);
    if let Some(mut back) = back.and_then(|uri| permitted(uri, &switches)) {
        if let Some(state) = form.field("state") {
            back.query_pairs_mut().append_pair("state", state);
        }
        return sent_to(back.as_str()).into_response();
    }
    let text = if ended > 0 { words.session_ended } else { words.nothing_ended };
    let page = Page::new(words, StatusCode::OK, words.signed_out);
    page.says(text).says(words.go_back).answer().into_response()
}

/// The session that an ID token is of. Its signature is not looked at: the id is 256 random bits
/// that nobody knows but whom the token was given to, and tokens that are false on purpose must
/// end their session too.
fn session(id_token: &str) -> Option<String> {
    let claims = id_token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(claims.get("sid")?.as_str()?.to_owned())
}
