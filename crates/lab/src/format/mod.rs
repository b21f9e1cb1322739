//! The file format: KDL (<https://kdl.dev>, version 2), one node for each step.
//!
//! Everything that is wrong in a file is told, each with its line and column and what may stand
//! there: somebody who writes a scenario should not have to look anything up twice.

mod expectations;
mod nodes;
mod reader;
mod server;
mod steps;

use crate::report::{Mistake, ScenarioText};
use crate::scenario::{Line, Scenario};
use kdl::{KdlDocument, KdlNode};
use nodes::Node;
use reader::Reader;

/// What stands above the steps.
pub(crate) const HEADINGS: [&str; 2] = ["title", "group"];
/// The groups that are shown, in their order. What testers write stands in the last.
pub(crate) const GROUPS: [&str; 5] = ["tutorial", "failures", "time", "crashes", "own"];

/// Reads one file.
pub(crate) fn read(name: &str, file: &str, source: &str) -> Result<Scenario, Vec<Mistake>> {
    let mut reader = Reader::new(file, source);
    let document = match KdlDocument::parse_v2(source) {
        Ok(document) => document,
        Err(error) => {
            reader.syntax(&error);
            return Err(reader.mistakes());
        }
    };
    let mut heading = Heading::default();
    let mut lines: Vec<Line> = Vec::new();
    let mut flow = steps::Flow::default();
    for node in document.nodes() {
        let mut node = Node::new(&mut reader, node);
        match node.name() {
            "title" => heading.title(&mut node, !lines.is_empty()),
            "group" => heading.group(&mut node, !lines.is_empty()),
            _ => {
                if let Some((act, copy)) = steps::read(&mut node, &mut flow) {
                    let (line, text) = node.place();
                    lines.push(Line { line, text, act, copy });
                }
            }
        }
    }
    if !heading.seen_title {
        reader
            .say(0, "a scenario begins with what it shows: title \"A lost answer costs nothing\"");
    }
    let has_steps = document.nodes().iter().any(is_step);
    if !has_steps {
        reader.say(source.len(), "there is no step: add at least a sign-in and an expect");
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
