//! The cookie form: every cookie that login and refresh set is kept, and sent to refresh and
//! logout only.
//!
//! Kept as a JSON array of strings in `Set-Cookie` form (RFC 6265 section 4.1). Paths and domains
//! tell cookies of one name apart; they do not decide what is sent: there is one server, and the
//! requests that need the cookies are named by the settings.

use cookie::Cookie;
use engine::Wall;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The cookies of a session. No `Debug`: their values are secrets.
#[derive(Default)]
pub(crate) struct Jar {
    kept: Vec<Cookie<'static>>,
}

impl Jar {
    /// The jar as a record keeps it. What cannot be read is left out.
    pub(crate) fn open(stored: &SecretString) -> Self {
        let lines: Vec<String> = serde_json::from_str(stored.expose_secret()).unwrap_or_default();
        Self { kept: lines.into_iter().filter_map(|line| Cookie::parse(line).ok()).collect() }
    }

    /// As a record keeps it; `None` for an empty jar.
    pub(crate) fn close(&self) -> Option<SecretString> {
        if self.kept.is_empty() {
            return None;
        }
        let lines: Vec<String> = self.kept.iter().map(ToString::to_string).collect();
        serde_json::to_string(&lines).ok().map(SecretString::from)
    }

    /// Takes in what an answer sets. A cookie replaces the one with the same name, path and domain
    /// (RFC 6265 section 5.3 step 11); one that has expired deletes it.
    pub(crate) fn take_in(&mut self, headers: &HeaderMap, from: &Url, server_time: Wall) {
        for cookie in set_by(headers) {
            let cookie = with_path(cookie, from);
            self.kept.retain(|known| !same(known, &cookie));
            if !expired(&cookie, server_time) {
                self.kept.push(cookie);
            }
        }
    }

    /// The `Cookie` header: longer paths first (RFC 6265 section 5.4 step 2). `None` for an empty
    /// jar.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut sent: Vec<&Cookie<'_>> = self.kept.iter().collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path().map_or(0, str::len)));
        let pairs: Vec<String> =
            sent.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut header = HeaderValue::from_str(&pairs.join("; ")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The values, for the redaction.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(Cookie::value)
    }
}

/// The cookies that an answer sets.
pub(crate) fn set_by(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'static>> {
    headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .filter_map(|line| Cookie::parse(line.to_owned()).ok())
}

/// Gives a cookie without a path the default one (RFC 6265 section 5.1.4), so that two requests in
/// one directory mean the same cookie.
fn with_path(mut cookie: Cookie<'static>, from: &Url) -> Cookie<'static> {
    if cookie.path().is_none_or(|path| !path.starts_with('/')) {
        let directory = from.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        cookie.set_path(if directory.is_empty() { "/".to_owned() } else { directory.to_owned() });
    }
    cookie
}

fn same(one: &Cookie<'_>, other: &Cookie<'_>) -> bool {
    // An empty domain is none (RFC 6265 section 5.2.3). A dot before it does not count (there, too);
    // nor does white space behind that dot: neither is there any more once the cookie was kept.
    let domain = |cookie: &Cookie<'_>| {
        let domain = cookie.domain().unwrap_or_default();
        let is_before = |c: char| c == '.' || c.is_whitespace();
        domain.trim_start_matches(is_before).to_ascii_lowercase()
    };
    one.name() == other.name() && one.path() == other.path() && domain(one) == domain(other)
}

/// `Max-Age` wins over `Expires` (RFC 6265 section 5.3 step 3).
fn expired(cookie: &Cookie<'_>, server_time: Wall) -> bool {
    if let Some(age) = cookie.max_age() {
        return !age.is_positive();
    }
    cookie
        .expires_datetime()
        .is_some_and(|end| end.unix_timestamp_nanos() / 1_000_000 <= i128::from(server_time.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-23T12:00:00Z.
    const NOON: Wall = Wall(1_763_899_200_000);

    fn answer(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (SET_COOKIE, line.parse().unwrap())).collect()
    }

    fn at(path: &str) -> Url {
        Url::parse("https://auth.example.com").unwrap().join(path).unwrap()
    }

    fn sent(jar: &Jar) -> String {
        jar.header().map(|header| header.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn every_cookie_is_kept_and_survives_being_stored() {
        let mut jar = Jar::default();
        let set = answer(&["rt=one; HttpOnly; Path=/api; Max-Age=60", "sid=two; Secure"]);
        jar.take_in(&set, &at("/api/login"), NOON);
        let jar = Jar::open(&jar.close().unwrap());
        assert_eq!(sent(&jar), "rt=one; sid=two");
    }

    #[test]
    fn a_refresh_replaces_what_it_sets_again_and_keeps_the_rest() {
        let mut jar = Jar::default();
        jar.take_in(&answer(&["rt=one", "sid=two"]), &at("/api/login"), NOON);
        jar.take_in(&answer(&["rt=three; Path=/api"]), &at("/api/refresh_token"), NOON);
        assert_eq!(sent(&jar), "sid=two; rt=three");
    }

    #[test]
    fn an_expired_cookie_deletes() {
        let mut jar = Jar::default();
        jar.take_in(&answer(&["a=1", "b=2", "c=3", "d=4"]), &at("/login"), NOON);
        let past = "b=; Expires=Sun, 23 Nov 2025 11:59:59 GMT";
        let wins = "c=5; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        jar.take_in(&answer(&["a=; Max-Age=0", past, wins, "d=x; Max-Age=-1"]), &at("/r"), NOON);
        assert_eq!(sent(&jar), "c=5");
    }

    #[test]
    fn paths_and_domains_tell_cookies_apart_and_the_longer_path_goes_first() {
        let mut jar = Jar::default();
        jar.take_in(&answer(&["rt=outer; Path=/"]), &at("/auth/login"), NOON);
        jar.take_in(&answer(&["rt=inner; Path=/auth"]), &at("/auth/login"), NOON);
        jar.take_in(&answer(&["x=1; Domain=.Example.com"]), &at("/auth/login"), NOON);
        jar.take_in(&answer(&["x=2; Domain=example.com"]), &at("/auth/login"), NOON);
        assert_eq!(sent(&jar), "rt=inner; x=2; rt=outer");
    }

    #[test]
    fn an_empty_or_spoilt_jar_sends_nothing() {
        assert!(Jar::default().header().is_none());
        assert!(Jar::default().close().is_none());
        assert!(Jar::open(&"no json".into()).header().is_none());
    }

    #[test]
    fn a_domain_of_nothing_but_a_dot_is_none_and_piles_nothing_up() {
        let mut jar = Jar::default();
        for path in ["/api/login", "/api/refresh", "/api/refresh"] {
            jar.take_in(&answer(&["x=1; Domain=."]), &at(path), NOON);
            jar = Jar::open(&jar.close().unwrap());
        }
        assert_eq!(sent(&jar), "x=1");
    }

    #[test]
    fn white_space_behind_the_dot_of_a_domain_piles_nothing_up() {
        let mut jar = Jar::default();
        let set = answer(&["x=1; Domain=. example.com", "y=2; Domain=. ."]);
        for path in ["/api/login", "/api/refresh", "/api/refresh"] {
            jar.take_in(&set, &at(path), NOON);
            jar = Jar::open(&jar.close().unwrap());
        }
        assert_eq!(sent(&jar), "x=1; y=2");
    }
}
