//! What a browser is shown, and what it may send.

use demo_server::Switches;

use crate::client::{FORM, REQUEST, encoded, of, request};
use crate::support::{Reply, Scene, send};

async fn page(scene: &Scene, change: &[(&str, &str)], language: &str) -> Reply {
    let path = format!("/openid/authorize?{}", request(change));
    let headers = [("accept-language", language)];
    send(scene.server.port(), "GET", &path, &headers, "").await.unwrap()
}

async fn post(scene: &Scene, more: &[(&str, &str)], origin: Option<&str>) -> Reply {
    let fields: Vec<_> = REQUEST.iter().chain(more).copied().collect();
    let mut headers = vec![FORM];
    headers.extend(origin.map(|origin| ("origin", origin)));
    let body = encoded(&fields);
    send(scene.server.port(), "POST", "/openid/authorize", &headers, &body).await.unwrap()
}

#[tokio::test]
async fn the_page_lets_in_whom_the_form_names() {
    let scene = Scene::with(Switches::default()).await;
    let reply = post(&scene, &[("user", "bob"), ("password", "builder")], None).await;
    assert_eq!(reply.status, 303);
    let back: url::Url = reply.header("location").unwrap().parse().unwrap();
    assert_eq!(of(&back, "state").as_deref(), Some("a state"));
    let tokens = scene.redeem(&of(&back, "code").unwrap()).await;
    assert_eq!(scene.userinfo(&tokens.text("access_token")).await.text("sub"), "bob");
    let reply = post(&scene, &[("user", "bob"), ("password", "wrong")], None).await;
    assert_eq!((reply.status, reply.header("location")), (403, None));
    let reply = post(&scene, &[("decision", "deny")], None).await;
    let back = reply.header("location").unwrap().parse().unwrap();
    assert_eq!(of(&back, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_page_runs_no_script_and_repeats_nothing_unescaped() {
    let scene = Scene::well().await;
    let evil = "\"><script>alert(1)</script>";
    let reply =
        page(&scene, &[("client_id", evil), ("state", evil), ("login_hint", evil)], "en").await;
    let html = String::from_utf8(reply.body.clone()).unwrap();
    assert_eq!(reply.status, 200);
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;"), "the client's id is shown");
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let device = scene.fetch("/openid/device?user_code=%22%3E%3Cscript%3E").await;
    assert!(!String::from_utf8(device.body).unwrap().contains("<script"));
}

#[tokio::test]
async fn the_page_speaks_the_browsers_language() {
    let scene = Scene::well().await;
    let chinese =
        String::from_utf8(page(&scene, &[], "zh-CN,zh;q=0.9,en;q=0.8").await.body).unwrap();
    assert!(chinese.contains("<html lang=\"zh-CN\">") && chinese.contains("登录"));
    let english = String::from_utf8(page(&scene, &[], "de,zh").await.body).unwrap();
    assert!(english.contains("<html lang=\"en\">") && english.contains("Continue as Alice"));
}

#[tokio::test]
async fn a_form_of_somebody_elses_page_signs_nobody_in() {
    let scene = Scene::well().await;
    let alice = [("user", "alice"), ("password", "wonderland")];
    for origin in ["https://example.com", "null"] {
        let reply = post(&scene, &alice, Some(origin)).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{origin}");
    }
    let own = scene.server.base_url();
    assert_eq!(post(&scene, &alice, Some(&own)).await.status, 303);
    let localhost = own.replace("127.0.0.1", "localhost");
    assert_eq!(post(&scene, &alice, Some(&localhost)).await.status, 303);
}

#[tokio::test]
async fn another_host_is_refused_as_everywhere() {
    let scene = Scene::well().await;
    let headers = [("host", "rebound.example.com")];
    let reply = send(scene.server.port(), "GET", "/openid/jwks", &headers, "").await.unwrap();
    assert_eq!(reply.status, 421);
}
