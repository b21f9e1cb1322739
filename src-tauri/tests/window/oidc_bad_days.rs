//! Sign-ins in the browser that do not go as they should.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use url::Url;

use crate::harness::{App, AppFolder, Desk, GONE_THROUGH, Options, Provider, SOON, id, until};

#[tokio::test]
async fn a_cancelled_sign_in_frees_its_port_and_the_next_one_works() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Somebody closes the browser's window.
    folder.browse_as(&json!({ "nothing": true }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("browser").await;
    let first = comes_back_to(&app.sign_in_link().await);
    assert!(connects(&first), "{first} is listened on");

    app.click(&id("cancel-sign-in")).await;

    app.wait_until_gone(&id("sign-in-panel")).await;
    until("the port to be free", SOON, async || (!connects(&first)).then_some(())).await;
    assert_eq!(app.status().await, "signed_out");
    assert!(folder.slots().iter().all(|slot| !slot.exists()), "there is nothing to store");

    folder.browse_as(&json!({ "as": "alice" }));
    app.signs_in().await;
    let answered: Vec<_> = folder.visited().into_iter().filter(|it| it.contains("code=")).collect();
    assert_eq!(answered.len(), 1, "{answered:?}");
    let second = Url::parse(&answered[0]).expect("it is an address");
    assert!(!connects(&second), "it is listened on no more");
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 1);
}

#[tokio::test]
async fn somebody_who_says_no_is_told_so_and_may_try_again() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "deny": true }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;

    app.click(&id("begin-sign-in")).await;

    app.wait_for_phase("failed").await;
    let said = app.text(&format!("{}[data-code=denied]", id("sign-in-error"))).await;
    assert!(said.contains("access_denied"), "{said}");
    assert_eq!(app.status().await, "signed_out");
    assert_eq!(provider.count("grant.success", None), 0);
    folder.browse_as(&json!({ "as": "alice" }));
    app.click(&id("sign-in-try-again")).await;
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 1);
}

#[tokio::test]
async fn without_a_browser_the_link_is_shown_and_works_when_it_is_opened_by_hand() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.no_browser();
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;

    app.click(&id("begin-sign-in")).await;

    app.element(&id("not-opened")).await;
    let link = app.sign_in_link().await;
    app.click(&id("copy-link")).await;
    app.wait_for(&id("link-copied"), |said| !said.is_empty(), SOON).await;
    assert_eq!(desk.clipboard().as_deref(), Some(link.as_str()));
    let _visitor = folder.visit(&link, &json!({ "as": "alice" }));
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    app.wait_until_gone(&id("sign-in-panel")).await;
}

#[tokio::test]
async fn strange_requests_to_the_port_disturb_neither_the_waiting_nor_the_session() {
    let provider = Provider::start(3_600).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.browse_as(&json!({ "nothing": true }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("go-sign-in")).await;
    app.add_oauth(provider.issuer(), "session-keeper").await;
    app.click(&id("begin-sign-in")).await;
    app.wait_for_phase("browser").await;
    let link = app.sign_in_link().await;
    let back = comes_back_to(&link);
    let issuer = provider.issuer();
    let _preconnected = TcpStream::connect(address(&back)).expect("it is listened on");

    // A code for another state, an error for none, a code twice, a page's post, a favicon.
    for query in [
        format!("?code=stolen&state=wrong&iss={issuer}"),
        "?error=access_denied".to_owned(),
        format!("?code=one&code=two&state={}&iss={issuer}", state_of(&link)),
        format!("?code=mixed-up&state={}&iss=http://127.0.0.1:9", state_of(&link)),
    ] {
        let status = asks(&back, "GET", &format!("/callback{query}"));
        assert!((400..500).contains(&status), "{query}: {status}");
    }
    assert!((400..500).contains(&asks(&back, "POST", "/callback?code=posted&state=x")));
    assert!((400..500).contains(&asks(&back, "GET", "/favicon.ico")));

    app.wait_for_phase("browser").await;
    assert_eq!(provider.count("grant.error", None), 0, "no strange code was sent on");
    folder.browse_as(&json!({ "as": "alice" }));
    app.click(&id("open-again")).await;
    app.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
    app.wait_until_gone(&id("sign-in-panel")).await;
    assert_eq!(provider.count("grant.success", Some("authorization_code")), 1);
    app.renews_at(&provider, 1).await;
}

/// Where a link says that the browser is to come back to.
fn comes_back_to(link: &str) -> Url {
    let link = Url::parse(link).expect("it is an address");
    let back = link.query_pairs().find(|(name, _)| name == "redirect_uri");
    let (_, back) = back.expect("it says where to come back to");
    Url::parse(&back).expect("it is an address")
}

/// The state that a link takes along.
fn state_of(link: &str) -> String {
    let link = Url::parse(link).expect("it is an address");
    let state = link.query_pairs().find(|(name, _)| name == "state");
    state.expect("it has a state").1.into_owned()
}

fn address(url: &Url) -> (&str, u16) {
    (url.host_str().expect("it has a host"), url.port().expect("it has a port"))
}

fn connects(url: &Url) -> bool {
    TcpStream::connect(address(url)).is_ok()
}

/// Asks that port for something; the status of its answer.
fn asks(url: &Url, method: &str, path: &str) -> u16 {
    let mut there = TcpStream::connect(address(url)).expect("it is listened on");
    let (host, port) = address(url);
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    );
    there.write_all(request.as_bytes()).expect("it reads");
    there.set_read_timeout(Some(SOON)).expect("a socket takes a bound");
    let mut answer = String::new();
    there.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("{method} {path}: {answer}"))
}
