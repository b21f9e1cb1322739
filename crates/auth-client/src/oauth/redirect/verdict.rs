//! Whether what came to the redirect is the answer that is waited for (RFC 6749 section 4.1.2).

use crate::redact::Redactor;
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;

/// A code of an error is shown up to here, in characters.
const LONGEST_CODE: usize = 64;
/// What a server says of an error is shown up to here, in characters.
const LONGEST_DESCRIPTION: usize = 300;
/// Parameters that are looked at. None may come twice (RFC 6749 section 3.1): whoever looked at the
/// other one would have seen another answer.
const LOOKED_AT: [&str; 5] = ["code", "state", "iss", "error", "error_description"];

/// What the answer has to carry. No `Debug`: whoever knows the state can end the sign-in.
pub(in crate::oauth) struct Expected {
    /// The `state` of the request.
    pub(in crate::oauth) state: String,
    /// Whom the request was made to.
    pub(in crate::oauth) issuer: String,
    /// That server has promised to name itself (RFC 9207 section 3).
    pub(in crate::oauth) iss_promised: bool,
}

/// What the browser brought.
pub(in crate::oauth) enum Came {
    /// The server's code.
    Code(SecretString),
    /// The server's no.
    Denied {
        /// `access_denied`.
        code: String,
        /// What the server says of it, redacted.
        description: Option<String>,
    },
}

/// What is in a redirect's query, decoded.
#[derive(Default)]
struct Query {
    found: [Option<String>; LOOKED_AT.len()],
    twice: bool,
}

impl Query {
    fn of(query: &str) -> Self {
        let mut all = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let slots = LOOKED_AT.iter().zip(&mut all.found);
            for (_, slot) in slots.filter(|(known, _)| **known == name) {
                all.twice |= slot.replace(value.clone().into_owned()).is_some();
            }
        }
        all
    }

    /// A parameter without a value counts as one that is not there (RFC 6749 section 3.1).
    fn value(&self, name: &str) -> Option<&str> {
        let mut both = LOOKED_AT.iter().zip(&self.found);
        let (_, value) = both.find(|(known, _)| **known == name)?;
        value.as_deref().filter(|value| !value.is_empty())
    }
}

impl Expected {
    /// The answer, or why this is none. What is no answer changes nothing.
    pub(super) fn judge(&self, query: &str, redactor: &Redactor) -> Result<Came, &'static str> {
        let query = Query::of(query);
        if query.twice {
            return Err("a parameter came twice");
        }
        // The same time however much of it is right: a page in the browser could measure it.
        let state = query.value("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return Err("another state");
        }
        // RFC 9207 section 2.4: another server's answer, brought here by a mix-up.
        let named = query.value("iss");
        if named.is_some_and(|iss| iss != self.issuer) {
            return Err("another issuer");
        }
        match (query.value("code"), query.value("error")) {
            (Some(_), None) if named.is_none() && self.iss_promised => Err("no issuer"),
            (Some(code), None) if !code.bytes().all(printable) => Err("no code"),
            (Some(code), None) => Ok(Came::Code(code.into())),
            (None, Some(error)) => Ok(Came::Denied {
                code: told(error, LONGEST_CODE, redactor),
                description: query
                    .value("error_description")
                    .and_then(|said| description(said, redactor)),
            }),
            (Some(_), Some(_)) => Err("a code and an error"),
            (None, None) => Err("neither code nor error"),
        }
    }
}

/// What a code is made of (RFC 6749 appendix A.11).
fn printable(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}

/// What a server says of an error, fit to be shown.
pub(in crate::oauth) fn description(said: &str, redactor: &Redactor) -> Option<String> {
    Some(told(said, LONGEST_DESCRIPTION, redactor)).filter(|text| !text.is_empty())
}

/// A stranger's words without secrets. What cannot be seen goes first: a secret with such a character
/// in it would not be found, and be whole without it.
fn told(text: &str, characters: usize, redactor: &Redactor) -> String {
    cut(&redactor.text(&plain(text)), characters)
}

/// A stranger's words, short, on one line, and in the order in which they are read.
pub(in crate::oauth) fn cleaned(text: &str, characters: usize) -> String {
    cut(&plain(text), characters)
}

fn plain(text: &str) -> String {
    let text = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let plain: String = text.filter(|c| !c.is_control() && !turns_text(*c)).collect();
    plain.trim().to_owned()
}

fn cut(text: &str, characters: usize) -> String {
    let mut shown: String = text.chars().take(characters).collect();
    if text.chars().nth(characters).is_some() {
        shown.push('…');
    }
    shown
}

