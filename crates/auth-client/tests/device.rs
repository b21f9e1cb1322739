//! Signing in on another device, in a time that passes as soon as somebody waits for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod oauth_stage;

use async_trait::async_trait;
use auth_client::oauth::{DeviceSignIn, Granted, OAuthAccount, SignInTrouble};
use engine::{Boot, Now};
use keeper::clock::ManualClock;
use keeper::ports::Clock;
use oauth_stage::*;
use secrecy::ExposeSecret as _;
use std::sync::{Arc, Mutex};

/// Whoever sleeps has slept at once; how long is remembered, in seconds.
struct Rushing {
    clock: ManualClock,
    slept: Mutex<Vec<i64>>,
}

#[async_trait]
impl Clock for Rushing {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn boot_id(&self) -> String {
        self.clock.boot_id()
    }

    async fn sleep_until(&self, until: Boot) {
        let left = until - self.clock.now().boot;
        self.slept.lock().unwrap().push(left / 1_000);
        self.clock.advance(left);
    }
}

const CODE: &str = r#"{"device_code":"planted-device-code","user_code":"WDJB-MJHT",
    "verification_uri":"https://id.example/device",
    "verification_uri_complete":"https://id.example/device?user_code=WDJB-MJHT",
    "expires_in":1800,"interval":5}"#;
