//! What each class of failure leads to: which state, and when the next try is.
//! What overrides a wait is in `overrides.rs`; how a session ends is in `endings.rs`.

mod stage;

use engine::{
    Class, Effect, Ended, Fix, HOUR, Input, MINUTE, SECOND, Sentence, State, Trigger, Wait,
};
use stage::{DAY, Stage};

/// DESIGN's ladder: 1, 2, 5, 10, 30 s, doubling to 5 min.
const LADDER: [i64; 10] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    4 * MINUTE,
    5 * MINUTE,
    5 * MINUTE,
];

// ── The ladder ───────────────────────────────────────────────────────────────────────────────

#[test]
fn failures_that_pass_are_retried_up_the_ladder_each_step_half_fixed_and_half_derived() {
    for class in [Class::NotSent, Class::ServerTrouble, Class::NotTheAuthServer] {
        let mut stage = refreshing();

        for step in LADDER {
            stage.fail(class);
            let wait = waits_for(&stage, class);
            assert!((step / 2..=step).contains(&wait), "{class:?}, {step}: {wait}");
            assert_eq!(stage.until_refresh(HOUR), Some(wait), "{class:?}, {step}");
        }
    }
}

#[test]
fn a_fleet_does_not_knock_together() {
    let waits: Vec<i64> = (0..200)
        .map(|seed| {
            let mut stage = Stage::with(engine::Policy::default(), seed);
            stage.sign_in(stage::told(1, HOUR, stage.now));
            stage.came(Trigger::Asked);
            for _ in 0..5 {
                stage.fail(Class::ServerTrouble);
                stage.came(Trigger::Asked);
            }
            stage.fail(Class::ServerTrouble);
            waits_for(&stage, Class::ServerTrouble)
        })
        .collect();

    assert!(waits.iter().any(|wait| *wait < 33 * SECOND));
    assert!(waits.iter().any(|wait| *wait > 57 * SECOND));
}

#[test]
fn the_ladder_begins_anew_after_a_success() {
    let mut stage = refreshing();
    fail_often(&mut stage, Class::NotSent, 8);
    stage.answer(HOUR);
    stage.came(Trigger::Asked);

    stage.fail(Class::NotSent);

    assert!(waits_for(&stage, Class::NotSent) <= SECOND);
}

#[test]
fn a_year_offline_signs_nobody_out() {
    let mut stage = refreshing();

    for _ in 0..2_000 {
        stage.fail(Class::NotSent);
        let wait = waits_for(&stage, Class::NotSent);
        assert!(wait <= 5 * MINUTE);
        stage.drift(wait);
        stage.tell(Input::Tick);
    }

    stage.answer(HOUR);
    assert_eq!(stage.state(), State::Resting);
}

#[test]
fn a_captive_portal_does_not_sign_anyone_out() {
    let mut stage = refreshing();
    fail_often(&mut stage, Class::NotTheAuthServer, 200);

    stage.fail(Class::NotTheAuthServer);

    assert!(matches!(stage.sentence(), Sentence::Portal { .. }), "{:?}", stage.sentence());
}

// ── Unknown outcome ──────────────────────────────────────────────────────────────────────────

#[test]
fn an_unknown_outcome_is_repeated_promptly_once_and_then_goes_up_the_ladder() {
    let mut stage = refreshing();
    let mut waits = Vec::new();

    for _ in 0..4 {
        stage.fail(Class::UnknownOutcome);
        waits.push(waits_for(&stage, Class::UnknownOutcome));
        stage.until_refresh(HOUR);
    }

    assert_eq!(waits[0], SECOND);
    assert!((SECOND / 2..=SECOND).contains(&waits[1]), "{waits:?}");
    assert!((SECOND..=2 * SECOND).contains(&waits[2]), "{waits:?}");
    assert!((2_500..=5 * SECOND).contains(&waits[3]), "{waits:?}");
}

#[test]
fn a_lost_answer_between_other_failures_is_still_repeated_promptly() {
    let mut stage = refreshing();
    fail_often(&mut stage, Class::ServerTrouble, 8);

    stage.fail(Class::UnknownOutcome);

    assert_eq!(waits_for(&stage, Class::UnknownOutcome), SECOND);
}

#[test]
fn an_intent_found_at_start_is_an_unknown_outcome_and_its_retry_the_one_prompt_one() {
    let mut stage = Stage::restored(|now| engine::Snapshot {
        intent: true,
        ..stage::saved_ago(HOUR, MINUTE, now)
    });
    let found = waits_for(&stage, Class::UnknownOutcome);
    stage.until_refresh(MINUTE);

    for _ in 0..4 {
        stage.fail(Class::UnknownOutcome);
        stage.until_refresh(HOUR);
    }
    stage.fail(Class::UnknownOutcome);

    assert_eq!(found, SECOND);
    // The fifth step: had there been another prompt retry, this would be the fourth.
    assert!(waits_for(&stage, Class::UnknownOutcome) >= 15 * SECOND);
}

