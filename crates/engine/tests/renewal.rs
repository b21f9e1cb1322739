//! When to renew: DESIGN section 4, bullet by bullet.

mod stage;

use engine::{
    Effect, Fingerprint, Grant, HOUR, Input, Lifetime, MINUTE, Policy, Renewal, SECOND, Snapshot,
    State, Trigger, Worth,
};
use stage::{DAY, Stage, ending_refresh_token, saved_ago, told};

// ── The lead ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_hour_is_renewed_five_minutes_before_its_end_and_a_little_earlier() {
    for seed in 0..200 {
        let renews_in = renews_in(Policy::default(), seed, |_| ());

        assert!((54 * MINUTE + 30 * SECOND..=55 * MINUTE).contains(&renews_in), "{renews_in}");
    }
}

#[test]
fn the_lead_is_at_most_a_fifth_of_the_lifetime() {
    for seed in 0..200 {
        let renews_in = renews_in(Policy::default(), seed, |grant| grant.lifetime = told_s(20));

        assert!((15_600..=16_000).contains(&renews_in), "{renews_in}");
    }
}

#[test]
fn the_persons_lead_is_at_most_half_of_the_lifetime() {
    let eager = Policy { lead_ms: Some(2 * HOUR), ..Policy::default() };
    let modest = Policy { lead_ms: Some(20 * MINUTE), ..Policy::default() };

    for seed in 0..50 {
        let capped = renews_in(eager, seed, |_| ());
        let as_set = renews_in(modest, seed, |_| ());

        assert!((27 * MINUTE..=30 * MINUTE).contains(&capped), "{capped}");
        assert!((38 * MINUTE..=40 * MINUTE).contains(&as_set), "{as_set}");
    }
}

#[test]
fn a_changed_lead_moves_the_renewal_at_once() {
    let mut stage = Stage::signed_in(HOUR);

    stage.tell(Input::PolicyChanged(Policy { lead_ms: Some(20 * MINUTE), ..Policy::default() }));
    let later = stage.renews_in();
    stage.pass(45 * MINUTE);

    assert!(later.is_some_and(|ms| (38 * MINUTE..=40 * MINUTE).contains(&ms)));
    assert_eq!(stage.asked.len(), 1);
}

// ── The server's hint ────────────────────────────────────────────────────────────────────────

#[test]
fn the_servers_hint_when_to_renew_is_followed_to_the_millisecond() {
    let hinted = renews_in(Policy::default(), 7, |grant| grant.refresh_in_ms = Some(1_234_567));

    assert_eq!(hinted, 1_234_567);
}

#[test]
fn a_hint_outside_the_tokens_life_is_no_hint() {
    for hint in [0, -1, HOUR, HOUR + 1, i64::MAX, i64::MIN] {
        let renews_in = renews_in(Policy::default(), 7, |grant| grant.refresh_in_ms = Some(hint));

        assert!((54 * MINUTE..=55 * MINUTE).contains(&renews_in), "{hint}: {renews_in}");
    }
}

// ── Jitter ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_jitter_is_the_same_for_the_same_seed_and_token_and_differs_otherwise() {
    let plain = renews_in(Policy::default(), 7, |_| ());

    let again = renews_in(Policy::default(), 7, |_| ());
    let other_seed = renews_in(Policy::default(), 8, |_| ());
    let other_token = renews_in(Policy::default(), 7, |grant| grant.access = Fingerprint(77));

    assert_eq!(plain, again);
    assert_ne!(plain, other_seed);
    assert_ne!(plain, other_token);
}

#[test]
fn the_jitter_uses_all_of_its_tenth_and_no_more() {
    let all: Vec<i64> =
        (0..500).map(|seed| 55 * MINUTE - renews_in(Policy::default(), seed, |_| ())).collect();

    assert!(all.iter().any(|early| *early < SECOND), "nobody is nearly on time");
    assert!(all.iter().any(|early| *early > 29 * SECOND), "nobody is nearly a tenth early");
    assert!(all.iter().all(|early| (0..=30 * SECOND).contains(early)));
}

// ── The last moments ─────────────────────────────────────────────────────────────────────────

#[test]
fn the_last_moments_are_a_minute_or_a_tenth_of_the_lifetime() {
    for (lifetime, last) in [(HOUR, MINUTE), (5 * MINUTE, 30 * SECOND), (20 * SECOND, 2 * SECOND)] {
        let mut stage = Stage::signed_in(lifetime);
        stage.came(Trigger::Asked);

        stage.drift(lifetime - last - 1);
        let before = worth(&stage);
        stage.drift(1);
        let then = worth(&stage);
        stage.drift(last);

        assert_eq!(before, Some(Worth::Due), "{lifetime}");
        assert_eq!(then, Some(Worth::LastMoments), "{lifetime}");
        assert_eq!(worth(&stage), Some(Worth::Expired), "{lifetime}");
    }
}

