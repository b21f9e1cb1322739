//! A bad ID token stops early renewal, and nothing else.

mod stage;

use engine::{
    Access, Class, Effect, Fix, HOUR, Input, Lifetime, MINUTE, Outcome, Renewal, RenewalView,
    SECOND, Sentence, Snapshot, State, StateKind, Trigger, Worth,
};
use stage::{Stage, by_refresh_token, saved_ago, token, told};

const STOPPED: State = State::Stopped { what_to_fix: Fix::IdToken };

/// An hour's token came up for renewal, and the answer's ID token was bad.
fn badly_renewed() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.until_refresh(HOUR);
    stage.answer_badly(HOUR);
    stage
}

fn name(renewal: Renewal) -> String {
    match renewal {
        Renewal::RefreshToken { fingerprint, .. } => fingerprint.to_string(),
        Renewal::Itself | Renewal::No => String::new(),
    }
}

/// Which refresh token the window shows, and whether it says that they are replaced.
fn shown_renewal(stage: &Stage) -> (String, Option<bool>) {
    match stage.view().renewal {
        Some(RenewalView::RefreshToken { fingerprint, rotates, .. }) => (fingerprint, rotates),
        Some(RenewalView::Itself | RenewalView::No) | None => (String::new(), None),
    }
}

#[test]
fn the_token_of_before_serves_on_and_the_new_one_is_never_handed_out() {
    let mut stage = Stage::signed_in(HOUR);
    let before = stage.grant.access;
    stage.until_refresh(HOUR).unwrap();

    let effects = stage.answer_badly(HOUR);

    assert!(matches!(effects[..], [Effect::Withhold { .. }]), "{effects:?}");
    assert_eq!(stage.state(), STOPPED);
    assert_eq!(stage.access(0), Access::Take(before));
    assert_eq!(stage.engine.in_use(), Some(before));
    let ends_ms = stage.view().token.map(|token| token.ends_ms);
    assert_eq!(stage.sentence(), Sentence::IdToken { ends_ms });
}

#[test]
fn the_evidence_is_the_line_under_the_sentence() {
    let why = badly_renewed().view().why.unwrap();

    assert_eq!((why.what, why.reason), (Outcome::IdTokenBad, Some(Trigger::Deadline)));
    assert_eq!(why.exchange.unwrap().detail, stage::bad_id_token().detail);
}

#[test]
fn the_new_refresh_token_is_the_one_from_now_on() {
    let stage = badly_renewed();

    assert_eq!(shown_renewal(&stage), (name(stage.grant.renewal), Some(true)));
}

#[test]
fn early_renewal_stops_and_the_one_due_by_the_tokens_own_end_still_happens() {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(10 * MINUTE);
    stage.came(Trigger::Asked);
    stage.answer_badly(HOUR);
    for early in [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack] {
        assert!(stage.came(early).is_empty(), "{early:?}");
    }

    let waited = stage.until_refresh(HOUR).unwrap();
    assert!((40 * MINUTE..=45 * MINUTE).contains(&waited), "{waited}");
    stage.answer_badly(HOUR);
    // The last moments of the old token: the last time before its end.
    let waited = stage.until_refresh(HOUR).unwrap();
    assert!((MINUTE..=5 * MINUTE).contains(&waited), "{waited}");
}

#[test]
fn a_good_one_at_the_end_makes_all_well_again() {
    let mut stage = badly_renewed();
    stage.until_refresh(HOUR).unwrap();

    stage.answer(HOUR);

    assert_eq!(stage.state(), State::Resting);
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
    assert!(stage.until_refresh(HOUR).unwrap() > 50 * MINUTE);
}

#[test]
fn bad_again_at_the_end_it_is_tried_hourly_and_heals_by_itself() {
    let mut stage = badly_renewed();
    stage.until_refresh(HOUR).unwrap();
    stage.answer_badly(HOUR);
    for _ in 0..3 {
        let waited = stage.until_refresh(2 * HOUR).unwrap();
        assert_eq!(waited, HOUR);
        stage.answer_badly(HOUR);
        assert_eq!(stage.state(), STOPPED);
        assert_eq!(stage.sentence(), Sentence::IdToken { ends_ms: None });
        assert!(matches!(stage.access(0), Access::Unavailable { next_try: Some(_) }));
    }
    stage.until_refresh(2 * HOUR).unwrap();
    stage.answer(HOUR);

    assert_eq!(stage.state(), State::Resting);
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
}

#[test]
fn the_person_may_try_at_once() {
    let mut stage = badly_renewed();

    let effects = stage.came(Trigger::Asked);

    assert!(matches!(effects[..], [Effect::Refresh { reason: Trigger::Asked, .. }]));
}

#[test]
fn once_nothing_serves_it_is_tried_at_wake_and_on_focus_ten_minutes_apart() {
    let mut stage = badly_renewed();
    stage.until_refresh(HOUR).unwrap();
    stage.answer_badly(HOUR);
    stage.pass(5 * MINUTE);
    assert!(stage.came(Trigger::Focus).is_empty());
    stage.pass(6 * MINUTE);

    assert!(!stage.came(Trigger::Focus).is_empty());
    stage.answer_badly(HOUR);
    assert!(!stage.came(Trigger::Wake).is_empty());
}

