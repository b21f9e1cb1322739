//! Which sentence when, and the rest of what the window is told.

mod stage;

use engine::{
    Class, Ended, HOUR, Holdup, Input, Lifetime, MINUTE, MarkKind, Outcome, Renewal, RenewalView,
    SECOND, Sentence, Snapshot, Status, Trigger, View,
};
use stage::{DAY, Stage, by_refresh_token, disk_full, saved_ago};

// ── The sentence ─────────────────────────────────────────────────────────────────────────────

#[test]
fn while_the_record_is_read_it_says_what_stands_in_the_way() {
    for (holdup, sentence) in [
        (Holdup::Store, Sentence::Restoring),
        (Holdup::StoreUnreadable, Sentence::Unreadable),
        (Holdup::KeychainLocked, Sentence::Locked),
        (Holdup::KeychainSlow, Sentence::KeychainSlow),
        (Holdup::KeychainCancelled, Sentence::KeychainCancelled),
        (Holdup::KeychainGone, Sentence::KeychainGone),
        (Holdup::KeyGone, Sentence::KeyGone),
    ] {
        let mut stage = Stage::new();

        stage.tell(Input::RestoreHeldUp(holdup));

        assert_eq!(stage.sentence(), sentence);
    }
}

#[test]
fn resting_says_when_it_renews_by_itself() {
    let mut stage = Stage::signed_in(HOUR);

    let Sentence::Resting { renews_ms } = stage.sentence() else { unreachable!() };

    let wall = stage.now.wall.0;
    assert_eq!(stage.until_refresh(HOUR), Some(renews_ms - wall));
}

#[test]
fn a_token_too_short_to_plan_for_says_that_it_is_renewed_on_demand() {
    assert_eq!(Stage::signed_in(4 * SECOND).sentence(), Sentence::RestingOnDemand);
}

#[test]
fn what_cannot_be_renewed_says_its_end_from_the_start_where_it_is_known() {
    let told = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));
    let unknown = Stage::signed_in_to(Renewal::No, Lifetime::Unknown(None));

    let ends_ms = Some(told.now.wall.0 + HOUR);
    assert_eq!(told.sentence(), Sentence::NoRefreshToken { ends_ms });
    assert_eq!(unknown.sentence(), Sentence::NoRefreshToken { ends_ms: None });
}

#[test]
fn a_wait_says_until_when_somebody_is_signed_in_and_then_that_the_session_is_kept() {
    let passing = [Class::NotSent, Class::UnknownOutcome, Class::ServerTrouble];
    for class in passing.into_iter().chain([Class::UnclearRefusal]) {
        let mut stage = refreshing();
        let ends_ms = Some(stage.now.wall.0 + HOUR);
        stage.fail(class);
        let valid = stage.sentence();

        stage.drift(HOUR);

        let next_ms = next_ms(&stage);
        assert_eq!(valid, Sentence::WaitingValid { ends_ms, next_ms }, "{class:?}");
        assert_eq!(stage.sentence(), Sentence::WaitingExpired { next_ms }, "{class:?}");
    }
}

#[test]
fn a_token_that_the_api_refused_carries_nobody() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();

    stage.fail(Class::NotSent);

    assert!(matches!(stage.sentence(), Sentence::WaitingExpired { .. }), "{:?}", stage.sentence());
}

#[test]
fn an_assumed_end_is_not_promised_to_anybody() {
    let mut stage = Stage::signed_in_to(by_refresh_token(1), Lifetime::Unknown(None));
    stage.came(Trigger::Asked);

    stage.fail(Class::NotSent);

    assert!(matches!(stage.sentence(), Sentence::WaitingValid { ends_ms: None, .. }));
}

#[test]
fn a_throttle_says_when_the_server_lets_us_try_again() {
    let mut stage = refreshing();
    stage.fail_after(Class::Throttled, Some(HOUR));
    let (ends_ms, next_ms) = (Some(stage.now.wall.0 + HOUR), stage.now.wall.0 + HOUR);
    let valid = stage.sentence();

    stage.drift(HOUR);

    assert_eq!(valid, Sentence::Throttled { ends_ms, next_ms });
    assert_eq!(stage.sentence(), Sentence::Throttled { ends_ms: None, next_ms });
}

#[test]
fn a_portal_is_named() {
    let mut stage = refreshing();

    stage.fail(Class::NotTheAuthServer);

    assert_eq!(stage.sentence(), Sentence::Portal { next_ms: next_ms(&stage) });
}

