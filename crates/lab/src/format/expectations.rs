//! The `expect` step.

use super::nodes::Node;
use crate::scenario::{Api, Compared, Count, Expectation, Session};

/// What can be expected, as it is written.
pub(crate) const EXPECTATIONS: [&str; 11] = [
    "session",
    "says",
    "api",
    "refreshes",
    "refreshes-granted",
    "refreshes-refused",
    "logins",
    "logouts",
    "reuse",
    "seen-twice",
    "within",
];

const COUNTS: [(&str, Count); 7] = [
    ("refreshes", Count::Refreshes),
    ("refreshes-granted", Count::RefreshesGranted),
    ("refreshes-refused", Count::RefreshesRefused),
    ("logins", Count::Logins),
    ("logouts", Count::Logouts),
    ("reuse", Count::Reuse),
    ("seen-twice", Count::SeenTwice),
];

/// The sentences of the Session screen, as they are written here.
pub(crate) const SENTENCES: [&str; 27] = [
    "restoring",
    "locked",
    "keychain-slow",
    "keychain-cancelled",
    "keychain-gone",
    "key-gone",
    "unreadable",
    "signed-out",
    "resting",
    "resting-on-demand",
    "no-refresh-token",
    "refreshing",
    "waiting-valid",
    "waiting-expired",
    "portal",
    "throttled",
    "paused",
    "unclear",
    "stopped",
    "api-refuses",
    "id-token",
    "needs-sign-in",
    "answer-lost",
    "ran-out",
    "another-copy",
    "unsaved",
    "put-off",
];

impl Count {
    /// As it is written in a file.
    pub(crate) fn name(self) -> &'static str {
        COUNTS.iter().find(|(_, count)| *count == self).map_or("count", |(name, _)| name)
    }
}

/// Reads one; every property that may stand there is asked for.
pub(crate) fn read(node: &mut Node<'_, '_>, properties: &[&str]) -> Expectation {
    let session = node
        .property_of("session", &["survived", "ended"])
        .map(|word| if word == "survived" { Session::Survived } else { Session::Ended });
    let mut counts = Vec::new();
    for (name, count) in COUNTS {
        if node.property_value(name).is_some() {
            counts.extend(compared(node, name).map(|compared| (count, compared)));
        }
    }
    let api = api(node);
    let says = node.property_of("says", &SENTENCES);
    let within = node.property_duration("within");
    let expects = EXPECTATIONS.iter().filter(|name| **name != "within");
    if !expects.clone().any(|name| node.property_value(name).is_some()) {
        let all: Vec<&str> = expects.copied().collect();
        node.say(format!("expect expects nothing; it can expect: {}", all.join(", ")));
    }
    possible(node, &counts);
    node.nothing_more(properties);
    Expectation { session, counts, api, says, within }
}

fn api(node: &mut Node<'_, '_>) -> Option<Api> {
    let value = node.property_value("api")?;
    if value.as_string() == Some("none") {
        return Some(Api::Nothing);
    }
    let status = value.as_integer().and_then(|code| u16::try_from(code).ok());
    let status = status.filter(|code| (200..600).contains(code)).map(Api::Status);
    if status.is_none() {
        let message = format!("api={value}: a status such as 200 or 401 stands here, or \"none\"");
        node.say_of("api", message);
    }
    status
}

/// A number, or a comparison with one.
fn compared(node: &mut Node<'_, '_>, name: &str) -> Option<Compared> {
    let value = node.property_value(name)?;
    if let Some(number) = value.as_integer() {
        let exact = u64::try_from(number).ok().map(|n| Compared { least: n, most: n });
        if exact.is_none() {
            node.say_of(name, format!("{name}={number}: nothing happens less than 0 times"));
        }
        return exact;
    }
    let compared = value.as_string().and_then(comparison);
    match compared {
        None => {
            let message = format!(
                "{name}={value}: a number stands here, or a comparison such as \"<=2\", \">=1\" or \"1..3\""
            );
            node.say_of(name, message);
            None
        }
        Some(Compared { least, most }) if least > most => {
            node.say_of(name, format!("{name}={value} can never be met"));
            None
        }
        some @ Some(_) => some,
    }
}

fn comparison(text: &str) -> Option<Compared> {
    let text = text.trim();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some((least, most)) = text.split_once("..") {
        return Some(Compared { least: number(least)?, most: number(most)? });
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return Some(Compared { least: 0, most: number(rest)? });
    }
    if let Some(rest) = text.strip_prefix(">=") {
        return Some(Compared { least: number(rest)?, most: u64::MAX });
    }
    if let Some(rest) = text.strip_prefix('<') {
        // Less than nothing: told as what can never be met.
        let most = number(rest)?.checked_sub(1);
        return Some(
            most.map_or(Compared { least: 1, most: 0 }, |most| Compared { least: 0, most }),
        );
    }
    if let Some(rest) = text.strip_prefix('>') {
        return Some(Compared { least: number(rest)?.checked_add(1)?, most: u64::MAX });
    }
    None
}

/// The server cannot have granted, refused or recognised more than it was asked for.
fn possible(node: &mut Node<'_, '_>, counts: &[(Count, Compared)]) {
    let find = |wanted: Count| counts.iter().find(|(count, _)| *count == wanted).map(|(_, c)| *c);
    let Some(asked) = find(Count::Refreshes) else { return };
    let least = |count: Count| find(count).map_or(0, |compared| compared.least);
    for part in [Count::RefreshesGranted, Count::RefreshesRefused, Count::Reuse, Count::SeenTwice] {
        if least(part) > asked.most {
            let name = part.name();
            node.say_of(name, format!("{name} can never be more than refreshes"));
            return;
        }
    }
    let answered = least(Count::RefreshesGranted).saturating_add(least(Count::RefreshesRefused));
    if answered > asked.most {
        let message = "refreshes-granted and refreshes-refused together are more than refreshes";
        node.say_of("refreshes", message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_read_as_they_are_meant() {
        let told = |text| comparison(text).map(|Compared { least, most }| (least, most));
        assert_eq!(told("<=2"), Some((0, 2)));
        assert_eq!(told("< 2"), Some((0, 1)));
        assert_eq!(told(">=1"), Some((1, u64::MAX)));
        assert_eq!(told(">1"), Some((2, u64::MAX)));
        assert_eq!(told("1..3"), Some((1, 3)));
        assert_eq!(told("about 3"), None);
    }
}
