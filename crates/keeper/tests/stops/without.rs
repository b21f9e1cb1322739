//! The protection taken away, piece by piece: what the other tests look at then shows a loss.

use crate::bench::{Bench, kill};
use crate::desk::DUE;
use crate::ends::{Deed, Goes, bench_after, do_until, goes_on};
use crate::no_intent::NoIntent;
use crate::over::With;
use crate::plug::{End, Plug, Step};
use demo_server::{ALICE, BOB, Rotation};
use engine::{MINUTE, Trigger};
use std::sync::Arc;
use vault::recording::Sync;

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    Nothing,
    Sync(Sync),
    Intent,
}

#[tokio::test]
async fn without_the_sync_of_the_file_a_renewal_that_was_shown_is_lost_with_the_power() {
    assert_eq!(renewals_lost(Without::Nothing).await, 0);
    assert!(renewals_lost(Without::Sync(Sync::File)).await > 0);
}

#[tokio::test]
async fn without_the_sync_of_the_file_a_session_comes_back_after_its_sign_out() {
    let alice = [Deed::SignIn(ALICE)];
    let expected = (Deed::SignOut, Goes::Nobody);
    assert_eq!(answers_broken(&alice, expected, Without::Nothing).await, 0);
    assert!(answers_broken(&alice, expected, Without::Sync(Sync::File)).await > 0);
}

#[tokio::test]
async fn without_the_sync_of_the_folder_a_first_sign_in_is_lost_with_the_power() {
    let expected = (Deed::SignIn(BOB), Goes::Bob);
    assert_eq!(answers_broken(&[], expected, Without::Nothing).await, 0);
    assert!(answers_broken(&[], expected, Without::Sync(Sync::Folder)).await > 0);
}

#[tokio::test]
async fn without_the_intent_a_renewal_in_mid_life_is_forgotten_until_it_is_too_late() {
    for begun_by in [Trigger::Asked, Trigger::ApiRefused] {
        let kept = stopped_in_mid_life(begun_by, Without::Nothing).await;
        assert_eq!(kept, Ok(()), "{begun_by:?}");
        let lost = stopped_in_mid_life(begun_by, Without::Intent).await;
        assert!(lost.is_err(), "{begun_by:?}: nothing needed the intent");
    }
}

/// Renews, and lets the power fail once that is shown. Answers how often the session is lost.
async fn renewals_lost(without: Without) -> u32 {
    let (mut lost, mut nth) = (0, 0);
    loop {
        let mut bench = Bench::signed_in(Rotation::Strict).await;
        without.take_from(&mut bench);
        bench.desk.clock.advance(DUE);
        let app = bench.launch();
        app.until_renewed(1).await;
        kill(app).await;
        let crashes = bench.crashes(0);
        let Some(crash) = crashes.get(nth) else { return lost };
        bench.disk = crash.disk.clone();
        let app = bench.launch();
        bench.come_to_rest(&app).await;
        lost += u32::from(bench.lives_on(&app, ALICE).await.is_err());
        nth += 1;
    }
}

/// Does it, and lets the power fail once it was answered for. Answers how often it was not so after
/// all.
async fn answers_broken(life: &[Deed], (deed, goes): (Deed, Goes), without: Without) -> u32 {
    let (mut broken, mut nth) = (0, 0);
    loop {
        let mut bench = bench_after(life).await;
        without.take_from(&mut bench);
        assert!(do_until(&bench, deed, End::AfterAll).await);
        let crashes = bench.crashes(0);
        let Some(crash) = crashes.get(nth) else { return broken };
        bench.disk = crash.disk.clone();
        broken += u32::from(goes_on(&bench).await != goes);
        nth += 1;
    }
}

/// A renewal that was not due ends with the process, after the server has rotated. Two minutes after
/// the next start the old refresh token is dead.
async fn stopped_in_mid_life(begun_by: Trigger, without: Without) -> Result<(), String> {
    let mut bench = Bench::signed_in(Rotation::Grace { seconds: 60 }).await;
    without.take_from(&mut bench);
    let plug = Plug::new(End::At(Step::Answered));
    let app = plug.launch(&bench);
    app.until_status("resting").await;
    if begun_by == Trigger::ApiRefused {
        bench.desk.demo.control().expire().await.unwrap();
        let keeper = app.keeper.clone();
        tokio::spawn(async move { keeper.call_api().await });
    } else {
        app.keeper.tell(begun_by).await;
    }
    plug.pulled().await;
    kill(app).await;
    drop(plug);

    let app = bench.launch();
    bench.come_to_rest(&app).await;
    app.pass(&bench.desk, 2 * MINUTE).await;
    bench.come_to_rest(&app).await;
    bench.lives_on(&app, ALICE).await
}

impl Without {
    fn take_from(self, bench: &mut Bench) {
        match self {
            Self::Nothing => {}
            Self::Sync(sync) => bench.disk.leave_out(sync),
            Self::Intent => bench.wrap = |inner| Arc::new(With(NoIntent(inner))),
        }
    }
}
