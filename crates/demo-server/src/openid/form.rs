//! What comes as a form: in a query, or in a body.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use url::form_urlencoded;

/// A form, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// A field. One without a value counts as absent (RFC 6749 section 3.1).
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut known = self.0.iter().filter(|(known, _)| known == name);
        known.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A field that is there more than once, which none may be (RFC 6749 section 3.1).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let repeated = |(at, (name, _)): &(usize, &(String, String))| {
            self.0.iter().take(*at).any(|(before, _)| before == name)
        };
        self.0.iter().enumerate().find(repeated).map(|(_, (name, _))| name.as_str())
    }

    /// Its fields in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether the body says that it is a form.
pub(crate) fn says_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
