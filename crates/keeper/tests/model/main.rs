//! Everything that can happen to a session, in every order, inside stated bounds: no sample of
//! schedules, but all of them (`stateright` plays them). Time stands still between two deadlines, and
//! each moment counts by its distance from now, so that the space is finite.
//!
//! **What is real here.** The engine (`engine::Engine`, every decision of it) and the server's policy
//! (`demo_server::policy`, every decision about a refresh token).
//!
//! **What is a model.** What the keeper does between the two, in `refresh.rs`, `signing.rs` and
//! `process.rs` of this folder: its steps, its locks, what it reads and writes, and who hears of it
//! when. It follows `keeper/src/{refresh,sign,unsaved,owner}*` function by function, and is small
//! enough to be read beside it; nothing but reading ties the two together here. What ties the real
//! keeper to the same rules are the tests `stops` (its process ends at every step, under every policy)
//! and `races` (two of it over one record). One step of the model is one write or reading under the
//! record lock, one message to the owner, or one decision of the server: between two of them anybody
//! else may come.
//!
//! **What must hold of a session.** It is lost only where nobody could help it: the person or the
//! server's owner ended it, a disk took nothing, a strict server replaced its token for an answer that
//! was lost or that died with a process, or a grace period ran out while the computer slept or while
//! something was held up that could have been done (`World::is_hazard`). A grace period that runs out
//! while the keeper waits for the wrong moment is no excuse.
//!
//! **And that it goes on**: from every state, once nothing happens any more but what must, *every*
//! order of that comes to rest, whether or not the requests of processes that died arrive; and from
//! every state at rest, every order of the next renewal leaves nobody without a token (`liveness.rs`).
//! There, unlike before, time passes only when nothing is left to do.
//!
//! **What is left out**: ID tokens, a server that asks to wait (`Retry-After`), sessions in memory only, tokens that
//! are not renewed by a refresh token, the outbox (what is given back ends its grant at once), records
//! that are damaged or cannot be read, a sign-out that cannot be written, a boot in between, clocks
//! that are set. A look at what others have written is one step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod broken;
mod happens;
mod liveness;
mod process;
mod properties;
mod record;
mod refresh;
mod server;
mod signing;
mod without;
mod world;

use demo_server::Rotation;
use properties::{
    ADOPTED, BEYOND, ENDS, HELD_ELSEWHERE, INTENT_FOUND, LATE, LEFT_INTENT, PUT_OFF, TWICE, UNSAVED,
};
use stateright::{Checker, Expectation, Model as _, Path};
use std::fmt::Write as _;
use std::sync::Arc;
use world::{Action, Bounds, Model, Rules, World};

/// Shorter than any token lives here, and than the computer sleeps; long enough for a keeper that
/// repeats at once what was not answered.
const GRACE: Rotation = Rotation::Grace { seconds: 10 };

const NOTHING: Bounds = Bounds {
    sign_ins: 0,
    sign_outs: 0,
    crashes: 0,
    losses: 0,
    troubles: 0,
    revocations: 0,
    full_disks: 0,
    asks: 0,
    deadlines: 0,
    sleeps: 0,
};

impl Model {
    fn new(processes: usize, rotation: Rotation, bounds: Bounds) -> Self {
        let (rules, goes_on, serves_on) = (Rules::ALL, Arc::default(), Arc::default());
        Self { processes, rotation, bounds, rules, goes_on, serves_on }
    }
}

