//! Where the browser comes back to.

use super::*;
use auth_client::oauth::{BrowserSignIn, RedirectHost, SignInTrouble};
use keeper::clock::ManualClock;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

async fn begin(
    host: RedirectHost,
    ports: Vec<u16>,
    path: &str,
) -> Result<BrowserSignIn, SignInTrouble> {
    let mut account = Server::start().await.account();
    account.settings.redirect.host = host;
    account.settings.redirect.ports = ports;
    account.settings.redirect.path = path.into();
    let clock = Arc::new(ManualClock::new(NOON));
    BrowserSignIn::begin(account, None, words(), clock, Told::default().tell()).await
}

/// A port that somebody else has, and one that nobody has.
async fn ports() -> (TcpListener, u16, u16) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (one, two) = (taken.local_addr().unwrap().port(), free.local_addr().unwrap().port());
    (taken, one, two)
}

#[tokio::test]
async fn the_first_free_port_of_a_list_is_taken_and_none_is_an_error() {
    let (_theirs, taken, free) = ports().await;
    let sign_in = begin(RedirectHost::Loopback, vec![taken, free], "/cb").await.unwrap();
    let redirect = format!("http%3A%2F%2F127.0.0.1%3A{free}%2Fcb");
    assert!(sign_in.link().as_str().contains(&redirect), "{}", sign_in.link());
    let trouble = begin(RedirectHost::Loopback, vec![taken, free], "/cb").await.unwrap_err();
    let SignInTrouble::PortTaken(tried) = trouble else { panic!("{trouble:?}") };
    assert_eq!(tried, [taken, free]);
}

#[tokio::test]
async fn a_localhost_of_which_somebody_has_the_other_address_is_not_used() {
    let Ok(theirs) = TcpListener::bind("[::1]:0").await else {
        // A computer without IPv6: nobody can have it.
        return;
    };
    let port = theirs.local_addr().unwrap().port();
    let trouble = begin(RedirectHost::Localhost, vec![port], "/cb").await.unwrap_err();
    assert!(matches!(trouble, SignInTrouble::PortTaken(_)), "{trouble:?}");
    assert!(begin(RedirectHost::Loopback, vec![port], "/cb").await.is_ok());
}

#[tokio::test]
async fn a_localhost_is_answered_on_both_addresses() {
    let sign_in = begin(RedirectHost::Localhost, Vec::new(), "/").await.unwrap();
    let pairs: Vec<_> = sign_in.link().query_pairs().into_owned().collect();
    let redirect = &pairs.iter().find(|(name, _)| name == "redirect_uri").unwrap().1;
    let redirect: url::Url = redirect.parse().unwrap();
    assert_eq!(redirect.host_str(), Some("localhost"));
    let port = redirect.port().unwrap();
    let mut addresses = vec!["127.0.0.1"];
    addresses.extend(TcpListener::bind("[::1]:0").await.is_ok().then_some("::1"));
    for address in addresses {
        let mut stream = tokio::net::TcpStream::connect((address, port)).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(status(&heard(stream).await), 400, "{address}");
    }
}

#[tokio::test]
async fn a_path_that_is_none_is_a_setting_to_correct() {
    for path in ["callback", "/cb?x=1", "/cb#x", "http://evil.example/", "\\cb", "/a\nb"] {
        let trouble = begin(RedirectHost::Loopback, Vec::new(), path).await.unwrap_err();
        let SignInTrouble::Settings(problem) = trouble else { panic!("{path}: {trouble:?}") };
        assert_eq!(problem.field, "redirect.path", "{path}");
    }
}
