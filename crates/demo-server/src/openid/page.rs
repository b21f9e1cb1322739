//! The pages that a browser is shown. They need no script, and keep nothing in the browser.

use std::fmt::Write as _;

use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY};
use axum::http::header::{ORIGIN, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::PATH;
use super::words::Words;
use crate::answer::Answer;
use crate::users::{USERS, User};

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}\
main{box-sizing:border-box;width:min(26rem,100vw);padding:2rem;display:grid;gap:1rem}\
h1{font-size:1.5rem;margin:0}p{margin:0}form{display:grid;gap:.75rem}\
.where{opacity:.7;font-size:.875rem}.wrong{border-left:.25rem solid #c62828;padding-left:.75rem}\
button,input{font:inherit;padding:.7rem 1rem;border-radius:.5rem;border:1px solid GrayText}\
button{cursor:pointer;background:ButtonFace;color:ButtonText}\
button.first{background:#1a56c4;border-color:#1a56c4;color:#fff}\
input{text-transform:uppercase;letter-spacing:.15em;background:Field;color:FieldText}\
:focus-visible{outline:3px solid #4c8dff;outline-offset:2px}";

/// A page.
pub(crate) struct Page {
    words: &'static Words,
    status: StatusCode,
    title: &'static str,
    /// What is between heading and end, as HTML.
    body: String,
}

impl Page {
    pub(crate) fn new(words: &'static Words, status: StatusCode, title: &'static str) -> Self {
        Self { words, status, title, body: String::new() }
    }

    /// A paragraph.
    pub(crate) fn says(mut self, text: &str) -> Self {
        let _ = write!(self.body, "<p>{}</p>", escaped(text));
        self
    }

    /// A paragraph about what went wrong.
    pub(crate) fn complains(mut self, text: &str) -> Self {
        let _ = write!(self.body, "<p class=\"wrong\" role=\"alert\">{}</p>", escaped(text));
        self
    }

    /// A field for the code of a device, filled in.
    pub(crate) fn asks_code(mut self, typed: &str) -> Self {
        let Words { type_code, go_on, .. } = self.words;
        let _ = write!(
            self.body,
            "<form action=\"{PATH}/device\"><label for=\"user_code\">{}</label>\
             <input id=\"user_code\" name=\"user_code\" value=\"{}\" autocomplete=\"off\" \
             spellcheck=\"false\" required autofocus><button class=\"first\">{}</button></form>",
            escaped(type_code),
            escaped(typed),
            escaped(go_on),
        );
        self
    }

    /// A button for each person, and one to say no. What is `hidden` comes back with the answer.
    pub(crate) fn asks_who<'a>(
        mut self,
        action: &str,
        hidden: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        first: Option<&str>,
    ) -> Self {
        let likely = USERS.into_iter().find(|user| Some(user.username) == first);
        let others = USERS.into_iter().filter(|user| Some(*user) != likely);
        for (at, User { username, password, name }) in likely.into_iter().chain(others).enumerate()
        {
            let label = self.words.go_on_as.replace("{}", name);
            let told = [("user", username), ("password", password)].into_iter();
            self.button(action, hidden.clone().chain(told), &label, at == 0);
        }
        let told = [("decision", "deny")].into_iter();
        self.button(action, hidden.chain(told), self.words.refuse, false);
        self
    }

    fn button<'a>(
        &mut self,
        action: &str,
        hidden: impl Iterator<Item = (&'a str, &'a str)>,
        label: &str,
        first: bool,
    ) {
        let _ = write!(self.body, "<form method=\"post\" action=\"{PATH}/{action}\">");
        for (name, value) in hidden {
            let (name, value) = (escaped(name), escaped(value));
            let _ = write!(self.body, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
        let class = if first { " class=\"first\"" } else { "" };
        let _ = write!(self.body, "<button{class}>{}</button></form>", escaped(label));
    }

    pub(crate) fn answer(self) -> Answer {
        let Self { words, status, title, body } = self;
        let (title, server) = (escaped(title), escaped(words.server));
        let html = format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title} – {server}\
             </title><style>{STYLE}</style></head><body><main><p class=\"where\">{server}</p>\
             <h1>{title}</h1>{body}</main></body></html>",
            words.lang,
        );
        let mut answer = Answer::text(status, "text/html; charset=utf-8", html);
        // No form-action: browsers hold the redirect after a form against it as well, and that
        // one leads to a program's own address, which was checked before.
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; frame-ancestors 'none'",
            STANDARD.encode(Sha256::digest(STYLE.as_bytes()))
        );
        set(&mut answer, CONTENT_SECURITY_POLICY, &policy);
        // Not less: without a referrer a browser says `Origin: null` with its own forms.
        set(&mut answer, REFERRER_POLICY, "same-origin");
        set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
        answer
    }
}

/// A page about a request that leads nowhere.
pub(crate) fn nonsense(words: &'static Words, why: &str) -> Answer {
    Page::new(words, StatusCode::BAD_REQUEST, words.bad_request).complains(why).answer()
}

/// Sends the browser to where a check has let it go.
pub(crate) fn sent_to(address: &str) -> Answer {
    // 303 makes a GET of a form that was posted (RFC 9700 section 4.12).
    let mut answer = Answer::empty(StatusCode::SEE_OTHER);
    set(&mut answer, LOCATION, address);
    set(&mut answer, REFERRER_POLICY, "no-referrer");
    answer
}

/// Whether a form comes from one of these pages, or from no browser at all: a page of somebody
/// else's must not sign anybody in.
pub(crate) fn is_own(headers: &HeaderMap, issuer: &str) -> bool {
    let here = issuer.strip_suffix(PATH).unwrap_or(issuer);
    let named = here.replace("127.0.0.1", "localhost");
    headers.get_all(ORIGIN).iter().all(|origin| origin == here || origin == named.as_str())
}

fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    // What is put together here is visible ASCII: an address is written out by its parser.
    if let Ok(value) = HeaderValue::try_from(value) {
        answer.headers.insert(name, value);
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
