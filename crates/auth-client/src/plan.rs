//! Settings, checked once and turned into what requests need.

use crate::network::{Network, UNPROTECTED};
use crate::pointer;
use crate::settings::{AccountSettings, Api, Header, Logout, RenewWith};
use http::Method;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use serde::Serialize;
use std::net::IpAddr;
use ts_rs::TS;
use url::{Host, Url};

/// Headers that describe the connection and not the request: setting them by hand breaks it. `Host`
/// would send to somebody else behind the address that is shown.
const OF_THE_CONNECTION: [HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
/// Ten years: longer is no lifetime.
const LONGEST_ASSUMED_S: u32 = 10 * 365 * 24 * 3_600;

/// A setting that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, TS)]
#[error("{field}: {message}")]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct SettingsProblem {
    /// Which one, as a path in the settings: `answer.lifetime`, `headers.0.name`.
    pub field: String,
    /// Why, in plain English.
    pub message: String,
}

impl SettingsProblem {
    /// The first of several, for those who can show only one.
    pub(crate) fn first(problems: Vec<Self>) -> Self {
        let unnamed = || Self { field: String::new(), message: "unusable".into() };
        problems.into_iter().next().unwrap_or_else(unnamed)
    }
}

/// Settings that can be used.
pub(crate) struct Plan {
    pub(crate) settings: AccountSettings,
    pub(crate) login: Url,
    pub(crate) refresh: Url,
    pub(crate) logout: Option<(Method, Url, Logout)>,
    pub(crate) api: Option<(Url, HeaderName, Api)>,
    /// The account's own headers.
    pub(crate) headers: HeaderMap,
}

impl AccountSettings {
    /// What keeps these settings from being used; empty where nothing does.
    #[must_use]
    pub fn problems(&self) -> Vec<SettingsProblem> {
        Plan::of(self).err().unwrap_or_default()
    }
}

impl Plan {
    /// Checks settings.
    ///
    /// # Errors
    /// Everything that keeps them from being used, in the order of the fields.
    pub(crate) fn of(settings: &AccountSettings) -> Result<Self, Vec<SettingsProblem>> {
        let mut found = Problems::default();
        let base = found.base(&settings.base_url, &settings.network);
        let login = found.address(base.as_ref(), "login.path", &settings.login.path);
        found.credentials(settings);
        let refresh = found.refresh(base.as_ref(), settings);
        found.answer(settings);
        let logout = settings.logout.as_ref().map(|logout| found.logout(base.as_ref(), logout));
        let api = settings.api.as_ref().map(|api| found.api(base.as_ref(), api));
        let headers = found.headers(&settings.headers);
        found.assumed_lifetime(settings.assumed_lifetime_s);
        found.0.extend(settings.network.problems());
        let (Some(login), Some(refresh), Some(logout), Some(api), true) =
            (login, refresh, turned(logout), turned(api), found.0.is_empty())
        else {
            return Err(found.0);
        };
        Ok(Self { settings: settings.clone(), login, refresh, logout, api, headers })
    }
}

/// Present and broken is `None`; absent, or present and whole, is `Some`.
fn turned<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(None) => None,
        Some(whole) => Some(whole),
    }
}

/// What is wrong with settings, as it is found.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<SettingsProblem>);

impl Problems {
    pub(crate) fn assumed_lifetime(&mut self, seconds: u32) {
        if !(1..=LONGEST_ASSUMED_S).contains(&seconds) {
            self.note("assumedLifetimeS", "from one second to ten years");
        }
    }

    pub(crate) fn note(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(SettingsProblem { field: field.into(), message: message.into() });
    }

    fn base(&mut self, text: &str, network: &Network) -> Option<Url> {
        self.server("baseUrl", text, network)
    }

    /// The address of a server: absolute, protected, without a name, a query or a fragment.
    pub(crate) fn server(&mut self, field: &str, text: &str, network: &Network) -> Option<Url> {
        let url = self.url(field, text, network)?;
        if url.query().is_some() || url.fragment().is_some() {
            self.note(field, "leave out what stands after ? or #");
            return None;
        }
        Some(url)
    }

    /// Any address that may be asked: absolute, and protected.
    pub(crate) fn url(&mut self, field: &str, text: &str, network: &Network) -> Option<Url> {
        address(text, network).map_err(|problem| self.note(field, problem)).ok()
    }

    /// An address below the base. It is put together as text and cannot lead to another server.
    fn address(&mut self, base: Option<&Url>, field: &str, path: &str) -> Option<Url> {
        let path = path.trim();
        let problem = if path.is_empty() {
            "the path is missing"
        } else if path.contains("://") {
            "write a path such as /api/login, without the server's address"
        } else if path.contains('#') {
            "leave out what stands after #"
        } else {
            let mut url = base?.clone();
            let (path, query) =
                path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
            let prefix = format!("{}/", url.path().trim_end_matches('/'));
            url.set_path(&format!("{prefix}{}", path.trim_start_matches('/')));
            url.set_query(query);
            // Dots have been followed by now (RFC 3986 section 5.2.4), those that are written %2e too.
            if url.path().starts_with(&prefix) {
                return Some(url);
            }
            "this path leads out of the server's address"
        };
        self.note(field, problem);
        None
    }

