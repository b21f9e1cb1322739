//! What leaves: lines for programs, a report for people, a command for a shell.

use crate::stage::{NOON, decision, exchange, intent, refresh, switch, tell};
use activity::{Activity, Entry, ExportFormat, Limits};
use engine::Exchange;
use keeper::activity::What;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::sync::Arc;

fn exported(activity: &Activity, format: ExportFormat) -> String {
    let mut text = Vec::new();
    let count = activity.export(format, NOON, &mut text).unwrap();
    assert_eq!(count, activity.entries().len());
    String::from_utf8(text).unwrap()
}

fn some_entries() -> Arc<Activity> {
    let activity = Activity::in_memory(Limits::default());
    for what in [decision(), intent("a1b2c3"), refresh("a1b2c3", None)] {
        tell(&activity, what);
    }
    tell(&activity, refresh("a1b2c3", Some("d4e5f6")));
    activity
}

#[test]
fn exported_lines_read_back_are_the_same_entries() {
    let activity = some_entries();
    let text = exported(&activity, ExportFormat::JsonLines);
    let read: Vec<Entry> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, activity.entries());
}

#[test]
fn a_report_has_a_head_a_table_and_a_block_for_each_exchange() {
    let text = exported(&some_entries(), ExportFormat::Markdown);
    assert!(text.starts_with("# Session Keeper: what was done and why\n"));
    assert!(text.contains("- Exported: 2025-11-23T12:00:00Z\n"), "{text}");
    assert!(text.contains("- Entries: 4, from 2025-11-23T12:00:00Z"), "{text}");
    assert!(text.contains(concat!("Session Keeper ", env!("CARGO_PKG_VERSION"))));
    assert!(
        text.contains(
            "resting → refreshing, set off by deadline, 4000 ms of the token left: renews what is due"
        ),
        "{text}"
    );
    assert!(text.contains("**the refresh token had been sent before, in 3**"), "{text}");
    let read = Read::of(&text);
    assert_eq!((read.rows, read.blocks.len()), (4, 2));
    assert!(read.blocks[0].contains("POST https://auth.example.com/api/refresh_token\n"));
    assert!(read.blocks[0].contains("\"refreshToken\": \"‹token a1b2c3›\","));
    assert!(read.blocks[0].contains("200 (after 120 ms)"));
}

#[test]
fn a_report_of_nothing_says_so() {
    let text = exported(&Activity::in_memory(Limits::default()), ExportFormat::Markdown);
    assert!(text.contains("- Entries: none\n"));
    assert_eq!(Read::of(&text).rows, 0);
}

#[test]
fn a_servers_words_forge_no_markdown_and_no_html() {
    let evil = [
        "| cell | cell |\n| --- | --- |",
        "```\n# Heading\n```",
        "`````````` ~~~~ `",
        "<script>alert(1)</script><!-- -->",
        "&lt;b&gt; &#60;b&#62;",
        "[link](https://evil.example) ![image](https://evil.example/x.png) <https://evil.example>",
        "https://evil.example www.evil.example someone@evil.example mailto:someone@evil.example",
        "**bold** __bold__ ~~gone~~ *a* _a_",
        "# Heading\n===\n---\n> quote\n- list\n1. list\n\tcode",
        "\\| \\",
        "[^1]: note\n[a]: https://evil.example\n$x$ :smile: ==mark== {#id}",
        "\u{202e}backwards\u{2066}\u{1b}[31m\r\n\u{2028}",
    ];
    let innocent = Read::of(&exported(&with_words("words"), ExportFormat::Markdown));
    for words in evil {
        let text = exported(&with_words(words), ExportFormat::Markdown);
        let read = Read::of(&text);
        assert_eq!(read.shape, innocent.shape, "{words:?} in\n{text}");
        assert_eq!(read.blocks.len(), 1, "{words:?}");
        for hidden in ['\u{202e}', '\u{2066}', '\u{1b}', '\r', '\u{2028}'] {
            assert!(!text.contains(hidden), "{words:?}");
        }
        // Readers that link what looks like an address find none outside of a block.
        let outside = text.split("## Exchanges").next().unwrap();
        for address in ["https://", "www.evil", "someone@", "<script", "<https"] {
            assert!(!outside.contains(address), "{address} in {outside}");
        }
    }
}

