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

/// Long enough for every hazard, and short enough to be played at every test.
const DAYS: u32 = 30;

/// Plays ours in these lives.
fn played(without: Option<Rule>, seeds: &[u64], days: u32) -> (Figures, Vec<Tally>) {
    let options = Options { days, ..Options::default() };
    let ours = || -> Box<dyn Policy> { Box::new(Ours::new(1, without)) };
    let tallies = play_many(&ours, seeds, &options);
    (Figures::of("keeper", without.map(Rule::name), days, &tallies), tallies)
}

#[test]
fn nobody_is_signed_out_who_could_be_kept_and_the_server_is_asked_hardly_more_than_it_must() {
    let (figures, tallies) = played(None, &[101, 102], DAYS);
    let told: String = tallies.iter().map(details).collect();
    assert!(tallies.iter().all(Tally::is_reached), "{figures:?}\n{told}");
    // It was not idle, and the lives were not easy.
    assert!(figures.refreshes > 300, "{figures:?}");
    assert!(tallies.iter().any(|tally| tally.in_vain > 0), "{figures:?}");
    // DESIGN section 12: of what an oracle needs.
    assert!(figures.refreshes * 100 <= figures.oracle_refreshes * 115, "{figures:?}");
}

#[test]
fn the_same_seed_is_the_same_life_and_the_same_figures() {
    assert_eq!(played(None, &[7], 10), played(None, &[7], 10));
}
