//! The session that an engine decides about: one grant after another, of one epoch.

use crate::grant::{Fingerprint, Grant, Identity, Renewal, Snapshot};
use crate::plan::{Circumstances, Plan, SHORTEST_PLANNED_MS};
use crate::policy::Policy;
use crate::state::{Ended, Trigger};
use crate::time::{Boot, HOUR, Now, Wall};
use crate::view::Worth;

/// A session, without its tokens.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) epoch: u64,
    pub(crate) identity: Identity,
    pub(crate) grant: Grant,
    pub(crate) plan: Plan,
    pub(crate) around: Circumstances,
    /// Whether the server replaces the refresh token at each refresh; not known before the first.
    pub(crate) rotates: Option<bool>,
    /// When the refresh token ends, where the server told.
    pub(crate) refresh_end: Option<Boot>,
    /// An API refused the present token.
    pub(crate) api_refused: bool,
    /// The present token was fetched because an API had refused the one before.
    pub(crate) fetched_for_api: bool,
    /// The last access token that came with a bad ID token, and none since with a good one: the one
    /// on disk, and never handed out.
    pub(crate) withheld: Option<Fingerprint>,
    /// The present access token itself came with a bad one: there is none to be had.
    pub(crate) withdrawn: bool,
    /// Something outside the plan says that it is time: a clock that was set.
    pub(crate) due: bool,
    /// `plan` can be trusted to say that something has ended: it was asked for in this boot, or a
    /// server's clock has told since how old it is.
    pub(crate) asked_in_this_boot: bool,
    /// When it was read, which is later than when it was asked for.
    pub(crate) restored: Boot,
    /// Server minus wall clock in milliseconds, as the record tells it.
    pub(crate) saved_offset_ms: Option<i64>,
    /// How the session ended, where its renewal was refused for good.
    pub(crate) refused: Option<Ended>,
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
        let refresh_end = snapshot.grant.refresh_end(asked);
        let around = Circumstances {
            // Where it is not known whether the last refresh moved it, it counts: that costs one early
            // refresh where it did not, and would cost the session otherwise.
            refresh_end: refresh_end.filter(|_| snapshot.refresh_end_moved != Some(false)),
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
            withheld: snapshot.id_token_bad.then_some(snapshot.grant.access),
            withdrawn: snapshot.id_token_bad,
            due: !snapshot.same_boot && turned_back,
            asked_in_this_boot: snapshot.same_boot,
            restored: now.boot,
            saved_offset_ms: snapshot.clock_offset_ms,
            refused: snapshot.refused,
            confirmed: snapshot.confirmed_wall_ms.map(Wall),
            refreshes: snapshot.refreshes,
        }
    }

    /// Takes of the next grant of this session only what renews it: the ID token that came with it is
    /// bad. `refresh_end`: when its refresh token ends, where the server told.
    pub(crate) fn withholds(
        &mut self,
        next: &Grant,
        refresh_end: Option<Boot>,
        policy: &Policy,
        seed: u64,
    ) {
        self.rotates = rotates(self.grant.renewal, next.renewal).or(self.rotates);
        self.refresh_end = refresh_end.or(self.refresh_end.filter(|_| self.rotates != Some(true)));
        // Whether that end moves with each refresh is not known: it counts, which costs at most one
        // early refresh.
        self.around.refresh_end = self.refresh_end;
        self.grant.renewal = next.renewal;
        self.withheld = Some(next.access);
        self.refreshes = self.refreshes.saturating_add(1);
        self.plan_again(policy, seed);
    }

    /// A record that says this is no news.
    pub(crate) fn is_what(&self, snapshot: &Snapshot) -> bool {
        if snapshot.id_token_bad {
            self.withheld == Some(snapshot.grant.access)
        } else {
            self.withheld.is_none() && self.grant == snapshot.grant
        }
    }

    /// When to try again for an ID token that is good, after the try at `last_try`: at the times that
    /// the access token in use has for its renewal, and hourly once they are over or it is of no use;
    /// sooner where the refresh token would not live that long.
    pub(crate) fn next_for_id_token(&self, last_try: Option<Boot>) -> Boot {
        let Some(last) = last_try else { return self.plan.asked };
        let serves = !self.api_refused && !self.withdrawn;
        let own = [self.plan.renew_at, Some(self.plan.last_moments)];
        let own = own.into_iter().flatten().filter(|at| serves && *at > last).min();
        let step = self.refresh_end.filter(|end| *end > last).map_or(HOUR, |end| (end - last) / 2);
        own.unwrap_or(last + step.clamp(SHORTEST_PLANNED_MS, HOUR))
    }

    /// Takes the next grant of this session.
    pub(crate) fn renewed(&mut self, grant: Grant, after_launch: bool, policy: &Policy, seed: u64) {
        let asked = grant.asked.boot;
        let end = grant.refresh_end(asked);
        let moved = grant.moves_refresh_end(self.refresh_end);
        self.rotates = rotates(self.grant.renewal, grant.renewal);
        self.around = Circumstances { refresh_end: end.filter(|_| moved), after_launch };
        self.refresh_end = end.or(self.refresh_end.filter(|_| self.rotates != Some(true)));
        self.plan = Plan::new(&grant, asked, self.around, policy, seed);
        self.grant = grant;
        // Whatever set this refresh off, the API is next to judge what it brought.
        self.fetched_for_api = self.api_refused;
        self.api_refused = false;
        self.withheld = None;
        self.withdrawn = false;
        self.due = false;
        self.asked_in_this_boot = true;
        self.refused = None;
        self.refreshes = self.refreshes.saturating_add(1);
    }

    /// Another process has renewed `before`, of the same epoch, and this is what it saved.
    pub(crate) fn follows(&mut self, before: &Self) {
        if self.grant == before.grant {
            // The same token: what the API said of it stands, and is not known to have had its refresh.
            self.api_refused = before.api_refused;
            self.fetched_for_api = before.fetched_for_api;
            self.due |= before.due || before.api_refused;
            self.withheld = self.withheld.or(before.withheld);
            self.withdrawn |= before.withdrawn;
        }
    }

    /// Another process has renewed this session and come by a bad ID token, as `theirs` tells. The
    /// access token at hand goes on serving, if it can.
    pub(crate) fn goes_on_serving(
        &self,
        theirs: &Self,
        now: Boot,
        policy: &Policy,
        seed: u64,
    ) -> Option<Self> {
        let ends = matches!(self.worth(now), Worth::Expired | Worth::RefusedByApi);
        if ends || self.access() == theirs.access() {
            return None;
        }
        let mut serving = self.clone();
        serving.withholds(&theirs.grant, theirs.refresh_end, policy, seed);
        serving.refreshes = theirs.refreshes;
        serving.refused = theirs.refused;
        Some(serving)
    }

    /// A server has told its time, so that the wall clock of an earlier boot can be compared with
    /// the present one. Answers whether that moved anything.
    pub(crate) fn correct(&mut self, offset_ms: i64, policy: &Policy, seed: u64, now: Now) -> bool {
        let Some(saved) = self.saved_offset_ms.filter(|_| !self.asked_in_this_boot) else {
            return false;
        };
        let asked = self.grant.asked.wall + saved;
        let age = (now.wall + offset_ms) - asked;
        let moved = now.boot + -age.max(0) - self.plan.asked;
        self.plan.asked = self.plan.asked + moved;
        self.refresh_end = self.refresh_end.map(|end| end + moved);
        self.around.refresh_end = self.around.refresh_end.map(|end| end + moved);
        self.asked_in_this_boot = true;
        self.plan_again(policy, seed);
        true
    }

    /// The person changed when to renew.
    pub(crate) fn plan_again(&mut self, policy: &Policy, seed: u64) {
        self.plan = Plan::new(&self.grant, self.plan.asked, self.around, policy, seed);
    }

    pub(crate) fn access(&self) -> Fingerprint {
        self.grant.access
    }

    pub(crate) fn is_renewable(&self) -> bool {
        self.refused.is_none() && self.grant.renewal != Renewal::No
    }

    /// Too short-lived to plan for: renewed when somebody wants it.
    pub(crate) fn renews_on_demand(&self) -> bool {
        self.is_renewable() && self.plan.renew_at.is_none()
    }

    /// What the access token is worth.
    pub(crate) fn worth(&self, now: Boot) -> Worth {
        if self.api_refused || self.withdrawn {
            Worth::RefusedByApi
        } else {
            self.plan.worth(now, self.due)
        }
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
                let ended = self.plan.renew_at.is_none() && now >= self.next_on_demand();
                by_plan || early || ended || self.api_refused || self.withdrawn
            }
            Trigger::NetworkBack => by_plan || self.api_refused || self.withdrawn,
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

    /// When what is renewed on demand may be renewed again at the earliest.
    pub(crate) fn next_on_demand(&self) -> Boot {
        self.plan.end.max(self.plan.asked + SHORTEST_PLANNED_MS)
    }

    /// A renewal that is put off now would leave callers without a token.
    pub(crate) fn has_no_time_to_wait(&self, now: Boot) -> bool {
        let serves = !self.api_refused && !self.withdrawn;
        !serves || self.plan.renew_at.is_none() || now >= self.plan.last_moments
    }

    /// When something that cannot be renewed ends, by a time that can be trusted.
    pub(crate) fn runs_out_at(&self) -> Option<Boot> {
        if self.grant.renewal != Renewal::No || self.plan.assumed {
            None
        } else if self.asked_in_this_boot {
            Some(self.plan.end)
        } else {
            // Only the wall clock says how old it was when it was read. It was not younger than new.
            Some(self.restored + self.plan.lifetime_ms)
        }
    }

    /// It cannot be renewed, and its end has come.
    pub(crate) fn has_run_out(&self, now: Boot) -> bool {
        self.runs_out_at().is_some_and(|at| now >= at)
    }
}

/// Whether the server has replaced the refresh token; `None` where it is not one that renews.
fn rotates(before: Renewal, after: Renewal) -> Option<bool> {
    match (before, after) {
        (
            Renewal::RefreshToken { fingerprint: before, .. },
            Renewal::RefreshToken { fingerprint: after, .. },
        ) => Some(before != after),
        _ => None,
    }
}
