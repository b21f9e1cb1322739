//! The process ends, or the power fails, at every step of a refresh, a sign-in and a sign-out: at
//! every step of the protocol and at every step of the disk, under every rotation policy. Whatever
//! the server would still give, the next start gets.
//!
//! It runs over a simulated disk ([`vault::recording`]), on which truncating, writing and syncing are
//! steps of their own, and what is not synced may be lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "stops/bench.rs"]
mod bench;
#[path = "tutorial/desk.rs"]
#[allow(dead_code, reason = "the tutorial's desk has more drawers than this needs")]
mod desk;
#[path = "stops/ends.rs"]
mod ends;
#[path = "over/no_intent.rs"]
mod no_intent;
#[path = "over/mod.rs"]
mod over;
#[path = "stops/plug.rs"]
mod plug;
#[path = "stops/without.rs"]
mod without;

use bench::{Bench, kill};
use demo_server::{ALICE, Rotation};
use desk::{DUE, renewal, status};
use engine::SECOND;
use keeper::record::{IdCheck, Record};
use plug::{End, Plug, Step};
use std::io::Write as _;

#[tokio::test]
async fn nothing_is_lost_at_any_step_where_refresh_tokens_stay_the_same() {
    let looked_at = stopped_at_every_step(Rotation::None).await;
    assert!(looked_at.lives > 70 && looked_at.lost == 0, "{looked_at:?}");
}

#[tokio::test]
async fn nothing_is_lost_at_any_step_where_the_old_refresh_token_is_good_for_a_minute() {
    let looked_at = stopped_at_every_step(Rotation::Grace { seconds: 60 }).await;
    assert!(looked_at.lives > 70 && looked_at.lost == 0, "{looked_at:?}");
}

#[tokio::test]
async fn nothing_is_lost_at_any_step_where_the_old_refresh_token_is_good_until_the_next_is_used() {
    let looked_at = stopped_at_every_step(Rotation::UntilSuccessorUsed).await;
    assert!(looked_at.lives > 70 && looked_at.lost == 0, "{looked_at:?}");
}

#[tokio::test]
async fn where_refresh_tokens_are_good_for_once_only_an_answer_that_never_got_to_the_disk_is_lost()
{
    let looked_at = stopped_at_every_step(Rotation::Strict).await;
    assert!(looked_at.lives > 40 && looked_at.lost > 25, "{looked_at:?}");
}

#[tokio::test]
async fn an_answer_whose_id_token_was_not_checked_any_more_is_there_and_checked_at_the_next_start()
{
    let (mut nth, mut states) = (0, 1);
    while nth < states {
        let mut bench = Bench::signed_in(Rotation::Strict).await;
        assert!(stop_at(&bench, End::At(Step::BeforeCheck)).await);
        let crashes = bench.crashes(0);
        states = crashes.len();
        let case = crashes[nth].what.clone();
        bench.disk = crashes[nth].disk.clone();
        let saved = bench.stored().unwrap().session.unwrap();
        assert_eq!(saved.id_check, IdCheck::Pending, "{case}");

        let app = bench.launch();
        bench.come_to_rest(&app).await;
        let checked = async {
            while bench.stored().unwrap().session.unwrap().id_check != IdCheck::Passed {
                tokio::task::yield_now().await;
            }
        };
        let checked = tokio::time::timeout(std::time::Duration::from_secs(20), checked).await;
        assert!(checked.is_ok(), "{case}: it was never checked");
        assert_eq!(bench.desk.counters().await.refreshes, 1, "{case}");
        assert_eq!(bench.lives_on(&app, ALICE).await, Ok(()), "{case}");
        nth += 1;
    }
}

#[tokio::test]
async fn a_start_that_is_stopped_at_its_retry_loses_nothing_either() {
    for rotation in [Rotation::None, Rotation::Grace { seconds: 60 }, Rotation::UntilSuccessorUsed]
    {
        for step in Step::ALL {
            let case = format!("{rotation:?}, stopped at Answered, then at {step:?}");
            let bench = Bench::signed_in(rotation).await;
            stop_at(&bench, End::At(Step::Answered)).await;
            stop_at(&bench, End::At(step)).await;
            let app = bench.launch();
            bench.come_to_rest(&app).await;
            let lives = bench.lives_on(&app, ALICE).await;
            assert_eq!(lives, Ok(()), "{case}");
        }
    }
}

