//! Sign-in on another device (RFC 8628): what the device is told, and the page where a person
//! types its code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::authorize::who;
use super::client::{Credentials, refused};
use super::devices::{Decision, Wanted, user_code};
use super::form::{Form, says_form};
use super::id_token::number;
use super::page::{Page, is_own, nonsense};
use super::words::Words;
use super::{linger, nothing_here, say, scope, trouble};
use crate::answer::Answer;
use crate::desk::{Desk, Keep};
use crate::token::random_text;

/// A device asks for its codes (section 3.1).
pub(crate) async fn authorization(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    linger(&desk).await;
    let switches = desk.switches().openid;
    if !switches.offers_device {
        return nothing_here().into_response();
    }
    let form = Form::read(&body);
    if !says_form(&headers) || form.repeated().is_some() {
        let refusal = refused("invalid_request", "a form is needed, with each field once");
        return say::refusal(&refusal).into_response();
    }
    let client_id = match Credentials::read(&headers).client(&form, &switches) {
        Ok(client_id) => client_id,
        Err(refusal) => return say::refusal(&refusal).into_response(),
    };
    let (Ok(device_code), Ok(user_code)) = (random_text(), user_code()) else {
        return trouble().into_response();
    };
    let page = format!("{}/device", desk.issuer);
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
    let whole = |seconds: u64| number(seconds, switches.float_numbers, 0.0);
    tell("device_code", json!(device_code));
    tell("user_code", json!(user_code));
    tell("verification_uri", json!(page));
    tell("verification_uri_complete", json!(format!("{page}?user_code={user_code}")));
    tell("expires_in", whole(switches.device_lifetime_ms / 1_000));
    if switches.device_tells_interval {
        tell("interval", whole(switches.device_interval_s));
    }
    let wanted = Wanted {
        user_code,
        client_id,
        scope: scope::granted(form.field("scope")),
        lifetime_ms: switches.device_lifetime_ms,
        pace_ms: switches.device_interval_s.saturating_mul(1_000),
    };
    let kept = desk.change(move |saved, now_ms| {
        saved.openid.devices.issue(&device_code, wanted, now_ms);
        ((), Keep::Durably)
    });
    match kept.await {
        Ok(()) => Answer::json(StatusCode::OK, &Value::Object(told)).into_response(),
        Err(error) => {
            tracing::warn!(%error, "a device code could not be given");
            trouble().into_response()
        }
    }
}

/// A person comes, with or without the code.
pub(crate) async fn ask(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    let form = Form::read(uri.query().unwrap_or_default().as_bytes());
    let words = Words::of(&headers);
    linger(&desk).await;
    let Some(typed) = form.field("user_code") else {
        return Page::new(words, StatusCode::OK, words.device)
            .asks_code("")
            .answer()
            .into_response();
    };
    page(&desk, typed, words, None).await.into_response()
}

/// A person answers: `user_code`, and `user` and `password`, or `decision=deny`.
pub(crate) async fn answer(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let words = Words::of(&headers);
    linger(&desk).await;
    if !is_own(&headers, &desk.issuer) {
        return nonsense(words, "a form of another page").into_response();
    }
    let Some(typed) = form.field("user_code").map(str::to_owned) else {
        return nonsense(words, "user_code is needed").into_response();
    };
    let denies = form.field("decision") == Some("deny");
    let decision = match who(&form) {
        _ if denies => Decision::Deny,
        Some(username) => Decision::Approve(username.to_owned()),
        None => {
            let complaint = Some(words.wrong_password);
            return page(&desk, &typed, words, complaint).await.into_response();
        }
    };
    let (code, decided) = (typed.clone(), decision.clone());
    let answered = desk.change(move |saved, now_ms| {
        (saved.openid.devices.decide(Some(&code), &decided, now_ms), Keep::Durably)
    });
    match (answered.await, decision) {
        (Ok(0), _) => page(&desk, &typed, words, None).await,
        (Ok(_), Decision::Approve(_)) => {
            Page::new(words, StatusCode::OK, words.device_let_in).says(words.go_back).answer()
        }
        (Ok(_), Decision::Deny) => {
            Page::new(words, StatusCode::OK, words.device_refused).says(words.go_back).answer()
        }
        (Err(_), _) => trouble(),
    }
    .into_response()
}

/// Who lets in the device of this code, if one waits with it.
async fn page(
    desk: &Arc<Desk>,
    typed: &str,
    words: &'static Words,
    complaint: Option<&str>,
) -> Answer {
    let code = typed.to_owned();
    let waiting = desk.change(move |saved, now_ms| {
        let waiting = saved.openid.devices.waiting(&code, now_ms);
        let waiting = waiting.map(|(client, scope)| (client.to_owned(), scope.to_owned()));
        (waiting, Keep::InMemory)
    });
    let Ok(waiting) = waiting.await else { return trouble() };
    let Some((client_id, scope)) = waiting else {
        let page = Page::new(words, StatusCode::NOT_FOUND, words.device);
        return page.complains(words.no_such_code).asks_code(typed).answer();
    };
    let status = if complaint.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let mut page = Page::new(words, status, words.device);
    if let Some(complaint) = complaint {
        page = page.complains(complaint);
    }
    page = page.says(typed).says(&words.wants_in.replace("{}", &client_id)).says(words.may_know);
    if scope::holds(&scope, "offline_access") {
        page = page.says(words.may_stay);
    }
    page.asks_who("device", [("user_code", typed)].into_iter(), None).answer()
}
