//! Every path of the tutorial.

use crate::desk::{DUE, Desk, NOON, an_hour, renewal, sentence, status};
use demo_server::{ALICE, Fault, FaultKind, LifetimeShape, Switches, TellRefreshToken};
use engine::{HOUR, MINUTE, SECOND, Trigger};
use keeper::How;
use keeper::ports::{ApiVerdict, Clock as _};
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn the_first_start_asks_to_sign_in() {
    let desk = Desk::with(an_hour()).await;
    let app = desk.launch();
    let shown = app.until_status("signed_out").await;
    assert_eq!(sentence(&shown), "signed_out");
    assert_eq!(app.token().await, "none");
    assert!(app.keeper.call_api().await.is_none());
    assert_eq!(desk.counters().await, demo_server::Counters::default());
}

#[tokio::test]
async fn a_login_stores_token_refresh_token_and_expiry() {
    let (desk, app) = Desk::signed_in().await;
    let held = desk.stored().session.unwrap();
    let [access, refresh, ..] = &desk.secrets()[..] else { panic!("nothing was told") };
    assert_eq!(held.tokens.access.expose_secret(), access);
    assert_eq!(renewal(&held.tokens), *refresh);
    assert_eq!(held.asked.wall_ms, NOON);
    assert_eq!(held.lifetime, engine::Lifetime::Told(HOUR));
    let shown = app.until_status("resting").await;
    assert_eq!(shown.view.who.unwrap().user, ALICE.username);
    assert_eq!(shown.view.token.unwrap().ends_ms, NOON + HOUR);
    assert_eq!(&app.token().await, access);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!(call.result, Some(ApiVerdict::Accepted));
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in_and_nobody_out() {
    let (desk, app) = Desk::signed_in().await;
    let before = app.token().await;
    let wrong = app.sign_in(&desk, "looking-glass", keeper::record::Keep::Disk).await;
    assert!(wrong.is_err());
    assert_eq!(app.token().await, before);
    assert_eq!(status(&app.shown()), "resting");
}

#[tokio::test]
async fn a_launch_with_a_valid_token_does_nothing() {
    let (desk, app) = Desk::signed_in().await;
    let token = app.token().await;
    app.close().await;
    desk.clock.advance(30 * MINUTE);
    let app = desk.launch();
    app.until_status("resting").await;
    assert_eq!(app.token().await, token);
    let counters = desk.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
}

#[tokio::test]
async fn a_launch_with_under_five_minutes_left_refreshes() {
    let (desk, app) = Desk::signed_in().await;
    let token = app.token().await;
    app.close().await;
    desk.clock.advance(DUE + SECOND);
    let app = desk.launch();
    let shown = app.until_renewed(1).await;
    assert_eq!(shown.view.why.unwrap().reason, Some(Trigger::Launch));
    assert_ne!(app.token().await, token);
    let counters = desk.counters().await;
    assert_eq!((counters.logins, counters.refreshes_granted), (1, 1));
}

#[tokio::test]
async fn a_launch_with_an_expired_token_refreshes_and_does_not_log_in() {
    let (desk, app) = Desk::signed_in().await;
    app.close().await;
    desk.clock.advance(3 * 24 * HOUR);
    let app = desk.launch();
    app.until_renewed(1).await;
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::FreshToken, Some(ApiVerdict::Accepted)));
    let counters = desk.counters().await;
    assert_eq!((counters.logins, counters.refreshes_granted), (1, 1));
}

#[tokio::test]
async fn showing_the_window_with_plenty_of_time_does_nothing() {
    let (desk, app) = Desk::signed_in().await;
    app.pass(&desk, 30 * MINUTE).await;
    app.keeper.tell(Trigger::Focus).await;
    app.keeper.look().await;
    assert_eq!(status(&app.shown()), "resting");
    assert_eq!(desk.counters().await.refreshes, 0);
}

#[tokio::test]
async fn showing_the_window_with_a_due_token_refreshes() {
    let (desk, app) = Desk::signed_in().await;
    // Set forward, a wall clock makes a token due without a deadline that would fall by itself.
    desk.clock.set_wall_forward(DUE + MINUTE);
    app.keeper.tell(Trigger::Focus).await;
    let shown = app.until_renewed(1).await;
    assert_eq!(shown.view.why.unwrap().reason, Some(Trigger::Focus));
    assert_eq!(desk.counters().await.refreshes, 1);
}

#[tokio::test]
async fn a_token_in_use_is_refreshed_before_it_ends_without_anybody_asking() {
    let (desk, app) = Desk::signed_in().await;
    app.pass(&desk, DUE).await;
    let shown = app.until_renewed(1).await;
    assert_eq!(shown.view.why.unwrap().reason, Some(Trigger::Deadline));
    assert_eq!(shown.view.token.unwrap().lifetime_ms, HOUR);
}

#[tokio::test]
async fn without_expires_in_the_default_lifetime_is_used_and_said_to_be_assumed() {
    let desk = Desk::with(Switches { lifetime_shape: LifetimeShape::Absent, ..an_hour() }).await;
    let app = desk.sign_in().await;
    let token = app.until_status("resting").await.view.token.unwrap();
    assert!(token.assumed);
    assert_eq!(token.lifetime_ms, HOUR);
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
}

#[tokio::test]
async fn a_refresh_that_fails_while_the_token_is_valid_leaves_the_session_as_it_is() {
    let (desk, app) = Desk::signed_in().await;
    let token = app.token().await;
    let code = FaultKind::Status {
        code: 500,
        retry_after: None,
        body: demo_server::FaultBody::None,
        after_handling: false,
    };
    desk.refreshes_meet(code).await;
    app.pass(&desk, DUE).await;
    let shown = app.until_status("waiting").await;
    assert_eq!(sentence(&shown), "waiting_valid");
    assert_eq!(app.token().await, token);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!(call.result, Some(ApiVerdict::Accepted));
    desk.set(an_hour()).await;
    app.pass(&desk, MINUTE).await;
    app.until_renewed(1).await;
}

