//! Every (state, input) pair, in one match. No wildcard over states: a new state, or a new input,
//! does not compile until each of its pairs has been thought of. `table.rs` says the same in words.

use crate::engine::Engine;
use crate::landings::{ANOTHER_COPY_MS, ApiRefusal, BAD_ID_TOKEN};
use crate::session::Session;
use crate::state::State::{
    NeedsSignIn, Refreshing, Resting, Restoring, SignedOut, Stopped, Waiting,
};
use crate::state::{Effect, Ended, Fix, Holdup, Input, Trigger, Wait};
use crate::time::Now;
use crate::view::MarkKind;

impl Engine {
    pub(crate) fn transition(&mut self, input: Input, now: Now) -> Vec<Effect> {
        match (self.state, input) {
            // ── Restoring: the record has not been read yet ──────────────────────────────
            (Restoring { .. }, Input::Restored(None)) => self.land(SignedOut),
            (Restoring { .. }, Input::Restored(Some(snapshot))) => self.restored(&snapshot, now),
            (Restoring { .. }, Input::RestoreHeldUp(holdup)) => {
                self.land(Restoring { waiting_for: holdup })
            }
            // A read is under way: one is enough.
            (Restoring { waiting_for: Holdup::Store }, Input::Came(_)) => vec![],
            (
                Restoring {
                    waiting_for:
                        Holdup::StoreUnreadable
                        | Holdup::KeychainLocked
                        | Holdup::KeychainSlow
                        | Holdup::KeychainCancelled
                        | Holdup::KeychainGone
                        | Holdup::KeyGone,
                },
                Input::Came(_),
            ) => {
                self.state = Restoring { waiting_for: Holdup::Store };
                vec![Effect::Restore]
            }
            // Not by the tick: asking a locked keychain raises its dialog each time.
            (Restoring { .. }, Input::Tick | Input::TokenWanted { .. }) => vec![],
            (Restoring { .. }, Input::ApiRefused(_)) => vec![],
            (
                Restoring { .. },
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── SignedOut ────────────────────────────────────────────────────────────────
            (SignedOut, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (SignedOut, Input::Came(_) | Input::Tick | Input::TokenWanted { .. }) => vec![],
            (SignedOut, Input::ApiRefused(_)) => vec![],
            (
                SignedOut,
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── Resting ──────────────────────────────────────────────────────────────────
            // Read twice: what is in memory is at least as new.
            (Resting, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (Resting, Input::Came(trigger)) => self.refresh_if_due(trigger, now),
            (Resting, Input::Tick) if self.has_run_out(now.boot) => {
                self.land(NeedsSignIn { why: Ended::CannotRenew })
            }
            (Resting, Input::Tick) => self.refresh_if_due(Trigger::Deadline, now),
            (Resting, Input::TokenWanted { min_validity_ms }) => {
                if self.must_renew_for(min_validity_ms, now.boot) {
                    self.refresh(Trigger::TokenWanted, now)
                } else {
                    vec![]
                }
            }
            (Resting, Input::ApiRefused(access)) => match self.note_api_refusal(access) {
                ApiRefusal::Stale => vec![],
                ApiRefusal::Renew => self.refresh(Trigger::ApiRefused, now),
                ApiRefusal::Again => self.land(Stopped { what_to_fix: Fix::ApiRefuses }),
                ApiRefusal::CannotRenew => self.land(NeedsSignIn { why: Ended::CannotRenew }),
            },
            // Single flight: nobody waits for this attempt any more.
            (
                Resting,
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── Refreshing: whatever comes joins the one that runs ───────────────────────
            (Refreshing { .. }, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (Refreshing { .. }, Input::Came(trigger)) => {
                self.history.mark(now.boot, MarkKind::Trigger(trigger));
                vec![]
            }
            (Refreshing { .. }, Input::Tick | Input::TokenWanted { .. }) => vec![],
            (Refreshing { .. }, Input::ApiRefused(access)) => {
                self.note_api_refusal(access);
                vec![]
            }
            (Refreshing { attempt, reason }, Input::Failed { attempt: of, failure })
                if attempt == of =>
            {
                self.failed(&failure, reason, now)
            }
            (Refreshing { attempt, .. }, Input::HeldElsewhere { attempt: of }) if attempt == of => {
                let until = now.boot + ANOTHER_COPY_MS;
                self.put_off = None;
                self.land(Waiting { why: Wait::AnotherCopy, until })
            }
            (Refreshing { attempt, .. }, Input::PutOff { attempt: of, trouble })
                if attempt == of =>
            {
                self.put_off(trouble, now)
            }
            (
                Refreshing { .. },
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── Waiting ──────────────────────────────────────────────────────────────────
            (Waiting { .. }, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (Waiting { why, until }, Input::Came(trigger)) => {
                self.came_while_waiting(why, until, trigger, now)
            }
            (Waiting { why, .. }, Input::Tick) => match self.next_act() {
                Some((at, _)) if now.boot >= at => self.waited(why, now),
                Some(_) | None => vec![],
            },
            // A caller waits for the next try; it does not hurry it.
            (Waiting { .. }, Input::TokenWanted { .. }) => vec![],
            (Waiting { .. }, Input::ApiRefused(access)) => {
                self.note_api_refusal(access);
                vec![]
            }
            (
                Waiting { .. },
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── Stopped ──────────────────────────────────────────────────────────────────
            (Stopped { .. }, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (Stopped { what_to_fix }, Input::Came(trigger)) => {
                self.came_while_stopped(what_to_fix, trigger, now)
            }
            (Stopped { .. }, Input::Tick) if self.has_run_out(now.boot) => {
                self.land(NeedsSignIn { why: Ended::CannotRenew })
            }
            (Stopped { .. }, Input::Tick) => match self.next_act() {
                Some((at, _)) if now.boot >= at => self.refresh(Trigger::Deadline, now),
                Some(_) | None => vec![],
            },
            (Stopped { .. }, Input::TokenWanted { .. }) => vec![],
            (Stopped { what_to_fix }, Input::ApiRefused(access)) => {
                match (self.note_api_refusal(access), what_to_fix) {
                    // Some servers end the old token when they give the new one: it was to serve to
                    // its end, and this is it.
                    (ApiRefusal::Renew, Fix::IdToken) => self.refresh(Trigger::ApiRefused, now),
                    (ApiRefusal::Renew, Fix::Settings | Fix::ApiRefuses)
                    | (ApiRefusal::Stale | ApiRefusal::Again | ApiRefusal::CannotRenew, _) => {
                        vec![]
                    }
                }
            }
            (
                Stopped { .. },
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── NeedsSignIn: only a sign-in helps ────────────────────────────────────────
            (NeedsSignIn { .. }, Input::Restored(_) | Input::RestoreHeldUp(_)) => vec![],
            (NeedsSignIn { .. }, Input::Came(_) | Input::Tick | Input::TokenWanted { .. }) => {
                vec![]
            }
            (NeedsSignIn { .. }, Input::ApiRefused(access)) => {
                self.note_api_refusal(access);
                vec![]
            }
            (
                NeedsSignIn { .. },
                Input::Failed { .. } | Input::HeldElsewhere { .. } | Input::PutOff { .. },
            ) => vec![],

            // ── An answer: kept by the attempt that is waited for, late otherwise ────────
            (Refreshing { attempt, reason }, Input::Renewed { attempt: of, grant, exchange })
                if attempt == of =>
            {
                self.renewed(attempt, reason, *grant, *exchange, now)
            }
            (
                Refreshing { attempt, reason },
                Input::IdTokenBad { attempt: of, grant, exchange },
            ) if attempt == of => self.id_token_bad(attempt, reason, &grant, *exchange, now),
            (
                Restoring { .. }
                | SignedOut
                | Resting
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                Input::Renewed { attempt, .. } | Input::IdTokenBad { attempt, .. },
            ) => self.late(attempt),

            // ── A token in use whose ID token turns out to be bad ────────────────────────
            (Resting, Input::Withdrawn { access, exchange }) => {
                if !self.withdraw(access, *exchange, now) {
                    vec![]
                } else if self.session.as_ref().is_some_and(Session::is_renewable) {
                    // It has come to its end.
                    self.refresh(Trigger::Deadline, now)
                } else {
                    self.land(BAD_ID_TOKEN)
                }
            }
            // What is under way, or waited for, brings the next one; or there is nothing to bring.
            (
                Restoring { .. }
                | SignedOut
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                Input::Withdrawn { access, exchange },
            ) => {
                self.withdraw(access, *exchange, now);
                vec![]
            }

            // ── Signing in, signing out, and another process, from anywhere ──────────────
            (
                Restoring { .. }
                | SignedOut
                | Resting
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                Input::SignedIn(snapshot, exchange),
            ) => self.signed_in(&snapshot, *exchange, now),
            (
                Restoring { .. }
                | SignedOut
                | Resting
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                Input::SignedOut,
            ) => self.signed_out(now),
            (
                Restoring { .. }
                | SignedOut
                | Resting
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                Input::Adopted(snapshot),
            ) => self.adopted(&snapshot, now),

            // ── Facts that change no state ───────────────────────────────────────────────
            (
                Restoring { .. }
                | SignedOut
                | Resting
                | Refreshing { .. }
                | Waiting { .. }
                | Stopped { .. }
                | NeedsSignIn { .. },
                fact @ (Input::ServerClock(_)
                | Input::Confirmed
                | Input::Unsaved(_)
                | Input::Saved
                | Input::PolicyChanged(_)),
            ) => self.note(fact, now),
        }
    }
}
