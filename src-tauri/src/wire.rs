//! What crosses to the window: views and errors, never a token.

mod accounts;

pub(crate) use accounts::{
    AccountLine, AccountView, ConfirmResult, Confirmation, NewAccount, OtherPerson, Qr,
    SignInPhase, SignInView,
};

use demo_server::Switches;
use engine::{Exchange, View};
use keeper::NotTold;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything the window shows, sent whole on every change.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct AppView {
    /// The session.
    pub(crate) session: View,
    /// The account in front; it stays after a sign-out. `None` at first start.
    pub(crate) account: Option<AccountView>,
    /// Every account, in the order in which they were added.
    pub(crate) accounts: Vec<AccountLine>,
    /// A sign-in in the browser or on another device, while there is one: there is one at most.
    pub(crate) sign_in: Option<SignInView>,
    /// How the session is protected on this computer.
    pub(crate) protection: Protection,
    /// The demo server.
    pub(crate) demo: DemoView,
    /// Who is, or was, signed in, where only that can be told: the session itself cannot be opened.
    pub(crate) known_as: Option<String>,
    /// Sessions that have ended here, of which their server has still to be told.
    pub(crate) outbox: Vec<UntoldView>,
    /// Things to tell, until they are dismissed.
    pub(crate) notices: Vec<Notice>,
    /// What the person chose.
    pub(crate) preferences: Preferences,
    /// How far this app's clocks have been moved from where this computer's stand; `None`: not at
    /// all.
    pub(crate) time_moved: Option<TimeMoved>,
    /// What is switched on in the Lab, on this side.
    pub(crate) lab: LabView,
}

/// What is switched on in the Lab on the client's side, beside the clocks (see [`TimeMoved`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct LabView {
    /// No account can reach its server: every request of the app fails as without a network.
    pub(crate) offline: bool,
    /// The keeper will be stopped in the middle of the refresh that is on its way, and started again.
    pub(crate) stopping: bool,
    /// The window has been put away and comes back by itself.
    pub(crate) away: bool,
}

/// What the demo server can be made to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum DemoAct {
    /// Every access token is expired from now on.
    Expire,
    /// Every session is ended: the next refresh is refused.
    Revoke,
}

/// What is known of the tokens in use, read here and shown there: never the tokens.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct TokenDetails {
    /// The access token; `None` where nobody is signed in.
    pub(crate) access: Option<TokenDetail>,
    /// The refresh token; `None` where there is none.
    pub(crate) refresh: Option<TokenDetail>,
    /// When the server's own session ends, in milliseconds since 1970, where a claim tells
    /// (`session_expires_at`); `None`: the server did not say.
    pub(crate) session_ends_ms: Option<i64>,
}

/// What can be read of one token.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct TokenDetail {
    /// Six characters that name it.
    pub(crate) fingerprint: String,
    /// How many characters it has.
    pub(crate) length: u32,
    /// What it holds, where it is a JWT (RFC 7519); `None`: it is opaque.
    pub(crate) jwt: Option<JwtView>,
}

/// Header and claims of a JWT. Nobody has checked its signature.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct JwtView {
    /// The header's members, in their order: name, and value as JSON.
    pub(crate) header: Vec<Claim>,
    /// The claims, in their order.
    pub(crate) claims: Vec<Claim>,
}

/// One member of a JWT's header or claims.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct Claim {
    /// Its name.
    pub(crate) name: String,
    /// Its value, as JSON on one line; what looks like a token in it is a fingerprint.
    pub(crate) value: String,
    /// The same as a moment in milliseconds since 1970, for those that are one (`exp`, `iat`, `nbf`,
    /// `auth_time`, `session_expires_at`).
    pub(crate) at_ms: Option<i64>,
}

/// How far this app's clocks have been moved by hand, in milliseconds. A moment of a view is on the
/// moved wall clock: this computer's plus both of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct TimeMoved {
    /// So long a sleep, or several, was passed over: every clock went forward.
    pub(crate) slept_ms: i64,
    /// The wall clock alone was set forward or, negative, back.
    pub(crate) clock_ms: i64,
}

/// A session that has ended here, of which its server has still to be told.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct UntoldView {
    /// Names it, for lists.
    pub(crate) id: String,
    /// The server's host and port.
    pub(crate) server: String,
    /// Whose it was.
    pub(crate) user: String,
    /// When it ended here.
    pub(crate) since_ms: i64,
    /// So many tries have failed.
    pub(crate) tries: u32,
    /// The next try, where it has a time.
    pub(crate) next_ms: Option<i64>,
    /// What came of the last try.
    pub(crate) last: Option<Exchange>,
}

/// How the session is protected on this computer.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum Protection {
    /// Not known yet.
    Unknown,
    /// Sealed under a key in the system's keychain.
    Keychain,
    /// Sealed under a key in a file that only this user can read.
    KeyFile {
        /// Why there is no keychain.
        why: String,
    },
}

