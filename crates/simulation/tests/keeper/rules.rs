//! Rules taken away, one at a time: what they are there for shows. All eight, over whole years, are
//! `cargo xtask simulate --without all`.

use crate::played;
use simulation::computer::Link;
use simulation::director;
use simulation::life::often::{HOUR, MINUTE, SECOND};
use simulation::life::{Event, Life, Options};
use simulation::policies::keeper::{Ours, Rule};
use simulation::report::{Figures, Tally};

/// What comes of the first life, for so many days, without the rule; with it nothing does.
fn without(rule: Rule, days: u32) -> Figures {
    let (_, whole) = played(None, &[1], days);
    assert!(whole.iter().all(Tally::is_reached), "{whole:?}");
    played(Some(rule), &[1], days).0
}

#[test]
fn without_telling_failures_apart_people_are_signed_out() {
    let figures = without(Rule::Classes, 12);
    assert!(figures.avoidable_sign_outs > 5, "{figures:?}");
}

#[test]
fn without_a_ladder_people_wait_for_what_is_there_again() {
    let figures = without(Rule::Ladder, 12);
    assert!(figures.stuck > 5, "{figures:?}");
}

#[test]
fn without_saving_first_what_was_handed_out_is_lost_with_the_process() {
    let figures = without(Rule::SaveFirst, 30);
    assert!(figures.avoidable_sign_outs > 0, "{figures:?}");
}

#[test]
fn by_the_wall_clock_alone_dead_tokens_are_handed_out() {
    let figures = without(Rule::Clock, 30);
    assert!(figures.dead_tokens_handed_out > 0, "{figures:?}");
}

/// A day behind a slow VPN with two copies open: while one of them renews, somebody signs out in the
/// other, and in again half an hour later.
fn signed_out_in_mid_refresh() -> Life {
    let mut events = vec![
        (0, Event::SignIn(0)),
        (0, Event::Open(0)),
        (0, Event::Open(1)),
        (5 * MINUTE, Event::Connect(Link::Slow)),
    ];
    events.extend((1..10).map(|hour| {
        let (after_ms, away_ms) = (hour * SECOND / 2, 30 * MINUTE);
        (hour * HOUR, Event::SignOutInMidRefresh { elsewhere: true, after_ms, away_ms })
    }));
    Life { seed: 1, ends_ms: 24 * HOUR, events }
}

#[test]
fn without_epochs_a_renewal_in_one_copy_undoes_a_sign_out_in_another() {
    let life = signed_out_in_mid_refresh();
    let play = |without| director::play(&Ours::new(1, without), &life, &Options::default());
    let whole = play(None);
    assert!(whole.is_reached(), "{whole:?}");
    assert!(whole.sign_ins > 5, "{whole:?}");
    let without = play(Some(Rule::Epoch));
    assert!(without.dead_tokens_handed_out > 0, "{without:?}");
}
