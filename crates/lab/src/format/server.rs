//! The steps that turn the demo server's switches: `server` and `fault`.

use super::nodes::Node;
use serde_json::{Map, Value, json};

/// What `server` may set, as it is written there.
pub(crate) const SWITCHES: [&str; 12] = [
    "access-lifetime",
    "refresh-lifetime",
    "rotation",
    "grace",
    "tell-refresh-token",
    "tell-refresh-lifetime",
    "kill-old-access-on-refresh",
    "lifetime-shape",
    "envelope",
    "cookie-form",
    "latency",
    "clock-offset",
];

/// What `fault` can make go wrong, as it is written there.
pub(crate) const FAULTS: [&str; 14] = [
    "none",
    "status",
    "html",
    "empty-body",
    "not-json",
    "truncated-body",
    "huge-body",
    "without-token",
    "refuse",
    "bare-401",
    "drop-after-rotating",
    "drop-before-handling",
    "api-refuses",
    "hold",
];

const ROTATIONS: [&str; 4] = ["none", "strict", "grace", "until-successor-used"];
const TELLING: [&str; 3] = ["always", "when-new", "never"];
const SHAPES: [&str; 10] = [
    "seconds",
    "absent",
    "zero",
    "negative",
    "text",
    "fraction",
    "words",
    "absolute",
    "year-9999",
    "milliseconds",
];
const BODIES: [&str; 3] = ["none", "json", "html"];
const ENDPOINTS: [&str; 4] = ["login", "refresh", "api", "logout"];

/// A `server` step, as a change of switches.
pub(crate) fn server(node: &mut Node<'_, '_>) -> Map<String, Value> {
    let mut change = Map::new();
    if !node.has_property() {
        node.say(format!("server sets nothing; it can set: {}", SWITCHES.join(", ")));
    }
    for (name, key) in [
        ("access-lifetime", "accessLifetimeMs"),
        ("refresh-lifetime", "refreshLifetimeMs"),
        ("latency", "latencyMs"),
    ] {
        if let Some(ms) = node.property_duration(name) {
            change.insert(key.to_owned(), json!(ms));
        }
    }
    if let Some(ms) = node.property_signed_duration("clock-offset") {
        change.insert("clockOffsetMs".to_owned(), json!(ms));
    }
    for (name, key) in [
        ("tell-refresh-lifetime", "tellRefreshLifetime"),
        ("kill-old-access-on-refresh", "killOldAccessOnRefresh"),
        ("envelope", "envelope"),
        ("cookie-form", "cookieForm"),
    ] {
        if let Some(so) = node.property_yes_or_no(name) {
            change.insert(key.to_owned(), json!(so));
        }
    }
    if let Some(telling) = node.property_of("tell-refresh-token", &TELLING) {
        change.insert("tellRefreshToken".to_owned(), json!(camel(&telling)));
    }
    if let Some(shape) = node.property_of("lifetime-shape", &SHAPES) {
        change.insert("lifetimeShape".to_owned(), json!(camel(&shape)));
    }
    if let Some(rotation) = rotation(node) {
        change.insert("rotation".to_owned(), rotation);
    }
    node.nothing_more(&SWITCHES);
    change
}

fn rotation(node: &mut Node<'_, '_>) -> Option<Value> {
    let kind = node.property_of("rotation", &ROTATIONS);
    let grace = node.property_duration("grace");
    let is_grace = kind.as_deref() == Some("grace");
    match (grace, node.property_value("grace").is_some()) {
        (None, false) if is_grace => {
            node.say_of("rotation", "rotation=\"grace\" wants its length beside it: grace=\"10s\"");
        }
        (Some(_), _) if !is_grace => {
            node.say_of("grace", "grace belongs to rotation=\"grace\"");
        }
        (Some(ms), _) if ms % 1_000 != 0 => {
            node.say_of("grace", "a grace is told in whole seconds");
        }
        _ => {}
    }
    let kind = kind?;
    if is_grace {
        return Some(json!({"kind": "grace", "seconds": grace? / 1_000}));
    }
    Some(json!({"kind": camel(&kind)}))
}

