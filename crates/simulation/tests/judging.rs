//! What the judge says of lives made by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod support;

use demo_server::Rotation;
use simulation::computer::Link;
use simulation::director;
use simulation::life::often::{DAY, HOUR, MINUTE, SECOND};
use simulation::life::{Event, Options};
use simulation::server::Mood;
use support::{Habits, Small, hours, play};

const GRACE: Event = Event::Rotate(Rotation::Grace { seconds: 60 });
const STRICT: Event = Event::Rotate(Rotation::Strict);
const KILLED_AND_BACK: Event = Event::KillInMidRefresh { after_ms: 0, away_ms: 2 * SECOND };
const KILLED_FOR_LONG: Event = Event::KillInMidRefresh { after_ms: 0, away_ms: 10 * MINUTE };

/// Avoidable, unavoidable.
fn sign_outs(habits: Habits, life: &simulation::life::Life) -> (u64, u64) {
    let tally = play(habits, life);
    (tally.avoidable_sign_outs, tally.unavoidable_sign_outs)
}

#[test]
fn a_day_without_trouble_has_no_incident_and_little_more_than_an_oracle_asks() {
    let tally = play(Habits::default(), &hours(9, &[]));
    assert_eq!(tally.incidents, []);
    assert_eq!((tally.refreshes, tally.oracle_refreshes, tally.sign_ins), (9, 9, 1));
    assert_eq!(tally.calls_unserved, 0);
}

#[test]
fn an_answer_lost_under_strict_rotation_is_unavoidable() {
    let life = hours(4, &[(0, STRICT), (10 * MINUTE, Event::LoseAnswer)]);
    assert_eq!(sign_outs(Habits::default(), &life), (0, 1));
    // No sooner and no later would it have been accepted.
    let late = Habits { waits_after_failure_ms: 2 * MINUTE, ..Habits::default() };
    assert_eq!(sign_outs(late, &life), (0, 1));
}

#[test]
fn an_answer_lost_where_a_retry_is_allowed_is_survived() {
    for rotation in
        [GRACE, Event::Rotate(Rotation::UntilSuccessorUsed), Event::Rotate(Rotation::None)]
    {
        let life = hours(4, &[(0, rotation), (10 * MINUTE, Event::LoseAnswer)]);
        assert_eq!(play(Habits::default(), &life).incidents, []);
    }
}

#[test]
fn a_retry_after_the_grace_is_avoidable_where_there_was_time_for_an_earlier_one() {
    let late = Habits { waits_after_failure_ms: 2 * MINUTE, ..Habits::default() };
    let life = hours(4, &[(0, GRACE), (10 * MINUTE, Event::LoseAnswer)]);
    assert_eq!(sign_outs(late, &life), (1, 0));
}

#[test]
fn a_grace_that_is_over_before_the_network_is_back_is_unavoidable() {
    // The refresh falls due 55 minutes after the sign-in, which takes 30 to 90 seconds: whenever the
    // network goes, whoever asks again as soon as can be is not to blame.
    let mut unavoidable = 0;
    for second in (0..120).step_by(5) {
        let gone_ms = 55 * MINUTE + second * SECOND;
        let mut more = vec![(0, GRACE), (10 * MINUTE, Event::LoseAnswer)];
        more.push((gone_ms, Event::Connect(Link::Down)));
        more.push((gone_ms + 10 * MINUTE, Event::Connect(Link::Up)));
        let counted = sign_outs(Habits::default(), &hours(2, &more));
        assert_eq!(counted.0, 0, "gone after {second} s");
        unavoidable += counted.1;
    }
    assert!(unavoidable > 0);
}

#[test]
fn two_copies_that_race_are_avoidable() {
    let racing = Habits { takes_no_lock: true, ..Habits::default() };
    let life = hours(4, &[(0, STRICT), (0, Event::Open(1))]);
    assert_eq!(sign_outs(racing, &life).1, 0);
    assert!(sign_outs(racing, &life).0 > 0);
    assert_eq!(sign_outs(Habits::default(), &life), (0, 0));
}

#[test]
fn a_revoked_session_is_unavoidable() {
    let tally = play(Habits::default(), &hours(4, &[(2 * HOUR, Event::Revoke)]));
    assert_eq!((tally.avoidable_sign_outs, tally.unavoidable_sign_outs), (0, 1));
    assert_eq!(tally.sign_ins, 2);
}