/// Plays everything that can happen; whatever it is, the rules hold, and `reached` happens.
fn holds(processes: usize, rotation: Rotation, bounds: Bounds, reached: &[&'static str]) {
    let model = Model::new(processes, rotation, bounds);
    let properties = model.properties();
    let checker = model.clone().checker().threads(2).spawn_dfs().join();
    println!(
        "{processes} process(es), {rotation:?}, at most {bounds:?}: {} states ({} with repetitions), depth {}; \
         {} worlds from which all goes on",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        model.goes_on.lock().expect("no panic before").len(),
    );
    assert!(checker.is_done());
    for property in properties {
        match (property.expectation, checker.discovery(property.name)) {
            (Expectation::Always, Some(path)) => {
                panic!("{}:\n{}", property.name, told(&model, property.name, path))
            }
            (Expectation::Sometimes, None) if reached.contains(&property.name) => {
                panic!("never reached: {}", property.name);
            }
            (Expectation::Always | Expectation::Eventually, _) | (Expectation::Sometimes, _) => {}
        }
    }
}

/// A path to where something does not hold, a line for each thing that happens; and, marked, how it
/// goes on from there, where that is what is wrong.
fn told(model: &Model, name: &str, path: Path<World, Action>) -> String {
    let then = model.goes_wrong(name, path.last_state());
    let mut told = String::new();
    for (at, action) in path.into_actions().iter().enumerate() {
        let _written = writeln!(told, "{:>3}. {action:?}", at + 1);
    }
    for next in then {
        let _written = writeln!(told, "   > {next:?}");
    }
    told
}

#[test]
fn one_process_keeps_a_session_through_crashes_losses_and_restarts_of_the_server() {
    let bounds = Bounds { crashes: 2, losses: 2, troubles: 1, asks: 1, deadlines: 3, ..NOTHING };
    holds(1, Rotation::UntilSuccessorUsed, bounds, &[LEFT_INTENT, TWICE]);
}

#[test]
fn one_process_loses_a_session_to_a_strict_server_only_with_an_answer() {
    let bounds = Bounds { crashes: 1, losses: 1, troubles: 1, asks: 1, deadlines: 2, ..NOTHING };
    holds(1, Rotation::Strict, bounds, &[LEFT_INTENT, BEYOND, ENDS, TWICE]);
}

#[test]
fn a_session_is_kept_through_crashes_and_losses_while_a_grace_period_lasts() {
    let bounds = Bounds { crashes: 1, losses: 2, troubles: 1, asks: 1, deadlines: 2, ..NOTHING };
    holds(1, GRACE, bounds, &[LEFT_INTENT, TWICE]);
    let bounds = Bounds { crashes: 1, losses: 1, deadlines: 2, ..NOTHING };
    holds(2, GRACE, bounds, &[ADOPTED, INTENT_FOUND, HELD_ELSEWHERE, TWICE]);
}

#[test]
fn a_grace_period_that_a_computer_sleeps_through_costs_a_session_only_with_an_answer() {
    let bounds = Bounds { crashes: 1, losses: 1, asks: 1, deadlines: 1, sleeps: 1, ..NOTHING };
    holds(1, GRACE, bounds, &[LEFT_INTENT, TWICE, BEYOND, ENDS]);
}

#[test]
fn sign_ins_and_sign_outs_come_between_anything() {
    let bounds = Bounds { sign_ins: 1, sign_outs: 1, crashes: 1, asks: 1, ..NOTHING };
    holds(1, Rotation::UntilSuccessorUsed, bounds, &[LATE, HELD_ELSEWHERE]);
    holds(1, Rotation::Strict, Bounds { losses: 1, ..bounds }, &[LATE]);
}

#[test]
fn a_disk_that_takes_nothing_is_shown_and_a_server_that_ends_everything_is_believed() {
    let bounds = Bounds {
        crashes: 1,
        losses: 1,
        revocations: 1,
        full_disks: 2,
        asks: 1,
        deadlines: 2,
        ..NOTHING
    };
    holds(1, Rotation::UntilSuccessorUsed, bounds, &[UNSAVED, PUT_OFF, ENDS]);
}

#[test]
fn two_processes_share_a_session_through_crashes_and_losses() {
    let bounds = Bounds { crashes: 1, losses: 1, deadlines: 2, ..NOTHING };
    let reached = [ADOPTED, INTENT_FOUND, HELD_ELSEWHERE, TWICE];
    holds(2, Rotation::UntilSuccessorUsed, bounds, &reached);
    let bounds = Bounds { crashes: 1, losses: 1, asks: 1, deadlines: 1, ..NOTHING };
    holds(2, Rotation::Strict, bounds, &[ADOPTED, INTENT_FOUND, HELD_ELSEWHERE, ENDS]);
}

#[test]
fn of_two_processes_one_signs_in_or_out_while_the_other_renews() {
    let bounds = Bounds { sign_outs: 1, crashes: 1, deadlines: 1, ..NOTHING };
    holds(2, Rotation::UntilSuccessorUsed, bounds, &[ADOPTED, LATE]);
    let bounds = Bounds { sign_ins: 1, deadlines: 1, ..NOTHING };
    holds(2, Rotation::Strict, bounds, &[ADOPTED, LATE]);
    let bounds = Bounds { sign_ins: 1, sign_outs: 1, asks: 1, ..NOTHING };
    holds(2, Rotation::UntilSuccessorUsed, bounds, &[LATE]);
}

#[test]
fn of_two_processes_one_cannot_save() {
    let bounds = Bounds { full_disks: 1, crashes: 1, deadlines: 2, ..NOTHING };
    holds(2, Rotation::UntilSuccessorUsed, bounds, &[UNSAVED, PUT_OFF]);
}
