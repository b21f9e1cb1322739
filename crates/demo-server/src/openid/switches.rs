//! What can be turned on the OpenID provider. The default of every switch is to behave well.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::switches::{BadSwitches, patched};

/// The switches of the OpenID provider. What they share with the tutorial's API, lifetimes,
/// rotation, faults and the shape of a lifetime, stands in [`Switches`](crate::Switches): there
/// `tell_refresh_token` says whether a refresh answers with the refresh token, and
/// `tell_refresh_lifetime` adds `refresh_expires_in`. The envelope and the cookie form are not
/// for OAuth, and change nothing here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "demo.ts")]
pub struct OpenIdSwitches {
    /// What ID tokens are signed with. A key is made when the first is needed.
    pub alg: SigningAlg,
    /// In what one thing this provider is false.
    pub lie: Lie,
    /// A refresh answers with an ID token, where the scope holds `openid`.
    pub refresh_gives_id_token: bool,
    /// A refresh answers with `scope`.
    pub refresh_tells_scope: bool,
    /// A refresh token is given only for the scope `offline_access`.
    pub needs_offline_access: bool,
    /// Times and lifetimes are told as numbers with a fraction: `"exp": 1800000000.5`,
    /// `"expires_in": 20.0`.
    pub float_numbers: bool,
    /// `expires_at` is told beside `expires_in`, in seconds since 1970 on the clock this server
    /// shows.
    pub expires_at_too: bool,
    /// `refresh_in` is told, in seconds: when this server would like to be asked again.
    pub refresh_in_s: Option<u64>,
    /// How `token_type` is told.
    pub token_type: TokenTypeShape,
    /// Which of the two metadata documents tells what.
    pub documents: Documents,
    /// There is a revocation endpoint (RFC 7009), and the metadata name it.
    pub offers_revocation: bool,
    /// There is a device authorization endpoint (RFC 8628), and the metadata name it.
    pub offers_device: bool,
    /// There is a page to sign out, and the metadata name it.
    pub offers_end_session: bool,
    /// There is a userinfo endpoint, and the metadata name it.
    pub offers_userinfo: bool,
    /// The metadata promise `iss` in the redirect, and it is there (RFC 9207).
    pub offers_iss_parameter: bool,
    /// How a client may say who it is at the token endpoint.
    pub client_auth: ClientAuth,
    /// Any client id is good, for a public client. If not, only `demo` and `demo-confidential`.
    pub any_client: bool,
    /// Where the browser may be sent back to. A loopback address without a port stands for
    /// every port (RFC 8252 section 7.3); every other is compared as it is. Empty: any loopback
    /// address over http.
    pub redirect_uris: Vec<String>,
    /// Who lets the browser in: a person at a page, or nobody.
    pub sign_in: SignIn,
    /// How long a device code lives, in milliseconds.
    pub device_lifetime_ms: u64,
    /// How long a device is to wait between two polls, in seconds. Who comes sooner hears
    /// `slow_down`, and has to wait five seconds more from then on (RFC 8628 section 3.5).
    pub device_interval_s: u64,
    /// The device is told how long to wait. If not, it takes five seconds (section 3.2).
    pub device_tells_interval: bool,
    /// How many of the next polls are answered with `slow_down`, whatever their pace.
    pub slow_down: u32,
    /// After a sign-out in the browser, it is sent back if the client asked for it.
    pub logout_comes_back: bool,
}

impl Default for OpenIdSwitches {
    fn default() -> Self {
        Self {
            alg: SigningAlg::default(),
            lie: Lie::default(),
            refresh_gives_id_token: true,
            refresh_tells_scope: true,
            needs_offline_access: false,
            float_numbers: false,
            expires_at_too: false,
            refresh_in_s: None,
            token_type: TokenTypeShape::default(),
            documents: Documents::default(),
            offers_revocation: true,
            offers_device: true,
            offers_end_session: true,
            offers_userinfo: true,
            offers_iss_parameter: true,
            client_auth: ClientAuth::default(),
            any_client: true,
            redirect_uris: Vec::new(),
            sign_in: SignIn::default(),
            device_lifetime_ms: 10 * 60 * 1_000,
            device_interval_s: 5,
            device_tells_interval: true,
            slow_down: 0,
            logout_comes_back: true,
        }
    }
}

impl OpenIdSwitches {
    /// These switches with a change applied, which names only what it changes.
    ///
    /// # Errors
    /// [`BadSwitches`] says which part of the change is meaningless; nothing is applied then.
    pub fn patched(&self, change: &Value) -> Result<Self, BadSwitches> {
        patched(self, change, |_, value| Ok(value.clone()))
    }
}

