//! What the provider says about itself: OpenID Connect Discovery 1.0, and RFC 8414.

use serde_json::{Map, Value, json};

use super::id_token::other_issuer;
use super::scope::SCOPES;
use super::switches::{ClientAuth, Documents, Lie, OpenIdSwitches};

/// One of the two documents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// Where OpenID appends its well-known path to the issuer.
    Openid,
    /// Where RFC 8414 puts its own between host and path.
    Oauth,
}

/// What the split leaves out of OpenID's document.
const NOT_IN_OPENID: [&str; 4] = [
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "device_authorization_endpoint",
    "code_challenge_methods_supported",
];

/// What the split leaves out of RFC 8414's document.
const NOT_IN_OAUTH: [&str; 6] = [
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "claims_supported",
];

/// A document; none if the switches want it away.
pub(crate) fn document(
    document: Document,
    issuer: &str,
    switches: &OpenIdSwitches,
) -> Option<Value> {
    let mut all = all(issuer, switches);
    match (switches.documents, document) {
        (Documents::Same, _)
        | (Documents::OpenidOnly, Document::Openid)
        | (Documents::OauthOnly, Document::Oauth) => {}
        (Documents::Split, Document::Openid) => {
            all.retain(|name, _| !NOT_IN_OPENID.contains(&name.as_str()));
        }
        (Documents::Split, Document::Oauth) => {
            all.retain(|name, _| !NOT_IN_OAUTH.contains(&name.as_str()));
        }
        (Documents::OpenidOnly, Document::Oauth) | (Documents::OauthOnly, Document::Openid) => {
            return None;
        }
    }
    Some(Value::Object(all))
}

fn all(issuer: &str, switches: &OpenIdSwitches) -> Map<String, Value> {
    let mut all = Map::new();
    let mut say = |name: &str, value: Value| all.insert(name.to_owned(), value);
    let at = |path: &str| json!(format!("{issuer}/{path}"));
    if switches.lie == Lie::WrongIssuerInDiscovery {
        say("issuer", json!(other_issuer(issuer)));
    } else {
        say("issuer", json!(issuer));
    }
    say("authorization_endpoint", at("authorize"));
    say("token_endpoint", at("token"));
    say("jwks_uri", at("jwks"));
    say("scopes_supported", json!(SCOPES));
    say("response_types_supported", json!(["code"]));
    say("response_modes_supported", json!(["query"]));
    let auth_methods = match switches.client_auth {
        ClientAuth::Any => json!(["none", "client_secret_basic", "client_secret_post"]),
        ClientAuth::None => json!(["none"]),
        ClientAuth::Basic => json!(["client_secret_basic"]),
        ClientAuth::Post => json!(["client_secret_post"]),
    };
    say("token_endpoint_auth_methods_supported", auth_methods.clone());
    say("code_challenge_methods_supported", json!(["S256"]));
    say("subject_types_supported", json!(["public"]));
    say("id_token_signing_alg_values_supported", json!([switches.alg]));
    let claims = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid"];
    say("claims_supported", json!(claims));
    say("prompt_values_supported", json!(["none", "login", "consent", "select_account"]));
    say("request_parameter_supported", json!(false));
    // Without a word this would be promised (OpenID Connect Discovery section 3).
    say("request_uri_parameter_supported", json!(false));
    let mut grant_types = vec!["authorization_code", "refresh_token"];
    if switches.offers_userinfo {
        say("userinfo_endpoint", at("userinfo"));
    }
    if switches.offers_revocation {
        say("revocation_endpoint", at("revoke"));
        say("revocation_endpoint_auth_methods_supported", auth_methods);
    }
    if switches.offers_device {
        say("device_authorization_endpoint", at("device_authorization"));
        grant_types.push(super::token::DEVICE_CODE);
    }
    if switches.offers_end_session {
        say("end_session_endpoint", at("logout"));
    }
    say("grant_types_supported", json!(grant_types));
    if switches.offers_iss_parameter {
        say("authorization_response_iss_parameter_supported", json!(true));
    }
    all
}
