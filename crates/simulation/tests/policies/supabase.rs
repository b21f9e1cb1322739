//! supabase auth-js: `GoTrueClient.ts`, `lib/fetch.ts`, `lib/constants.ts`.

use crate::desk::{Desk, HOUR_MS, MINUTE_MS};
use simulation::policies::supabase::Supabase;
use simulation::server::Mood;

const THROTTLING: Mood = Mood::Throttling { retry_after_ms: MINUTE_MS };

fn desk() -> Desk<Supabase> {
    Desk::new(Supabase)
}

/// `AUTO_REFRESH_TICK_THRESHOLD`: at most three whole ticks of 30 s are left, which is under 120 s.
#[tokio::test(start_paused = true)]
async fn a_tick_refreshes_with_under_two_minutes_left() {
    let desk = desk();
    let _app = desk.signed_in().await;
    desk.pass(HOUR_MS - 2 * MINUTE_MS - 5_000).await;
    assert_eq!(desk.asked(), 0);
    desk.pass(35_000).await;
    assert_eq!(desk.renewed(), 1);
}

/// `isAuthRetryableFetchError`: a fetch that fails is retried, and ends nothing.
#[tokio::test(start_paused = true)]
async fn an_offline_refresh_is_retried_and_the_session_kept() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.offline();
    desk.pass(3 * HOUR_MS).await;
    assert_eq!(app.access_token().await, None);
    assert!(!app.asks_for_sign_in());
    desk.online();
    desk.pass(2 * MINUTE_MS).await;
    assert_eq!(desk.renewed(), 1);
    assert!(app.access_token().await.is_some());
}

/// `_refreshAccessToken`: 200 ms, 400 ms and so on, as long as the next try falls within 30 s.
#[tokio::test(start_paused = true)]
async fn a_server_in_trouble_is_asked_eight_times_in_thirty_seconds() {
    let desk = desk();
    let _app = desk.signed_in().await;
    desk.mood(Mood::Trouble);
    desk.pass(HOUR_MS - 90_000).await;
    desk.pass(30_000).await;
    assert_eq!(desk.asked(), 8);
}

/// `REFRESH_FAILURE_COOLDOWN_MS`: the same refresh token is left alone for 60 s after a failure.
#[tokio::test(start_paused = true)]
async fn after_a_failure_the_same_refresh_token_rests_for_a_minute() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.mood(THROTTLING);
    desk.pass(HOUR_MS - 90_000).await;
    assert_eq!(desk.asked(), 1);
    assert!(app.access_token().await.is_some());
    assert_eq!(desk.asked(), 1);
}

/// `_callRefreshToken`, proactive: what cannot be retried is kept quiet about while the token is good.
#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_the_session_while_the_access_token_is_good() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.mood(Mood::SetUpWrong);
    desk.pass(HOUR_MS - 20_000).await;
    assert!(desk.asked() > 0);
    assert!(app.access_token().await.is_some());
    assert!(!app.asks_for_sign_in());
}

/// `handleError`: 429 is not among what is retried, and with an expired access token it signs out.
#[tokio::test(start_paused = true)]
async fn being_throttled_with_an_expired_access_token_signs_out() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.mood(THROTTLING);
    desk.pass(HOUR_MS + 2 * MINUTE_MS).await;
    assert!(app.asks_for_sign_in());
}

/// `_handleRequest`: an answer of 200 that is not JSON is a failed fetch.
#[tokio::test(start_paused = true)]
async fn a_captive_portal_signs_nobody_out() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.computer.connect(simulation::computer::Link::Portal);
    desk.pass(3 * HOUR_MS).await;
    assert!(!app.asks_for_sign_in());
}

/// `refreshingDeferred`: one refresh, whoever asks.
#[tokio::test(start_paused = true)]
async fn callers_of_one_copy_share_one_refresh() {
    let desk = desk();
    drop(desk.signed_in().await);
    desk.pass(2 * HOUR_MS).await;
    let app = desk.start();
    let (one, two) = tokio::join!(app.access_token(), app.access_token());
    assert!(one.is_some());
    assert_eq!(one, two);
    assert_eq!(desk.asked(), 1);
}

/// The commit guard of `_callRefreshToken`: an answer is discarded when storage has changed meanwhile.
#[tokio::test(start_paused = true)]
async fn a_sign_out_in_the_middle_of_a_refresh_is_not_undone() {
    let desk = desk();
    let app = desk.signed_in().await;
    drop(app);
    desk.pass(2 * HOUR_MS).await;
    let app = desk.start();
    desk.pass(5).await;
    desk.computer.store("supabase.auth.token", None);
    desk.pass(10_000).await;
    assert_eq!((desk.renewed(), app.access_token().await), (1, None));
}
