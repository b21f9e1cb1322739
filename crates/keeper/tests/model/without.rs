//! One rule taken away at a time: the checker finds what it is for.

use crate::properties::{
    GOES_ON, IN_FLIGHT, KEPT, NAMED, REFUSED, SAVED, SERVED, SIGNED_OUT, WRITTEN,
};
use crate::world::{Bounds, Model, Rules};
use crate::{GRACE, NOTHING, told};
use demo_server::Rotation;
use stateright::{Checker, HasDiscoveries, Model as _};

/// Without the rule the checker finds that each of `broken` does not hold; with it, that they do.
pub(crate) fn shows(
    without: Rules,
    processes: usize,
    rotation: Rotation,
    bounds: Bounds,
    broken: &[&'static str],
) {
    let whole = Model::new(processes, rotation, bounds);
    let all = HasDiscoveries::AllOf(broken.iter().copied().collect());
    let checker = whole.clone().checker().finish_when(all.clone()).spawn_bfs().join();
    for name in broken {
        if let Some(path) = checker.discovery(name) {
            panic!("with every rule: {name}:\n{}", told(&whole, name, path));
        }
    }
    let model = Model { rules: without, ..Model::new(processes, rotation, bounds) };
    let checker = model.clone().checker().finish_when(all).spawn_bfs().join();
    for name in broken {
        let path = checker.discovery(name);
        let path = path.unwrap_or_else(|| panic!("nothing shows it: {name}"));
        println!("{without:?}: {name}:\n{}", told(&model, name, path));
    }
}

#[test]
fn without_the_refresh_lock_a_token_is_sent_twice() {
    let without = Rules { lock: false, ..Rules::ALL };
    let bounds = Bounds { deadlines: 1, ..NOTHING };
    shows(without, 2, Rotation::Strict, bounds, &[IN_FLIGHT, KEPT]);
    // Not if one process does all it can before the other does anything: in another order.
    shows(without, 2, Rotation::Strict, NOTHING, &[SERVED]);
}

#[test]
fn without_a_second_reading_a_session_ends_by_a_token_that_is_not_stored_any_more() {
    let without = Rules { adopt: false, ..Rules::ALL };
    let bounds = Bounds { deadlines: 1, ..NOTHING };
    shows(without, 2, Rotation::Strict, bounds, &[REFUSED, KEPT]);
}

#[test]
fn without_an_intent_nobody_knows_that_an_answer_was_lost() {
    let without = Rules { intent: false, ..Rules::ALL };
    let bounds = Bounds { crashes: 1, asks: 2, ..NOTHING };
    shows(without, 1, Rotation::Strict, bounds, &[WRITTEN, NAMED]);
}

#[test]
fn without_an_intent_a_grace_period_goes_by_unused() {
    let without = Rules { intent: false, ..Rules::ALL };
    let bounds = Bounds { crashes: 1, asks: 1, ..NOTHING };
    shows(without, 1, GRACE, bounds, &[GOES_ON]);
    shows(without, 1, GRACE, Bounds { deadlines: 1, ..bounds }, &[WRITTEN, KEPT, GOES_ON]);
}

#[test]
fn without_saving_first_a_crash_loses_what_was_handed_out() {
    let without = Rules { save_first: false, ..Rules::ALL };
    let bounds = Bounds { crashes: 1, asks: 1, deadlines: 1, ..NOTHING };
    shows(without, 1, Rotation::UntilSuccessorUsed, bounds, &[SAVED, KEPT]);
}

#[test]
fn without_epochs_a_late_answer_undoes_a_sign_out() {
    let without = Rules { epoch: false, ..Rules::ALL };
    let bounds = Bounds { sign_outs: 1, asks: 1, ..NOTHING };
    shows(without, 1, Rotation::UntilSuccessorUsed, bounds, &[SIGNED_OUT]);
}

#[test]
fn without_classes_any_failure_signs_out() {
    let without = Rules { classes: false, ..Rules::ALL };
    let bounds = Bounds { troubles: 1, asks: 1, ..NOTHING };
    shows(without, 1, Rotation::UntilSuccessorUsed, bounds, &[REFUSED, KEPT]);
}

#[test]
fn where_an_ended_session_is_still_sent_nobody_has_written_that_down() {
    let without = Rules { ended: false, ..Rules::ALL };
    let bounds = Bounds { sign_outs: 1, asks: 1, ..NOTHING };
    shows(without, 1, Rotation::Strict, bounds, &[WRITTEN]);
}

#[test]
fn where_a_sign_in_that_was_read_already_begins_again_its_renewal_is_given_back() {
    let without = Rules { sign_in: false, ..Rules::ALL };
    let bounds = Bounds { sign_ins: 1, asks: 2, ..NOTHING };
    shows(without, 1, Rotation::UntilSuccessorUsed, bounds, &[KEPT]);
}
