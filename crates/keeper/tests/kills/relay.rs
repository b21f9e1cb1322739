//! Stands between a process and its server: it knows when a refresh passes, can keep an answer back,
//! and knows when the last word of a killed process has been heard.

use crate::copy::{Copy, Said};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What has passed.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    refreshes: u64,
    /// Answers to refreshes, passed on or withheld.
    answers: u64,
    /// Answers to refreshes are kept back.
    withholds: bool,
    /// Connections.
    open: usize,
}

pub(crate) struct Relay {
    port: u16,
    passed: watch::Sender<Passed>,
}

impl Relay {
    /// In front of the server at this port.
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = watch::Sender::new(Passed::default());
        let (ours, theirs) =
            (passed.clone(), Arc::new([port, server].map(|port| format!(":{port}"))));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                ours.send_modify(|passed| passed.open += 1);
                let (ours, theirs) = (ours.clone(), Arc::clone(&theirs));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await {
                        pass_on(client, server, &ours, &theirs).await;
                    }
                    ours.send_modify(|passed| passed.open -= 1);
                });
            }
        });
        Self { port, passed }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Keeps answers to refreshes back from now on, or no more.
    pub(crate) fn withhold(&self, withholds: bool) {
        self.passed.send_modify(|passed| passed.withholds = withholds);
    }

    /// Returns once another refresh has gone to the server, or the process needs a sign-in.
    pub(crate) async fn next_refresh(&self, copy: &mut Copy) {
        self.more(copy, |passed| passed.refreshes).await;
    }

    /// Returns once another answer to a refresh has come, or the process needs a sign-in.
    pub(crate) async fn next_answer(&self, copy: &mut Copy) {
        self.more(copy, |passed| passed.answers).await;
    }

    async fn more(&self, copy: &mut Copy, of: fn(&Passed) -> u64) {
        let mut passed = self.passed.subscribe();
        let before = of(&passed.borrow_and_update());
        tokio::select! {
            seen = passed.wait_for(|passed| of(passed) > before) => drop(seen.unwrap()),
            // The next process says the same, and is judged by it.
            said = copy.hears() => assert_ne!(said, Said::Refused),
        }
    }

    /// Returns once everything that was sent has been heard and answered, whoever sent it. For when
    /// nobody is left to send.
    pub(crate) async fn settled(&self) {
        // The dead may have connected without being accepted yet. Connections are accepted in their
        // order: once this one is through, so are theirs.
        let mut last = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        last.shutdown().await.unwrap();
        let _closed = last.read(&mut [0]).await;
        let mut passed = self.passed.subscribe();
        drop(passed.wait_for(|passed| passed.open == 0).await.unwrap());
    }
}

/// Passes everything on, until both ends have nothing more to say.
async fn pass_on(
    client: TcpStream,
    server: TcpStream,
    passed: &watch::Sender<Passed>,
    names: &[String; 2],
) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let refreshing = watch::Sender::new(false);
    tokio::join!(
        requests(from_client, to_server, passed, &refreshing, names),
        answers(from_server, to_client, passed, &refreshing)
    );
}

/// A request under the server's own name, which it insists on.
fn renamed(request: &[u8], [from, to]: &[String; 2]) -> Vec<u8> {
    let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(request.len());
    let (head, body) = request.split_at(head);
    let head = String::from_utf8_lossy(head).replace(from.as_str(), to);
    [head.as_bytes(), body].concat()
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    passed: &watch::Sender<Passed>,
    refreshing: &watch::Sender<bool>,
    names: &[String; 2],
) {
    let mut held = Vec::new();
    loop {
        // A killed process may leave half a request behind: it is passed on like any other.
        let more = from.read_buf(&mut held).await.unwrap_or(0);
        let begins = held.starts_with(b"POST ") || held.starts_with(b"GET ");
        let whole_head = held.windows(4).any(|bytes| bytes == b"\r\n\r\n");
        if more > 0 && begins && !whole_head {
            continue;
        }
        let is_refresh = held.starts_with(b"POST /api/refresh_token");
        if begins {
            refreshing.send_replace(is_refresh);
        }
        let sent = to.write_all(&renamed(&held, names)).await;
        held.clear();
        if is_refresh {
            passed.send_modify(|passed| passed.refreshes += 1);
        }
        if more == 0 || sent.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    passed: &watch::Sender<Passed>,
    refreshing: &watch::Sender<bool>,
) {
    let mut held = Vec::new();
    while from.read_buf(&mut held).await.is_ok_and(|more| more > 0) {
        let is_refresh = *refreshing.borrow();
        if !(is_refresh && passed.borrow().withholds) {
            // Whoever is dead does not take it.
            let _gone = to.write_all(&held).await;
        }
        if is_refresh {
            passed.send_modify(|passed| passed.answers += 1);
        }
        held.clear();
    }
}
