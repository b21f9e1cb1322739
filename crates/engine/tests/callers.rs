//! What callers are told: never a dead token, and never more than a bounded wait.

mod stage;

use engine::{
    Access, Boot, Class, HOUR, Holdup, Input, Lifetime, MINUTE, Now, Renewal, SECOND, Trigger,
};
use stage::{Stage, by_refresh_token, saved_ago};

// ── While fresh ──────────────────────────────────────────────────────────────────────────────

#[test]
fn a_fresh_token_is_handed_out_until_its_last_moments_without_asking() {
    let stage = Stage::signed_in(HOUR);

    assert_eq!(stage.access(0), take(&stage));
    let last_moments = stage.now.boot + 59 * MINUTE;
    assert_eq!(stage.engine.fresh_until(), Some((stage.grant.access, last_moments)));
}

#[test]
fn a_due_token_is_handed_out_while_it_is_renewed_behind_the_callers_back() {
    let mut stage = Stage::signed_in(HOUR);

    stage.until_refresh(HOUR);

    assert!(stage.attempt().is_some());
    assert_eq!(stage.access(0), take(&stage));
}

#[test]
fn a_token_of_unknown_lifetime_is_handed_out_until_the_api_refuses_it() {
    let mut stage = Stage::signed_in_to(by_refresh_token(1), Lifetime::Unknown(None));
    let fresh = stage.engine.fresh_until();
    stage.until_refresh(HOUR);
    stage.fail(Class::NotSent);

    stage.drift(30 * HOUR);
    let long_after = stage.access(HOUR);
    stage.api_refuses();

    assert_eq!(fresh, Some((stage.grant.access, Boot(i64::MAX))));
    assert_eq!(long_after, take(&stage));
    assert_eq!(stage.engine.fresh_until(), None);
}

// ── In the last moments ──────────────────────────────────────────────────────────────────────

#[test]
fn in_the_last_moments_a_caller_waits_until_two_seconds_before_the_end() {
    let mut stage = refreshing_at(HOUR, 59 * MINUTE + 40 * SECOND);
    let since = stage.now;
    let end = since.boot + 20 * SECOND;

    let at_once = told(&stage, since);
    stage.drift(18 * SECOND - 1);
    let before = told(&stage, since);
    stage.drift(1);

    assert_eq!(at_once, Access::Wait { until: end + -2 * SECOND });
    assert_eq!(before, at_once);
    assert_eq!(told(&stage, since), take(&stage), "the present token, rather than none");
}

#[test]
fn of_a_short_token_a_caller_waits_for_half_of_what_remains() {
    let mut stage = refreshing_at(20 * SECOND, 19 * SECOND);
    let since = stage.now;

    let at_once = told(&stage, since);
    stage.drift(500);

    assert_eq!(at_once, Access::Wait { until: since.boot + 500 });
    assert_eq!(told(&stage, since), take(&stage));
}

#[test]
fn in_the_last_moments_nobody_waits_for_what_is_not_coming() {
    let mut stage = refreshing_at(HOUR, 50 * MINUTE);
    stage.fail(Class::Refused);

    stage.drift(9 * MINUTE + 59 * SECOND);

    assert_eq!(stage.access(0), take(&stage));
}

#[test]
fn the_last_moments_themselves_start_a_refresh_for_a_caller() {
    let mut stage = Stage::signed_in(HOUR);
    stage.drift(59 * MINUTE);
    // Seen by a look that is no tick: a caller is there first.
    stage.tell(Input::TokenWanted { min_validity_ms: 0 });

    assert!(stage.attempt().is_some());
}

// ── A validity that is asked for ─────────────────────────────────────────────────────────────

#[test]
fn a_token_that_is_too_short_for_the_caller_is_renewed_and_waited_for() {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(45 * MINUTE);

    stage.tell(Input::TokenWanted { min_validity_ms: 20 * MINUTE });

    let until = stage.now.boot + 30 * SECOND;
    assert_eq!(stage.access(20 * MINUTE), Access::Wait { until });
    assert_eq!(stage.access(10 * MINUTE), take(&stage));
}

#[test]
fn a_token_that_will_do_is_not_renewed() {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(45 * MINUTE);

    stage.tell(Input::TokenWanted { min_validity_ms: 15 * MINUTE });

    assert!(stage.attempt().is_none());
}

#[test]
fn nobody_can_ask_for_more_than_half_of_a_lifetime() {
    for min_validity_ms in [HOUR, i64::MAX] {
        let mut stage = Stage::signed_in(HOUR);

        stage.pass(30 * MINUTE);
        stage.tell(Input::TokenWanted { min_validity_ms });
        let at_half = stage.attempt();
        stage.pass(1);
        stage.tell(Input::TokenWanted { min_validity_ms });

        assert_eq!(at_half, None);
        assert!(stage.attempt().is_some());
    }
}

#[test]
fn a_validity_below_zero_is_none() {
    let stage = Stage::signed_in(HOUR);

    assert_eq!(stage.access(i64::MIN), take(&stage));
}

// ── After the end ────────────────────────────────────────────────────────────────────────────

