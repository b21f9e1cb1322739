//! Connections. hyper serves them directly, because an answer that never comes is one of the
//! things this server must be able to do.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, DATE};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service as _;

use crate::answer::Answer;
use crate::clock::http_date;
use crate::desk::Desk;
use crate::{api, control, guard, openid};

/// How long a request in progress may take once the server is told to stop.
const GRACE: Duration = Duration::from_millis(500);

/// How long to wait when connections cannot be accepted, for want of file descriptors mostly.
const PAUSE: Duration = Duration::from_millis(50);

/// Marks a response that is none: the connection closes instead.
#[derive(Clone)]
pub(crate) struct NoAnswer;

/// What makes hyper close a connection.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer, as a switch wants it")]
struct Closed;

/// Serves until `stop` changes or its sender is gone. The port is free when this returns, and
/// nobody is connected any more.
pub(crate) async fn serve(
    listener: TcpListener,
    port: u16,
    desk: Arc<Desk>,
    mut stop: watch::Receiver<bool>,
) {
    let router = api::router(Arc::clone(&desk))
        .merge(openid::router(Arc::clone(&desk)))
        .merge(control::router(Arc::clone(&desk)))
        .fallback(async || {
            Answer::error(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
                .into_response()
        });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (router, desk) = (router.clone(), Arc::clone(&desk));
                    connections.spawn(connection(stream, router, port, desk, stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let all_gone = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_gone).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    port: u16,
    desk: Arc<Desk>,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are small; waiting to fill a packet would only show as latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (router, desk) = (router.clone(), Arc::clone(&desk));
        async move { answer(request, router, port, &desk).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is the client's business, or a switch's.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    request: Request<Incoming>,
    mut router: Router,
    port: u16,
    desk: &Desk,
) -> Result<Response, Closed> {
    let mut response = match guard::check_host(request.headers(), port) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            let answered: Result<Response, Infallible> = router.call(request.map(Body::new)).await;
            answered.unwrap_or_else(|never| match never {})
        }
    };
    if response.extensions().get::<NoAnswer>().is_some() {
        return Err(Closed);
    }
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::try_from(http_date(desk.shown_ms())) {
        headers.insert(DATE, date);
    }
    // RFC 6749 section 5.1.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
