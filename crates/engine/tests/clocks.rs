//! Sleep, wake, clocks that are set, other boots, and the server's clock. None of them signs
//! anybody out.

mod stage;

use engine::{
    Access, ClockSample, Ended, Grant, HOUR, Input, Lifetime, MINUTE, Renewal, SECOND, Snapshot,
    State, Trigger, Worth,
};
use stage::{DAY, Stage, by_refresh_token, saved_ago, saved_in_another_boot};

// ── Sleep ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_night_asleep_ends_in_one_refresh_at_wake() {
    let mut stage = Stage::signed_in(HOUR);

    stage.sleep(8 * HOUR);
    stage.came(Trigger::Wake);
    stage.came(Trigger::Focus);

    assert_eq!(reasons(&stage), [Trigger::Wake]);
}

#[test]
fn a_short_sleep_renews_nothing_that_is_fresh() {
    let mut stage = Stage::signed_in(HOUR);

    stage.sleep(20 * MINUTE);

    assert_eq!(stage.state(), State::Resting);
    assert!(stage.asked.is_empty());
}

#[test]
fn deadlines_go_on_in_sleep() {
    let mut awake = Stage::signed_in(HOUR);
    let mut slept = awake.clone();

    slept.sleep(20 * MINUTE);

    let late = slept.until_refresh(HOUR).map(|ms| ms + 20 * MINUTE);
    assert_eq!(late, awake.until_refresh(HOUR));
}

#[test]
fn a_sleep_is_no_clock_change() {
    let mut stage = Stage::signed_in(HOUR);

    stage.sleep(8 * HOUR);

    assert_eq!(stage.view().clock_jumped_ms, None);
}

// ── A wall clock that is set ─────────────────────────────────────────────────────────────────

#[test]
fn a_clock_set_forward_past_the_renewal_makes_the_token_due_and_never_expired() {
    for by in [56 * MINUTE, HOUR, DAY, 3_650 * DAY] {
        let mut stage = Stage::signed_in(HOUR);
        stage.pass(MINUTE);

        stage.set_wall(by);

        assert_eq!(reasons(&stage), [Trigger::Deadline], "{by}");
        assert_eq!(worth(&stage), Some(Worth::Due), "{by}");
        assert_eq!(stage.access(0), Access::Take(stage.grant.access), "{by}");
    }
}

#[test]
fn a_clock_set_forward_short_of_the_renewal_changes_nothing() {
    let mut stage = Stage::signed_in(HOUR);

    stage.set_wall(50 * MINUTE);

    assert_eq!(worth(&stage), Some(Worth::Fresh));
    assert!(stage.until_refresh(HOUR).is_some_and(|ms| ms >= 54 * MINUTE));
}

#[test]
fn a_clock_set_back_puts_no_renewal_off() {
    let mut set = Stage::signed_in(HOUR);
    let mut left_alone = set.clone();

    set.set_wall(-30 * DAY);

    assert_eq!(set.until_refresh(HOUR), left_alone.until_refresh(HOUR));
}

#[test]
fn a_clock_that_was_set_is_told_of_for_a_minute() {
    for by in [DAY, -DAY, 2 * SECOND, -2 * SECOND] {
        let mut stage = Stage::signed_in(HOUR);

        stage.set_wall(by);
        let told = stage.view().clock_jumped_ms;
        stage.pass(MINUTE);

        assert_eq!((told, stage.view().clock_jumped_ms), (Some(by), None));
    }
}

#[test]
fn a_clock_that_is_slewed_is_not_told_of() {
    let mut stage = Stage::signed_in(HOUR);

    for _ in 0..60 {
        stage.drift(5 * SECOND);
        stage.set_wall(400);
    }

    assert_eq!(stage.view().clock_jumped_ms, None);
}

