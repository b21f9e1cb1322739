//! What a restart must not forget: how long the server asked us to wait, whether a refresh moves the
//! refresh token's end, and how far this clock is off.

mod stage;

use engine::{
    Boot, Class, Effect, Ended, Grant, HOUR, Input, Lifetime, MINUTE, Now, SECOND, Sentence,
    Snapshot, State, Trigger, Wait,
};
use stage::{DAY, Stage, ending_refresh_token, saved, saved_ago, told};

/// A record of an hour's token that is due, of a session that the server asked to wait for so long.
fn told_to_wait(now: Now, ms: i64) -> Snapshot {
    let until = Now { wall: now.wall + ms, boot: now.boot + ms };
    Snapshot { wait_until: Some(until), same_boot_wait: true, ..saved_ago(HOUR, 57 * MINUTE, now) }
}

#[test]
fn a_wait_that_the_server_asked_for_is_written_down() {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);

    let effects = stage.fail_after(Class::Throttled, Some(10 * MINUTE));

    let until = Now { wall: stage.now.wall + 10 * MINUTE, boot: stage.now.boot + 10 * MINUTE };
    assert_eq!(effects, [Effect::RecordWait { until }]);
}

#[test]
fn a_restart_does_not_ask_a_server_that_asked_us_to_wait() {
    let stage = Stage::restored(|now| told_to_wait(now, 10 * MINUTE));

    assert_eq!(stage.wait(), Some((Wait::Failure(Class::Throttled), 10 * MINUTE)));
    assert!(matches!(stage.sentence(), Sentence::Throttled { ends_ms: Some(_), .. }));
    assert!(stage.asked.is_empty());
}

#[test]
fn the_wait_goes_on_from_where_it_stood_and_then_the_session_with_it() {
    let mut stage = Stage::restored(|now| told_to_wait(now, 10 * MINUTE));
    for trigger in [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack] {
        stage.came(trigger);
    }
    assert!(stage.asked.is_empty(), "{:?}", stage.asked);

    stage.pass(10 * MINUTE);
    stage.answer(HOUR);

    assert_eq!(stage.asked.len(), 1);
    assert_eq!(stage.state(), State::Resting);
}

#[test]
fn the_person_may_ask_all_the_same() {
    let mut stage = Stage::restored(|now| told_to_wait(now, 10 * MINUTE));

    stage.came(Trigger::Asked);

    assert_eq!(stage.asked.len(), 1);
}

#[test]
fn no_wait_is_longer_than_an_hour_from_this_start_whatever_the_clocks_did() {
    let moved_back = Stage::restored(|now| Snapshot {
        same_boot: false,
        same_boot_wait: false,
        ..told_to_wait(now, DAY)
    });
    let absurd = Stage::restored(|now| told_to_wait(now, i64::MAX));

    for stage in [moved_back, absurd] {
        assert_eq!(stage.wait(), Some((Wait::Failure(Class::Throttled), HOUR)));
    }
}

#[test]
fn a_wait_that_is_over_means_nothing() {
    let stage = Stage::restored(|now| told_to_wait(now, -SECOND));

    assert!(matches!(stage.state(), State::Refreshing { reason: Trigger::Launch, .. }));
}

#[test]
fn in_another_boot_the_wall_clock_says_how_much_of_it_is_left() {
    let stage = Stage::restored(|now| {
        let until = Now { wall: now.wall + MINUTE, boot: Boot(90 * MINUTE) };
        Snapshot {
            wait_until: Some(until),
            same_boot: false,
            same_boot_wait: false,
            ..saved_ago(HOUR, 57 * MINUTE, now)
        }
    });

    assert_eq!(stage.wait(), Some((Wait::Failure(Class::Throttled), MINUTE)));
}

#[test]
fn a_wait_does_not_hide_that_an_answer_was_lost_before_it() {
    let mut stage =
        Stage::restored(|now| Snapshot { intent: true, ..told_to_wait(now, 10 * MINUTE) });
    stage.pass(10 * MINUTE);

    stage.fail(Class::Refused);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::AnswerLost });
}

