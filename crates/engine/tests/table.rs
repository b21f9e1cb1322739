//! The table against the engine: no pair is missing, none is broader or narrower than the truth.

mod stage;

use engine::{
    Class, ClockSample, Ended, Exchange, Failure, Fix, Grant, HOUR, Holdup, Input, InputKind,
    Lifetime, MINUTE, Now, Policy, Renewal, SECOND, Snapshot, State, StateKind, TABLE, Trigger,
    Wait,
};
use stage::{DAY, Stage, by_refresh_token, disk_full, saved_ago, token, told};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_pair_has_exactly_one_row() {
    for from in StateKind::ALL {
        for input in InputKind::ALL {
            let rows = TABLE.iter().filter(|row| row.from == from && row.input == *input).count();

            assert_eq!(rows, 1, "{from:?} × {input:?}");
        }
    }
}

#[test]
fn every_row_gives_a_reason() {
    for row in TABLE {
        assert!(!row.why.is_empty() && !row.to.is_empty(), "{:?} × {:?}", row.from, row.input);
    }
}

#[test]
fn the_engine_lands_where_the_row_says_and_every_named_landing_is_reached() {
    let mut reached: BTreeMap<(StateKind, InputKind), BTreeSet<StateKind>> = BTreeMap::new();

    for (name, stage) in prepared() {
        for input in variants(&stage) {
            let pair = (stage.kind(), InputKind::from(&input));
            let mut played = stage.clone();
            played.tell(input.clone());
            let row = TABLE.iter().find(|row| (row.from, row.input) == pair).unwrap();
            assert!(row.to.contains(&played.kind()), "{name}: {input:?} → {:?}", played.state());
            reached.entry(pair).or_default().insert(played.kind());
        }
    }

    for row in TABLE {
        let named: BTreeSet<StateKind> = row.to.iter().copied().collect();
        let found = reached.remove(&(row.from, row.input)).unwrap_or_default();
        assert_eq!(found, named, "{:?} × {:?}", row.from, row.input);
    }
}

#[test]
fn every_detail_of_every_state_is_among_the_prepared_engines() {
    let states: Vec<State> = prepared().iter().map(|(_, stage)| stage.state()).collect();
    let has = |wanted: &dyn Fn(&State) -> bool| states.iter().any(wanted);

    for holdup in HOLDUPS {
        assert!(has(&|state| *state == State::Restoring { waiting_for: holdup }), "{holdup:?}");
    }
    let waits = Class::ALL
        .into_iter()
        .filter(|class| !matches!(class, Class::SetUp | Class::Refused))
        .map(Wait::Failure)
        .chain([Wait::Storm, Wait::AnotherCopy, Wait::Store]);
    for wait in waits {
        assert!(
            has(&|state| matches!(state, State::Waiting { why, .. } if *why == wait)),
            "{wait:?}"
        );
    }
    for what_to_fix in [Fix::Settings, Fix::ApiRefuses, Fix::IdToken] {
        assert!(has(&|state| *state == State::Stopped { what_to_fix }), "{what_to_fix:?}");
    }
    for why in [Ended::Refused, Ended::AnswerLost, Ended::CannotRenew] {
        assert!(has(&|state| *state == State::NeedsSignIn { why }), "{why:?}");
    }
}

const HOLDUPS: [Holdup; 7] = [
    Holdup::Store,
    Holdup::StoreUnreadable,
    Holdup::KeychainLocked,
    Holdup::KeychainSlow,
    Holdup::KeychainCancelled,
    Holdup::KeychainGone,
    Holdup::KeyGone,
];

const TRIGGERS: [Trigger; 8] = [
    Trigger::Launch,
    Trigger::Focus,
    Trigger::Wake,
    Trigger::NetworkBack,
    Trigger::Deadline,
    Trigger::TokenWanted,
    Trigger::ApiRefused,
    Trigger::Asked,
];