#[test]
fn the_other_states_have_a_sentence_each() {
    for (class, sentence) in
        [(Class::SetUp, Sentence::Stopped), (Class::Refused, Sentence::NeedsSignIn)]
    {
        let mut stage = refreshing();
        let renewing = stage.sentence();

        stage.fail(class);

        assert_eq!(renewing, Sentence::Refreshing);
        assert_eq!(stage.sentence(), sentence);
    }
    let mut signed_out = Stage::new();
    signed_out.tell(Input::Restored(None));
    assert_eq!(signed_out.sentence(), Sentence::SignedOut);

    let mut ran_out = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));
    ran_out.pass(HOUR);
    assert_eq!(ran_out.sentence(), Sentence::RanOut);
    assert_eq!(ran_out.view().status, Status::NeedsSignIn { why: Ended::CannotRenew });

    let mut api = Stage::signed_in(HOUR);
    api.api_refuses();
    api.answer(HOUR);
    api.api_refuses();
    assert_eq!(api.sentence(), Sentence::ApiRefuses);
}

#[test]
fn what_is_not_saved_is_said_before_anything_else_until_it_is() {
    let mut stage = Stage::signed_in(HOUR);

    stage.tell(Input::Unsaved(disk_full()));
    let resting = (stage.sentence(), stage.view().unsaved);
    stage.came(Trigger::Asked);
    let refreshing = stage.sentence();
    stage.tell(Input::Saved);

    assert_eq!(resting, (Sentence::Unsaved, Some(disk_full())));
    assert_eq!(refreshing, Sentence::Unsaved);
    assert_eq!((stage.sentence(), stage.view().unsaved), (Sentence::Refreshing, None));
}

// ── Moments are on the wall clock ────────────────────────────────────────────────────────────

#[test]
fn every_deadline_in_the_view_moves_when_the_wall_clock_is_set() {
    for class in [None, Some(Class::NotSent), Some(Class::Throttled)] {
        for by in [DAY, -DAY] {
            let mut stage = refreshing();
            match class {
                Some(class) => stage.fail(class),
                None => stage.answer(HOUR),
            };
            // A renewal that the jump makes due would be another view.
            stage.came(Trigger::Focus);
            let before = stage.view();

            stage.now.wall = stage.now.wall + by;

            assert_eq!(deadlines(&stage.view()), deadlines(&before), "{class:?} {by}");
            assert_eq!(stage.view().now_ms, before.now_ms + by);
        }
    }
}

#[test]
fn when_the_server_answered_last_is_told() {
    let mut stage = Stage::signed_in(HOUR);
    let signed_in = stage.view().confirmed_ms;
    stage.pass(MINUTE);

    stage.tell(Input::Confirmed);

    assert_eq!(signed_in, Some(stage.now.wall.0 - MINUTE));
    assert_eq!(stage.view().confirmed_ms, Some(stage.now.wall.0));
}

// ── Why ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_line_under_the_sentence_tells_what_was_done_why_and_how_much_was_left() {
    let mut stage = Stage::signed_in(HOUR);
    stage.pass(50 * MINUTE);
    stage.came(Trigger::Asked);

    stage.fail(Class::NotSent);
    let failed = stage.view().why.unwrap();
    stage.came(Trigger::NetworkBack);
    stage.answer(HOUR);

    let renewed = stage.view().why.unwrap();
    assert_eq!(
        (failed.what, failed.reason),
        (Outcome::Failed(Class::NotSent), Some(Trigger::Asked))
    );
    assert_eq!((renewed.what, renewed.reason), (Outcome::Renewed, Some(Trigger::NetworkBack)));
    assert_eq!(renewed.left_ms, Some(10 * MINUTE), "of the token before");
}

#[test]
fn whether_the_refresh_token_is_replaced_is_known_after_the_first_refresh() {
    let rotates = |stage: &Stage| match stage.view().renewal {
        Some(RenewalView::RefreshToken { rotates, .. }) => rotates,
        Some(RenewalView::Itself | RenewalView::No) | None => None,
    };
    let mut stage = Stage::signed_in(HOUR);
    let before = rotates(&stage);

    stage.renew(HOUR);
    let rotated = rotates(&stage);
    let kept = stage.grant.renewal;
    stage.came(Trigger::Asked);
    stage.answer_with(|grant| grant.renewal = kept);

    assert_eq!((before, rotated, rotates(&stage)), (None, Some(true), Some(false)));
}

// ── Kept you signed in ───────────────────────────────────────────────────────────────────────

#[test]
fn after_a_weekend_asleep_it_says_for_a_minute_over_how_long_it_kept_you_signed_in() {
    let mut stage = Stage::signed_in(HOUR);
    stage.sleep(2 * DAY);
    let before = stage.view().kept_over_ms;
    stage.answer(HOUR);

    let told = stage.view().kept_over_ms;
    stage.pass(MINUTE);

    assert_eq!((before, told, stage.view().kept_over_ms), (None, Some(2 * DAY), None));
}