#[test]
fn a_renewal_after_a_jump_is_planned_as_usual() {
    let mut stage = Stage::signed_in(HOUR);
    stage.set_wall(DAY);

    stage.answer(HOUR);

    assert_eq!(worth(&stage), Some(Worth::Fresh));
    assert!(stage.until_refresh(HOUR).is_some_and(|ms| ms >= 54 * MINUTE));
}

#[test]
fn no_clock_signs_anybody_out() {
    for renewal in [by_refresh_token(1), Renewal::Itself, Renewal::No] {
        let mut stage = Stage::signed_in_to(renewal, Lifetime::Told(HOUR));
        for by in [DAY, -DAY, 10 * 365 * DAY, -60 * 365 * DAY, HOUR, -HOUR] {
            stage.set_wall(by);
            stage.pass(10 * SECOND);
            if stage.attempt().is_some() {
                stage.answer(HOUR);
            }
        }

        assert_eq!(stage.state(), State::Resting, "{renewal:?}");
    }
}

// ── Another boot ─────────────────────────────────────────────────────────────────────────────

#[test]
fn a_start_in_the_same_boot_follows_time_since_boot_whatever_the_wall_clock_says() {
    let mut stage = Stage::restored(|now| {
        let fresh = saved_ago(HOUR, 20 * MINUTE, now);
        let mut grant = fresh.grant;
        grant.asked.wall = grant.asked.wall + -300 * DAY;
        Snapshot { grant, saved_wall_ms: now.wall.0 + 40 * DAY, ..fresh }
    });

    let renews_in = stage.until_refresh(HOUR);

    assert!(renews_in.is_some_and(|ms| (34 * MINUTE..=35 * MINUTE).contains(&ms)));
}

#[test]
fn another_boot_goes_by_the_wall_clock() {
    let mut stage = Stage::restored(|now| saved_in_another_boot(HOUR, 20 * MINUTE, now));

    let renews_in = stage.until_refresh(HOUR);

    assert!(renews_in.is_some_and(|ms| (34 * MINUTE..=35 * MINUTE).contains(&ms)));
}

#[test]
fn a_weekend_switched_off_ends_in_one_refresh_at_launch() {
    let mut stage = Stage::restored(|now| saved_in_another_boot(HOUR, 3 * DAY, now));

    stage.came(Trigger::Focus);

    assert_eq!(reasons(&stage), [Trigger::Launch]);
}

#[test]
fn a_clock_earlier_than_the_last_save_is_due_at_once() {
    let stage = Stage::restored(|now| saved_in_another_boot(HOUR, -DAY, now));

    assert_eq!(reasons(&stage), [Trigger::Launch]);
    assert_eq!(worth(&stage), Some(Worth::Due));
}

// ── The server's clock ───────────────────────────────────────────────────────────────────────

#[test]
fn the_difference_to_the_server_is_the_median_of_the_last_five_with_its_bound() {
    let mut stage = Stage::signed_in(HOUR);
    let mut seen = Vec::new();

    for (at, offset) in
        [(0, -90_000), (1, 100), (2, 300), (3, 200), (4, 99_000), (5, 98_000), (6, 97_000)]
    {
        stage.tell(Input::ServerClock(ClockSample { offset_ms: offset, bound_ms: 500 + at }));
        seen.push(
            stage.view().clock.map(|clock| (clock.offset_ms, clock.bound_ms.unwrap())).unwrap(),
        );
    }

    assert_eq!(seen[0], (-90_000, 500));
    assert_eq!(seen[2], (100, 501), "of three");
    assert_eq!(seen[4], (200, 503), "of five");
    assert_eq!(seen[6], (97_000, 506), "the first two are forgotten");
}

#[test]
fn a_clock_that_is_set_moves_the_difference_with_it() {
    let mut stage = Stage::signed_in(HOUR);
    stage.tell(Input::ServerClock(ClockSample { offset_ms: 1_000, bound_ms: 500 }));

    stage.set_wall(-10 * MINUTE);

    assert_eq!(stage.engine.clock_offset_ms(), Some(10 * MINUTE + 1_000));
}

