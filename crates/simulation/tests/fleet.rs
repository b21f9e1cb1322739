//! A fleet that starts together: what its auth server is asked.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use simulation::fleet::{Fleet, GOAL, Options, Report, picture, play};
use std::sync::LazyLock;

/// Fleets that are large enough for chance to leave the busiest second alone, on a server that is
/// always there.
static LARGE: LazyLock<Vec<Report>> = LazyLock::new(|| {
    let fleet = |seed| Options { desktops: 20_000, seed, outage_s: 0..0, ..Options::default() };
    [1, 2].into_iter().map(|seed| play(&fleet(seed))).collect()
});

/// A small one, for what does not hang on its size.
static SMALL: LazyLock<Report> = LazyLock::new(|| play(&small(1)));

fn small(seed: u64) -> Options {
    Options { desktops: 1_000, seed, ..Options::default() }
}

fn under<'a>(report: &'a Report, policy: &str) -> &'a Fleet {
    let named = report.fleets.iter().find(|fleet| fleet.policy == policy);
    named.unwrap_or_else(|| panic!("no fleet goes by {policy}"))
}

#[test]
fn a_fleet_that_was_launched_together_does_not_renew_together() {
    for report in LARGE.iter() {
        let ours = under(report, "keeper");

        assert!(ours.ratio <= GOAL, "seed {}: {} x", report.seed, ours.ratio);
        assert!(report.is_reached());
    }
}

#[test]
fn without_the_spreading_it_would() {
    for report in LARGE.iter() {
        let alike = under(report, "keeper, every draw alike");

        assert!(alike.ratio > GOAL, "seed {}: {} x", report.seed, alike.ratio);
    }
}

#[test]
fn a_launch_asks_once_where_the_tutorial_asks_twice() {
    let [ours, article] = ["keeper", "article"].map(|policy| under(&LARGE[0], policy));
    let launching = f64::from(article.launch_peak_per_s) / f64::from(ours.launch_peak_per_s);

    assert!((1.5..2.5).contains(&launching), "{launching} x");
}

#[test]
fn nobody_of_ours_logs_in_and_everybody_of_the_tutorials_does_so_daily() {
    assert_eq!(under(&SMALL, "keeper").logins, 0);
    assert!(under(&SMALL, "article").logins > SMALL.desktops);
}

#[test]
fn after_an_outage_ours_is_live_again_within_the_ladders_longest_step() {
    let [ours, article] =
        ["keeper", "article"].map(|policy| under(&SMALL, policy).live_again_s.unwrap());

    assert!(ours <= 5 * 60, "{ours} s");
    assert!(article > ours, "the tutorial waits for somebody to look: {article} s");
}

#[test]
fn an_even_spread_has_as_many_requests_and_no_busy_second() {
    let [ours, even] = ["keeper", "even spread"].map(|policy| under(&SMALL, policy));

    assert_eq!(ours.total, even.total);
    assert!(f64::from(even.peak_per_s) <= even.mean_per_s.ceil());
}

#[test]
fn the_same_seed_plays_the_same_day_and_another_seed_another() {
    assert_eq!(play(&small(1)), *SMALL);
    assert_ne!(play(&small(2)).fleets, SMALL.fleets);
}

#[test]
fn the_figures_stand_in_the_words_with_the_goal_beside_them() {
    let words = SMALL.words();

    for fleet in &SMALL.fleets {
        let line = words.lines().find(|line| line.starts_with(&format!("{}  ", fleet.policy)));
        assert!(line.is_some_and(|line| line.contains(&fleet.total.to_string())), "{words}");
    }
    assert!(words.contains("no second is busier than 5 x the mean"), "{words}");
}

#[test]
fn the_picture_names_its_lines_and_both_its_axes() {
    let svg = picture(&SMALL).unwrap();

    for words in ["Session Keeper", "tutorial", "even spread", "time of day", "requests per second"]
    {
        assert!(svg.contains(words), "{words}");
    }
}
