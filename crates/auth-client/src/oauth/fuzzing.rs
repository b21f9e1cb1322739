//! What OAuth servers write: answers, documents, keys, ID tokens, and what comes to the redirect.

mod discovery;
mod signed;

pub use super::redirect::fuzzing::redirect;
pub use discovery::discovery;
pub use signed::{id_token, jwks};

use super::token::{Heard, granted};
use crate::classify::Asking;
use crate::fuzzing::{
    ACCESS, CLIENT_SECRET, CODE, Held, ID_TOKEN, Planted, REFRESH, Told, holds, is_named_rightly,
    is_within_a_lifetime, timing,
};
use crate::redact::Redactor;
use crate::settings::RefusedShape;
use crate::transport::{Outgoing, Payload};
use engine::{Failure, Lifetime};
use http::{HeaderMap, Method};
use keeper::ports::{Answer, Call, Marks};
use keeper::record::{IdCheck, RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use std::sync::LazyLock;
use url::Url;
use zeroize::Zeroizing;

/// A description is no longer than this, in characters.
const LONGEST_DESCRIPTION: usize = 301;

static TOKEN_ENDPOINT: LazyLock<Result<Url, String>> =
    LazyLock::new(|| Url::parse("https://id.example.com/token").map_err(|error| error.to_string()));

fn request(form: String) -> Result<Outgoing, String> {
    let url = TOKEN_ENDPOINT.clone()?;
    let (headers, body) = (HeaderMap::new(), Some(Payload::Form(form)));
    Ok(Outgoing { method: Method::POST, url, headers, body })
}

/// What a token endpoint answers to a refresh, a code, a device or a revocation. The first line says
/// to what: `refresh 200`, `code 200`, `device 200`, `poll 400`, `revoke 200`.
///
/// # Errors
/// The first thing that does not hold.
pub fn oauth_answer(input: &[u8]) -> Held {
    let told = Told::of(input);
    let planted = Planted::of(input, &[ACCESS, REFRESH, ID_TOKEN, CLIENT_SECRET, CODE]);
    let tokens = Tokens {
        id: Some(ID_TOKEN.into()),
        client_secret: Some(CLIENT_SECRET.into()),
        ..Tokens::new(ACCESS.into(), RenewalSecret::RefreshToken(REFRESH.into()))
    };
    let mut redactor = Redactor::new(Marks::new(Zeroizing::new([7; 32])));
    redactor.session(&tokens);
    redactor.password(CODE);
    let (asking, form) = match () {
        () if told.says("device") => (Asking::DeviceCode, format!("client_secret={CLIENT_SECRET}")),
        () if told.says("revoke") => (Asking::SignOut, format!("token={REFRESH}")),
        () if told.says("code") => (Asking::Refresh, format!("code={CODE}")),
        () if told.says("poll") => (Asking::Refresh, format!("device_code={CODE}")),
        () => (Asking::Refresh, format!("grant_type=refresh_token&refresh_token={REFRESH}")),
    };
    let renewing = !told.says("code") && !told.says("poll");
    let (status, came) = (told.came.status, clone(&told));
    let named = |failure: &Failure| {
        planted.are_not_told(&failure.exchange)?;
        let shape = RefusedShape { statuses: Vec::new(), field: String::new(), values: Vec::new() };
        is_named_rightly(asking, &came, failure, &shape)
    };
    let heard = match Heard::of(asking, (request(form)?, timing()), told.came, redactor) {
        Ok(heard) => heard,
        Err(unheard) => {
            if let Some(said) = &unheard.description {
                planted.are_not_in(said)?;
                holds(said.chars().count() <= LONGEST_DESCRIPTION, || format!("it says {said}"))?;
                holds(!said.contains(char::is_control), || format!("it says {said:?}"))?;
            }
            return named(&unheard.failure);
        }
    };
    planted.are_not_told(&heard.exchange("heard"))?;
    match asking {
        Asking::SignOut => holds((200..300).contains(&status), || {
            format!("a revocation is believed with {status}")
        }),
        Asking::DeviceCode => match heard.device_code() {
            Err(failure) => named(&failure),
            Ok(code) => {
                planted.are_not_told(&code.exchange)?;
                let bounds = 1..=Lifetime::LONGEST_MS;
                holds(bounds.contains(&code.lifetime_ms), || format!("{} ms", code.lifetime_ms))?;
                holds(bounds.contains(&code.interval_ms), || format!("{} ms", code.interval_ms))?;
                for link in [Some(&code.link), code.complete_link.as_ref()].into_iter().flatten() {
                    let web = matches!(link.scheme(), "https" | "http") && link.has_host();
                    holds(web, || format!("a browser is sent to {link}"))?;
                }
                let typed = &code.user_code;
                let fits = typed.chars().count() <= 64 && !typed.contains(char::is_control);
                holds(fits && !typed.is_empty(), || format!("somebody is to type {typed:?}"))
            }
        },
        Asking::SignIn | Asking::Refresh => {
            let sent = renewing.then_some(&tokens);
            let call = Call { connect_quickly: false, clock_offset_ms: Some(-250) };
            match granted(&heard, sent, tokens.client_secret.as_ref(), call) {
                Err(failure) => named(&failure),
                Ok(answer) => is_granted_rightly(status, &answer, sent, &planted),
            }
        }
    }
}

/// The answer once more: reading takes it.
fn clone(told: &Told<'_>) -> crate::transport::Arrived {
    let came = &told.came;
    crate::transport::Arrived {
        status: came.status,
        headers: came.headers.clone(),
        body: came.body.clone(),
        whole: came.whole,
    }
}

fn is_granted_rightly(
    status: u16,
    answer: &Answer,
    before: Option<&Tokens>,
    planted: &Planted,
) -> Held {
    planted.are_not_told(&answer.exchange)?;
    holds((200..300).contains(&status), || format!("{status} granted a token"))?;
    holds(!answer.tokens.access.expose_secret().is_empty(), || "a token is empty".to_owned())?;
    is_within_a_lifetime(&answer.lifetime, planted)?;
    for ms in [answer.refresh_in_ms, answer.refresh_lifetime_ms].into_iter().flatten() {
        holds((1..9_000_000_000_000_000).contains(&ms), || format!("a time of {ms} ms is told"))?;
    }
    // What was there before is not lost with an answer that does not repeat it.
    if before.is_some() {
        let renewable = matches!(answer.tokens.renewal, RenewalSecret::RefreshToken(_));
        holds(renewable, || "a refresh lost its refresh token".to_owned())?;
        holds(answer.tokens.id.is_some(), || "a refresh lost its ID token".to_owned())?;
    }
    // Nobody is believed to be somebody before the ID token was checked.
    let new = answer.tokens.id.as_ref().is_some_and(|id| id.expose_secret() != ID_TOKEN);
    let unchecked = answer.id_check == IdCheck::Pending;
    holds(answer.identity.is_none() && (unchecked || !new), || {
        "an ID token is believed unchecked".to_owned()
    })
}
