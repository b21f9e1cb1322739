//! Ours, played: whole it does what it must, and each rule is there for something.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod keeper {
    pub(crate) mod names;
    pub(crate) mod rules;
}

use simulation::life::Options;
use simulation::policies::Policy;
use simulation::policies::keeper::{Ours, Rule};
use simulation::report::{Figures, Tally, details, play_many};

const DAYS: u32 = 45;

/// Plays ours in these lives.
fn played(without: Option<Rule>, seeds: &[u64], days: u32) -> (Figures, Vec<Tally>) {
    let options = Options { days, ..Options::default() };
    let ours = || -> Box<dyn Policy> { Box::new(Ours::new(1, without)) };
    let tallies = play_many(&ours, seeds, &options);
    (Figures::of("keeper", without.map(Rule::name), days, &tallies), tallies)
}

#[test]
fn nobody_is_signed_out_who_could_have_been_kept_and_nothing_dead_is_handed_out() {
    let (figures, tallies) = played(None, &[101, 102, 103, 104], DAYS);
    let told: String = tallies.iter().map(details).collect();
    assert!(figures.is_reached(), "{figures:?}\n{told}");
    assert_eq!(tallies.iter().map(|tally| tally.hung).sum::<u64>(), 0, "{told}");
    // It was not idle, and the lives were not easy.
    assert!(figures.refreshes > 1_000 && figures.unavoidable_sign_outs > 0, "{figures:?}");
}

#[test]
fn it_asks_the_server_hardly_more_often_than_an_oracle_would() {
    let (figures, _) = played(None, &[101, 102, 103, 104], DAYS);
    assert!(figures.refreshes * 100 <= figures.oracle_refreshes * 115, "{figures:?}");
}

#[test]
fn the_same_seed_is_the_same_life_and_the_same_figures() {
    assert_eq!(played(None, &[7], 30), played(None, &[7], 30));
}
