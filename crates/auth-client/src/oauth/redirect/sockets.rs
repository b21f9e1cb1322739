//! Where the browser comes back to: the ports of this computer (RFC 8252 section 7.3).

use crate::oauth::SignInTrouble;
use crate::oauth::authorization::problem;
use crate::oauth::settings::{Redirect, RedirectHost};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// So many times another port is tried where the free one of 127.0.0.1 is somebody else's on `[::1]`.
const TRIES: usize = 16;

/// What is listened on.
pub(super) struct Sockets {
    v4: TcpListener,
    v6: Option<TcpListener>,
}

impl Sockets {
    /// Listens, and answers where: the redirect as the server is told of it.
    ///
    /// # Errors
    /// [`SignInTrouble::PortTaken`], and [`SignInTrouble::Settings`] for a path that is none.
    pub(super) async fn open(redirect: &Redirect) -> Result<(Self, Url), SignInTrouble> {
        let path = checked_path(&redirect.path)?;
        let host = match redirect.host {
            RedirectHost::Loopback => "127.0.0.1",
            RedirectHost::Localhost => "localhost",
        };
        let any = [0; TRIES];
        let ports: &[u16] = if redirect.ports.is_empty() { &any } else { &redirect.ports };
        for port in ports {
            let opened = Self::on(*port, redirect.host).await;
            let Ok((sockets, port)) = opened else { continue };
            return Url::parse(&format!("http://{host}:{port}{path}"))
                .map(|url| (sockets, url))
                .map_err(|_| problem("redirect.path", "this is no path").into());
        }
        Err(SignInTrouble::PortTaken(redirect.ports.clone()))
    }

    /// Where a browser asks for `localhost`, it may ask either address: whoever has the other one would
    /// get the code. So both are ours, or none.
    async fn on(port: u16, host: RedirectHost) -> io::Result<(Self, u16)> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = v4.local_addr()?.port();
        let v6 = match host {
            RedirectHost::Loopback => None,
            RedirectHost::Localhost => match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(v6) => Some(v6),
                Err(error) if has_no_v6(&error) => None,
                Err(error) => return Err(error),
            },
        };
        Ok((Self { v4, v6 }, port))
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.v6 {
            None => self.v4.accept().await,
            Some(v6) => tokio::select! {
                came = self.v4.accept() => came,
                came = v6.accept() => came,
            },
        }
    }
}

/// A computer without IPv6 has no `[::1]`: nobody can listen there.
fn has_no_v6(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own.
    const NO_FAMILY: [i32; 3] = [97, 47, 10_047];
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error().is_some_and(|code| NO_FAMILY.contains(&code))
}

/// A path and nothing else: what stood after `?` would have to be found in the answer again.
fn checked_path(path: &str) -> Result<&str, SignInTrouble> {
    let path = path.trim();
    let why = if path.is_empty() || path.starts_with('/') {
        if !path.contains(['?', '#', '\\']) && !path.contains(char::is_control) {
            return Ok(path);
        }
        "leave out what stands after ? or #"
    } else {
        "write a path such as /callback"
    };
    Err(problem("redirect.path", why).into())
}