const GRANTED: (u16, &str) = (
    200,
    r#"{"access_token":"planted-access","token_type":"bearer","expires_in":3600,
        "refresh_token":"planted-refresh"}"#,
);
const PENDING: (u16, &str) = (400, r#"{"error":"authorization_pending"}"#);
const SLOW_DOWN: (u16, &str) = (400, r#"{"error":"slow_down"}"#);

struct Scene {
    server: Server,
    clock: Arc<Rushing>,
    told: Told,
    account: OAuthAccount,
}

impl Scene {
    /// A server that gives this code, and then these answers.
    async fn of(code: &str, answers: &[(u16, &str)]) -> Self {
        let server = Server::start().await;
        server.says("/device", 200, code);
        server.says_in_turn("/token", answers);
        let (clock, slept) = (ManualClock::new(NOON), Mutex::default());
        let clock = Arc::new(Rushing { clock, slept });
        Self { account: server.account(), server, clock, told: Told::default() }
    }

    async fn begin(&self) -> Result<DeviceSignIn, SignInTrouble> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        DeviceSignIn::begin(self.account.clone(), None, clock, self.told.tell()).await
    }

    async fn play(&self) -> Result<Granted, SignInTrouble> {
        tokio::time::timeout(HANGS, self.begin().await?.finish()).await.expect("it ends")
    }

    /// How long was waited before each question, in seconds.
    fn waits(&self) -> Vec<i64> {
        self.clock.slept.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_code_is_shown_and_asked_about_until_it_was_used() {
    let scene = Scene::of(CODE, &[PENDING, PENDING, PENDING, GRANTED]).await;
    let sign_in = scene.begin().await.unwrap();
    assert_eq!(sign_in.user_code(), "WDJB-MJHT");
    assert_eq!(sign_in.link().as_str(), "https://id.example/device");
    let complete = sign_in.complete_link().unwrap().as_str();
    assert_eq!(complete, "https://id.example/device?user_code=WDJB-MJHT");
    assert_eq!(sign_in.ends() - scene.clock.now().boot, 1_800_000);
    let granted = sign_in.finish().await.unwrap();
    assert_eq!(granted.answer.tokens.access.expose_secret(), "planted-access");
    assert_eq!(scene.waits(), [5, 5, 5, 5]);
    let polls = scene.server.forms("/token");
    assert_eq!(polls[0]["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!(polls[0]["device_code"], "planted-device-code");
}

#[tokio::test]
async fn slow_down_means_five_seconds_more_for_good() {
    let answers = [PENDING, SLOW_DOWN, PENDING, SLOW_DOWN, PENDING, GRANTED];
    let scene = Scene::of(CODE, &answers).await;
    scene.play().await.unwrap();
    assert_eq!(scene.waits(), [5, 5, 10, 10, 15, 15]);
}

#[tokio::test]
async fn an_interval_of_no_use_is_five_seconds_and_a_huge_one_a_minute() {
    let told = [
        "",
        r#","interval":0"#,
        r#","interval":-7"#,
        r#","interval":"soon""#,
        r#","interval":null"#,
    ];
    for interval in told {
        let code = CODE.replace(r#","interval":5"#, interval);
        let scene = Scene::of(&code, &[PENDING, GRANTED]).await;
        scene.play().await.unwrap();
        assert_eq!(scene.waits(), [5, 5], "{interval}");
    }
    for (interval, waited) in [("12", 12), ("\"7\"", 7), ("1e7", 60), ("86400", 60)] {
        let code = CODE.replace(r#""interval":5"#, &format!(r#""interval":{interval}"#));
        let scene = Scene::of(&code, &[GRANTED]).await;
        scene.play().await.unwrap();
        assert_eq!(scene.waits(), [waited], "{interval}");
    }
}

#[tokio::test]
async fn trouble_on_the_way_is_waited_out_and_ends_nothing() {
    let down = (500, "oops");
    let portal = (200, "<html>please pay</html>");
    let scene = Scene::of(CODE, &[PENDING, down, portal, down, PENDING, GRANTED]).await;
    scene.play().await.unwrap();
    assert_eq!(scene.waits(), [5, 5, 10, 20, 40, 5]);
}

#[tokio::test]
async fn a_code_that_has_ended_is_not_asked_about_any_more() {
    let scene = Scene::of(CODE, &[PENDING, (400, r#"{"error":"expired_token"}"#)]).await;
    let trouble = scene.play().await.unwrap_err();
    assert!(matches!(trouble, SignInTrouble::TimedOut), "{trouble:?}");

    let short = CODE.replace("1800", "12");
    let scene = Scene::of(&short, &[PENDING]).await;
    let trouble = scene.play().await.unwrap_err();
    assert!(matches!(trouble, SignInTrouble::TimedOut), "{trouble:?}");
    assert_eq!(scene.waits(), [5, 5, 2]);
    assert_eq!(scene.server.forms("/token").len(), 2);
}

#[tokio::test]
async fn whoever_says_no_there_is_heard_here() {
    let no = r#"{"error":"access_denied","error_description":"Not\nplanted-device-code, you."}"#;
    let scene = Scene::of(CODE, &[PENDING, (400, no)]).await;
    let trouble = scene.play().await.unwrap_err();
    let SignInTrouble::Denied { code, description } = trouble else { panic!("{trouble:?}") };
    assert_eq!(code, "access_denied");
    assert_eq!(description.as_deref(), Some("Not ‹hidden›, you."), "without secrets, on one line");
}

#[tokio::test]
async fn a_no_by_another_name_is_a_no() {
    let scene = Scene::of(CODE, &[(400, r#"{"error":"authorization_declined"}"#)]).await;
    let trouble = scene.play().await.unwrap_err();
    let SignInTrouble::Denied { code, description } = trouble else { panic!("{trouble:?}") };
    assert_eq!((code.as_str(), description), ("authorization_declined", None));
}

#[tokio::test]
async fn any_other_no_ends_it() {
    for said in [r#"{"error":"invalid_grant"}"#, r#"{"error":"invalid_client"}"#, "{}"] {
        let scene = Scene::of(CODE, &[PENDING, (400, said)]).await;
        let trouble = scene.play().await.unwrap_err();
        assert!(matches!(trouble, SignInTrouble::Failed(_)), "{said}: {trouble:?}");
        assert_eq!(scene.server.forms("/token").len(), 2);
    }
}

#[tokio::test]
async fn the_same_not_yet_is_told_once() {
    let answers = [PENDING, PENDING, SLOW_DOWN, PENDING, PENDING, GRANTED];
    let scene = Scene::of(CODE, &answers).await;
    scene.play().await.unwrap();
    let lines = scene.told.lines();
    let codes: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(codes, ["-", "authorization_pending", "slow_down", "authorization_pending"]);
    assert!(lines.iter().all(|line| line.starts_with("DeviceCode ")), "{lines:?}");
    let everything = scene.told.everything();
    for secret in ["planted-device-code", "planted-access", "planted-refresh"] {
        assert!(!everything.contains(secret), "{everything}");
    }
}

#[tokio::test]
async fn a_link_that_is_no_web_page_is_refused() {
    for link in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "device", ""] {
        let code = CODE.replace("https://id.example/device\"", &format!("{link}\""));
        let scene = Scene::of(&code, &[GRANTED]).await;
        let trouble = scene.begin().await.unwrap_err();
        assert!(matches!(trouble, SignInTrouble::Failed(_)), "{link}: {trouble:?}");
    }
    let code = CODE.replace("https://id.example/device?user_code=WDJB-MJHT", "javascript:alert(1)");
    let sign_in = Scene::of(&code, &[GRANTED]).await.begin().await.unwrap();
    assert!(sign_in.complete_link().is_none(), "the code can be typed at the other one");
}

#[tokio::test]
async fn a_code_to_type_is_one_short_line() {
    let long = format!("AB\\nCD\\u202eEF{}", "X".repeat(500));
    let scene =
        Scene::of(&CODE.replace(r#""WDJB-MJHT""#, &format!("\"{long}\"")), &[GRANTED]).await;
    match scene.begin().await {
        Ok(sign_in) => {
            let code = sign_in.user_code();
            assert!(code.chars().count() <= 65, "{code}");
            assert!(!code.contains(char::is_control) && !code.contains('\u{202e}'), "{code}");
        }
        Err(trouble) => assert!(matches!(trouble, SignInTrouble::Failed(_)), "{trouble:?}"),
    }
}

/// An account that asks for an ID token.
fn openid(scene: &mut Scene) {
    scene.account.discovered.openid = true;
}

#[tokio::test]
async fn an_id_token_that_was_asked_for_and_did_not_come_gives_everything_back() {
    let mut scene = Scene::of(CODE, &[GRANTED]).await;
    openid(&mut scene);
    let trouble = scene.play().await.unwrap_err();
    let SignInTrouble::IdToken(exchange) = trouble else { panic!("{trouble:?}") };
    assert!(exchange.detail.contains("none came"), "{}", exchange.detail);
    let revoked: Vec<_> =
        scene.server.forms("/revoke").iter().map(|form| form["token"].clone()).collect();
    assert!(revoked.contains(&"planted-refresh".to_owned()), "{revoked:?}");
    assert!(scene.told.lines().iter().any(|line| line.starts_with("SignOut Good")));
}

#[tokio::test]
async fn a_bad_id_token_gives_everything_back() {
    let granted = GRANTED.1.replace('}', r#","id_token":"e30.e30.e30"}"#);
    let mut scene = Scene::of(CODE, &[(200, &granted)]).await;
    scene.server.says("/jwks", 200, r#"{"keys":[]}"#);
    openid(&mut scene);
    let trouble = scene.play().await.unwrap_err();
    let SignInTrouble::IdToken(exchange) = trouble else { panic!("{trouble:?}") };
    assert!(!exchange.detail.is_empty());
    assert!(!scene.server.forms("/revoke").is_empty());
    assert!(!scene.told.everything().contains("e30.e30.e30"));
}

#[tokio::test]
async fn a_claim_that_repeats_a_token_is_told_without_it() {
    let mut scene = Scene::of(CODE, &[]).await;
    let id_token = id_token(&scene.server, &[("aud", "planted-refresh")]);
    let granted = GRANTED.1.replace('}', &format!(r#","id_token":"{id_token}"}}"#));
    scene.server.says("/token", 200, &granted);
    scene.server.says("/jwks", 200, JWKS);
    openid(&mut scene);
    let trouble = scene.play().await.unwrap_err();
    let SignInTrouble::IdToken(exchange) = trouble else { panic!("{trouble:?}") };
    assert!(exchange.detail.contains("aud is \"‹token "), "{}", exchange.detail);
    let shown = scene.told.everything() + &format!("{exchange:?}");
    assert!(!shown.contains("planted-refresh"), "{shown}");
}

#[tokio::test]
async fn a_server_that_finds_its_keys_in_time_is_waited_for() {
    let mut scene = Scene::of(CODE, &[]).await;
    let id_token = id_token(&scene.server, &[]);
    let granted = GRANTED.1.replace('}', &format!(r#","id_token":"{id_token}"}}"#));
    scene.server.says("/token", 200, &granted);
    scene.server.says_in_turn("/jwks", &[(503, "later"), (503, "later"), (200, JWKS)]);
    openid(&mut scene);
    let granted = scene.play().await.unwrap();
    assert_eq!(scene.waits(), [5, 1, 2]);
    assert_eq!(granted.answer.identity.unwrap().user, "u-1");
    let told = scene.told.lines();
    assert_eq!(told.last().unwrap(), "Keys Good -");
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_asked_for_again_for_a_minute() {
    let mut scene = Scene::of(CODE, &[]).await;
    let id_token = id_token(&scene.server, &[]);
    let granted = GRANTED.1.replace('}', &format!(r#","id_token":"{id_token}"}}"#));
    scene.server.says("/token", 200, &granted);
    scene.server.says("/jwks", 503, "later");
    openid(&mut scene);
    let trouble = scene.play().await.unwrap_err();
    assert!(matches!(trouble, SignInTrouble::Failed(_)), "{trouble:?}");
    let asked_for_keys = &scene.waits()[1..];
    assert_eq!(asked_for_keys[..4], [1, 2, 5, 10]);
    assert!((50..=60).contains(&asked_for_keys.iter().sum::<i64>()), "{asked_for_keys:?}");
    assert!(!scene.server.forms("/revoke").is_empty(), "what nobody will use is given back");
    let told = scene.told.lines();
    assert!(told.iter().any(|line| line.starts_with("Keys Failed(ServerTrouble)")), "{told:?}");
}
