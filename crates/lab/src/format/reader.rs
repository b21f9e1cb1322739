//! Where mistakes are gathered, each at its place in the file.

use crate::report::Mistake;
use kdl::KdlError;

/// Below this likeness (0 to 1, after Jaro and Winkler) a word is not taken for a slip of another.
const ALIKE: f64 = 0.8;

/// No more mistakes of one file are told: nobody reads more at once, and the parser may find more than
/// one for a byte.
pub(crate) const MOST_MISTAKES: usize = 100;

/// One file, and what is wrong with it so far.
pub(crate) struct Reader<'a> {
    file: &'a str,
    source: &'a str,
    /// The piece that is read now, and where it begins.
    piece: &'a str,
    begins: usize,
    /// So many lines are before it: counted once, and not again for each step.
    lines: usize,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, source: &'a str) -> Self {
        Self { file, source, piece: source, begins: 0, lines: 0, mistakes: Vec::new() }
    }

    /// The piece that is read now: places are counted from its start.
    pub(crate) fn piece(&self) -> &'a str {
        self.piece
    }

    /// Goes on to this piece, which begins at so many bytes, with a line.
    pub(crate) fn turn_to(&mut self, begins: usize, piece: &'a str) {
        let (known, from) = if begins < self.begins { (0, 0) } else { (self.lines, self.begins) };
        let between = self.source.get(from..begins).unwrap_or_default();
        self.lines = known + between.matches('\n').count();
        (self.begins, self.piece) = (begins, piece);
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_content(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Whether as many mistakes were noted as are told.
    pub(crate) fn is_full(&self) -> bool {
        self.mistakes.len() >= MOST_MISTAKES
    }

    /// Notes a mistake at so many bytes from the start of the piece, if there is room for it.
    pub(crate) fn say(&mut self, offset: usize, message: impl Into<String>) {
        if self.is_full() {
            return;
        }
        let (line, column) = self.place(offset);
        let (file, message) = (self.file.to_owned(), message.into());
        self.mistakes.push(Mistake { file, line, column, message });
    }

    /// Notes what the KDL parser found.
    pub(crate) fn syntax(&mut self, error: &KdlError) {
        for found in &error.diagnostics {
            let offset = found.span.offset();
            let said = found.message.as_deref().or(found.label.as_deref()).unwrap_or("no KDL");
            let mut message = format!("this cannot be read: {said}");
            let rest = self.piece.get(offset..).unwrap_or_default();
            if rest.starts_with(|c: char| c.is_ascii_digit()) {
                message.push_str("; a duration stands in quotes: \"20s\"");
            } else if let Some(help) = found.help.as_deref() {
                message.push_str("; ");
                message.push_str(help);
            }
            self.say(offset, message);
        }
        if error.diagnostics.is_empty() {
            self.say(0, "this cannot be read as KDL");
        }
    }

    /// All of them, in the order of the file.
    pub(crate) fn mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        self.mistakes.dedup();
        self.mistakes
    }

    /// Line and column, from 1; a column counts characters.
    pub(crate) fn place(&self, offset: usize) -> (u32, u32) {
        let before = self.piece.get(..offset).unwrap_or(self.piece);
        let line = self.lines + before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

/// What may stand here, the likeliest first where one was nearly hit.
pub(crate) fn instead(word: &str, allowed: &[&str]) -> String {
    let likeness = |candidate: &str| strsim::jaro_winkler(word, candidate);
    let nearest = allowed
        .iter()
        .map(|candidate| (likeness(candidate), *candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((_, nearest)) => format!("did you mean {nearest}? There are: {}", allowed.join(", ")),
        None => format!("there are: {}", allowed.join(", ")),
    }
}