#[test]
fn a_process_stopped_in_mid_refresh_and_opened_at_once_must_keep_its_session() {
    for rotation in [GRACE, Event::Rotate(Rotation::UntilSuccessorUsed)] {
        let life = hours(4, &[(0, rotation), (10 * MINUTE, KILLED_AND_BACK)]);
        let tally = play(Habits::default(), &life);
        assert_eq!((tally.incidents.len(), tally.sign_ins), (0, 1));
        let forgets = Habits { forgets_when_stopped: true, ..Habits::default() };
        let tally = play(forgets, &life);
        assert_eq!((tally.avoidable_sign_outs, tally.lost_refresh_tokens), (1, 1));
    }
}

#[test]
fn a_process_stopped_in_mid_refresh_for_longer_than_the_grace_could_do_nothing() {
    let life = hours(4, &[(0, GRACE), (10 * MINUTE, KILLED_FOR_LONG)]);
    assert_eq!(sign_outs(Habits::default(), &life), (0, 1));
    let life = hours(4, &[(0, STRICT), (10 * MINUTE, KILLED_AND_BACK)]);
    assert_eq!(sign_outs(Habits::default(), &life), (0, 1));
}

#[test]
fn what_had_arrived_and_was_not_saved_is_lost_by_the_app() {
    let late = Habits { saves_after_ms: 5 * SECOND, ..Habits::default() };
    let killed = Event::KillInMidRefresh { after_ms: SECOND, away_ms: 10 * MINUTE };
    let tally = play(late, &hours(4, &[(0, GRACE), (10 * MINUTE, killed)]));
    assert_eq!((tally.avoidable_sign_outs, tally.lost_refresh_tokens), (1, 1));
    let tally = play(Habits::default(), &hours(4, &[(0, GRACE), (10 * MINUTE, killed)]));
    assert_eq!(tally.incidents, []);
}

#[test]
fn whoever_stops_waiting_before_the_answer_comes_is_to_blame() {
    let hasty = Habits { gives_up_after_ms: Some(3_500), ..Habits::default() };
    let life = hours(20, &[(0, STRICT), (5 * MINUTE, Event::Connect(Link::Slow))]);
    let (avoidable, unavoidable) = sign_outs(hasty, &life);
    assert!(avoidable > 0);
    assert_eq!(unavoidable, 0);
}

#[test]
fn a_sign_out_for_a_failure_that_proves_nothing_is_avoidable() {
    let nervous = Habits { signs_out_on_failure: true, ..Habits::default() };
    for mood in
        [Mood::Down, Mood::Trouble, Mood::SetUpWrong, Mood::Throttling { retry_after_ms: 9 }]
    {
        let well = (80 * MINUTE, Event::Server(Mood::Well));
        let life = hours(4, &[(50 * MINUTE, Event::Server(mood)), well]);
        assert_eq!(sign_outs(nervous, &life), (1, 0), "{mood:?}");
        assert_eq!(play(Habits::default(), &life).incidents, [], "{mood:?}");
    }
}

#[test]
fn a_refresh_token_that_ended_while_the_computer_was_off_is_unavoidable() {
    let mut life = hours(4, &[(2 * HOUR, Event::Suspend { until_ms: 20 * DAY })]);
    life.ends_ms = 21 * DAY;
    life.events.push((20 * DAY + HOUR, Event::CallApi(0)));
    assert_eq!(sign_outs(Habits::default(), &life), (0, 1));
}

#[test]
fn a_refresh_token_that_ended_while_the_computer_was_there_is_avoidable() {
    let options = Options { refresh_lifetime_ms: 3 * HOUR, ..Options::default() };
    let lazy = Small::new(Habits { never_refreshes: true, ..Habits::default() });
    let tally = director::play(&lazy, &hours(6, &[]), &options);
    assert_eq!((tally.avoidable_sign_outs, tally.unavoidable_sign_outs), (1, 0));
}

#[test]
fn dead_tokens_count_only_while_the_server_can_be_asked() {
    let careless = Habits { hands_out_dead: true, never_refreshes: true, ..Habits::default() };
    assert!(play(careless, &hours(2, &[])).dead_tokens_handed_out > 0);
    let life = hours(2, &[(30 * MINUTE, Event::Connect(Link::Down))]);
    assert_eq!(play(careless, &life).dead_tokens_handed_out, 0);
    let life = hours(2, &[(30 * MINUTE, Event::Server(Mood::Trouble))]);
    assert_eq!(play(careless, &life).dead_tokens_handed_out, 0);
    assert_eq!(play(Habits::default(), &hours(2, &[])).dead_tokens_handed_out, 0);
}

