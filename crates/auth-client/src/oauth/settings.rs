//! An OAuth account's settings, and what its server said of itself.
//!
//! They hold no secret. They stand in clear on disk and cross to the window and back.

use crate::network::Network;
use crate::settings::Header;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An account at an OAuth 2.0 or OpenID Connect server: what a record keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct OAuthAccount {
    /// What somebody has chosen.
    pub settings: OAuthSettings,
    /// What the server said of itself at the last sign-in, so that a refresh needs no discovery.
    pub discovered: Discovered,
}

/// How to sign in at one OAuth 2.0 or OpenID Connect server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct OAuthSettings {
    /// The issuer, as the server itself writes it (RFC 8414 section 2).
    pub issuer: String,
    /// What this app is called there.
    pub client_id: String,
    /// It is a confidential client: its secret is asked for at sign-in and sealed with the session.
    pub confidential: bool,
    /// How it proves its secret.
    pub client_auth: ClientAuth,
    /// Where one signs in.
    pub flow: Flow,
    /// The scopes that are asked for; empty: `openid` where the server speaks OpenID Connect, and
    /// `offline_access` where it offers that.
    pub scopes: Vec<String>,
    /// The APIs that the access token is for (RFC 8707).
    pub resources: Vec<String>,
    /// The same as some servers want it said; empty: not sent.
    pub audience: String,
    /// `prompt` (OpenID Connect Core section 3.1.2.1); empty: `consent` where `offline_access` is
    /// asked for, otherwise not sent.
    pub prompt: String,
    /// Parameters that are added to the authorization request.
    pub parameters: Vec<Parameter>,
    /// Where the browser comes back to.
    pub redirect: Redirect,
    /// Endpoints that are typed over; empty ones are as the server says.
    pub endpoints: Endpoints,
    /// An API that takes the access token as the bearer, fetched with GET: an absolute URL. Empty:
    /// userinfo stands for it, where there is one.
    pub api_url: String,
    /// Whether signing out ends the server's own session too, in the browser (OpenID Connect
    /// RP-Initiated Logout).
    pub logout_in_browser: bool,
    /// Headers that are sent with every request of the app.
    pub headers: Vec<Header>,
    /// What is needed of the network.
    pub network: Network,
    /// The lifetime assumed where the server tells none, in seconds.
    pub assumed_lifetime_s: u32,
}

/// How a confidential client proves its secret (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum ClientAuth {
    /// As the server says; `client_secret_basic` where it does not.
    #[default]
    AsTheServerSays,
    /// `client_secret_basic`: in a header.
    Basic,
    /// `client_secret_post`: in the body.
    Post,
}

/// Where one signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum Flow {
    /// In the system's browser (RFC 8252), by code and PKCE (RFC 7636).
    #[default]
    Browser,
    /// On another device (RFC 8628).
    Device,
}

/// One more parameter of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value. It stands in clear on disk: not a place for a secret.
    pub value: String,
}

/// Where the browser comes back to (RFC 8252 section 7.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Redirect {
    /// Which name this computer has in it.
    pub host: RedirectHost,
    /// Its path.
    pub path: String,
    /// Its port: the first of these that is free, where the server insists; none: any free one.
    pub ports: Vec<u16>,
}

/// What this computer is called in a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum RedirectHost {
    /// `127.0.0.1`.
    #[default]
    Loopback,
    /// `localhost`, where the server insists: both addresses are listened on.
    Localhost,
}

/// The endpoints of a server: absolute URLs; empty ones are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Endpoints {
    /// Where the browser goes (RFC 6749 section 3.1).
    pub authorization: String,
    /// Where tokens are asked for (RFC 6749 section 3.2).
    pub token: String,
    /// Where a device code is asked for (RFC 8628 section 3.1).
    pub device_authorization: String,
    /// Where tokens are revoked (RFC 7009).
    pub revocation: String,
    /// Who it is (OpenID Connect Core section 5.3).
    pub userinfo: String,
    /// The keys that sign ID tokens (RFC 7517).
    pub jwks: String,
    /// Where the browser signs out (OpenID Connect RP-Initiated Logout).
    pub end_session: String,
}

