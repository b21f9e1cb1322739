//! How a session ends, and how it does not: refusals, late answers, other processes, sign-out.

mod stage;

use engine::{
    Access, Class, Effect, Ended, HOUR, Input, Lifeline, MINUTE, Mark, MarkKind, SECOND, Sentence,
    Snapshot, State, StateKind, Trigger, Wait, Worth,
};
use stage::{Stage, disk_full, ending_refresh_token, saved_ago, told};

// ── Refused ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn after_a_refusal_the_access_token_serves_to_its_end() {
    let mut stage = refreshing();
    stage.fail(Class::Refused);
    let token = stage.grant.access;

    stage.pass(HOUR - 1);
    let last = stage.access(HOUR);
    stage.pass(1);

    assert_eq!(last, Access::Take(token));
    assert_eq!(stage.access(0), Access::Unavailable { next_try: None });
}

#[test]
fn a_refusal_after_a_lost_answer_is_told_apart() {
    let mut stage = refreshing();
    stage.fail(Class::UnknownOutcome);
    stage.until_refresh(MINUTE);
    stage.fail(Class::NotSent);
    stage.until_refresh(MINUTE);

    stage.fail(Class::Refused);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::AnswerLost });
    assert_eq!(stage.sentence(), Sentence::AnswerLost);
}

#[test]
fn a_refusal_after_an_intent_was_found_is_a_lost_answer() {
    let mut stage =
        Stage::restored(|now| Snapshot { intent: true, ..saved_ago(HOUR, MINUTE, now) });
    stage.until_refresh(MINUTE);

    stage.fail(Class::Refused);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::AnswerLost });
}

#[test]
fn an_answer_that_was_lost_and_then_came_is_forgotten() {
    let mut stage = refreshing();
    stage.fail(Class::UnknownOutcome);
    stage.until_refresh(MINUTE);
    stage.answer(HOUR);
    stage.came(Trigger::Asked);

    stage.fail(Class::Refused);

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::Refused });
}

#[test]
fn a_stored_refusal_is_remembered_at_the_next_start_and_the_token_still_serves() {
    let stage = Stage::restored(|now| Snapshot {
        refused: Some(Ended::Refused),
        ..saved_ago(HOUR, MINUTE, now)
    });

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::Refused });
    assert_eq!(stage.access(0), Access::Take(stage.grant.access));
    assert!(stage.asked.is_empty());
}

#[test]
fn a_sign_in_after_a_refusal_begins_anew() {
    let mut stage = refreshing();
    stage.fail(Class::Refused);

    stage.sign_in(told(9, HOUR, stage.now));

    assert_eq!(stage.state(), State::Resting);
    assert!(stage.until_refresh(HOUR).is_some());
}

// ── Late answers ─────────────────────────────────────────────────────────────────────────────

#[test]
fn an_answer_to_an_epoch_that_has_ended_is_discarded() {
    let enders: [fn(&mut Stage); 3] = [
        |stage| drop(stage.tell(Input::SignedOut)),
        |stage| drop(stage.sign_in(told(9, HOUR, stage.now))),
        |stage| {
            stage.epoch += 1;
            let adopted = Box::new(stage.snapshot());
            stage.tell(Input::Adopted(adopted));
        },
    ];
    for end in enders {
        let mut stage = refreshing();
        let attempt = stage.attempt().unwrap();
        end(&mut stage);
        let before = stage.state();

        let effects = stage.tell(answered(&stage, attempt));

        assert_eq!(effects, [Effect::Discard { attempt }]);
        assert_eq!(stage.state(), before);
    }
}

#[test]
fn an_answer_of_the_present_epoch_is_never_revoked() {
    // 1. A refresh is in flight. 2. Another process's renewal is taken over, which ends it here.
    // 3. Its answer comes. Revoking that would often end the grant that was just taken over.
    let mut stage = refreshing();
    let attempt = stage.attempt().unwrap();
    let adopted = Snapshot { grant: told(9, HOUR, stage.now), refreshes: 1, ..stage.snapshot() };
    stage.tell(Input::Adopted(Box::new(adopted)));

    let effects = stage.tell(answered(&stage, attempt));

    assert_eq!(effects, []);
    assert_eq!(stage.state(), State::Resting);
}

