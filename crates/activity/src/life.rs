//! The lifeline as far back as it is remembered: what is added to it, in memory and in lines.
//!
//! A line is as short as it can be read: there are many.

use crate::net::{cleaned_bar, in_calendar};
use crate::wire::LifeHistory;
use engine::{Bar, Mark, MarkKind};
use keeper::activity::Living;
use std::collections::VecDeque;

/// A token is known again among so many of the last ones: as many as the engine draws. Six
/// characters are too few to know it among all of them.
const KNOWN_AGAIN: usize = 24;

/// The past, bounded.
pub(crate) struct Life {
    bars: VecDeque<Bar>,
    marks: VecDeque<Mark>,
    most_bars: usize,
    most_marks: usize,
}

impl Life {
    pub(crate) fn new(most_bars: usize, most_marks: usize) -> Self {
        Self { bars: VecDeque::new(), marks: VecDeque::new(), most_bars, most_marks }
    }

    pub(crate) fn add(&mut self, living: Living) {
        match living {
            Living::Token(bar) => self.token(bar),
            Living::Mark(mark) => {
                if self.marks.len() >= self.most_marks {
                    self.marks.pop_front();
                }
                self.marks.push_back(mark);
            }
        }
    }

    /// What is known of a token now takes the place of what was.
    fn token(&mut self, bar: Bar) {
        let known = self
            .bars
            .iter_mut()
            .rev()
            .take(KNOWN_AGAIN)
            .find(|known| known.fingerprint == bar.fingerprint);
        if let Some(known) = known {
            *known = bar;
            return;
        }
        if self.bars.len() >= self.most_bars {
            self.bars.pop_front();
        }
        self.bars.push_back(bar);
    }

    pub(crate) fn clear(&mut self) {
        self.bars.clear();
        self.marks.clear();
    }

    pub(crate) fn history(&self) -> LifeHistory {
        LifeHistory {
            tokens: self.bars.iter().cloned().collect(),
            marks: self.marks.iter().copied().collect(),
        }
    }
}

/// `["a1b2c3",from,lifetime,renewal]`, the last two in milliseconds from the first.
pub(crate) fn bar_line(bar: &Bar) -> serde_json::Result<String> {
    let Bar { fingerprint, from_ms, to_ms, renews_ms } = bar;
    let since = |at: i64| at.saturating_sub(*from_ms);
    serde_json::to_string(&(fingerprint, from_ms, since(*to_ms), renews_ms.map(since)))
}

/// The bar in a line; `None` where it is none.
pub(crate) fn bar_in(line: &str) -> Option<Bar> {
    let (fingerprint, from_ms, lifetime, renewal) =
        serde_json::from_str::<(String, i64, i64, Option<i64>)>(line).ok()?;
    let at = |ms: i64| from_ms.saturating_add(ms);
    let bar = Bar { fingerprint, from_ms, to_ms: at(lifetime), renews_ms: renewal.map(at) };
    let shown = [bar.from_ms, bar.to_ms].into_iter().chain(bar.renews_ms).all(in_calendar);
    cleaned_bar(bar).filter(|_| shown)
}

/// `[at,{"kind":…}]`.
pub(crate) fn mark_line(mark: &Mark) -> serde_json::Result<String> {
    serde_json::to_string(&(mark.at_ms, mark.kind))
}

/// The mark in a line; `None` where it is none.
pub(crate) fn mark_in(line: &str) -> Option<Mark> {
    let (at_ms, kind) = serde_json::from_str::<(i64, MarkKind)>(line).ok()?;
    Some(Mark { at_ms, kind }).filter(|_| in_calendar(at_ms))
}
