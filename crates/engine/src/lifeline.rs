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

/// The past of this run.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    bars: VecDeque<(Fingerprint, Plan)>,
    marks: VecDeque<(Boot, MarkKind)>,
}

impl History {
    pub(crate) fn token(&mut self, access: Fingerprint, plan: Plan) {
        if let Some(last) = self.bars.back_mut().filter(|(known, _)| *known == access) {
            last.1 = plan;
            return;
        }
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
        self.marks.push_back((at, kind));
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn draw(&self, now: Now, present: Option<&Plan>) -> Lifeline {
        let at = |boot| now.wall_at(boot).0;
        Lifeline {
            tokens: self
                .bars
                .iter()
                .map(|(access, plan)| Bar {
                    fingerprint: access.to_string(),
                    from_ms: at(plan.asked),
                    to_ms: at(plan.end),
                    renews_ms: plan.renew_at.map(at),
                })
                .collect(),
            planned: present.and_then(|plan| {
                let from = plan.renew_at?.max(now.boot);
                Some(Bar {
                    fingerprint: String::new(),
                    from_ms: at(from),
                    to_ms: at(from + plan.lifetime_ms),
                    renews_ms: None,
                })
            }),
            marks: self
                .marks
                .iter()
                .map(|(boot, kind)| Mark { at_ms: at(*boot), kind: *kind })
                .collect(),
        }
    }
}
