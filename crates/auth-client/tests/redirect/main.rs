//! The redirect of a sign-in in the browser, attacked by everybody who can reach the port. Nothing gets
//! in, and the waiting sign-in goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "../oauth_stage/mod.rs"]
mod oauth_stage;

mod attacks;
mod cancelled;
mod life;
mod places;

use oauth_stage::*;
use secrecy::ExposeSecret as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// The real answer comes, and the sign-in ends well.
async fn completes(stage: Stage) {
    let Stage { server, sign_in, tab, .. } = stage;
    let came_back = AtomicBool::new(false);
    let browser = async {
        let answer = tab.send(tab.answer("code=the-real-code")).await;
        assert_eq!(status(&answer), 303, "{answer}");
        let page = tab.follow(&answer).await;
        assert!(page.contains("已登录"), "{page}");
    };
    let finish = sign_in.finish(|| came_back.store(true, Ordering::Relaxed));
    let both = async { tokio::join!(finish, browser) };
    let (granted, ()) = tokio::time::timeout(HANGS, both).await.expect("it comes to its end");
    let granted = granted.expect("it ends well");
    assert_eq!(granted.answer.tokens.access.expose_secret(), "planted-access");
    assert!(came_back.load(Ordering::Relaxed));
    let asked = server.forms("/token");
    assert_eq!(asked.len(), 1, "one code was exchanged, once");
    assert_eq!(asked[0]["code"], "the-real-code");
    assert_eq!(asked[0]["redirect_uri"], tab.redirect.as_str());
    tab.is_freed().await;
}

/// Sends each of these to a sign-in of its own, and lets that end well.
async fn come_to_nothing(
    attacks: &[(&str, u16)],
    change: fn(&mut auth_client::oauth::OAuthAccount),
) {
    for (attack, expected) in attacks {
        let stage = Stage::with(change).await;
        let (state, path) = (&stage.tab.state, stage.tab.redirect.path());
        let (base, host) = (stage.server.base.as_str(), stage.tab.host());
        let request = attack
            .replace("{state}", state)
            .replace("{path}", path)
            .replace("{issuer}", base)
            .replace("{host}", &host);
        let answer = stage.tab.send(&request).await;
        assert_eq!(status(&answer), *expected, "{attack}: {answer}");
        assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
        assert!(!answer.contains("<script") && !answer.contains("planted"), "{answer}");
        assert!(stage.server.forms("/token").is_empty(), "{attack}");
        completes(stage).await;
    }
}

const REST: &str = " HTTP/1.1\r\nHost: {host}\r\n\r\n";

fn attack(start: &str) -> String {
    format!("{start}{REST}")
}
