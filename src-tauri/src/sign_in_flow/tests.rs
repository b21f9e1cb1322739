//! Sign-ins at the demo server's OpenID provider, with a browser that follows where it is sent.

use super::Opener;
use crate::desk::tests::{Opened, Stage};
use crate::wire::{ErrorCode, NewAccount, OtherPerson, SignInPhase};
use auth_client::oauth::{OAuthSettings, Parameter};
use engine::Status;
use keeper::record::Keep;
use serde_json::json;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use url::Url;

/// A browser without a person: it goes where it is sent, until it is sent nowhere.
struct Follows;

impl Opener for Follows {
    fn open(&self, link: &str) -> io::Result<()> {
        let mut next = Some(Url::parse(link).unwrap());
        while let Some(url) = next.take() {
            let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
            let mut stream = TcpStream::connect(&host)?;
            let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
            write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            let location = answer.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
            });
            next = location.map(|location| url.join(&location).unwrap());
        }
        Ok(())
    }
}

/// An account at the provider whose browser is signed in as `user`.
async fn settings(stage: &Stage, user: &str) -> NewAccount {
    stage.desk.demo.listening().await.unwrap();
    stage.desk.demo.change(json!({ "openid": { "signIn": "automatic" } })).await.unwrap();
    NewAccount::OAuth {
        settings: Box::new(OAuthSettings {
            issuer: format!("{}/openid", stage.desk.demo.settings().base_url),
            client_id: "demo".to_owned(),
            parameters: vec![Parameter { name: "login_hint".to_owned(), value: user.to_owned() }],
            ..OAuthSettings::default()
        }),
    }
}

fn phase(stage: &Stage) -> Option<SignInPhase> {
    stage.desk.sign_ins.view().map(|view| view.phase)
}

async fn until_over(stage: &Stage) {
    stage.until(|stage| phase(stage).is_none()).await;
}

fn user_at(stage: &Stage, id: &str) -> Option<String> {
    let seat = stage.desk.seats.of(id).unwrap();
    let shown = seat.keeper().shown().borrow().view.clone();
    assert!(shown.status != Status::Resting || shown.who.is_some());
    shown.who.map(|who| who.user)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_in_the_browser_and_somebody_else_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::with(folder.path(), Arc::new(Follows));
    let id = stage.desk.add_account(&settings(&stage, "alice").await).await.unwrap();
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    until_over(&stage).await;
    let alice = user_at(&stage, &id).expect("she is signed in");

    // The same again is no question.
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    until_over(&stage).await;
    assert_eq!(user_at(&stage, &id).as_deref(), Some(alice.as_str()));

    stage.desk.change_account(&id, &settings(&stage, "bob").await).await.unwrap();
    let asked = |stage: &Stage| matches!(phase(stage), Some(SignInPhase::OtherPerson { .. }));
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage.until(asked).await;
    assert_eq!(user_at(&stage, &id).as_deref(), Some(alice.as_str()), "nothing has changed yet");
    stage.desk.sign_ins.answer(OtherPerson::Cancel);
    until_over(&stage).await;
    assert_eq!((stage.accounts().len(), user_at(&stage, &id)), (1, Some(alice.clone())));

    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage.until(asked).await;
    stage.desk.sign_ins.answer(OtherPerson::Add);
    until_over(&stage).await;
    let accounts = stage.accounts();
    assert_eq!((accounts.len(), user_at(&stage, &id)), (2, Some(alice.clone())));
    assert_ne!(user_at(&stage, &accounts[1]), Some(alice.clone()));
    assert_eq!(stage.desk.seats.front().id, accounts[1]);

    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage.until(asked).await;
    stage.desk.sign_ins.answer(OtherPerson::Replace);
    until_over(&stage).await;
    assert_eq!(user_at(&stage, &id), user_at(&stage, &accounts[1]));
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_cannot_be_opened_leaves_the_link_and_cancelling_is_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let opener = Arc::new(Opened { fails: true, ..Opened::default() });
    let stage = Stage::with(folder.path(), Arc::clone(&opener) as Arc<dyn Opener>);
    let id = stage.desk.add_account(&settings(&stage, "alice").await).await.unwrap();
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage
        .until(|stage| {
            matches!(phase(stage), Some(SignInPhase::Browser { not_opened: Some(_), .. }))
        })
        .await;
    assert_eq!(stage.desk.sign_ins.link(), opener.links.lock().unwrap().first().cloned());
    stage.desk.sign_ins.cancel();
    assert!(phase(&stage).is_none());

    stage.desk.set_offline(true).await;
    let refused = stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unreachable);
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_says_no_is_told_of_until_it_is_put_away() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::with(folder.path(), Arc::new(Follows));
    let id = stage.desk.add_account(&settings(&stage, "alice").await).await.unwrap();
    stage.desk.demo.change(json!({ "openid": { "signIn": "denied" } })).await.unwrap();
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage.until(|stage| matches!(phase(stage), Some(SignInPhase::Failed { .. }))).await;
    let Some(SignInPhase::Failed { error }) = phase(&stage) else { panic!("it failed") };
    assert_eq!((error.code, user_at(&stage, &id)), (ErrorCode::Denied, None));
    stage.desk.sign_ins.cancel();
    assert!(phase(&stage).is_none());
    stage.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_a_sign_in_that_waits_for_the_browser() {
    let folder = tempfile::tempdir().unwrap();
    let opener = Arc::new(Opened::default());
    let stage = Stage::with(folder.path(), Arc::clone(&opener) as Arc<dyn Opener>);
    let id = stage.desk.add_account(&settings(&stage, "alice").await).await.unwrap();
    stage.desk.begin_sign_in(&id, Keep::Disk, None).await.unwrap();
    stage.until(|_| !opener.links.lock().unwrap().is_empty()).await;
    assert!(matches!(phase(&stage), Some(SignInPhase::Browser { .. })));
    stage.desk.sign_out(false).await.unwrap();
    assert!(phase(&stage).is_none());
    // The browser comes back to nobody.
    let link = opener.links.lock().unwrap().first().cloned().unwrap();
    let _closed = Follows.open(&link);
    stage.desk.sign_ins.quit().await;
    assert_eq!(user_at(&stage, &id), None);
    stage.quit().await;
}
