//! No answer: how far the request came, and why.

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
        Self { sent, detail }
    }

    pub(super) fn no_client(error: &reqwest::Error) -> Self {
        let detail = format!("connections cannot be made here: {}", quoted(deepest(error)));
        Self { sent: false, detail }
    }
}

fn before(error: &reqwest::Error, connect: Duration) -> String {
    if error.is_dns() {
        return "the server's name could not be found (DNS)".to_owned();
    }
    if error.is_timeout() {
        return format!("no connection within {}", spoken(connect));
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable) => "the network cannot be reached".to_owned(),
        Some(io::ErrorKind::HostUnreachable) => "the server cannot be reached".to_owned(),
        _ => format!("no connection: {}", quoted(deepest(error))),
    }
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