// ── Throttled ────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_retry_after_is_kept_to_the_millisecond() {
    for told in [7 * SECOND, MINUTE, 47 * MINUTE, HOUR] {
        let mut stage = refreshing();

        stage.fail_after(Class::Throttled, Some(told));

        assert_eq!(waits_for(&stage, Class::Throttled), told);
        assert_eq!(stage.until_refresh(2 * HOUR), Some(told));
    }
}

#[test]
fn a_retry_after_is_capped_at_an_hour() {
    for told in [HOUR + 1, 365 * DAY, i64::MAX] {
        let mut stage = refreshing();

        stage.fail_after(Class::Throttled, Some(told));

        assert_eq!(waits_for(&stage, Class::Throttled), HOUR);
    }
}

#[test]
fn a_retry_after_is_never_shorter_than_the_ladders_step() {
    for told in [0, -5, 1, i64::MIN] {
        let mut stage = refreshing();
        fail_often(&mut stage, Class::ServerTrouble, 6);

        stage.fail_after(Class::Throttled, Some(told));

        assert!((MINUTE..=2 * MINUTE).contains(&waits_for(&stage, Class::Throttled)));
    }
}

#[test]
fn a_429_without_a_word_starts_the_ladder_at_thirty_seconds() {
    let mut stage = refreshing();
    let mut waits = Vec::new();

    for _ in 0..3 {
        stage.fail(Class::Throttled);
        waits.push(waits_for(&stage, Class::Throttled));
        stage.until_refresh(HOUR);
    }

    assert!((15 * SECOND..=30 * SECOND).contains(&waits[0]), "{waits:?}");
    assert!((30 * SECOND..=MINUTE).contains(&waits[1]), "{waits:?}");
    assert!((MINUTE..=2 * MINUTE).contains(&waits[2]), "{waits:?}");
}

#[test]
fn a_person_who_overrides_a_throttle_offline_does_not_end_it() {
    let mut stage = refreshing();
    stage.fail_after(Class::Throttled, Some(HOUR));
    stage.pass(MINUTE);
    stage.came(Trigger::Asked);

    stage.fail(Class::NotSent);
    stage.came(Trigger::NetworkBack);

    assert_eq!(stage.wait(), Some((Wait::Failure(Class::NotSent), 59 * MINUTE)));
}

// ── Set-up problem ───────────────────────────────────────────────────────────────────────────

#[test]
fn a_set_up_problem_stops_renewal_and_keeps_the_session() {
    let mut stage = refreshing();

    let effects = stage.fail(Class::SetUp);

    assert_eq!(stage.state(), State::Stopped { what_to_fix: Fix::Settings });
    assert_eq!(effects, []);
    assert!(stage.view().who.is_some());
    assert!(matches!(stage.access(0), engine::Access::Take(_)));
}

#[test]
fn a_set_up_problem_is_tried_again_hourly() {
    let mut stage = Stage::signed_in(DAY);
    stage.came(Trigger::Asked);

    for _ in 0..3 {
        stage.fail(Class::SetUp);
        assert_eq!(stage.until_refresh(DAY), Some(HOUR));
    }
}

#[test]
fn once_the_token_has_ended_a_set_up_problem_is_tried_again_every_five_minutes() {
    let mut stage = refreshing();
    stage.fail(Class::SetUp);
    assert_eq!(stage.until_refresh(DAY), Some(HOUR));

    for _ in 0..3 {
        stage.fail(Class::SetUp);
        assert_eq!(stage.until_refresh(DAY), Some(5 * MINUTE));
    }
}

#[test]
fn a_set_up_problem_is_tried_again_at_wake_and_when_the_person_asks() {
    for trigger in [Trigger::Wake, Trigger::Asked, Trigger::Launch] {
        let mut stage = refreshing();
        stage.fail(Class::SetUp);

        stage.came(trigger);

        assert!(stage.attempt().is_some(), "{trigger:?}");
    }
}

#[test]
fn a_set_up_problem_is_tried_again_on_focus_ten_minutes_apart() {
    let mut stage = refreshing();
    stage.fail(Class::SetUp);

    stage.pass(10 * MINUTE - 1);
    stage.came(Trigger::Focus);
    let early = stage.attempt();
    stage.pass(1);
    stage.came(Trigger::Focus);

    assert_eq!(early, None);
    assert!(stage.attempt().is_some());
}

