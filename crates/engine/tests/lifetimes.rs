//! Lifetimes that are short, untold, or beyond all measure. The usual ones are in `renewal.rs`.

mod stage;

use engine::{HOUR, Input, Lifetime, MINUTE, Policy, Renewal, SECOND, Trigger, Worth};
use stage::{DAY, Stage, by_refresh_token, told};

// ── Shorter than five seconds ────────────────────────────────────────────────────────────────

#[test]
fn a_token_of_less_than_five_seconds_is_renewed_when_it_is_wanted_only() {
    let mut stage = Stage::signed_in(4_999);

    stage.pass(HOUR);
    let by_itself = stage.asked.len();
    stage.tell(wanted());

    assert_eq!(by_itself, 0);
    assert_eq!(stage.asked.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Trigger::TokenWanted]);
}

#[test]
fn a_token_of_less_than_five_seconds_is_renewed_at_most_once_in_five_seconds() {
    let mut stage = Stage::signed_in(SECOND);

    for step in 0..600 {
        stage.drift(100);
        stage.tell(wanted());
        if step % 7 == 0 {
            stage.came(Trigger::Focus);
        }
        if stage.attempt().is_some() {
            stage.answer(SECOND);
        }
    }

    assert_eq!(stage.asked.len(), 12, "a minute has twelve times five seconds");
}

#[test]
fn a_token_of_five_seconds_is_planned_for() {
    let mut stage = Stage::signed_in(5 * SECOND);

    assert!(stage.until_refresh(5 * SECOND).is_some_and(|ms| (3_900..=4_000).contains(&ms)));
}

// ── A lifetime that nobody told ──────────────────────────────────────────────────────────────

#[test]
fn an_untold_lifetime_is_assumed_labelled_and_renewed_by_the_usual_rule() {
    let said = Some("soon".to_owned());
    let mut stage = Stage::signed_in_to(by_refresh_token(1), Lifetime::Unknown(said.clone()));

    let shown = stage.view().token;

    let shown = shown.unwrap();
    assert!(shown.assumed);
    assert_eq!((shown.lifetime_ms, shown.server_said), (HOUR, said));
    assert!(stage.until_refresh(HOUR).is_some_and(|ms| (54 * MINUTE..=55 * MINUTE).contains(&ms)));
}

#[test]
fn an_assumed_end_never_makes_a_token_expired_until_the_api_says_so() {
    let mut stage = Stage::signed_in_to(by_refresh_token(1), Lifetime::Unknown(None));
    stage.until_refresh(HOUR);

    stage.fail(engine::Class::NotSent);
    stage.drift(2 * DAY);
    let long_after = worth(&stage);
    stage.api_refuses();

    assert_eq!(long_after, Some(Worth::Due));
    assert_eq!(worth(&stage), Some(Worth::RefusedByApi));
}

#[test]
fn what_is_no_lifetime_is_told_as_unknown_with_the_servers_words() {
    for ms in [0, -1, i64::MIN, Lifetime::LONGEST_MS + 1, i64::MAX] {
        assert_eq!(Lifetime::told(ms, "x"), Lifetime::Unknown(Some("x".to_owned())), "{ms}");
    }
    for ms in [1, Lifetime::LONGEST_MS] {
        assert_eq!(Lifetime::told(ms, "x"), Lifetime::Told(ms));
    }
}

// ── The ends of the scale ────────────────────────────────────────────────────────────────────

#[test]
fn tiny_and_ten_year_lifetimes_do_not_overflow() {
    for lifetime in [1, 2, 9, 4_999, 5_000, 365 * DAY, Lifetime::LONGEST_MS] {
        for lead_ms in [None, Some(0), Some(i64::MAX), Some(i64::MIN)] {
            for renewal in [by_refresh_token(1), Renewal::Itself, Renewal::No] {
                for refresh in [Some(1), Some(i64::MAX), Some(i64::MIN), None] {
                    let policy = Policy { lead_ms, assumed_lifetime_ms: lifetime };
                    let mut stage = Stage::with(policy, u64::MAX);
                    let mut grant = told(1, lifetime, stage.now);
                    grant.renewal = match renewal {
                        Renewal::RefreshToken { fingerprint, .. } => {
                            Renewal::RefreshToken { fingerprint, lifetime_ms: refresh }
                        }
                        Renewal::Itself | Renewal::No => renewal,
                    };
                    stage.sign_in(grant);

                    let renews_in = stage.renews_in();
                    stage.sleep(20 * 365 * DAY);
                    stage.view();

                    assert!(
                        renews_in.is_none_or(|ms| refresh == Some(i64::MIN) || ms <= lifetime),
                        "{lifetime} {lead_ms:?} {renewal:?}: {renews_in:?}"
                    );
                }
            }
        }
    }
}

fn wanted() -> Input {
    Input::TokenWanted { min_validity_ms: 0 }
}

fn worth(stage: &Stage) -> Option<Worth> {
    stage.view().token.map(|token| token.worth)
}
