//! Planted secrets, looked for in everything that people are shown of an OAuth server.

use crate::common::{Fake, answer, json, jwt};
use crate::log::Log;
use auth_client::Header;
use auth_client::oauth::{ClientAuth, OAuthSettings};
use keeper::ports::{AuthServer as _, Call, Marks};
use keeper::record::{RenewalSecret, Tokens};
use serde_json::json as value;
use std::fmt::Debug;

/// What a session holds. It may look like nothing.
const HELD: [&str; 5] =
    ["canary-access", "canary-refresh", "canary-id", "canary secret", "canary-header"];
/// What an answer brings.
const BROUGHT: [&str; 3] = ["canary-new-access", "canary-new-refresh", "canary-new-id"];

fn held() -> Tokens {
    Tokens {
        access: "canary-access".into(),
        renewal: RenewalSecret::RefreshToken("canary-refresh".into()),
        id: Some("canary-id".into()),
        client_secret: Some("canary secret".into()),
    }
}

fn settings(client_auth: ClientAuth) -> OAuthSettings {
    let headers = vec![Header { name: "X-Api-Key".into(), value: "canary-header".into() }];
    OAuthSettings { confidential: true, client_auth, headers, ..OAuthSettings::default() }
}

/// Servers that say everything they know, wherever they can.
fn indiscreet() -> Vec<Vec<u8>> {
    let everything = HELD.join(" ");
    // base64 of "desk+client:canary+secret", as it was sent.
    let pair = "ZGVzaytjbGllbnQ6Y2FuYXJ5K3NlY3JldA==";
    let in_headers: [(&str, &str); 4] = [
        ("WWW-Authenticate", &format!("Basic realm=\"{everything}\", got=\"{pair}\"")),
        ("Location", "https://x.example/canary-refresh?code=canary-access"),
        ("Retry-After", "canary-refresh"),
        ("Set-Cookie", "canary-id=canary-access"),
    ];
    let members = format!(
        r#"{{"error":"canary-refresh","error_description":"canary secret is wrong; {pair}",
        "access_token":"canary-new-access","refresh_token":"canary-new-refresh","token_type":"Bearer",
        "id_token":"canary-new-id","expires_in":"canary-new-refresh","scope":"canary-access",
        "sub":"canary-id","debug":{{"sent":["canary-access","canary+secret","{pair}"],"canary-id":1}}}}"#
    );
    let granted = members.replace(r#""error":"canary-refresh","#, "");
    let other = granted.replace("Bearer", "canary-new-access");
    let form = "error=canary-refresh&error_description=canary+secret&access_token=canary-new-access\
                &refresh_token=canary-new-refresh&expires_in=canary-new-id&id_token=canary-new-id";
    let text = format!("client_secret=canary+secret&token=canary-refresh {everything} {pair}");
    let torn = r#"{"access_token":"canary-new-access","refresh_token":"canary-new-ref"#;
    [200, 400, 401, 403, 429, 500, 503]
        .into_iter()
        .flat_map(|status| {
            [&members, &granted, &other, form, &text, torn]
                .map(|body| answer(status, &in_headers, body))
        })
        .chain([answer(302, &in_headers, "")])
        .collect()
}

#[tokio::test]
async fn no_secret_is_in_anything_that_is_shown() {
    let log = Log::default();
    let _listening = log.listening();
    let secrets = [&HELD[..], &BROUGHT[..], &["ZGVzaytj", "canary+secret", "canary%20"]].concat();
    for client_auth in [ClientAuth::Basic, ClientAuth::Post] {
        for bytes in indiscreet() {
            let fake = Fake::giving(vec![bytes; 4]).await;
            let server = fake.oauth(settings(client_auth));
            let (tokens, marks) = (held(), Marks::fresh());
            clean(&server.refresh(&tokens, Call::default(), &marks).await, &secrets);
            clean(&server.sign_out(&tokens, &marks).await, &secrets);
            clean(&server.confirm(&tokens, &marks).await, &secrets);
            // A call of an API knows the access token only, and what its answer calls tokens.
            let known = ["canary-access", "canary-header"];
            clean(&server.call_api(&tokens.access, &marks).await, &known);
            clean(&(&server, &tokens), &secrets);
            assert_eq!(fake.heard().len(), 4);
        }
    }
    let log = log.text();
    assert!(log.contains("asked the auth server") && log.contains("/token"), "{log}");
    clean(&log, &secrets);
}

