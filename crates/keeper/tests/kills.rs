//! Killed for real: a process of its own, with the real keeper, vault, files and HTTP, is killed with
//! SIGKILL while it renews, again and again, and the next one over the same folder has to go on.
//!
//! 300 times under each rotation policy of the demo server, from the same seed each time; what the
//! computer does meanwhile is not the same each time, so no assertion depends on it. `KEEPER_KILLS` is
//! another number, `KEEPER_KILLS_SEED` another seed. `cargo test -p keeper --test kills -- --nocapture`
//! says what the kills met.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "kills/copy.rs"]
mod copy;
#[path = "kills/lane.rs"]
mod lane;
#[path = "kills/moments.rs"]
mod moments;
#[path = "over/no_intent.rs"]
mod no_intent;
#[path = "over/mod.rs"]
mod over;
#[path = "kills/relay.rs"]
mod relay;
#[path = "kills/tally.rs"]
mod tally;
#[path = "kills/without.rs"]
mod without;

use copy::Without;
use demo_server::Rotation;
use lane::killed;
use tally::Tally;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out_by_kills_where_refresh_tokens_stay_the_same() {
    let tally = killed("none", Rotation::None, kills(), Without::Nothing).await;
    all_lived(&tally);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out_by_kills_where_the_old_refresh_token_is_good_for_ten_minutes() {
    let rotation = Rotation::Grace { seconds: 600 };
    let tally = killed("grace of 600 s", rotation, kills(), Without::Nothing).await;
    all_lived(&tally);
    assert!(tally.shown_twice <= tally.inside, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_signed_out_by_kills_where_the_old_refresh_token_is_good_until_the_next_is_used()
{
    let rotation = Rotation::UntilSuccessorUsed;
    let tally = killed("until the successor is used", rotation, kills(), Without::Nothing).await;
    all_lived(&tally);
    assert!(tally.shown_twice <= tally.inside, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_refresh_tokens_are_good_for_once_a_kill_costs_only_what_never_got_to_the_disk() {
    let tally = killed("strict", Rotation::Strict, kills(), Without::Nothing).await;
    // Every loss was judged when it was met: rotated, never saved, detected, and said in words.
    assert_eq!(tally.lost, tally.detected, "{tally:?}");
    assert!(tally.lost <= tally.rotated, "{tally:?}");
    assert_eq!(tally.unmarked, 0, "{tally:?}");
    assert!(tally.shown_twice <= tally.inside + tally.again, "{tally:?}");
    assert!(tally.again <= tally.lost, "{tally:?}");
    assert!(tally.inside > 0 && tally.rotated > 0, "nothing was met: {tally:?}");
}

fn all_lived(tally: &Tally) {
    assert_eq!((tally.lost, tally.detected, tally.refused), (0, 0, 0), "{tally:?}");
    assert_eq!(tally.unmarked, 0, "{tally:?}");
    assert!(tally.inside > 0 && tally.rotated > 0, "nothing was met: {tally:?}");
}

fn kills() -> u32 {
    number("KEEPER_KILLS", 300)
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}