/// Engines in every state with all its details, and at every moment of a token's life. No step is
/// so long that the next input would be a wake first: that would be two inputs in one.
fn prepared() -> Vec<(String, Stage)> {
    let mut all = Vec::new();
    let mut add = |name: &str, stage: Stage| {
        for drift in [0, 8_500, 9_500, 12_000] {
            let mut later = stage.clone();
            later.drift(drift);
            all.push((format!("{name}, {drift} ms on"), later));
        }
    };

    for holdup in HOLDUPS {
        let mut stage = Stage::new();
        stage.tell(Input::RestoreHeldUp(holdup));
        add("restoring", stage);
    }
    let mut signed_out = Stage::new();
    signed_out.tell(Input::Restored(None));
    add("signed out", signed_out);

    let unknown = Lifetime::Unknown(None);
    let kinds = [
        ("of ten seconds", by_refresh_token(1), Lifetime::Told(10 * SECOND)),
        ("of an hour", by_refresh_token(1), Lifetime::Told(HOUR)),
        ("on demand", by_refresh_token(1), Lifetime::Told(4 * SECOND)),
        ("of unknown lifetime", by_refresh_token(1), unknown.clone()),
        ("that renews itself", Renewal::Itself, Lifetime::Told(10 * SECOND)),
        ("without a refresh token", Renewal::No, Lifetime::Told(10 * SECOND)),
        ("with nothing", Renewal::No, unknown),
    ];
    for (name, renewal, lifetime) in kinds {
        let stage = Stage::signed_in_to(renewal, lifetime);
        add(&format!("a token {name}"), stage.clone());
        if renewal == Renewal::No {
            let mut ended = stage.clone();
            ended.api_refuses();
            add(&format!("ended {name}"), ended);
            let mut withdrawn = Stage::signed_in_to(renewal, stage.grant.lifetime.clone());
            withdrawn.withdraw();
            add(&format!("withdrawn {name}"), withdrawn);
        } else {
            in_trouble(name, &stage, &mut add);
        }
    }
    all
}

/// What can happen to a session that renews.
fn in_trouble(name: &str, resting: &Stage, add: &mut impl FnMut(&str, Stage)) {
    let mut refreshing = resting.clone();
    refreshing.came(Trigger::Asked);
    add(&format!("refreshing {name}"), refreshing.clone());

    for class in Class::ALL {
        for retry_after_ms in [None, Some(5 * SECOND), Some(HOUR)] {
            let mut failed = refreshing.clone();
            failed.fail_after(class, retry_after_ms);
            add(&format!("{class:?} {name}"), failed);
        }
    }
    let mut lost = refreshing.clone();
    lost.fail(Class::UnknownOutcome);
    lost.came(Trigger::Asked);
    lost.fail(Class::Refused);
    add(&format!("answer lost {name}"), lost);

    let mut elsewhere = refreshing.clone();
    let attempt = elsewhere.attempt().unwrap_or_default();
    elsewhere.tell(Input::HeldElsewhere { attempt });
    add(&format!("held elsewhere {name}"), elsewhere);

    let mut put_off = refreshing.clone();
    let attempt = put_off.attempt().unwrap_or_default();
    put_off.tell(Input::PutOff { attempt, trouble: disk_full() });
    add(&format!("put off {name}"), put_off);

    let mut badly = refreshing.clone();
    badly.answer_badly(HOUR);
    add(&format!("a bad ID token {name}"), badly);
    let mut withdrawn = resting.clone();
    withdrawn.withdraw();
    add(&format!("withdrawn {name}"), withdrawn.clone());
    withdrawn.answer_badly(HOUR);
    add(&format!("withdrawn, and a bad ID token {name}"), withdrawn);

    let mut renewed_for_api = resting.clone();
    renewed_for_api.api_refuses();
    add(&format!("refreshing for an API {name}"), renewed_for_api.clone());
    renewed_for_api.answer_with(|_| ());
    add(&format!("renewed for an API {name}"), renewed_for_api.clone());
    renewed_for_api.api_refuses();
    add(&format!("refused twice {name}"), renewed_for_api.clone());

    let mut brewing = Stage::signed_in(HOUR);
    for _ in 0..4 {
        brewing.api_refuses();
        brewing.answer(HOUR);
        brewing.tell(Input::Confirmed);
    }
    brewing.api_refuses();
    add("about to storm", brewing.clone());
    brewing.answer(HOUR);
    add("storm", brewing.clone());
    brewing.pass(5 * MINUTE - SECOND);
    add("storm nearly over", brewing);
}

