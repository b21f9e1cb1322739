//! Says what a server's documents promise, a line for each topic.

use super::address::shown;
use super::{Promise, PromiseTopic, ServerKind, ServerReport, documented, keys};
use crate::check::Verdict;
use crate::network::Network;
use crate::oauth::discovery::LONGEST_SHOWN;
use crate::oauth::metadata::{Beside, Document, Note};
use crate::oauth::redirect::cleaned;
use crate::oauth::settings::{Discovered, Flow, OAuthSettings, Parameter};
use crate::oauth::signing::Signing;
use crate::oauth::well_known::{Came, Documents, Fetched, Reader, Stranger};
use crate::plan::SettingsProblem;
use engine::Exchange;
use url::Url;

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    promises: Vec<Promise>,
    exchanges: Vec<Exchange>,
    settings: Option<OAuthSettings>,
    discovered: Option<Discovered>,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        topic: PromiseTopic,
        verdict: Verdict,
        detail: impl Into<String>,
        field: Option<&str>,
        exchange: Option<usize>,
    ) {
        let field = field.filter(|_| verdict != Verdict::Good).map(str::to_owned);
        self.promises.push(Promise { topic, verdict, detail: detail.into(), field, exchange });
    }

    /// The report. Topics of which nothing was found were not tried.
    pub(super) fn report(mut self, address: String, kind: ServerKind) -> ServerReport {
        let why = match kind {
            ServerKind::Unreachable => "the server was not reached",
            ServerKind::SaysNothing => "the server says nothing of it",
            ServerKind::OpenId | ServerKind::OAuth => "the document is not used",
        };
        for topic in PromiseTopic::ALL {
            if !self.promises.iter().any(|promise| promise.topic == topic) {
                self.add(topic, Verdict::NotTried, why, None, None);
            }
        }
        let place = |topic| PromiseTopic::ALL.iter().position(|it| *it == topic);
        self.promises.sort_by_key(|promise| place(promise.topic));
        ServerReport {
            address,
            kind,
            promises: self.promises,
            exchanges: self.exchanges,
            settings: self.settings,
            discovered: self.discovered,
        }
    }

    pub(super) fn exchanges_of(&mut self, fetched: Vec<Fetched>) {
        self.exchanges = fetched.into_iter().map(|fetched| fetched.exchange).collect();
    }

    /// There is a document, of another issuer.
    pub(super) fn somebody_elses(
        &mut self,
        other: &Stranger,
        problem: SettingsProblem,
        network: &Network,
    ) {
        let place = Some(other.place);
        self.add(PromiseTopic::Issuer, Verdict::Bad, problem.message, Some("issuer"), place);
        if other.is_a_template() {
            return;
        }
        // To be taken over by hand, and asked itself: its own documents decide.
        self.settings = Some(OAuthSettings {
            issuer: other.issuer.clone(),
            network: network.clone(),
            ..OAuthSettings::default()
        });
    }

    /// All that it promises.
    pub(super) async fn promised(
        &mut self,
        documents: &mut Documents,
        place: usize,
        document: Document,
        (asked, reader): (&Url, &Reader<'_>),
    ) -> ServerKind {
        let Document { told, beside, mut notes } = document;
        for other in &documents.strangers {
            let who = cleaned(&other.issuer, LONGEST_SHOWN);
            let words = format!("another document names \"{who}\" as its issuer, and is not used");
            notes.push(Note { topic: PromiseTopic::Issuer, words });
        }
        self.issuer(&told, asked, place);
        let browser = self.browser(&told, &beside, place);
        self.pkce(&told, browser, place);
        self.iss_in_response(&told, place);
        let device = self.device(&told, place);
        self.refresh(&told, place);
        self.id_token(&told, documents, place, reader).await;
        self.neighbours(&told, place);
        for note in notes {
            self.noted(&note);
        }
        let flow = if device && !browser { Flow::Device } else { Flow::Browser };
        self.settings = Some(OAuthSettings {
            issuer: told.issuer.clone(),
            flow,
            parameters: documented::to_stay_signed_in(&told.issuer),
            network: reader.network.clone(),
            ..OAuthSettings::default()
        });
        let kind = if told.openid { ServerKind::OpenId } else { ServerKind::OAuth };
        self.discovered = Some(told);
        kind
    }

    /// What was left out of a document stands with what it is about.
    fn noted(&mut self, note: &Note) {
        if let Some(promise) = self.promises.iter_mut().find(|it| it.topic == note.topic) {
            promise.detail = format!("{}; {}", promise.detail, note.words);
            if promise.verdict == Verdict::Good {
                promise.verdict = Verdict::Note;
            }
        }
    }

    fn issuer(&mut self, told: &Discovered, asked: &Url, place: usize) {
        let issuer = &told.issuer;
        let (verdict, detail) = if *issuer == shown(asked) {
            (Verdict::Good, issuer.clone())
        } else {
            // Only the way of writing differs, or the server was asked as a whole.
            (Verdict::Note, format!("{issuer}: so the server writes it, and so do the settings"))
        };
        self.add(PromiseTopic::Issuer, verdict, detail, Some("issuer"), Some(place));
    }

    /// Whether one can sign in in the browser.
    fn browser(&mut self, told: &Discovered, beside: &Beside, place: usize) -> bool {
        let endpoints = &told.endpoints;
        let code =
            |list: &[String], word: &str| list.is_empty() || list.iter().any(|it| it == word);
        let (field, problem) = if endpoints.authorization.is_empty() {
            ("endpoints.authorization", "it does not say where the browser goes")
        } else if endpoints.token.is_empty() {
            ("endpoints.token", "it does not say where tokens are asked for")
        } else if beside.wants_pushed {
            ("flow", "it wants requests to be pushed first (RFC 9126), which this app does not do")
        } else if !code(&beside.response_types, "code")
            || !code(&told.grant_types, "authorization_code")
        {
            ("flow", "it does not offer the authorization code, which is how apps sign in")
        } else {
            let methods = &told.client_auth_methods;
            let open = methods.is_empty() || methods.iter().any(|it| it == "none");
            let secret = ["client_secret_basic", "client_secret_post"];
            let detail = if open {
                "by code"
            } else if methods.iter().any(|it| secret.contains(&it.as_str())) {
                "by code; it does not say that it takes apps without a secret, though many do"
            } else {
                "by code; it names no way to prove a secret that this app knows"
            };
            // One server may speak in another's name: whose page it is, and who gets the codes of it,
            // is to be seen before anybody signs in (RFC 9700 section 4.4).
            let page = elsewhere(&told.issuer, &endpoints.authorization);
            let codes = elsewhere(&told.issuer, &endpoints.token);
            let (verdict, field) = match (&page, open) {
                (Some(_), _) => (Verdict::Note, "endpoints.authorization"),
                (None, true) => (Verdict::Good, "confidential"),
                (None, false) => (Verdict::Note, "confidential"),
            };
            let page = page.map(|host| format!("; the browser goes to {host}"));
            let codes = codes.map(|host| format!("; tokens are asked for at {host}"));
            let detail =
                format!("{detail}{}{}", page.unwrap_or_default(), codes.unwrap_or_default());
            self.add(PromiseTopic::Browser, verdict, detail, Some(field), Some(place));
            return true;
        };
        let device_only = !endpoints.device_authorization.is_empty() && field != "endpoints.token";
        let verdict = if device_only { Verdict::Note } else { Verdict::Bad };
        self.add(PromiseTopic::Browser, verdict, problem, Some(field), Some(place));
        false
    }

    fn pkce(&mut self, told: &Discovered, browser: bool, place: usize) {
        let methods = &told.challenge_methods;
        let (verdict, detail) = if !browser {
            (Verdict::NotTried, "one does not sign in in the browser here")
        } else if methods.iter().any(|it| it == "S256") {
            (Verdict::Good, "S256")
        } else if methods.is_empty() {
            (Verdict::Note, "it does not say; S256 is used all the same")
        } else {
            (Verdict::Bad, "it does not offer S256, and this app uses nothing weaker")
        };
        self.add(PromiseTopic::Pkce, verdict, detail, Some("flow"), Some(place));
    }

    fn iss_in_response(&mut self, told: &Discovered, place: usize) {
        let (verdict, detail) = if told.iss_in_response {
            (Verdict::Good, "it names itself when the browser comes back (RFC 9207)")
        } else {
            (Verdict::Note, "it does not name itself when the browser comes back (RFC 9207)")
        };
        self.add(PromiseTopic::IssInResponse, verdict, detail, None, Some(place));
    }

    /// Whether one can sign in on another device.
    fn device(&mut self, told: &Discovered, place: usize) -> bool {
        const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
        let there = !told.endpoints.device_authorization.is_empty();
        let said = told.grant_types.iter().any(|it| it == GRANT);
        let (verdict, detail) = match (there, said || told.grant_types.is_empty()) {
            (true, true) => (Verdict::Good, "by a code that is typed there"),
            (true, false) => {
                (Verdict::Note, "it has an address for that, and does not list it among its grants")
            }
            (false, _) if said => (Verdict::Note, "it offers that, and does not say where"),
            (false, _) => (Verdict::Note, "not offered"),
        };
        let field = Some("endpoints.deviceAuthorization");
        self.add(PromiseTopic::Device, verdict, detail, field, Some(place));
        there && !told.endpoints.token.is_empty()
    }

    fn refresh(&mut self, told: &Discovered, place: usize) {
        let listed = told.grant_types.iter().any(|it| it == "refresh_token");
        let offline = told.scopes.iter().any(|it| it == "offline_access");
        let asked_for = documented::to_stay_signed_in(&told.issuer);
        if let Some(Parameter { name, value }) = asked_for.first() {
            let detail =
                format!("with {name}={value}, which is asked for (from documentation, untried)");
            return self.add(
                PromiseTopic::Refresh,
                Verdict::Note,
                detail,
                Some("parameters"),
                Some(place),
            );
        }
        let (verdict, detail) = match (listed, told.grant_types.is_empty(), offline) {
            (true, _, true) => (Verdict::Good, "yes; offline_access is asked for"),
            (true, _, false) => (Verdict::Good, "yes"),
            (false, _, true) => (Verdict::Good, "by offline_access, which is asked for"),
            (false, true, false) => (Verdict::Note, "it does not say"),
            (false, false, false) => {
                (Verdict::Note, "not among its grants: one may have to sign in again each time")
            }
        };
        self.add(PromiseTopic::Refresh, verdict, detail, Some("scopes"), Some(place));
    }

    async fn id_token(
        &mut self,
        told: &Discovered,
        documents: &mut Documents,
        place: usize,
        reader: &Reader<'_>,
    ) {
        const TOPIC: PromiseTopic = PromiseTopic::IdToken;
        let place = Some(place);
        if !told.openid {
            let words = "none: who signed in is known by userinfo, or not at all";
            return self.add(TOPIC, Verdict::Note, words, None, place);
        }
        let algs = &told.id_token_algs;
        if !algs.is_empty() && !algs.iter().any(|alg| Signing::named(alg).is_some()) {
            let shared = |alg: &String| alg.starts_with("HS") || alg.eq_ignore_ascii_case("none");
            let why = if algs.iter().all(shared) {
                "nobody without a secret can check that"
            } else {
                "this app knows no way to check that"
            };
            let words = format!("{} only: {why}", algs.join(", "));
            return self.add(TOPIC, Verdict::Bad, words, Some("issuer"), place);
        }
        let signed = if algs.is_empty() {
            "it does not say how they are signed".to_owned()
        } else {
            format!("signed by {}", algs.iter().take(12).cloned().collect::<Vec<_>>().join(", "))
        };
        let Ok(url) = Url::parse(&told.endpoints.jwks) else {
            let words = format!("{signed}; it does not say where its keys are");
            return self.add(TOPIC, Verdict::Bad, words, Some("endpoints.jwks"), place);
        };
        let fetched = reader.fetch(&url).await;
        let place = Some(documents.fetched.len());
        let distrusted = matches!(fetched.came, Came::Nothing { distrusted: true, .. });
        let field = if distrusted { "network.ca" } else { "endpoints.jwks" };
        let (verdict, words) = match &fetched.came {
            Came::Document(document) => match keys::kinds(document) {
                (0, _) => (Verdict::Bad, "no key is published".to_owned()),
                (1, kinds) => (Verdict::Good, format!("1 key: {kinds}")),
                (count, kinds) => (Verdict::Good, format!("{count} keys: {kinds}")),
            },
            Came::Else(named, _) | Came::Nothing { why: named, .. } => {
                (Verdict::Bad, format!("its keys cannot be fetched: {}", named.detail))
            }
        };
        documents.fetched.push(fetched);
        self.add(TOPIC, verdict, format!("{signed}; {words}"), Some(field), place);
    }

    fn neighbours(&mut self, told: &Discovered, place: usize) {
        let endpoints = &told.endpoints;
        for (topic, endpoint, field, there, absent) in [
            (
                PromiseTopic::Userinfo,
                &endpoints.userinfo,
                "endpoints.userinfo",
                "it says who is signed in, and whether",
                "none: whether it knows the session still cannot be asked",
            ),
            (
                PromiseTopic::Revocation,
                &endpoints.revocation,
                "endpoints.revocation",
                "it can be told of a sign-out",
                "this server cannot be told of a sign-out: what it gave stays valid until it ends",
            ),
            (
                PromiseTopic::Logout,
                &endpoints.end_session,
                "endpoints.endSession",
                "its own session can be ended in the browser",
                "none: its own session in the browser stays",
            ),
        ] {
            let (verdict, words) =
                if endpoint.is_empty() { (Verdict::Note, absent) } else { (Verdict::Good, there) };
            self.add(topic, verdict, words, Some(field), Some(place));
        }
    }
}

/// The host of an endpoint, where it is not the issuer's.
fn elsewhere(issuer: &str, endpoint: &str) -> Option<String> {
    let host = |address: &str| Url::parse(address).ok()?.host_str().map(str::to_owned);
    host(endpoint).filter(|endpoint| host(issuer).as_ref() != Some(endpoint))
}
