//! Carrying the token to the API: fresh, renewed first, or refused, renewed and repeated once.

use crate::stage::{DUE, Stage, sentence};
use engine::{HOUR, SECOND, Trigger};
use keeper::How;
use keeper::ports::ApiVerdict::{Accepted, NotAllowed, TokenRefused};
use keeper::record::Keep;

#[tokio::test]
async fn a_fresh_token_is_carried_as_it_is() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::FreshToken, Some(Accepted)));
    assert_eq!(stage.diary.count("asked"), 0);
    assert_eq!(call.exchanges.len(), 1);
}

#[tokio::test]
async fn an_expired_token_is_renewed_first() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.clock.advance(2 * HOUR);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::RefreshedFirst, Some(Accepted)));
    assert_eq!(stage.diary.count("called with access-2"), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_call_repeated_once() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.api_says([TokenRefused]);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::Repeated, Some(Accepted)));
    assert_eq!(call.exchanges.len(), 2);
    assert_eq!(stage.diary.count("asked"), 1);
    assert_eq!(stage.diary.count("called with access-1"), 1);
    assert_eq!(stage.diary.count("called with access-2"), 1);
}

#[tokio::test]
async fn a_token_that_an_api_had_accepted_and_refuses_later_is_renewed_once_more() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    let refused = async || {
        let token = app.keeper.access_token(0).await.unwrap();
        app.keeper.api_refused(token.fingerprint()).await;
    };
    refused().await;
    app.until_renewed(1).await;
    app.keeper.api_accepted(None).await;
    refused().await;
    app.until_renewed(2).await;
    // Nobody has accepted this one.
    refused().await;
    app.until_status("stopped").await;
    assert_eq!(stage.diary.count("asked"), 2);
}

#[tokio::test]
async fn a_stale_refusal_repeats_with_the_present_token_and_refreshes_nothing() {
    // 1. The call leaves with the first token. 2. It is renewed; this server ends the old token at
    // once. 3. The refusal of the first arrives.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold();
    stage.server.api_says([TokenRefused]);
    let keeper = app.keeper.clone();
    let call = tokio::spawn(async move { keeper.call_api().await });
    stage.diary.until("called", 1).await;
    app.keeper.tell(Trigger::Asked).await;
    stage.diary.until("asked", 1).await;
    // The renewal is answered before the call is.
    let renewed = app.keeper.shown();
    stage.server.let_go();
    let call = call.await.unwrap().unwrap();
    drop(renewed);
    assert_eq!((call.how, call.result), (How::Repeated, Some(Accepted)));
    app.until_renewed(1).await;
    app.keeper.api_refused(engine::Fingerprint(1)).await;
    app.keeper.look().await;
    assert_eq!(stage.diary.count("called with access-2"), 1);
    assert_eq!(stage.diary.count("asked"), 1);
}

#[tokio::test]
async fn a_renewed_token_that_is_refused_too_stops_and_does_not_loop() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.api_says([TokenRefused; 4]);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::Repeated, Some(TokenRefused)));
    let shown = app.until_status("stopped").await;
    assert_eq!(sentence(&shown), "api_refuses");
    for _ in 0..10 {
        stage.clock.advance(5 * SECOND);
        app.keeper.look().await;
        let call = app.keeper.call_api().await.unwrap();
        assert_eq!(call.how, How::NoToken);
    }
    assert_eq!(stage.diary.count("asked"), 1);
    // Early renewal has stopped; the one that is due by the token's own end happens.
    stage.clock.advance(DUE);
    app.until_renewed(2).await;
}

#[tokio::test]
async fn what_is_not_allowed_is_never_a_reason_to_refresh() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.api_says([NotAllowed]);
    let call = app.keeper.call_api().await.unwrap();
    assert_eq!((call.how, call.result), (How::FreshToken, Some(NotAllowed)));
    app.keeper.look().await;
    assert_eq!(stage.diary.count("asked"), 0);
    assert_eq!(stage.diary.count("called"), 1);
}

#[tokio::test]
async fn without_a_session_nothing_is_called() {
    let stage = Stage::new();
    let app = stage.start();
    app.until_status("signed_out").await;
    assert!(app.keeper.call_api().await.is_none());
    assert_eq!(stage.diary.count("called"), 0);
}

#[tokio::test]
async fn a_token_goes_to_its_own_server_and_nowhere_else() {
    // 1. A call leaves with Alice's token. 2. Bob signs in elsewhere. 3. Alice's server refuses: what
    // is repeated is Bob's, and goes to Bob's server.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    stage.server.hold();
    stage.server.api_says([TokenRefused]);
    let keeper = app.keeper.clone();
    let call = tokio::spawn(async move { keeper.call_api().await });
    stage.diary.until("called", 1).await;
    let bob = stage.server_named("bob");
    app.sign_in(&bob, Keep::Disk).await.unwrap();
    stage.server.let_go();
    assert_eq!(call.await.unwrap().unwrap().result, Some(Accepted));
    assert_eq!(stage.diary.count("bob-called with bob-access-1"), 1);
    assert_eq!(stage.diary.count("called with bob"), 0);
}
