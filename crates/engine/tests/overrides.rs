//! What overrides a wait: wake and the network coming back, focus, and the person. Nothing but the
//! person overrides what the server asked for.

mod stage;

use engine::{Class, Effect, HOUR, Input, MINUTE, SECOND, Trigger, Wait};
use stage::Stage;

#[test]
fn wake_and_the_network_coming_back_try_at_once_and_start_the_ladder_again() {
    for trigger in [Trigger::Wake, Trigger::NetworkBack] {
        let mut stage = high_on_the_ladder(Class::NotSent);

        stage.came(trigger);
        let tried = stage.attempt().is_some();
        stage.fail(Class::NotSent);

        assert!(tried, "{trigger:?}");
        assert!(stage.wait().is_some_and(|(_, ms)| ms <= SECOND), "{:?}", stage.wait());
    }
}

#[test]
fn a_late_tick_is_a_wake() {
    let mut stage = high_on_the_ladder(Class::NotSent);

    stage.sleep(15 * SECOND);

    assert_eq!(stage.asked.last().map(|(_, why)| *why), Some(Trigger::Wake));
}

#[test]
fn a_tick_that_is_a_little_late_is_none() {
    let mut stage = high_on_the_ladder(Class::NotSent);

    stage.sleep(15 * SECOND - 1);

    assert!(stage.attempt().is_none());
}

#[test]
fn neither_wake_nor_network_nor_focus_overrides_what_the_server_asked_for() {
    for trigger in [Trigger::Wake, Trigger::NetworkBack, Trigger::Focus] {
        let mut stage = refreshing();
        stage.fail_after(Class::Throttled, Some(30 * MINUTE));

        stage.pass(MINUTE);
        stage.came(trigger);
        let kept = stage.wait();
        stage.sleep(28 * MINUTE);

        assert_eq!(kept, Some((Wait::Failure(Class::Throttled), 29 * MINUTE)), "{trigger:?}");
        assert_eq!(stage.wait(), Some((Wait::Failure(Class::Throttled), MINUTE)), "{trigger:?}");
    }
}

#[test]
fn a_wait_that_the_server_did_not_ask_for_is_overridden_although_it_was_a_429() {
    let mut stage = refreshing();
    stage.fail(Class::Throttled);

    stage.came(Trigger::NetworkBack);

    assert!(stage.attempt().is_some());
}

#[test]
fn sleeping_past_a_retry_after_tries_at_the_first_tick() {
    let mut stage = refreshing();
    stage.fail_after(Class::Throttled, Some(30 * MINUTE));

    stage.sleep(8 * HOUR);

    assert!(stage.attempt().is_some());
}

#[test]
fn focus_tries_at_once_where_the_last_try_is_ten_seconds_past() {
    let mut stage = high_on_the_ladder(Class::ServerTrouble);

    stage.pass(10 * SECOND);
    stage.came(Trigger::Focus);

    assert!(stage.attempt().is_some());
}

#[test]
fn focus_brings_the_next_try_forward_to_ten_seconds_after_the_last() {
    let mut stage = high_on_the_ladder(Class::ServerTrouble);

    stage.pass(4 * SECOND);
    stage.came(Trigger::Focus);

    assert_eq!(stage.wait(), Some((Wait::Failure(Class::ServerTrouble), 6 * SECOND)));
    assert_eq!(stage.until_refresh(MINUTE), Some(6 * SECOND));
}

#[test]
fn focus_puts_no_try_off() {
    let mut stage = refreshing();
    stage.fail(Class::NotSent);
    let before = stage.wait();

    stage.came(Trigger::Focus);

    assert_eq!(stage.wait(), before);
}

#[test]
fn a_storm_of_focus_is_a_try_each_ten_seconds_at_most() {
    let mut stage = high_on_the_ladder(Class::ServerTrouble);
    let before = stage.asked.len();

    for _ in 0..600 {
        stage.drift(100);
        stage.came(Trigger::Focus);
        if stage.attempt().is_some() {
            stage.fail(Class::ServerTrouble);
        }
    }

    assert_eq!(stage.asked.len() - before, 6, "a minute has six times ten seconds");
}

#[test]
fn the_person_overrides_every_wait() {
    for class in [Class::NotSent, Class::UnknownOutcome, Class::UnclearRefusal, Class::Throttled] {
        let mut stage = refreshing();
        stage.fail_after(class, Some(HOUR));

        stage.came(Trigger::Asked);

        assert!(stage.attempt().is_some(), "{class:?}");
    }
}

#[test]
fn a_caller_hurries_nothing() {
    let mut stage = high_on_the_ladder(Class::ServerTrouble);
    let before = stage.wait();

    stage.tell(Input::TokenWanted { min_validity_ms: HOUR });

    assert_eq!(stage.wait(), before);
}

#[test]
fn the_first_two_tries_after_a_wake_or_a_new_network_give_up_connecting_early() {
    for trigger in [Trigger::Wake, Trigger::NetworkBack] {
        let mut stage = Stage::signed_in(HOUR);
        stage.drift(HOUR);
        let mut effects = stage.came(trigger);
        for _ in 0..2 {
            stage.fail(Class::NotSent);
            effects.extend(stage.came(Trigger::Asked));
        }

        assert_eq!(quick(&effects), [true, true, false], "{trigger:?}");
    }
}

#[test]
fn other_tries_take_their_time() {
    let mut stage = Stage::signed_in(HOUR);

    assert_eq!(quick(&stage.came(Trigger::Asked)), [false]);
}

#[test]
fn whatever_comes_joins_the_refresh_that_runs() {
    let mut stage = refreshing();
    let running = stage.state();

    for trigger in [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack, Trigger::Asked] {
        stage.came(trigger);
    }
    stage.tell(Input::TokenWanted { min_validity_ms: HOUR });
    stage.api_refuses();
    stage.sleep(HOUR);

    assert_eq!(stage.state(), running);
    assert_eq!(stage.asked.len(), 1);
}

#[test]
fn launch_and_focus_together_refresh_once() {
    let mut stage = Stage::restored(|now| stage::saved_ago(HOUR, 57 * MINUTE, now));

    stage.came(Trigger::Focus);
    stage.came(Trigger::Focus);
    stage.answer(HOUR);
    stage.came(Trigger::Focus);

    assert_eq!(stage.asked.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Trigger::Launch]);
}

fn refreshing() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);
    stage
}

/// A try has just failed, and the next is minutes away.
fn high_on_the_ladder(class: Class) -> Stage {
    let mut stage = refreshing();
    for _ in 0..8 {
        stage.fail(class);
        stage.came(Trigger::Asked);
    }
    stage.fail(class);
    assert!(stage.wait().is_some_and(|(_, ms)| ms > 2 * MINUTE));
    stage
}

fn quick(effects: &[Effect]) -> Vec<bool> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Refresh { connect_quickly, .. } => Some(*connect_quickly),
            Effect::Restore
            | Effect::Expose { .. }
            | Effect::Withhold { .. }
            | Effect::Forget
            | Effect::Discard { .. }
            | Effect::RecordRefusal { .. }
            | Effect::RecordWait { .. } => None,
        })
        .collect()
}
