//! One node, read piece by piece; what nobody asked for is a mistake.

use super::reader::{Reader, instead};
use kdl::{KdlEntry, KdlNode, KdlValue};

/// Longest that anything may last: as long as a refresh token of the demo server lives.
pub(crate) const LONGEST_MS: i64 = 30 * 24 * engine::HOUR;

/// A node, and how much of it was read.
pub(crate) struct Node<'r, 'a> {
    reader: &'r mut Reader<'a>,
    node: &'r KdlNode,
    arguments_read: usize,
}

impl<'r, 'a> Node<'r, 'a> {
    pub(crate) fn new(reader: &'r mut Reader<'a>, node: &'r KdlNode) -> Self {
        Self { reader, node, arguments_read: 0 }
    }

    pub(crate) fn name(&self) -> &'r str {
        self.node.name().value()
    }

    /// Its line from 1, and the node word for word.
    pub(crate) fn place(&self) -> (u32, String) {
        let start = self.node.name().span().offset();
        // The parser counts what stands behind a node to it: a comment, a backslash, the line's end.
        let text = self.reader.piece().get(start..self.last()).unwrap_or_default();
        (self.reader.place(start).0, text.trim().to_owned())
    }

    /// Where its last word ends in its piece.
    fn last(&self) -> usize {
        let end = |entry: &KdlEntry| entry.span().offset() + entry.span().len();
        let name = self.node.name().span();
        let entries = self.node.entries().iter().map(end).max();
        entries.unwrap_or_default().max(name.offset() + name.len())
    }

    /// Where it begins in its piece.
    pub(crate) fn begins(&self) -> usize {
        self.node.name().span().offset()
    }

    /// A mistake of the node as a whole.
    pub(crate) fn say(&mut self, message: impl Into<String>) {
        self.reader.say(self.node.name().span().offset(), message);
    }

    fn say_at(&mut self, entry: &KdlEntry, message: impl Into<String>) {
        self.reader.say(offset(entry), message);
    }

    fn next_argument(&mut self) -> Option<&'r KdlEntry> {
        let mut arguments = self.node.entries().iter().filter(|entry| entry.name().is_none());
        let found = arguments.nth(self.arguments_read);
        self.arguments_read += usize::from(found.is_some());
        found
    }

    pub(crate) fn property(&self, name: &str) -> Option<&'r KdlEntry> {
        let named = |entry: &&KdlEntry| entry.name().is_some_and(|known| known.value() == name);
        self.node.entries().iter().rfind(named)
    }

    pub(crate) fn has_property(&self) -> bool {
        self.node.entries().iter().any(|entry| entry.name().is_some())
    }

    fn text(&mut self, entry: &'r KdlEntry, what: &str) -> Option<String> {
        let text = entry.value().as_string().map(str::to_owned);
        if text.is_none() {
            let found = entry.value();
            self.say_at(entry, format!("{found} is no text: {what} stands here"));
        }
        text
    }

    /// The next argument, a text.
    pub(crate) fn argument_text(&mut self, what: &str) -> Option<String> {
        let Some(entry) = self.next_argument() else {
            let name = self.name();
            self.say(format!("{name} wants {what}"));
            return None;
        };
        self.text(entry, what)
    }

    pub(crate) fn property_text(&mut self, name: &str) -> Option<String> {
        let entry = self.property(name)?;
        self.text(entry, "a text in quotes")
    }

    /// The next argument, one of these words.
    pub(crate) fn argument_of(&mut self, words: &[&str], what: &str) -> Option<String> {
        let name = self.name();
        let Some(entry) = self.next_argument() else {
            self.say(format!("{name} wants a {what}: {}", words.join(", ")));
            return None;
        };
        self.word(entry, words, what)
    }

    pub(crate) fn property_of(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let entry = self.property(name)?;
        self.word(entry, words, name)
    }

    fn word(&mut self, entry: &'r KdlEntry, words: &[&str], what: &str) -> Option<String> {
        let word = self.text(entry, &format!("one of {}", words.join(", ")))?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        self.say_at(entry, format!("there is no {what} \"{word}\"; {}", instead(&word, words)));
        None
    }

    /// The next argument, a duration in milliseconds.
    pub(crate) fn argument_duration(&mut self) -> Option<i64> {
        let name = self.name();
        let Some(entry) = self.next_argument() else {
            self.say(format!("{name} wants a duration, such as \"20s\", \"8h\" or \"2 days\""));
            return None;
        };
        self.duration(entry)
    }

    pub(crate) fn property_duration(&mut self, name: &str) -> Option<i64> {
        let entry = self.property(name)?;
        self.duration(entry)
    }

    /// A duration that may be negative.
    pub(crate) fn property_signed_duration(&mut self, name: &str) -> Option<i64> {
        let entry = self.property(name)?;
        let text = self.text(entry, "a duration such as \"1h\" or \"-1h\"")?;
        match text.strip_prefix('-') {
            Some(rest) => self.span(entry, rest.trim()).map(|ms| -ms),
            None => self.span(entry, &text),
        }
    }

    fn duration(&mut self, entry: &'r KdlEntry) -> Option<i64> {
        let text = self.text(entry, "a duration such as \"20s\", \"8h\" or \"2 days\"")?;
        self.span(entry, &text)
    }

    fn span(&mut self, entry: &'r KdlEntry, text: &str) -> Option<i64> {
        let Ok(duration) = humantime::parse_duration(text) else {
            let message = format!(
                "\"{text}\" is no duration: write for example \"500ms\", \"20s\", \"8h\" or \"2 days\""
            );
            self.say_at(entry, message);
            return None;
        };
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        if ms > LONGEST_MS {
            self.say_at(entry, format!("\"{text}\" is too long: nothing lasts over 30 days here"));
            return None;
        }
        Some(ms)
    }

    pub(crate) fn property_number(&mut self, name: &str, from: u64, to: u64) -> Option<u64> {
        let entry = self.property(name)?;
        let number = entry.value().as_integer().and_then(|number| u64::try_from(number).ok());
        let number = number.filter(|number| (from..=to).contains(number));
        if number.is_none() {
            let found = entry.value();
            self.say_at(entry, format!("{name}={found}: a number from {from} to {to} stands here"));
        }
        number
    }

    pub(crate) fn property_yes_or_no(&mut self, name: &str) -> Option<bool> {
        let entry = self.property(name)?;
        let answer = entry.value().as_bool();
        if answer.is_none() {
            let found = entry.value();
            self.say_at(entry, format!("{name}={found}: #true or #false stands here"));
        }
        answer
    }

    /// The property's value, whatever it is, and where a mistake about it is noted.
    pub(crate) fn property_value(&self, name: &str) -> Option<&'r KdlValue> {
        self.property(name).map(KdlEntry::value)
    }

    pub(crate) fn say_of(&mut self, property: &str, message: impl Into<String>) {
        match self.property(property) {
            Some(entry) => self.say_at(entry, message),
            None => self.say(message),
        }
    }

    /// Everything that is left is a mistake.
    pub(crate) fn nothing_more(&mut self, properties: &[&str]) {
        let name = self.name();
        while let Some(entry) = self.next_argument() {
            let found = entry.value();
            self.say_at(entry, format!("{name} takes nothing like {found} here"));
        }
        let mut seen: Vec<&str> = Vec::new();
        for entry in self.node.entries() {
            let Some(property) = entry.name().map(kdl::KdlIdentifier::value) else { continue };
            if !properties.contains(&property) {
                let rest = match properties {
                    [] => format!("{name} takes none"),
                    known => instead(property, known),
                };
                self.say_at(entry, format!("{name} knows no {property}; {rest}"));
            } else if seen.contains(&property) {
                self.say_at(entry, format!("{property} stands here twice"));
            }
            seen.push(property);
        }
        if self.node.children().is_some() {
            self.say(format!("{name} takes nothing in braces: each step is a line of its own"));
        }
        if self.node.ty().is_some() {
            self.say("a step has no type in parentheses before it");
        }
    }
}

/// Where a value stands; white space before it is not its own.
fn offset(entry: &KdlEntry) -> usize {
    entry.name().map_or_else(|| entry.span().offset(), |name| name.span().offset())
}