/// Characters that are not seen, or that turn the order of the others.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::ports::Marks;
    use secrecy::ExposeSecret as _;

    fn judged_by(expected: &Expected, query: &str) -> String {
        match expected.judge(query, &Redactor::new(Marks::fresh())) {
            Ok(Came::Code(code)) => format!("code {}", code.expose_secret()),
            Ok(Came::Denied { code, description }) => format!("denied {code} {description:?}"),
            Err(why) => why.to_owned(),
        }
    }

    fn expected(iss_promised: bool) -> Expected {
        Expected { state: "s-1".into(), issuer: "https://id.example".into(), iss_promised }
    }

    fn judged(query: &str) -> String {
        judged_by(&expected(false), query)
    }

    fn judged_strictly(query: &str) -> String {
        judged_by(&expected(true), query)
    }

    #[test]
    fn a_code_with_our_state_is_the_answer() {
        assert_eq!(judged("code=a%2Fb&state=s-1"), "code a/b");
        assert_eq!(judged("state=s%2D1&session_state=x&session_state=y&%63ode=abc"), "code abc");
    }

    #[test]
    fn without_our_state_nothing_is_an_answer() {
        for query in [
            "",
            "code=abc",
            "code=abc&state=",
            "code=abc&state=s-2",
            "code=abc&state=s-11",
            "code=abc&state=S-1",
            "code=abc&state=s-1%00",
            "code=abc&state=s-1+",
            "code=abc&State=s-1",
            "error=access_denied",
            "error=access_denied&state=s",
        ] {
            assert_eq!(judged(query), "another state", "{query}");
        }
    }

    #[test]
    fn a_parameter_that_comes_twice_is_no_answer_however_it_is_written() {
        for query in [
            "code=a&code=a&state=s-1",
            "code=a&%63ode=b&state=s-1",
            "code=a&state=s-1&state=s-1",
            "code=&code=a&state=s-1",
            "code=a&state=s-1&iss=https://id.example&iss=https://evil",
            "error=a&error=b&state=s-1",
        ] {
            assert_eq!(judged(query), "a parameter came twice", "{query}");
        }
    }

    #[test]
    fn another_issuer_is_never_believed() {
        for iss in [
            "https%3A%2F%2Fevil.example",
            "https://id.example/",
            "https://ID.example",
            "id.example",
        ] {
            for kind in ["code=a", "error=access_denied"] {
                let query = format!("{kind}&state=s-1&iss={iss}");
                assert_eq!(judged(&query), "another issuer", "{query}");
                assert_eq!(judged_strictly(&query), "another issuer", "{query}");
            }
        }
        assert_eq!(judged("code=a&state=s-1&iss=https%3A%2F%2Fid.example"), "code a");
        assert_eq!(judged_strictly("code=a&state=s-1&iss=https%3A%2F%2Fid.example"), "code a");
    }

    #[test]
    fn a_promised_issuer_may_be_missing_on_an_error_only() {
        assert_eq!(judged_strictly("code=a&state=s-1"), "no issuer");
        assert_eq!(judged_strictly("code=a&state=s-1&iss="), "no issuer");
        assert_eq!(judged_strictly("error=access_denied&state=s-1"), "denied access_denied None");
    }

    #[test]
    fn half_answers_are_none() {
        assert_eq!(judged("state=s-1"), "neither code nor error");
        assert_eq!(judged("state=s-1&code=&error="), "neither code nor error");
        assert_eq!(judged("state=s-1&code=a&error=b"), "a code and an error");
        assert_eq!(judged("state=s-1&code=a%0D%0Ab"), "no code");
        assert_eq!(judged("state=s-1&code=%FF"), "no code");
    }

    #[test]
    fn what_a_server_says_of_an_error_is_short_plain_and_without_secrets() {
        let secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        let query = format!(
            "state=s-1&error=acc%00ess%E2%80%AE_denied&error_description=no%0D%0A{secret}+{}",
            "x".repeat(2_000).replace("xxxxx", "xxxx+")
        );
        let shown = judged(&query);
        assert!(shown.starts_with("denied access_denied Some(\"no  ‹token "), "{shown}");
        assert!(!shown.contains(secret) && shown.chars().count() < 350, "{shown}");
    }

    #[test]
    fn a_secret_is_found_with_what_cannot_be_seen_inside_it() {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.token("short-secret-one");
        for hidden in ["\u{200b}", "\u{202e}", "\0", "\u{ad}"] {
            let said = format!("no: short-{hidden}secret-one");
            let shown = description(&said, &redactor).unwrap();
            assert!(shown.starts_with("no: ‹token ") && shown.ends_with('›'), "{shown}");
        }
    }
}
