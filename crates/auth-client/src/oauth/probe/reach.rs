//! Says how a server was reached: whether it answered at all, by what, and at what time.

use super::promises::Findings;
use super::{PromiseTopic, is_in_trouble};
use crate::check::Verdict;
use crate::checking::clock_words;
use crate::network::Network;
use crate::oauth::well_known::{Came, Fetched};
use crate::plan::{SettingsProblem, is_loopback};
use crate::token_api::spoken;
use engine::Class;
use url::Url;

impl Findings {
    /// An address that is not asked, or settings that nobody can be asked by.
    pub(super) fn not_asked(&mut self, url: Option<&Url>, problem: SettingsProblem) {
        let topic = match problem.field.as_str() {
            "network.ca" => PromiseTopic::Tls,
            "network.httpTo" => PromiseTopic::Reach,
            _ => PromiseTopic::Address,
        };
        self.add(topic, Verdict::Bad, problem.message, Some(&problem.field), None);
        if topic == PromiseTopic::Address && url.is_some_and(|url| url.scheme() == "http") {
            let words = "no encryption: name this host for plain http if there is no other way";
            self.add(PromiseTopic::Tls, Verdict::Bad, words, Some("network.httpTo"), None);
        }
    }

    /// Whether it answered, and by what.
    pub(super) fn reached(&mut self, fetched: &[Fetched], url: &Url, network: &Network) {
        let answered = fetched.iter().position(|it| !matches!(it.came, Came::Nothing { .. }));
        let distrusted =
            fetched.iter().any(|it| matches!(it.came, Came::Nothing { distrusted: true, .. }));
        match (answered, fetched.first()) {
            (None, Some(first)) => {
                let field = if distrusted { "network.ca" } else { "address" };
                let detail = first.exchange.detail.clone();
                self.add(PromiseTopic::Reach, Verdict::Bad, detail, Some(field), Some(0));
            }
            (Some(place), _) if fetched.iter().all(is_in_trouble) => {
                let detail = fetched.get(place).map_or("", |it| it.exchange.detail.as_str());
                self.add(PromiseTopic::Reach, Verdict::Bad, detail, Some("address"), Some(place));
            }
            (Some(place), _) => {
                let took = fetched.get(place).map_or(0, |it| it.exchange.took_ms);
                let detail = format!("an answer within {}", spoken(took));
                self.add(PromiseTopic::Reach, Verdict::Good, detail, None, Some(place));
                self.says_nothing(fetched);
            }
            (None, None) => {}
        }
        self.tls(url, network, answered, distrusted);
    }

    /// What it answered where it publishes nothing.
    fn says_nothing(&mut self, fetched: &[Fetched]) {
        if fetched.iter().any(|it| matches!(it.came, Came::Document(_))) {
            return;
        }
        let redirect = fetched.iter().enumerate().find_map(|(place, it)| match &it.came {
            Came::Else(_, Some(to)) => Some((place, to)),
            Came::Else(..) | Came::Document(_) | Came::Nothing { .. } => None,
        });
        let (place, words) = match (redirect, fetched.first()) {
            // Nobody is led to another server unasked.
            (Some((place, to)), _) => {
                (place, format!("it sends elsewhere, to {to}; ask there if that is what you mean"))
            }
            (None, Some(first)) => {
                let detail = &first.exchange.detail;
                (0, format!("it publishes nothing of itself ({detail}): a token API, perhaps"))
            }
            (None, None) => return,
        };
        self.add(PromiseTopic::Issuer, Verdict::Note, words, Some("address"), Some(place));
    }

    fn tls(&mut self, url: &Url, network: &Network, answered: Option<usize>, distrusted: bool) {
        let (verdict, detail, field) = if url.scheme() == "http" {
            if is_loopback(url) {
                (Verdict::Note, "none: what is sent does not leave this computer".to_owned(), None)
            } else {
                let words = "none: what is sent can be read, and changed, on the way";
                (Verdict::Bad, words.to_owned(), Some("network.httpTo"))
            }
        } else if distrusted {
            let words = "the certificate is vouched for by an authority that is not trusted here; if \
                         it is your company's, add its certificate";
            (Verdict::Bad, words.to_owned(), Some("network.ca"))
        } else if answered.is_none() {
            (Verdict::NotTried, "the server was not reached".to_owned(), None)
        } else {
            let words = match &network.ca {
                Some(ca) => {
                    format!("yes, with {} trusted beside the system's authorities", ca.name)
                }
                None => "yes, by the authorities that the system trusts".to_owned(),
            };
            (Verdict::Good, words, None)
        };
        let place = answered.or(Some(0)).filter(|_| verdict != Verdict::NotTried);
        self.add(PromiseTopic::Tls, verdict, detail, field, place);
    }

    /// What the answers say of the server's clock, by the best of them.
    pub(super) fn clock(&mut self, fetched: &[Fetched], asked: &Url) {
        if fetched.iter().all(is_in_trouble) {
            return;
        }
        // Keys may be kept by somebody else, and somebody else's page may answer.
        let own = |it: &Fetched| {
            let here = Url::parse(&it.exchange.url).is_ok_and(|url| url.origin() == asked.origin());
            let named = match &it.came {
                Came::Else(named, _) => Some(named.class),
                Came::Document(_) | Came::Nothing { .. } => None,
            };
            here && named != Some(Class::NotTheAuthServer)
        };
        let best = fetched
            .iter()
            .enumerate()
            .filter(|(_, it)| own(it))
            .filter_map(|(place, it)| Some((place, it.clock?)))
            .min_by_key(|(_, sample)| sample.bound_ms);
        let (verdict, words) = clock_words(best.as_ref().map(|(_, sample)| sample));
        self.add(PromiseTopic::Clock, verdict, words, None, best.map(|(place, _)| place));
    }
}