/// The demo server, as far as the window needs to know.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct DemoView {
    /// Its base URL, once it runs.
    pub(crate) base_url: Option<String>,
    /// The lifetime it gives to access tokens, in milliseconds.
    pub(crate) lifetime_ms: i64,
    /// Another copy of the app runs it.
    pub(crate) elsewhere: bool,
    /// How it is set, once it runs.
    pub(crate) switches: Option<Switches>,
    /// Why it does not run.
    pub(crate) problem: Option<AppError>,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct Notice {
    /// Names it for dismissal.
    pub(crate) id: u32,
    /// What it is about.
    pub(crate) code: NoticeCode,
    /// Details, in plain English: a file's name, an error's words.
    pub(crate) detail: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum NoticeCode {
    /// A damaged store was set aside.
    StoreDamaged,
    /// A sign-out could not be written down yet; it goes on being tried.
    SignOutNotWritten,
    /// The server was told of a sign-out and did not accept it: what it gave stays valid until it
    /// expires there.
    SignOutNotAccepted,
    /// The server has no way to be told of a sign-out.
    SignOutNotOffered,
    /// The same person has signed in again before the server could be told of the sign-out.
    SignOutOvertaken,
    /// The server could not be told of a sign-out until what it had given expired.
    SignOutGivenUp,
}

impl From<NotTold> for NoticeCode {
    fn from(why: NotTold) -> Self {
        match why {
            NotTold::NotAccepted => Self::SignOutNotAccepted,
            NotTold::NotOffered => Self::SignOutNotOffered,
            NotTold::SignedInAgain => Self::SignOutOvertaken,
            NotTold::GaveUp => Self::SignOutGivenUp,
        }
    }
}

/// What the person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "app.ts")]
pub(crate) struct Preferences {
    /// The window's language.
    pub(crate) language: Language,
    /// The window's colours.
    pub(crate) theme: Theme,
    /// How long before its end to renew a token, in seconds; `None`: the app decides.
    pub(crate) lead_s: Option<u32>,
}

/// The window's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "app.ts")]
pub(crate) enum Language {
    /// As the system says.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

/// The window's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { language: Language::System, theme: Theme::System, lead_s: None }
    }
}

/// Where a session is to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum KeepIn {
    /// Sealed, on disk.
    #[default]
    Disk,
    /// In memory only.
    Memory,
}

/// What "Call the API" did and got.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct ApiCall {
    /// How the token came to be used.
    pub(crate) how: ApiCallHow,
    /// What the API said in the end.
    pub(crate) result: ApiCallResult,
    /// Every call of the API, in order, redacted.
    pub(crate) exchanges: Vec<Exchange>,
    /// When the next try to renew is, where no token could be had; milliseconds since 1970.
    pub(crate) next_try_ms: Option<i64>,
}

/// How the token of an API call came to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum ApiCallHow {
    /// The token was fresh.
    FreshToken,
    /// It was refreshed first.
    RefreshedFirst,
    /// The API answered 401; the token was refreshed, and the call repeated once.
    Repeated,
    /// No token could be had.
    NoToken,
}

/// What an API said in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum ApiCallResult {
    /// It accepted the token.
    Accepted,
    /// It refused the token.
    Refused,
    /// The token is fine, and not enough.
    NotAllowed,
    /// It said nothing about the token: it could not be reached, or had trouble.
    NoAnswer,
    /// It was not called.
    NotCalled,
}

/// An error, as the window gets it: a code to choose words by, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "app.ts")]
pub(crate) struct AppError {
    /// What it is.
    pub(crate) code: ErrorCode,
    /// Details in plain English.
    pub(crate) message: String,
    /// The setting that is wrong, as a path in the settings (`login.path`), where it is one.
    pub(crate) field: Option<String>,
    /// The request that failed, where there was one.
    pub(crate) exchange: Option<Box<Exchange>>,
}

impl AppError {
    /// An error without a request of its own.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, exchange: None }
    }
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "app.ts")]
pub(crate) enum ErrorCode {
    /// The user name or the password is wrong.
    WrongPassword,
    /// The server could not be reached.
    Unreachable,
    /// The server answered with trouble of its own, or asked to wait.
    ServerTrouble,
    /// Something answered that is not the auth server.
    NotTheAuthServer,
    /// The answer could not be understood with these settings.
    NotUnderstood,
    /// The settings are not usable: the message says which.
    BadSettings,
    /// It worked, but could not be saved.
    NotSaved,
    /// The keychain is locked, or the store unreadable.
    StoreHeldUp,
    /// No seal vouches for the remembered settings: the person is to look at the address first.
    Unvouched,
    /// The demo server's port is taken.
    PortTaken,
    /// The demo server cannot run for another reason.
    DemoUnavailable,
    /// The server, or the person there, did not allow the sign-in.
    Denied,
    /// The ID token is not what it should be.
    IdToken,
    /// None of the ports that the browser may come back to is free.
    RedirectPortTaken,
    /// Nobody came back in time.
    TimedOut,
    /// The browser could not be opened.
    NoBrowser,
    /// It was overtaken by another sign-in or sign-out.
    Overtaken,
    /// The app is quitting.
    Quitting,
}
