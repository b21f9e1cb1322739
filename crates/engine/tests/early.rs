//! Renewal that comes early again and again: the API that refuses, and the storm guard.

mod stage;

use engine::{
    Access, Class, Fix, HOUR, Input, Lifetime, MINUTE, SECOND, Sentence, State, Trigger, Wait,
};
use stage::{DAY, Stage, by_refresh_token, token};

// ── The API refuses ──────────────────────────────────────────────────────────────────────────

#[test]
fn a_refused_token_is_renewed_once() {
    let mut stage = Stage::signed_in(HOUR);

    stage.api_refuses();

    assert_eq!(stage.asked.last().map(|(_, why)| *why), Some(Trigger::ApiRefused));
}

#[test]
fn a_refused_token_that_is_not_the_present_one_means_nothing() {
    let mut stage = Stage::signed_in(HOUR);
    let old = stage.grant.access;
    stage.renew(HOUR);

    stage.tell(Input::ApiRefused(old));
    stage.tell(Input::ApiRefused(token(77)));

    assert_eq!(stage.state(), State::Resting);
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
}

#[test]
fn a_new_token_that_is_refused_too_stops_renewal_without_a_loop() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();
    stage.answer(HOUR);

    stage.api_refuses();
    stage.came(Trigger::Focus);
    stage.came(Trigger::Wake);
    stage.came(Trigger::NetworkBack);
    stage.tell(Input::TokenWanted { min_validity_ms: 0 });
    stage.pass(30 * MINUTE);

    assert_eq!(stage.state(), State::Stopped { what_to_fix: Fix::ApiRefuses });
    assert_eq!(stage.asked.len(), 1);
}

#[test]
fn a_new_token_that_is_refused_too_stops_renewal_although_its_refresh_had_to_be_repeated() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();
    stage.fail(Class::NotSent);
    stage.until_refresh(MINUTE);
    stage.answer(HOUR);

    stage.api_refuses();

    assert_eq!(stage.state(), State::Stopped { what_to_fix: Fix::ApiRefuses });
}

#[test]
fn a_stop_for_the_api_ends_with_the_renewal_due_by_the_tokens_own_end() {
    let mut stage = stopped_for_the_api(HOUR);

    let renewed_after = stage.until_refresh(DAY);
    stage.answer(HOUR);

    assert!(renewed_after.is_some_and(|ms| (54 * MINUTE..=55 * MINUTE).contains(&ms)));
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
}

#[test]
fn a_stop_for_the_api_ends_for_a_token_too_short_to_plan_for_as_well() {
    let mut stage = stopped_for_the_api(4 * SECOND);

    assert_eq!(stage.until_refresh(DAY), Some(5 * SECOND));
}

#[test]
fn the_person_may_resume_what_stopped_for_the_api() {
    let mut stage = stopped_for_the_api(HOUR);

    stage.came(Trigger::Asked);

    assert!(stage.attempt().is_some());
}

#[test]
fn a_token_that_has_served_and_is_refused_later_is_renewed_again() {
    // A server that tells no lifetime: its API's refusal is the only end that a token has.
    let mut stage = Stage::signed_in_to(by_refresh_token(1), Lifetime::Unknown(None));

    for _ in 0..4 {
        stage.pass(40 * MINUTE);
        stage.api_refuses();
        assert!(stage.attempt().is_some(), "{:?}", stage.state());
        stage.answer_with(|_| ());
        stage.tell(Input::Confirmed);
    }
}

// ── The storm guard ──────────────────────────────────────────────────────────────────────────

#[test]
fn five_early_refreshes_in_a_row_pause_renewal_for_five_minutes() {
    let mut stage = Stage::signed_in(HOUR);

    early(&mut stage, 4);
    let before = stage.state();
    early(&mut stage, 1);

    assert_eq!(before, State::Resting);
    assert_eq!(stage.wait(), Some((Wait::Storm, 5 * MINUTE)));
    assert_eq!(stage.sentence(), Sentence::Paused { until_ms: stage.now.wall.0 + 5 * MINUTE });
}

#[test]
fn a_token_whose_end_nobody_told_is_no_storm_although_it_ends_each_minute() {
    let unknown = Lifetime::Unknown(None);
    let mut stage = Stage::signed_in_to(by_refresh_token(1), unknown.clone());

    for _ in 0..20 {
        stage.tell(Input::Confirmed);
        stage.pass(MINUTE);
        stage.api_refuses();
        stage.answer_with(|grant| grant.lifetime = unknown.clone());
        assert_eq!(stage.state(), State::Resting);
    }
}

