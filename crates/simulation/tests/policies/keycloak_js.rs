//! keycloak-js: `lib/keycloak.js`, and its guide.

use crate::desk::{Desk, HOUR_MS, MINUTE_MS};
use demo_server::Rotation;
use simulation::policies::keycloak_js::KeycloakJs;
use simulation::server::Mood;

fn desk() -> Desk<KeycloakJs> {
    Desk::new(KeycloakJs)
}

/// `updateToken(30)`, as the guide has it before a call.
#[tokio::test(start_paused = true)]
async fn a_call_with_under_thirty_seconds_left_refreshes_first() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS - 40_000).await;
    assert!(app.access_token().await.is_some());
    assert_eq!(desk.asked(), 0);
    desk.pass(15_000).await;
    assert!(app.access_token().await.is_some());
    assert_eq!(desk.renewed(), 1);
}

/// `onTokenExpired`: one timer, at the end and not before.
#[tokio::test(start_paused = true)]
async fn by_itself_it_refreshes_when_the_token_has_expired() {
    let desk = desk();
    let _app = desk.signed_in().await;
    desk.pass(HOUR_MS - 5_000).await;
    assert_eq!(desk.asked(), 0);
    desk.pass(10_000).await;
    assert_eq!(desk.renewed(), 1);
}

/// `window.setTimeout` stands still in a suspend: what was left goes on.
#[tokio::test(start_paused = true)]
async fn after_a_sleep_nothing_is_refreshed_before_a_call() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.computer.suspend(8 * HOUR_MS);
    desk.pass(10 * MINUTE_MS).await;
    assert_eq!(desk.asked(), 0);
    assert!(!desk.is_dead(&app.access_token().await.unwrap()));
    assert_eq!(desk.renewed(), 1);
}

/// `updateToken`: status 400, whatever it says, is `clearToken()` and `onAuthLogout`.
#[tokio::test(start_paused = true)]
async fn a_400_clears_the_tokens_even_while_the_access_token_is_good() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.computer.server().revoke();
    desk.pass(HOUR_MS - 20_000).await;
    assert_eq!(app.access_token().await, None);
    assert!(app.asks_for_sign_in());
}

/// `updateToken`: every other status, and a failed fetch, keep the tokens.
#[tokio::test(start_paused = true)]
async fn a_server_in_trouble_and_being_offline_keep_the_tokens() {
    let desk = desk();
    let app = desk.signed_in().await;
    for mood in [Mood::Trouble, Mood::SetUpWrong, Mood::Throttling { retry_after_ms: 1 }] {
        desk.mood(mood);
        desk.pass(HOUR_MS).await;
        assert_eq!(app.access_token().await, None);
        assert!(!app.asks_for_sign_in());
    }
    desk.mood(Mood::Well);
    desk.offline();
    assert_eq!(app.access_token().await, None);
    desk.online();
    assert!(app.access_token().await.is_some());
}

/// `timeSkew`: the middle of the request minus `iat`. A wrong clock does not matter.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_all_along_changes_nothing() {
    let desk = desk();
    desk.computer.set_wrong(-3 * HOUR_MS);
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS - 25_000).await;
    assert!(app.access_token().await.is_some());
    assert_eq!(desk.renewed(), 1);
}

/// `#refreshQueue`: one refresh, whoever asks.
#[tokio::test(start_paused = true)]
async fn callers_of_one_copy_share_one_refresh() {
    let desk = desk();
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS - 20_000).await;
    let (one, two) = tokio::join!(app.access_token(), app.access_token());
    assert!(one.is_some());
    assert_eq!(one, two);
    assert_eq!(desk.asked(), 1);
}

/// The model's own choice, to its favour: it stands for Keycloak's cookie.
#[tokio::test(start_paused = true)]
async fn a_copy_goes_on_with_what_another_copy_has_stored() {
    let desk = desk();
    desk.computer.server().terms.rotation = Rotation::Strict;
    let one = desk.signed_in().await;
    let two = desk.start();
    desk.pass(10_000).await;
    assert_eq!(desk.renewed(), 1, "a launch refreshes at once");
    for copy in [&one, &two, &one] {
        desk.pass(HOUR_MS - 20_000).await;
        assert!(copy.access_token().await.is_some());
    }
    assert_eq!((desk.asked(), desk.renewed()), (4, 4));
}
