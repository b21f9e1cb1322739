//! A request as a command.

use engine::Exchange;

/// The redacted request as one `curl` command for a POSIX shell; `None` where there was no request.
/// Where a secret was, its mark is: nothing can be sent by accident.
pub(crate) fn command(exchange: &Exchange) -> Option<String> {
    if exchange.method.is_empty() || exchange.url.is_empty() {
        return None;
    }
    let mut words = vec!["curl".to_owned(), "--request".to_owned(), exchange.method.clone()];
    words.extend(["--url".to_owned(), exchange.url.clone()]);
    let mut lines = exchange.request.iter();
    for header in lines.by_ref().take_while(|line| !line.is_empty()) {
        words.extend(["--header".to_owned(), header.clone()]);
    }
    let body: Vec<&str> = lines.map(String::as_str).collect();
    if !body.is_empty() {
        words.extend(["--data-raw".to_owned(), body.join("\n")]);
    }
    // What moves a cursor could show another command than the one that is run.
    let words: Vec<String> = words.iter().map(|word| without_control(word)).collect();
    shlex::try_join(words.iter().map(String::as_str)).ok()
}

/// A line break may stay: a body has them.
fn without_control(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
