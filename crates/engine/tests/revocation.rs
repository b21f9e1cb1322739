//! Telling a server of a sign-out: which answers end it, and when it is said again.

use engine::{Class, Exchange, Failure, HOUR, MINUTE, Revocation, SECOND};

fn failure(class: Class, status: Option<u16>, retry_after_ms: Option<i64>) -> Failure {
    Failure { class, retry_after_ms, exchange: Exchange { status, ..Exchange::default() } }
}

#[test]
fn any_4xx_but_408_and_429_is_the_servers_last_word() {
    for status in 400..=499 {
        let after = Revocation::after(&failure(Class::UnclearRefusal, Some(status), None), 1, 1);
        let ends = after == Revocation::NotAccepted;
        assert_eq!(ends, !matches!(status, 408 | 429), "{status}");
    }
}

#[test]
fn everything_else_is_said_again() {
    let not_4xx = [None, Some(301), Some(302), Some(500), Some(502), Some(503)];
    for status in not_4xx {
        let after = Revocation::after(&failure(Class::NotSent, status, None), 1, 1);
        assert!(matches!(after, Revocation::Again { .. }), "{status:?}");
    }
}

#[test]
fn it_is_said_again_up_the_ladder_and_at_most_hourly() {
    let down = failure(Class::NotSent, None, None);
    let waits: Vec<i64> = (1..40)
        .map(|tries| match Revocation::after(&down, tries, 7) {
            Revocation::Again { in_ms } => in_ms,
            Revocation::NotAccepted => unreachable!(),
        })
        .collect();
    assert!(waits.first().is_some_and(|ms| *ms <= SECOND));
    assert!(waits.iter().skip(12).all(|ms| (HOUR / 2..=HOUR).contains(ms)), "{waits:?}");
    assert!(waits.iter().sum::<i64>() > 12 * HOUR);
}

#[test]
fn never_sooner_than_the_server_asked_for_and_never_later_than_an_hour_for_it() {
    for (told, least) in [(10 * MINUTE, 10 * MINUTE), (48 * HOUR, HOUR)] {
        let busy = failure(Class::Throttled, Some(503), Some(told));
        let Revocation::Again { in_ms } = Revocation::after(&busy, 1, 1) else { unreachable!() };
        assert_eq!(in_ms, least);
    }
}

#[test]
fn two_of_them_do_not_knock_together() {
    let down = failure(Class::NotSent, None, None);
    assert_ne!(Revocation::after(&down, 6, 1), Revocation::after(&down, 6, 2));
}
