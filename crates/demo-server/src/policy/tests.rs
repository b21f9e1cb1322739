//! One server, one person, and a pocketful of tokens called by their names.

use super::*;

const SECOND: u64 = 1_000;
const DAY: u64 = 24 * 60 * 60 * SECOND;

fn terms(rotation: Rotation) -> Terms {
    Terms {
        rotation,
        access_lifetime_ms: 20 * SECOND,
        refresh_lifetime_ms: 30 * DAY,
        kill_old_access: false,
    }
}

fn hash(name: &str) -> TokenHash {
    TokenHash::of(name)
}

/// Alice, signed in at time 0 with `a0` and `r0`.
struct Scene {
    grants: Grants,
    terms: Terms,
}

impl Scene {
    fn of(terms: Terms) -> Self {
        let mut grants = Grants::default();
        grants.sign_in("alice", &terms, hash("a0"), Some(hash("r0")), 0);
        Self { grants, terms }
    }

    fn under(rotation: Rotation) -> Self {
        Self::of(terms(rotation))
    }

    /// Shows `r…`; `name` 1 gives `a1` and `r1`. Says whether it rotated.
    fn refresh(&mut self, shown: &str, name: u32, now_ms: u64) -> Result<bool, Refusal> {
        let fresh = Pair { access: hash(&format!("a{name}")), refresh: hash(&format!("r{name}")) };
        let renewed = self.grants.refresh(hash(shown), &self.terms, fresh, now_ms)?;
        assert_eq!(renewed.username, "alice");
        Ok(renewed.rotated)
    }

    fn call(&mut self, shown: &str, now_ms: u64) -> Result<bool, Refusal> {
        let accepted = self.grants.use_access(hash(shown), self.terms.rotation, now_ms)?;
        Ok(accepted.settled)
    }
}

#[test]
fn without_rotation_the_same_token_renews_for_ever() {
    let mut scene = Scene::under(Rotation::None);
    for day in 1..200 {
        assert_eq!(scene.refresh("r0", day, u64::from(day) * DAY), Ok(false));
    }
    assert_eq!(scene.refresh("r1", 201, 200 * DAY), Err(Refusal::Unknown));
}

#[test]
fn a_refresh_token_ends_thirty_days_after_its_last_use() {
    let mut scene = Scene::under(Rotation::None);
    assert_eq!(scene.refresh("r0", 1, 30 * DAY - 1), Ok(false));
    assert_eq!(scene.refresh("r0", 2, 60 * DAY - 2), Ok(false));
    assert_eq!(scene.refresh("r0", 3, 90 * DAY), Err(Refusal::Expired));

    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.refresh("r0", 1, 29 * DAY), Ok(true));
    assert_eq!(scene.refresh("r1", 2, 58 * DAY), Ok(true));
    assert_eq!(scene.refresh("r2", 3, 88 * DAY), Err(Refusal::Expired));
}

#[test]
fn strict_rotation_takes_each_token_once() {
    let mut scene = Scene::under(Rotation::Strict);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r1", 2, 2 * SECOND), Ok(true));
}

#[test]
fn strict_rotation_ends_the_grant_when_a_used_token_comes_again() {
    let mut scene = Scene::under(Rotation::Strict);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 2, 2 * SECOND), Err(Refusal::Replaced));
    let ended = Refusal::Ended(Ending::Reused);
    assert_eq!(scene.refresh("r1", 3, 3 * SECOND), Err(ended));
    assert_eq!(scene.call("a1", 3 * SECOND), Err(ended));
    assert_eq!(scene.grants.living(3 * SECOND), 0);
}

#[test]
fn reuse_in_one_grant_leaves_the_others_alone() {
    let mut scene = Scene::under(Rotation::Strict);
    scene.grants.sign_in("bob", &scene.terms, hash("ab"), Some(hash("rb")), 0);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 2, SECOND), Err(Refusal::Replaced));
    assert!(scene.grants.use_access(hash("ab"), Rotation::Strict, SECOND).is_ok());
}

#[test]
fn within_the_grace_period_a_used_token_gives_another_successor() {
    let mut scene = Scene::under(Rotation::Grace { seconds: 10 });
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 2, 10 * SECOND), Ok(true));
    assert_eq!(scene.refresh("r1", 3, 10 * SECOND), Ok(true));
    assert_eq!(scene.refresh("r2", 4, 10 * SECOND), Ok(true));
}

#[test]
fn the_grace_period_does_not_slide_and_then_the_grant_ends() {
    let mut scene = Scene::under(Rotation::Grace { seconds: 10 });
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 2, 9 * SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 3, 11 * SECOND), Err(Refusal::Replaced));
    assert_eq!(scene.refresh("r2", 4, 11 * SECOND), Err(Refusal::Ended(Ending::Reused)));
}

#[test]
fn a_lost_answer_is_made_up_for_by_asking_again_however_late() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true)); // r1 is lost
    assert_eq!(scene.refresh("r0", 2, DAY), Ok(true)); // r2 is lost, too
    assert_eq!(scene.refresh("r0", 3, 20 * DAY), Ok(true));
    assert_eq!(scene.refresh("r3", 4, 21 * DAY), Ok(true));
}

#[test]
fn using_the_successor_ends_its_predecessor_and_the_grant_goes_on() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r1", 2, 2 * SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 3, 3 * SECOND), Err(Refusal::Replaced));
    assert_eq!(scene.refresh("r2", 4, 4 * SECOND), Ok(true));
}