#[test]
fn the_difference_of_an_earlier_run_serves_until_one_is_measured() {
    let remembered = |now| Snapshot { clock_offset_ms: Some(4_000), ..saved_ago(HOUR, 0, now) };
    let mut stage = Stage::restored(remembered);

    let from_the_record = stage.engine.clock_offset_ms();
    let shown = stage.view().clock.map(|clock| (clock.offset_ms, clock.bound_ms));
    stage.set_wall(-MINUTE);
    let after_a_jump = stage.engine.clock_offset_ms();
    stage.tell(Input::ServerClock(ClockSample { offset_ms: 70, bound_ms: 500 }));

    assert_eq!(from_the_record, Some(4_000));
    assert_eq!(shown, Some((4_000, None)), "not shown as if it had been measured now");
    assert_eq!(after_a_jump, Some(MINUTE + 4_000));
    assert_eq!(stage.engine.clock_offset_ms(), Some(70));
}

// ── What cannot be renewed ends only by time that can be trusted ─────────────────────────────

#[test]
fn what_cannot_be_renewed_ends_by_time_since_boot() {
    let mut stage = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));

    stage.sleep(2 * HOUR);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::CannotRenew });
}

#[test]
fn what_cannot_be_renewed_does_not_end_by_a_clock_that_nobody_confirmed() {
    let mut stage = Stage::restored(|now| unrenewable(2 * DAY, Some(0), now));

    stage.pass(MINUTE);

    assert_eq!(stage.state(), State::Resting);
    assert!(stage.engine.next_deadline(stage.now).is_none_or(|(at, _)| at > stage.now.boot));
}

#[test]
fn what_cannot_be_renewed_ends_when_a_server_confirms_the_clock() {
    let mut stage = Stage::restored(|now| unrenewable(2 * DAY, Some(0), now));

    stage.tell(Input::ServerClock(ClockSample { offset_ms: 900, bound_ms: 500 }));
    stage.pass(5 * SECOND);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::CannotRenew });
}

#[test]
fn a_server_that_shows_the_clock_to_be_wrong_ends_nothing_that_still_lives() {
    // The battery of the clock is empty: it starts a day ahead of the truth.
    let mut stage = Stage::restored(|now| unrenewable(DAY + 20 * MINUTE, Some(0), now));

    stage.tell(Input::ServerClock(ClockSample { offset_ms: -DAY, bound_ms: 500 }));
    let corrected = worth(&stage);
    stage.pass(40 * MINUTE - 1);
    let before = stage.state();
    stage.pass(1);

    assert_eq!((corrected, before), (Some(Worth::Fresh), State::Resting));
    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::CannotRenew });
}

#[test]
fn without_a_difference_from_then_the_servers_clock_of_now_ends_nothing() {
    let mut stage = Stage::restored(|now| unrenewable(2 * DAY, None, now));

    stage.tell(Input::ServerClock(ClockSample { offset_ms: 0, bound_ms: 500 }));
    stage.pass(HOUR - 1);
    let before = stage.state();
    stage.pass(1);

    assert_eq!(before, State::Resting);
    assert_eq!(
        stage.state(),
        State::NeedsSignIn { why: Ended::CannotRenew },
        "after a whole lifetime in this boot nobody can doubt it"
    );
}

fn unrenewable(ago_ms: i64, clock_offset_ms: Option<i64>, now: engine::Now) -> Snapshot {
    let old = saved_in_another_boot(HOUR, ago_ms, now);
    let grant = Grant { renewal: Renewal::No, ..old.grant };
    Snapshot { grant, clock_offset_ms, ..old }
}

fn worth(stage: &Stage) -> Option<Worth> {
    stage.view().token.map(|token| token.worth)
}

fn reasons(stage: &Stage) -> Vec<Trigger> {
    stage.asked.iter().map(|(_, why)| *why).collect()
}
