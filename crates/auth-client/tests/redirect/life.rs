//! How long a sign-in waits, and what is left of it afterwards.

use super::*;
use auth_client::oauth::SignInTrouble;
use engine::{MINUTE, SECOND};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_cancelled_sign_in_frees_its_port_and_no_answer_comes_in() {
    let stage = Stage::set().await;
    let silent = stage.tab.connect().await;
    drop(stage.sign_in);
    assert_eq!(heard(silent).await, "");
    stage.tab.is_freed().await;
    let late = tokio::net::TcpStream::connect(("127.0.0.1", stage.tab.port())).await;
    assert!(late.is_err());
    assert!(stage.server.forms("/token").is_empty());
}

#[tokio::test]
async fn a_sign_in_that_is_cancelled_while_it_waits_frees_its_port() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    let waiting = tokio::spawn(stage.sign_in.finish(|| ()));
    assert_eq!(status(&tab.send(tab.get("/")).await), 404);
    waiting.abort();
    tab.is_freed().await;
}

#[tokio::test]
async fn after_five_minutes_nobody_is_waited_for() {
    let stage = Stage::set().await;
    let mut waiting = Box::pin(stage.sign_in.finish(|| ()));
    let early = futures_done(&mut waiting).await;
    assert!(early.is_none());
    stage.clock.advance(5 * MINUTE - 1);
    assert!(futures_done(&mut waiting).await.is_none());
    stage.clock.advance(1);
    let trouble = tokio::time::timeout(HANGS, waiting).await.unwrap().unwrap_err();
    assert!(matches!(trouble, SignInTrouble::TimedOut), "{trouble:?}");
    stage.tab.is_freed().await;
}

/// What a future has come to after everybody else had a turn.
async fn futures_done<T>(waiting: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    tokio::select! {
        biased;
        done = waiting => Some(done),
        () = tokio::task::yield_now() => None,
    }
}

#[tokio::test]
async fn a_browser_that_never_asks_for_the_page_holds_the_port_for_two_seconds() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    let answer = tab.send(tab.answer("code=c")).await;
    assert_eq!(status(&answer), 303);
    stage.sign_in.finish(|| ()).await.unwrap();
    let still_there = TcpListener::bind(("127.0.0.1", tab.port())).await;
    assert!(still_there.is_err(), "the page can still be asked for");
    stage.clock.advance(2 * SECOND);
    tab.is_freed().await;
}

#[tokio::test]
async fn a_refused_code_is_told_and_the_page_does_not_say_signed_in() {
    let stage = Stage::set().await;
    let tab = stage.tab.clone();
    stage.server.says("/token", 400, r#"{"error":"invalid_grant"}"#);
    let finish = tokio::spawn(stage.sign_in.finish(|| ()));
    let answer = tab.send(tab.answer("code=planted-code-123")).await;
    let page = tab.follow(&answer).await;
    assert!(page.contains("未登录"), "{page}");
    let trouble = finish.await.unwrap().unwrap_err();
    let SignInTrouble::Failed(failure) = trouble else { panic!("{trouble:?}") };
    assert_eq!(failure.exchange.code.as_deref(), Some("invalid_grant"));
    assert_eq!(stage.told.lines(), ["SignIn Failed(Refused) invalid_grant"]);
    let verifier = &stage.server.forms("/token")[0]["code_verifier"];
    let shown = stage.told.everything() + &format!("{failure:?}");
    for secret in ["planted-code-123", verifier.as_str()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn what_is_shown_of_a_waiting_sign_in_holds_no_secret() {
    let stage = Stage::set().await;
    let shown = format!("{:?}", stage.sign_in);
    assert!(!shown.contains(&stage.tab.state) && shown.contains("callback"), "{shown}");
}
