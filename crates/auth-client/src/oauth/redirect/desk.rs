//! What each request to the redirect is answered.

use super::verdict::{Came, Expected};
use crate::oauth::browser::PageWords;
use crate::oauth::page::{self, Shown};
use crate::redact::Redactor;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::Full;
use keeper::ports::Marks;
use std::sync::Mutex;
use tokio::sync::{Notify, oneshot, watch};
use url::Url;

pub(super) type Response = http::Response<Full<Bytes>>;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What a request is judged by, and what is said to it.
pub(super) struct Desk {
    /// `127.0.0.1:49152`: a page of another name that was made to lead here (DNS rebinding) sends its
    /// own.
    host: String,
    redirect: Url,
    expected: Expected,
    redactor: Redactor,
    words: PageWords,
    policy: HeaderValue,
    /// Where the answer goes. Taken by the first one: there is no second.
    answer: Mutex<Option<oneshot::Sender<Came>>>,
    /// What came of it.
    came_to: watch::Sender<Option<Shown>>,
    /// The answer is here.
    pub(super) answered: Notify,
    /// The browser asks for the page in the end.
    pub(super) page_asked: Notify,
}

impl Desk {
    pub(super) fn new(
        redirect: &Url,
        expected: Expected,
        words: PageWords,
        answer: oneshot::Sender<Came>,
    ) -> Self {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.token(&expected.state);
        let host = redirect.host_str().unwrap_or_default();
        Self {
            host: redirect.port().map_or(host.to_owned(), |port| format!("{host}:{port}")),
            redirect: redirect.clone(),
            expected,
            redactor,
            words,
            policy: HeaderValue::from_str(&page::policy())
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
            answer: Mutex::new(Some(answer)),
            came_to: watch::Sender::new(None),
            answered: Notify::new(),
            page_asked: Notify::new(),
        }
    }

    /// Says what came of the sign-in, for the page.
    pub(super) fn came_to(&self, shown: Shown) {
        self.came_to.send_replace(Some(shown));
    }

    /// Returns once it is known what came of the sign-in.
    async fn settled(&self) -> Option<Shown> {
        let mut news = self.came_to.subscribe();
        news.wait_for(Option::is_some).await.ok().and_then(|shown| *shown)
    }

    /// Answers a request. `patience` is how long the page in the end waits for what came of the
    /// sign-in.
    pub(super) async fn answer(
        &self,
        request: &http::request::Parts,
        patience: impl Future<Output = ()>,
    ) -> Response {
        if !self.is_for_us(&request.uri, &request.headers) {
            return self.plain(StatusCode::MISDIRECTED_REQUEST, "Nobody of that name is here.");
        }
        if request.uri.path() != self.redirect.path() {
            return self.plain(StatusCode::NOT_FOUND, "Nothing is here.");
        }
        if request.method == Method::HEAD {
            return self.plain(StatusCode::OK, "");
        }
        if request.method != Method::GET {
            let mut no = self.plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET is answered here.");
            no.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return no;
        }
        match request.uri.query().filter(|query| !query.is_empty()) {
            Some(query) => self.redirected(query),
            None if self.is_waiting() => self.page(StatusCode::BAD_REQUEST, Shown::Failed),
            None => {
                self.page_asked.notify_one();
                let shown = tokio::select! {
                    biased;
                    shown = self.settled() => shown,
                    () = patience => None,
                };
                // What the browser was needed for is done; the app says what is left.
                self.page(StatusCode::OK, shown.unwrap_or(Shown::Done))
            }
        }
    }

    /// Exactly our name, once, and no other one in the request line.
    fn is_for_us(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let ours = hosts.next().is_some_and(|host| host.as_bytes() == self.host.as_bytes());
        ours && hosts.next().is_none() && uri.authority().is_none()
    }

    fn is_waiting(&self) -> bool {
        self.answer.lock().is_ok_and(|answer| answer.is_some())
    }

    /// The browser came with a query. Whatever it was, the code must not stay in the address bar.
    fn redirected(&self, query: &str) -> Response {
        let came = match self.expected.judge(query, &self.redactor) {
            Ok(came) => came,
            Err(why) => {
                tracing::info!(why, "something else than the answer came to the redirect");
                return self.page(StatusCode::BAD_REQUEST, Shown::Failed);
            }
        };
        let waiting = self.answer.lock().ok().and_then(|mut answer| answer.take());
        if let Some(waiting) = waiting {
            if matches!(came, Came::Denied { .. }) {
                self.came_to(Shown::Failed);
            }
            // Refused only where nobody waits any more: then the port is about to be closed.
            let _ = waiting.send(came);
            self.answered.notify_one();
        }
        let mut clean = self.plain(StatusCode::SEE_OTHER, "");
        // In full: a path alone may begin as another server's address does.
        if let Ok(page) = HeaderValue::from_str(self.redirect.as_str()) {
            clean.headers_mut().insert(LOCATION, page);
        }
        clean
    }

    fn page(&self, status: StatusCode, shown: Shown) -> Response {
        let html = page::page(&self.words, shown);
        self.response(status, "text/html; charset=utf-8", html.into())
    }

    fn plain(&self, status: StatusCode, text: &'static str) -> Response {
        self.response(status, "text/plain; charset=utf-8", text.into())
    }

    fn response(&self, status: StatusCode, kind: &'static str, body: Bytes) -> Response {
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in [
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (RESOURCE_POLICY, "same-origin"),
            (OPENER_POLICY, "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
