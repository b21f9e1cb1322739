//! The last net: what is told here is redacted already; should something have slipped through that
//! looks like a token, it stops here, before it is kept.

use auth_client::without_secrets;
use engine::{Bar, Exchange, Next, StoreTrouble};
use keeper::activity::{Living, What};

/// A part of a host's name that is longer than this is no name.
const LONGEST_NAME: usize = 32;

/// The same, without what looks like a secret.
pub(crate) fn cleaned(what: What) -> What {
    match what {
        What::Decision { input, trigger, left_ms, from, to, why, effects, next } => {
            let next = next.map(|Next { at_ms, why }| Next { at_ms, why: without_secrets(&why) });
            let why = without_secrets(&why);
            What::Decision { input, trigger, left_ms, from, to, why, effects, next }
        }
        What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange } => {
            What::Exchange {
                purpose,
                reason,
                outcome,
                sent: sent.filter(|name| is_name(name)),
                access: access.filter(|name| is_name(name)),
                refresh: refresh.filter(|name| is_name(name)),
                exchange: cleaned_exchange(exchange),
            }
        }
        What::Disk { step, took_ms, trouble, token } => {
            let trouble = trouble.map(|StoreTrouble { kind, detail }| StoreTrouble {
                kind,
                detail: without_secrets(&detail),
            });
            What::Disk { step, took_ms, trouble, token: token.filter(|name| is_name(name)) }
        }
        What::Switch { name, to } => {
            What::Switch { name: without_secrets(&name), to: without_secrets(&to) }
        }
        What::App { did } => What::App { did },
    }
}

/// The same, or nothing where its name is none.
pub(crate) fn cleaned_life(living: Living) -> Option<Living> {
    match living {
        Living::Token(bar) => cleaned_bar(bar).map(Living::Token),
        Living::Mark(mark) => Some(Living::Mark(mark)),
    }
}

pub(crate) fn cleaned_bar(bar: Bar) -> Option<Bar> {
    Some(bar).filter(|bar| is_name(&bar.fingerprint))
}

/// Whether these are the six characters of a fingerprint.
fn is_name(name: &str) -> bool {
    name.len() == 6 && name.chars().all(|c| c.is_ascii_hexdigit())
}

fn cleaned_exchange(exchange: Exchange) -> Exchange {
    let Exchange { at_ms, took_ms, method, url, request, status, response, code, detail } =
        exchange;
    let lines = |lines: Vec<String>| lines.iter().map(|line| without_secrets(line)).collect();
    Exchange {
        at_ms,
        took_ms,
        method: without_secrets(&method),
        url: cleaned_url(&url),
        request: lines(request),
        status,
        response: lines(response),
        code: code.map(|code| without_secrets(&code)),
        detail: without_secrets(&detail),
    }
}

/// A server's name stays, however long and numbered: without it nobody knows whom an exchange was
/// with.
fn cleaned_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return without_secrets(url) };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // People's names for computers have hyphens in them before they are that long; tokens have not.
    let is_token = |part: &str| {
        part.len() > LONGEST_NAME || (!part.contains('-') && without_secrets(part) != part)
    };
    let host =
        if host.contains('@') || host.split(['.', ':']).any(is_token) || host.starts_with("eyJ") {
            without_secrets(host)
        } else {
            host.to_owned()
        };
    format!("{}://{host}{}", without_secrets(scheme), without_secrets(path))
}
