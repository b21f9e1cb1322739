//! Reads one document that a server publishes of itself, and merges two.
//!
//! Lenient in form: a member of the wrong kind is left out, and a note says so. Strict in where it
//! leads: an endpoint that must not be asked is left out, too.

use super::probe::PromiseTopic;
use super::settings::{Discovered, Endpoints};
use crate::network::Network;
use crate::plan::is_loopback;
use serde_json::{Map, Value};
use url::Url;

/// So many entries of a list are kept: what a stranger says stands in the account's record.
const MOST_ENTRIES: usize = 100;
/// An entry that is longer than this, in characters, is left out.
const LONGEST_ENTRY: usize = 200;
/// An address that is longer than this, in bytes, is left out.
const LONGEST_URL: usize = 2_000;

/// What one document says.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) told: Discovered,
    pub(super) beside: Beside,
    pub(super) notes: Vec<Note>,
}

/// What is worth knowing before a sign-in, and not afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    /// `response_types_supported`.
    pub(super) response_types: Vec<String>,
    /// `require_pushed_authorization_requests` (RFC 9126 section 5).
    pub(super) wants_pushed: bool,
}

/// Something in a document that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) topic: PromiseTopic,
    pub(super) words: String,
}

/// The issuer that a document names.
pub(super) fn issuer(document: &Map<String, Value>) -> Option<&str> {
    document.get("issuer")?.as_str().filter(|issuer| issuer.len() <= LONGEST_URL)
}

impl Document {
    /// Reads a document of this issuer.
    pub(super) fn of(document: &Map<String, Value>, issuer: &str, network: &Network) -> Self {
        let here = Url::parse(issuer).is_ok_and(|url| is_loopback(&url));
        let mut reading = Reading { document, network, here, notes: Vec::new() };
        let endpoints = Endpoints {
            authorization: reading.url("authorization_endpoint", PromiseTopic::Browser),
            token: reading.url("token_endpoint", PromiseTopic::Browser),
            device_authorization: reading
                .url("device_authorization_endpoint", PromiseTopic::Device),
            revocation: reading.url("revocation_endpoint", PromiseTopic::Revocation),
            userinfo: reading.url("userinfo_endpoint", PromiseTopic::Userinfo),
            jwks: reading.url("jwks_uri", PromiseTopic::IdToken),
            end_session: reading.url("end_session_endpoint", PromiseTopic::Logout),
        };
        let told = Discovered {
            issuer: issuer.to_owned(),
            openid: false,
            endpoints,
            scopes: reading.list("scopes_supported", PromiseTopic::Refresh),
            grant_types: reading.list("grant_types_supported", PromiseTopic::Browser),
            client_auth_methods: reading
                .list("token_endpoint_auth_methods_supported", PromiseTopic::Browser),
            challenge_methods: reading.list("code_challenge_methods_supported", PromiseTopic::Pkce),
            id_token_algs: reading
                .list("id_token_signing_alg_values_supported", PromiseTopic::IdToken),
            prompts: reading.list("prompt_values_supported", PromiseTopic::Browser),
            iss_in_response: reading.flag(
                "authorization_response_iss_parameter_supported",
                PromiseTopic::IssInResponse,
            ),
        };
        let beside = Beside {
            response_types: reading.list("response_types_supported", PromiseTopic::Browser),
            wants_pushed: reading
                .flag("require_pushed_authorization_requests", PromiseTopic::Browser),
        };
        Self { told, beside, notes: reading.notes }
    }

    /// Both documents of one issuer as one. Where they differ, the first goes first.
    pub(super) fn merged(first: Self, second: Self) -> Self {
        let mut notes = first.notes;
        notes.extend(
            second.notes.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>(),
        );
        let (one, two) = (first.told, second.told);
        let mut pick = |name: &str, topic: PromiseTopic, one: String, two: String| {
            if !one.is_empty() && !two.is_empty() && one != two {
                let words =
                    format!("its documents name two addresses for {name}: the first is used");
                notes.push(Note { topic, words });
            }
            if one.is_empty() { two } else { one }
        };
        let (a, b) = (one.endpoints, two.endpoints);
        let endpoints = Endpoints {
            authorization: pick(
                "signing in",
                PromiseTopic::Browser,
                a.authorization,
                b.authorization,
            ),
            token: pick("tokens", PromiseTopic::Browser, a.token, b.token),
            device_authorization: pick(
                "device codes",
                PromiseTopic::Device,
                a.device_authorization,
                b.device_authorization,
            ),
            revocation: pick("revocation", PromiseTopic::Revocation, a.revocation, b.revocation),
            userinfo: pick("userinfo", PromiseTopic::Userinfo, a.userinfo, b.userinfo),
            jwks: pick("its keys", PromiseTopic::IdToken, a.jwks, b.jwks),
            end_session: pick("signing out", PromiseTopic::Logout, a.end_session, b.end_session),
        };
        let told = Discovered {
            issuer: one.issuer,
            openid: one.openid || two.openid,
            endpoints,
            scopes: both(one.scopes, two.scopes),
            grant_types: both(one.grant_types, two.grant_types),
            client_auth_methods: both(one.client_auth_methods, two.client_auth_methods),
            challenge_methods: both(one.challenge_methods, two.challenge_methods),
            id_token_algs: both(one.id_token_algs, two.id_token_algs),
            prompts: both(one.prompts, two.prompts),
            iss_in_response: one.iss_in_response || two.iss_in_response,
        };
        let (one, two) = (first.beside, second.beside);
        let beside = Beside {
            response_types: both(one.response_types, two.response_types),
            wants_pushed: one.wants_pushed || two.wants_pushed,
        };
        Self { told, beside, notes }
    }
}

