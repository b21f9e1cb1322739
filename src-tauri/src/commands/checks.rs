//! The requests of "Check these settings", as the activity tells them.

use auth_client::{CheckReport, Topic, Verdict};
use engine::{Class, Exchange};
use keeper::activity::{Ending, Purpose, What};

/// What each request was for, in the order in which they are made, and by what it is judged.
const REQUESTS: [(Topic, Purpose); 4] = [
    (Topic::SignIn, Purpose::SignIn),
    (Topic::Refresh, Purpose::Refresh),
    (Topic::Api, Purpose::Api),
    (Topic::SignOut, Purpose::SignOut),
];

/// Every request that a check has made. Its tokens belong to no session, and are not named.
pub(super) fn told(report: &CheckReport) -> Vec<What> {
    let verdict = |topic| {
        let finding = report.findings.iter().find(|finding| finding.topic == topic);
        finding.map_or(Verdict::NotTried, |finding| finding.verdict)
    };
    let made = REQUESTS.into_iter().filter_map(|(topic, purpose)| {
        // A server that cannot be reached was asked to sign in.
        let tried = purpose == Purpose::SignIn || verdict(topic) != Verdict::NotTried;
        tried.then(|| (purpose, verdict(topic) == Verdict::Good))
    });
    let told = made.zip(&report.exchanges).map(|((purpose, good), exchange)| What::Exchange {
        purpose,
        reason: None,
        outcome: if good { Ending::Good } else { ending(exchange) },
        sent: None,
        access: None,
        refresh: None,
        exchange: exchange.clone(),
    });
    told.collect()
}

/// As much as the status alone tells of a request that did not do what it was for.
fn ending(exchange: &Exchange) -> Ending {
    Ending::Failed(match exchange.status {
        None | Some(200..=299) => Class::UnknownOutcome,
        Some(429) => Class::Throttled,
        Some(500..=599) => Class::ServerTrouble,
        Some(_) => Class::UnclearRefusal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_client::Finding;

    #[test]
    fn each_request_is_told_as_what_it_was_for_and_no_token_is_named() {
        let finding =
            |topic, verdict| Finding { topic, verdict, detail: String::new(), field: None };
        let findings = vec![
            finding(Topic::SignIn, Verdict::Good),
            finding(Topic::Refresh, Verdict::NotTried),
            finding(Topic::Api, Verdict::Bad),
            finding(Topic::SignOut, Verdict::NotTried),
        ];
        let exchange = |status| Exchange { status: Some(status), ..Exchange::default() };
        let exchanges = vec![exchange(200), exchange(503)];
        let told = told(&CheckReport { works: false, exchanges, findings });
        let part = |what: &What| {
            let What::Exchange { purpose, outcome, sent: None, .. } = what else {
                panic!("{what:?}")
            };
            (*purpose, *outcome)
        };
        assert_eq!(
            told.iter().map(part).collect::<Vec<_>>(),
            [(Purpose::SignIn, Ending::Good), (Purpose::Api, Ending::Failed(Class::ServerTrouble)),]
        );
    }
}