#[test]
fn after_a_relaunch_it_says_so_as_well() {
    let mut stage = Stage::restored(|now| saved_ago(HOUR, 3 * DAY, now));

    stage.answer(HOUR);

    assert_eq!(stage.view().kept_over_ms, Some(3 * DAY));
}

#[test]
fn it_says_so_although_the_network_came_back_later_than_the_computer() {
    let mut stage = Stage::signed_in(HOUR);
    stage.sleep(2 * DAY);
    stage.fail(Class::NotSent);
    stage.came(Trigger::NetworkBack);

    stage.answer(HOUR);

    assert_eq!(stage.view().kept_over_ms, Some(2 * DAY));
}

#[test]
fn a_nap_is_not_worth_a_sentence() {
    let mut stage = Stage::signed_in(40 * SECOND);
    stage.sleep(59 * SECOND);

    stage.answer(HOUR);

    assert_eq!(stage.view().kept_over_ms, None);
}

#[test]
fn a_renewal_long_after_a_sleep_does_not_boast_of_it() {
    let mut stage = Stage::signed_in(HOUR);
    stage.sleep(20 * MINUTE);
    stage.until_refresh(HOUR);

    stage.answer(HOUR);

    assert_eq!(stage.view().kept_over_ms, None);
}

// ── The lifeline ─────────────────────────────────────────────────────────────────────────────

#[test]
fn the_lifeline_shows_the_token_its_renewal_and_the_one_to_come() {
    let stage = Stage::signed_in(HOUR);
    let wall = stage.now.wall.0;

    let lifeline = stage.view().lifeline;

    let bar = &lifeline.tokens[0];
    assert_eq!((bar.from_ms, bar.to_ms), (wall, wall + HOUR));
    assert_eq!(lifeline.planned.map(|planned| planned.from_ms), bar.renews_ms);
    assert_eq!(lifeline.marks.iter().map(|mark| mark.kind).collect::<Vec<_>>(), [MarkKind::SignIn]);
}

#[test]
fn what_cannot_be_renewed_has_no_token_to_come() {
    let stage = Stage::signed_in_to(Renewal::No, Lifetime::Told(HOUR));

    assert_eq!(stage.view().lifeline.planned, None);
}

#[test]
fn the_lifeline_is_bounded_and_keeps_the_newest() {
    let mut stage = Stage::signed_in(HOUR);

    for _ in 0..500 {
        stage.pass(2 * SECOND);
        stage.came(Trigger::Focus);
        stage.renew(HOUR);
    }

    let lifeline = stage.view().lifeline;
    assert_eq!((lifeline.tokens.len(), lifeline.marks.len()), (24, 60));
    assert_eq!(lifeline.tokens[23].fingerprint, stage.grant.access.to_string());
}

#[test]
fn a_burst_of_focus_is_one_mark() {
    let mut stage = Stage::signed_in(HOUR);

    for _ in 0..9 {
        stage.drift(100);
        stage.came(Trigger::Focus);
    }

    let focus = MarkKind::Trigger(Trigger::Focus);
    let marks = stage.view().lifeline.marks;
    assert_eq!(marks.iter().filter(|mark| mark.kind == focus).count(), 1);
}

#[test]
fn the_identity_stays_when_a_stored_refusal_is_found() {
    let stage = Stage::restored(|now| Snapshot {
        refused: Some(Ended::Refused),
        ..saved_ago(HOUR, DAY, now)
    });

    assert_eq!(stage.sentence(), Sentence::NeedsSignIn);
    assert_eq!(stage.view().who.map(|who| who.name), Some("Alice".to_owned()));
}

fn refreshing() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);
    stage
}

fn next_ms(stage: &Stage) -> i64 {
    stage.view().next.map_or(0, |next| next.at_ms)
}

/// How far ahead every deadline of a view is.
fn deadlines(view: &View) -> Vec<Option<i64>> {
    let sentence = if let Sentence::Resting { renews_ms: at }
    | Sentence::WaitingValid { next_ms: at, .. }
    | Sentence::Throttled { next_ms: at, .. } = view.sentence
    {
        Some(at)
    } else {
        None
    };
    assert!(sentence.is_some(), "{:?} has no deadline to compare", view.sentence);
    let token = view.token.as_ref();
    let bar = view.lifeline.tokens.last();
    [
        sentence,
        token.map(|token| token.ends_ms),
        token.and_then(|token| token.renews_ms),
        view.next.as_ref().map(|next| next.at_ms),
        view.why.as_ref().map(|why| why.at_ms),
        bar.map(|bar| bar.to_ms),
        view.lifeline.planned.as_ref().map(|bar| bar.from_ms),
        view.lifeline.marks.last().map(|mark| mark.at_ms),
    ]
    .map(|at| at.map(|at| at - view.now_ms))
    .to_vec()
}