#[tokio::test]
async fn a_refresh_shows_what_was_sent_by_the_names_of_the_session() {
    let granted = r#"{"access_token":"canary-new-access","refresh_token":"canary-new-refresh",
        "token_type":"Bearer","expires_in":3600,"scope":"openid"}"#;
    for client_auth in [ClientAuth::Basic, ClientAuth::Post] {
        let fake = Fake::giving(vec![json(200, granted), answer(200, &[], "")]).await;
        let mut settings = settings(client_auth);
        settings.resources = vec!["https://api-7.example.com/0123456789abcdef".into()];
        let server = fake.oauth(settings);
        let (tokens, marks) = (held(), Marks::fresh());
        let answer = server.refresh(&tokens, Call::default(), &marks).await.unwrap();
        let mark = |secret: &str| format!("‹token {}›", marks.of(&secret.into()));
        let shown = answer.exchange.request.join("\n");
        let mut lines = vec![
            "content-type: application/x-www-form-urlencoded".to_owned(),
            "grant_type=refresh_token".into(),
            format!("refresh_token={}", mark("canary-refresh")),
            "resource=https://api-7.example.com/0123456789abcdef".into(),
        ];
        match client_auth {
            ClientAuth::Post => {
                lines.extend(["client_id=desk client".into(), "client_secret=‹hidden›".into()]);
            }
            ClientAuth::Basic | ClientAuth::AsTheServerSays => {
                lines.push("authorization: Basic ‹hidden›".into());
            }
        }
        for line in lines {
            assert!(shown.lines().any(|shown| shown == line), "{line} in {shown}");
        }
        let shown = answer.exchange.response.join("\n");
        for mark in [mark("canary-new-access"), mark("canary-new-refresh")] {
            assert!(shown.contains(&mark), "{mark} in {shown}");
        }
        let revoked = server.sign_out(&tokens, &marks).await.unwrap().unwrap();
        let shown = revoked.request.join("\n");
        let line = format!("token={}", mark("canary-refresh"));
        assert!(
            shown.contains(&line) && shown.contains("token_type_hint=refresh_token"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_came_as_a_form_is_shown_as_one() {
    let form = "access_token=canary-new-access&expires_in=3600&token_type=bearer&who=Alice";
    let refused = "error=invalid_grant&error_description=The+token+was+revoked.";
    let fake = Fake::giving(vec![answer(200, &[], form), answer(400, &[], refused)]).await;
    let server = fake.oauth(settings(ClientAuth::Basic));
    let marks = Marks::fresh();
    let answer = server.refresh(&held(), Call::default(), &marks).await.unwrap();
    let mark = format!("access_token=‹token {}›", marks.of(&"canary-new-access".into()));
    let shown = answer.exchange.response.join("\n");
    for line in [mark.as_str(), "expires_in=3600", "who=‹…›"] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in {shown}");
    }
    let failure = server.refresh(&held(), Call::default(), &marks).await.unwrap_err();
    let shown = failure.exchange.response.join("\n");
    assert!(shown.contains("error_description=The token was revoked."), "{shown}");
}

#[tokio::test]
async fn userinfo_is_told_by_its_shape() {
    let profile = r#"{"sub":"alice","address":"Rabbit Hole 1","age":7}"#;
    let signed = jwt(&value!({"sub": "alice", "address": "Rabbit Hole 1"}));
    let fake = Fake::giving(vec![json(200, profile), answer(200, &[], &signed)]).await;
    let server = fake.oauth(settings(ClientAuth::Basic));
    for _ in 0..2 {
        clean(&server.confirm(&held(), &Marks::fresh()).await, &["Rabbit", &signed]);
    }
}

fn clean(came: &impl Debug, secrets: &[&str]) {
    let shown = format!("{came:?}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
