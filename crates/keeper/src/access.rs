//! The access token as callers get it: without a lock and without allocation while it is fresh.

use crate::ports::{AuthServer, Marks};
use crate::record::Keep;
use arc_swap::ArcSwapOption;
use engine::{Boot, Fingerprint};
use secrecy::SecretString;
use std::sync::Arc;

/// An access token on its way to an API. Cheap to clone; printed it shows only its fingerprint.
#[derive(Clone)]
pub struct AccessToken(Arc<Exposed>);

/// A token that may be handed out.
pub(crate) struct Exposed {
    pub(crate) secret: SecretString,
    pub(crate) fingerprint: Fingerprint,
    /// Until here it is handed out without asking the engine.
    pub(crate) fresh_until: Boot,
    /// Half of its lifetime: no caller can ask for more.
    pub(crate) half_life_ms: i64,
    /// By which name it is shown.
    pub(crate) marks: Marks,
    pub(crate) keep: Keep,
    /// Whose token it is: it is carried there and nowhere else.
    pub(crate) server: Option<Arc<dyn AuthServer>>,
}

impl AccessToken {
    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.0.secret
    }

    /// Names the token without telling it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    pub(crate) fn fresh_until(&self) -> Boot {
        self.0.fresh_until
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.0.marks
    }

    pub(crate) fn keep(&self) -> Keep {
        self.0.keep
    }

    pub(crate) fn server(&self) -> Option<&Arc<dyn AuthServer>> {
        self.0.server.as_ref()
    }

    pub(crate) fn new(exposed: Exposed) -> Self {
        Self(Arc::new(exposed))
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessToken({})", self.0.fingerprint)
    }
}

/// Where the present token lies for everybody to take.
#[derive(Default)]
pub(crate) struct Counter(ArcSwapOption<Exposed>);

impl Counter {
    /// The present token, if it is fresh at `now` and good for `min_validity_ms` more.
    pub(crate) fn take_fresh(&self, min_validity_ms: i64, now: Boot) -> Option<AccessToken> {
        let exposed = self.0.load();
        let exposed = exposed.as_ref()?;
        // What is asked for beyond the last moments' own margin is the engine's to judge.
        let wanted = min_validity_ms.clamp(0, exposed.half_life_ms);
        (now + wanted < exposed.fresh_until).then(|| AccessToken(Arc::clone(exposed)))
    }

    /// The present token, whatever it is worth.
    pub(crate) fn present(&self) -> Option<AccessToken> {
        self.0.load_full().map(AccessToken)
    }

    pub(crate) fn put(&self, token: Option<AccessToken>) {
        self.0.store(token.map(|token| token.0));
    }
}