/// Two entries with these words wherever a server, a disk or a person can put some.
fn with_words(words: &str) -> Arc<Activity> {
    let activity = Activity::in_memory(Limits::default());
    let text = || words.to_owned();
    tell(&activity, What::Switch { name: text(), to: text() });
    let lines = || words.split('\n').map(str::to_owned).chain([text()]).collect();
    let evil = Exchange {
        method: text(),
        url: text(),
        request: lines(),
        response: lines(),
        code: Some(text()),
        detail: text(),
        ..exchange()
    };
    let What::Exchange { purpose, reason, outcome, sent, access, refresh, .. } =
        refresh("a1b2c3", None)
    else {
        panic!()
    };
    let exchange = evil;
    tell(&activity, What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange });
    activity
}

/// A report as a reader of Markdown sees it.
#[derive(Debug)]
struct Read {
    rows: usize,
    blocks: Vec<String>,
    /// Everything but the words.
    shape: Vec<String>,
}

impl Read {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is, is compared")]
    fn of(text: &str) -> Self {
        let (mut rows, mut blocks, mut shape) = (0, Vec::new(), Vec::new());
        let mut in_block = false;
        for event in Parser::new_ext(text, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    assert!(matches!(&kind, CodeBlockKind::Fenced(of) if &**of == "http"));
                    blocks.push(String::new());
                    in_block = true;
                    shape.push("block".to_owned());
                }
                Event::End(TagEnd::CodeBlock) => in_block = false,
                Event::Text(text) if in_block => blocks.last_mut().unwrap().push_str(&text),
                Event::Text(_) => {}
                Event::Start(Tag::TableRow) => {
                    rows += 1;
                    shape.push("row".to_owned());
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    assert!(level <= HeadingLevel::H3);
                    shape.push(format!("{level}"));
                }
                Event::Start(tag) => shape.push(format!("{tag:?}")),
                Event::End(_) => {}
                other => shape.push(format!("{other:?}")),
            }
        }
        Self { rows, blocks, shape }
    }
}

#[test]
fn a_refresh_as_a_command_is_what_was_sent_with_marks_for_secrets() {
    let activity = some_entries();
    let command = activity.curl(3).unwrap();
    let words = shlex::split(&command).unwrap();
    let body = exchange().request[3..].join("\n");
    assert_eq!(
        words,
        [
            "curl",
            "--request",
            "POST",
            "--url",
            "https://auth.example.com/api/refresh_token",
            "--header",
            "accept: application/json",
            "--header",
            "content-type: application/json",
            "--data-raw",
            &body,
        ]
    );
    assert!(words[10].contains("‹token a1b2c3›") && words[10].contains("$HOME `id`"));
}

#[cfg(unix)]
#[test]
fn a_shell_takes_the_command_for_what_it_is_and_runs_nothing_else() {
    for words in ["'; id; '", "$(id) `id` \\", "\"\n'\n|| id", "-o x", "!! ‹token a1b2c3›"] {
        let command = with_words(words);
        let command = command.curl(2).unwrap();
        // A function named curl writes down each word that it is given.
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}\n");
        let run = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let told = String::from_utf8(run.stdout).unwrap();
        let heard: Vec<&str> = told.trim_end_matches('\0').split('\0').collect();
        let split = shlex::split(&command).unwrap();
        assert_eq!(heard, &split[1..], "{command}");
        assert!(run.stderr.is_empty(), "{command}");
    }
}

#[test]
fn what_is_no_request_has_no_command() {
    let activity = some_entries();
    assert_eq!((activity.curl(1), activity.curl(2), activity.curl(99)), (None, None, None));
    let What::Exchange { purpose, reason, outcome, sent, access, refresh, .. } =
        refresh("a1b2c3", None)
    else {
        panic!()
    };
    let exchange = Exchange { detail: "nothing was sent".to_owned(), ..Exchange::default() };
    tell(&activity, What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange });
    assert_eq!(activity.curl(5), None);
    tell(&activity, switch("on"));
    assert_eq!(activity.curl(6), None);
}
