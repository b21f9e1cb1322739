//! AWS's static stability: `aws-runtime/src/static_stability.rs`, over `aws-config/src/login.rs`.

use crate::desk::{Desk, HOUR_MS, MINUTE_MS};
use simulation::policies::aws::Aws;
use simulation::server::Mood;

fn desk() -> Desk<Aws> {
    Desk::new(Aws)
}

/// The cache has no timer: what nobody wants is not renewed.
#[tokio::test(start_paused = true)]
async fn nothing_is_renewed_before_somebody_wants_a_token() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.pass(3 * HOUR_MS).await;
    assert_eq!(desk.asked(), 0);
    assert!(!desk.is_dead(&app.access_token().await.unwrap()));
    assert_eq!(desk.renewed(), 1);
}

/// `advisory_window_for`, and the login provider's `REFRESH_BUFFER_TIME` under it: five minutes.
#[tokio::test(start_paused = true)]
async fn a_call_with_under_five_minutes_left_refreshes_and_others_are_served_meanwhile() {
    let desk = desk();
    let app = desk.signed_in().await;
    let first = app.access_token().await;
    desk.pass(54 * MINUTE_MS).await;
    assert_eq!(app.access_token().await, first);
    assert_eq!(desk.asked(), 0);
    desk.pass(2 * MINUTE_MS).await;
    let (one, two) = tokio::join!(app.access_token(), app.access_token());
    assert_ne!(one, first);
    assert_eq!(two, first);
    assert_eq!(desk.asked(), 1);
}

/// `Decision::Mandatory`: in the last minute all callers wait for one refresh.
#[tokio::test(start_paused = true)]
async fn in_the_last_minute_all_callers_wait_for_one_refresh() {
    let desk = desk();
    let app = desk.signed_in().await;
    let first = app.access_token().await;
    desk.pass(HOUR_MS - 30_000).await;
    let (one, two) = tokio::join!(app.access_token(), app.access_token());
    assert_ne!(one, first);
    assert_eq!(one, two);
    assert_eq!(desk.asked(), 1);
}

/// Static stability itself: what there is is served past its end, and the source is left alone for 5
/// to 10 minutes (`BACKOFF_MIN_SECS`, `BACKOFF_JITTER_SECS`).
#[tokio::test(start_paused = true)]
async fn while_refreshes_fail_the_dead_token_is_served_and_the_source_left_alone() {
    let desk = desk();
    let app = desk.signed_in().await;
    let first = app.access_token().await;
    desk.mood(Mood::Trouble);
    desk.pass(2 * HOUR_MS).await;
    assert_eq!(app.access_token().await, first);
    assert_eq!(desk.asked(), 3, "one refresh, tried three times");
    desk.mood(Mood::Well);
    desk.pass(4 * MINUTE_MS).await;
    assert_eq!(app.access_token().await, first);
    assert_eq!(desk.asked(), 3);
    desk.pass(6 * MINUTE_MS + 1_000).await;
    assert_ne!(app.access_token().await, first);
    assert!(!app.asks_for_sign_in());
}

/// `non_recoverable`: raised at once, before anything cached is served; and then the person is asked.
#[tokio::test(start_paused = true)]
async fn a_refused_grant_asks_for_a_sign_in() {
    let desk = desk();
    let app = desk.signed_in().await;
    assert!(app.access_token().await.is_some());
    desk.computer.server().revoke();
    desk.pass(56 * MINUTE_MS).await;
    assert_eq!(app.access_token().await, None);
    assert!(app.asks_for_sign_in());
    assert!(app.sign_in().await);
    assert!(app.access_token().await.is_some());
    assert!(!app.asks_for_sign_in());
}

/// `invalidate`: of what is cached, only exactly what was refused is renewed.
#[tokio::test(start_paused = true)]
async fn what_the_api_refused_is_renewed_at_the_next_call() {
    let desk = desk();
    let app = desk.signed_in().await;
    let first = app.access_token().await.unwrap();
    app.api_refused(&"another".to_owned()).await;
    assert_eq!(app.access_token().await.as_ref(), Some(&first));
    app.api_refused(&first).await;
    assert_ne!(app.access_token().await.unwrap(), first);
    assert_eq!(desk.renewed(), 1);
}

/// `load_cached_token` before every refresh: what another process has renewed is taken over.
#[tokio::test(start_paused = true)]
async fn a_second_copy_takes_over_what_the_first_has_renewed() {
    let desk = desk();
    let one = desk.signed_in().await;
    let two = desk.start();
    assert_eq!(one.access_token().await, two.access_token().await);
    desk.pass(56 * MINUTE_MS).await;
    assert_eq!(one.access_token().await, two.access_token().await);
    assert_eq!(desk.asked(), 1);
}
