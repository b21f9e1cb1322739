//! A sign-in that is cancelled after the browser has come back: what the server grants all the same is
//! given back.

use super::*;
use std::future::pending;

/// What was given back, once that is so.
async fn given_back(server: &Server) -> Vec<String> {
    server.is_asked("/revoke").await;
    let forms = server.forms("/revoke");
    forms.iter().map(|form| form["token"].clone()).collect()
}

/// A sign-in whose browser has come back.
async fn came_back(stage: &Stage) -> Tab {
    let tab = stage.tab.clone();
    assert_eq!(status(&tab.send(tab.answer("code=c")).await), 303);
    tab
}

#[tokio::test]
async fn cancelled_while_the_server_grants_it_is_given_back() {
    let stage = Stage::set().await;
    let grants = stage.server.holds("/token");
    let tab = came_back(&stage).await;
    let waiting = tokio::spawn(stage.sign_in.finish(|| ()));
    stage.server.is_asked("/token").await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    tab.is_freed().await;
    assert!(stage.server.forms("/revoke").is_empty(), "nothing was granted yet");
    grants.add_permits(1);
    assert_eq!(given_back(&stage.server).await, ["planted-refresh"]);
    assert_eq!(stage.server.forms("/token").len(), 1, "one code was exchanged, once");
    assert!(!stage.told.everything().contains("planted-"), "{}", stage.told.everything());
}

#[tokio::test]
async fn cancelled_while_its_id_token_is_checked_it_is_given_back() {
    let stage = Stage::with(|account| account.discovered.openid = true).await;
    let id_token = id_token(&stage.server, &[("nonce", &stage.tab.nonce)]);
    let granted = format!(
        r#"{{"access_token":"planted-access","refresh_token":"planted-refresh","id_token":"{id_token}"}}"#
    );
    stage.server.says("/token", 200, &granted);
    let _never = stage.server.holds("/jwks");
    came_back(&stage).await;
    let waiting = tokio::spawn(stage.sign_in.finish(|| ()));
    stage.server.is_asked("/jwks").await;
    waiting.abort();
    assert_eq!(given_back(&stage.server).await, ["planted-refresh"]);
    let told = stage.told.lines();
    assert!(told.iter().any(|line| line == "SignIn Good -"), "it was granted: {told:?}");
}

#[tokio::test]
async fn a_finished_sign_in_that_nobody_takes_is_not_given_back_by_itself() {
    let stage = Stage::set().await;
    came_back(&stage).await;
    let granted = stage.sign_in.finish(|| ()).await.unwrap();
    drop(granted);
    let revoked = stage.server.is_asked("/revoke");
    tokio::select! {
        biased;
        () = revoked => panic!("its owner decides"),
        () = async { for _ in 0..1_000 { tokio::task::yield_now().await } } => {}
    }
}

#[tokio::test]
async fn what_is_given_back_is_given_back_to_the_end() {
    let stage = Stage::with(|account| account.discovered.openid = true).await;
    let revokes = stage.server.holds("/revoke");
    came_back(&stage).await;
    // No ID token came: it is being given back while the sign-in is cancelled.
    let waiting = tokio::spawn(async {
        let _trouble = stage.sign_in.finish(|| ()).await;
        pending::<()>().await;
    });
    stage.server.is_asked("/revoke").await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    revokes.add_permits(1);
    let told = async {
        while !stage.told.lines().iter().any(|line| line.starts_with("SignOut Good")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANGS, told).await.expect("the server has heard it");
}
