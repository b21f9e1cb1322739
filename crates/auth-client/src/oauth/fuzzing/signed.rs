//! Keys, and what is signed with them.

use super::super::id_token::{Expected, check_with, in_words};
use super::super::keys::{self, KeySet};
use crate::classify::Body;
use crate::evidence::{self, Told as Shown};
use crate::fuzzing::{ACCESS, Held, ID_TOKEN, NOON, REFRESH, Told, holds, timing};
use crate::jwt::LENIENT;
use crate::redact::Redactor;
use crate::transport::Outgoing;
use base64::Engine as _;
use engine::{Class, Wall};
use http::{HeaderMap, Method};
use keeper::ports::{Before, Marks};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::LazyLock;
use url::Url;
use zeroize::Zeroizing;

/// A server's public keys, and what was signed with them once: a token by each, with claims that have
/// nothing wrong in them. The private halves were thrown away.
const KEYS: &str = include_str!("keys.json");
const SIGNED: &str = include_str!("signed.txt");

const ISSUER: &str = "https://issuer.test/realm";
const CLIENT: &str = "desk-app";
const NONCE: &str = "n-1";

static OURS: LazyLock<Option<(Value, KeySet)>> = LazyLock::new(|| {
    let json: Value = serde_json::from_str(KEYS).ok()?;
    let set = KeySet::of(&json)?;
    Some((json, set))
});

fn signed() -> impl Iterator<Item = &'static str> {
    SIGNED.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn expected<'a>(access: &'a SecretString, before: Option<Before<'a>>) -> Expected<'a> {
    let nonce = before.is_none().then_some(NONCE);
    Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        algs: &[],
        nonce,
        access,
        before,
        now: Wall(NOON),
    }
}

/// An ID token, after a sign-in and after a refresh.
///
/// # Errors
/// The first thing that does not hold.
pub fn id_token(input: &[u8]) -> Held {
    let (_, set) = OURS.as_ref().ok_or("the keys cannot be read")?;
    let text = String::from_utf8_lossy(input);
    let text = text.trim();
    let token = SecretString::from(text);
    let access = SecretString::from(ACCESS);
    let last = SecretString::from(signed().next().unwrap_or_default());
    let before = Before { id: Some(&last), user: "subject-1" };
    let tokens = Tokens {
        id: Some(ID_TOKEN.into()),
        ..Tokens::new(ACCESS.into(), RenewalSecret::RefreshToken(REFRESH.into()))
    };
    let marks = Marks::new(Zeroizing::new([7; 32]));
    for before in [None, Some(before)] {
        match check_with(&token, &expected(&access, before), set) {
            Ok(identity) => {
                // Whatever is believed was signed: a signature may be written in two ways, the message
                // cannot.
                let message = |token: &'static str| token.rsplit_once('.').map(|(it, _)| it);
                let known = signed().filter_map(message).any(|known| {
                    text.rsplit_once('.').is_some_and(|(message, _)| message == known)
                });
                holds(known, || format!("{text} is believed"))?;
                holds(identity.user == "subject-1", || format!("it is {}", identity.user))?;
            }
            Err(why) => {
                let said = in_words(&why, &tokens, &marks);
                let plain = !said.contains(char::is_control) && said.chars().count() < 1_000;
                holds(plain, || format!("what is wrong: {said:?}"))?;
                for secret in [ACCESS, REFRESH, ID_TOKEN] {
                    holds(!said.contains(secret), || format!("{secret} is shown: {said}"))?;
                }
            }
        }
    }
    Ok(())
}

/// What a server publishes as its keys. The first line has the status.
///
/// # Errors
/// The first thing that does not hold.
pub fn jwks(input: &[u8]) -> Held {
    let (ours, _) = OURS.as_ref().ok_or("the keys cannot be read")?;
    let came = Told::of(input).came;
    let body = Body::of(&came);
    let read = keys::read(&came, &body, timing());
    let url = Url::parse("https://issuer.test/keys").map_err(|error| error.to_string())?;
    let sent = Outgoing { method: Method::GET, url, headers: HeaderMap::new(), body: None };
    let redactor = Redactor::new(Marks::new(Zeroizing::new([7; 32])));
    let both = Some((&came, &body));
    let shown = evidence::exchange(&sent, timing(), both, &redactor, Shown::Public, None, "keys");
    let size: usize = shown.response.iter().map(String::len).sum();
    holds(size < 64 * 1_024, || format!("{size} bytes of keys are shown"))?;
    let set = match read {
        Ok(set) => set,
        Err(named) => {
            return holds(named.class != Class::Refused, || "keys end a session".to_owned());
        }
    };
    holds((200..300).contains(&came.status), || format!("keys of {} are used", came.status))?;
    holds(set.len() <= 100, || format!("{} keys are kept", set.len()))?;
    let Some(json) = body.json() else { return Err("keys were read in no JSON".to_owned()) };
    let access = SecretString::from(ACCESS);
    for (token, key) in
        signed().zip(ours.get("keys").and_then(Value::as_array).into_iter().flatten())
    {
        let opened = check_with(&token.into(), &expected(&access, None), &set).is_ok();
        holds(!opened || has(json, key), || {
            format!("{token} is believed without the key that signed it")
        })?;
    }
    Ok(())
}

/// Whether the set has this key: the same numbers.
fn has(set: &Value, key: &Value) -> bool {
    let number = |key: &Value, name: &str| {
        let bytes = LENIENT.decode(key.get(name)?.as_str()?).ok()?;
        Some(bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>())
    };
    let same = |other: &Value| {
        ["n", "x", "y"].iter().all(|name| match number(key, name) {
            Some(ours) => number(other, name) == Some(ours),
            None => true,
        })
    };
    set.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(same))
}
