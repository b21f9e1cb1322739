//! Figures: for programs, for people, and every incident for whoever looks for a defect.

use crate::director;
use crate::life::often::{DAY, HOUR, MINUTE, SECOND};
use crate::life::{Life, Options};
use crate::policies::Policy;
use serde::Serialize;
use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Something that should not have happened, or could not be helped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The true time, in milliseconds.
    pub at_ms: i64,
    /// What happened, in words.
    pub what: String,
}

/// What was counted in one life. [`crate::judge`] says what each word means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What the life was drawn from.
    pub seed: u64,
    /// Sign-outs that need not have been.
    pub avoidable_sign_outs: u64,
    /// Sign-outs that no client could have helped.
    pub unavoidable_sign_outs: u64,
    /// Dead tokens handed out while the server could be asked.
    pub dead_tokens_handed_out: u64,
    /// Refreshes that the server looked at.
    pub refreshes: u64,
    /// What an oracle needs.
    pub oracle_refreshes: u64,
    /// Sessions lost because a process was stopped in mid-refresh, where a retry was allowed.
    pub lost_refresh_tokens: u64,
    /// Times in which a copy was stuck.
    pub stuck: u64,
    /// Callers who were not answered.
    pub hung: u64,
    /// Access tokens that ran out.
    pub ran_out: u64,
    /// Refreshes that were too soon.
    pub too_soon: u64,
    /// Refreshes that reached a server that was not well.
    pub in_vain: u64,
    /// How often the person signed in.
    pub sign_ins: u64,
    /// Calls that were begun.
    pub calls: u64,
    /// Of these, so many got no good token though the computer was available.
    pub calls_unserved: u64,
    /// What happened when.
    pub incidents: Vec<Incident>,
}

impl Tally {
    /// Whether nothing happened that must not happen to ours (DESIGN section 12).
    #[must_use]
    pub fn is_reached(&self) -> bool {
        let counts = [
            self.avoidable_sign_outs,
            self.dead_tokens_handed_out,
            self.lost_refresh_tokens,
            self.stuck,
            self.hung,
            self.ran_out,
            self.too_soon,
        ];
        counts.iter().all(|count| *count == 0)
    }
}

/// What a policy did in all its lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The policy.
    pub policy: String,
    /// Which of its rules was taken away.
    pub without: Option<String>,
    /// How many days each life lasts.
    pub days: u32,
    /// How many lives.
    pub runs: usize,
    /// The sum over all lives, as are those below.
    pub avoidable_sign_outs: u64,
    /// See [`Tally::unavoidable_sign_outs`].
    pub unavoidable_sign_outs: u64,
    /// See [`Tally::dead_tokens_handed_out`].
    pub dead_tokens_handed_out: u64,
    /// See [`Tally::refreshes`].
    pub refreshes: u64,
    /// See [`Tally::oracle_refreshes`].
    pub oracle_refreshes: u64,
    /// See [`Tally::lost_refresh_tokens`].
    pub lost_refresh_tokens: u64,
    /// See [`Tally::stuck`].
    pub stuck: u64,
}

impl Figures {
    /// The sums of these lives.
    #[must_use]
    pub fn of(policy: &str, without: Option<&str>, days: u32, tallies: &[Tally]) -> Self {
        let sum = |of: fn(&Tally) -> u64| tallies.iter().map(of).sum();
        Self {
            policy: policy.to_owned(),
            without: without.map(str::to_owned),
            days,
            runs: tallies.len(),
            avoidable_sign_outs: sum(|it| it.avoidable_sign_outs),
            unavoidable_sign_outs: sum(|it| it.unavoidable_sign_outs),
            dead_tokens_handed_out: sum(|it| it.dead_tokens_handed_out),
            refreshes: sum(|it| it.refreshes),
            oracle_refreshes: sum(|it| it.oracle_refreshes),
            lost_refresh_tokens: sum(|it| it.lost_refresh_tokens),
            stuck: sum(|it| it.stuck),
        }
    }
}

/// Plays one life for each seed, on all cores. The same seeds give the same tallies, in their order.
pub fn play_many(
    policy: &(dyn Fn() -> Box<dyn Policy> + Sync),
    seeds: &[u64],
    options: &Options,
) -> Vec<Tally> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(seeds.len()) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let life = Life::drawn(*seed, options);
                    let tally = director::play(policy().as_ref(), &life, options);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(tally);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|tally| seeds.iter().position(|seed| *seed == tally.seed));
    done
}

/// A table for people: one row for each.
#[must_use]
pub fn table(rows: &[Figures]) -> String {
    let mut text = format!(
        "{:<34}{:>10}{:>12}{:>8}{:>11}{:>10}{:>7}{:>7}{:>7}\n",
        "policy",
        "avoidable",
        "unavoidable",
        "dead",
        "refreshes",
        "oracle",
        "ratio",
        "lost",
        "stuck"
    );
    for row in rows {
        let without = row.without.as_ref().map(|rule| format!(" without {rule}"));
        let name = format!("{}{}", row.policy, without.unwrap_or_default());
        let _ = writeln!(
            text,
            "{name:<34}{:>10}{:>12}{:>8}{:>11}{:>10}{:>7}{:>7}{:>7}",
            row.avoidable_sign_outs,
            row.unavoidable_sign_outs,
            row.dead_tokens_handed_out,
            row.refreshes,
            row.oracle_refreshes,
            ratio(row.refreshes, row.oracle_refreshes),
            row.lost_refresh_tokens,
            row.stuck,
        );
    }
    if let Some(first) = rows.first() {
        let _ = writeln!(text, "sums over {} runs of {} days each", first.runs, first.days);
    }
    text
}

/// `a / b` with two decimals, or a dash.
fn ratio(a: u64, b: u64) -> String {
    let Some(hundredths) = (a * 100 + b / 2).checked_div(b) else { return "-".to_owned() };
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// One life in words: what was counted besides the figures, and every incident.
#[must_use]
pub fn details(tally: &Tally) -> String {
    let mut text = format!(
        "seed {}: {} sign-ins, {} refreshes ({} more in vain; an oracle: {}), {} calls ({} without a \
         good token), {} hung, {} ran out, {} too soon\n",
        tally.seed,
        tally.sign_ins,
        tally.refreshes,
        tally.in_vain,
        tally.oracle_refreshes,
        tally.calls,
        tally.calls_unserved,
        tally.hung,
        tally.ran_out,
        tally.too_soon
    );
    for incident in &tally.incidents {
        let _ = writeln!(text, "  {}  {}", moment(incident.at_ms), incident.what);
    }
    text
}

/// A true time in words: the day, counted from 0, the time of day, and the milliseconds.
#[must_use]
pub fn moment(at_ms: i64) -> String {
    let of_day = at_ms.rem_euclid(DAY);
    format!(
        "day {:>3} {:02}:{:02}:{:02} ({at_ms})",
        at_ms.div_euclid(DAY),
        of_day / HOUR,
        of_day % HOUR / MINUTE,
        of_day % MINUTE / SECOND
    )
}