#[test]
fn an_answer_to_an_earlier_attempt_changes_nothing_for_the_present_one() {
    let mut stage = refreshing();
    let first = stage.attempt().unwrap();
    stage.sign_in(told(9, HOUR, stage.now));
    stage.came(Trigger::Asked);
    let running = stage.state();

    stage.tell(answered(&stage, first));
    stage.tell(failed(first, Class::Refused));
    stage.tell(Input::HeldElsewhere { attempt: first });

    assert_eq!(stage.state(), running);
    assert_eq!(stage.access(0), Access::Take(stage::token(9)));
}

#[test]
fn a_late_refusal_ends_nothing() {
    let mut stage = refreshing();
    let attempt = stage.attempt().unwrap();
    stage.answer(HOUR);

    stage.tell(failed(attempt, Class::Refused));

    assert_eq!(stage.state(), State::Resting);
}

#[test]
fn an_answer_is_exposed_once() {
    let mut stage = refreshing();
    let attempt = stage.attempt().unwrap();

    let first = stage.answer(HOUR);
    let second = stage.tell(answered(&stage, attempt));

    assert_eq!(first, [Effect::Expose { attempt }]);
    assert_eq!(second, []);
}

// ── Other processes ──────────────────────────────────────────────────────────────────────────

#[test]
fn while_another_copy_renews_it_looks_again_each_second() {
    let mut stage = refreshing();

    for _ in 0..30 {
        let attempt = stage.attempt().unwrap();
        stage.tell(Input::HeldElsewhere { attempt });
        assert_eq!(stage.wait(), Some((Wait::AnotherCopy, SECOND)));
        assert_eq!(stage.sentence(), Sentence::AnotherCopy);
        assert_eq!(stage.until_refresh(MINUTE), Some(SECOND));
    }
}

#[test]
fn another_copys_renewal_is_taken_over_and_planned_by() {
    let mut stage = refreshing();
    let attempt = stage.attempt().unwrap();
    stage.tell(Input::HeldElsewhere { attempt });
    let theirs = told(9, 2 * HOUR, stage.now);

    stage.tell(Input::Adopted(Box::new(Snapshot {
        grant: theirs,
        refreshes: 1,
        ..stage.snapshot()
    })));

    assert_eq!(stage.state(), State::Resting);
    assert_eq!(stage.access(0), Access::Take(stage::token(9)));
    assert!(stage.renews_in().is_some_and(|ms| ms > 114 * MINUTE));
}

#[test]
fn another_copys_refusal_is_taken_over_without_writing_it_again() {
    let mut stage = Stage::signed_in(HOUR);

    let effects = stage.tell(Input::Adopted(Box::new(Snapshot {
        refused: Some(Ended::Refused),
        ..stage.snapshot()
    })));

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::Refused });
    assert_eq!(effects, []);
}

#[test]
fn a_copy_that_knows_of_a_refusal_only_learns_from_another_that_an_answer_was_lost() {
    let mut stage = refreshing();
    stage.fail(Class::Refused);
    let theirs = Snapshot { refused: Some(Ended::AnswerLost), ..stage.snapshot() };

    stage.tell(Input::Adopted(Box::new(theirs)));

    assert_eq!(stage.state(), State::NeedsSignIn { why: Ended::AnswerLost });
}

#[test]
fn a_record_that_brings_no_news_does_not_forget_what_the_server_asked_for() {
    let mut stage = refreshing();
    stage.fail_after(Class::Throttled, Some(HOUR));
    let before = stage.wait();

    stage.tell(Input::Adopted(Box::new(stage.snapshot())));

    assert_eq!(stage.wait(), before);
}

#[test]
fn a_record_that_brings_no_news_does_not_revive_a_token_that_the_api_refused() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();
    stage.fail(Class::NotSent);

    stage.tell(Input::Adopted(Box::new(stage.snapshot())));

    assert_eq!(stage.view().token.map(|token| token.worth), Some(Worth::RefusedByApi));
}

#[test]
fn a_refused_token_that_is_read_back_during_its_refresh_is_renewed_after_all() {
    let mut stage = Stage::signed_in(HOUR);
    stage.api_refuses();

    stage.tell(Input::Adopted(Box::new(stage.snapshot())));
    let worth = stage.view().token.map(|token| token.worth);
    stage.tell(Input::Tick);

    assert_eq!(worth, Some(Worth::RefusedByApi));
    assert!(stage.attempt().is_some(), "{:?}", stage.state());
}