/// A `fault` step, as a change of switches.
pub(crate) fn fault(node: &mut Node<'_, '_>) -> Map<String, Value> {
    let kind = node.argument_of(&FAULTS, "fault").unwrap_or_default();
    let mut fault = Map::new();
    let named = if kind == "html" { "html200".to_owned() } else { camel(&kind) };
    fault.insert("kind".to_owned(), json!(named));
    let mut known = vec!["times", "on"];
    if kind == "status" {
        known.extend(["code", "retry-after", "retry-after-date", "body", "after-handling"]);
        status(node, &mut fault);
    }
    if kind == "hold" {
        known.push("after-handling");
        if let Some(after) = node.property_yes_or_no("after-handling") {
            fault.insert("afterHandling".to_owned(), json!(after));
        }
    }
    if let Some(times) = node.property_number("times", 1, 1_000) {
        fault.insert("times".to_owned(), json!(times));
    }
    if let Some(on) = node.property_text("on") {
        let on: Vec<&str> = on.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        if on.is_empty() || on.iter().any(|word| !ENDPOINTS.contains(word)) {
            let message = format!("on takes one or several of {}", ENDPOINTS.join(", "));
            node.say_of("on", message);
        }
        fault.insert("on".to_owned(), json!(on));
    }
    node.nothing_more(&known);
    Map::from_iter([("fault".to_owned(), Value::Object(fault))])
}

fn status(node: &mut Node<'_, '_>, fault: &mut Map<String, Value>) {
    if node.property_value("code").is_none() {
        node.say("fault \"status\" wants the status beside it: code=503");
    }
    if let Some(code) = node.property_number("code", 200, 599) {
        fault.insert("code".to_owned(), json!(code));
    }
    if let Some(body) = node.property_of("body", &BODIES) {
        fault.insert("body".to_owned(), json!(body));
    }
    if let Some(after) = node.property_yes_or_no("after-handling") {
        fault.insert("afterHandling".to_owned(), json!(after));
    }
    for (name, form) in [("retry-after", "seconds"), ("retry-after-date", "date")] {
        if let Some(ms) = node.property_duration(name) {
            fault.insert("retryAfter".to_owned(), json!({form: ms / 1_000}));
        }
    }
    if node.property("retry-after").is_some() && node.property("retry-after-date").is_some() {
        node.say_of("retry-after-date", "an answer tells one Retry-After, in one of its two forms");
    }
}

/// `when-new` as `whenNew`: files are written in one manner, JSON in the other.
fn camel(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut all, word| {
        let mut letters = word.chars();
        all.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        all.push_str(letters.as_str());
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use demo_server::Switches;

    #[test]
    fn every_switch_of_the_server_can_be_set() {
        let all = serde_json::to_value(Switches::default()).unwrap();
        let mut ours: Vec<String> = SWITCHES.iter().map(|name| camel(name)).collect();
        ours.retain(|name| name != "grace");
        // A step of its own sets the fault; no scenario signs in over OpenID, so none sets that.
        let elsewhere = ["fault", "openid"];
        let here = |name: &&String| !elsewhere.contains(&name.as_str());
        for name in all.as_object().unwrap().keys().filter(here) {
            let plain = name.strip_suffix("Ms").unwrap_or(name);
            assert!(ours.iter().any(|ours| ours == plain), "{name} cannot be set");
        }
        assert_eq!(ours.len(), all.as_object().unwrap().len() - elsewhere.len());
    }

    #[test]
    fn every_word_of_the_format_is_one_of_the_servers() {
        let accepted = |change: Value| Switches::default().patched(&change).is_ok();
        for kind in FAULTS {
            let kind = if kind == "html" { "html200".to_owned() } else { camel(kind) };
            let fault = json!({"fault": {"kind": kind, "code": 500, "on": ENDPOINTS}});
            assert!(accepted(fault), "{kind}");
        }
        for kind in ROTATIONS {
            assert!(accepted(json!({"rotation": {"kind": camel(kind), "seconds": 1}})), "{kind}");
        }
        for shape in SHAPES {
            assert!(accepted(json!({"lifetimeShape": camel(shape)})), "{shape}");
        }
        for telling in TELLING {
            assert!(accepted(json!({"tellRefreshToken": camel(telling)})), "{telling}");
        }
        for body in BODIES {
            let fault = json!({"fault": {"kind": "status", "code": 500, "body": body}});
            assert!(accepted(fault), "{body}");
        }
        assert!(!accepted(json!({"lifetimeShape": "roundabout"})), "anything is accepted");
    }
}
