//! The file format: KDL (<https://kdl.dev>, version 2), one node for each step.
//!
//! Everything that is wrong in a file is told, each with its line and column and what may stand
//! there: somebody who writes a scenario should not have to look anything up twice.

mod expectations;
mod nodes;
mod pieces;
mod reader;
mod server;
mod steps;

use crate::report::{Mistake, ScenarioText};
use crate::scenario::{Act, Line, Scenario};
use kdl::{KdlDocument, KdlNode};
use nodes::Node;
use reader::Reader;

#[cfg(feature = "fuzzing")]
pub(crate) use reader::MOST_MISTAKES;

/// What stands above the steps.
pub(crate) const HEADINGS: [&str; 2] = ["title", "group"];
/// The groups that are shown, in their order. What testers write stands in the last.
pub(crate) const GROUPS: [&str; 5] = ["tutorial", "failures", "time", "crashes", "own"];

/// A file is no larger than this, in bytes.
pub(crate) const LARGEST: usize = 16 * 1_024;

/// Reads one file, on a thread whose stack is known to be large enough: the parser calls itself.
pub(crate) fn read(name: &str, file: &str, source: &str) -> Result<Scenario, Vec<Mistake>> {
    let wrong = |message: String| {
        let file = file.to_owned();
        Err(vec![Mistake { file, line: 1, column: 1, message }])
    };
    if source.len() > LARGEST {
        return wrong(format!("a scenario is no larger than {} KiB", LARGEST / 1_024));
    }
    let read = std::thread::scope(|scope| {
        let reading = std::thread::Builder::new().stack_size(pieces::STACK);
        let reading = reading.spawn_scoped(scope, || read_here(name, file, source));
        reading.map(|reading| reading.join())
    });
    match read {
        Ok(Ok(read)) => read,
        Ok(Err(_panicked)) => wrong("this cannot be read".to_owned()),
        Err(why) => wrong(format!("this cannot be read now: {why}")),
    }
}

fn read_here(name: &str, file: &str, source: &str) -> Result<Scenario, Vec<Mistake>> {
    let mut reader = Reader::new(file, source);
    let mut heading = Heading::default();
    let mut lines: Vec<Line> = Vec::new();
    let mut flow = steps::Flow::default();
    let mut has_steps = false;
    // Where the first expectation stands that is the app's own word alone.
    let mut only_says = None;
    for (begins, piece) in pieces::pieces(source) {
        if reader.is_full() {
            break;
        }
        // Nothing to parse; and a file may have a line for every byte.
        if piece.trim_ascii().is_empty() {
            continue;
        }
        reader.turn_to(begins, piece);
        if piece.len() > pieces::LONGEST {
            has_steps = true;
            reader.say(0, format!("a step is no longer than {} bytes", pieces::LONGEST));
            continue;
        }
        if pieces::is_slow(piece) {
            has_steps = true;
            reader.say(0, "a step has nothing in braces, and leaves two things out by /- at most");
            continue;
        }
        let document = match KdlDocument::parse_v2(piece) {
            Ok(document) => document,
            Err(error) => {
                has_steps = true;
                reader.syntax(&error);
                continue;
            }
        };
        has_steps |= document.nodes().iter().any(is_step);
        for node in document.nodes() {
            let mut node = Node::new(&mut reader, node);
            match node.name() {
                "title" => heading.title(&mut node, !lines.is_empty()),
                "group" => heading.group(&mut node, !lines.is_empty()),
                _ => {
                    if let Some((act, copy)) = steps::read(&mut node, &mut flow) {
                        let (line, text) = node.place();
                        if matches!(act, Act::Expect(_)) {
                            only_says.get_or_insert(begins + node.begins());
                        }
                        lines.push(Line { line, text, act, copy });
                    }
                }
            }
        }
    }
    reader.turn_to(0, source);
    if !heading.seen_title {
        reader
            .say(0, "a scenario begins with what it shows: title \"A lost answer costs nothing\"");
    }
    if !has_steps {
        reader.say(source.len(), "there is no step: add at least a sign-in and an expect");
    }
    // What else is wrong may be the reason.
    if reader.is_content() && !lines.iter().any(Line::is_judged_by_the_server) {
        match only_says {
            Some(at) => reader.say(
                at,
                "only the app's own word is expected here; expect a session, an api status or a count, too",
            ),
            None => reader.say(
                source.len(),
                "nothing is expected, so nothing could fail: add for example expect session=\"survived\"",
            ),
        }
    }
    let mistakes = reader.mistakes();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(Scenario {
        name: name.to_owned(),
        title: heading.title,
        group: heading.group.unwrap_or_else(|| "own".to_owned()),
        shipped: false,
        source: source.to_owned(),
        lines,
    })
}

fn is_step(node: &KdlNode) -> bool {
    !HEADINGS.contains(&node.name().value())
}

#[derive(Default)]
struct Heading {
    title: ScenarioText,
    seen_title: bool,
    group: Option<String>,
}

impl Heading {
    fn title(&mut self, node: &mut Node<'_, '_>, late: bool) {
        if self.seen_title || late {
            node.say("there is one title, and it stands above the steps");
        }
        self.seen_title = true;
        let en = node.argument_text("the title, in quotes").unwrap_or_default();
        let zh = node.property_text("zh").unwrap_or_else(|| en.clone());
        if en.trim().is_empty() {
            node.say("the title is empty: say in a sentence what this scenario shows");
        }
        self.title = ScenarioText { en, zh };
        node.nothing_more(&["zh"]);
    }

    fn group(&mut self, node: &mut Node<'_, '_>, late: bool) {
        if self.group.is_some() || late {
            node.say("there is one group, and it stands above the steps");
        }
        self.group = node.argument_of(&GROUPS, "group");
        node.nothing_more(&[]);
    }
}

#[cfg(test)]
mod tests;
