//! When to renew: one access token's life, from the grant, the policy and the seed.

use crate::grant::{Grant, Lifetime, Renewal};
use crate::policy::{Policy, TUTORIAL_LEAD_MS};
use crate::time::{Boot, MINUTE, SECOND};
use crate::view::Worth;

/// Tokens shorter than this are renewed when they are wanted, at most once in as long.
pub(crate) const SHORTEST_PLANNED_MS: i64 = 5 * SECOND;

/// From this lifetime on, a fleet that was started together is spread after its launch refresh.
const SPREAD_FROM_MS: i64 = 30 * MINUTE;

/// One access token's life, in time since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// When it was asked for.
    pub(crate) asked: Boot,
    /// When it ends, or is assumed to.
    pub(crate) end: Boot,
    /// Its lifetime, told or assumed.
    pub(crate) lifetime_ms: i64,
    /// The server told no lifetime.
    pub(crate) assumed: bool,
    /// When renewal begins. `None`: when somebody wants the token, or never.
    pub(crate) renew_at: Option<Boot>,
    /// From here on callers wait for the next token.
    pub(crate) last_moments: Boot,
}

/// What else a plan hangs on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances {
    /// When the refresh token ends, where that comes into it: the last refresh moved that end, or
    /// there was no refresh yet.
    pub(crate) refresh_end: Option<Boot>,
    /// The grant came from the refresh at launch.
    pub(crate) after_launch: bool,
}

impl Plan {
    /// The plan for a grant that was asked for at `asked`.
    pub(crate) fn new(
        grant: &Grant,
        asked: Boot,
        around: Circumstances,
        policy: &Policy,
        seed: u64,
    ) -> Self {
        let (lifetime_ms, assumed) = match grant.lifetime {
            Lifetime::Told(ms) => (ms, false),
            Lifetime::Unknown(_) => (policy.assumed_lifetime_ms.max(1), true),
        };
        let end = asked + lifetime_ms;
        let last_moments = end + -(lifetime_ms / 10).min(MINUTE);
        let draw = Draw::new(seed, grant.access.0);
        let renew_at = match grant.renewal {
            Renewal::No => None,
            Renewal::Itself | Renewal::RefreshToken { .. } if lifetime_ms < SHORTEST_PLANNED_MS => {
                None
            }
            // What renews itself is gone once it has ended, so it is renewed early.
            Renewal::Itself => Some(asked + lifetime_ms / 2),
            Renewal::RefreshToken { .. } => {
                let sooner = around.refresh_end.map_or(end, |refresh| refresh.min(end));
                let span = (sooner - asked).max(1);
                let hinted = grant.refresh_in_ms.filter(|hint| *hint > 0 && *hint < span);
                let planned = hinted.map_or_else(
                    || {
                        let lead = lead_ms(policy, span);
                        sooner + -lead + -draw.part_of(lead / 10, 0)
                    },
                    |hint| asked + hint,
                );
                let planned = planned.min(last_moments);
                if around.after_launch && lifetime_ms >= SPREAD_FROM_MS {
                    let earliest = asked + span / 2;
                    Some(planned + -draw.part_of((planned - earliest).max(0), 1))
                } else {
                    Some(planned)
                }
            }
        };
        Self { asked, end, lifetime_ms, assumed, renew_at, last_moments }
    }

    /// What the token is worth at `now`, by its own times alone.
    pub(crate) fn worth(&self, now: Boot, due: bool) -> Worth {
        if now >= self.end && !self.assumed {
            Worth::Expired
        } else if now >= self.last_moments && !self.assumed {
            Worth::LastMoments
        } else if due || self.renew_at.is_some_and(|at| now >= at) {
            Worth::Due
        } else {
            Worth::Fresh
        }
    }
}

/// How long before the end to renew, for a span of so many milliseconds.
fn lead_ms(policy: &Policy, span: i64) -> i64 {
    match policy.lead_ms {
        None => TUTORIAL_LEAD_MS.min(span / 5),
        Some(own) => own.clamp(0, span / 2),
    }
}

/// Numbers that are derived, never rolled: the same installation and token give the same ones, so
/// that a jitter is not re-rolled at each look, which would only make it fire early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Numbers for this installation and token.
    pub(crate) fn new(seed: u64, fingerprint: u64) -> Self {
        Self(mixed(seed ^ mixed(fingerprint)))
    }

    /// Something from 0 to `whole`, the `index`th of its kind.
    pub(crate) fn part_of(self, whole: i64, index: u64) -> i64 {
        // 16 bits are plenty for a jitter, and leave room for ten years in an i64.
        let sixteen = i64::try_from(mixed(self.0 ^ index) >> 48).unwrap_or(0);
        whole.saturating_mul(sixteen) / 0xFFFF
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
