//! What the engine tells of its decisions, and of what they add to the lifeline.

mod stage;

use engine::{Added, Bar, HOUR, Input, InputKind, MINUTE, MarkKind, StateKind, Trigger};
use stage::{Stage, disk_full};

#[test]
fn a_wake_that_the_clocks_tell_of_comes_first_and_sets_the_refresh_off() {
    let mut stage = Stage::signed_in(HOUR);
    stage.drift(8 * HOUR);

    let decisions = stage.engine.decide(Input::Tick, stage.now);

    let told: Vec<_> = decisions.iter().map(|it| (it.input, it.trigger, it.from, it.to)).collect();
    assert_eq!(
        told,
        [
            (InputKind::Came, Some(Trigger::Wake), StateKind::Resting, StateKind::Refreshing),
            (InputKind::Tick, None, StateKind::Refreshing, StateKind::Refreshing),
        ]
    );
    assert_eq!(decisions[0].why, "renews what is due, and whatever the person asks for");
    assert!(!decisions[0].idle && decisions[1].idle);
}

#[test]
fn a_deadline_that_falls_says_so() {
    let mut stage = Stage::signed_in(HOUR);
    while stage.asked.is_empty() {
        let before = stage.engine.clone();
        let at = stage.engine.next_deadline(stage.now).unwrap().0;
        stage.drift((at - stage.now.boot).min(5_000));
        let mut played = before;
        let decided = played.decide(Input::Tick, stage.now);
        stage.tell(Input::Tick);
        let renews = decided.iter().any(|it| it.trigger == Some(Trigger::Deadline));
        assert_eq!(renews, !stage.asked.is_empty());
    }
}

#[test]
fn what_is_left_of_the_token_is_told_with_what_came() {
    let mut stage = Stage::signed_in(HOUR);
    let left = |stage: &mut Stage, input| stage.engine.decide(input, stage.now)[0].left_ms;

    stage.drift(20 * MINUTE);
    assert_eq!(left(&mut stage, Input::Came(Trigger::Focus)), Some(40 * MINUTE));
    stage.drift(HOUR);
    // Its end, not the next one's; and the computer slept through it.
    assert_eq!(left(&mut stage, Input::Tick), Some(-20 * MINUTE));
    assert_eq!(left(&mut stage, Input::SignedOut), Some(-20 * MINUTE));
    assert_eq!(left(&mut stage, Input::Came(Trigger::Focus)), None);

    let mut fresh = Stage::new();
    let kept = Box::new(stage::saved_ago(HOUR, 15 * MINUTE, fresh.now));
    assert_eq!(left(&mut fresh, Input::Restored(Some(kept))), Some(45 * MINUTE));
}

#[test]
fn what_comes_all_the_time_and_changes_nothing_is_idle() {
    let mut stage = Stage::signed_in(HOUR);
    let idle = |stage: &mut Stage, input| stage.engine.decide(input, stage.now)[0].idle;

    assert!(idle(&mut stage, Input::Tick));
    assert!(idle(&mut stage, Input::TokenWanted { min_validity_ms: 0 }));
    assert!(idle(&mut stage, Input::Confirmed));
    assert!(idle(&mut stage, Input::Saved));
    assert!(!idle(&mut stage, Input::Came(Trigger::Focus)));
    assert!(!idle(&mut stage, Input::Unsaved(disk_full())));
    assert!(idle(&mut stage, Input::Unsaved(disk_full())));
    assert!(!idle(&mut stage, Input::Saved));
}

#[test]
fn the_lifeline_grows_by_what_is_told_of_it() {
    let mut stage = Stage::new();
    let mut grown: Vec<Bar> = Vec::new();
    let mut marks = Vec::new();
    let take = |stage: &Stage, grown: &mut Vec<Bar>, marks: &mut Vec<_>| {
        for added in stage.engine.added(stage.now) {
            match added {
                Added::Token(bar) => {
                    grown.retain(|known| known.fingerprint != bar.fingerprint);
                    grown.push(bar);
                }
                Added::Mark(mark) => marks.push(mark),
            }
        }
    };
    let grant = stage::told(1, HOUR, stage.now);
    stage.sign_in(grant);
    take(&stage, &mut grown, &mut marks);
    for _ in 0..3 {
        stage.until_refresh(HOUR).unwrap();
        take(&stage, &mut grown, &mut marks);
        stage.answer(HOUR);
        take(&stage, &mut grown, &mut marks);
        stage.tell(Input::Tick);
        take(&stage, &mut grown, &mut marks);
    }

    let drawn = stage.view().lifeline;
    assert_eq!(grown, drawn.tokens);
    assert_eq!(marks, drawn.marks);
    assert_eq!(marks.iter().filter(|mark| mark.kind == MarkKind::SignIn).count(), 1);
}