#[test]
fn a_token_whose_end_nobody_told_may_be_a_storm_where_it_ends_at_once() {
    let unknown = Lifetime::Unknown(None);
    let mut stage = Stage::signed_in_to(by_refresh_token(1), unknown.clone());

    for _ in 0..5 {
        stage.tell(Input::Confirmed);
        stage.api_refuses();
        stage.answer_with(|grant| grant.lifetime = unknown.clone());
    }

    assert_eq!(stage.wait(), Some((Wait::Storm, 5 * MINUTE)));
}

#[test]
fn a_pause_is_not_ended_by_wake_network_or_focus() {
    for trigger in [Trigger::Wake, Trigger::NetworkBack, Trigger::Focus] {
        let mut stage = paused();
        stage.pass(MINUTE);

        stage.came(trigger);

        assert_eq!(stage.wait(), Some((Wait::Storm, 4 * MINUTE)), "{trigger:?}");
    }
}

#[test]
fn the_person_resumes_a_pause() {
    let mut stage = paused();

    stage.came(Trigger::Asked);

    assert!(stage.attempt().is_some());
}

#[test]
fn a_pause_ends_in_rest_where_nothing_has_to_be_renewed() {
    let mut stage = paused();
    let before = stage.asked.len();

    stage.pass(5 * MINUTE);

    assert_eq!((stage.state(), stage.asked.len()), (State::Resting, before));
}

#[test]
fn a_pause_ends_in_a_renewal_where_the_api_has_refused_the_token() {
    let mut stage = paused();
    stage.api_refuses();
    let refused = stage.access(0);

    let renewed_after = stage.until_refresh(HOUR);

    assert!(matches!(refused, Access::Wait { .. }), "{refused:?}");
    assert_eq!(renewed_after, Some(5 * MINUTE));
}

#[test]
fn the_renewal_due_by_the_tokens_own_end_happens_in_a_pause() {
    let mut stage = Stage::signed_in(4 * MINUTE);
    for _ in 0..5 {
        stage.api_refuses();
        stage.answer(4 * MINUTE);
        stage.tell(Input::Confirmed);
    }

    let paused = stage.wait();
    let renewed_after = stage.until_refresh(HOUR);

    assert_eq!(paused, Some((Wait::Storm, 5 * MINUTE)));
    assert!(renewed_after.is_some_and(|ms| ms < 4 * MINUTE), "{renewed_after:?}");
}

#[test]
fn pauses_double_up_to_an_hour() {
    let mut stage = Stage::signed_in(DAY);
    let mut pauses = Vec::new();

    for _ in 0..6 {
        early_of(&mut stage, 5, DAY);
        pauses.push(stage.wait().map(|(_, ms)| ms / MINUTE).unwrap_or_default());
        stage.pass(HOUR);
    }

    assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
}

#[test]
fn one_renewal_at_its_time_ends_a_row_and_forgets_the_pauses() {
    let mut stage = paused();
    stage.pass(5 * MINUTE);
    stage.until_refresh(HOUR);
    stage.answer(HOUR);

    early(&mut stage, 4);
    let before = stage.state();
    early(&mut stage, 1);

    assert_eq!(before, State::Resting);
    assert_eq!(stage.wait(), Some((Wait::Storm, 5 * MINUTE)));
}

#[test]
fn what_the_person_asks_for_is_no_storm() {
    let mut stage = Stage::signed_in(HOUR);

    for _ in 0..20 {
        stage.renew(HOUR);
    }

    assert_eq!(stage.state(), State::Resting);
}

fn stopped_for_the_api(lifetime_ms: i64) -> Stage {
    let mut stage = Stage::signed_in(lifetime_ms);
    stage.api_refuses();
    stage.answer(lifetime_ms);
    stage.api_refuses();
    assert_eq!(stage.state(), State::Stopped { what_to_fix: Fix::ApiRefuses });
    stage
}

/// So many early renewals, each of a token that had served for a little.
fn early(stage: &mut Stage, times: usize) {
    early_of(stage, times, HOUR);
}

fn early_of(stage: &mut Stage, times: usize, lifetime_ms: i64) {
    for _ in 0..times {
        stage.pass(SECOND);
        stage.api_refuses();
        stage.answer(lifetime_ms);
        stage.tell(Input::Confirmed);
    }
}

fn paused() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    early(&mut stage, 5);
    assert_eq!(stage.wait(), Some((Wait::Storm, 5 * MINUTE)));
    stage
}
