//! The authorization endpoint (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2): where
//! a browser comes with a client's request, and goes back with a code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use url::Url;

use super::codes::Consent;
use super::form::Form;
use super::page::{Page, is_own, nonsense, sent_to};
use super::redirect::{answered, permitted};
use super::switches::{OpenIdSwitches, SignIn};
use super::words::Words;
use super::{client, linger, scope, trouble};
use crate::answer::Answer;
use crate::desk::{Desk, Keep};
use crate::token::random_text;
use crate::users::{self, ALICE, USERS};

/// What comes back with a person's answer.
const KEPT: [&str; 11] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "login_hint",
    "response_mode",
];

/// Where a request that can be answered goes back to.
struct Back {
    to: Url,
    state: Option<String>,
}

impl Back {
    fn with(&self, answer: &[(&str, &str)], desk: &Desk, switches: &OpenIdSwitches) -> Answer {
        let state = self.state.as_deref();
        sent_to(&answered(self.to.clone(), answer, state, &desk.issuer, switches))
    }

    fn error(&self, error: &str, why: &str, desk: &Desk, switches: &OpenIdSwitches) -> Answer {
        self.with(&[("error", error), ("error_description", why)], desk, switches)
    }
}

/// The browser comes.
pub(crate) async fn ask(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    let form = Form::read(uri.query().unwrap_or_default().as_bytes());
    let words = Words::of(&headers);
    linger(&desk).await;
    let switches = desk.switches().openid;
    let back = match check(&form, &switches) {
        Ok(back) => back,
        Err(why) => return nonsense(words, why).into_response(),
    };
    if let Err((error, why)) = sense(&form) {
        return back.error(error, why, &desk, &switches).into_response();
    }
    let prompt = form.field("prompt").unwrap_or_default();
    match switches.sign_in {
        SignIn::Denied => {
            back.error("access_denied", "the person said no", &desk, &switches).into_response()
        }
        SignIn::Automatic => {
            let hinted = form.field("login_hint").and_then(users::known).unwrap_or(ALICE);
            let_in(&desk, &form, &back, hinted.username, &switches).await.into_response()
        }
        // Nobody stays signed in here without a page.
        SignIn::Page if scope::holds(prompt, "none") => {
            let why = "somebody has to sign in";
            back.error("login_required", why, &desk, &switches).into_response()
        }
        SignIn::Page => page(&form, words, StatusCode::OK, None).into_response(),
    }
}

/// A person answers, at the page or by a script: the request again, and `user` and `password`,
/// or `decision=deny`.
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
    let switches = desk.switches().openid;
    let back = match check(&form, &switches) {
        Ok(back) => back,
        Err(why) => return nonsense(words, why).into_response(),
    };
    if let Err((error, why)) = sense(&form) {
        return back.error(error, why, &desk, &switches).into_response();
    }
    if form.field("decision") == Some("deny") {
        let why = "the person said no";
        return back.error("access_denied", why, &desk, &switches).into_response();
    }
    match who(&form) {
        Some(username) => let_in(&desk, &form, &back, username, &switches).await.into_response(),
        None => {
            page(&form, words, StatusCode::FORBIDDEN, Some(words.wrong_password)).into_response()
        }
    }
}

/// Who answers, if the password is right.
pub(crate) fn who(form: &Form) -> Option<&'static str> {
    let (user, password) = (form.field("user")?, form.field("password")?);
    users::with_password(user, password).map(|user| user.username)
}

/// Client and address, before anybody is sent anywhere (RFC 6749 section 4.1.2.1).
fn check(form: &Form, switches: &OpenIdSwitches) -> Result<Back, &'static str> {
    if form.repeated().is_some() {
        return Err("a parameter came twice");
    }
    let client_id = form.field("client_id").ok_or("client_id is needed")?;
    if !client::known(client_id, switches) {
        return Err("no such client");
    }
    let uri = form.field("redirect_uri").ok_or("redirect_uri is needed")?;
    let to = permitted(uri, switches).ok_or("the browser may not be sent to this redirect_uri")?;
    Ok(Back { to, state: form.field("state").map(str::to_owned) })
}

/// The rest; the browser goes back with what is wrong with it.
fn sense(form: &Form) -> Result<(), (&'static str, &'static str)> {
    if form.field("request").is_some() {
        return Err(("request_not_supported", "parameters come as they are"));
    }
    if form.field("request_uri").is_some() {
        return Err(("request_uri_not_supported", "parameters come as they are"));
    }
    match form.field("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "there are codes only")),
        None => return Err(("invalid_request", "response_type is needed")),
    }
    if form.field("response_mode").is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "there is no response_mode but query"));
    }
    if form.field("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "PKCE with S256 is needed"));
    }
    // SHA-256 in base64url (RFC 7636 section 4.2).
    let challenge = form.field("code_challenge").unwrap_or_default();
    let in_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(in_base64url) {
        return Err(("invalid_request", "code_challenge is not one of S256"));
    }
    let prompt = form.field("prompt").unwrap_or_default();
    if scope::holds(prompt, "none") && prompt != "none" {
        return Err(("invalid_request", "prompt=none stands alone"));
    }
    Ok(())
}

fn page(form: &Form, words: &'static Words, status: StatusCode, complaint: Option<&str>) -> Answer {
    let client_id = form.field("client_id").unwrap_or_default();
    let mut page = Page::new(words, status, words.sign_in);
    if let Some(complaint) = complaint {
        page = page.complains(complaint);
    }
    page = page.says(&words.wants_in.replace("{}", client_id)).says(words.may_know);
    if scope::holds(&scope::granted(form.field("scope")), "offline_access") {
        page = page.says(words.may_stay);
    }
    let hidden = form.fields().filter(|(name, _)| KEPT.contains(name));
    let hinted = form.field("login_hint").unwrap_or(USERS.first().map_or("", |it| it.username));
    page.asks_who("authorize", hidden, Some(hinted)).answer()
}

async fn let_in(
    desk: &Arc<Desk>,
    form: &Form,
    back: &Back,
    username: &str,
    switches: &OpenIdSwitches,
) -> Answer {
    let owned = |name: &str| form.field(name).unwrap_or_default().to_owned();
    let mut scope = scope::granted(form.field("scope"));
    // Staying signed in is something to be asked about (OpenID Connect Core section 11).
    let asked = scope::holds(form.field("prompt").unwrap_or_default(), "consent");
    if switches.needs_offline_access && !asked {
        scope = scope::without(&scope, "offline_access");
    }
    let mut consent = Consent {
        username: username.to_owned(),
        client_id: owned("client_id"),
        scope,
        nonce: form.field("nonce").map(str::to_owned),
        redirect_uri: owned("redirect_uri"),
        challenge: owned("code_challenge"),
        at_ms: 0,
    };
    let Ok(code) = random_text() else { return trouble() };
    let issued = code.clone();
    let kept = desk.change(move |saved, now_ms| {
        consent.at_ms = now_ms;
        saved.openid.codes.issue(&issued, consent);
        saved.counters.codes_issued += 1;
        ((), Keep::Durably)
    });
    match kept.await {
        Ok(()) => back.with(&[("code", &code)], desk, switches),
        Err(error) => {
            tracing::warn!(%error, "a code could not be given");
            back.error("server_error", "the state could not be saved", desk, switches)
        }
    }
}
