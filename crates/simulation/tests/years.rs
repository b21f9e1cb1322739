//! A year is drawn as it should be, and tells a good policy from a bad one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[allow(dead_code, reason = "lives made by hand are for another test")]
mod support;

use demo_server::Rotation;
use simulation::computer::Link;
use simulation::director;
use simulation::life::{Event, Life, Options};
use simulation::report::{Figures, details, play_many, table};
use simulation::server::Mood;
use support::{Habits, Small};

fn short() -> Options {
    Options { days: 60, ..Options::default() }
}

#[test]
fn a_life_is_in_order_and_determined_by_its_seed() {
    let life = Life::drawn(3, &Options::default());
    assert!(life.events.is_sorted_by_key(|(at_ms, _)| *at_ms));
    assert!(life.events.iter().all(|(at_ms, _)| (0..life.ends_ms).contains(at_ms)));
    assert_eq!(life, Life::drawn(3, &Options::default()));
    assert_ne!(life, Life::drawn(4, &Options::default()));
}

#[test]
fn a_year_has_every_hazard() {
    type Test = fn(&Event) -> bool;
    let tests: [(&str, Test, usize); 27] = [
        ("suspend", |it| matches!(it, Event::Suspend { .. }), 300),
        ("power off", |it| matches!(it, Event::Off { .. }), 20),
        ("closed by its person", |it| *it == Event::Quit(0), 20),
        ("a second copy", |it| *it == Event::Open(1), 50),
        ("focus in it", |it| *it == Event::Focus(1), 200),
        ("killed", |it| matches!(it, Event::Kill { .. }), 20),
        ("killed in mid-refresh", |it| matches!(it, Event::KillInMidRefresh { .. }), 30),
        ("no network", |it| *it == Event::Connect(Link::Down), 300),
        ("portal", |it| *it == Event::Connect(Link::Portal), 5),
        ("slow", |it| *it == Event::Connect(Link::Slow), 50),
        ("lossy", |it| matches!(it, Event::Connect(Link::Lossy { .. })), 100),
        ("clock ahead", |it| matches!(it, Event::SetClock(1..)), 4),
        ("clock behind", |it| matches!(it, Event::SetClock(..0)), 4),
        ("clock right again", |it| *it == Event::SetClock(0), 10),
        ("restart", |it| *it == Event::Server(Mood::Down), 20),
        ("trouble", |it| *it == Event::Server(Mood::Trouble), 20),
        ("throttling", |it| matches!(it, Event::Server(Mood::Throttling { .. })), 20),
        ("set up wrong", |it| *it == Event::Server(Mood::SetUpWrong), 1),
        ("lost answer", |it| *it == Event::LoseAnswer, 20),
        ("strict", |it| *it == Event::Rotate(Rotation::Strict), 1),
        ("grace", |it| matches!(it, Event::Rotate(Rotation::Grace { .. })), 1),
        ("no rotation", |it| *it == Event::Rotate(Rotation::None), 1),
        ("server clock", |it| matches!(it, Event::ServerClock(off) if *off != 0), 1),
        ("revoked", |it| *it == Event::Revoke, 1),
        ("key change", |it| *it == Event::ChangeKeys, 8),
        ("sign-out", |it| matches!(it, Event::SignOut(_)), 6),
        ("sign-out in mid-refresh", |it| matches!(it, Event::SignOutInMidRefresh { .. }), 6),
    ];
    for seed in 0..20 {
        let life = Life::drawn(seed, &Options::default());
        for (name, test, least) in &tests {
            let found = life.events.iter().filter(|(_, event)| test(event)).count();
            assert!(found >= *least, "seed {seed}: {name}: {found}");
        }
    }
}

#[test]
fn whoever_keeps_a_session_as_well_as_can_be_is_blamed_for_nothing() {
    let options = short();
    for seed in 0..8 {
        let life = Life::drawn(seed, &options);
        let tally = director::play(&Small::new(Habits::default()), &life, &options);
        let blamed = [
            tally.avoidable_sign_outs,
            tally.dead_tokens_handed_out,
            tally.lost_refresh_tokens,
            tally.stuck,
            tally.hung,
            tally.ran_out,
            tally.too_soon,
        ];
        assert_eq!(blamed, [0; 7], "{}", details(&tally));
        assert!(tally.refreshes > tally.oracle_refreshes, "{}", details(&tally));
    }
}

#[test]
fn every_bad_habit_shows() {
    let options = short();
    let sum = |habits: Habits| {
        let tallies = play_many(&|| Box::new(Small::new(habits)), &[1, 2], &options);
        Figures::of("small", None, options.days, &tallies)
    };
    let good = Habits::default();
    assert!(sum(Habits { signs_out_on_failure: true, ..good }).avoidable_sign_outs > 5);
    assert!(sum(Habits { takes_no_lock: true, ..good }).avoidable_sign_outs > 0);
    assert!(sum(Habits { hands_out_dead: true, ..good }).dead_tokens_handed_out > 5);
    assert!(sum(Habits { goes_silent: true, ..good }).stuck > 5);
    assert!(sum(Habits { forgets_when_stopped: true, ..good }).lost_refresh_tokens > 0);
    assert!(sum(Habits { saves_after_ms: 20_000, ..good }).lost_refresh_tokens > 0);
}

#[test]
fn the_same_seeds_give_the_same_tallies_on_any_number_of_threads() {
    let options = Options { days: 20, ..Options::default() };
    let policy = || -> Box<dyn simulation::policies::Policy> {
        Box::new(Small::new(Habits { takes_no_lock: true, ..Habits::default() }))
    };
    let seeds = [5, 6, 7, 8];
    let together = play_many(&policy, &seeds, &options);
    let alone: Vec<_> =
        seeds.iter().map(|seed| play_many(&policy, &[*seed], &options).remove(0)).collect();
    assert_eq!(together, alone);
}

#[test]
fn figures_have_exactly_these_keys_in_this_order() {
    let figures = Figures::of("small", Some("lock"), 365, &[]);
    let json = serde_json::to_string(&figures).unwrap();
    assert_eq!(
        json,
        "{\"policy\":\"small\",\"without\":\"lock\",\"days\":365,\"runs\":0,\
         \"avoidable_sign_outs\":0,\"unavoidable_sign_outs\":0,\"dead_tokens_handed_out\":0,\
         \"refreshes\":0,\"oracle_refreshes\":0,\"lost_refresh_tokens\":0,\"stuck\":0}"
    );
    assert!(table(&[figures]).contains("small without lock"));
}
