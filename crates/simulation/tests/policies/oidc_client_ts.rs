//! oidc-client-ts 3.5.0: `AccessTokenEvents.ts`, `Timer.ts`, `SilentRenewService.ts`, `UserManager.ts`.

use crate::desk::{Desk, HOUR_MS, MINUTE_MS};
use demo_server::Rotation;
use simulation::policies::oidc_client_ts::OidcClientTs;
use simulation::server::Mood;

fn desk() -> Desk<OidcClientTs> {
    Desk::new(OidcClientTs)
}

/// `accessTokenExpiringNotificationTimeInSeconds` is 60.
#[tokio::test(start_paused = true)]
async fn a_timer_renews_a_minute_before_the_end() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS - MINUTE_MS - 3_000).await;
    assert_eq!(desk.asked(), 0);
    desk.pass(10_000).await;
    assert_eq!(desk.renewed(), 1);
    assert!(app.access_token().await.is_some());
}

/// `Timer` looks at the clock every five seconds, so that a sleep does not put it off.
#[tokio::test(start_paused = true)]
async fn the_timer_is_late_by_five_seconds_after_a_sleep_at_most() {
    let desk = desk();
    let _app = desk.signed_in().await;
    desk.pass(MINUTE_MS).await;
    desk.computer.suspend(8 * HOUR_MS);
    desk.pass(6_000).await;
    assert_eq!(desk.renewed(), 1);
}

/// `SilentRenewService`: an error that is no timeout raises an event and is left at that.
#[tokio::test(start_paused = true)]
async fn after_one_failed_renewal_nothing_renews_by_itself() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.offline();
    desk.pass(HOUR_MS).await;
    desk.online();
    desk.pass(10 * MINUTE_MS).await;
    assert_eq!(desk.asked(), 0);
    assert!(!app.asks_for_sign_in(), "nothing that it does ends a session");
    // The app around it: `signinSilent()` when a token is wanted.
    assert!(app.access_token().await.is_some());
    assert_eq!(desk.renewed(), 1);
}

/// `getUser()` loads the user anew, which arms the timer for one second from now.
#[tokio::test(start_paused = true)]
async fn asking_for_the_user_in_the_last_minute_arms_the_timer_anew() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.offline();
    desk.pass(HOUR_MS - 30_000).await;
    desk.online();
    assert!(app.access_token().await.is_some());
    desk.pass(2_000).await;
    assert_eq!(desk.renewed(), 1);
}

/// `ErrorTimeout` is retried 5 s later, for ever.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_every_fifteen_seconds() {
    let desk = desk();
    let _app = desk.signed_in().await;
    desk.computer.server().answers_to_lose = 1;
    desk.pass(HOUR_MS - MINUTE_MS + 5_000).await;
    assert_eq!(desk.renewed(), 1, "granted, and lost");
    desk.pass(15_000).await;
    assert_eq!(desk.renewed(), 2);
}

/// The model's own choice, to its favour: only `invalid_grant` on an expired token asks.
#[tokio::test(start_paused = true)]
async fn only_a_refused_grant_of_an_expired_token_asks_for_a_sign_in() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.mood(Mood::SetUpWrong);
    desk.pass(HOUR_MS).await;
    assert_eq!(app.access_token().await, None);
    assert!(!app.asks_for_sign_in());
    desk.mood(Mood::Well);
    desk.computer.server().revoke();
    assert_eq!(app.access_token().await, None);
    assert!(app.asks_for_sign_in());
}

/// Tabs do not wait for each other (issue 430): where a used token ends the grant, that ends it.
#[tokio::test(start_paused = true)]
async fn two_copies_show_the_same_refresh_token_at_once() {
    let desk = desk();
    desk.computer.server().terms.rotation = Rotation::Strict;
    drop(desk.signed_in().await);
    desk.pass(HOUR_MS).await;
    let (one, two) = (desk.start(), desk.start());
    desk.pass(10_000).await;
    assert_eq!((desk.asked(), desk.renewed()), (2, 1));
    desk.pass(HOUR_MS).await;
    assert_eq!((one.access_token().await, two.access_token().await), (None, None));
    assert!(one.asks_for_sign_in());
}
