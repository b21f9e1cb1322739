use super::*;
use async_trait::async_trait;
use http::header::HeaderMap;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Counts from when it was made.
struct SinceNow(Instant);

#[async_trait]
impl Clock for SinceNow {
    fn now(&self) -> Now {
        let ms = i64::try_from(self.0.elapsed().as_millis()).unwrap();
        Now { wall: Wall(1_000_000 + ms), boot: Boot(ms) }
    }
    fn boot_id(&self) -> String {
        "this one".into()
    }
    async fn sleep_until(&self, _until: Boot) {
        std::future::pending().await
    }
}

const SHORT: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(60);

fn line(connect: Duration, quickly: Duration, whole: Duration, proxying: Proxying) -> Line {
    let patience = Patience { connect, connect_quickly: quickly, whole };
    let network = Network::default();
    Line::through(network, Arc::new(SinceNow(Instant::now())), patience, proxying)
}

fn post(url: &str) -> Outgoing {
    let url = Url::parse(url).unwrap();
    Outgoing {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: Some(Payload::Json("hello".into())),
    }
}

async fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

async fn lost(line: &Line, url: &str, quickly: bool) -> Lost {
    line.send(&post(url), quickly).await.1.err().unwrap()
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_was_sent() {
    let (listener, address) = listening().await;
    drop(listener);
    let line = line(LONG, LONG, LONG, Proxying::Never);
    let lost = lost(&line, &format!("http://{address}"), false).await;
    assert_eq!((lost.sent, lost.detail.as_str()), (false, "connection refused"));
}

#[tokio::test]
async fn a_name_that_does_not_exist_means_that_nothing_was_sent() {
    // RFC 6761 section 6.4: .invalid never resolves.
    let line = line(LONG, LONG, LONG, Proxying::Never);
    let lost = lost(&line, "https://auth.invalid", false).await;
    assert!(!lost.sent);
    assert!(lost.detail.contains("DNS"), "{lost:?}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_gets_nothing() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let line = line(LONG, LONG, LONG, Proxying::Never);
    let lost = lost(&line, &format!("https://{address}"), false).await;
    assert!(!lost.sent);
    assert!(lost.detail.starts_with("no connection: "), "{lost:?}");
}

#[tokio::test]
async fn a_silent_handshake_is_given_up_sooner_when_in_a_hurry() {
    let (listener, address) = listening().await;
    let line = line(LONG, SHORT, LONG, Proxying::Never);
    let lost = lost(&line, &format!("https://{address}"), true).await;
    assert_eq!((lost.sent, lost.detail.as_str()), (false, "no connection within 60 ms"));
    drop(listener);
}

#[tokio::test]
async fn silence_after_sending_leaves_the_outcome_unknown() {
    let (listener, address) = listening().await;
    let line = line(LONG, LONG, SHORT, Proxying::Never);
    let lost = lost(&line, &format!("http://{address}"), false).await;
    assert_eq!((lost.sent, lost.detail.as_str()), (true, "no answer within 60 ms"));
    drop(listener);
}

#[tokio::test]
async fn an_answer_that_stops_coming_is_torn() {
    let (listener, address) = listening().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"t").await.unwrap();
        stream
    });
    let line = line(LONG, LONG, Duration::from_secs(1), Proxying::Never);
    let (_, outcome) = line.send(&post(&format!("http://{address}")), false).await;
    let arrived = outcome.ok().unwrap();
    assert_eq!((arrived.status, arrived.whole), (200, Whole::Torn));
    assert_eq!(&arrived.body[..], b"{\"t");
    drop(server.await.unwrap());
}

/// The race that costs sessions: 1. a connection is kept after an answer; 2. the server closes it;
/// 3. the refresh goes out on it and fails; 4. the HTTP library sends it again by itself. Here no
/// connection is kept, so each request has its own, and one that is closed is not replaced.
#[tokio::test]
async fn a_closed_connection_is_never_a_reason_to_send_twice() {
    let (listener, address) = listening().await;
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while connections < 3 {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections += 1;
            let mut heard = [0; 4_096];
            assert!(stream.read(&mut heard).await.unwrap() > 0);
            if connections != 2 {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                stream.write_all(answer).await.unwrap();
                // Kept open, as a server that offers keep-alive does.
                std::mem::forget(stream);
            }
        }
        connections
    });
    let line = line(LONG, LONG, LONG, Proxying::Never);
    let url = format!("http://{address}");
    assert!(line.send(&post(&url), false).await.1.is_ok());
    let lost = lost(&line, &url, false).await;
    assert!(lost.sent);
    assert_eq!(lost.detail, "the connection closed before an answer came");
    assert!(line.send(&post(&url), false).await.1.is_ok());
    assert_eq!(server.await.unwrap(), 3);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_and_nothing_was_sent() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 4_096];
        let read = stream.read(&mut heard).await.unwrap();
        assert!(heard[..read].starts_with(b"CONNECT auth.example.com:443 "));
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    });
    let proxy = Url::parse(&format!("http://alice:pw@{address}")).unwrap();
    let line = line(LONG, LONG, LONG, Proxying::Through(proxy));
    let lost = lost(&line, "https://auth.example.com/api/refresh_token", false).await;
    assert!(!lost.sent);
    assert!(lost.detail.ends_with(&format!("(through the proxy {address})")), "{lost:?}");
    assert!(!lost.detail.contains("pw"), "{lost:?}");
}

#[test]
fn what_is_on_this_computer_is_never_asked_through_a_proxy() {
    assert!(matches!(Proxying::for_server(true), Proxying::Never));
    assert!(matches!(Proxying::for_server(false), Proxying::System(_)));
}

#[tokio::test]
async fn nothing_goes_out_in_the_open_but_to_this_computer_and_the_named_host() {
    let network = Network { http_to: "auth.invalid".into(), ..Network::default() };
    let clock: Arc<dyn Clock> = Arc::new(SinceNow(Instant::now()));
    let url = Url::parse("https://auth.invalid").unwrap();
    let line = Line::to(&url, &network, clock);
    // Whatever a server may have said of its endpoints.
    let unnamed = lost(&line, "http://other.invalid/token", false).await;
    assert!(!unnamed.sent);
    assert!(unnamed.detail.starts_with("not asked: "), "{unnamed:?}");
    assert!(lost(&line, "http://auth.invalid/token", false).await.detail.contains("DNS"));
}

#[tokio::test]
async fn a_proxy_on_the_way_to_the_host_named_for_plain_http_is_named_in_failures() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 4_096];
        let read = stream.read(&mut heard).await.unwrap();
        assert!(heard[..read].starts_with(b"POST http://auth.corp.invalid/token "));
    });
    let network = Network { http_to: "auth.corp.invalid".into(), ..Network::default() };
    let patience = Patience { connect: LONG, connect_quickly: LONG, whole: LONG };
    let proxy = Proxying::Through(Url::parse(&format!("http://{address}")).unwrap());
    let line = Line::through(network, Arc::new(SinceNow(Instant::now())), patience, proxy);
    let lost = lost(&line, "http://auth.corp.invalid/token", false).await;
    assert!(lost.sent);
    assert!(lost.detail.ends_with(&format!("(through the proxy {address})")), "{lost:?}");
}