#[test]
fn an_api_call_with_the_new_access_token_ends_the_old_refresh_token() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.call("a0", SECOND), Ok(false), "the old access token proves nothing");
    assert_eq!(scene.call("a1", SECOND), Ok(true));
    assert_eq!(scene.call("a1", SECOND), Ok(false), "only the first use is news");
    assert_eq!(scene.refresh("r0", 2, 2 * SECOND), Err(Refusal::Replaced));
    assert_eq!(scene.refresh("r1", 3, 2 * SECOND), Ok(true));
}

#[test]
fn the_first_successor_that_is_used_wins() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.refresh("r0", 2, SECOND), Ok(true));
    assert_eq!(scene.call("a2", 2 * SECOND), Ok(true));
    assert_eq!(scene.refresh("r1", 3, 3 * SECOND), Err(Refusal::Replaced));
    assert_eq!(scene.call("a1", 3 * SECOND), Ok(false), "its access token lives out its time");
    assert_eq!(scene.refresh("r2", 4, 4 * SECOND), Ok(true));
}

#[test]
fn an_access_token_ends_on_the_millisecond() {
    let mut scene = Scene::under(Rotation::Strict);
    assert_eq!(scene.call("a0", 20 * SECOND - 1), Ok(false));
    assert_eq!(scene.call("a0", 20 * SECOND), Err(Refusal::Expired));
    assert_eq!(scene.call("r0", 0), Err(Refusal::Unknown), "a refresh token opens no API");
}

#[test]
fn a_refresh_ends_earlier_access_tokens_where_the_server_wants_it() {
    let kill = Terms { kill_old_access: true, ..terms(Rotation::UntilSuccessorUsed) };
    let mut scene = Scene::of(kill);
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
    assert_eq!(scene.call("a0", SECOND), Err(Refusal::Killed));
    assert_eq!(scene.call("a1", SECOND), Ok(true));
}

#[test]
fn expiring_everything_leaves_the_refresh_tokens_good() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    assert_eq!(scene.grants.expire_access(SECOND), 1);
    assert_eq!(scene.grants.expire_access(SECOND), 0);
    assert_eq!(scene.call("a0", SECOND), Err(Refusal::Expired));
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
}

#[test]
fn signing_out_by_any_token_ends_the_whole_grant() {
    for shown in ["r0", "a0"] {
        let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
        assert_eq!(scene.grants.sign_out(hash(shown)).as_deref(), Some("alice"));
        let ended = Refusal::Ended(Ending::SignedOut);
        assert_eq!(scene.call("a0", 0), Err(ended));
        assert_eq!(scene.refresh("r0", 1, 0), Err(ended));
    }
    assert_eq!(Scene::under(Rotation::Strict).grants.sign_out(hash("never given")), None);
}

#[test]
fn revoking_one_person_leaves_the_others_signed_in() {
    let mut scene = Scene::under(Rotation::Strict);
    scene.grants.sign_in("bob", &scene.terms, hash("ab"), Some(hash("rb")), 0);
    assert_eq!(scene.grants.revoke(Some("alice")), 1);
    assert_eq!(scene.refresh("r0", 1, SECOND), Err(Refusal::Ended(Ending::Revoked)));
    assert_eq!(scene.grants.revoke(None), 1, "alice's was revoked before");
    assert_eq!(scene.grants.living(0), 0);
}

#[test]
fn a_token_shown_before_is_recognised() {
    let mut scene = Scene::under(Rotation::Strict);
    assert!(!scene.grants.note_shown(hash("r0")));
    assert!(scene.grants.note_shown(hash("r0")));
    assert!(!scene.grants.note_shown(hash("never given")));
}

#[test]
fn a_grant_that_renews_for_weeks_stays_small() {
    let mut scene = Scene::under(Rotation::UntilSuccessorUsed);
    for name in 1..5_000_u32 {
        let now_ms = u64::from(name) * 15 * SECOND;
        assert_eq!(scene.refresh(&format!("r{}", name - 1), name, now_ms), Ok(true));
    }
    assert!(serde_json::to_string(&scene.grants).unwrap().len() < 200_000);
    assert_eq!(scene.refresh("r4000", 5_000, 75_000 * SECOND), Err(Refusal::Unknown));
    assert_eq!(scene.refresh("r4997", 5_000, 75_000 * SECOND), Err(Refusal::Replaced));
    assert_eq!(scene.refresh("r4999", 5_000, 75_000 * SECOND), Ok(true));
}

#[test]
fn sign_ins_beyond_count_push_out_the_dead_first() {
    let mut scene = Scene::under(Rotation::Strict);
    for number in 0..MOST_GRANTS {
        let access = hash(&format!("other{number}"));
        scene.grants.sign_in("bob", &scene.terms, access, None, 0);
        scene.grants.sign_out(access);
    }
    assert_eq!(scene.refresh("r0", 1, SECOND), Ok(true));
}

#[test]
fn the_state_holds_no_token_and_reads_back_the_same() {
    let mut scene = Scene::under(Rotation::Grace { seconds: 3 });
    scene.refresh("r0", 1, SECOND).unwrap();
    let text = serde_json::to_string(&scene.grants).unwrap();
    assert!(!text.contains("\"r0\"") && !text.contains("\"a1\""));
    assert_eq!(serde_json::from_str::<Grants>(&text).unwrap(), scene.grants);
}
