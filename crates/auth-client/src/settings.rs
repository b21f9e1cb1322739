//! An account's settings: everything that may differ from one token API to the next.
//!
//! They hold no secret. They stand in clear on disk and cross to the window and back.

use crate::network::Network;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How to talk to one auth server as one user.
///
/// Members are named by JSON pointers (RFC 6901), in requests as in answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct AccountSettings {
    /// Where these settings started from.
    pub preset: Preset,
    /// Scheme, host, port and an optional path prefix: `https://auth.example.com/v1`.
    pub base_url: String,
    /// The user name that signs in.
    pub user: String,
    /// Signing in.
    pub login: Login,
    /// Refreshing.
    pub refresh: Refresh,
    /// Where things are in the answers to both.
    pub answer: AnswerShape,
    /// What "refused for good" looks like.
    pub refused: RefusedShape,
    /// Signing out at the server; `None` where it has no such request.
    pub logout: Option<Logout>,
    /// An API that takes the access token; `None` where there is none to call.
    pub api: Option<Api>,
    /// Headers sent with every request.
    pub headers: Vec<Header>,
    /// What is needed of the network.
    pub network: Network,
    /// The lifetime assumed where the server tells none, in seconds.
    pub assumed_lifetime_s: u32,
}

/// Where settings started from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum Preset {
    /// The tutorial's API: `POST /api/login`, `POST /api/refresh_token`.
    #[default]
    Tutorial,
    /// The tutorial's API, with the refresh token in a cookie.
    Cookie,
    /// djangorestframework-simplejwt: `POST /api/token/`, `POST /api/token/refresh/`.
    SimpleJwt,
    /// An API whose access token is itself sent to be renewed.
    SelfRenewing,
}

/// The sign-in request: a POST with a JSON body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Login {
    /// Path below the base URL.
    pub path: String,
    /// Where the user name goes in the body.
    pub user_field: String,
    /// Where the password goes in the body.
    pub password_field: String,
}

/// The refresh request: a POST with a JSON body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Refresh {
    /// Path below the base URL.
    pub path: String,
    /// What is sent to be renewed, and where.
    pub with: RenewWith,
}

/// What a refresh sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "account.ts")]
pub enum RenewWith {
    /// The refresh token, in the body.
    Body {
        /// Where in the body.
        field: String,
    },
    /// Every cookie that login and refresh set.
    Cookie,
    /// The access token itself, in the body and as the bearer.
    AccessToken {
        /// Where in the body; empty: only as the bearer.
        field: String,
    },
    /// This server cannot renew.
    Nothing,
}

/// Where things are in an answer. An empty pointer means "not there".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct AnswerShape {
    /// An envelope around everything, such as `/data`; used where it is there.
    pub envelope: String,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The lifetime.
    pub lifetime: String,
    /// How the lifetime is told.
    pub lifetime_form: LifetimeForm,
    /// The refresh token's lifetime, in the same form.
    pub refresh_lifetime: String,
    /// The person's name.
    pub name: String,
}

/// How a lifetime is told. Numbers may be text, and may have fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "account.ts")]
pub enum LifetimeForm {
    /// Seconds from now.
    #[default]
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// A point in time: seconds or milliseconds since 1970, or RFC 3339 text.
    Absolute,
    /// The `exp` of the access token, which is a JWT (RFC 7519 section 4.1.4).
    JwtExp,
    /// The server does not tell.
    Absent,
}

/// What "refused for good" looks like: a status with a JSON body, or a member with one of these
/// values, whatever the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct RefusedShape {
    /// Statuses that refuse, when the body is JSON.
    pub statuses: Vec<u16>,
    /// A member to look at; empty: none.
    pub field: String,
    /// Its values that refuse, as text (`401` matches a number 401 as well).
    pub values: Vec<String>,
}

/// The sign-out request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Logout {
    /// Path below the base URL.
    pub path: String,
    /// `POST` or `DELETE`.
    pub method: String,
    /// Where the refresh token goes in the body; empty: it is not sent.
    pub refresh_field: String,
    /// Whether the access token is sent as the bearer.
    pub bearer: bool,
}

/// An API that takes the access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "account.ts")]
pub struct Api {
    /// Path below the base URL; fetched with GET.
    pub path: String,
    /// The header that carries the token.
    pub header: String,
    /// What stands before the token in it, such as `Bearer`; empty: nothing.
    pub scheme: String,
}

/// A request header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "account.ts")]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value. It stands in clear on disk: not a place for a secret.
    pub value: String,
}

impl Default for AccountSettings {
    /// The tutorial's shape.
    fn default() -> Self {
        Self {
            preset: Preset::Tutorial,
            base_url: String::new(),
            user: String::new(),
            login: Login::default(),
            refresh: Refresh::default(),
            answer: AnswerShape::default(),
            refused: RefusedShape::default(),
            logout: Some(Logout::default()),
            api: Some(Api::default()),
            headers: Vec::new(),
            network: Network::default(),
            assumed_lifetime_s: 3_600,
        }
    }
}

impl Default for Login {
    fn default() -> Self {
        Self {
            path: "/api/login".into(),
            user_field: "/username".into(),
            password_field: "/password".into(),
        }
    }
}

impl Default for Refresh {
    fn default() -> Self {
        Self {
            path: "/api/refresh_token".into(),
            with: RenewWith::Body { field: "/refreshToken".into() },
        }
    }
}

impl Default for AnswerShape {
    fn default() -> Self {
        Self {
            envelope: "/data".into(),
            access_token: "/token".into(),
            refresh_token: "/refreshToken".into(),
            lifetime: "/expiresIn".into(),
            lifetime_form: LifetimeForm::Seconds,
            refresh_lifetime: String::new(),
            name: String::new(),
        }
    }
}

impl Default for RefusedShape {
    fn default() -> Self {
        Self { statuses: vec![401], field: "/code".into(), values: vec!["401".into()] }
    }
}

impl Default for Logout {
    fn default() -> Self {
        Self {
            path: "/api/logout".into(),
            method: "POST".into(),
            refresh_field: "/refreshToken".into(),
            bearer: false,
        }
    }
}

impl Default for Api {
    fn default() -> Self {
        Self { path: "/api/me".into(), header: "Authorization".into(), scheme: "Bearer".into() }
    }
}
