use super::*;

fn failure(class: Class, code: Option<&str>) -> Failure {
    let exchange = Exchange { code: code.map(str::to_owned), ..Exchange::default() };
    Failure { class, retry_after_ms: None, exchange }
}

fn said(code: &str) -> Failure {
    failure(Class::UnclearRefusal, Some(code))
}

#[test]
fn an_interval_of_no_use_is_five_seconds_and_a_huge_one_a_minute() {
    for (told, waited) in
        [(0, 5_000), (-1, 5_000), (i64::MIN, 5_000), (7_000, 7_000), (i64::MAX, 60_000)]
    {
        assert_eq!(Pace::new(told).wait_ms(), waited, "{told}");
    }
}

#[test]
fn slow_down_is_for_good() {
    let mut pace = Pace::new(5_000);
    assert_eq!(pace.heard(&said("slow_down")), Heard::GoOn);
    assert_eq!(pace.heard(&said("authorization_pending")), Heard::GoOn);
    assert_eq!(pace.wait_ms(), 10_000);
    assert_eq!(pace.heard(&said("slow_down")), Heard::GoOn);
    assert_eq!(pace.wait_ms(), 15_000);
}

#[test]
fn a_lost_network_is_asked_less_and_less_often_and_ends_nothing() {
    let mut pace = Pace::new(5_000);
    let mut waits = Vec::new();
    for class in [
        Class::NotSent,
        Class::UnknownOutcome,
        Class::ServerTrouble,
        Class::NotTheAuthServer,
        Class::NotSent,
    ] {
        assert_eq!(pace.heard(&failure(class, None)), Heard::GoOn, "{class:?}");
        waits.push(pace.wait_ms());
    }
    assert_eq!(waits, [10_000, 20_000, 40_000, 60_000, 60_000]);
    pace.heard(&said("authorization_pending"));
    assert_eq!(pace.wait_ms(), 5_000);
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let mut pace = Pace::new(5_000);
    let throttled = Failure { retry_after_ms: Some(90_000), ..failure(Class::Throttled, None) };
    assert_eq!(pace.heard(&throttled), Heard::GoOn);
    assert_eq!(pace.wait_ms(), 90_000);
    pace.heard(&said("authorization_pending"));
    assert_eq!(pace.wait_ms(), 5_000);
}

#[test]
fn a_no_is_a_no() {
    let mut pace = Pace::new(5_000);
    assert_eq!(pace.heard(&said("access_denied")), Heard::Denied);
    assert_eq!(pace.heard(&said("expired_token")), Heard::Over);
    assert_eq!(pace.heard(&failure(Class::Refused, Some("invalid_grant"))), Heard::Failed);
    assert_eq!(pace.heard(&failure(Class::SetUp, Some("invalid_client"))), Heard::Failed);
    assert_eq!(pace.heard(&failure(Class::UnclearRefusal, None)), Heard::Failed);
}

#[test]
fn a_link_is_a_web_page_or_refused() {
    let is_page = |link: &str| leads_to_a_page(&link.parse().unwrap());
    assert!(is_page("https://id.example/device") && is_page("http://10.0.0.1/device"));
    for link in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "mailto:a@b"] {
        assert!(!is_page(link), "{link}");
        assert!(unusable("ABCD", &link.parse().unwrap()).is_some(), "{link}");
    }
    assert!(unusable("", &"https://id.example/".parse().unwrap()).is_some());
}
