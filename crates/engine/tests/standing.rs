//! Two engines stand alike where they will decide alike.

use engine::{
    Boot, Engine, Exchange, Fingerprint, Grant, HOUR, Identity, Input, Lifetime, MINUTE, Now,
    Policy, Renewal, SECOND, Snapshot, Wall,
};
use std::hash::{DefaultHasher, Hasher};

/// Somebody signed in at `begin`; half a token's life has passed since.
fn resting(begin: i64) -> (Engine, Now) {
    let at = |ms: i64| Now { wall: Wall(begin + ms), boot: Boot(begin + ms) };
    let (mut engine, _restore) = Engine::new(Policy::default(), 7, at(0));
    engine.handle(Input::Restored(None), at(0));
    let renewal = Renewal::RefreshToken { fingerprint: Fingerprint(2), lifetime_ms: None };
    let grant = Grant {
        access: Fingerprint(1),
        renewal,
        asked: at(0),
        lifetime: Lifetime::Told(HOUR),
        refresh_in_ms: None,
    };
    let alice = Identity { user: "alice".to_owned(), name: "Alice".to_owned() };
    let signed_in = Snapshot::new(1, alice, grant);
    engine.handle(Input::SignedIn(Box::new(signed_in), Box::<Exchange>::default()), at(0));
    for tick in 1..=30 * MINUTE / (5 * SECOND) {
        engine.handle(Input::Tick, at(tick * 5 * SECOND));
    }
    (engine, at(30 * MINUTE))
}

fn standing(engine: &Engine, now: Now) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.hash_standing(now, &mut hasher);
    hasher.finish()
}

#[test]
fn an_engine_to_which_the_same_happens_a_day_later_stands_alike() {
    let (today, now) = resting(HOUR);
    let (tomorrow, then) = resting(25 * HOUR);
    assert_eq!(standing(&today, now), standing(&tomorrow, then));
}

#[test]
fn what_another_decision_could_hang_on_is_another_standing() {
    let (mut engine, now) = resting(HOUR);
    let before = standing(&engine, now);
    let later = Now { wall: now.wall + 1, boot: now.boot + 1 };
    assert_ne!(standing(&engine, later), before);
    engine.handle(Input::ApiRefused(Fingerprint(1)), now);
    assert_ne!(standing(&engine, now), before);
}