#[tokio::test]
async fn without_a_refresh_token_the_end_is_shown_and_login_needed_only_then() {
    let never = Switches { tell_refresh_token: TellRefreshToken::Never, ..an_hour() };
    let desk = Desk::with(never).await;
    let app = desk.sign_in().await;
    let token = app.token().await;
    let shown = app.until_status("resting").await;
    assert_eq!(sentence(&shown), "no_refresh_token");
    assert_eq!(shown.view.token.unwrap().ends_ms, NOON + HOUR);
    app.pass(&desk, HOUR - SECOND).await;
    app.keeper.tell(Trigger::Focus).await;
    assert_eq!(app.token().await, token);
    app.pass(&desk, SECOND).await;
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "ran_out");
    assert_eq!(shown.view.who.unwrap().user, ALICE.username);
    assert_eq!(desk.counters().await.refreshes, 0);
}

#[tokio::test]
async fn refused_asks_to_sign_in_keeps_the_name_and_uses_the_token_to_its_end() {
    let (desk, app) = Desk::signed_in().await;
    let token = app.token().await;
    desk.refreshes_meet(FaultKind::Refuse).await;
    app.pass(&desk, DUE).await;
    let shown = app.until_status("needs_sign_in").await;
    assert_eq!(sentence(&shown), "needs_sign_in");
    assert_eq!(shown.view.who.clone().unwrap().user, ALICE.username);
    let left = shown.view.token.unwrap().ends_ms - desk.clock.now().wall.0;
    app.pass(&desk, left - SECOND).await;
    assert_eq!(app.token().await, token);
    app.pass(&desk, SECOND).await;
    assert_eq!(app.token().await, "none");
    assert_eq!(desk.counters().await.refreshes, 1);
    // Signing in again goes on from there.
    desk.set(an_hour()).await;
    app.sign_in(&desk, ALICE.password, keeper::record::Keep::Disk).await.unwrap();
    app.until_status("resting").await;
}

#[tokio::test]
async fn nobody_is_thrown_out_in_the_middle_of_work() {
    // A refresh is under way, and the server takes its time: whoever works goes on with the token
    // there is; in its last moments the next one is waited for, and nothing is refused.
    let (desk, app) = Desk::signed_in().await;
    let first = app.token().await;
    desk.refreshes_meet(FaultKind::Hold { after_handling: false }).await;
    app.pass(&desk, DUE).await;
    desk.demo.counted(|counters| counters.refreshes == 1).await;
    assert_eq!(app.token().await, first);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::FreshToken, Some(ApiVerdict::Accepted)));
    app.pass(&desk, 4 * MINUTE + 30 * SECOND).await;
    let keeper = app.keeper.clone();
    let work = tokio::spawn(async move { keeper.call_api().await });
    app.keeper.look().await;
    desk.set(an_hour()).await;
    let call = work.await.unwrap().unwrap();
    assert_eq!((call.how, call.result), (How::RefreshedFirst, Some(ApiVerdict::Accepted)));
    assert_ne!(app.token().await, first);
    assert_eq!(desk.counters().await.refreshes, 1);
    assert_eq!(desk.counters().await.api_refused, 0);
}

#[tokio::test]
async fn a_token_that_the_server_ended_early_is_renewed_and_the_call_repeated() {
    let (desk, app) = Desk::signed_in().await;
    desk.demo.control().expire().await.unwrap();
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::Repeated, Some(ApiVerdict::Accepted)));
    let counters = desk.counters().await;
    assert_eq!((counters.api_calls, counters.refreshes), (2, 1));
}

#[tokio::test]
async fn an_api_that_refuses_every_token_is_not_asked_in_a_loop() {
    let (desk, app) = Desk::signed_in().await;
    desk.set(Switches { fault: Fault::from(FaultKind::ApiRefuses), ..an_hour() }).await;
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::Repeated, Some(ApiVerdict::TokenRefused)));
    assert_eq!(sentence(&app.until_status("stopped").await), "api_refuses");
    app.pass(&desk, MINUTE).await;
    let counters = desk.counters().await;
    assert_eq!((counters.api_calls, counters.refreshes), (2, 1));
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_server() {
    let (desk, app) = Desk::signed_in().await;
    let refresh = renewal(&desk.stored().session.unwrap().tokens);
    app.keeper.sign_out().await;
    assert_eq!(app.token().await, "none");
    assert!(desk.stored().session.is_none());
    desk.demo.counted(|counters| counters.logouts == 1).await;
    assert_eq!(desk.demo.control().snapshot().await.unwrap().living_sessions, 0);
    assert!(!refresh.is_empty());
    app.close().await;
    desk.launch().until_status("signed_out").await;
}

#[tokio::test]
async fn a_session_kept_in_memory_only_is_gone_after_a_restart() {
    let desk = Desk::with(an_hour()).await;
    let app = desk.launch();
    app.until_status("signed_out").await;
    app.sign_in(&desk, ALICE.password, keeper::record::Keep::Memory).await.unwrap();
    let shown = app.until_status("resting").await;
    assert_eq!(shown.keep, keeper::record::Keep::Memory);
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
    let sealed = String::from_utf8_lossy(&desk.on_disk()).contains("sealed\":\"");
    assert!(!sealed);
    app.close().await;
    desk.launch().until_status("signed_out").await;
    assert_eq!(desk.counters().await.refreshes_granted, 1);
}