    fn pointer(&mut self, field: &str, pointer: &str) {
        if let Some(mistake) = pointer::mistake(pointer) {
            self.note(field, mistake);
        }
    }

    fn needed_pointer(&mut self, field: &str, pointer: &str) {
        if pointer.is_empty() {
            self.note(field, "this field is needed");
        }
        self.pointer(field, pointer);
    }

    fn credentials(&mut self, settings: &AccountSettings) {
        let login = &settings.login;
        self.needed_pointer("login.userField", &login.user_field);
        self.needed_pointer("login.passwordField", &login.password_field);
        if pointer::collide(&login.user_field, &login.password_field) {
            self.note("login.passwordField", "the user name stands there already");
        }
    }

    fn refresh(&mut self, base: Option<&Url>, settings: &AccountSettings) -> Option<Url> {
        match &settings.refresh.with {
            RenewWith::Nothing => return base.cloned(),
            RenewWith::Body { field } => self.needed_pointer("refresh.with.field", field),
            RenewWith::AccessToken { field } => self.pointer("refresh.with.field", field),
            RenewWith::Cookie => {}
        }
        self.address(base, "refresh.path", &settings.refresh.path)
    }

    fn answer(&mut self, settings: &AccountSettings) {
        let answer = &settings.answer;
        self.pointer("answer.envelope", &answer.envelope);
        self.needed_pointer("answer.accessToken", &answer.access_token);
        self.pointer("answer.refreshToken", &answer.refresh_token);
        self.pointer("answer.lifetime", &answer.lifetime);
        self.pointer("answer.refreshLifetime", &answer.refresh_lifetime);
        self.pointer("answer.name", &answer.name);
        self.pointer("refused.field", &settings.refused.field);
        if settings.refused.statuses.iter().any(|status| !(400..600).contains(status)) {
            // A 200 here would turn every answer into a refusal, and end every session.
            self.note("refused.statuses", "a refusal is a status from 400 to 599");
        }
    }

    fn logout(&mut self, base: Option<&Url>, logout: &Logout) -> Option<(Method, Url, Logout)> {
        let method = match logout.method.trim().to_ascii_uppercase().as_str() {
            "POST" => Some(Method::POST),
            "DELETE" => Some(Method::DELETE),
            _ => {
                self.note("logout.method", "POST or DELETE");
                None
            }
        };
        self.pointer("logout.refreshField", &logout.refresh_field);
        let url = self.address(base, "logout.path", &logout.path);
        Some((method?, url?, logout.clone()))
    }

    fn api(&mut self, base: Option<&Url>, api: &Api) -> Option<(Url, HeaderName, Api)> {
        let url = self.address(base, "api.path", &api.path);
        let header = self.header_name("api.header", &api.header);
        let scheme = api.scheme.as_str();
        if HeaderValue::from_str(scheme).is_err() || scheme.contains(char::is_whitespace) {
            self.note("api.scheme", "one word, such as Bearer, or nothing");
        }
        Some((url?, header?, api.clone()))
    }

    pub(crate) fn headers(&mut self, own: &[Header]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (index, header) in own.iter().enumerate() {
            let name = self.header_name(&format!("headers.{index}.name"), &header.name);
            let value = HeaderValue::from_str(header.value.trim());
            if value.is_err() {
                self.note(format!("headers.{index}.value"), "this cannot stand in a header");
            }
            if let (Some(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        headers
    }

    fn header_name(&mut self, field: &str, name: &str) -> Option<HeaderName> {
        match HeaderName::from_bytes(name.trim().as_bytes()) {
            Ok(name) if OF_THE_CONNECTION.contains(&name) => {
                self.note(field, "this header belongs to the connection and cannot be set");
                None
            }
            Ok(name) => Some(name),
            Err(_) => {
                self.note(field, "this is no header name");
                None
            }
        }
    }
}

/// An address that may be asked, or why not: absolute, and protected.
pub(crate) fn address(text: &str, network: &Network) -> Result<Url, &'static str> {
    match Url::parse(text.trim()) {
        _ if text.trim().is_empty() => Err("the server's address is missing"),
        Err(_) => Err("this is no address; write https://auth.example.com"),
        Ok(url) if !url.has_host() => Err("this address names no server"),
        Ok(url) if !matches!(url.scheme(), "https" | "http") => Err("write https://"),
        Ok(url) if !network.allows(&url) => Err(UNPROTECTED),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("leave out the name and password before the @: settings are kept in clear")
        }
        Ok(url) => Ok(url),
    }
}

/// Whether the server is on this computer: what is sent there crosses no network.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