/// What a server said of itself (OpenID Connect Discovery section 3, RFC 8414 section 2). Lists are
/// empty where it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Discovered {
    /// The issuer, to the letter.
    pub issuer: String,
    /// It speaks OpenID Connect.
    pub openid: bool,
    /// Its endpoints.
    pub endpoints: Endpoints,
    /// `scopes_supported`.
    pub scopes: Vec<String>,
    /// `grant_types_supported`.
    pub grant_types: Vec<String>,
    /// `token_endpoint_auth_methods_supported`.
    pub client_auth_methods: Vec<String>,
    /// `code_challenge_methods_supported` (RFC 7636).
    pub challenge_methods: Vec<String>,
    /// `id_token_signing_alg_values_supported`.
    pub id_token_algs: Vec<String>,
    /// `prompt_values_supported`.
    pub prompts: Vec<String>,
    /// `authorization_response_iss_parameter_supported` (RFC 9207).
    pub iss_in_response: bool,
}

impl Endpoints {
    /// Each of them with its name in the settings.
    pub(super) fn named(&self) -> [(&'static str, &str); 7] {
        [
            ("authorization", &self.authorization),
            ("token", &self.token),
            ("deviceAuthorization", &self.device_authorization),
            ("revocation", &self.revocation),
            ("userinfo", &self.userinfo),
            ("jwks", &self.jwks),
            ("endSession", &self.end_session),
        ]
    }
}

impl Default for OAuthSettings {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            confidential: false,
            client_auth: ClientAuth::default(),
            flow: Flow::default(),
            scopes: Vec::new(),
            resources: Vec::new(),
            audience: String::new(),
            prompt: String::new(),
            parameters: Vec::new(),
            redirect: Redirect::default(),
            endpoints: Endpoints::default(),
            api_url: String::new(),
            logout_in_browser: false,
            headers: Vec::new(),
            network: Network::default(),
            assumed_lifetime_s: 3_600,
        }
    }
}

impl Default for Redirect {
    fn default() -> Self {
        Self { host: RedirectHost::default(), path: "/callback".into(), ports: Vec::new() }
    }
}

impl OAuthAccount {
    /// The issuer, to the letter: as the server itself says it, or else as it was typed.
    #[must_use]
    pub fn issuer(&self) -> &str {
        let told = &self.discovered.issuer;
        if told.is_empty() { self.settings.issuer.trim() } else { told }
    }

    /// Whether an ID token is asked for (OpenID Connect Core section 3.1.2.1).
    pub(super) fn asks_for_id_token(&self) -> bool {
        self.scopes().iter().any(|scope| scope == "openid")
    }

    /// The endpoints in use: what is typed over goes before what the server says.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        let pick = |typed: &String, told: &String| {
            if typed.is_empty() { told.clone() } else { typed.clone() }
        };
        let (typed, told) = (&self.settings.endpoints, &self.discovered.endpoints);
        Endpoints {
            authorization: pick(&typed.authorization, &told.authorization),
            token: pick(&typed.token, &told.token),
            device_authorization: pick(&typed.device_authorization, &told.device_authorization),
            revocation: pick(&typed.revocation, &told.revocation),
            userinfo: pick(&typed.userinfo, &told.userinfo),
            jwks: pick(&typed.jwks, &told.jwks),
            end_session: pick(&typed.end_session, &told.end_session),
        }
    }

    /// The scopes that are asked for: those of the settings, or by default what signs in and stays
    /// signed in (OpenID Connect Core sections 3.1.2.1 and 11).
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        let chosen = self.settings.scopes.iter().flat_map(|scope| scope.split_whitespace());
        let chosen: Vec<String> = chosen.map(str::to_owned).collect();
        if !chosen.is_empty() {
            return chosen;
        }
        let openid = self.discovered.openid.then_some("openid");
        let offered = |scope: &&str| self.discovered.scopes.iter().any(|known| known == scope);
        let offline = Some("offline_access").filter(offered);
        openid.into_iter().chain(offline).map(str::to_owned).collect()
    }
}
