//! Accounts, and signing in at them, as they cross to the window.

use super::AppError;
use auth_client::AccountSettings;
use auth_client::oauth::OAuthSettings;
use engine::{Exchange, Sentence, Status};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The account in front.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct AccountView {
    /// Names it.
    pub(crate) id: String,
    /// Whether it is at the demo server of this app.
    pub(crate) demo: bool,
    /// The server's host and port, to be shown.
    pub(crate) server: String,
    /// The server's address, to be looked at before anything is sent there.
    pub(crate) address: String,
    /// The user name, or the subject, as far as it is known; otherwise empty.
    pub(crate) user: String,
    /// The session is kept in memory only.
    pub(crate) memory_only: bool,
    /// What is sent to its server can be read on the way: plain http to another computer.
    pub(crate) plain_http: bool,
    /// Its settings were changed since the sign-in, and hold from the next one on.
    pub(crate) changed: bool,
    /// Its settings, where it is at a token API (the demo is).
    pub(crate) settings: Option<AccountSettings>,
    /// Its settings, where it is at an OAuth server.
    pub(crate) oauth: Option<OAuthSettings>,
    /// The server has a page to sign out in the browser.
    pub(crate) browser_logout: bool,
    /// There is an API to call.
    pub(crate) api: bool,
    /// There is a way to ask the server whether it knows the session still.
    pub(crate) confirmable: bool,
}

/// One account, in the list of all of them.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct AccountLine {
    /// Names it.
    pub(crate) id: String,
    /// It is the one in front.
    pub(crate) front: bool,
    /// Whether it is at the demo server of this app.
    pub(crate) demo: bool,
    /// What people call whoever is, or was, signed in; or the user name; empty where nobody is known.
    pub(crate) name: String,
    /// The server's host and port.
    pub(crate) server: String,
    /// Where its session stands.
    pub(crate) status: Status,
    /// What would be said of it.
    pub(crate) sentence: Sentence,
}

/// An account to be added, or an account's settings to be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum NewAccount {
    /// At a token API.
    TokenApi {
        /// How to talk to it.
        settings: Box<AccountSettings>,
    },
    /// At an OAuth 2.0 or OpenID Connect server.
    #[serde(rename = "oauth")]
    OAuth {
        /// How to talk to it.
        settings: Box<OAuthSettings>,
    },
}

/// A sign-in in the browser or on another device.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct SignInView {
    /// At which account.
    pub(crate) account: String,
    /// The server's host and port.
    pub(crate) server: String,
    /// How far it is.
    pub(crate) phase: SignInPhase,
}

/// How far a sign-in is.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase", tag = "kind")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum SignInPhase {
    /// The server is asked what it offers.
    Asking,
    /// The browser is open, or its link is to be opened by hand.
    Browser {
        /// Where the browser is to go.
        link: String,
        /// Why it could not be opened from here, where that is so.
        not_opened: Option<String>,
        /// Until when is waited: milliseconds since 1970.
        until_ms: i64,
    },
    /// A code waits to be typed on another device.
    Device {
        /// The code.
        user_code: String,
        /// Where to type it.
        link: String,
        /// The same with the code in it, where the server gives that.
        complete_link: Option<String>,
        /// That link, or the other, as a picture.
        qr: Option<Qr>,
        /// Until when is waited: milliseconds since 1970.
        until_ms: i64,
    },
    /// The tokens are asked for, and checked.
    Finishing,
    /// Somebody else has signed in than was signed in here before: the person is asked.
    OtherPerson {
        /// Who has signed in.
        came: String,
        /// Who was signed in.
        was: String,
    },
    /// It failed. It stays until it is tried again or put away.
    Failed {
        /// Why.
        error: AppError,
    },
}

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct Qr {
    /// So many modules wide and high, without a margin.
    pub(crate) size: u32,
    /// Its dark modules, as the path of an SVG with `viewBox="0 0 size size"`.
    pub(crate) path: String,
}

/// What is to become of a sign-in as somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum OtherPerson {
    /// An account more.
    Add,
    /// Instead of whoever was signed in.
    Replace,
    /// Nothing: what was granted is given back.
    Cancel,
}

/// What came of asking the server whether it knows the session still.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct Confirmation {
    /// What it said.
    pub(crate) result: ConfirmResult,
    /// The request and its answer, redacted, where one was made.
    pub(crate) exchange: Option<Exchange>,
}

/// What a server said when it was asked whether it knows the session still. Whatever it was, nobody
/// is signed out by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum ConfirmResult {
    /// It knows it.
    Confirmed,
    /// It does not take the access token any more.
    Refused,
    /// It says nothing about it.
    NoAnswer,
    /// There is no token, or no way to ask.
    NotAsked,
}
