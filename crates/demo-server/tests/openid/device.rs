//! Sign-in on another device.

use demo_server::OpenIdSwitches;
use serde_json::json;

use crate::client::automatic;
use crate::support::{Reply, Scene};

struct Device {
    scene: Scene,
    device_code: String,
    user_code: String,
}

impl Device {
    async fn with(openid: OpenIdSwitches) -> Self {
        let scene = Scene::with(automatic(openid)).await;
        let fields = [("client_id", "demo"), ("scope", "openid offline_access")];
        let told = scene.form("/openid/device_authorization", &fields).await.unwrap();
        assert_eq!(told.status, 200);
        let page = format!("{}/device", scene.server.issuer());
        assert_eq!(told.text("verification_uri"), page);
        let (device_code, user_code) = (told.text("device_code"), told.text("user_code"));
        assert_eq!(told.text("verification_uri_complete"), format!("{page}?user_code={user_code}"));
        Self { scene, device_code, user_code }
    }

    async fn well() -> Self {
        Self::with(OpenIdSwitches::default()).await
    }

    /// Waits so long, and polls.
    async fn poll(&self, after_ms: u64) -> Reply {
        self.scene.hands.pass(after_ms);
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.device_code.as_str()),
            ("client_id", "demo"),
        ];
        self.scene.token(&fields).await
    }

    async fn hears(&self, after_ms: u64, error: &str) {
        let reply = self.poll(after_ms).await;
        assert_eq!((reply.status, reply.text("error").as_str()), (400, error));
    }

    async fn page(&self, answer: &[(&str, &str)]) -> Reply {
        let typed = self.user_code.to_lowercase().replace('-', " ");
        let fields: Vec<_> =
            [("user_code", typed.as_str())].iter().chain(answer).copied().collect();
        self.scene.form("/openid/device", &fields).await.unwrap()
    }
}

#[tokio::test]
async fn a_device_is_let_in_by_the_person_who_types_its_code() {
    let device = Device::well().await;
    device.hears(0, "authorization_pending").await;
    assert_eq!(device.page(&[("user", "bob"), ("password", "wrong")]).await.status, 403);
    device.hears(5_000, "authorization_pending").await;
    assert_eq!(device.page(&[("user", "bob"), ("password", "builder")]).await.status, 200);
    let tokens = device.poll(5_000).await;
    assert_eq!(tokens.status, 200);
    let userinfo = device.scene.userinfo(&tokens.text("access_token")).await;
    assert_eq!(userinfo.text("sub"), "bob");
    assert_eq!(device.scene.renew(&tokens.text("refresh_token")).await.status, 200);
    device.hears(5_000, "invalid_grant").await;
    let counts = device.scene.counts().await;
    assert_eq!((counts.device_polls, counts.logins, counts.logins_refused), (4, 2, 1));
}

#[tokio::test]
async fn a_device_is_refused_by_a_person_who_says_no() {
    let device = Device::well().await;
    assert_eq!(device.page(&[("decision", "deny")]).await.status, 200);
    device.hears(0, "access_denied").await;
    assert_eq!(device.page(&[("user", "bob"), ("password", "builder")]).await.status, 404);
}

#[tokio::test]
async fn a_device_code_ends_when_nobody_answers() {
    let device =
        Device::with(OpenIdSwitches { device_lifetime_ms: 30_000, ..Default::default() }).await;
    device.hears(29_999, "authorization_pending").await;
    device.hears(1, "expired_token").await;
    assert_eq!(device.page(&[("user", "bob"), ("password", "builder")]).await.status, 404);
}

#[tokio::test]
async fn a_device_that_polls_too_soon_has_to_slow_down_for_good() {
    let device = Device::well().await;
    device.hears(0, "authorization_pending").await;
    device.hears(4_000, "slow_down").await;
    device.hears(5_000, "slow_down").await;
    device.hears(15_000, "authorization_pending").await;
}

#[tokio::test]
async fn a_switch_slows_a_device_down_once() {
    let device = Device::with(OpenIdSwitches { slow_down: 1, ..Default::default() }).await;
    device.hears(0, "slow_down").await;
    device.hears(10_000, "authorization_pending").await;
    assert_eq!(device.scene.server.control().switches().await.unwrap().openid.slow_down, 0);
}

#[tokio::test]
async fn the_interval_need_not_be_told() {
    let scene = Scene::well().await;
    let ask = async || {
        let fields = [("client_id", "demo")];
        scene.form("/openid/device_authorization", &fields).await.unwrap().json()
    };
    assert_eq!(ask().await["interval"], json!(5));
    scene.set(json!({"openid": {"deviceTellsInterval": false}})).await;
    assert!(ask().await.get("interval").is_none());
    scene.set(json!({"openid": {"offersDevice": false}})).await;
    assert_eq!(ask().await["error"], json!("not_found"));
}

#[tokio::test]
async fn the_control_answers_for_the_person() {
    let device = Device::well().await;
    let control = device.scene.server.control();
    assert_eq!(control.approve_device(Some("BBBB-BBBB"), "alice").await.unwrap(), 0);
    assert_eq!(control.approve_device(None, "carol").await.unwrap(), 0);
    assert_eq!(control.approve_device(None, "alice").await.unwrap(), 1);
    assert_eq!(device.poll(0).await.status, 200);
    let device = Device::well().await;
    let code = Some(device.user_code.as_str());
    assert_eq!(device.scene.server.control().deny_device(code).await.unwrap(), 1);
    device.hears(0, "access_denied").await;
}
