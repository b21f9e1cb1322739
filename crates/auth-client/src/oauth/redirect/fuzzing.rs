//! What comes to the port that waits for the browser.

use super::desk::Desk;
use super::{Came, Expected, PageWords, connection};
use crate::fuzzing::{Held, NOON, holds};
use keeper::clock::ManualClock;
use keeper::ports::Clock;
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use url::Url;

const REDIRECT: &str = "http://127.0.0.1:49152/callback";
const HOST: &str = "127.0.0.1:49152";
const STATE: &str = "canary-state-9c4v7m2x";
const ISSUER: &str = "https://id.example.com";
/// More than any answer has, in bytes.
const LARGEST_ANSWER: usize = 16 * 1_024;
/// What came to nothing goes on for no more than so many steps of the clock.
const MOST_STEPS: usize = 64;

/// One connection: everything that the other side says, byte by byte. The clock goes on where nothing
/// else does.
///
/// # Errors
/// The first thing that does not hold.
pub fn redirect(input: &[u8]) -> Held {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().map_err(|error| error.to_string())?;
    runtime.block_on(connected(input))
}

async fn connected(input: &[u8]) -> Held {
    let redirect = Url::parse(REDIRECT).map_err(|error| error.to_string())?;
    let (issuer, state) = (ISSUER.to_owned(), STATE.to_owned());
    let expected = Expected { state, issuer, iss_promised: false };
    let words = PageWords {
        lang: "en".into(),
        done: "Signed in".into(),
        done_hint: "Go back to the app.".into(),
        failed: "Not signed in".into(),
        failed_hint: "Go back to the app.".into(),
    };
    let (answer, mut came) = oneshot::channel();
    let desk = Arc::new(Desk::new(&redirect, expected, words, answer));
    let clock = Arc::new(ManualClock::new(NOON));

    let (mut browser, server) = tokio::io::duplex(input.len() + LARGEST_ANSWER);
    browser.write_all(input).await.map_err(|error| error.to_string())?;
    let spoken = Arc::new(AtomicBool::new(false));
    let served = connection(server, desk, Arc::clone(&clock) as Arc<dyn Clock>, spoken);
    tokio::pin!(served);
    let mut steps = 0;
    loop {
        tokio::select! {
            biased;
            () = &mut served => break,
            () = tokio::task::yield_now() => clock.advance(1_000),
        }
        steps += 1;
        holds(steps < MOST_STEPS, || "a connection is never closed".to_owned())?;
    }
    let mut said = Vec::new();
    browser.read_to_end(&mut said).await.map_err(|error| error.to_string())?;
    is_answered_rightly(&String::from_utf8_lossy(&said))?;
    came.try_recv().map_or(Ok(()), |came| is_the_answer(input, &came))
}

fn is_answered_rightly(said: &str) -> Held {
    if said.is_empty() {
        return Ok(());
    }
    holds(said.starts_with("HTTP/1."), || format!("it is answered {said}"))?;
    holds(said.len() < LARGEST_ANSWER, || format!("{} bytes are answered", said.len()))?;
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or((said, ""));
    let head = head.to_ascii_lowercase();
    for secret in [STATE, "canary"] {
        holds(!said.contains(secret), || format!("what was said is repeated: {said}"))?;
    }
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status == "303" {
        holds(head.contains(&format!("location: {REDIRECT}\r\n")), || format!("it leads: {head}"))?;
    }
    // What is no HTTP is answered by the library, in one line and without a page.
    if body.is_empty() {
        return Ok(());
    }
    for line in ["content-security-policy: default-src 'none'", "cache-control: no-store"] {
        holds(head.contains(line), || format!("a page comes without {line}"))?;
    }
    Ok(())
}

/// It came with a GET, to our name and path, with our state; and it has what it is said to have.
fn is_the_answer(input: &[u8], came: &Came) -> Held {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let request = lines.by_ref().find(|line| !line.is_empty()).unwrap_or_default();
    let target = request.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let query = target.and_then(|target| target.strip_prefix("/callback?"));
    let query = query.ok_or_else(|| format!("{request} is an answer"))?;
    // Where somebody sends a fragment, too, it is no part of the query (RFC 3986 section 3.5).
    let query = query.split('#').next().unwrap_or_default();
    let hosts: Vec<&str> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, value)| value.trim_matches([' ', '\t']))
        .collect();
    holds(hosts == [HOST], || format!("an answer for {hosts:?}"))?;
    let of = |wanted: &str| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let values = pairs.filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
        values.collect::<Vec<String>>()
    };
    holds(of("state") == [STATE], || format!("an answer with the state {:?}", of("state")))?;
    let issuers = of("iss");
    let named = issuers.iter().filter(|issuer| !issuer.is_empty()).all(|it| it == ISSUER);
    holds(named && issuers.len() <= 1, || format!("an answer of {issuers:?}"))?;
    let said = |values: Vec<String>| values.into_iter().filter(|it| !it.is_empty()).count();
    match came {
        Came::Code(code) => {
            holds(of("code") == [code.expose_secret()], || format!("a code of {query}"))?;
            holds(said(of("error")) == 0, || format!("a code beside an error: {query}"))
        }
        Came::Denied { code, description } => {
            holds(said(of("code")) == 0, || format!("an error beside a code: {query}"))?;
            for (text, most) in [(Some(code), 65), (description.as_ref(), 301)] {
                let text = text.map(String::as_str).unwrap_or_default();
                let plain = !text.contains(char::is_control) && text.chars().count() <= most;
                holds(plain, || format!("a server says {text:?}"))?;
                holds(!text.contains(STATE), || format!("the state is shown: {text}"))?;
            }
            Ok(())
        }
    }
}
