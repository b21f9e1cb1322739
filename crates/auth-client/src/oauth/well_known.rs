//! Where a server's documents are (OpenID Connect Discovery section 4, RFC 8414 section 3), and
//! fetching them.

use super::metadata::{self, Document};
use crate::classify::{self, Body, Named};
use crate::date;
use crate::evidence::{self, Told};
use crate::network::Network;
use crate::redact::Redactor;
use crate::transport::{Line, Outgoing};
use engine::{Class, ClockSample, Exchange};
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};
use keeper::activity::{Ending, Purpose, What};
use keeper::ports::{Clock, Marks};
use serde_json::{Map, Value};
use std::sync::Arc;
use url::Url;

pub(super) const OPENID: &str = "/.well-known/openid-configuration";
pub(super) const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// Whose standard a document is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standard {
    OpenId,
    OAuth,
}

/// Where the documents of an issuer may be, the places of the standards first. OpenID Connect puts its
/// path behind the issuer's, RFC 8414 before it; with an issuer that has a path, servers do either.
fn places(issuer: &Url) -> Vec<(Standard, Url)> {
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        (Standard::OpenId, format!("{path}{OPENID}")),
        (Standard::OAuth, format!("{OAUTH}{path}")),
    ];
    if !path.is_empty() {
        places.push((Standard::OpenId, format!("{OPENID}{path}")));
        places.push((Standard::OAuth, format!("{path}{OAUTH}")));
    }
    let at = |(standard, path): (Standard, String)| {
        let mut url = issuer.clone();
        url.set_path(&path);
        (standard, url)
    };
    places.into_iter().map(at).collect()
}

/// Fetches what servers publish: by GET, each once, and follows nothing.
pub(super) struct Reader<'a> {
    pub(super) network: &'a Network,
    /// The account's own, or none.
    pub(super) headers: HeaderMap,
    pub(super) clock: Arc<dyn Clock>,
}

/// One request for a document, and what came.
pub(super) struct Fetched {
    pub(super) exchange: Exchange,
    pub(super) clock: Option<ClockSample>,
    pub(super) came: Came,
}

/// What came.
pub(super) enum Came {
    /// A JSON object.
    Document(Map<String, Value>),
    /// Something else; with where a redirect would have led.
    Else(Named, Option<String>),
    /// Nothing.
    Nothing { why: Named, distrusted: bool },
}

impl Fetched {
    /// The same, where a document that names no issuer is none: there are servers that answer whatever
    /// is asked with 200 and JSON.
    fn with_issuer(mut self) -> Self {
        if let Came::Document(document) = &self.came
            && metadata::issuer(document).is_none()
        {
            let status = self.exchange.status.unwrap_or_default();
            let words = format!("{status} with JSON that names no issuer");
            self.exchange.detail.clone_from(&words);
            self.came = Came::Else(Named::new(Class::UnclearRefusal, words), None);
        }
        self
    }

    /// The same for those who watch.
    pub(super) fn told(&self) -> What {
        let outcome = match &self.came {
            Came::Document(_) => Ending::Good,
            Came::Else(named, _) | Came::Nothing { why: named, .. } => Ending::Failed(named.class),
        };
        What::Exchange {
            purpose: Purpose::Discovery,
            reason: None,
            outcome,
            sent: None,
            access: None,
            refresh: None,
            exchange: self.exchange.clone(),
        }
    }
}

impl Reader<'_> {
    /// Fetches one document.
    pub(super) async fn fetch(&self, url: &Url) -> Fetched {
        let mut headers = self.headers.clone();
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let sent = Outgoing { method: Method::GET, url: url.clone(), headers, body: None };
        let redactor = self.redactor();
        let line = Line::to(url, self.network, Arc::clone(&self.clock));
        let (timing, outcome) = line.send(&sent, false).await;
        let told = |came, code, detail: &str| {
            evidence::exchange(&sent, timing, came, &redactor, Told::Public, code, detail)
        };
        let came = match outcome {
            Ok(came) => came,
            Err(lost) => {
                let why = classify::lost(&lost);
                let exchange = told(None, None, &why.detail);
                let came = Came::Nothing { why, distrusted: lost.distrusted };
                return Fetched { exchange, clock: None, came };
            }
        };
        let body = Body::of(&came);
        let clock = date::sample(&came.headers, timing.asked.wall, timing.heard_after_ms());
        let status = came.status;
        let wrong = classify::document(&came, &body, timing.wall_after());
        let (code, detail) = match &wrong {
            Some(named) => (named.code.clone(), named.detail.clone()),
            None => (None, format!("{status}: what the server says of itself")),
        };
        let exchange = told(Some((&came, &body)), code, &detail);
        let came = match (wrong, body.json()) {
            (None, Some(Value::Object(document))) => Came::Document(document.clone()),
            (Some(named), _) => Came::Else(named, location(&came.headers, url)),
            // Named above as what is no object.
            (None, _) => Came::Document(Map::new()),
        };
        Fetched { exchange, clock, came }
    }

    fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new(Marks::fresh());
        redactor.headers(&self.headers);
        redactor
    }
}

/// Where a redirect leads, without what may be secret in it.
fn location(headers: &HeaderMap, from: &Url) -> Option<String> {
    let mut to = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    to.set_query(None);
    to.set_fragment(None);
    Some(to.into())
}