#[test]
fn that_an_answer_was_lost_is_written_down_with_the_refusal_and_is_said_again_by_the_next_start() {
    let mut stage = Stage::restored(|now| Snapshot { intent: true, ..saved_ago(HOUR, 0, now) });
    stage.pass(SECOND);

    let effects = stage.fail(Class::Refused);

    let why = Ended::AnswerLost;
    assert_eq!(effects, [Effect::RecordRefusal { why }]);
    let next =
        Stage::restored(|now| Snapshot { refused: Some(why), ..saved_ago(HOUR, MINUTE, now) });
    assert_eq!(next.state(), State::NeedsSignIn { why });
    assert_eq!(next.sentence(), Sentence::AnswerLost);
    assert!(next.asked.is_empty());
}

#[test]
fn what_has_ended_for_good_does_not_wait_for_anything() {
    let stage = Stage::restored(|now| Snapshot {
        refused: Some(Ended::Refused),
        ..told_to_wait(now, 10 * MINUTE)
    });

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::Refused });
}

#[test]
fn what_the_server_asked_of_another_copy_holds_here_too() {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);
    stage.fail(Class::ServerTrouble);
    let until = Now { wall: stage.now.wall + MINUTE, boot: stage.now.boot + MINUTE };
    let theirs = Snapshot { wait_until: Some(until), same_boot_wait: true, ..stage.snapshot() };

    stage.tell(Input::Adopted(Box::new(theirs)));

    assert_eq!(stage.wait(), Some((Wait::Failure(Class::Throttled), MINUTE)));
}

#[test]
fn nor_does_a_copy_that_rests_ask_before_the_server_said() {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(50 * MINUTE);
    let until = Now { wall: stage.now.wall + HOUR / 2, boot: stage.now.boot + HOUR / 2 };
    let theirs = Snapshot { wait_until: Some(until), same_boot_wait: true, ..stage.snapshot() };
    stage.tell(Input::Adopted(Box::new(theirs)));

    stage.pass(29 * MINUTE);
    let before = stage.asked.len();
    stage.pass(MINUTE);

    assert_eq!((before, stage.asked.len()), (0, 1));
}

/// An hour's token with a refresh token that ends ten minutes from now, read at a start.
fn with_an_ending_refresh_token(refreshes: u32, moved: Option<bool>) -> Stage {
    Stage::restored(|now| {
        let grant = Grant { renewal: ending_refresh_token(1, 10 * MINUTE), ..told(1, HOUR, now) };
        Snapshot { refreshes, refresh_end_moved: moved, ..saved(grant, now) }
    })
}

#[test]
fn an_end_that_refreshes_do_not_move_costs_no_early_refresh_after_a_restart() {
    let mut stage = with_an_ending_refresh_token(3, Some(false));

    assert!(stage.until_refresh(HOUR).unwrap() > 50 * MINUTE);
}

#[test]
fn an_end_that_refreshes_move_is_renewed_before_it_after_a_restart() {
    for (refreshes, moved) in [(3, Some(true)), (3, None), (0, None)] {
        let mut stage = with_an_ending_refresh_token(refreshes, moved);

        let at = stage.until_refresh(HOUR).unwrap();
        assert!(at < 10 * MINUTE, "{refreshes} {moved:?}: {at}");
    }
}

#[test]
fn a_grant_says_whether_it_moved_the_end() {
    let now = Stage::new().now;
    let grant = |renewal| Grant { renewal, lifetime: Lifetime::Told(HOUR), ..told(1, HOUR, now) };
    let ten = grant(ending_refresh_token(1, 10 * MINUTE));
    let end = now.boot + 10 * MINUTE;

    assert!(ten.moves_refresh_end(None));
    assert!(ten.moves_refresh_end(Some(end + -MINUTE)));
    assert!(!ten.moves_refresh_end(Some(end)), "the same end");
    assert!(!ten.moves_refresh_end(Some(end + -SECOND)), "the same end, rounded");
    assert!(!told(1, HOUR, now).moves_refresh_end(Some(end)), "it tells none");
}

#[test]
fn a_difference_that_was_measured_in_an_earlier_run_is_shown_without_a_bound() {
    let stage = Stage::restored(|now| Snapshot {
        clock_offset_ms: Some(-4 * MINUTE),
        ..saved_ago(HOUR, MINUTE, now)
    });

    let clock = stage.view().clock.unwrap();
    assert_eq!((clock.offset_ms, clock.bound_ms), (-4 * MINUTE, None));
}
