//! Sends a request, exactly once, and takes in what comes back.
//!
//! A refresh that is sent twice looks like a stolen token to a server that rotates. So nothing here
//! repeats anything: reqwest's own retries are off, and no connection is kept, since the HTTP
//! library repeats a request by itself when a kept connection turns out to be closed.

mod lost;
mod proxy;

pub(crate) use lost::Lost;
pub(crate) use proxy::Proxying;

use crate::network::Network;
use bytes::Bytes;
use engine::{Boot, Now, Wall};
use http::{HeaderMap, Method};
use keeper::ports::Clock;
use reqwest::{Certificate, Client, redirect, retry};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// More than any token answer needs, and no more than a computer can spare.
const LARGEST_BODY: usize = 1024 * 1024;
const USER_AGENT: &str = concat!("SessionKeeper/", env!("CARGO_PKG_VERSION"));

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a connection, TLS included.
    pub(crate) connect: Duration,
    /// The same, right after waking: the network is either there at once or not yet.
    pub(crate) connect_quickly: Duration,
    /// For everything, to the last byte of the answer.
    pub(crate) whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            connect_quickly: Duration::from_secs(3),
            whole: Duration::from_secs(30),
        }
    }
}

/// A request. No `Debug`: it holds secrets.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Payload>,
}

/// What a request carries. No `Debug`: it holds secrets.
pub(crate) enum Payload {
    Json(Value),
    /// `application/x-www-form-urlencoded`, as it leaves.
    Form(String),
}

impl Payload {
    fn text(&self) -> String {
        match self {
            Self::Json(json) => json.to_string(),
            Self::Form(form) => form.clone(),
        }
    }
}

/// An answer, or as much of it as came.
pub(crate) struct Arrived {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) whole: Whole,
}

/// Whether all of an answer's body is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Yes,
    /// It broke off.
    Torn,
    /// It was larger than a megabyte, and was left there.
    TooLarge,
}

/// When a request was made, heard and over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The moment before it left.
    pub(crate) asked: Now,
    /// When the answer began.
    pub(crate) heard: Boot,
    /// When all was over.
    pub(crate) done: Boot,
}

impl Timing {
    pub(crate) fn took_ms(self) -> i64 {
        self.done - self.asked.boot
    }

    pub(crate) fn heard_after_ms(self) -> i64 {
        self.heard - self.asked.boot
    }

    /// The wall clock when all was over.
    pub(crate) fn wall_after(self) -> Wall {
        self.asked.wall_at(self.done)
    }
}

/// The way to one server.
pub(crate) struct Line {
    clock: Arc<dyn Clock>,
    patience: Patience,
    proxying: Proxying,
    network: Network,
    // Made when first needed: reading the certificates of the system takes longer than the start
    // of the app can spare.
    by_tls: Clients,
    in_the_open: Clients,
}

/// One that is patient, and one that is not.
#[derive(Default)]
struct Clients {
    patient: OnceLock<Result<Client, Lost>>,
    quick: OnceLock<Result<Client, Lost>>,
}

impl Line {
    /// The way to the server at `url`, through the network that its account needs.
    pub(crate) fn to(url: &Url, network: &Network, clock: Arc<dyn Clock>) -> Self {
        let proxying = Proxying::for_server(crate::plan::is_loopback(url));
        Self::through(network.clone(), clock, Patience::default(), proxying)
    }

    fn through(
        network: Network,
        clock: Arc<dyn Clock>,
        patience: Patience,
        proxying: Proxying,
    ) -> Self {
        let (by_tls, in_the_open) = (Clients::default(), Clients::default());
        Self { clock, patience, proxying, network, by_tls, in_the_open }
    }

    /// Sends a request, once.
    pub(crate) async fn send(
        &self,
        request: &Outgoing,
        quickly: bool,
    ) -> (Timing, Result<Arrived, Lost>) {
        let asked = self.clock.now();
        let answer = self.answer(request, quickly).await;
        let heard = self.clock.now().boot;
        let outcome = match answer {
            Ok(response) => Ok(take_in(response).await),
            Err(lost) => Err(lost),
        };
        let timing = Timing { asked, heard, done: self.clock.now().boot };
        tracing::debug!(
            method = %request.method,
            path = request.url.path(),
            status = outcome.as_ref().ok().map(|answer| answer.status),
            ms = timing.took_ms(),
            "asked the auth server"
        );
        (timing, outcome)
    }

    async fn answer(&self, request: &Outgoing, quickly: bool) -> Result<reqwest::Response, Lost> {
        if !self.network.allows(&request.url) {
            // Settings are checked before they come here. But an endpoint may be a server's own word,
            // and what is kept of it may be written by anybody.
            return Err(Lost::unprotected());
        }
        let plain = request.url.scheme() == "http";
        let clients = if plain { &self.in_the_open } else { &self.by_tls };
        let (client, connect) = if quickly {
            (&clients.quick, self.patience.connect_quickly)
        } else {
            (&clients.patient, self.patience.connect)
        };
        let client = client.get_or_init(|| self.client(connect, plain));
        let client = client.as_ref().map_err(Lost::clone)?;
        let mut sent = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            sent = sent.body(body.text());
        }
        let proxy = self.proxying.for_url(&request.url);
        sent.send().await.map_err(|error| Lost::of(&error, connect, self.patience.whole, proxy))
    }

    /// A client that asks by TLS, or in the open, and never both.
    fn client(&self, connect: Duration, plain: bool) -> Result<Client, Lost> {
        let mut client = Client::builder()
            .user_agent(USER_AGENT)
            .referer(false)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(connect)
            .timeout(self.patience.whole)
            // Should another crate of the app turn these on for reqwest: a body is capped as it
            // comes, and a small one must not become a large one.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        if plain {
            // Certificates that will never be used are not worth reading, and a computer without
            // any can still talk to itself.
            client = client.tls_certs_only([]);
            // Plain http is for this computer: a name server must not lead it elsewhere, nor another
            // user who listens on the other loopback address.
            client = client.resolve("localhost", SocketAddr::from(([127, 0, 0, 1], 0)));
        } else {
            // Beside those of the system, never instead of them: an account may need both, such as a
            // server inside and its keys outside.
            let added = self.network.authorities().map_err(|problem| Lost::unusable(&problem))?;
            for certificate in added {
                let read = Certificate::from_der(&certificate);
                let read = read.map_err(|error| Lost::no_client(&error))?;
                client = client.tls_certs_merge([read]);
            }
        }
        self.proxying.applied_to(client).build().map_err(|error| Lost::no_client(&error))
    }
}

async fn take_in(mut response: reqwest::Response) -> Arrived {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    let whole = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_BODY => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => break Whole::TooLarge,
            Ok(None) => break Whole::Yes,
            Err(_) => break Whole::Torn,
        }
    };
    Arrived { status, headers, body: body.into(), whole }
}

#[cfg(test)]
mod tests;