#[test]
fn after_the_end_a_caller_waits_thirty_seconds_and_is_told_the_next_try() {
    let mut stage = refreshing_at(HOUR, 55 * MINUTE);
    stage.fail_after(Class::Throttled, Some(50 * MINUTE));
    stage.pass(10 * MINUTE);
    let since = stage.now;

    let at_once = told(&stage, since);
    stage.drift(30 * SECOND - 1);
    let before = told(&stage, since);
    stage.drift(1);

    let next_try = Some(since.boot + 40 * MINUTE);
    assert_eq!(at_once, Access::Wait { until: since.boot + 30 * SECOND });
    assert_eq!(before, at_once);
    assert_eq!(told(&stage, since), Access::Unavailable { next_try });
}

#[test]
fn the_token_that_comes_while_somebody_waits_is_theirs() {
    let mut stage = refreshing_at(HOUR, 55 * MINUTE);
    stage.drift(10 * MINUTE);
    let since = stage.now;
    let waiting = told(&stage, since);

    stage.drift(SECOND);
    stage.answer_with(|grant| grant.asked = since);

    assert!(matches!(waiting, Access::Wait { .. }));
    assert_eq!(told(&stage, since), take(&stage));
}

#[test]
fn no_expired_token_is_handed_out_between_a_sleep_and_the_first_tick() {
    let mut stage = Stage::signed_in(HOUR);

    stage.drift(8 * HOUR);

    assert_eq!(stage.access(0), Access::Unavailable { next_try: stage_renewal(&stage) });
    assert!(stage.engine.fresh_until().is_some_and(|(_, until)| until < stage.now.boot));
}

#[test]
fn what_needs_a_sign_in_is_unavailable_at_once_after_its_end() {
    let mut stage = refreshing_at(HOUR, 55 * MINUTE);
    stage.fail(Class::Refused);

    stage.drift(5 * MINUTE);

    assert_eq!(stage.access(0), Access::Unavailable { next_try: None });
}

#[test]
fn a_token_that_an_api_refused_is_handed_out_in_no_state() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();
    let refused = stage.grant.access;
    for class in Class::ALL {
        let mut failed = stage.clone();
        failed.fail(class);
        for _ in 0..60 {
            failed.drift(MINUTE);
            assert_ne!(failed.access(0), Access::Take(refused), "{class:?}");
        }
        assert_eq!(failed.engine.fresh_until(), None, "{class:?}");
    }
}

#[test]
fn an_expired_token_is_handed_out_in_no_state() {
    for class in Class::ALL {
        for renewal in [by_refresh_token(1), Renewal::Itself] {
            for lifetime in [SECOND, 20 * SECOND, HOUR] {
                let mut stage = Stage::signed_in_to(renewal, Lifetime::Told(lifetime));
                stage.came(Trigger::Asked);
                stage.fail(class);
                stage.drift(lifetime - 1);
                let last = stage.access(0);
                stage.drift(1);

                let after = stage.access(0);

                assert!(!matches!(last, Access::Unavailable { .. }), "{class:?}: {last:?}");
                assert!(!matches!(after, Access::Take(_)), "{class:?}: {after:?}");
            }
        }
    }
}

// ── Too short to plan for ────────────────────────────────────────────────────────────────────

#[test]
fn a_caller_of_a_token_too_short_to_plan_for_waits_until_it_may_be_renewed_again() {
    let mut stage = Stage::signed_in(SECOND);
    let asked = stage.now.boot;
    stage.drift(2 * SECOND);
    let since = stage.now;

    stage.tell(Input::TokenWanted { min_validity_ms: 0 });
    let waits = told(&stage, since);
    stage.drift(3 * SECOND);
    stage.tell(Input::TokenWanted { min_validity_ms: 0 });

    assert_eq!(waits, Access::Wait { until: asked + 5 * SECOND });
    assert!(stage.attempt().is_some());
}

// ── Nobody there yet ─────────────────────────────────────────────────────────────────────────

#[test]
fn while_the_record_is_read_a_caller_waits_thirty_seconds() {
    for holdup in [Holdup::Store, Holdup::KeychainLocked] {
        let mut stage = Stage::new();
        stage.tell(Input::RestoreHeldUp(holdup));
        let since = stage.now;

        let at_once = told(&stage, since);
        stage.drift(30 * SECOND);

        assert_eq!(at_once, Access::Wait { until: since.boot + 30 * SECOND }, "{holdup:?}");
        assert_eq!(told(&stage, since), Access::Unavailable { next_try: None }, "{holdup:?}");
    }
}

#[test]
fn a_token_of_the_record_is_handed_out_as_soon_as_it_is_read() {
    let stage = Stage::restored(|now| saved_ago(HOUR, MINUTE, now));

    assert_eq!(stage.access(0), take(&stage));
}

fn take(stage: &Stage) -> Access {
    Access::Take(stage.grant.access)
}

fn told(stage: &Stage, since: Now) -> Access {
    stage.engine.access(0, since.boot, stage.now)
}

fn stage_renewal(stage: &Stage) -> Option<Boot> {
    stage.engine.next_deadline(stage.now).map(|(at, _)| at)
}

/// A token of this lifetime, so old, and a refresh for the person in flight.
fn refreshing_at(lifetime_ms: i64, age_ms: i64) -> Stage {
    let mut stage = Stage::signed_in(lifetime_ms);
    stage.came(Trigger::Asked);
    stage.drift(age_ms);
    stage
}
