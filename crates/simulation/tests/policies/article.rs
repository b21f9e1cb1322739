//! DESIGN section 1: what the tutorial does, and its faults.

use crate::desk::{Desk, HOUR_MS, MINUTE_MS};
use simulation::policies::article::Article;
use simulation::server::Fact;

fn as_written() -> Desk<Article> {
    Desk::new(Article::default())
}

fn mended() -> Desk<Article> {
    Desk::new(Article { keeps_refresh_token: true })
}

/// "It never stores the refresh token that it sends", "it logs in where it could refresh".
#[tokio::test(start_paused = true)]
async fn the_tutorial_asks_for_a_sign_in_where_it_could_refresh() {
    let desk = as_written();
    let app = desk.signed_in().await;
    desk.pass(56 * MINUTE_MS).await;
    app.focus().await;
    desk.pass(1_000).await;
    assert_eq!(desk.facts(), [Fact::Refused { shown: None, why: None }]);
    assert!(app.asks_for_sign_in());
}

/// The one slip mended: `checkToken` refreshes a valid token with under five minutes left.
#[tokio::test(start_paused = true)]
async fn with_its_refresh_token_the_tutorial_refreshes_at_focus() {
    let desk = mended();
    let app = desk.signed_in().await;
    desk.pass(54 * MINUTE_MS).await;
    app.focus().await;
    desk.pass(1_000).await;
    assert_eq!(desk.asked(), 0, "more than five minutes are left");
    desk.pass(2 * MINUTE_MS).await;
    app.focus().await;
    desk.pass(1_000).await;
    assert_eq!(desk.renewed(), 1);
    assert!(!app.asks_for_sign_in());
}

/// `checkToken`: an expired token means `login`, refresh token or not.
#[tokio::test(start_paused = true)]
async fn even_with_its_refresh_token_an_expired_one_means_a_sign_in() {
    let desk = mended();
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS).await;
    app.focus().await;
    desk.pass(1_000).await;
    assert_eq!(desk.asked(), 0);
    assert!(app.asks_for_sign_in());
}

/// "It signs out on any network failure."
#[tokio::test(start_paused = true)]
async fn being_offline_at_a_focus_means_a_sign_in() {
    let desk = mended();
    let app = desk.signed_in().await;
    desk.pass(56 * MINUTE_MS).await;
    desk.offline();
    app.focus().await;
    desk.pass(1_000).await;
    assert!(app.asks_for_sign_in());
}

/// "It has no single flight, so launch and show refresh twice."
#[tokio::test(start_paused = true)]
async fn launch_and_show_refresh_twice() {
    let desk = mended();
    drop(desk.signed_in().await);
    desk.pass(56 * MINUTE_MS).await;
    let app = desk.start();
    app.focus().await;
    desk.pass(1_000).await;
    assert_eq!(desk.asked(), 2);
}

/// `checkToken` runs in `onLaunch` and `onShow`, and nowhere else.
#[tokio::test(start_paused = true)]
async fn between_two_checks_a_call_carries_what_is_stored_dead_or_not() {
    let desk = mended();
    let app = desk.signed_in().await;
    desk.pass(HOUR_MS).await;
    assert!(desk.is_dead(&app.access_token().await.unwrap()));
}

/// No one asks who does not want to be signed in.
#[tokio::test(start_paused = true)]
async fn nobody_is_asked_before_the_first_sign_in_nor_after_a_sign_out() {
    let desk = as_written();
    let app = desk.start();
    desk.pass(1_000).await;
    assert!(!app.asks_for_sign_in());
    assert!(app.sign_in().await);
    app.sign_out().await;
    app.focus().await;
    desk.pass(1_000).await;
    assert!(!app.asks_for_sign_in());
    assert_eq!(app.access_token().await, None);
}
