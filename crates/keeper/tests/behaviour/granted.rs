//! Sign-ins that were granted elsewhere: in the browser, or on another device.

use crate::stage::{App, DUE, Id, Scripted, Stage, Step, account, account_at, status};
use engine::{Exchange, HOUR, Identity, Lifetime, Trigger};
use keeper::activity::{Ending, Purpose, What};
use keeper::ports::ApiVerdict::{Accepted, TokenRefused};
use keeper::ports::{Answer, AuthServer, Clock as _, Marks, VaultFailure};
use keeper::record::{IdCheck, Keep, RenewalSecret, Tokens};
use keeper::{GrantedSignIn, NotTold, SignInError};
use secrecy::ExposeSecret as _;
use std::sync::Arc;

/// What the browser brought: the `n`th tokens, for somebody, or for nobody knows whom.
fn granted(stage: &Stage, n: u32, user: Option<&str>) -> GrantedSignIn {
    granted_at(stage, &stage.server, n, user)
}

fn granted_at(stage: &Stage, at: &Arc<Scripted>, n: u32, user: Option<&str>) -> GrantedSignIn {
    let renewal = RenewalSecret::RefreshToken(format!("granted-refresh-{n}").into());
    let tokens = Tokens::new(format!("granted-{n}").into(), renewal);
    GrantedSignIn {
        server: Arc::clone(at) as Arc<dyn AuthServer>,
        account: account_at(at.called()),
        answer: Answer {
            tokens: Tokens {
                id: Some(format!("granted-id-{n}").into()),
                client_secret: Some("hush".into()),
                ..tokens
            },
            asked: stage.clock.now(),
            lifetime: Lifetime::Told(HOUR),
            refresh_in_ms: None,
            refresh_lifetime_ms: None,
            identity: user.map(|user| Identity { user: user.into(), name: "Alice".into() }),
            id_check: IdCheck::Passed,
            exchange: Exchange::default(),
            clock: None,
        },
        marks: Marks::fresh(),
        keep: Keep::Disk,
    }
}

async fn started(stage: &Stage) -> App {
    let app = stage.start();
    app.until_status("signed_out").await;
    app
}

#[tokio::test]
async fn what_was_granted_begins_a_session_under_the_names_that_it_had_before() {
    let stage = Stage::new();
    let app = started(&stage).await;
    let request = granted(&stage, 1, Some("alice"));
    let name = request.marks.of(&request.answer.tokens.access).to_string();

    app.keeper.sign_in_granted(request).await.unwrap();

    assert_eq!(app.token().await, "granted-1");
    assert_eq!(stage.stored(), "granted-1");
    let shown = app.shown();
    assert_eq!(shown.account, Some(account()));
    assert_eq!(shown.view.who.unwrap().name, "Alice");
    assert_eq!(shown.view.token.unwrap().fingerprint, name);
    let told = stage.heard.exchanges();
    assert!(
        matches!(&told[..], [entry] if matches!(&entry.what, What::Exchange {
            purpose: Purpose::SignIn, outcome: Ending::Good, access: Some(told), ..
        } if *told == name)),
        "{told:?}"
    );
    assert_eq!(stage.diary.count("sign-in"), 0);
}

#[tokio::test]
async fn its_secrets_can_be_had_and_stay_when_an_answer_does_not_bring_them() {
    let stage = Stage::new();
    let app = started(&stage).await;
    assert!(app.keeper.client_secret().await.is_none() && app.keeper.id_token().await.is_none());
    app.keeper.sign_in_granted(granted(&stage, 1, Some("alice"))).await.unwrap();
    stage.server.then([Step::Grant(HOUR)]);
    stage.clock.advance(DUE);
    app.until_renewed(1).await;

    assert_eq!(app.token().await, "access-1");
    assert_eq!(app.keeper.client_secret().await.unwrap().expose_secret(), "hush");
    assert_eq!(app.keeper.id_token().await.unwrap().expose_secret(), "granted-id-1");
    let stored = stage.vault.record().unwrap().session.unwrap().tokens;
    assert!(stored.client_secret.is_some() && stored.id.is_some());
    app.keeper.sign_out().await;
    assert!(app.keeper.client_secret().await.is_none() && app.keeper.id_token().await.is_none());
}

#[tokio::test]
async fn what_came_too_late_is_given_back() {
    let stage = Stage::new();
    let app = started(&stage).await;
    let hanging = stage.vault.hang(crate::stage::Wrote::Session);
    let (keeper, request) = (app.keeper.clone(), granted(&stage, 1, Some("alice")));
    let signing_in = tokio::spawn(async move { keeper.sign_in_granted(request).await });
    stage.diary.until("hangs", 1).await;
    let keeper = app.keeper.clone();
    let signing_out = tokio::spawn(async move { keeper.sign_out().await });
    app.keeper.look().await;
    drop(hanging);
    signing_out.await.unwrap();

    assert!(matches!(signing_in.await.unwrap(), Err(SignInError::Overtaken)));
    stage.diary.until("gave back granted-refresh-1", 1).await;
    assert_eq!(status(&app.shown()), "signed_out");
}

