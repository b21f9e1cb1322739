//! What is told to a page, and which tokens were sent twice.

use crate::stage::{
    app, folder, intent, last_sent_before, open, refresh, restored, switch, tell, tell_in_memory,
};
use activity::{Activity, Limits};
use keeper::activity::AppDid;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[tokio::test]
async fn a_page_is_told_what_there_is_and_then_what_is_added() {
    let activity = Activity::in_memory(Limits::default());
    tell(&activity, app(AppDid::Start));
    let mut page = activity.subscribe();
    let first = page.next().await;
    assert!(first.anew);
    assert_eq!(first.entries.len(), 1);
    assert!(is_waiting(&mut page));

    tell_in_memory(&activity, switch("on"));
    tell(&activity, switch("off"));
    let added = page.next().await;
    assert!(!added.anew);
    assert_eq!(added.entries.iter().map(|it| it.seq).collect::<Vec<_>>(), [2, 3]);
    assert!(is_waiting(&mut page));
}

#[tokio::test]
async fn a_page_that_opens_before_anything_was_done_is_told_so() {
    let mut page = Activity::in_memory(Limits::default()).subscribe();
    let first = page.next().await;
    assert!(first.anew && first.entries.is_empty());
}

#[tokio::test]
async fn a_page_that_lags_behind_is_told_everything_anew() {
    let activity = Activity::in_memory(Limits { entries: 10, ..Limits::default() });
    let mut page = activity.subscribe();
    page.next().await;
    for _ in 0..10 {
        tell(&activity, switch("on"));
    }
    assert!(!page.next().await.anew, "everything since is there");
    for _ in 0..11 {
        tell(&activity, switch("on"));
    }
    let news = page.next().await;
    assert!(news.anew);
    assert_eq!(news.entries.len(), 10);
}

#[tokio::test]
async fn what_was_cleared_is_cleared_on_every_page() {
    let activity = Activity::in_memory(Limits::default());
    tell(&activity, switch("on"));
    let mut page = activity.subscribe();
    page.next().await;
    activity.clear().await.unwrap();
    let news = page.next().await;
    assert!(news.anew && news.entries.is_empty());
    tell(&activity, switch("off"));
    let news = page.next().await;
    assert!(!news.anew);
    assert_eq!(news.entries[0].seq, 2, "a number is used once");
}

#[test]
fn a_refresh_token_that_was_sent_before_says_by_which_entry() {
    let activity = Activity::in_memory(Limits::default());
    tell(&activity, refresh("aaaaaa", None));
    assert_eq!(last_sent_before(&activity), None);
    tell(&activity, switch("on"));
    tell(&activity, refresh("aaaaaa", Some("bbbbbb")));
    assert_eq!(last_sent_before(&activity), Some(1));
    tell(&activity, refresh("bbbbbb", Some("cccccc")));
    assert_eq!(last_sent_before(&activity), None);
    // Replayed, although the server has given another one since.
    tell(&activity, refresh("aaaaaa", None));
    assert_eq!(last_sent_before(&activity), Some(3));
}

#[test]
fn a_token_that_the_server_gave_again_was_not_used_twice() {
    let activity = Activity::in_memory(Limits::default());
    for _ in 0..3 {
        tell(&activity, refresh("aaaaaa", Some("aaaaaa")));
        assert_eq!(last_sent_before(&activity), None);
    }
    // But after a lost answer it was.
    tell(&activity, refresh("aaaaaa", None));
    tell(&activity, refresh("aaaaaa", None));
    assert_eq!(last_sent_before(&activity), Some(4));
}

#[tokio::test]
async fn a_token_that_was_sent_before_a_restart_is_known_again() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    tell(&activity, refresh("aaaaaa", None));
    activity.flush().await;
    drop(activity);
    let activity = open(&folder);
    tell(&activity, refresh("aaaaaa", Some("bbbbbb")));
    assert_eq!(last_sent_before(&activity), Some(1));
}

#[tokio::test]
async fn a_crash_between_the_intent_and_the_answer_counts_as_sent() {
    let (_around, folder) = folder();
    let activity = open(&folder);
    tell(&activity, intent("aaaaaa"));
    activity.flush().await;
    drop(activity);
    let activity = open(&folder);
    tell(&activity, restored());
    tell(&activity, refresh("aaaaaa", Some("bbbbbb")));
    assert_eq!(last_sent_before(&activity), Some(1));
}

#[test]
fn an_intent_alone_is_no_sending() {
    let activity = Activity::in_memory(Limits::default());
    tell(&activity, restored());
    tell(&activity, intent("aaaaaa"));
    tell(&activity, refresh("aaaaaa", Some("bbbbbb")));
    assert_eq!(last_sent_before(&activity), None);
    // Nor was it this one's that the next start finds.
    tell(&activity, restored());
    tell(&activity, intent("bbbbbb"));
    tell(&activity, refresh("bbbbbb", Some("cccccc")));
    assert_eq!(last_sent_before(&activity), None);
}

fn is_waiting(page: &mut activity::Subscription) -> bool {
    let next = pin!(page.next());
    matches!(next.poll(&mut Context::from_waker(Waker::noop())), Poll::Pending)
}
