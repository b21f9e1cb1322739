//! Listens for the browser that comes back (RFC 8252 section 7.3).
//!
//! Everybody on this computer can connect here, and every web page can make the browser do so. So
//! only one request counts, the rest is answered shortly, and none of it disturbs the sign-in that
//! waits.

mod desk;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod sockets;
mod verdict;

pub(super) use verdict::{Came, Expected, cleaned, description};

use super::SignInTrouble;
use super::browser::PageWords;
use super::page::Shown;
use super::settings::Redirect;
use desk::Desk;
use engine::Boot;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use keeper::ports::Clock;
use sockets::Sockets;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use url::Url;

/// A connection has so long, in milliseconds, to say what it wants, and as long again to hear the answer.
/// Browsers connect ahead of time and say nothing.
const CONNECTION_MS: i64 = 5_000;
/// The page in the end waits so long, in milliseconds, for what came of the sign-in.
const PAGE_WAITS_MS: i64 = 3_000;
/// After the answer the browser has so long, in milliseconds, to ask for that page.
const LINGER_MS: i64 = 2_000;
/// A request's head is no larger than this, in bytes: room for long codes, and for the cookies of
/// everything else that runs on this computer.
const LARGEST_HEAD: usize = 16 * 1_024;
/// So many connections at once. One more, and the oldest that has said nothing yet is closed.
const MOST_CONNECTIONS: usize = 64;
/// Where the system has no more sockets to give, it is asked again after this.
const NO_SOCKET: Duration = Duration::from_millis(50);

/// A port that waits for the browser. Dropped, it is closed at once.
pub(super) struct Listener {
    redirect: Url,
    sockets: Sockets,
}

/// A sign-in that waits there. Dropped, the port is closed at once.
pub(super) struct Waiting {
    desk: Arc<Desk>,
    came: oneshot::Receiver<Came>,
    serving: Serving,
}

/// Ends the serving when it is dropped.
struct Serving(Option<AbortHandle>);

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Listener {
    /// Takes a port. Whoever connects waits until it is known what the answer has to carry.
    ///
    /// # Errors
    /// [`SignInTrouble::PortTaken`], and [`SignInTrouble::Settings`] for a path that is none.
    pub(super) async fn open(redirect: &Redirect) -> Result<Self, SignInTrouble> {
        let (sockets, redirect) = Sockets::open(redirect).await?;
        Ok(Self { redirect, sockets })
    }

    /// Where the browser comes back to, with the port that is listened on.
    pub(super) fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// Waits for the answer until `ends`.
    pub(super) fn wait(
        self,
        expected: Expected,
        words: PageWords,
        clock: Arc<dyn Clock>,
        ends: Boot,
    ) -> Waiting {
        let (answer, came) = oneshot::channel();
        let desk = Arc::new(Desk::new(&self.redirect, expected, words, answer));
        let task = tokio::spawn(serve(self.sockets, Arc::clone(&desk), clock, ends));
        Waiting { desk, came, serving: Serving(Some(task.abort_handle())) }
    }
}

impl Waiting {
    /// The answer. `None`: none came in time.
    pub(super) async fn came(&mut self) -> Option<Came> {
        (&mut self.came).await.ok()
    }

    /// Says what came of the sign-in. The port stays open for the moment that the browser needs to
    /// show it.
    pub(super) fn let_go(mut self, shown: Shown) {
        self.desk.came_to(shown);
        self.serving.0 = None;
    }
}

/// Returns at `until`, whatever happens to the clocks on the way.
pub(super) async fn wait_until(clock: &dyn Clock, until: Boot) {
    while clock.now().boot < until {
        clock.sleep_until(until).await;
    }
}

/// Serves until the browser has its page, or `ends`, or a moment after the answer.
async fn serve(sockets: Sockets, desk: Arc<Desk>, clock: Arc<dyn Clock>, mut ends: Boot) {
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            biased;
            () = desk.page_asked.notified() => break,
            () = desk.answered.notified() => ends = clock.now().boot + LINGER_MS,
            () = wait_until(&*clock, ends) => break,
            accepted = sockets.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.add(stream, Arc::clone(&desk), Arc::clone(&clock));
                    // Those who were here before may speak before anybody else comes.
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    tracing::debug!(%error, "no connection could be accepted");
                    tokio::time::sleep(NO_SOCKET).await;
                }
            },
        }
    }
    // The port is free from here on; whoever has asked is still answered.
    drop(sockets);
    connections.finish().await;
}

/// The connections that are open.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    /// In the order in which they came.
    open: VecDeque<Open>,
}

struct Open {
    task: AbortHandle,
    /// It has said what it wants.
    spoken: Arc<AtomicBool>,
}

impl Open {
    fn is_silent(&self) -> bool {
        !self.spoken.load(Ordering::Relaxed)
    }
}

impl Connections {
    fn add(&mut self, stream: TcpStream, desk: Arc<Desk>, clock: Arc<dyn Clock>) {
        while self.tasks.try_join_next().is_some() {}
        self.open.retain(|open| !open.task.is_finished());
        if self.open.len() >= MOST_CONNECTIONS {
            let oldest = self.open.iter().position(Open::is_silent).unwrap_or_default();
            if let Some(open) = self.open.remove(oldest) {
                open.task.abort();
            }
        }
        let spoken = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(connection(stream, desk, clock, Arc::clone(&spoken)));
        self.open.push_back(Open { task, spoken });
    }

    async fn finish(mut self) {
        for open in self.open.iter().filter(|open| open.is_silent()) {
            open.task.abort();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

/// One connection: one request, one answer.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
    spoken: Arc<AtomicBool>,
) {
    let came = clock.now().boot;
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        spoken.store(true, Ordering::Relaxed);
        let (desk, clock) = (&desk, &clock);
        async move {
            let (head, _body) = request.into_parts();
            let patience = wait_until(&**clock, clock.now().boot + PAGE_WAITS_MS);
            Ok::<_, Infallible>(desk.answer(&head, patience).await)
        }
    });
    let served = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .max_header_size(LARGEST_HEAD)
        // The whole connection has a deadline, by the clock that can be moved.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let too_long = async {
        wait_until(&*clock, came + CONNECTION_MS).await;
        if spoken.load(Ordering::Relaxed) {
            wait_until(&*clock, came + 2 * CONNECTION_MS).await;
        }
    };
    tokio::select! {
        // A connection that breaks off says nothing about the sign-in.
        _ = served => {}
        () = too_long => {}
    }
}
