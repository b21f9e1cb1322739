//! Every fault of the tutorial, and that it is gone.

use crate::desk::{App, DUE, Desk, NOON, an_hour, renewal, sentence, status};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use demo_server::{FaultBody, FaultKind, LifetimeShape, RetryAfter, Switches};
use engine::{HOUR, MINUTE, Trigger};
use keeper::ports::{ApiVerdict, Clock as _};

#[tokio::test]
async fn the_refresh_token_is_stored_and_survives_a_restart() {
    let (desk, app) = Desk::signed_in().await;
    let at_login = renewal(&desk.stored().session.unwrap().tokens);
    app.close().await;
    for renewals in 1..=3 {
        desk.clock.advance(2 * HOUR);
        let app = desk.launch();
        app.until_renewed(renewals).await;
        app.close().await;
    }
    // It rotates: each start sent what the one before had stored.
    let counters = desk.counters().await;
    assert_eq!((counters.logins, counters.refreshes, counters.refreshes_granted), (1, 3, 3));
    assert_eq!(counters.refresh_tokens_seen_twice, 0);
    assert_ne!(renewal(&desk.stored().session.unwrap().tokens), at_login);
}

#[tokio::test]
async fn launch_and_show_together_send_one_refresh() {
    let (desk, app) = Desk::signed_in().await;
    app.close().await;
    desk.clock.advance(2 * HOUR);
    let app = desk.launch();
    for trigger in [Trigger::Launch, Trigger::Focus, Trigger::Focus, Trigger::NetworkBack] {
        app.keeper.tell(trigger).await;
    }
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let keeper = app.keeper.clone();
            tokio::spawn(async move { keeper.access_token(0).await.unwrap().fingerprint() })
        })
        .collect();
    app.until_renewed(1).await;
    let mut tokens = Vec::new();
    for caller in callers {
        tokens.push(caller.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    let counters = desk.counters().await;
    assert_eq!((counters.refreshes, counters.logins), (1, 1));
}

#[tokio::test]
async fn where_it_can_refresh_it_does_not_log_in() {
    let (desk, app) = Desk::signed_in().await;
    // A month of mornings: the refresh token is good for thirty days from its last use.
    for _ in 0..30 {
        desk.clock.advance(24 * HOUR);
        let call = app.keeper.call_api().await.unwrap();
        assert_eq!(call.result, Some(ApiVerdict::Accepted));
    }
    let counters = desk.counters().await;
    assert_eq!(counters.logins, 1);
    assert_eq!(counters.api_refused, 0);
}

#[tokio::test]
async fn the_http_status_is_looked_at() {
    // A 500 whose body is a perfectly good token answer is no grant.
    let (desk, app) = Desk::signed_in().await;
    let before = app.token().await;
    app.close().await;
    let lying = Lying::answering(
        "HTTP/1.1 500 Oops",
        "application/json",
        r#"{"token":"of a broken server","refreshToken":"broken","expiresIn":3600}"#,
    )
    .await;
    let shown = lying.meets_a_refresh(&desk).await;
    assert_eq!(sentence(&shown.shown()), "waiting_valid");
    assert_eq!(shown.token().await, before);
}

#[tokio::test]
async fn a_200_that_is_a_web_page_is_no_grant() {
    let (desk, app) = Desk::signed_in().await;
    let before = app.token().await;
    desk.refreshes_meet(FaultKind::Html200).await;
    app.pass(&desk, DUE).await;
    let shown = app.until_status("waiting").await;
    assert_eq!(sentence(&shown), "portal");
    assert_eq!(app.token().await, before);
}

#[tokio::test]
async fn expiry_is_measured_from_before_the_request() {
    let (desk, app) = Desk::signed_in().await;
    desk.refreshes_meet(FaultKind::Hold { after_handling: true }).await;
    app.pass(&desk, DUE).await;
    desk.demo.counted(|counters| counters.refreshes_granted == 1).await;
    let granted = desk.clock.now().wall.0;
    // The answer takes a minute: the token is a minute old when it arrives.
    app.pass(&desk, MINUTE).await;
    desk.set(an_hour()).await;
    let token = app.until_renewed(1).await.view.token.unwrap();
    assert!(token.asked_ms <= granted, "{} > {granted}", token.asked_ms);
    assert!(token.ends_ms <= granted + HOUR);
}

#[tokio::test]
async fn whatever_the_lifetime_looks_like_it_is_a_number() {
    use LifetimeShape::{
        Absent, Fraction, Milliseconds, Negative, Seconds, Text, Words, Year9999, Zero,
    };
    // Milliseconds where seconds are expected: 3,600,000 s are less than ten years, and believed.
    for (shape, lifetime_ms, assumed, said) in [
        (Seconds, HOUR, false, None),
        (Text, HOUR, false, None),
        (Fraction, HOUR - 500, false, None),
        (Milliseconds, 1_000 * HOUR, false, None),
        (Absent, HOUR, true, None),
        (Year9999, HOUR, true, None),
        (Zero, HOUR, true, Some("0")),
        (Negative, HOUR, true, Some("-1")),
        (Words, HOUR, true, Some("soon")),
    ] {
        let desk = Desk::with(Switches { lifetime_shape: shape, ..an_hour() }).await;
        let app = desk.sign_in().await;
        let token = app.until_status("resting").await.view.token.unwrap();
        assert_eq!(token.lifetime_ms, lifetime_ms, "{shape:?}");
        assert_eq!(token.ends_ms, NOON + lifetime_ms, "{shape:?}");
        assert_eq!((token.assumed, token.server_said.as_deref()), (assumed, said), "{shape:?}");
        // And it goes on: an assumed end is no end, until the API says so.
        assert_ne!(app.token().await, "none", "{shape:?}");
        app.keeper.tell(Trigger::Asked).await;
        app.until_renewed(1).await;
    }
}

#[tokio::test]
async fn nothing_is_in_clear_on_disk() {
    let (desk, app) = Desk::signed_in().await;
    app.pass(&desk, DUE).await;
    app.until_renewed(1).await;
    let secrets = desk.secrets();
    // Access and refresh token of the sign-in and of the renewal, and the password.
    assert_eq!(secrets.len(), 5);
    let nowhere = |when: &str| {
        let disk = desk.on_disk();
        for secret in &secrets {
            for form in [
                secret.clone(),
                STANDARD.encode(secret),
                STANDARD_NO_PAD.encode(secret).trim_end_matches('=').to_owned(),
            ] {
                let found = disk.windows(form.len()).any(|bytes| bytes == form.as_bytes());
                assert!(!found, "a secret is on disk {when}");
            }
        }
        // The search finds what is there: the account stands in clear.
        assert!(disk.windows(5).any(|bytes| bytes == b"alice"));
    };
    nowhere("while signed in");
    app.keeper.sign_out().await;
    nowhere("after the sign-out");
    app.close().await;
    nowhere("after the end");
}

#[tokio::test]
async fn no_network_failure_signs_anybody_out() {
    let status = |code, retry_after, body| FaultKind::Status {
        code,
        retry_after,
        body,
        after_handling: false,
    };
    for kind in [
        status(500, None, FaultBody::None),
        status(500, None, FaultBody::Json),
        status(502, None, FaultBody::Html),
        status(503, Some(RetryAfter::Seconds(2)), FaultBody::None),
        status(503, None, FaultBody::Html),
        status(429, Some(RetryAfter::Date(3)), FaultBody::Json),
        status(429, None, FaultBody::None),
        status(403, None, FaultBody::Html),
        status(404, None, FaultBody::Html),
        status(400, None, FaultBody::None),
        FaultKind::Html200,
        FaultKind::EmptyBody,
        FaultKind::NotJson,
        FaultKind::TruncatedBody,
        FaultKind::HugeBody,
        FaultKind::WithoutToken,
        FaultKind::Bare401,
        FaultKind::DropBeforeHandling,
        FaultKind::DropAfterRotating,
    ] {
        let (desk, app) = Desk::signed_in().await;
        let token = app.token().await;
        desk.refreshes_meet(kind).await;
        app.pass(&desk, DUE).await;
        let shown = app.until_status("waiting").await;
        assert!(shown.view.who.is_some(), "{kind:?}");
        assert_eq!(app.token().await, token, "{kind:?}");
        // Past the token's end the session is kept, although there is no token to give.
        desk.clock.advance(HOUR);
        app.until("it has tried again", |shown| {
            status_is(shown, "waiting") && shown.view.token.as_ref().is_some_and(ended)
        })
        .await;
        // As soon as the network is what it should be, all is well, without a sign-in.
        desk.set(an_hour()).await;
        app.keeper.tell(Trigger::Asked).await;
        app.until_renewed(1).await;
        let call = app.keeper.call_api().await.unwrap();
        assert_eq!(call.result, Some(ApiVerdict::Accepted), "{kind:?}");
        assert_eq!(desk.counters().await.logins, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_signs_nobody_out() {
    let (desk, app) = Desk::signed_in().await;
    let token = app.token().await;
    let Desk { folder, clock, demo, settings, .. } = desk;
    demo.shutdown().await;
    clock.advance(DUE);
    let shown = app.until_status("waiting").await;
    assert_eq!(sentence(&shown), "waiting_valid");
    assert_eq!(app.token().await, token);
    clock.advance(HOUR);
    let shown = app.until("it has ended", |s| sentence(s) == "waiting_expired").await;
    assert_eq!(shown.view.who.unwrap().user, settings.user);
    assert_eq!(app.shown().view.unsaved, None);
    drop(folder);
}

fn status_is(shown: &keeper::Shown, wanted: &str) -> bool {
    status(shown) == wanted
}

fn ended(token: &engine::TokenView) -> bool {
    token.worth == engine::Worth::Expired
}

/// A server that says one thing to everybody.
struct Lying {
    base_url: String,
}

impl Lying {
    async fn answering(status: &'static str, kind: &'static str, body: &'static str) -> Self {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut heard = vec![0; 8_192];
                let _read = stream.read(&mut heard).await;
                let answer = format!(
                    "{status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _sent = stream.write_all(answer.as_bytes()).await;
                let _ended = stream.shutdown().await;
            }
        });
        Self { base_url }
    }

    /// The app, launched with a due token whose account is at this server now.
    async fn meets_a_refresh(&self, desk: &Desk) -> App {
        desk.move_to(&self.base_url);
        desk.clock.advance(DUE + MINUTE);
        let app = desk.launch();
        app.until_status("waiting").await;
        app
    }
}