#[tokio::test]
async fn what_cannot_be_kept_is_given_back() {
    let stage = Stage::new();
    let app = started(&stage).await;
    stage.vault.fail(Some(VaultFailure::KeychainLocked("locked".to_owned())));
    let refused = app.keeper.sign_in_granted(granted(&stage, 1, Some("alice"))).await;
    assert!(matches!(refused, Err(SignInError::Vault(VaultFailure::KeychainLocked(_)))));
    stage.diary.until("gave back granted-refresh-1", 1).await;
}

#[tokio::test]
async fn what_nobody_will_use_is_given_back_and_the_session_goes_on() {
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.give_back(granted(&stage, 1, Some("bob"))).await;
    stage.diary.until("gave back granted-refresh-1", 1).await;
    stage.until_told().await;
    assert_eq!(app.token().await, "access-1");
}

#[tokio::test]
async fn what_the_same_person_was_granted_is_left_to_expire() {
    // Telling the server could end the session that is in use.
    let stage = Stage::new();
    let app = stage.signed_in().await;
    app.keeper.give_back(granted(&stage, 1, Some("alice"))).await;
    let left = app.until("it is said", |shown| shown.left_to_expire.is_some()).await;
    assert_eq!(left.left_to_expire.unwrap().why, NotTold::SignedInAgain);
    assert_eq!(stage.diary.count("gave back"), 0);
}

#[tokio::test]
async fn two_people_of_whom_nothing_is_known_are_not_one() {
    let stage = Stage::new();
    let app = started(&stage).await;
    app.keeper.sign_in_granted(granted(&stage, 1, None)).await.unwrap();
    assert_eq!(app.shown().view.who.unwrap().user, "");

    app.keeper.sign_in_granted(granted(&stage, 2, None)).await.unwrap();

    stage.diary.until("gave back granted-refresh-1", 1).await;
    assert_eq!(app.token().await, "granted-2");
    assert_eq!(app.shown().left_to_expire, None);
}

#[tokio::test]
async fn the_same_person_again_leaves_the_session_of_before_to_expire() {
    let stage = Stage::new();
    let app = started(&stage).await;
    for n in 1..=2 {
        app.keeper.sign_in_granted(granted(&stage, n, Some("alice"))).await.unwrap();
    }
    app.keeper.look().await;
    assert_eq!(stage.diary.count("gave back"), 0);
}

#[tokio::test]
async fn the_server_can_be_asked_whether_it_knows_the_session() {
    let stage = Stage::new();
    let app = started(&stage).await;
    assert!(app.keeper.confirm().await.is_none());
    app.keeper.sign_in_granted(granted(&stage, 1, Some("alice"))).await.unwrap();
    stage.clock.advance(60_000);

    let answer = app.keeper.confirm().await.unwrap();

    assert_eq!(answer.verdict, Accepted);
    assert_eq!(stage.diary.count("asked about granted-1 granted-id-1"), 1);
    app.keeper.look().await;
    let now = stage.clock.now().wall.0;
    assert_eq!(app.shown().view.confirmed_ms, Some(now));
    let told = stage.heard.exchanges();
    let last = told.last().map(|entry| &entry.what);
    assert!(matches!(
        last,
        Some(What::Exchange { purpose: Purpose::Confirm, outcome: Ending::Good, .. })
    ));
}

#[tokio::test]
async fn a_server_that_knows_it_no_more_ends_nothing_and_renews_nothing() {
    let stage = Stage::new();
    let app = started(&stage).await;
    app.keeper.sign_in_granted(granted(&stage, 1, Some("alice"))).await.unwrap();
    stage.server.api_says([TokenRefused]);

    assert_eq!(app.keeper.confirm().await.unwrap().verdict, TokenRefused);

    app.keeper.look().await;
    assert_eq!(status(&app.shown()), "resting");
    assert_eq!(app.token().await, "granted-1");
    assert_eq!(stage.diary.count("asked with"), 0);
}

#[tokio::test]
async fn what_has_ended_is_renewed_before_the_server_is_asked_about_it() {
    let stage = Stage::new();
    let app = started(&stage).await;
    app.keeper.sign_in_granted(granted(&stage, 1, Some("alice"))).await.unwrap();
    stage.clock.advance(2 * HOUR);
    app.keeper.confirm().await.unwrap();
    assert_eq!(stage.diary.count("asked about access-1"), 1);
}

#[tokio::test]
async fn the_token_that_serves_on_is_the_one_that_is_asked_about() {
    let stage = Stage::new();
    stage.server.gives_id_tokens([Id::Bad]);
    let app = stage.signed_in().await;
    app.keeper.tell(Trigger::Asked).await;
    app.until_status("stopped").await;
    app.keeper.confirm().await.unwrap();
    assert_eq!(stage.diary.count("asked about access-1 id-1"), 1);
}