/// Every input, in every detail that matters to this engine.
fn variants(stage: &Stage) -> Vec<Input> {
    let fresh = || saved_ago(HOUR, 0, stage.now);
    let due = || saved_ago(HOUR, 57 * MINUTE, stage.now);
    let mut inputs = vec![
        Input::Restored(None),
        restored(fresh()),
        restored(due()),
        restored(Snapshot { intent: true, ..fresh() }),
        restored(Snapshot { refused: Some(Ended::Refused), ..fresh() }),
        restored(told_to_wait(fresh(), stage.now)),
        restored(Snapshot { id_token_bad: true, ..fresh() }),
        restored(cannot_renew(Snapshot { id_token_bad: true, ..fresh() })),
        restored(cannot_renew(due())),
        restored(cannot_renew(saved_ago(HOUR, 2 * HOUR, stage.now))),
        Input::Tick,
        Input::ApiRefused(token(99)),
        Input::ApiRefused(stage.grant.access),
        Input::SignedIn(Box::new(Snapshot { epoch: 5, ..fresh() }), Box::default()),
        Input::SignedOut,
        Input::Withdrawn { access: token(99), exchange: Box::default() },
        Input::Withdrawn { access: stage.grant.access, exchange: Box::default() },
        Input::ServerClock(ClockSample { offset_ms: -DAY, bound_ms: SECOND }),
        Input::Confirmed,
        Input::Unsaved(disk_full()),
        Input::Saved,
        Input::PolicyChanged(Policy { lead_ms: Some(30 * MINUTE), ..Policy::default() }),
        Input::PolicyChanged(Policy { lead_ms: None, assumed_lifetime_ms: 2 * SECOND }),
    ];
    inputs.extend(HOLDUPS.map(Input::RestoreHeldUp));
    inputs.extend(TRIGGERS.map(Input::Came));
    inputs.extend([0, MINUTE, i64::MAX].map(|ms| Input::TokenWanted { min_validity_ms: ms }));
    for snapshot in [stage.snapshot(), newer(stage), cannot_renew(newer(stage))] {
        for epoch in [stage.epoch, stage.epoch + 1] {
            for refused in [None, Some(Ended::Refused), Some(Ended::AnswerLost)] {
                for id_token_bad in [false, true] {
                    let adopted = Snapshot { epoch, refused, id_token_bad, ..snapshot.clone() };
                    inputs.push(Input::Adopted(Box::new(adopted)));
                }
            }
        }
    }
    let awaited = stage.attempt().unwrap_or(1);
    for attempt in [0, awaited, awaited + 1] {
        inputs.push(Input::HeldElsewhere { attempt });
        inputs.push(Input::PutOff { attempt, trouble: disk_full() });
        inputs.push(Input::Renewed {
            attempt,
            grant: Box::new(told(50, HOUR, stage.now)),
            exchange: Box::default(),
        });
        inputs.push(Input::IdTokenBad {
            attempt,
            grant: Box::new(told(50, HOUR, stage.now)),
            exchange: Box::default(),
        });
        for class in Class::ALL {
            let failure = Failure { class, retry_after_ms: None, exchange: Exchange::default() };
            inputs.push(Input::Failed { attempt, failure: Box::new(failure) });
        }
    }
    inputs
}

fn restored(snapshot: Snapshot) -> Input {
    Input::Restored(Some(Box::new(snapshot)))
}

fn told_to_wait(snapshot: Snapshot, now: Now) -> Snapshot {
    let until = Now { wall: now.wall + MINUTE, boot: now.boot + MINUTE };
    Snapshot { wait_until: Some(until), same_boot_wait: true, ..snapshot }
}

fn newer(stage: &Stage) -> Snapshot {
    Snapshot { grant: told(40, HOUR, stage.now), refreshes: 3, ..stage.snapshot() }
}

fn cannot_renew(snapshot: Snapshot) -> Snapshot {
    let grant = Grant { renewal: Renewal::No, ..snapshot.grant };
    Snapshot { grant, ..snapshot }
}
