//! What a fleet's day came to, in figures and in words.

use super::Options;
use serde::Serialize;
use std::fmt::Write as _;

/// The busiest second after the first hour is to be at most so many times the mean over the hours
/// that the fleet is awake.
pub const GOAL: f64 = 5.0;

/// A fleet's day under each policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// So many desktops.
    pub desktops: u32,
    /// How long an access token lives, in seconds.
    pub lifetime_s: u32,
    /// What the fleet was derived from.
    pub seed: u64,
    /// Ours: requests in the busiest second after the first hour.
    pub peak_per_s: u32,
    /// Ours: requests per second, from nine o'clock until the last one has left.
    pub mean_per_s: f64,
    /// Under each policy; ours is the first.
    pub fleets: Vec<Fleet>,
    /// When the server was down for [`Fleet::after_outage_peak_per_s`], in seconds after nine.
    pub outage_s: (u32, u32),
}

/// A fleet's day under one policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fleet {
    /// What its desktops go by.
    pub policy: String,
    /// Requests in the busiest second after the first hour.
    pub peak_per_s: u32,
    /// Requests per second, from nine o'clock until the last one has left.
    pub mean_per_s: f64,
    /// `peak_per_s` by `mean_per_s`.
    pub ratio: f64,
    /// Requests in the busiest second of the first hour.
    pub launch_peak_per_s: u32,
    /// Requests in the busiest second once the server is back, on a day on which it was down.
    pub after_outage_peak_per_s: u32,
    /// On that day, 99 in 100 of the desktops that had asked in vain have a token again so many
    /// seconds after the server is back. `None`: nobody asked in vain, or more of them waited all day.
    pub live_again_s: Option<u32>,
    /// All requests of the day, refreshes and logins.
    pub total: u32,
    /// How many of them were logins.
    pub logins: u32,
    /// Requests in the busiest second of each minute, from nine o'clock on.
    #[serde(skip)]
    pub by_minute: Vec<u32>,
}

impl Report {
    pub(crate) fn new(options: &Options, fleets: Vec<Fleet>) -> Self {
        let ours = fleets.first();
        Self {
            desktops: options.desktops,
            lifetime_s: options.lifetime_s,
            seed: options.seed,
            peak_per_s: ours.map_or(0, |fleet| fleet.peak_per_s),
            mean_per_s: ours.map_or(0.0, |fleet| fleet.mean_per_s),
            fleets,
            outage_s: (options.outage_s.start, options.outage_s.end),
        }
    }

    /// Whether ours stays under the goal.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        f64::from(self.peak_per_s) <= GOAL * self.mean_per_s
    }

    /// The figures as a table, with the goal beneath.
    #[must_use]
    pub fn words(&self) -> String {
        let (from, to) = self.outage_s;
        let mut words = format!(
            "{} desktops start between 9:00 and 9:10 with tokens of {} s; seed {}.\n\
             Requests at the auth server per second; on a second day it is down from {} to {}.\n\n",
            self.desktops,
            self.lifetime_s,
            self.seed,
            clock(from),
            clock(to),
        );
        let heads =
            ["busiest 9-10", "busiest later", "mean", "ratio", "after outage", "live again"];
        line(&mut words, "", heads.map(str::to_owned), "in all", "logins");
        for fleet in &self.fleets {
            let cells = [
                fleet.launch_peak_per_s.to_string(),
                fleet.peak_per_s.to_string(),
                format!("{:.1}", fleet.mean_per_s),
                format!("{:.1} x", fleet.ratio),
                fleet.after_outage_peak_per_s.to_string(),
                fleet.live_again_s.map_or("-".to_owned(), |s| format!("{s} s")),
            ];
            let (total, logins) = (fleet.total.to_string(), fleet.logins.to_string());
            line(&mut words, &fleet.policy, cells, &total, &logins);
        }
        words.push_str(
            "\nLive again: when 99 in 100 of the desktops that asked in vain have a token, counted from \
             the moment\nthe server is back. Every draw alike: what the spreading of a fleet is worth.\n",
        );
        let verdict = if self.is_reached() { "reached" } else { "missed" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            words,
            "\nGoal: after the first hour no second is busier than {GOAL:.0} x the mean. \
             Ours: {:.1} x, {verdict}.",
            f64::from(self.peak_per_s) / self.mean_per_s,
        );
        words
    }
}

fn line(words: &mut String, policy: &str, cells: [String; 6], total: &str, logins: &str) {
    let [first, later, mean, ratio, outage, live] = cells;
    let _ = writeln!(
        words,
        "{policy:<25}{first:>13}{later:>15}{mean:>8}{ratio:>8}{outage:>14}{live:>12}{total:>10}{logins:>9}"
    );
}

/// So many seconds after nine, as a clock shows it.
fn clock(after_nine_s: u32) -> String {
    let minutes = 9 * 60 + after_nine_s / 60;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}