/// How near the issuer that a document names is to the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// To the letter.
    Same,
    /// The same address, written otherwise: with a slash at the end, or large letters.
    Written,
    /// Another one.
    Other,
}

impl Likeness {
    pub(super) fn of(asked: &str, told: &str) -> Self {
        if asked == told {
            return Self::Same;
        }
        let plain = |text: &str| {
            Url::parse(text.trim()).ok().map(|url| url.as_str().trim_end_matches('/').to_owned())
        };
        let same = plain(asked).is_some_and(|asked| plain(told).is_some_and(|told| asked == told));
        if same { Self::Written } else { Self::Other }
    }
}

/// All that was read of one issuer.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) fetched: Vec<Fetched>,
    /// Those whose issuer is the one that was asked for: their places in `fetched`.
    pub(super) openid: Option<(usize, Document)>,
    pub(super) oauth: Option<(usize, Document)>,
    /// Those that are somebody else's.
    pub(super) strangers: Vec<Stranger>,
}

/// A document that is not of the issuer that was asked for.
pub(super) struct Stranger {
    /// Its place in [`Documents::fetched`].
    pub(super) place: usize,
    pub(super) standard: Standard,
    /// Whose it says it is.
    pub(super) issuer: String,
}

impl Stranger {
    /// A name with a place in it to be filled in: the server speaks for many organisations here, and
    /// signs for each in its own name (`{tenantid}`, Microsoft).
    pub(super) fn is_a_template(&self) -> bool {
        self.issuer.contains('{')
    }
}

impl Documents {
    /// Reads both documents of the issuer at `at`, wherever they are. `accept` says whether a
    /// document's issuer is the one that was asked for. `tell` hears each request.
    pub(super) async fn read(
        reader: &Reader<'_>,
        at: &Url,
        accept: impl Fn(&str) -> bool,
        tell: impl Fn(&Fetched),
    ) -> Self {
        let mut all = Self::default();
        for (standard, url) in places(at) {
            let found = match standard {
                Standard::OpenId => all.openid.is_some(),
                Standard::OAuth => all.oauth.is_some(),
            };
            if found {
                continue;
            }
            let fetched = reader.fetch(&url).await.with_issuer();
            tell(&fetched);
            let place = all.fetched.len();
            // What cannot be reached for one document cannot be reached for the next: asking on would
            // only make people wait.
            let lost = matches!(fetched.came, Came::Nothing { .. });
            if let Came::Document(document) = &fetched.came {
                let issuer = metadata::issuer(document).unwrap_or_default();
                if accept(issuer) && all.agrees(issuer) {
                    let mut read = Document::of(document, issuer, reader.network);
                    read.told.openid = speaks_openid(standard, document, &read);
                    match standard {
                        Standard::OpenId => all.openid = Some((place, read)),
                        Standard::OAuth => all.oauth = Some((place, read)),
                    }
                } else {
                    all.strangers.push(Stranger { place, standard, issuer: issuer.to_owned() });
                }
            }
            all.fetched.push(fetched);
            if lost {
                break;
            }
        }
        all
    }

    /// The server answers, and there is no document, whoever's.
    pub(super) fn nothing_of_its_own(&self) -> bool {
        let answered = |fetched: &Fetched| matches!(fetched.came, Came::Else(..));
        self.openid.is_none()
            && self.oauth.is_none()
            && self.strangers.is_empty()
            && self.fetched.iter().all(answered)
    }

    /// The same, followed by what was read afterwards; nothing of its own was here.
    pub(super) fn and(mut self, later: Self) -> Self {
        let before = self.fetched.len();
        self.fetched.extend(later.fetched);
        let moved = |found: Option<(usize, Document)>| {
            found.map(|(place, document)| (place + before, document))
        };
        let strangers = later
            .strangers
            .into_iter()
            .map(|other| Stranger { place: other.place + before, ..other })
            .collect();
        Self {
            fetched: self.fetched,
            openid: moved(later.openid),
            oauth: moved(later.oauth),
            strangers,
        }
    }

    /// Both documents have to name one issuer, to the letter.
    fn agrees(&self, issuer: &str) -> bool {
        let known = self.openid.as_ref().or(self.oauth.as_ref());
        known.is_none_or(|(_, document)| document.told.issuer == issuer)
    }

    /// What both say together, and the place of the document that says more.
    pub(super) fn merged(&self) -> Option<(usize, Document)> {
        match (self.openid.clone(), self.oauth.clone()) {
            (Some((place, one)), Some((_, two))) => Some((place, Document::merged(one, two))),
            (Some(only), None) | (None, Some(only)) => Some(only),
            (None, None) => None,
        }
    }
}

/// OpenID Connect Discovery section 3: who has its document speaks it. But some publish what they have
/// at both addresses, and RFC 8414 servers tell of it by its scope.
fn speaks_openid(standard: Standard, document: &Map<String, Value>, read: &Document) -> bool {
    let scope = read.told.scopes.iter().any(|scope| scope == "openid");
    let signs =
        !read.told.id_token_algs.is_empty() || document.contains_key("subject_types_supported");
    match standard {
        Standard::OpenId => scope || signs || read.told.scopes.is_empty(),
        Standard::OAuth => scope,
    }
}