#[test]
fn a_token_that_its_person_has_signed_out_is_dead_whatever_the_network_does() {
    let careless = Habits { serves_when_signed_out: true, ..Habits::default() };
    let out = (30 * MINUTE + SECOND, Event::SignOut(0));
    let dead = |more: &[(i64, Event)]| play(careless, &hours(1, more)).dead_tokens_handed_out;
    // 15 s and 45 s after it, and from then on every minute.
    assert_eq!(dead(&[out]), 31);
    assert_eq!(dead(&[out, (29 * MINUTE, Event::Connect(Link::Down))]), 31);
    // Nobody sees anything in a suspend.
    let suspend = Event::Suspend { until_ms: 50 * MINUTE };
    assert_eq!(dead(&[out, (30 * MINUTE + 2 * SECOND, suspend)]), 9);
    // What a later sign-in brought is another grant's.
    let back = (31 * MINUTE, Event::SignIn(0));
    assert!((2..5).contains(&dead(&[out, back])));
    assert_eq!(play(Habits::default(), &hours(1, &[out])).dead_tokens_handed_out, 0);
}

#[test]
fn a_token_runs_out_only_where_there_was_time_to_renew_it() {
    let lazy = Habits { never_refreshes: true, ..Habits::default() };
    assert_eq!(play(lazy, &hours(2, &[])).ran_out, 1);
    let life = hours(2, &[(59 * MINUTE, Event::Connect(Link::Down))]);
    assert_eq!(play(lazy, &life).ran_out, 0);
    let life = hours(2, &[(30 * MINUTE, Event::SignOut(0))]);
    assert_eq!(play(lazy, &life).ran_out, 0);
    assert_eq!(play(Habits::default(), &hours(5, &[])).ran_out, 0);
}

#[test]
fn whoever_does_not_wait_as_long_as_the_server_asked_is_too_soon() {
    let throttling = Event::Server(Mood::Throttling { retry_after_ms: 2 * MINUTE });
    let well = (90 * MINUTE, Event::Server(Mood::Well));
    let life = hours(3, &[(50 * MINUTE, throttling), well]);
    assert_eq!(play(Habits::default(), &life).too_soon, 0);
    let hasty = Habits { hurries: true, ..Habits::default() };
    assert!(play(hasty, &life).too_soon > 5);
}

#[test]
fn an_app_that_serves_nobody_and_asks_nobody_is_stuck_once() {
    let silent = Habits { goes_silent: true, ..Habits::default() };
    let tally = play(silent, &hours(4, &[]));
    assert_eq!((tally.stuck, tally.avoidable_sign_outs), (1, 0));
    // Cut in two by a night, each long enough.
    let night = Event::Suspend { until_ms: 20 * HOUR };
    let mut life = hours(4, &[(3 * HOUR, night)]);
    life.ends_ms = 21 * HOUR;
    life.events.extend((0..60).map(|minute| (20 * HOUR + minute * MINUTE, Event::CallApi(0))));
    life.events.sort_by_key(|(at_ms, _)| *at_ms);
    assert_eq!(play(silent, &life).stuck, 2);
    // Without a network there is nothing to be stuck about.
    let life = hours(4, &[(100 * MINUTE, Event::Connect(Link::Down))]);
    assert_eq!(play(silent, &life).stuck, 0);
}

#[test]
fn a_caller_who_is_never_answered_hangs() {
    let mute = Habits { never_answers: true, ..Habits::default() };
    let mut life = hours(1, &[]);
    life.events.retain(|(at_ms, event)| *event != Event::CallApi(0) || *at_ms == 10 * MINUTE);
    assert_eq!(play(mute, &life).hung, 1);
    assert_eq!(play(Habits::default(), &life).hung, 0);
}

#[test]
fn the_person_who_signs_out_is_not_signed_out_by_anybody() {
    let more = [(2 * HOUR, Event::SignOut(0)), (2 * HOUR + 10 * MINUTE, Event::SignIn(0))];
    let tally = play(Habits::default(), &hours(4, &more));
    assert_eq!((tally.incidents.len(), tally.sign_ins), (0, 2));
}
