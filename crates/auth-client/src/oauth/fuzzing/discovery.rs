//! What a server publishes of itself.

use super::super::discovery::stranger;
use super::super::metadata::{self, Document};
use super::super::settings::Discovered;
use super::super::well_known::{Likeness, Standard, Stranger};
use crate::classify::{self, Body};
use crate::evidence::{self, Told as Shown};
use crate::fuzzing::{HEADER, Held, NOON, Told, holds, timing};
use crate::network::Network;
use crate::plan::is_loopback;
use crate::redact::Redactor;
use crate::transport::{Arrived, Outgoing, Whole};
use bytes::Bytes;
use engine::{Class, Wall};
use http::{HeaderMap, HeaderValue, Method};
use keeper::ports::Marks;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

/// Who is asked: far away, or on this computer.
const ISSUERS: [(&str, &str); 2] =
    [("far", "https://id.example.com/realm"), ("here", "http://127.0.0.1:8080")];
/// Stands between two documents of one issuer.
const BETWEEN: &[u8] = b"\n---\n";

/// One document that a server publishes, or two with `---` on a line between them. The first line says
/// whose is asked for, and with which status the documents come: `far 200`.
///
/// # Errors
/// The first thing that does not hold.
pub fn discovery(input: &[u8]) -> Held {
    let told = Told::of(input);
    let chosen = ISSUERS.iter().find(|(name, _)| told.says(name)).or(ISSUERS.first());
    let (_, issuer) = chosen.ok_or("nobody is asked")?;
    let whole = &told.came.body;
    let cut = whole.windows(BETWEEN.len()).position(|it| it == BETWEEN);
    let (first, second) = cut.map_or((whole.clone(), None), |at| {
        (whole.slice(..at), Some(whole.slice(at + BETWEEN.len()..)))
    });
    let mut read = Vec::new();
    for body in [Some(first), second].into_iter().flatten() {
        read.extend(document(&told, body, issuer)?);
    }
    let mut read = read.into_iter();
    if let (Some(one), Some(two)) = (read.next(), read.next()) {
        is_safe(&Document::merged(one, two), issuer)?;
    }
    Ok(())
}

fn document(told: &Told<'_>, body: Bytes, issuer: &str) -> Result<Option<Document>, String> {
    let Arrived { status, headers, whole, .. } = &told.came;
    let came = Arrived { status: *status, headers: headers.clone(), body, whole: *whole };
    let body = Body::of(&came);
    let named = classify::document(&came, &body, Wall(NOON));
    let detail = named.as_ref().map_or("read", |named| named.detail.as_str());
    let code = named.as_ref().and_then(|named| named.code.clone());
    shown(&came, &body, code, detail)?;
    if let Some(named) = &named {
        holds(named.class != Class::Refused, || {
            format!("a document ends a session: {}", named.detail)
        })?;
        return Ok(None);
    }
    holds((200..300).contains(status) && *whole == Whole::Yes, || {
        format!("a document of {status} is believed")
    })?;
    let Some(Value::Object(document)) = body.json() else {
        return Err("what is no object is a document".to_owned());
    };
    if let Some(name) = metadata::issuer(document).filter(|name| *name != issuer) {
        let standard = Standard::OpenId;
        let said = stranger(issuer, &Stranger { place: 0, standard, issuer: name.to_owned() });
        let fits = said.message.chars().count() < 1_000 && !said.message.contains(char::is_control);
        holds(fits, || format!("a stranger says {:?}", said.message))?;
        holds(Likeness::of(issuer, name) != Likeness::Same, || format!("{name} is {issuer}"))?;
    }
    let read = Document::of(document, issuer, &Network::default());
    is_safe(&read, issuer)?;
    Ok(Some(read))
}

/// The evidence: what an account's own headers hold is not in it.
fn shown(came: &Arrived, body: &Body, code: Option<String>, detail: &str) -> Held {
    let url = Url::parse("https://id.example.com/.well-known/openid-configuration");
    let url = url.map_err(|error| error.to_string())?;
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static(HEADER));
    let mut redactor = Redactor::new(Marks::new(Zeroizing::new([7; 32])));
    redactor.headers(&headers);
    let sent = Outgoing { method: Method::GET, url, headers, body: None };
    let came = Some((came, body));
    let told = Shown::Public;
    let told = evidence::exchange(&sent, timing(), came, &redactor, told, code, detail);
    let mut lines = told.request.iter().chain(&told.response);
    holds(!lines.any(|line| line.contains(HEADER)), || {
        "a header of the account is shown".to_owned()
    })
}

/// It leads nowhere where nothing of ours may be sent, and stays small.
fn is_safe(read: &Document, issuer: &str) -> Held {
    let told = &read.told;
    let here = Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
    for (name, address) in told.endpoints.named() {
        if address.is_empty() {
            continue;
        }
        let url = Url::parse(address).map_err(|error| format!("{name} is {address}: {error}"))?;
        let protected = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        let plain =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let kept = protected && plain && (here || !is_loopback(&url)) && address.len() <= 2_000;
        holds(kept && url.has_host(), || format!("{name} is {address}"))?;
    }
    let lists = [
        &told.scopes,
        &told.grant_types,
        &told.client_auth_methods,
        &told.challenge_methods,
        &told.id_token_algs,
        &told.prompts,
        &read.beside.response_types,
    ];
    for word in lists.into_iter().flatten() {
        let fits = (1..=200).contains(&word.chars().count()) && !word.contains(char::is_control);
        holds(fits, || format!("a list has {word:?}"))?;
    }
    holds(lists.iter().all(|list| list.len() <= 100), || "a list has no end".to_owned())?;
    holds(read.notes.len() <= 64, || format!("{} notes", read.notes.len()))?;
    // It is kept with the session, and read again.
    let written = serde_json::to_vec(told).map_err(|error| error.to_string())?;
    let again: Discovered = serde_json::from_slice(&written).map_err(|error| error.to_string())?;
    holds(again == *told, || "what a server said is kept otherwise".to_owned())
}
