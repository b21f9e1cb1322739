//! A fleet: many desktops that start within ten minutes of nine o'clock, and what their auth server
//! is asked in each second of the day.
//!
//! Each desktop has the app's own [`engine::Engine`]; beside it stand the tutorial's policy, which
//! acts on launch and focus only, and the same number of refreshes spread evenly. By default
//! everybody's token expired overnight, which is the worst case: nobody's launch is free.

mod article;
mod day;
mod desktop;
mod picture;
mod report;
mod server;

pub use picture::{Undrawable, picture};
pub use report::{Fleet, GOAL, Report};

use day::Day;
use desktop::{Start, Ticks};
use engine::{MINUTE, SECOND};
use fastrand::Rng;
use server::Server;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

/// Ours, with one seed and the same fingerprints at every desktop, so that nothing is spread.
const ALIKE: &str = "keeper, every draw alike";

/// How large a fleet, and which.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many desktops.
    pub desktops: u32,
    /// Everything that differs between two fleets of one size is derived from it.
    pub seed: u64,
    /// How long an access token lives, in seconds.
    pub lifetime_s: u32,
    /// When the server is down in the harder of the two days, in seconds after nine. Empty: there is
    /// no such day.
    pub outage_s: Range<u32>,
}

impl Default for Options {
    /// DESIGN section 12: 100,000 desktops and one-hour tokens. The server is down from 9:05 to 9:10,
    /// while half of the fleet starts; an hour later it would be missed by few, and at 9:20 by nobody.
    fn default() -> Self {
        Self { desktops: 100_000, seed: 1, lifetime_s: 3_600, outage_s: 300..600 }
    }
}

/// Plays a fleet's day, under each policy, on a server that is always there and on one that is not.
#[must_use]
pub fn play(options: &Options) -> Report {
    let mut rng = Rng::with_seed(options.seed);
    let people: Vec<(Day, Rng)> =
        (0..options.desktops).map(|_| (Day::of(&mut rng), rng.fork())).collect();
    let last = people.iter().map(|(day, _)| day.leaves).max().unwrap_or(0);
    let hours = Hours {
        awake_s: u32::try_from(last / SECOND).unwrap_or(u32::MAX) + 1,
        back_s: options.outage_s.end,
    };
    let lifetime_ms = i64::from(options.lifetime_s) * SECOND;
    let ours = |start: Start| {
        two_days(options, |server| {
            for (day, rng) in &people {
                desktop::play(day, start, Ticks::ThatMatter, lifetime_ms, rng.clone(), server);
            }
        })
    };
    let article = two_days(options, |server| {
        for (day, _) in &people {
            article::play(day, lifetime_ms, server);
        }
    });
    let [launched, alike, woken] = at_once([Start::Launched, Start::Alike, Start::Woken], ours);
    let total = launched.usual.total();
    let evenly = TwoDays {
        usual: Server::evenly(total, hours.awake_s),
        outage: Server::evenly(total, hours.awake_s),
    };
    let fleets = vec![
        hours.measure("keeper", &launched),
        hours.measure("article", &article),
        hours.measure("even spread", &evenly),
        hours.measure(ALIKE, &alike),
        hours.measure("keeper, woken", &woken),
    ];
    Report::new(options, fleets)
}

/// What a server was asked on a usual day, and on one on which it was down for a while.
struct TwoDays {
    usual: Server,
    outage: Server,
}

fn two_days(options: &Options, fleet: impl Fn(&mut Server)) -> TwoDays {
    let ms = |s: u32| i64::from(s) * SECOND;
    let mut usual = Server::default();
    let mut outage = Server::down(ms(options.outage_s.start)..ms(options.outage_s.end));
    fleet(&mut usual);
    if options.outage_s.is_empty() {
        outage = usual.clone();
    } else {
        fleet(&mut outage);
    }
    TwoDays { usual, outage }
}

/// Plays fleets beside each other: they have nothing in common.
fn at_once(starts: [Start; 3], play: impl Fn(Start) -> TwoDays + Sync) -> [TwoDays; 3] {
    thread::scope(|scope| {
        let play = &play;
        starts
            .map(|start| scope.spawn(move || play(start)))
            .map(|fleet| fleet.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// The hours that are measured, in seconds after nine.
#[derive(Clone, Copy)]
struct Hours {
    /// Until the last one has left.
    awake_s: u32,
    /// The server is back.
    back_s: u32,
}

impl Hours {
    fn measure(self, policy: &str, days: &TwoDays) -> Fleet {
        let TwoDays { usual, outage } = days;
        let hour = 60 * MINUTE / SECOND;
        let peak_per_s = usual.peak(hour..i64::MAX);
        let mean_per_s = f64::from(usual.total()) / f64::from(self.awake_s);
        Fleet {
            policy: policy.to_owned(),
            peak_per_s,
            mean_per_s,
            ratio: f64::from(peak_per_s) / mean_per_s,
            launch_peak_per_s: usual.peak(0..hour),
            after_outage_peak_per_s: outage.peak(i64::from(self.back_s)..i64::MAX),
            live_again_s: outage.live_again_s(),
            total: usual.total(),
            logins: usual.logins(),
            by_minute: usual.by_minute(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use day::Act;

    fn played(ticks: Ticks, start: Start, down: Range<i64>) -> Server {
        played_by(|_| true, ticks, start, down)
    }

    /// Twelve people, of whose acts some are left out.
    fn played_by(
        does: impl Fn(Act) -> bool,
        ticks: Ticks,
        start: Start,
        down: Range<i64>,
    ) -> Server {
        let mut server = Server::down(down);
        let mut rng = Rng::with_seed(3);
        for _ in 0..12 {
            let mut day = Day::of(&mut rng);
            day.acts.retain(|(_, act)| does(*act));
            desktop::play(&day, start, ticks, 60 * MINUTE, rng.fork(), &mut server);
        }
        server
    }

    #[test]
    fn a_look_at_the_window_costs_no_refresh_and_moves_none() {
        for start in [Start::Launched, Start::Woken] {
            let looked = played(Ticks::ThatMatter, start, 0..0);
            let unseen = played_by(|act| act != Act::Looks, Ticks::ThatMatter, start, 0..0);

            assert_eq!(looked, unseen, "{start:?}");
        }
    }

    #[test]
    fn the_ticks_that_are_left_out_change_nothing() {
        for start in [Start::Launched, Start::Woken, Start::Alike] {
            for down in [0..0, 3 * MINUTE..130 * MINUTE] {
                let all = played(Ticks::All, start, down.clone());
                let few = played(Ticks::ThatMatter, start, down.clone());

                assert!(all.total() > 12 * 6, "{} is no day", all.total());
                assert_eq!(all, few, "{start:?} {down:?}");
            }
        }
    }
}
