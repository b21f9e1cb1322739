//! What has gone wrong since the last success, and how long to wait for the next try.

use crate::failure::{Class, Failure};
use crate::plan::Draw;
use crate::time::{Boot, HOUR, MINUTE, SECOND};

/// The steps between tries: 1, 2, 5, 10, 30 s, doubling to 5 min.
const LADDER_MS: [i64; 8] =
    [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 4 * MINUTE];
/// The last step, for good.
const TOP_MS: i64 = 5 * MINUTE;
/// Where a 429 without a Retry-After starts.
const THROTTLED_STEP: u32 = 4;
/// An unclear refusal counts as a lasting one after so many, spread over so long.
const UNCLEAR_TRIES: u32 = 3;
const UNCLEAR_SPREAD_MS: i64 = 2 * MINUTE;
/// How soon a refresh whose outcome is unknown is repeated: inside any server's grace window.
pub(crate) const PROMPT_RETRY_MS: i64 = SECOND;

/// What has gone wrong since the last success.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// The next step of the ladder.
    pub(crate) step: u32,
    /// The next step of the ladder where it is the disk that is waited for.
    pub(crate) disk_step: u32,
    /// A refresh was sent whose outcome is unknown.
    pub(crate) answer_lost: bool,
    /// It was repeated promptly.
    pub(crate) repeated: bool,
    /// Unclear refusals, and since when.
    pub(crate) unclear: u32,
    pub(crate) unclear_since: Option<Boot>,
    /// The server asked us to wait until then: nobody but the person overrides that.
    pub(crate) told_to_wait: Option<Boot>,
    /// When the last try was begun.
    pub(crate) last_try: Option<Boot>,
    /// So many tries connect with the short time limit.
    pub(crate) quick: u32,
}

impl Trouble {
    /// Takes note of a failure, and answers when the next try is.
    pub(crate) fn next_try(&mut self, failure: &Failure, now: Boot, draw: Draw) -> Boot {
        let told = self.told_to_wait.take().filter(|at| now < *at);
        match failure.class {
            Class::NotSent => {
                // The server was not reached: what it asked for stands.
                self.told_to_wait = told;
                let next = now + self.step_ms(draw);
                told.map_or(next, |at| at.max(next))
            }
            Class::ServerTrouble | Class::NotTheAuthServer | Class::SetUp | Class::Refused => {
                now + self.step_ms(draw)
            }
            Class::UnknownOutcome => {
                self.answer_lost = true;
                if self.repeated {
                    now + self.step_ms(draw)
                } else {
                    self.repeated = true;
                    now + PROMPT_RETRY_MS
                }
            }
            Class::Throttled => {
                if failure.retry_after_ms.is_none() {
                    self.step = self.step.max(THROTTLED_STEP);
                }
                let step = self.step_ms(draw);
                let told = failure.retry_after_ms.unwrap_or(0).clamp(0, HOUR);
                let until = now + step.max(told);
                if failure.retry_after_ms.is_some() {
                    self.told_to_wait = Some(until);
                }
                until
            }
            Class::UnclearRefusal => {
                self.unclear = self.unclear.saturating_add(1);
                let since = *self.unclear_since.get_or_insert(now);
                if self.is_lasting_refusal(now) {
                    now + HOUR
                } else if self.unclear >= UNCLEAR_TRIES {
                    // Enough tries, not yet enough time: the last one comes when both are there.
                    (since + UNCLEAR_SPREAD_MS).max(now + self.step_ms(draw))
                } else {
                    now + self.step_ms(draw)
                }
            }
        }
    }

    /// The server has said no without a reason often and long enough that signing in is offered.
    pub(crate) fn is_lasting_refusal(&self, now: Boot) -> bool {
        self.unclear >= UNCLEAR_TRIES
            && self.unclear_since.is_some_and(|since| now - since >= UNCLEAR_SPREAD_MS)
    }

    /// A refresh was answered: all forgotten, but for when it was begun.
    pub(crate) fn is_over(&mut self) {
        *self = Self { last_try: self.last_try, ..Self::default() };
    }

    /// A refresh of which nothing is known was found at start.
    pub(crate) fn found_intent(&mut self) {
        self.answer_lost = true;
        self.repeated = true;
    }

    /// Wake, or the network is back: the ladder starts again, and the first two tries give up early.
    pub(crate) fn start_again(&mut self) {
        self.step = 0;
        self.quick = 2;
    }

    /// Whether this try connects with the short time limit; counts it.
    pub(crate) fn takes_quick_try(&mut self) -> bool {
        let quick = self.quick > 0;
        self.quick = self.quick.saturating_sub(1);
        quick
    }

    /// How long to wait for a disk that takes nothing: on a ladder of its own, or the network's first
    /// failure would wait for minutes.
    pub(crate) fn disk_ms(&mut self, draw: Draw) -> i64 {
        let wait = wait_ms(self.disk_step, draw);
        self.disk_step = self.disk_step.saturating_add(1);
        wait
    }

    fn step_ms(&mut self, draw: Draw) -> i64 {
        let wait = wait_ms(self.step, draw);
        self.step = self.step.saturating_add(1);
        wait
    }
}

/// Each step d is waited as d/2 + derived · d/2, so that a fleet does not knock together.
fn wait_ms(step: u32, draw: Draw) -> i64 {
    let index = usize::try_from(step).unwrap_or(usize::MAX);
    let whole = LADDER_MS.get(index).copied().unwrap_or(TOP_MS);
    whole / 2 + draw.part_of(whole / 2, 100 + u64::from(step))
}
