//! A renewal whose intent cannot be written down waits for the disk, and not longer than the token.

mod stage;

use engine::{Class, Effect, HOUR, Input, MINUTE, SECOND, Sentence, State, Trigger, Wait};
use stage::{Stage, disk_full};

/// The lead of an hour's token begins five minutes before its end, its last moments one minute.
fn put_off() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(56 * MINUTE);
    put_off_again(&mut stage);
    stage
}

fn put_off_again(stage: &mut Stage) {
    let attempt = stage.attempt().unwrap_or_default();
    stage.tell(Input::PutOff { attempt, trouble: disk_full() });
}

fn goes_ahead(effects: &[Effect]) -> Vec<bool> {
    let mut asked = Vec::new();
    for effect in effects {
        if let Effect::Refresh { even_unwritten, .. } = effect {
            asked.push(*even_unwritten);
        }
    }
    asked
}

#[test]
fn a_renewal_that_cannot_be_written_down_first_waits_and_says_why() {
    let stage = put_off();

    assert!(matches!(stage.state(), State::Waiting { why: Wait::Store, .. }));
    assert!(matches!(stage.sentence(), Sentence::PutOff { ends_ms: Some(_), .. }));
    assert_eq!(stage.view().put_off, Some(disk_full()));
}

#[test]
fn it_is_tried_again_up_the_ladder_while_the_token_lasts() {
    let mut stage = put_off();
    let mut waits = Vec::new();
    for _ in 0..4 {
        let (why, ms) = stage.wait().unwrap();
        assert_eq!(why, Wait::Store);
        waits.push(ms);
        stage.pass(ms);
        put_off_again(&mut stage);
    }

    assert!(waits.is_sorted(), "{waits:?}");
    assert!(waits.iter().all(|ms| *ms <= 10 * SECOND), "{waits:?}");
}

#[test]
fn in_the_last_moments_it_goes_ahead_whatever_the_disk_says() {
    let mut stage = put_off();
    let mut seen = Vec::new();
    while let Some((Wait::Store, ms)) = stage.wait() {
        stage.effects.clear();
        stage.pass(ms);
        seen.extend(goes_ahead(&stage.effects.clone()));
        if seen.last() == Some(&true) {
            break;
        }
        put_off_again(&mut stage);
    }

    let left = stage.view().token.unwrap().ends_ms - stage.now.wall.0;
    assert_eq!(seen.last(), Some(&true));
    assert!(seen.iter().filter(|ahead| **ahead).count() == 1, "{seen:?}");
    assert!(left == MINUTE, "{left} ms left");
}

#[test]
fn the_ladder_of_the_network_begins_at_its_foot_all_the_same() {
    let mut stage = put_off();
    while let Some((Wait::Store, ms)) = stage.wait() {
        stage.pass(ms);
        if stage.view().token.unwrap().ends_ms - stage.now.wall.0 > MINUTE {
            put_off_again(&mut stage);
        }
    }

    stage.fail(Class::NotSent);

    assert!(stage.wait().is_some_and(|(_, ms)| ms <= SECOND), "{:?}", stage.wait());
}

#[test]
fn the_person_is_not_made_to_wait_for_a_disk() {
    let mut stage = put_off();

    let effects = stage.came(Trigger::Asked);

    assert_eq!(goes_ahead(&effects), [true]);
}

#[test]
fn an_api_that_refused_the_token_leaves_nothing_to_wait_for() {
    let mut stage = Stage::signed_in(HOUR);

    let effects = stage.api_refuses();

    assert_eq!(goes_ahead(&effects), [true]);
}

#[test]
fn once_the_disk_takes_it_nothing_is_left_of_the_trouble() {
    let mut stage = put_off();
    let (_, ms) = stage.wait().unwrap();
    stage.pass(ms);

    stage.answer(HOUR);

    assert_eq!(stage.state(), State::Resting);
    assert_eq!(stage.view().put_off, None);
}

#[test]
fn a_failure_of_a_request_that_was_written_down_first_clears_it_as_well() {
    let mut stage = put_off();
    let (_, ms) = stage.wait().unwrap();
    stage.pass(ms);

    stage.fail(Class::NotSent);

    assert_eq!(stage.view().put_off, None);
}

#[test]
fn nobody_is_signed_out_by_a_full_disk() {
    let mut stage = put_off();
    for _ in 0..20 {
        let Some((_, ms)) = stage.wait() else { break };
        stage.pass(ms);
        if stage.attempt().is_some() {
            stage.fail(Class::NotSent);
        }
    }

    assert!(!matches!(stage.state(), State::SignedOut | State::NeedsSignIn { .. }));
}
