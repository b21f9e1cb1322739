//! OAuth 2.0 (RFC 6749, RFC 8252) and OpenID Connect.
//!
//! [`probe`] tells what a server promises; [`BrowserSignIn`] and [`DeviceSignIn`] lead to a grant;
//! [`OAuthServer`] is what a keeper renews, revokes and asks by, and needs no discovery for it.

mod answer;
mod authorization;
mod browser;
mod device;
mod discovery;
mod ending;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod id_check;
mod id_token;
mod keys;
mod metadata;
mod page;
mod places;
mod plan;
mod probe;
mod redirect;
mod requests;
mod server;
mod settings;
mod signing;
mod token;
mod userinfo;
mod well_known;

pub use browser::{BrowserSignIn, PageWords};
pub use device::DeviceSignIn;
pub use discovery::discover;
pub use probe::{Promise, PromiseTopic, ServerKind, ServerReport, probe};
pub use server::OAuthServer;
pub use settings::{
    ClientAuth, Discovered, Endpoints, Flow, OAuthAccount, OAuthSettings, Parameter, Redirect,
    RedirectHost,
};

use crate::plan::SettingsProblem;
use engine::{Exchange, Failure};
use keeper::activity::What;
use keeper::ports::{Answer, Marks};
use std::sync::Arc;

/// Hears of the requests that a sign-in makes on its way.
pub type Tell = Arc<dyn Fn(What) + Send + Sync>;

/// What a sign-in came to: tokens whose ID token, where there is one, was checked.
#[derive(Debug)]
pub struct Granted {
    /// What was granted. Its exchange has not been told.
    pub answer: Answer,
    /// By which its tokens were named.
    pub marks: Marks,
}

/// Why a sign-in did not come to its end.
#[derive(Clone, Debug)]
pub enum SignInTrouble {
    /// A setting is wrong.
    Settings(SettingsProblem),
    /// A request failed.
    Failed(Box<Failure>),
    /// The server, or the person there, said no (RFC 6749 section 4.1.2.1, RFC 8628 section 3.5).
    Denied {
        /// The error's code: `access_denied`.
        code: String,
        /// What the server says of it, redacted; not to be believed.
        description: Option<String>,
    },
    /// The ID token is not what it should be. What was granted with it was given back, unless it came
    /// beside a session in use.
    IdToken(Box<Exchange>),
    /// None of the ports that the redirect may come to is free.
    PortTaken(Vec<u16>),
    /// Nobody came back within the time that is given: five minutes in the browser, or what the
    /// server gives for a device.
    TimedOut,
}

impl From<SettingsProblem> for SignInTrouble {
    fn from(problem: SettingsProblem) -> Self {
        Self::Settings(problem)
    }
}

impl From<Box<Failure>> for SignInTrouble {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}
