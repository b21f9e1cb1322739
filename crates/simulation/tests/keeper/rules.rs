//! Rules taken away, one at a time: what they are there for shows. All eight, over whole years, are
//! `cargo xtask simulate --without all`.

use crate::played;
use simulation::policies::keeper::Rule;
use simulation::report::Figures;

/// What comes of the first life, for so many days, without the rule; with it nothing does.
fn without(rule: Rule, days: u32) -> Figures {
    let (whole, _) = played(None, &[1], days);
    assert!(whole.is_reached(), "{whole:?}");
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