/// How many states were looked at, and what came of the session.
#[derive(Debug, Default)]
struct LookedAt {
    lives: u32,
    /// By right: nothing could have kept it.
    lost: u32,
}

async fn stopped_at_every_step(rotation: Rotation) -> LookedAt {
    let mut looked_at = LookedAt::default();
    for step in Step::ALL {
        every_crash(rotation, End::At(step), 0, &mut looked_at).await;
    }
    let mut steps = 1;
    while every_crash(rotation, End::AfterSteps(steps), steps, &mut looked_at).await {
        steps += 1;
    }
    // An intent and an answer: truncated, written, and synced twice.
    assert!(steps > 10, "{steps} steps");
    let words = format!(
        "{rotation:?}: {} states after a crash in a renewal: {} live, {} lost by right\n",
        looked_at.lives + looked_at.lost,
        looked_at.lives,
        looked_at.lost
    );
    std::io::stdout().write_all(words.as_bytes()).unwrap();
    looked_at
}

/// Goes on from every state that a crash may leave at this end; `false` where the renewal was done
/// before it came to that.
async fn every_crash(rotation: Rotation, end: End, turn: usize, looked_at: &mut LookedAt) -> bool {
    let (mut nth, mut came_to_it) = (0, true);
    loop {
        let mut bench = Bench::signed_in(rotation).await;
        let before = token_in(bench.stored().as_ref());
        came_to_it &= stop_at(&bench, end).await;
        let crashes = bench.crashes(turn);
        let Some(crash) = crashes.get(nth) else { return came_to_it };
        let case = format!("{rotation:?}, {end:?}, {}", crash.what);
        bench.disk = crash.disk.clone();
        let has_the_answer = token_in(bench.stored().as_ref()) != before;
        let granted = bench.desk.counters().await.refreshes_granted;

        let app = bench.launch();
        bench.come_to_rest(&app).await;
        if rotation == Rotation::Strict && granted == 1 && !has_the_answer {
            assert_eq!(bench.is_said_to_be_lost(&app).await, Ok(()), "{case}");
            looked_at.lost += 1;
        } else {
            assert_eq!(bench.lives_on(&app, ALICE).await, Ok(()), "{case}");
            assert_eq!(bench.desk.counters().await.reuse_detected, 0, "{case}");
            looked_at.lives += 1;
        }
        // Once at the start that was stopped, once more where that is not known to have worked, and
        // once to see that it goes on.
        let counters = bench.desk.counters().await;
        assert!(counters.refreshes <= 3, "{case}: {} refreshes", counters.refreshes);
        assert_eq!(counters.logins, 1, "{case}");
        if !came_to_it || end == End::At(Step::AfterSave) {
            assert!(has_the_answer, "{case}: what was saved is not there");
        }
        nth += 1;
        if nth == crashes.len() {
            return came_to_it;
        }
    }
}

/// Starts the app with a token that is due, and ends it at its renewal; `false` where that was done
/// before it came to that.
async fn stop_at(bench: &Bench, end: End) -> bool {
    let plug = Plug::new(end);
    if bench.stored().unwrap().session.unwrap().intent.is_none() {
        bench.desk.clock.advance(DUE);
    }
    let app = plug.launch(bench);
    let restored = app.until("the record was read", |shown| status(shown) != "restoring").await;
    if status(&restored) == "waiting" {
        bench.desk.clock.advance(SECOND);
    }
    let renewed = async { drop(app.until_renewed(1).await) };
    let came_to_it = plug.pulled_before(renewed).await;
    kill(app).await;
    came_to_it
}

fn token_in(record: Option<&Record>) -> String {
    let session = record.and_then(|record| record.session.as_ref());
    // Where refresh tokens stay the same, access tokens do not.
    session.map_or_else(String::new, |held| {
        use secrecy::ExposeSecret as _;
        format!("{} {}", renewal(&held.tokens), held.tokens.access.expose_secret())
    })
}