#[test]
fn renewal_never_begins_inside_the_last_moments() {
    let late = Policy { lead_ms: Some(0), ..Policy::default() };
    let policies = [Policy::default(), late, Policy { lead_ms: Some(-HOUR), ..late }];

    for policy in policies {
        for lifetime in [5 * SECOND, 6 * SECOND, 20 * SECOND, 10 * MINUTE, HOUR, 365 * DAY] {
            for hint in [None, Some(lifetime - 1)] {
                let renews_in = renews_in(policy, 3, |grant| {
                    grant.lifetime = Lifetime::Told(lifetime);
                    grant.refresh_in_ms = hint;
                });

                let last = MINUTE.min(lifetime / 10);
                assert!(renews_in <= lifetime - last, "{lifetime} {hint:?}: {renews_in}");
            }
        }
    }
}

// ── The refresh token's own end ──────────────────────────────────────────────────────────────

#[test]
fn a_refresh_token_that_ends_earlier_counts_before_the_first_refresh() {
    let renews_in = renews_in(Policy::default(), 7, |grant| {
        grant.renewal = ending_refresh_token(1, 10 * MINUTE);
    });

    // Ten minutes, less a fifth, less at most a tenth of that.
    assert!((8 * MINUTE - 12 * SECOND..=8 * MINUTE).contains(&renews_in), "{renews_in}");
}

#[test]
fn a_refresh_token_that_outlives_the_access_token_does_not_count() {
    let renews_in = renews_in(Policy::default(), 7, |grant| {
        grant.renewal = ending_refresh_token(1, 30 * DAY);
    });

    assert!((54 * MINUTE..=55 * MINUTE).contains(&renews_in), "{renews_in}");
}

#[test]
fn an_earlier_end_that_the_last_refresh_moved_goes_on_to_count() {
    let mut stage = Stage::signed_in_to(ending_refresh_token(1, 10 * MINUTE), Lifetime::Told(HOUR));
    stage.until_refresh(HOUR);

    stage.answer_with(|grant| grant.renewal = ending_refresh_token(2, 10 * MINUTE));

    assert!(stage.renews_in().is_some_and(|ms| ms <= 8 * MINUTE), "{:?}", stage.renews_in());
}

#[test]
fn an_end_that_no_refresh_moves_does_not_make_every_refresh_early() {
    let mut stage = Stage::signed_in_to(ending_refresh_token(1, 10 * MINUTE), Lifetime::Told(HOUR));
    let took = stage.until_refresh(HOUR).unwrap();

    stage.answer_with(|grant| grant.renewal = ending_refresh_token(2, 10 * MINUTE - took));

    assert!(stage.renews_in().is_some_and(|ms| ms >= 54 * MINUTE), "{:?}", stage.renews_in());
}

#[test]
fn an_earlier_end_counts_after_a_start_because_nobody_knows_whether_it_moves() {
    let stage = Stage::restored(|now| {
        let fresh = saved_ago(HOUR, MINUTE, now);
        let grant = Grant { renewal: ending_refresh_token(1, 10 * MINUTE), ..fresh.grant };
        Snapshot { grant, refreshes: 9, ..fresh }
    });

    assert!(stage.renews_in().is_some_and(|ms| ms <= 7 * MINUTE), "{:?}", stage.renews_in());
}

#[test]
fn the_tokens_worth_goes_by_its_own_end_whatever_the_refresh_tokens_is() {
    let mut stage = Stage::signed_in_to(ending_refresh_token(1, 10 * MINUTE), Lifetime::Told(HOUR));

    stage.until_refresh(HOUR);
    stage.drift(12 * MINUTE);

    assert_eq!(worth(&stage), Some(Worth::Due));
}

#[test]
fn a_refresh_token_past_its_end_is_tried_all_the_same() {
    let mut stage = Stage::signed_in_to(ending_refresh_token(1, 10 * MINUTE), Lifetime::Told(HOUR));

    stage.sleep(DAY);

    assert!(stage.attempt().is_some(), "{:?}", stage.state());
}

// ── No refresh token ─────────────────────────────────────────────────────────────────────────

#[test]
fn what_cannot_be_renewed_is_never_tried_and_ends_at_its_end() {
    let mut stage = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));

    stage.came(Trigger::Asked);
    stage.tell(wanted());
    stage.pass(HOUR - 1);
    let before = stage.state();
    stage.pass(1);

    assert_eq!(before, State::Resting);
    assert_eq!(stage.state(), State::NeedsSignIn { why: engine::Ended::CannotRenew });
    assert!(stage.asked.is_empty());
}

#[test]
fn what_can_neither_be_renewed_nor_has_a_known_end_ends_when_the_api_refuses_it() {
    let mut stage = Stage::signed_in_to(Renewal::No, Lifetime::Unknown(None));

    stage.pass(DAY);
    let next = stage.engine.next_deadline(stage.now);
    let before = stage.state();
    stage.api_refuses();

    assert_eq!((before, next), (State::Resting, None));
    assert_eq!(stage.state(), State::NeedsSignIn { why: engine::Ended::CannotRenew });
}