#[test]
fn a_refresh_token_that_lives_shorter_than_an_hour_is_not_left_to_die() {
    let mut stage = badly_renewed();
    stage.until_refresh(HOUR).unwrap();
    let short = stage::ending_refresh_token(90, 20 * MINUTE);
    let attempt = stage.attempt().unwrap();
    let grant = engine::Grant { renewal: short, ..told(90, HOUR, stage.now) };
    let (grant, exchange) = (Box::new(grant), Box::default());
    stage.tell(Input::IdTokenBad { attempt, grant, exchange });

    assert_eq!(stage.until_refresh(2 * HOUR), Some(10 * MINUTE));
}

#[test]
fn a_server_that_ends_the_old_token_at_the_refresh_brings_the_next_try_forward_once() {
    let mut stage = badly_renewed();

    let effects = stage.api_refuses();

    assert!(matches!(effects[..], [Effect::Refresh { reason: Trigger::ApiRefused, .. }]));
    stage.answer_badly(HOUR);
    assert!(stage.api_refuses().is_empty());
    assert_eq!(stage.state(), STOPPED);
    assert_eq!(stage.until_refresh(2 * HOUR), Some(HOUR));
}

#[test]
fn whatever_a_server_says_in_its_id_tokens_no_session_ends() {
    let mut stage = Stage::signed_in(HOUR);
    for _ in 0..50 {
        stage.until_refresh(3 * HOUR).unwrap();
        stage.answer_badly(HOUR);
        stage.withdraw();
        assert_eq!(stage.state(), STOPPED);
    }
}

#[test]
fn a_token_in_use_whose_id_token_is_bad_is_withdrawn_and_renewed_once() {
    let mut stage = Stage::signed_in(HOUR);

    let effects = stage.withdraw();

    assert!(matches!(effects[..], [Effect::Refresh { .. }]), "{effects:?}");
    assert_eq!(stage.engine.in_use(), None);
    assert_eq!(stage.engine.fresh_until(), None);
    assert!(matches!(stage.access(0), Access::Wait { .. }));
    stage.answer_badly(HOUR);
    assert_eq!(stage.state(), STOPPED);
    assert!(matches!(stage.access(0), Access::Unavailable { .. }));
    assert_eq!(stage.until_refresh(2 * HOUR), Some(HOUR));
}

#[test]
fn an_older_token_cannot_be_withdrawn_any_more() {
    let mut stage = Stage::signed_in(HOUR);
    stage.renew(HOUR);

    stage.tell(Input::Withdrawn { access: token(1), exchange: Box::default() });

    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
}

#[test]
fn what_cannot_be_renewed_is_withdrawn_and_ends_at_its_own_end() {
    let mut stage = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));
    stage.withdraw();
    assert_eq!(stage.state(), STOPPED);
    assert!(stage.came(Trigger::Asked).is_empty());
    stage.pass(HOUR - SECOND);
    assert_eq!(stage.state(), STOPPED);

    stage.pass(2 * SECOND);

    assert_eq!(stage.kind(), StateKind::NeedsSignIn);
}

#[test]
fn a_start_does_not_hand_out_what_came_with_a_bad_id_token_and_tries_at_once() {
    let mut stage =
        Stage::restored(|now| Snapshot { id_token_bad: true, ..saved_ago(HOUR, 0, now) });

    assert_eq!(stage.asked.len(), 1);
    assert_eq!(stage.engine.in_use(), None);
    assert_eq!(stage.view().token.unwrap().worth, Worth::RefusedByApi);
    stage.answer_badly(HOUR);
    assert_eq!(stage.state(), STOPPED);
    assert_eq!(stage.until_refresh(2 * HOUR), Some(HOUR));
    stage.answer(HOUR);
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
}

#[test]
fn another_copys_bad_id_token_leaves_the_token_at_hand_to_its_end() {
    let mut stage = Stage::signed_in(HOUR);
    let before = stage.grant.access;
    stage.pass(10 * MINUTE);
    let theirs = Snapshot { grant: told(9, HOUR, stage.now), ..stage.snapshot() };
    let theirs = Snapshot { id_token_bad: true, refreshes: 1, ..theirs };

    for _ in 0..2 {
        stage.tell(Input::Adopted(Box::new(theirs.clone())));

        assert_eq!(stage.state(), STOPPED);
        assert_eq!(stage.access(0), Access::Take(before));
        assert_eq!(stage.view().refreshes, 1);
    }
    assert_eq!(shown_renewal(&stage).0, name(by_refresh_token(9)));
    assert!(stage.until_refresh(HOUR).unwrap() > 40 * MINUTE);
}

#[test]
fn what_another_copy_knows_to_be_bad_is_withdrawn_here() {
    let mut stage = Stage::signed_in(HOUR);

    let theirs = Snapshot { id_token_bad: true, ..stage.snapshot() };
    stage.tell(Input::Adopted(Box::new(theirs)));

    assert_eq!((stage.state(), stage.engine.in_use()), (STOPPED, None));
    assert_eq!(stage.until_refresh(2 * HOUR), Some(HOUR));
}

#[test]
fn a_network_that_fails_meanwhile_is_waited_for_as_ever() {
    let mut stage = badly_renewed();
    stage.until_refresh(HOUR).unwrap();
    stage.fail(Class::NotSent);

    assert!(stage.until_refresh(HOUR).unwrap() < 5 * SECOND);
    stage.answer(HOUR);
    assert_eq!(stage.state(), State::Resting);
}
