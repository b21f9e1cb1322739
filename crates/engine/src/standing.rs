//! Whether two engines stand alike: they decide alike from here on, whatever they are handed.
//!
//! For whoever plays many schedules and must not play the same one twice, as a model checker does.
//! Every struct is taken apart without `..`, so that a new field does not compile until it has been
//! counted in or left out.

use crate::clocks::Clocks;
use crate::engine::Engine;
use crate::grant::Grant;
use crate::plan::{Circumstances, Plan};
use crate::session::Session;
use crate::state::State;
use crate::time::{Boot, Now};
use crate::trouble::Trouble;
use std::hash::{Hash, Hasher};

impl Engine {
    /// Hashes all that the next decisions hang on, each moment as its distance from `now`: an engine
    /// to which the same happens an hour later stands as this one does. What is only told to people
    /// (the lifeline, what was done last) is left out.
    pub fn hash_standing(&self, now: Now, into: &mut impl Hasher) {
        let Self {
            policy,
            seed,
            state,
            session,
            trouble,
            storm,
            clocks,
            history: _,
            last: _,
            unsaved,
            put_off,
            goes_ahead,
            kept: _,
            away_ms: _,
            launching,
            attempts,
            ended_attempts,
        } = self;
        (policy, seed, unsaved, put_off, goes_ahead).hash(into);
        (storm, launching, attempts, ended_attempts).hash(into);
        hash_state(*state, now.boot, into);
        session.is_some().hash(into);
        if let Some(session) = session {
            session.hash_standing(now, into);
        }
        trouble.hash_standing(now.boot, into);
        clocks.hash_standing(now, into);
    }
}

fn hash_state(state: State, now: Boot, into: &mut impl Hasher) {
    std::mem::discriminant(&state).hash(into);
    match state {
        State::SignedOut | State::Resting => {}
        State::Restoring { waiting_for } => waiting_for.hash(into),
        State::Refreshing { attempt, reason } => (attempt, reason).hash(into),
        State::Waiting { why, until } => (why, until - now).hash(into),
        State::Stopped { what_to_fix } => what_to_fix.hash(into),
        State::NeedsSignIn { why } => why.hash(into),
    }
}

fn since(now: Boot, at: Option<Boot>) -> Option<i64> {
    at.map(|at| at - now)
}

impl Session {
    fn hash_standing(&self, now: Now, into: &mut impl Hasher) {
        let Self {
            epoch,
            identity,
            grant,
            plan,
            around,
            rotates,
            refresh_end,
            api_refused,
            fetched_for_api,
            withheld,
            withdrawn,
            due,
            asked_in_this_boot,
            restored,
            saved_offset_ms,
            refused,
            confirmed: _,
            refreshes,
        } = self;
        let Grant { access, renewal, asked, lifetime, refresh_in_ms } = grant;
        (epoch, identity, access, renewal, lifetime, refresh_in_ms).hash(into);
        (asked.boot - now.boot, asked.wall - now.wall).hash(into);
        let Plan { asked, end, lifetime_ms, assumed, renew_at, last_moments } = *plan;
        (asked - now.boot, end - now.boot, lifetime_ms, assumed).hash(into);
        (since(now.boot, renew_at), last_moments - now.boot).hash(into);
        let Circumstances { refresh_end: in_plan, after_launch } = *around;
        (since(now.boot, in_plan), after_launch, since(now.boot, *refresh_end)).hash(into);
        (rotates, api_refused, fetched_for_api, withheld, withdrawn, due).hash(into);
        (asked_in_this_boot, *restored - now.boot, saved_offset_ms, refused, refreshes).hash(into);
    }
}

impl Trouble {
    fn hash_standing(&self, now: Boot, into: &mut impl Hasher) {
        let Self {
            step,
            disk_step,
            answer_lost,
            repeated,
            unclear,
            unclear_since,
            told_to_wait,
            last_try,
            quick,
        } = *self;
        (step, disk_step, answer_lost, repeated, unclear, quick).hash(into);
        (since(now, unclear_since), since(now, told_to_wait), since(now, last_try)).hash(into);
    }
}

impl Clocks {
    fn hash_standing(&self, now: Now, into: &mut impl Hasher) {
        let Self { last, samples, remembered_offset_ms, jump: _ } = self;
        (last.boot - now.boot, last.wall - now.wall).hash(into);
        (samples, remembered_offset_ms).hash(into);
    }
}
