//! What there is to draw: tokens past and present, and what happened when. Bounded.

use crate::grant::Fingerprint;
use crate::plan::Plan;
use crate::time::{Boot, Now, SECOND};
use crate::view::{Bar, Lifeline, Mark, MarkKind};
use std::collections::VecDeque;

const BARS: usize = 24;
const MARKS: usize = 60;
/// Marks of one kind closer than this are one mark: focus comes in bursts.
const BURST_MS: i64 = SECOND;

/// Something that was added to the lifeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// A token, or what is known of it now.
    Token(Bar),
    /// Something that happened.
    Mark(Mark),
}

/// The same, in time since boot.
#[derive(Clone, Copy, Debug)]
enum News {
    Token(Fingerprint, Plan),
    Mark(Boot, MarkKind),
}

/// The past of this run.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    bars: VecDeque<(Fingerprint, Plan)>,
    marks: VecDeque<(Boot, MarkKind)>,
    /// What the present input has added.
    news: Vec<News>,
}

impl History {
    pub(crate) fn token(&mut self, access: Fingerprint, plan: Plan) {
        if let Some(last) = self.bars.back_mut().filter(|(known, _)| *known == access) {
            if last.1 != plan {
                last.1 = plan;
                self.news.push(News::Token(access, plan));
            }
            return;
        }
        self.news.push(News::Token(access, plan));
        if self.bars.len() == BARS {
            self.bars.pop_front();
        }
        self.bars.push_back((access, plan));
    }

    pub(crate) fn mark(&mut self, at: Boot, kind: MarkKind) {
        let repeated =
            self.marks.back().is_some_and(|(last, k)| *k == kind && at - *last < BURST_MS);
        if repeated {
            return;
        }
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.news.push(News::Mark(at, kind));
        self.marks.push_back((at, kind));
    }

    /// Nothing is drawn any more; what was news still is.
    pub(crate) fn clear(&mut self) {
        *self = Self { news: std::mem::take(&mut self.news), ..Self::default() };
    }

    pub(crate) fn forget_news(&mut self) {
        self.news.clear();
    }

    pub(crate) fn news(&self, now: Now) -> impl Iterator<Item = Added> {
        self.news.iter().map(move |news| match news {
            News::Token(access, plan) => Added::Token(bar(*access, plan, now)),
            News::Mark(boot, kind) => Added::Mark(mark(*boot, *kind, now)),
        })
    }

    pub(crate) fn draw(&self, now: Now, present: Option<&Plan>) -> Lifeline {
        let at = |boot| now.wall_at(boot).0;
        Lifeline {
            tokens: self.bars.iter().map(|(access, plan)| bar(*access, plan, now)).collect(),
            planned: present.and_then(|plan| {
                let from = plan.renew_at?.max(now.boot);
                Some(Bar {
                    fingerprint: String::new(),
                    from_ms: at(from),
                    to_ms: at(from + plan.lifetime_ms),
                    renews_ms: None,
                })
            }),
            marks: self.marks.iter().map(|(boot, kind)| mark(*boot, *kind, now)).collect(),
        }
    }
}

fn bar(access: Fingerprint, plan: &Plan, now: Now) -> Bar {
    let at = |boot| now.wall_at(boot).0;
    Bar {
        fingerprint: access.to_string(),
        from_ms: at(plan.asked),
        to_ms: at(plan.end),
        renews_ms: plan.renew_at.map(at),
    }
}

fn mark(boot: Boot, kind: MarkKind, now: Now) -> Mark {
    Mark { at_ms: now.wall_at(boot).0, kind }
}