/// An algorithm that ID tokens are signed with (RFC 7518 section 3.1, RFC 8037).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "demo.ts")]
pub enum SigningAlg {
    /// RSA with SHA-256, the one every provider must offer.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// One thing in which the provider is false. What concerns the ID token concerns the one of a
/// refresh as well, unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum Lie {
    /// Nothing.
    #[default]
    None,
    /// The metadata name another issuer, in both documents.
    WrongIssuerInDiscovery,
    /// The ID token has another `iss`.
    WrongIssuerInToken,
    /// The ID token has no `aud`.
    AudMissing,
    /// The ID token is for another client.
    AudWrong,
    /// The ID token is for this client and another, and `azp` names the other.
    AzpWrong,
    /// The ID token ended an hour ago.
    Expired,
    /// The ID token has no `exp`.
    NoExp,
    /// The ID token has no `iat`.
    NoIat,
    /// The ID token of a sign-in has no `nonce`.
    NonceMissing,
    /// The ID token of a sign-in has another `nonce`.
    NonceWrong,
    /// The signature does not fit what was signed.
    BadSignature,
    /// The ID token is not signed: `"alg": "none"`.
    AlgNone,
    /// The ID token is signed with HS256, and the public key for a secret.
    Hs256,
    /// The ID token names no key, and one key is published: a client must find it.
    KidMissing,
    /// The ID token names no key, and several keys that could be meant are published.
    KidMissingSeveralKeys,
    /// The ID token names a key that is not published.
    KidUnknown,
    /// The ID token has no `sub`.
    NoSub,
    /// Userinfo tells of somebody else.
    UserinfoOtherSub,
    /// `at_hash` is the hash of something else.
    AtHashWrong,
    /// A sign-in for the scope `openid` gives no ID token.
    NoIdToken,
    /// The redirect has no `iss`, whatever the metadata promise.
    IssMissingInRedirect,
    /// The redirect has another `iss`.
    IssWrongInRedirect,
    /// The redirect has no `state`.
    StateMissingInRedirect,
    /// The redirect has another `state`.
    StateWrongInRedirect,
    /// The ID token of a refresh is somebody else's.
    OtherSubOnRefresh,
    /// The ID token of a refresh is of another issuer.
    OtherIssOnRefresh,
    /// The ID token of a refresh is for another client.
    OtherAudOnRefresh,
}

/// How `token_type` is told (RFC 6749 section 5.1: its case does not matter).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum TokenTypeShape {
    /// `Bearer`.
    #[default]
    Bearer,
    /// `bearer`.
    Lower,
    /// `BEARER`.
    Upper,
    /// Not at all, which the RFC does not allow.
    Missing,
}

/// Which of the two metadata documents tells what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum Documents {
    /// Both tell all.
    #[default]
    Same,
    /// Each lacks what the other has: OpenID's tells nothing of revocation, devices and PKCE,
    /// RFC 8414's nothing of userinfo, keys and the sign-out page.
    Split,
    /// There is OpenID's alone.
    OpenidOnly,
    /// There is RFC 8414's alone.
    OauthOnly,
}

/// How a client may say who it is (RFC 6749 section 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum ClientAuth {
    /// In all three ways; the confidential client in one of the two with its secret.
    #[default]
    Any,
    /// By its id alone: public clients only.
    None,
    /// By its secret in `Authorization: Basic`.
    Basic,
    /// By its secret in the body.
    Post,
}

/// Who lets the browser in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "demo.ts")]
pub enum SignIn {
    /// A page asks who it is, and for consent.
    #[default]
    Page,
    /// No page: the user whom `login_hint` names, or else Alice, is signed in and has consented.
    Automatic,
    /// No page: the request is answered with `access_denied`.
    Denied,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_old_state_file_without_the_provider_has_it_well_behaved() {
        assert_eq!(
            serde_json::from_value::<OpenIdSwitches>(json!({})).unwrap(),
            Default::default()
        );
    }

    #[test]
    fn a_change_leaves_the_other_switches_of_the_provider_alone() {
        let switches = OpenIdSwitches { any_client: false, ..OpenIdSwitches::default() };
        let changed = switches.patched(&json!({"lie": "audWrong", "alg": "RS256"})).unwrap();
        assert_eq!((changed.lie, changed.alg), (Lie::AudWrong, SigningAlg::Rs256));
        assert!(!changed.any_client);
        let back = changed.patched(&json!({"lie": null})).unwrap();
        assert_eq!(back.lie, Lie::None);
    }

    #[test]
    fn a_switch_of_the_provider_that_does_not_exist_is_refused() {
        let refused = OpenIdSwitches::default().patched(&json!({"lies": "all"})).unwrap_err();
        assert_eq!(refused.to_string(), r#"there is no switch called "lies""#);
        assert!(OpenIdSwitches::default().patched(&json!({"lie": "white"})).is_err());
    }
}
