//! The lifeline's past: a month of it, in few bytes.

use crate::stage::{NOON, folder, open};
use activity::Activity;
use engine::{Bar, MINUTE, Mark, MarkKind, SECOND, Trigger};
use keeper::activity::{Event, Life, Living, Recorder};
use keeper::clock::TravelClock;
use keeper::ports::Clock as _;
use std::sync::Arc;

/// A month of tokens that live a minute.
const MONTH: i64 = 30 * 24 * 60;

fn bar(number: i64) -> Bar {
    let from_ms = NOON + number * MINUTE;
    Bar {
        fingerprint: format!("{:06x}", (number * 7_919) % 0xff_ffff),
        from_ms,
        to_ms: from_ms + MINUTE,
        renews_ms: Some(from_ms + 55 * SECOND),
    }
}

fn mark(number: i64) -> Mark {
    Mark { at_ms: NOON + number * MINUTE, kind: MarkKind::Refresh(Trigger::Deadline) }
}

fn tell(activity: &dyn Recorder, what: Living) {
    activity.life(Life { memory_only: false, what });
}

#[tokio::test]
async fn a_month_of_tokens_of_a_minute_is_there_after_a_restart() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    // More than a month, so that files have rotated, and each token planned anew once.
    for number in 0..MONTH + 20_000 {
        tell(activity.as_ref(), Living::Mark(mark(number)));
        tell(activity.as_ref(), Living::Token(Bar { renews_ms: None, ..bar(number) }));
        tell(activity.as_ref(), Living::Token(bar(number)));
        if number % 2_000 == 0 {
            activity.flush().await;
        }
    }
    activity.flush().await;
    drop(activity);

    let life = open(&folder).life();
    let month = usize::try_from(MONTH).unwrap();
    assert!(life.tokens.len() >= month, "{}", life.tokens.len());
    assert!(life.marks.len() >= month, "{}", life.marks.len());
    for (back, known) in life.tokens.iter().rev().take(month).enumerate() {
        assert_eq!(*known, bar(MONTH + 20_000 - 1 - i64::try_from(back).unwrap()));
    }
    assert_eq!(life.marks.last(), Some(&mark(MONTH + 20_000 - 1)));
}

#[test]
fn the_last_word_on_a_token_holds() {
    let activity = Activity::in_memory(activity::Limits::default());
    for number in 0..3 {
        tell(activity.as_ref(), Living::Token(bar(number)));
    }
    let corrected = Bar { to_ms: bar(1).to_ms - SECOND, ..bar(1) };
    tell(activity.as_ref(), Living::Token(corrected.clone()));
    assert_eq!(activity.life().tokens, [bar(0), corrected, bar(2)]);
}

#[test]
fn two_tokens_of_one_name_a_day_apart_are_two_tokens() {
    let activity = Activity::in_memory(activity::Limits::default());
    for number in 0..100 {
        tell(activity.as_ref(), Living::Token(bar(number)));
    }
    let again = Bar { fingerprint: bar(0).fingerprint, ..bar(100) };
    tell(activity.as_ref(), Living::Token(again.clone()));
    assert_eq!(activity.life().tokens.len(), 101);
    assert_eq!(activity.life().tokens.last(), Some(&again));
}

#[tokio::test]
async fn a_session_in_memory_only_is_drawn_and_not_written() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    let told: &dyn Recorder = activity.as_ref();
    told.life(Life { memory_only: true, what: Living::Token(bar(0)) });
    told.life(Life { memory_only: true, what: Living::Mark(mark(0)) });
    activity.flush().await;
    assert!(!folder.exists());
    assert_eq!((activity.life().tokens.len(), activity.life().marks.len()), (1, 1));
}

#[tokio::test]
async fn what_is_no_bar_is_left_out() {
    let (_around, folder) = folder();
    std::fs::create_dir(&folder).unwrap();
    let lines =
        "[\"a1b2c3\",1,2,null]\n[\"<b>\",1,2,3]\n[\"a1b2c4\",9223372036854775807,5,7]\n{}\n";
    std::fs::write(folder.join("tokens.jsonl"), lines).unwrap();
    let activity = open(&folder);
    assert_eq!(activity.life().tokens.len(), 1);
}

#[tokio::test]
async fn after_a_pretended_sleep_and_a_restart_nothing_is_later_than_now() {
    const HOUR: i64 = 60 * MINUTE;
    let (_around, folder) = folder();
    let clock = Arc::new(TravelClock::new());
    let limits = activity::Limits::default();
    let activity = Activity::open(&folder, limits, clock.clone());
    let before = clock.unmoved().0;
    clock.sleep(8 * HOUR).unwrap();
    let now = clock.now().wall.0;
    let token = Bar { from_ms: now, to_ms: now + HOUR, renews_ms: Some(now + HOUR / 2), ..bar(0) };
    tell(activity.as_ref(), Living::Token(token.clone()));
    tell(activity.as_ref(), Living::Mark(Mark { at_ms: now, ..mark(0) }));
    for what in [crate::stage::decision(), crate::stage::refresh("aaaaaa", None)] {
        activity.record(Event { at_ms: now, memory_only: false, what });
    }
    // As long as it runs, it agrees with everything else that is shown.
    assert_eq!(activity.life().tokens, std::slice::from_ref(&token));
    assert!(activity.entries().iter().all(|entry| entry.at_ms == now));
    activity.flush().await;
    drop(activity);

    let clock = Arc::new(TravelClock::new());
    let again = Activity::open(&folder, limits, clock.clone());
    let past = before..=clock.now().wall.0;
    let life = again.life();
    let kept = &life.tokens[0];
    assert!(past.contains(&kept.from_ms) && past.contains(&life.marks[0].at_ms), "{life:?}");
    assert_eq!(kept.to_ms - kept.from_ms, HOUR, "it lives as long as before");
    assert_eq!(kept.renews_ms, Some(kept.from_ms + HOUR / 2));
    let entries = again.entries();
    assert!(entries.len() == 2 && entries.iter().all(|entry| past.contains(&entry.at_ms)));
}
