//! What `App` asks of every policy: dropping it is `kill -9`.

use crate::desk::{Desk, HOUR_MS};
use simulation::policies::Policy;
use simulation::policies::article::Article;
use simulation::policies::aws::Aws;
use simulation::policies::keycloak_js::KeycloakJs;
use simulation::policies::oidc_client_ts::OidcClientTs;
use simulation::policies::supabase::Supabase;

async fn stopped(policy: impl Policy) {
    let desk = Desk::new(policy);
    drop(desk.signed_in().await);
    desk.pass(3 * HOUR_MS).await;
    assert_eq!(desk.asked(), 0, "{}: asks when it is stopped", desk.name());
    let app = desk.start();
    // Five milliseconds on, whatever it asks is on its way.
    let calling = app.access_token();
    assert!(tokio::time::timeout(std::time::Duration::from_millis(5), calling).await.is_err());
    let mut stored = desk.computer.stored_news();
    stored.mark_unchanged();
    drop(app);
    desk.pass(HOUR_MS).await;
    assert!(!stored.has_changed().unwrap(), "{}: stores when it is stopped", desk.name());
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_asks_and_stores_nothing_more() {
    stopped(OidcClientTs).await;
    stopped(Supabase).await;
    stopped(KeycloakJs).await;
    stopped(Aws).await;
}

/// The tutorial makes no caller wait: its check at the launch is what is on its way.
#[tokio::test(start_paused = true)]
async fn the_tutorial_stopped_in_mid_refresh_stores_nothing_more() {
    let desk = Desk::new(Article { keeps_refresh_token: true });
    drop(desk.signed_in().await);
    desk.pass(HOUR_MS - 60_000).await;
    let app = desk.start();
    desk.pass(5).await;
    let mut stored = desk.computer.stored_news();
    stored.mark_unchanged();
    drop(app);
    desk.pass(HOUR_MS).await;
    assert!(!stored.has_changed().unwrap());
}