/// What either says. One that the other does not say is no contradiction: servers split what they
/// publish.
fn both(mut one: Vec<String>, two: Vec<String>) -> Vec<String> {
    for entry in two {
        if one.len() < MOST_ENTRIES && !one.contains(&entry) {
            one.push(entry);
        }
    }
    one
}

struct Reading<'a> {
    document: &'a Map<String, Value>,
    network: &'a Network,
    /// The issuer is on this computer.
    here: bool,
    notes: Vec<Note>,
}

impl<'a> Reading<'a> {
    fn note(&mut self, topic: PromiseTopic, words: String) {
        self.notes.push(Note { topic, words });
    }

    /// The member, where it is there at all; `null` is not.
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.document.get(name).filter(|value| !value.is_null())
    }

    /// An endpoint: an absolute URL that may be asked. Otherwise empty.
    fn url(&mut self, name: &str, topic: PromiseTopic) -> String {
        let Some(value) = self.member(name) else { return String::new() };
        let problem = match value.as_str().map(str::trim) {
            None => "is no text",
            // Some servers say so where they have none.
            Some("") => return String::new(),
            Some(text) if text.len() > LONGEST_URL => "is too long",
            Some(text) => match Url::parse(text) {
                Err(_) => "is no absolute address",
                Ok(url) if !matches!(url.scheme(), "https" | "http") || !url.has_host() => {
                    "is no address of the web"
                }
                Ok(url) if !self.network.allows(&url) => "has no encryption (http)",
                // Another computer has no business with what listens on this one.
                Ok(url) if is_loopback(&url) && !self.here => "points to this computer",
                Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                    "has a name or a password in it"
                }
                // RFC 6749 sections 3.1 and 3.2.
                Ok(url) if url.fragment().is_some() => "has a fragment (#)",
                Ok(_) => return text.to_owned(),
            },
        };
        self.note(topic, format!("{name} {problem}: left out"));
        String::new()
    }

    /// A list of words.
    fn list(&mut self, name: &str, topic: PromiseTopic) -> Vec<String> {
        let Some(value) = self.member(name) else { return Vec::new() };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            // One word where a list should be, or several with spaces between them.
            Value::String(text) => {
                self.note(topic, format!("{name} is text and no list: read as one"));
                let words = text.split_whitespace().filter(|word| fits(word));
                return words.take(MOST_ENTRIES).map(str::to_owned).collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                self.note(topic, format!("{name} is no list: left out"));
                return Vec::new();
            }
        };
        let kept: Vec<String> = items
            .iter()
            .filter_map(Value::as_str)
            .filter(|word| fits(word))
            .take(MOST_ENTRIES)
            .map(str::to_owned)
            .collect();
        let left_out = items.len() - kept.len();
        if left_out > 0 {
            self.note(topic, format!("{left_out} of {name} left out"));
        }
        kept
    }

    /// Yes or no; some say it as text.
    fn flag(&mut self, name: &str, topic: PromiseTopic) -> bool {
        let Some(value) = self.member(name) else { return false };
        match (value, value.as_str()) {
            (Value::Bool(yes), _) => *yes,
            (_, Some(text)) if text.eq_ignore_ascii_case("true") => true,
            (_, Some(text)) if text.eq_ignore_ascii_case("false") => false,
            _ => {
                self.note(topic, format!("{name} is neither true nor false: left out"));
                false
            }
        }
    }
}

fn fits(word: &str) -> bool {
    !word.is_empty() && word.chars().count() <= LONGEST_ENTRY && !word.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn revocation(issuer: &str, endpoint: &str) -> String {
        let document = json!({"revocation_endpoint": endpoint});
        let read = Document::of(document.as_object().unwrap(), issuer, &Network::default());
        assert_eq!(read.notes.is_empty(), !read.told.endpoints.revocation.is_empty());
        read.told.endpoints.revocation
    }

    #[test]
    fn another_computer_leads_nobody_to_what_listens_on_this_one() {
        let (far, here) = ("https://id.example.com", "http://127.0.0.1:8080");
        for endpoint in ["http://127.0.0.1:631/x", "https://localhost/x", "http://[::1]:80/x"] {
            assert_eq!(revocation(far, endpoint), "");
            assert_eq!(revocation(here, endpoint), endpoint);
        }
        let elsewhere = "https://revoke.example.com/x";
        assert_eq!(revocation(far, elsewhere), elsewhere);
    }
}
