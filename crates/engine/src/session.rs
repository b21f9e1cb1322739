//! The session that an engine decides about: one grant after another, of one epoch.

use crate::clocks::Clocks;
use crate::grant::{Fingerprint, Grant, Identity, Renewal, Snapshot};
use crate::plan::{Circumstances, Plan};
use crate::policy::Policy;
use crate::state::Trigger;
use crate::time::{Boot, Now, SECOND, Wall};
use crate::view::Worth;

/// A session, without its tokens.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) epoch: u64,
    pub(crate) identity: Identity,
    pub(crate) grant: Grant,
    pub(crate) plan: Plan,
    around: Circumstances,
    /// Whether the server replaces the refresh token at each refresh; not known before the first.
    pub(crate) rotates: Option<bool>,
    /// When the refresh token ends, where the server told.
    pub(crate) refresh_end: Option<Boot>,
    /// An API refused the present token.
    pub(crate) api_refused: bool,
    /// The present token was fetched because an API had refused the one before.
    pub(crate) fetched_for_api: bool,
    /// Something outside the plan says that it is time: a clock that was set.
    pub(crate) due: bool,
    /// `plan` can be trusted to say that something has ended: it was asked for in this boot, or a
    /// server has confirmed the clock since.
    pub(crate) asked_in_this_boot: bool,
    pub(crate) refused: bool,
    pub(crate) confirmed: Option<Wall>,
    pub(crate) refreshes: u32,
}

impl Session {
    /// The session that a record holds.
    pub(crate) fn from_snapshot(snapshot: &Snapshot, policy: &Policy, seed: u64, now: Now) -> Self {
        let turned_back = now.wall.0 < snapshot.saved_wall_ms;
        let asked = if snapshot.same_boot {
            snapshot.grant.asked.boot
        } else {
            // Time since boot began anew: the wall clock has to do. It was saved together with its
            // difference to the server, and the same difference holds for both ends.
            now.boot + -(now.wall - snapshot.grant.asked.wall).max(0)
        };
        let refresh_end = refresh_end(&snapshot.grant, asked);
        let around = Circumstances {
            refresh_end: if snapshot.refreshes == 0 { refresh_end } else { None },
            after_launch: false,
        };
        Self {
            epoch: snapshot.epoch,
            identity: snapshot.identity.clone(),
            plan: Plan::new(&snapshot.grant, asked, around, policy, seed),
            grant: snapshot.grant.clone(),
            around,
            rotates: None,
            refresh_end,
            api_refused: false,
            fetched_for_api: false,
            due: !snapshot.same_boot && turned_back,
            asked_in_this_boot: snapshot.same_boot,
            refused: snapshot.refused,
            confirmed: snapshot.confirmed_wall_ms.map(Wall),
            refreshes: snapshot.refreshes,
        }
    }

    /// Takes the next grant of this session.
    pub(crate) fn renewed(&mut self, grant: Grant, reason: Trigger, policy: &Policy, seed: u64) {
        let asked = grant.asked.boot;
        let end = refresh_end(&grant, asked);
        // A second of tolerance: the same end told twice, rounded, has not moved.
        let moved = match (self.refresh_end, end) {
            (Some(before), Some(after)) => after - before > SECOND,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        self.rotates = match (self.grant.renewal, grant.renewal) {
            (
                Renewal::RefreshToken { fingerprint: before, .. },
                Renewal::RefreshToken { fingerprint: after, .. },
            ) => Some(before != after),
            _ => None,
        };
        self.around = Circumstances {
            refresh_end: end.filter(|_| moved),
            after_launch: reason == Trigger::Launch,
        };
        self.refresh_end = end.or(self.refresh_end.filter(|_| self.rotates != Some(true)));
        self.plan = Plan::new(&grant, asked, self.around, policy, seed);
        self.grant = grant;
        self.api_refused = false;
        self.fetched_for_api = reason == Trigger::ApiRefused;
        self.due = false;
        self.asked_in_this_boot = true;
        self.refused = false;
        self.refreshes = self.refreshes.saturating_add(1);
    }

    /// The person changed when to renew.
    pub(crate) fn plan_again(&mut self, policy: &Policy, seed: u64) {
        self.plan = Plan::new(&self.grant, self.plan.asked, self.around, policy, seed);
    }

    pub(crate) fn access(&self) -> Fingerprint {
        self.grant.access
    }

    pub(crate) fn is_renewable(&self) -> bool {
        !self.refused && self.grant.renewal != Renewal::No
    }

    /// Too short-lived to plan for: renewed when somebody wants it.
    pub(crate) fn renews_on_demand(&self) -> bool {
        self.is_renewable() && self.plan.renew_at.is_none()
    }

    /// What the access token is worth.
    pub(crate) fn worth(&self, now: Boot) -> Worth {
        if self.api_refused { Worth::RefusedByApi } else { self.plan.worth(now, self.due) }
    }

    /// Whether `trigger` finds something to renew. Never true for what cannot be renewed.
    pub(crate) fn is_due(&self, trigger: Trigger, now: Boot) -> bool {
        if !self.is_renewable() {
            return false;
        }
        let by_plan = self.due || self.plan.renew_at.is_some_and(|at| now >= at);
        match trigger {
            Trigger::Asked => true,
            Trigger::Launch | Trigger::Focus | Trigger::Wake => {
                // What renews itself must not end while nobody looks: taken early when somebody does.
                let early = self.grant.renewal == Renewal::Itself
                    && now >= self.plan.asked + self.plan.lifetime_ms / 4;
                let ended = self.plan.renew_at.is_none() && now >= self.plan.end;
                by_plan || early || ended || self.api_refused
            }
            Trigger::NetworkBack => by_plan || self.api_refused,
            // The refused token has had its refresh; what is left is the one due by its own end.
            Trigger::Deadline | Trigger::TokenWanted | Trigger::ApiRefused => by_plan,
        }
    }

    /// Whether a caller who wants `min_validity_ms` must wait for the next token.
    pub(crate) fn is_too_short(&self, min_validity_ms: i64, now: Boot) -> bool {
        let wanted = min_validity_ms.clamp(0, self.plan.lifetime_ms / 2);
        match self.worth(now) {
            Worth::Expired | Worth::LastMoments | Worth::RefusedByApi => true,
            Worth::Fresh | Worth::Due => !self.plan.assumed && self.plan.end - now < wanted,
        }
    }

    /// It cannot be renewed, and its end has come: by a time that can be trusted.
    pub(crate) fn has_run_out(&self, now: Boot, clocks: &Clocks) -> bool {
        self.grant.renewal == Renewal::No
            && !self.plan.assumed
            && now >= self.plan.end
            && (self.asked_in_this_boot || clocks.confirmed())
    }
}

fn refresh_end(grant: &Grant, asked: Boot) -> Option<Boot> {
    match grant.renewal {
        Renewal::RefreshToken { lifetime_ms, .. } => lifetime_ms.map(|ms| asked + ms),
        Renewal::Itself | Renewal::No => None,
    }
}
