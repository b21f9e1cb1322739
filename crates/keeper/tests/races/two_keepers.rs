//! Two keepers in one process: a virtual hour of racing, and what one takes over from the other.

use crate::pair::Pair;
use demo_server::BOB;
use engine::{HOUR, SECOND, Trigger};
use std::sync::Arc;

/// Within this much time each knows what the other has done.
const KNOWN_MS: i64 = 5 * SECOND;

fn as_it_is(vault: vault::FileVault) -> Arc<dyn keeper::ports::Vault> {
    Arc::new(vault)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_virtual_hour_of_six_second_tokens_no_refresh_token_is_used_twice() {
    let mut pair = Pair::with(6_000, as_it_is).await;
    pair.race(3_600).await;
    let counters = pair.desk.counters().await;
    assert_eq!(counters.reuse_detected, 0);
    assert_eq!(counters.refresh_tokens_seen_twice, 0);
    assert_eq!(counters.refreshes_refused, 0);
    assert_eq!(counters.logins, 1);
    assert_eq!(pair.left_without, 0, "callers had nothing to use");
    assert!(pair.both_are_signed_in().await);
    // One for each token: 3,600 s, renewed about every 5 s. Two copies that each renewed for
    // themselves would come to twice as many.
    assert!((600..=850).contains(&counters.refreshes), "{} refreshes", counters.refreshes);
}

#[tokio::test]
async fn a_sign_out_is_taken_over_within_five_seconds() {
    let pair = pair_of_an_hour().await;
    let [first, second] = &pair.apps;
    first.keeper.sign_out().await;
    second.pass(&pair.desk, KNOWN_MS).await;
    second.until_status("signed_out").await;
    assert_eq!(second.token().await, "none");
    assert_eq!(pair.desk.counters().await.refreshes, 0);
}

#[tokio::test]
async fn a_sign_in_of_somebody_else_is_taken_over_within_five_seconds() {
    let pair = pair_of_an_hour().await;
    let [first, second] = &pair.apps;
    pair.sign_in(first, BOB).await;
    second.pass(&pair.desk, KNOWN_MS).await;
    let is_bob =
        |shown: &keeper::Shown| shown.view.who.as_ref().is_some_and(|who| who.user == BOB.username);
    second.until("it is Bob's", is_bob).await;
    assert_eq!(second.token().await, first.token().await);
}

#[tokio::test]
async fn a_sign_in_is_taken_over_by_a_copy_where_nobody_is_signed_in() {
    let pair = pair_of_an_hour().await;
    let [first, second] = &pair.apps;
    first.keeper.sign_out().await;
    second.pass(&pair.desk, KNOWN_MS).await;
    second.until_status("signed_out").await;
    pair.sign_in(first, BOB).await;
    second.pass(&pair.desk, KNOWN_MS).await;
    second.until_status("resting").await;
    assert_eq!(second.token().await, first.token().await);
}

#[tokio::test]
async fn a_renewal_is_taken_over_within_five_seconds_without_asking_the_server() {
    let pair = pair_of_an_hour().await;
    let [first, second] = &pair.apps;
    let before = second.token().await;
    first.keeper.tell(Trigger::Asked).await;
    first.until_renewed(1).await;
    second.pass(&pair.desk, KNOWN_MS).await;
    second.until_renewed(1).await;
    let (theirs, ours) = (first.token().await, second.token().await);
    assert_eq!(theirs, ours);
    assert_ne!(ours, before);
    assert_eq!(pair.desk.counters().await.refreshes, 1);
}

#[tokio::test]
async fn looking_at_the_clocks_more_often_does_not_put_off_looking_at_the_other_copy() {
    let pair = pair_of_an_hour().await;
    let [first, second] = &pair.apps;
    first.keeper.sign_out().await;
    for _ in 0..5 {
        second.pass(&pair.desk, SECOND).await;
    }
    second.until_status("signed_out").await;
}

async fn pair_of_an_hour() -> Pair {
    Pair::with(u64::try_from(HOUR).unwrap(), as_it_is).await
}