#[test]
fn a_network_that_comes_back_mends_no_settings() {
    let mut stage = refreshing();
    stage.fail(Class::SetUp);

    stage.came(Trigger::NetworkBack);

    assert_eq!(stage.state(), State::Stopped { what_to_fix: Fix::Settings });
}

// ── Unclear refusal ──────────────────────────────────────────────────────────────────────────

#[test]
fn three_unclear_refusals_in_a_few_seconds_offer_nothing_yet() {
    let mut stage = refreshing();

    fail_often(&mut stage, Class::UnclearRefusal, 2);
    stage.fail(Class::UnclearRefusal);

    assert!(!stage.view().sign_in_offered);
    assert!(waits_for(&stage, Class::UnclearRefusal) >= MINUTE, "nor is the server hammered");
}

#[test]
fn two_unclear_refusals_offer_nothing_however_far_apart() {
    let mut stage = refreshing();
    stage.fail(Class::UnclearRefusal);
    stage.sleep(HOUR);

    stage.fail(Class::UnclearRefusal);

    assert!(!stage.view().sign_in_offered);
    assert!(waits_for(&stage, Class::UnclearRefusal) <= 5 * MINUTE);
}

#[test]
fn after_three_unclear_refusals_over_two_minutes_sign_in_is_offered_and_tries_go_on_hourly() {
    let mut stage = refreshing();
    let begun = stage.now.boot;
    while !stage.view().sign_in_offered {
        stage.fail(Class::UnclearRefusal);
        if !stage.view().sign_in_offered {
            stage.until_refresh(HOUR);
        }
    }

    let offered_after = stage.now.boot - begun;
    let first_wait = waits_for(&stage, Class::UnclearRefusal);
    stage.until_refresh(2 * HOUR);
    stage.fail(Class::UnclearRefusal);

    assert!((2 * MINUTE..=4 * MINUTE).contains(&offered_after), "{offered_after}");
    assert_eq!((first_wait, waits_for(&stage, Class::UnclearRefusal)), (HOUR, HOUR));
    assert!(matches!(stage.sentence(), Sentence::Unclear { .. }));
}

#[test]
fn an_unclear_refusal_never_ends_a_session_and_a_success_withdraws_the_offer() {
    let mut stage = refreshing();
    fail_often(&mut stage, Class::UnclearRefusal, 500);
    stage.answer(HOUR);

    assert_eq!(stage.state(), State::Resting);
    assert!(!stage.view().sign_in_offered);
}

// ── Refused ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_refusal_ends_the_session_is_written_down_and_forgets_nobody() {
    let mut stage = refreshing();

    let effects = stage.fail(Class::Refused);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::Refused });
    assert_eq!(effects, [Effect::RecordRefusal { why: Ended::Refused }]);
    assert_eq!(stage.view().who.map(|who| who.name), Some("Alice".to_owned()));
}

#[test]
fn nothing_is_tried_after_a_refusal() {
    let mut stage = refreshing();
    stage.fail(Class::Refused);
    let before = stage.asked.len();

    for trigger in [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack, Trigger::Asked] {
        stage.came(trigger);
    }
    stage.tell(Input::TokenWanted { min_validity_ms: 0 });
    stage.pass(2 * HOUR);
    stage.sleep(DAY);

    assert_eq!(stage.asked.len(), before);
}

#[test]
fn every_class_that_is_no_refusal_keeps_the_session() {
    for class in Class::ALL.into_iter().filter(|class| *class != Class::Refused) {
        let mut stage = refreshing();

        let effects = stage.fail(class);
        stage.came(Trigger::Asked);
        stage.answer(HOUR);

        let ends =
            |effect: &Effect| matches!(effect, Effect::RecordRefusal { .. } | Effect::Forget);
        assert!(!effects.iter().any(ends), "{class:?}: {effects:?}");
        assert_eq!(stage.state(), State::Resting, "{class:?}");
    }
}

fn refreshing() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);
    stage
}

fn waits_for(stage: &Stage, class: Class) -> i64 {
    let wait = stage.wait();
    assert_eq!(wait.map(|(why, _)| why), Some(Wait::Failure(class)), "{:?}", stage.state());
    wait.map_or(0, |(_, ms)| ms)
}

/// Fails so often, each time when the next try has come, and leaves another try in flight.
fn fail_often(stage: &mut Stage, class: Class, times: usize) {
    for _ in 0..times {
        stage.fail(class);
        assert!(stage.until_refresh(2 * HOUR).is_some());
    }
}
