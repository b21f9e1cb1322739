//! Takes secrets out of what people are shown.
//!
//! Three nets, one behind the other: the secrets that were sent or received, wherever they occur;
//! members and parameters whose name says that they are secret; and whatever looks like a token.
//! A token becomes `‹token a1b2c3›`: the same mark for the same token as long as its session lives,
//! over restarts, too, so that a refresh token used twice can be seen. A password becomes `‹hidden›`, since a mark
//! would let somebody try passwords against it.

mod look;

pub(crate) use look::secret_name;
pub use look::without_secrets;

use http::HeaderMap;
use keeper::ports::Marks;
use keeper::record::{RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// What stands for a password, and for everything too short to be a token.
pub(crate) const HIDDEN: &str = "‹hidden›";

/// Shorter secrets than this are not looked for inside other text: they would shred it, and the
/// gaps would tell them.
const SHORTEST: usize = 4;

/// Knows the secrets of one exchange. No `Debug`, on purpose.
pub(crate) struct Redactor {
    marks: Marks,
    known: Vec<Known>,
}

struct Known {
    secret: Zeroizing<String>,
    shown: String,
}

impl Redactor {
    /// Knows none yet, and will name them by these marks.
    pub(crate) fn new(marks: Marks) -> Self {
        Self { marks, known: Vec::new() }
    }

    /// `‹token a1b2c3›`: the six characters by which the window, too, calls this token.
    pub(crate) fn mark(&self, token: &str) -> String {
        format!("‹token {}›", self.marks.of(&token.into()))
    }

    /// Looks out for a password.
    pub(crate) fn password(&mut self, password: &str) {
        self.know(password, HIDDEN);
    }

    /// Looks out for a token.
    pub(crate) fn token(&mut self, token: &str) {
        self.know(token, &self.mark(token));
    }

    /// Looks out for what a session at an OAuth server holds. The client's secret is named by no mark: it
    /// may be one that somebody could guess.
    pub(crate) fn session(&mut self, tokens: &Tokens) {
        self.token(tokens.access.expose_secret());
        if let RenewalSecret::RefreshToken(token) = &tokens.renewal {
            self.token(token.expose_secret());
        }
        if let Some(id) = &tokens.id {
            self.token(id.expose_secret());
        }
        if let Some(secret) = &tokens.client_secret {
            self.password(secret.expose_secret());
        }
    }

    /// Looks out for what headers of a request hold: those whose name says that it is a secret.
    pub(crate) fn headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            match value.split_once(' ') {
                // A name and a password: no mark, by which one could be tried.
                Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => self.password(pair),
                _ if secret_name(name.as_str()) => {
                    self.token(value);
                    self.token(value.rsplit(' ').next().unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    /// Looks out for the value of a cookie. Values such as `1` or `true` are no secrets.
    pub(crate) fn cookie(&mut self, value: &str) {
        let value = cookie_value(value);
        if is_telling(value) {
            self.know(value, &self.mark(value));
        }
    }

    fn know(&mut self, secret: &str, shown: &str) {
        if secret.is_empty() {
            return;
        }
        for form in echoes(secret) {
            if !self.known.iter().any(|known| *known.secret == form) {
                self.known.push(Known { secret: form.into(), shown: shown.to_owned() });
            }
        }
        // The longest first: a secret may hold another.
        self.known.sort_by_key(|known| std::cmp::Reverse(known.secret.len()));
    }

    /// Text without secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        look::hide_in_text(&self.without_known(text), |run| self.mark(run))
    }

    fn without_known(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for Known { secret, shown } in &self.known {
            if !text.contains(secret.as_str()) {
                continue;
            }
            if secret.len() < SHORTEST {
                return HIDDEN.to_owned();
            }
            text = text.replace(secret.as_str(), shown);
        }
        text
    }

    /// One parameter of a form that is sent (RFC 6749 appendix B), without secrets.
    pub(crate) fn parameter(&self, name: &str, value: &str) -> String {
        if look::SINGLE_USE.contains(&name) {
            return HIDDEN.to_owned();
        }
        // What stands in the settings, in clear, may look like anything.
        if look::IN_CLEAR.contains(&name) {
            return self.without_known(value);
        }
        self.string(value, secret_name(name))
    }

    /// JSON without secrets.
    pub(crate) fn json(&self, value: &Value) -> Value {
        self.member(value, false)
    }

    /// JSON that is public by nature: without the secrets that are known, and nothing else is hidden.
    pub(crate) fn public_json(&self, value: &Value) -> Value {
        if let Some(object) = value.as_object() {
            let members = object
                .iter()
                .map(|(name, inner)| (self.without_known(name), self.public_json(inner)));
            return Value::Object(members.collect::<Map<_, _>>());
        }
        if let Some(items) = value.as_array() {
            return items.iter().map(|item| self.public_json(item)).collect();
        }
        match value.as_str() {
            Some(text) => Value::String(self.without_known(text)),
            None if self.knows(&value.to_string()) => HIDDEN.into(),
            None => value.clone(),
        }
    }

    /// What should have been JSON and is torn: every text in it is hidden, only names remain.
    pub(crate) fn torn_json(&self, text: &str) -> String {
        self.text(&look::hide_values(text))
    }

    fn member(&self, value: &Value, secret: bool) -> Value {
        if let Some(object) = value.as_object() {
            let members = object.iter().map(|(name, inner)| {
                let value = if secret || secret_name(name) {
                    if look::plain_code(name, inner) {
                        self.member(inner, false)
                    } else {
                        self.member(inner, true)
                    }
                } else {
                    self.member(inner, false)
                };
                (self.text(name), value)
            });
            return Value::Object(members.collect::<Map<_, _>>());
        }
        if let Some(items) = value.as_array() {
            return items.iter().map(|item| self.member(item, secret)).collect();
        }
        match value.as_str() {
            Some(text) => Value::String(self.string(text, secret)),
            None if value.is_number() && (secret || self.knows(&value.to_string())) => {
                HIDDEN.into()
            }
            None => value.clone(),
        }
    }

    fn string(&self, text: &str, secret: bool) -> String {
        let unknown = self.without_known(text) == text;
        if unknown && look::is_token_like(text) {
            // As a whole: its parts may look like words and paths.
            return self.mark(text);
        }
        let shown = self.text(text);
        // Where nothing was found in a text that is said to be secret, it is hidden as a whole.
        if secret && shown == text && !text.is_empty() { self.mark(text) } else { shown }
    }

    fn knows(&self, text: &str) -> bool {
        self.known.iter().any(|known| *known.secret == text)
    }
}

/// The value itself: quotes around it are not part of it.
pub(crate) fn cookie_value(value: &str) -> &str {
    value.trim_matches('"')
}

/// Whether a cookie's value may be a secret: `1` and `true` are none.
pub(crate) fn is_telling(value: &str) -> bool {
    value.len() > SHORTEST
}

/// The ways in which a server may echo a text: as it is, or escaped for a URL, HTML or JSON.
fn echoes(secret: &str) -> Vec<String> {
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = Value::from(secret).to_string();
    let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let mut forms = vec![secret.to_owned(), html.replace('\'', "&#39;"), html];
    forms.extend([form.replace('+', "%20"), form, json]);
    forms.retain(|form| !form.is_empty());
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

    #[test]
    fn known_secrets_are_found_wherever_they_are_and_however_escaped() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.password("p&ss \"wörd'");
        for echo in [
            "bad p&ss \"wörd' given",
            "bad p&amp;ss &quot;wörd&#39; given",
            "bad p%26ss+%22w%C3%B6rd%27 given",
            "bad p%26ss%20%22w%C3%B6rd%27 given",
            "bad p&ss \\\"wörd' given",
        ] {
            assert_eq!(redactor.text(echo), "bad ‹hidden› given");
        }
    }

    #[test]
    fn the_same_token_has_the_same_mark_and_another_has_another() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.token("short-1");
        redactor.token("short-2");
        let shown = redactor.text("short-1, short-2, short-1");
        let marks: Vec<&str> = shown.split(", ").collect();
        assert_eq!(marks[0], marks[2]);
        assert_ne!(marks[0], marks[1]);
        assert!(marks[0].starts_with("‹token ") && marks[0].ends_with('›'), "{shown}");
    }

    #[test]
    fn a_very_short_password_hides_the_whole_text_it_is_in() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.password("a");
        assert_eq!(redactor.text("not a valid password"), HIDDEN);
        assert_eq!(redactor.json(&json!({"message": "wrong", "x": "a"}))["x"], HIDDEN);
    }

    #[test]
    fn members_with_secret_names_are_hidden_and_harmless_ones_stay() {
        let body = json!({
            "code": "token_not_valid", "error": {"code": "invalid_grant"}, "status": 401,
            "token_type": "bearer", "expiresIn": 3600, "tokenExpires": "2025-11-23T12:00:00Z",
            "message": "Given token not valid for any token type",
            "access": "x1", "refresh": "x2", "sessionId": "x3", "apiKey": "x4", "otp": 123_456,
            "tokens": {"main": ["x5", "x6"]}, "newPassword": "x7", "authorization_code": "x8",
            "note": JWT, "trace": "5f2b7c1d9e8a4b3c6d7e8f90",
        });
        let shown = Redactor::new(Marks::fresh()).json(&body);
        for name in
            ["code", "error", "status", "token_type", "expiresIn", "tokenExpires", "message"]
        {
            assert_eq!(shown[name], body[name], "{name}");
        }
        let text = shown.to_string();
        for secret in ["x1", "x2", "x3", "x4", "123456", "x5", "x6", "x7", "x8", JWT, "5f2b7c"] {
            assert!(!text.contains(&format!("\"{secret}")), "{secret} in {text}");
        }
    }

    #[test]
    fn a_secret_used_as_a_name_or_a_number_is_hidden_too() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.password("8842");
        redactor.token("tok-abc");
        let shown = redactor.json(&json!({"tok-abc": true, "n": 8842})).to_string();
        assert!(!shown.contains("tok-abc") && !shown.contains("8842"), "{shown}");
    }

    #[test]
    fn what_is_base64_of_random_bytes_is_hidden_whatever_its_name_and_form() {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
        // Always the same, so that a failure is one again (xorshift64).
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[3]
        };
        let redactor = Redactor::new(Marks::fresh());
        for length in [16, 32].repeat(5_000) {
            let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
            let mut forms = vec![STANDARD.encode(&bytes)];
            let url_safe = URL_SAFE_NO_PAD.encode(&bytes);
            // Twenty-two letters may be words.
            forms.extend(Some(url_safe).filter(|it| it.contains(|c: char| c.is_ascii_digit())));
            for token in forms {
                let shown = redactor.json(&json!({"ticket": token, "list": [token]}));
                let mark = redactor.mark(&token);
                assert_eq!(shown, json!({"ticket": mark, "list": [mark]}), "{token}");
            }
        }
    }
}
