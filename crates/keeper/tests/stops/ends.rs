//! Sessions begin and end: what was answered for is never lost, and what has ended never comes back.

use crate::bench::{Bench, kill};
use crate::desk::status;
use crate::plug::{End, Plug};
use demo_server::{ALICE, BOB, Rotation, User};

/// What a person does while the process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    SignIn(User),
    SignOut,
}

/// Whose session goes on at the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    Alice,
    Bob,
    Nobody,
}

#[tokio::test]
async fn a_first_sign_in_that_was_answered_for_is_there_after_every_crash() {
    let states = whatever_happens(&[], Deed::SignIn(ALICE), &[Goes::Nobody], Goes::Alice).await;
    assert!(states > 40, "{states} states");
}

#[tokio::test]
async fn a_sign_in_over_another_leaves_either_and_once_answered_for_the_new_one() {
    let alice = [Deed::SignIn(ALICE)];
    let states = whatever_happens(&alice, Deed::SignIn(BOB), &[Goes::Alice], Goes::Bob).await;
    assert!(states > 40, "{states} states");
}

#[tokio::test]
async fn a_sign_out_that_was_answered_for_stays_one_after_every_crash() {
    let alice = [Deed::SignIn(ALICE)];
    let states = whatever_happens(&alice, Deed::SignOut, &[Goes::Alice], Goes::Nobody).await;
    assert!(states > 40, "{states} states");
}

#[tokio::test]
async fn a_session_that_has_ended_does_not_come_back_when_the_next_one_is_torn() {
    let alice = [Deed::SignIn(ALICE), Deed::SignOut];
    let states = whatever_happens(&alice, Deed::SignIn(BOB), &[Goes::Nobody], Goes::Bob).await;
    assert!(states > 40, "{states} states");
    let both = [Deed::SignIn(ALICE), Deed::SignIn(BOB)];
    let states = whatever_happens(&both, Deed::SignOut, &[Goes::Bob], Goes::Nobody).await;
    assert!(states > 40, "{states} states");
}

/// Ends the process at every step of this deed, in every way, and sees whose session goes on: as
/// `before` or `after` until it was answered for, then `after`. Answers in how many states.
async fn whatever_happens(life: &[Deed], deed: Deed, before: &[Goes], after: Goes) -> u32 {
    let mut states = 0;
    for steps in 1.. {
        let (mut nth, mut of) = (0, 1);
        let mut answered = false;
        while nth < of {
            let mut bench = bench_after(life).await;
            answered = do_until(&bench, deed, End::AfterSteps(steps)).await;
            let crashes = bench.crashes(steps);
            of = crashes.len();
            // The same steps may leave a state more or less: what is sealed differs in length.
            let Some(crash) = crashes.get(nth) else { break };
            bench.disk = crash.disk.clone();
            let went = goes_on(&bench).await;
            let may = went == after || !answered && before.contains(&went);
            assert!(may, "{went:?} after {steps} steps of {deed:?}: {}", crash.what);
            nth += 1;
            states += 1;
        }
        if answered {
            return states;
        }
    }
    states
}

/// A disk on which all this was done and answered for.
pub(crate) async fn bench_after(life: &[Deed]) -> Bench {
    let bench = Bench::new(Rotation::Strict).await;
    for deed in life {
        assert!(do_until(&bench, *deed, End::AfterAll).await);
    }
    bench
}

/// Starts the app, does it, and ends the process; `true` where it was answered for before.
pub(crate) async fn do_until(bench: &Bench, deed: Deed, end: End) -> bool {
    let plug = Plug::new(end);
    let app = plug.launch(bench);
    app.until("the record was read", |shown| status(shown) != "restoring").await;
    let done = async {
        match deed {
            Deed::SignIn(user) => bench.sign_in(&app, user).await.unwrap(),
            Deed::SignOut => assert!(app.keeper.sign_out().await, "it is heard"),
        }
    };
    let came_to_it = plug.pulled_before(done).await;
    kill(app).await;
    !came_to_it
}

/// Starts again, and sees whose session goes on, as the server and its API say.
pub(crate) async fn goes_on(bench: &Bench) -> Goes {
    let app = bench.launch();
    bench.come_to_rest(&app).await;
    if app.keeper.call_api().await.is_none() {
        assert_eq!(app.token().await, "none");
        return Goes::Nobody;
    }
    let who = app.shown().view.who.map(|who| who.user);
    let (user, goes) =
        if who.as_deref() == Some(BOB.username) { (BOB, Goes::Bob) } else { (ALICE, Goes::Alice) };
    bench.lives_on(&app, user).await.unwrap();
    goes
}
