//! No answer: how far the request came, and why.

use crate::plan::SettingsProblem;
use rustls::CertificateError;
use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

/// What is quoted of another library's words, in characters.
const QUOTED: usize = 160;

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Whether it may have reached the server. Only what failed before there was a connection
    /// certainly did not.
    pub(crate) sent: bool,
    /// One plain line.
    pub(crate) detail: String,
    /// The server showed a certificate, and nobody whom this computer trusts vouches for it.
    pub(crate) distrusted: bool,
}

impl Lost {
    pub(super) fn of(
        error: &reqwest::Error,
        connect: Duration,
        whole: Duration,
        proxy: Option<String>,
    ) -> Self {
        let sent = !(error.is_connect() || error.is_builder());
        let mut detail = if sent { after_sending(error, whole) } else { before(error, connect) };
        if let Some(proxy) = proxy {
            // Writing to a String cannot fail.
            let _ = write!(detail, " (through the proxy {proxy})");
        }
        let distrusted = certificate_error(error).is_some_and(is_distrust);
        Self { sent, detail, distrusted }
    }

    /// A request that must not be made in the open.
    pub(super) fn unprotected() -> Self {
        let detail = "not asked: this address has no encryption and is not on this computer, and the \
                      network settings do not name its host for plain http";
        Self::before_sending(detail.to_owned())
    }

    /// Settings of the network that cannot be used.
    pub(super) fn unusable(problem: &SettingsProblem) -> Self {
        Self::before_sending(format!("not asked: {problem}"))
    }

    fn before_sending(detail: String) -> Self {
        Self { sent: false, detail, distrusted: false }
    }

    pub(super) fn no_client(error: &reqwest::Error) -> Self {
        let why = quoted(deepest(error));
        Self::before_sending(format!("connections cannot be made here: {why}"))
    }
}

fn before(error: &reqwest::Error, connect: Duration) -> String {
    if error.is_dns() {
        return "the server's name could not be found (DNS)".to_owned();
    }
    if error.is_timeout() {
        return format!("no connection within {}", spoken(connect));
    }
    if let Some(words) = certificate_error(error).and_then(certificate_words) {
        return format!("no connection: {words}");
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable) => "the network cannot be reached".to_owned(),
        Some(io::ErrorKind::HostUnreachable) => "the server cannot be reached".to_owned(),
        _ => format!("no connection: {}", quoted(deepest(error))),
    }
}

/// What TLS found wrong with the server's certificate.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's list grows, and one is meant")]
fn certificate_error(error: &reqwest::Error) -> Option<&CertificateError> {
    chain(error).find_map(|error| match inside(error).downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(found) => Some(found),
        _ => None,
    })
}

/// An `io::Error` holds another error without calling it its source.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    held.map_or(error, |held| inside(held))
}

fn is_distrust(error: &CertificateError) -> bool {
    matches!(error, CertificateError::UnknownIssuer)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's list grows; the rest has its own words"
)]
fn certificate_words(error: &CertificateError) -> Option<&'static str> {
    Some(match error {
        CertificateError::UnknownIssuer => {
            "the server's certificate is vouched for by an authority that is not trusted here \
             (unknown issuer)"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired, or this computer's clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet, or this computer's clock is wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name"
        }
        // What `openssl req -x509` makes. Adding it to what is trusted would not help.
        CertificateError::Other(why) if why.to_string().contains("CaUsedAsEndEntity") => {
            "the server's certificate is that of an authority (CA:TRUE), which cannot stand for a \
             server itself; it needs one of its own"
        }
        CertificateError::Revoked => "the server's certificate was revoked",
        _ => return None,
    })
}

fn after_sending(error: &reqwest::Error, whole: Duration) -> String {
    if error.is_timeout() {
        return format!("no answer within {}", spoken(whole));
    }
    "the connection closed before an answer came".to_owned()
}

fn spoken(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// The first cause speaks of what happened; everything above it speaks of itself.
fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn quoted(error: &dyn Error) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(QUOTED).collect()
}