// ── An access token that renews itself ───────────────────────────────────────────────────────

#[test]
fn a_token_that_renews_itself_is_renewed_at_half_of_its_life() {
    let mut stage = Stage::signed_in_to(Renewal::Itself, Lifetime::Told(HOUR));

    assert_eq!(stage.until_refresh(HOUR), Some(30 * MINUTE));
}

#[test]
fn a_token_that_renews_itself_is_renewed_from_a_quarter_on_when_somebody_looks() {
    for trigger in [Trigger::Launch, Trigger::Focus, Trigger::Wake] {
        let mut stage = Stage::signed_in_to(Renewal::Itself, Lifetime::Told(40 * MINUTE));

        stage.pass(10 * MINUTE - 1);
        stage.came(trigger);
        let before = stage.asked.len();
        stage.pass(1);
        stage.came(trigger);

        assert_eq!((before, stage.asked.len()), (0, 1), "{trigger:?}");
    }
}

#[test]
fn the_network_coming_back_is_no_look() {
    let mut stage = Stage::signed_in_to(Renewal::Itself, Lifetime::Told(40 * MINUTE));

    stage.pass(15 * MINUTE);
    stage.came(Trigger::NetworkBack);

    assert!(stage.asked.is_empty());
}

// ── A fleet ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_fleet_that_starts_together_is_spread_between_half_of_the_life_and_the_renewal() {
    let renewals: Vec<i64> = (0..400).map(|seed| after_a_launch_refresh(seed, HOUR)).collect();

    let first = renewals.iter().min().unwrap();
    let last = renewals.iter().max().unwrap();
    let early = renewals.iter().filter(|ms| **ms < 42 * MINUTE + 30 * SECOND).count();
    assert!((30 * MINUTE..31 * MINUTE).contains(first), "{first}");
    assert!((54 * MINUTE..=55 * MINUTE).contains(last), "{last}");
    assert!((150..250).contains(&early), "{early} of 400 before the middle: not even");
}

#[test]
fn tokens_under_half_an_hour_are_not_spread() {
    for seed in 0..50 {
        let renews_in = after_a_launch_refresh(seed, 30 * MINUTE - 1);

        assert!(renews_in >= 24 * MINUTE, "{renews_in}");
    }
}

#[test]
fn a_launch_refresh_that_succeeds_only_later_spreads_the_fleet_as_well() {
    let mut stage = due_at_launch(3);
    stage.fail(engine::Class::ServerTrouble);
    stage.until_refresh(MINUTE);

    stage.answer(HOUR);

    assert!(stage.renews_in().is_some_and(|ms| ms < 54 * MINUTE), "{:?}", stage.renews_in());
}

#[test]
fn a_launch_that_finds_an_intent_spreads_the_fleet_as_well() {
    let mut stage = Stage::with(Policy::default(), 3);
    stage.restore(|now| Snapshot { intent: true, ..saved_ago(HOUR, 58 * MINUTE, now) });
    stage.until_refresh(MINUTE);

    stage.answer(HOUR);

    assert!(stage.renews_in().is_some_and(|ms| ms < 54 * MINUTE), "{:?}", stage.renews_in());
}

#[test]
fn the_renewal_after_the_spread_one_is_planned_as_usual() {
    let mut stage = due_at_launch(3);
    stage.answer(HOUR);
    stage.until_refresh(HOUR);

    stage.answer(HOUR);

    assert!(stage.renews_in().is_some_and(|ms| ms >= 54 * MINUTE), "{:?}", stage.renews_in());
}

fn told_s(seconds: i64) -> Lifetime {
    Lifetime::Told(seconds * SECOND)
}

fn wanted() -> Input {
    Input::TokenWanted { min_validity_ms: 0 }
}

fn worth(stage: &Stage) -> Option<Worth> {
    stage.view().token.map(|token| token.worth)
}

/// Signs in to a token of an hour, changed like this, and answers when it renews.
fn renews_in(policy: Policy, seed: u64, change: impl FnOnce(&mut Grant)) -> i64 {
    let mut stage = Stage::with(policy, seed);
    let mut grant = told(1, HOUR, stage.now);
    change(&mut grant);
    stage.sign_in(grant);
    stage.renews_in().unwrap_or(i64::MAX)
}

fn due_at_launch(seed: u64) -> Stage {
    let mut stage = Stage::with(Policy::default(), seed);
    let effects = stage.restore(|now| saved_ago(HOUR, 58 * MINUTE, now));
    assert!(matches!(effects[..], [Effect::Refresh { reason: Trigger::Launch, .. }]));
    stage
}

fn after_a_launch_refresh(seed: u64, lifetime_ms: i64) -> i64 {
    let mut stage = due_at_launch(seed);
    stage.answer(lifetime_ms);
    stage.renews_in().unwrap_or(i64::MAX)
}
