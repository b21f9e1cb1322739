//! How things go wrong: answers given instead of the right one, and the right one spoilt.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::answer::Answer;
use crate::api::Request;
use crate::clock::{http_date, told_ms};
use crate::counters::Endpoint;
use crate::outcome::Outcome;
use crate::serve::NoAnswer;
use crate::switches::{FaultBody, FaultKind, RetryAfter, Switches};

/// What a network's sign-in page looks like to a program.
const PAGE: &str = "<!doctype html><html><head><title>Welcome to the guest network</title></head>\
    <body><h1>Please accept the terms</h1><form><button>Continue</button></form></body></html>";

/// Enough to pass any cap of a megabyte, in pieces of a size that a socket likes.
const HUGE_PIECES: usize = 40;
const PIECE: usize = 64 * 1024;

/// When a fault happens.
pub(crate) enum Moment {
    /// The request is handled and answered in the usual way.
    Never,
    /// The request is not handled.
    Instead,
    /// The request is handled, then the answer is spoilt.
    After,
}

impl FaultKind {
    pub(crate) fn moment(&self) -> Moment {
        match self {
            Self::None | Self::Hold { .. } => Moment::Never,
            Self::Status { after_handling: true, .. }
            | Self::EmptyBody
            | Self::NotJson
            | Self::TruncatedBody
            | Self::HugeBody
            | Self::DropAfterRotating => Moment::After,
            Self::Status { after_handling: false, .. }
            | Self::Html200
            | Self::WithoutToken
            | Self::Refuse
            | Self::Bare401
            | Self::DropBeforeHandling
            | Self::ApiRefuses => Moment::Instead,
        }
    }

    /// Whether this is a refusal in itself, to be counted as one.
    pub(crate) fn refuses(&self) -> bool {
        matches!(self, Self::Refuse | Self::Bare401 | Self::ApiRefuses)
    }

    /// Its name in JSON.
    pub(crate) fn name(&self) -> Option<String> {
        serde_json::to_value(self).ok()?.get("kind")?.as_str().map(str::to_owned)
    }
}

/// Answers as the fault wants it; `right` is the right answer where the request was handled.
pub(crate) fn answer(
    kind: FaultKind,
    right: Answer,
    asked: &impl Request,
    switches: &Switches,
    now_ms: u64,
) -> Response {
    match kind {
        FaultKind::None | FaultKind::Hold { .. } => right.into_response(),
        FaultKind::Status { code, retry_after, body, .. } => {
            status(code, retry_after, body, told_ms(now_ms, switches.clock_offset_ms))
                .into_response()
        }
        FaultKind::Html200 => page(StatusCode::OK).into_response(),
        FaultKind::EmptyBody => Answer::empty(StatusCode::OK).into_response(),
        FaultKind::NotJson => {
            Answer::text(StatusCode::OK, "application/json", "{\"token\": oops").into_response()
        }
        FaultKind::WithoutToken => {
            let body = serde_json::json!({"status": "ok"});
            Answer::json(StatusCode::OK, &body).into_response()
        }
        FaultKind::Refuse | FaultKind::ApiRefuses => {
            let message = "refused by a switch of the demo server";
            let outcome = match asked.endpoint() {
                Endpoint::Api => Outcome::invalid_token(message),
                Endpoint::Login | Endpoint::Refresh | Endpoint::Logout => {
                    Outcome::invalid_grant(message)
                }
            };
            asked.say(&outcome, switches, now_ms).into_response()
        }
        FaultKind::Bare401 => Answer::empty(StatusCode::UNAUTHORIZED).into_response(),
        FaultKind::DropAfterRotating | FaultKind::DropBeforeHandling => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(NoAnswer);
            response
        }
        FaultKind::TruncatedBody => truncated(right),
        FaultKind::HugeBody => huge(right),
    }
}

fn page(status: StatusCode) -> Answer {
    Answer::text(status, "text/html; charset=utf-8", PAGE)
}

fn status(code: u16, wait: Option<RetryAfter>, body: FaultBody, told_ms: u64) -> Answer {
    // 1xx is no answer, and what is no status at all cannot be sent.
    let status = StatusCode::from_u16(code).ok().filter(|status| !status.is_informational());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = match status.as_u16() {
        429 => "too_many_requests",
        503 => "temporarily_unavailable",
        // The one error of a token endpoint that comes with it (RFC 6749 section 5.2).
        401 => "invalid_client",
        500.. => "server_error",
        _ => "invalid_request",
    };
    let mut answer = match body {
        FaultBody::None => Answer::empty(status),
        FaultBody::Json => Answer::error(status, error, "a switch of the demo server says so"),
        FaultBody::Html => page(status),
    };
    let wait = wait.map(|wait| match wait {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(seconds) => {
            http_date(told_ms.saturating_add(seconds.saturating_mul(1_000)))
        }
    });
    if let Some(wait) = wait.and_then(|wait| HeaderValue::try_from(wait).ok()) {
        answer.headers.insert(RETRY_AFTER, wait);
    }
    answer
}

fn truncated(right: Answer) -> Response {
    let Answer { status, mut headers, body } = right;
    headers.insert(CONTENT_LENGTH, body.len().max(2).into());
    let half = body.len().div_ceil(2);
    let piece = Bytes::from(body).slice(..half);
    respond(status, headers, Pieces { left: [piece].into(), breaks_off: true, yielded: false })
}

/// The right answer with so much white space after it (which JSON allows) that nobody should
/// read it to its end.
fn huge(right: Answer) -> Response {
    let space = Bytes::from(vec![b' '; PIECE]);
    let mut left = VecDeque::from([Bytes::from(right.body)]);
    left.extend(std::iter::repeat_n(space, HUGE_PIECES));
    respond(right.status, right.headers, Pieces { left, breaks_off: false, yielded: true })
}

fn respond(status: StatusCode, headers: HeaderMap, body: Pieces) -> Response {
    let mut response = Response::new(Body::new(body));
    // A 204 has no body that could be spoilt.
    *response.status_mut() = if status == StatusCode::NO_CONTENT { StatusCode::OK } else { status };
    *response.headers_mut() = headers;
    response
}

/// A body in pieces, which may break off after the last.
struct Pieces {
    left: VecDeque<Bytes>,
    breaks_off: bool,
    /// Whether what was given before the break had its chance to be written out.
    yielded: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(piece) = self.left.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if !self.yielded {
            // hyper flushes only when the body has nothing to give; without this pause the
            // break would swallow the half that was given, headers and all.
            self.yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let broken = self.breaks_off.then(|| Err(io::ErrorKind::ConnectionAborted.into()));
        Poll::Ready(broken)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
