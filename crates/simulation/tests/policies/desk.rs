//! A desk: a computer, a server, one policy.

use simulation::Computer;
use simulation::computer::Link;
use simulation::policies::{App, Policy};
use simulation::server::{Fact, Mood, Server};
use simulation::wire::Noted;
use std::cell::RefCell;
use std::sync::Arc;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;

pub(crate) struct Desk<P> {
    pub(crate) computer: Computer,
    policy: P,
    facts: RefCell<Vec<Fact>>,
}

impl<P: Policy> Desk<P> {
    /// With access tokens that live for an hour.
    pub(crate) fn new(policy: P) -> Self {
        let server = Server::new(3_600_000, 30 * 24 * 3_600_000);
        Self { computer: Computer::new(server, 1), policy, facts: RefCell::default() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.policy.name()
    }

    pub(crate) fn start(&self) -> Arc<dyn App> {
        self.policy.start(&self.computer)
    }

    /// Starts it, and somebody signs in. Nobody looks at what happened until then.
    pub(crate) async fn signed_in(&self) -> Arc<dyn App> {
        let app = self.start();
        assert!(app.sign_in().await);
        self.pass(1_000).await;
        self.forget();
        app
    }

    pub(crate) async fn pass(&self, ms: i64) {
        self.computer.sleep(ms).await;
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.computer.server().mood = mood;
    }

    pub(crate) fn offline(&self) {
        self.computer.connect(Link::Down);
    }

    pub(crate) fn online(&self) {
        self.computer.connect(Link::Up);
    }

    pub(crate) fn forget(&self) {
        drop(self.computer.take_notes());
        self.facts.take();
    }

    /// What has happened at the server, of what is remembered.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        for note in self.computer.take_notes() {
            if let Noted::Reached { facts, .. } = note.what {
                self.facts.borrow_mut().extend(facts);
            }
        }
        self.facts.borrow().clone()
    }

    /// So many refreshes have been granted, of those that are remembered.
    pub(crate) fn renewed(&self) -> usize {
        self.count(|fact| matches!(fact, Fact::Renewed { .. }))
    }

    /// So many refreshes have reached the server.
    pub(crate) fn asked(&self) -> usize {
        self.count(|fact| {
            matches!(fact, Fact::Renewed { .. } | Fact::Refused { .. } | Fact::Unheeded)
        })
    }

    fn count(&self, is: impl Fn(&Fact) -> bool) -> usize {
        self.facts().iter().filter(|fact| is(fact)).count()
    }

    /// Whether an access token is past its end, by true time.
    pub(crate) fn is_dead(&self, access: &str) -> bool {
        let now_ms = self.computer.true_ms();
        self.computer.server().known(&access.to_owned()).is_none_or(|known| known.ends_ms <= now_ms)
    }
}
