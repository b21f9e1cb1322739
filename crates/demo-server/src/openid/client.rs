//! Which client asks.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::form::Form;
use super::switches::{ClientAuth, OpenIdSwitches};
use crate::outcome::{Challenge, Refused};

/// The public client, which stands for everybody's.
pub(crate) const DEMO: &str = "demo";
/// The client that has a secret.
pub(crate) const CONFIDENTIAL: &str = "demo-confidential";
/// Its secret, which is published.
pub(crate) const SECRET: &str = "demo-secret";

/// Whether a client id means anybody here.
pub(crate) fn known(client_id: &str, switches: &OpenIdSwitches) -> bool {
    switches.any_client || client_id == DEMO || client_id == CONFIDENTIAL
}

/// How the client says who it is, taken from the request once.
pub(crate) struct Credentials {
    /// Id and secret in `Authorization: Basic`; none inside if they cannot be read.
    basic: Option<Option<(String, String)>>,
}

impl Credentials {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let basic = value
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .map(|(_, text)| decode(text.trim()));
        Self { basic }
    }

    /// Says which client it is.
    ///
    /// # Errors
    /// `invalid_client` if that cannot be believed, `invalid_request` if it is said twice
    /// (RFC 6749 sections 2.3 and 5.2).
    pub(crate) fn client(&self, form: &Form, switches: &OpenIdSwitches) -> Result<String, Refused> {
        let in_body = form.field("client_id");
        let accepts = |way: ClientAuth| [ClientAuth::Any, way].contains(&switches.client_auth);
        let (id, secret, accepted) = match (&self.basic, form.field("client_secret")) {
            (Some(_), Some(_)) => {
                return Err(refused("invalid_request", "the client says twice who it is"));
            }
            (Some(None), None) => return Err(self.unknown("Basic cannot be read")),
            (Some(Some((id, secret))), None) => {
                if in_body.is_some_and(|other| other != id) {
                    return Err(refused("invalid_request", "the client says two ids"));
                }
                // Some clients without a secret say an empty one.
                let secret = Some(secret.as_str()).filter(|secret| !secret.is_empty());
                (id.as_str(), secret, accepts(ClientAuth::Basic))
            }
            (None, secret @ Some(_)) => {
                (in_body.unwrap_or_default(), secret, accepts(ClientAuth::Post))
            }
            (None, None) => (in_body.unwrap_or_default(), None, accepts(ClientAuth::None)),
        };
        if id.is_empty() {
            return Err(self.unknown("client_id is needed"));
        }
        if !known(id, switches) {
            return Err(self.unknown("no such client"));
        }
        if !accepted {
            return Err(self.unknown("a client does not say here in this way who it is"));
        }
        let right = match (id == CONFIDENTIAL, secret) {
            (true, Some(secret)) => bool::from(secret.as_bytes().ct_eq(SECRET.as_bytes())),
            (false, None) => true,
            (true, None) | (false, Some(_)) => false,
        };
        if right { Ok(id.to_owned()) } else { Err(self.unknown("the secret is not this client's")) }
    }

    fn unknown(&self, message: &str) -> Refused {
        let challenge = if self.basic.is_some() { Challenge::Client } else { Challenge::None };
        Refused { error: "invalid_client", message: message.to_owned(), challenge }
    }
}

/// A refusal of OAuth.
pub(crate) fn refused(error: &'static str, message: impl ToString) -> Refused {
    Refused { error, message: message.to_string(), challenge: Challenge::None }
}

/// Both parts are encoded as in a form before they go into Basic (RFC 6749 section 2.3.1).
fn decode(text: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |part: &str| {
        let field = format!("it={part}");
        let mut fields = form_urlencoded::parse(field.as_bytes());
        fields.next().map(|(_, value)| value.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}
