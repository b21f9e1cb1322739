//! The claims of an ID token, and what they have to be.

use super::super::signing::Signing;
use super::Expected;
use super::words::{quoted, told};
use crate::evidence::turns_text;
use crate::jwt::LENIENT;
use crate::lifetime;
use base64::Engine as _;
use engine::{HOUR, Identity, MINUTE, Wall};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use subtle::ConstantTimeEq as _;

/// How far two clocks may be apart: "a few minutes" (RFC 7519 section 4.1.4). The server's clock is
/// known to a second where it tells the time; this is for those whose machines disagree.
const LEEWAY_MS: i64 = 2 * MINUTE;
/// An ID token of a sign-in was made for it, moments ago. Some servers set `iat` some minutes back for
/// clients whose clocks are behind, and some hand out again what they made when the person signed in
/// there; what is older than an hour was made for something else (OpenID Connect Core section
/// 3.1.3.7, number 10).
const OLDEST_MS: i64 = HOUR;
/// OpenID Connect Core section 2, in characters.
const LONGEST_SUBJECT: usize = 255;
/// A name is shown up to here, in characters.
const LONGEST_NAME: usize = 120;

/// Claims that nobody has vouched for yet. No `Debug`: they are about a person.
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// The claims in the middle part of a JWT.
    pub(crate) fn of(part: &str) -> Option<Self> {
        serde_json::from_slice(&LENIENT.decode(part).ok()?).ok().map(Self)
    }

    /// The claims of a token whose signature is not checked here.
    pub(crate) fn of_token(token: &SecretString) -> Option<Self> {
        let mut parts = token.expose_secret().split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        Self::of(payload)
    }

    /// When it was issued, as it says itself.
    pub(crate) fn issued(&self) -> Option<Wall> {
        self.time("iat").ok().flatten()
    }

    /// Whose it is: `sub`, and the best name for people that there is.
    pub(crate) fn identity(&self) -> Identity {
        let named = |claim: &&str| self.text(claim).map(plain).filter(|name| !name.is_empty());
        let user = self.text("sub").unwrap_or_default().to_owned();
        let name = ["name", "preferred_username", "email"].iter().find_map(named);
        Identity { name: name.unwrap_or_else(|| plain(&user)), user }
    }

    /// Whether they are what is expected; otherwise what is wrong with them.
    pub(super) fn fit(&self, expected: &Expected<'_>, signing: Signing) -> Result<(), String> {
        self.is_from(expected.issuer)?;
        let audience = self.is_for(expected.client_id)?;
        self.is_in_time(expected)?;
        self.names_somebody()?;
        self.answers(expected.nonce)?;
        self.belongs_to(expected.access, signing)?;
        let Some(before) = expected.before else { return Ok(()) };
        if let Some(before) = before.id.and_then(Self::of_token) {
            self.continues(&before, &audience)?;
        }
        self.is_about(before.user)
    }

    fn is_from(&self, issuer: &str) -> Result<(), String> {
        match self.0.get("iss") {
            Some(Value::String(iss)) if iss == issuer => Ok(()),
            iss => Err(differs("iss", iss, &quoted(issuer))),
        }
    }

    /// Numbers 3 to 5 of OpenID Connect Core section 3.1.3.7.
    fn is_for(&self, client_id: &str) -> Result<BTreeSet<&str>, String> {
        let audience = self.audience()?;
        if !audience.contains(client_id) {
            return Err(differs("aud", self.0.get("aud"), &quoted(client_id)));
        }
        match self.0.get("azp") {
            Some(Value::String(azp)) if azp == client_id => Ok(audience),
            None if audience.len() == 1 => Ok(audience),
            None => Err(format!(
                "azp is missing, and aud names others, too: {}",
                self.0.get("aud").map(told).unwrap_or_default()
            )),
            azp => Err(differs("azp", azp, &quoted(client_id))),
        }
    }

    fn audience(&self) -> Result<BTreeSet<&str>, String> {
        let wrong = |aud| format!("aud is {}, which names nobody", told(aud));
        match self.0.get("aud") {
            None => Err("aud is missing".into()),
            Some(Value::String(one)) => Ok(BTreeSet::from([one.as_str()])),
            Some(aud) => {
                let all = aud.as_array().filter(|all| !all.is_empty());
                let all = all.and_then(|all| all.iter().map(Value::as_str).collect());
                all.ok_or_else(|| wrong(aud))
            }
        }
    }

    /// Numbers 9 and 10 of the same section, and `nbf` (RFC 7519 section 4.1.5).
    fn is_in_time(&self, expected: &Expected<'_>) -> Result<(), String> {
        let now = expected.now;
        let said = |claim: &str| self.0.get(claim).map(told).unwrap_or_default();
        let exp = self.time("exp")?.ok_or("exp is missing")?;
        if now - exp >= LEEWAY_MS {
            let ago = spoken(now - exp);
            return Err(format!("exp is {}: {ago} ago by the server's clock", said("exp")));
        }
        let iat = self.time("iat")?.ok_or("iat is missing")?;
        for (claim, from) in [("iat", Some(iat)), ("nbf", self.time("nbf")?)] {
            if let Some(ahead) = from.map(|from| from - now).filter(|ahead| *ahead > LEEWAY_MS) {
                let ahead = spoken(ahead);
                return Err(format!(
                    "{claim} is {}: {ahead} ahead of the server's clock",
                    said(claim)
                ));
            }
        }
        // Some servers give the same ID token again with a refresh; its end is bound enough.
        if expected.before.is_none() && now - iat > OLDEST_MS {
            let (iat, ago) = (said("iat"), spoken(now - iat));
            return Err(format!("iat is {iat}: {ago} ago, and it was asked for just now"));
        }
        Ok(())
    }

    fn names_somebody(&self) -> Result<(), String> {
        match self.0.get("sub") {
            None => Err("sub is missing".into()),
            Some(Value::String(sub)) if sub.is_empty() => Err("sub is empty".into()),
            Some(Value::String(sub)) if sub.chars().nth(LONGEST_SUBJECT).is_some() => {
                Err(format!("sub is longer than {LONGEST_SUBJECT} characters: {}", quoted(sub)))
            }
            Some(Value::String(_)) => Ok(()),
            Some(other) => Err(format!("sub is {}, which is no text", told(other))),
        }
    }

    /// Whoever is signed in stays it, even where their last ID token is not known any more.
    fn is_about(&self, user: &str) -> Result<(), String> {
        match self.0.get("sub") {
            Some(Value::String(sub)) if user.is_empty() || sub == user => Ok(()),
            sub => Err(differs("sub", sub, &quoted(user))),
        }
    }

    /// Number 11: what came belongs to the sign-in that was begun here, and to no other.
    fn answers(&self, nonce: Option<&str>) -> Result<(), String> {
        let Some(sent) = nonce else { return Ok(()) };
        match self.0.get("nonce") {
            None => Err("nonce is missing, and one was sent".into()),
            Some(Value::String(nonce)) if same(nonce.as_bytes(), sent.as_bytes()) => Ok(()),
            nonce => Err(differs("nonce", nonce, &quoted(sent))),
        }
    }

    /// The access token beside it is the one it was made with (section 3.1.3.8).
    fn belongs_to(&self, access: &SecretString, signing: Signing) -> Result<(), String> {
        let hash = match self.0.get("at_hash") {
            None => return Ok(()),
            Some(Value::String(hash)) => LENIENT.decode(hash).ok(),
            Some(_) => None,
        };
        let right = signing.half_hash(access.expose_secret());
        match hash {
            Some(hash) if same(&hash, &right) => Ok(()),
            _ => Err("at_hash is not that of the access token that came with it".into()),
        }
    }

    /// What a refresh brings goes on with what was there (section 12.2).
    fn continues(&self, before: &Self, audience: &BTreeSet<&str>) -> Result<(), String> {
        for claim in ["iss", "sub", "azp"] {
            self.same_as(before, claim)?;
        }
        // More may be added, and is: by servers that name every app of a project there.
        if before.audience().is_ok_and(|old| !old.is_subset(audience)) {
            return Err(self.changed(before, "aud"));
        }
        // Many servers leave this out of what a refresh brings, as they should.
        if self.0.contains_key("nonce") && before.0.contains_key("nonce") {
            self.same_as(before, "nonce")?;
        }
        if let (Ok(Some(new)), Ok(Some(old))) = (self.time("auth_time"), before.time("auth_time"))
            && new != old
        {
            return Err(self.changed(before, "auth_time"));
        }
        match (self.issued(), before.issued()) {
            (Some(new), Some(old)) if old - new > LEEWAY_MS => Err(self.changed(before, "iat")),
            _ => Ok(()),
        }
    }

    fn same_as(&self, before: &Self, claim: &str) -> Result<(), String> {
        if self.0.get(claim) == before.0.get(claim) {
            return Ok(());
        }
        Err(self.changed(before, claim))
    }

    fn changed(&self, before: &Self, claim: &str) -> String {
        let [new, old] =
            [self, before].map(|it| it.0.get(claim).map_or_else(|| "missing".into(), told));
        format!("{claim} is {new}, and was {old} before the refresh")
    }

    /// A moment (RFC 7519 section 2, "NumericDate"): a number, a fraction, or text that is one.
    fn time(&self, claim: &str) -> Result<Option<Wall>, String> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let ms = lifetime::number(value).and_then(|seconds| lifetime::whole_ms(seconds * 1_000.0));
        ms.map(|ms| Some(Wall(ms)))
            .ok_or_else(|| format!("{claim} is {}, which is no time", told(value)))
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.0.get(claim)?.as_str()
    }
}

fn differs(claim: &str, is: Option<&Value>, should: &str) -> String {
    match is {
        Some(is) => format!("{claim} is {} and should be {should}", told(is)),
        None => format!("{claim} is missing and should be {should}"),
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// So long, to the second.
fn spoken(ms: i64) -> String {
    crate::token_api::spoken(ms / 1_000 * 1_000)
}

/// A name on one line, which runs the way the words around it do.
fn plain(name: &str) -> String {
    let name = name.chars().filter(|&c| !c.is_control() && !turns_text(c));
    name.take(LONGEST_NAME).collect::<String>().trim().to_owned()
}
