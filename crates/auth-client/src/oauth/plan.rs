//! An OAuth account's settings, checked.

use super::settings::{Flow, OAuthAccount, OAuthSettings};
use crate::plan::{Problems, SettingsProblem};
use http::HeaderMap;
use url::Url;

/// The parameters of an authorization request that this app sets itself, or that its settings have a
/// field for. One that was sent twice would be an error (RFC 6749 section 3.1), and some of them are
/// what keeps a sign-in safe.
const OUR_OWN: [&str; 17] = [
    "audience",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

impl OAuthSettings {
    /// What keeps these settings from being used; empty where nothing does.
    #[must_use]
    pub fn problems(&self) -> Vec<SettingsProblem> {
        let mut found = Problems::default();
        self.who(&mut found);
        if self.client_id.trim().is_empty() {
            found.note("clientId", "the client id is missing: the server gives one to each app");
        } else if self.client_id.chars().any(char::is_control) {
            found.note("clientId", "this cannot stand in a client id");
        }
        self.what_is_asked_for(&mut found);
        self.redirect(&mut found);
        for (field, text) in self.endpoints.named() {
            if !text.trim().is_empty() {
                self.endpoint(&mut found, &format!("endpoints.{field}"), text);
            }
        }
        if !self.api_url.trim().is_empty() {
            self.endpoint(&mut found, "apiUrl", &self.api_url);
        }
        found.headers(&self.headers);
        found.0.extend(self.network.problems());
        found.assumed_lifetime(self.assumed_lifetime_s);
        found.0
    }

    /// The issuer and the headers, as far as asking what a server says of itself needs them.
    ///
    /// # Errors
    /// What keeps them from being used.
    pub(super) fn to_ask(&self) -> Result<(Url, HeaderMap), SettingsProblem> {
        let mut found = Problems::default();
        let issuer = self.who(&mut found);
        let headers = found.headers(&self.headers);
        found.0.extend(self.network.problems());
        match issuer {
            Some(issuer) if found.0.is_empty() => Ok((issuer, headers)),
            _ => Err(SettingsProblem::first(found.0)),
        }
    }

    /// RFC 8414 section 2: a URL without a query or a fragment.
    fn who(&self, found: &mut Problems) -> Option<Url> {
        const FIELD: &str = "issuer";
        if self.issuer != self.issuer.trim() {
            // It is compared to the letter.
            found.note(FIELD, "leave out the spaces around it");
            return None;
        }
        found.server(FIELD, &self.issuer, &self.network)
    }

    fn what_is_asked_for(&self, found: &mut Problems) {
        for (index, scope) in self.scopes.iter().enumerate() {
            let field = format!("scopes.{index}");
            // RFC 6749 section 3.3.
            let legal = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
            if scope.contains(char::is_whitespace) {
                found.note(field, "one scope each, without spaces");
            } else if scope.is_empty() || !scope.chars().all(legal) {
                found.note(field, "this is no scope");
            }
        }
        for (index, resource) in self.resources.iter().enumerate() {
            // RFC 8707 section 2. It names an API and is not asked: any scheme will do.
            let field = format!("resources.{index}");
            match Url::parse(resource.trim()) {
                Ok(url) if url.fragment().is_some() => {
                    found.note(field, "leave out what stands after #");
                }
                Ok(_) => {}
                Err(_) => found.note(field, "write a whole URL, such as https://api.example.com"),
            }
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            let field = format!("parameters.{index}.name");
            let name = parameter.name.trim();
            if name.is_empty() {
                found.note(field, "the name is missing");
            } else if OUR_OWN.contains(&name.to_ascii_lowercase().as_str()) {
                found.note(field, "this one is set by the app itself, or has a field of its own");
            } else if self.parameters.iter().take(index).any(|other| other.name.trim() == name) {
                found.note(field, "this one stands here twice");
            }
        }
    }

    /// RFC 8252 section 7.3; RFC 6749 section 3.1.2: no fragment.
    fn redirect(&self, found: &mut Problems) {
        let path = &self.redirect.path;
        if !path.starts_with('/') {
            found.note("redirect.path", "it begins with /");
        } else if path.contains(['?', '#']) {
            found.note("redirect.path", "a path alone, without ? and #");
        } else if path.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            found.note("redirect.path", "this cannot stand in a path");
        }
        for (index, port) in self.redirect.ports.iter().enumerate() {
            if *port == 0 {
                let field = format!("redirect.ports.{index}");
                found.note(field, "a port from 1 to 65535; leave the list empty for any free one");
            }
        }
    }

    fn endpoint(&self, found: &mut Problems, field: &str, text: &str) {
        let url = found.url(field, text, &self.network);
        if url.is_some_and(|url| url.fragment().is_some()) {
            found.note(field, "leave out what stands after #");
        }
    }
}

impl OAuthAccount {
    /// What is missing for a sign-in, after all that the server says: an endpoint that has to be
    /// typed over.
    pub(super) fn missing(&self) -> Option<SettingsProblem> {
        let endpoints = self.endpoints();
        let (field, where_to, asked) = match self.settings.flow {
            Flow::Browser => {
                ("endpoints.authorization", "the browser goes", endpoints.authorization)
            }
            Flow::Device => {
                let asked = endpoints.device_authorization;
                ("endpoints.deviceAuthorization", "a device code is asked for", asked)
            }
        };
        let token = ("endpoints.token", "tokens are asked for", endpoints.token);
        // Found out before anybody types a password: without them no ID token can be checked.
        let keys = ("endpoints.jwks", "the keys to its ID tokens are", endpoints.jwks);
        let keys = self.asks_for_id_token().then_some(keys);
        let needed = [(field, where_to, asked), token].into_iter().chain(keys);
        needed.into_iter().find(|it| it.2.is_empty()).map(|(field, where_to, _)| {
            let message = format!("the server does not say where {where_to}; write it here");
            SettingsProblem { field: field.into(), message }
        })
    }
}

#[cfg(test)]
mod tests;
