//! The activity as a report in Markdown.
//!
//! A server's words are in it: they cannot become Markdown, HTML or a link, nor end a block early.

use crate::wire::Entry;
use engine::Exchange;
use keeper::activity::{Ending, What};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A report while it is written.
pub(crate) struct Report {
    text: String,
}

impl Report {
    pub(crate) fn of(entries: &[Arc<Entry>], at_ms: i64) -> Self {
        let mut report = Self { text: String::new() };
        report.head(entries, at_ms);
        report.table(entries);
        report.exchanges(entries);
        report
    }

    pub(crate) fn text(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, entries: &[Arc<Entry>], at_ms: i64) {
        self.line("# Session Keeper: what was done and why\n");
        let version = env!("CARGO_PKG_VERSION");
        self.line(&format!("- Exported: {}", moment(at_ms)));
        self.line(&format!("- Session Keeper {version}, {}", std::env::consts::OS));
        let count = entries.len();
        match entries.first().zip(entries.last()) {
            Some((first, last)) => {
                let (from, to) = (moment(first.at_ms), moment(last.at_ms));
                self.line(&format!("- Entries: {count}, from {from} to {to}"));
            }
            None => self.line("- Entries: none"),
        }
        self.line("- Times are in UTC. Tokens are six characters that name them and tell nothing.");
    }

    fn table(&mut self, entries: &[Arc<Entry>]) {
        if entries.is_empty() {
            return;
        }
        self.line("\n## Entries\n");
        self.line("| # | Run | When | What | Details |");
        self.line("|--:|--:|---|---|---|");
        for entry in entries {
            let Entry { seq, run, at_ms, what, sent_before } = entry.as_ref();
            let (kind, mut details) = told(what);
            if let Some(before) = sent_before {
                let _infallible =
                    write!(details, "; **the refresh token had been sent before, in {before}**");
            }
            let when = moment(*at_ms);
            self.line(&format!("| {seq} | {run} | {when} | {kind} | {details} |"));
        }
    }

    fn exchanges(&mut self, entries: &[Arc<Entry>]) {
        let mut any = false;
        for entry in entries {
            let What::Exchange { purpose, exchange, .. } = &entry.what else { continue };
            if !std::mem::replace(&mut any, true) {
                self.line("\n## Exchanges");
            }
            self.line(&format!("\n### {}: {}\n", entry.seq, word(purpose)));
            self.block(&exchange_lines(exchange));
        }
    }

    /// A fenced block that nothing in it can end: its fence is longer than every row of backticks.
    fn block(&mut self, lines: &[String]) {
        let longest = lines.iter().map(|line| longest_row(line, '`')).max().unwrap_or(0);
        let fence = "`".repeat((longest + 1).max(3));
        self.line(&format!("{fence}http"));
        for line in lines {
            self.line(&plain(line));
        }
        self.line(&fence);
    }
}

/// What it was, and more about it, as a table's cells.
fn told(what: &What) -> (String, String) {
    match what {
        What::Decision { input, trigger, left_ms, from, to, why, effects, next } => {
            let mut details = format!("{} → {}", word(from), word(to));
            if let Some(trigger) = trigger {
                let _infallible = write!(details, ", set off by {}", word(trigger));
            }
            if let Some(left) = left_ms {
                let _infallible = write!(details, ", {left} ms of the token left");
            }
            let _infallible = write!(details, ": {}", escaped(why));
            let effects: Vec<String> = effects.iter().map(word).collect();
            if !effects.is_empty() {
                let _infallible = write!(details, "; does: {}", effects.join(", "));
            }
            if let Some(next) = next {
                let (why, at) = (escaped(&next.why), moment(next.at_ms));
                let _infallible = write!(details, "; next: {why} at {at}");
            }
            (format!("decision: {}", word(input)), details)
        }
        What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange } => {
            let mut details = ending(outcome);
            let reason = reason.as_ref().map(word);
            let named = [
                ("set off by", &reason),
                ("sent", sent),
                ("access token", access),
                ("refresh token", refresh),
            ];
            for (name, value) in named {
                if let Some(value) = value {
                    let _infallible = write!(details, ", {name} {}", escaped(value));
                }
            }
            let took = exchange.took_ms;
            let _infallible = write!(details, ", {took} ms: {}", escaped(&exchange.detail));
            (format!("exchange: {}", word(purpose)), details)
        }
        What::Disk { step, took_ms, trouble, token } => {
            let token =
                token.as_ref().map_or(String::new(), |it| format!(", to send {}", escaped(it)));
            let trouble = trouble.as_ref().map_or(String::new(), |trouble| {
                format!(", {}: {}", word(&trouble.kind), escaped(&trouble.detail))
            });
            (format!("disk: {}", word(step)), format!("{took_ms} ms{token}{trouble}"))
        }
        What::Switch { name, to } => {
            ("switch".to_owned(), format!("{}: {}", escaped(name), escaped(to)))
        }
        What::App { did } => (format!("app: {}", word(did)), String::new()),
    }
}

fn ending(outcome: &Ending) -> String {
    match outcome {
        Ending::Good => "good".to_owned(),
        Ending::Failed(class) => format!("failed ({})", word(class)),
        Ending::TokenRefused => "token refused".to_owned(),
        Ending::IdTokenBad => "ID token bad".to_owned(),
        Ending::NotAllowed => "not allowed".to_owned(),
        Ending::SaysNothing => "says nothing about the token".to_owned(),
    }
}

/// A name of our own, as it is written in files, in words.
fn word<T: Serialize>(of: &T) -> String {
    let value = serde_json::to_value(of).unwrap_or_default();
    escaped(&value.as_str().unwrap_or_default().replace('_', " "))
}

fn exchange_lines(exchange: &Exchange) -> Vec<String> {
    let mut lines = vec![format!("{} {}", exchange.method, exchange.url)];
    lines.extend(exchange.request.iter().cloned());
    lines.push(String::new());
    lines.push(match exchange.status {
        Some(status) => format!("{status} (after {} ms)", exchange.took_ms),
        None => format!("no answer (after {} ms)", exchange.took_ms),
    });
    lines.extend(exchange.response.iter().cloned());
    lines
}

/// RFC 3339, in UTC.
fn moment(at_ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        // Beyond what a calendar tells.
        .unwrap_or_else(|| format!("{at_ms} ms"))
}

/// Somebody else's words on one line, as nothing but words: every character of ASCII that could mean
/// something has a backslash (CommonMark section 2.4), and brackets of HTML their names, for readers
/// that look for HTML first.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // They begin nothing, and sentences are full of them.
            ',' | ';' | '\'' | '"' | '?' | '(' | ')' | '/' | '=' => shown.push(c),
            c if c.is_ascii_punctuation() => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

/// One line that moves no cursor and turns no text around.
fn plain(text: &str) -> String {
    let turns = |c: char| {
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

fn longest_row(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}