#[test]
fn two_copies_with_an_end_that_never_moves_do_not_renew_for_each_other() {
    let mut stage =
        Stage::signed_in_to(ending_refresh_token(1, 10 * MINUTE), engine::Lifetime::Told(HOUR));
    stage.pass(7 * MINUTE);

    // The other copy has renewed, and the refresh token's end stands where it stood.
    let mut theirs = told(9, HOUR, stage.now);
    theirs.renewal = ending_refresh_token(9, 3 * MINUTE);
    let adopted = Snapshot {
        grant: theirs,
        refreshes: 1,
        refresh_end_moved: Some(false),
        ..stage.snapshot()
    };
    stage.tell(Input::Adopted(Box::new(adopted)));

    assert!(stage.renews_in().is_some_and(|ms| ms > 54 * MINUTE), "{:?}", stage.renews_in());
}

// ── Sign-out ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_sign_out_works_at_once_from_everywhere() {
    for (name, mut stage) in everywhere() {
        let effects = stage.tell(Input::SignedOut);

        assert_eq!(stage.state(), State::SignedOut, "{name}");
        assert_eq!(effects, [Effect::Forget], "{name}");
        let view = stage.view();
        assert_eq!((view.who, view.token, view.why), (None, None, None), "{name}");
        let signed_out = Mark { at_ms: stage.now.wall.0, kind: MarkKind::SignOut };
        let is_all = Lifeline { marks: vec![signed_out], ..Lifeline::default() };
        assert_eq!(view.lifeline, is_all, "{name}");
        assert_eq!(stage.access(0), Access::Unavailable { next_try: None }, "{name}");
        assert_eq!(stage.engine.next_deadline(stage.now), None, "{name}");
    }
}

#[test]
fn a_sign_out_is_marked_once_and_the_next_sign_in_begins_anew() {
    let mut stage = Stage::signed_in(HOUR);
    for marked in [1, 0] {
        stage.tell(Input::SignedOut);
        assert_eq!(stage.engine.added(stage.now).count(), marked);
        stage.pass(HOUR);
    }

    stage.sign_in(told(9, HOUR, stage.now));

    let marks = stage.view().lifeline.marks;
    assert_eq!(marks.iter().map(|mark| mark.kind).collect::<Vec<_>>(), [MarkKind::SignIn]);
}

#[test]
fn nothing_happens_by_itself_after_a_sign_out() {
    let mut stage = refreshing();
    stage.tell(Input::SignedOut);
    let before = stage.asked.len();

    stage.pass(2 * HOUR);
    stage.sleep(stage::DAY);
    stage.came(Trigger::Asked);

    assert_eq!((stage.kind(), stage.asked.len()), (StateKind::SignedOut, before));
}

#[test]
fn nothing_is_kept_of_the_last_session_by_the_next() {
    let mut stage = refreshing();
    stage.fail_after(Class::Throttled, Some(HOUR));
    stage.tell(Input::Unsaved(disk_full()));

    stage.sign_in(told(9, HOUR, stage.now));
    stage.came(Trigger::Asked);
    stage.fail(Class::NotSent);

    assert!(stage.wait().is_some_and(|(_, ms)| ms <= SECOND), "{:?}", stage.wait());
    assert_eq!(stage.view().unsaved, None);
    assert_eq!(stage.view().lifeline.tokens.len(), 1);
}

fn refreshing() -> Stage {
    let mut stage = Stage::signed_in(HOUR);
    stage.came(Trigger::Asked);
    stage
}

fn answered(stage: &Stage, attempt: u64) -> Input {
    let grant = Box::new(told(50, HOUR, stage.now));
    Input::Renewed { attempt, grant, exchange: Box::default() }
}

fn failed(attempt: u64, class: Class) -> Input {
    let failure =
        engine::Failure { class, retry_after_ms: None, exchange: engine::Exchange::default() };
    Input::Failed { attempt, failure: Box::new(failure) }
}

fn everywhere() -> Vec<(&'static str, Stage)> {
    let with = |class| {
        let mut stage = refreshing();
        stage.fail(class);
        stage
    };
    vec![
        ("restoring", Stage::new()),
        ("resting", Stage::signed_in(HOUR)),
        ("refreshing", refreshing()),
        ("waiting", with(Class::Throttled)),
        ("stopped", with(Class::SetUp)),
        ("needs sign-in", with(Class::Refused)),
    ]
}
