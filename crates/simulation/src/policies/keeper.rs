//! Ours: the keeper itself, with its engine, as the app runs it. Only what is below it is the
//! simulation's: clocks, a disk in memory, the way to the server.

mod disk;
mod server;
mod without;

pub use server::class;
pub use without::Rule;

use super::{App, Policy};
use crate::Computer;
use crate::reply::{Reply, Request, Token};
use async_trait::async_trait;
use disk::{Disk, MemoryVault};
use engine::{Boot, Fingerprint, Now, Status, Trigger, Wall};
use keeper::activity::Nobody;
use keeper::ports::{Clock, Vault};
use keeper::record::Keep;
use keeper::{GrantedSignIn, Keeper, Setup};
use secrecy::ExposeSecret as _;
use server::{Connect, account, granted, marks};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;
use without::{Hasty, WallOnly, Weakened};

/// Ours, on one computer; whole, or with one rule taken away.
pub struct Ours {
    disk: Arc<Disk>,
    without: Option<Rule>,
    seed: u64,
}

impl Ours {
    /// Ours on a new computer. `seed`: the installation's, from which its jitter is derived.
    #[must_use]
    pub fn new(seed: u64, without: Option<Rule>) -> Self {
        Self { disk: Arc::default(), without, seed }
    }
}

impl Policy for Ours {
    fn name(&self) -> &'static str {
        "keeper"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        let clocks = ComputersClocks(computer.clone());
        let clock: Arc<dyn Clock> = match self.without {
            Some(Rule::Clock) => Arc::new(WallOnly(clocks)),
            _ => Arc::new(clocks),
        };
        let hasty = matches!(self.without, Some(Rule::SaveFirst)).then(|| Hasty::new(&self.disk));
        let vault = MemoryVault::new(Arc::clone(&self.disk));
        let vault: Arc<dyn Vault> = match self.without {
            Some(rule @ (Rule::Intent | Rule::Adopt | Rule::Lock | Rule::Epoch)) => {
                Arc::new(Weakened::new(vault, rule))
            }
            Some(Rule::SaveFirst | Rule::Clock | Rule::Ladder | Rule::Classes) | None => {
                Arc::new(vault)
            }
        };
        let vault = hasty.map_or(vault, |hasty| Arc::new(hasty));
        let connect = Connect {
            computer: computer.clone(),
            clock: Arc::clone(&clock),
            without: self.without,
        };
        let (keeper, run) = Keeper::new(Setup {
            clock,
            vault,
            connector: Arc::new(connect.clone()),
            policy: engine::Policy::default(),
            seed: self.seed,
            recorder: Arc::new(Nobody),
        });
        let mut task = JoinSet::new();
        task.spawn(run);
        Arc::new(Running {
            keeper,
            connect,
            disk: Arc::clone(&self.disk),
            handed_out: Mutex::default(),
            _task: task,
        })
    }
}

/// One running copy.
struct Running {
    keeper: Keeper,
    connect: Connect,
    disk: Arc<Disk>,
    /// The last token that a caller was given, and its name.
    handed_out: Mutex<Option<(Token, Fingerprint)>>,
    /// Ends with this.
    _task: JoinSet<()>,
}

#[async_trait]
impl App for Running {
    async fn sign_in(&self) -> bool {
        let asked = self.connect.clock.now();
        let reply = self.connect.computer.ask(Request::SignIn).await;
        let marks = marks(&self.connect.computer);
        let Some(answer) = granted(&self.connect, &reply, asked, None) else { return false };
        let (server, account) = (Arc::new(self.connect.clone()), account());
        let sign_in = GrantedSignIn { server, account, answer, marks, keep: Keep::Disk };
        let signed_in = self.keeper.sign_in_granted(sign_in).await.is_ok();
        if signed_in {
            self.disk.expects_a_session(true);
        }
        signed_in
    }

    async fn sign_out(&self) {
        self.disk.expects_a_session(false);
        self.keeper.sign_out().await;
    }

    async fn focus(&self) {
        self.keeper.tell(Trigger::Focus).await;
    }

    async fn network_back(&self) {
        self.keeper.tell(Trigger::NetworkBack).await;
    }

    async fn access_token(&self) -> Option<Token> {
        let token = self.keeper.access_token(0).await.ok()?;
        let text: Token = token.secret().expose_secret().to_owned();
        let mut handed_out = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner);
        *handed_out = Some((text.clone(), token.fingerprint()));
        Some(text)
    }

    async fn api_accepted(&self, (wall_ms, boot_ms): (i64, i64), answer: &Reply) {
        let asked = Now { wall: Wall(wall_ms), boot: Boot(boot_ms) };
        self.keeper.api_accepted(self.connect.sample(asked, answer)).await;
    }

    async fn api_refused(&self, access: &Token) {
        let known = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, name)) = known.filter(|(token, _)| token == access) {
            self.keeper.api_refused(name).await;
        }
    }

    fn asks_for_sign_in(&self) -> bool {
        match self.keeper.shown().borrow().view.status {
            Status::NeedsSignIn { .. } => true,
            // Nobody who is signed out by his own wish is missed.
            Status::SignedOut => self.disk.misses_a_session(),
            Status::Restoring { .. }
            | Status::Resting
            | Status::Refreshing { .. }
            | Status::Waiting { .. }
            | Status::Stopped { .. } => false,
        }
    }

    async fn quit(&self) {
        self.keeper.quit().await;
    }
}

/// The computer's clocks as the keeper reads them.
#[derive(Clone)]
struct ComputersClocks(Computer);

/// No sleep is longer than this: timers stand still in a suspend, deadlines do not.
const SLICE_MS: i64 = 5_000;

#[async_trait]
impl Clock for ComputersClocks {
    fn now(&self) -> Now {
        let (wall, boot) = self.0.both_ms();
        Now { wall: Wall(wall), boot: Boot(boot) }
    }

    fn boot_id(&self) -> String {
        self.0.boot_id()
    }

    async fn sleep_until(&self, until: Boot) {
        loop {
            let left_ms = until - self.now().boot;
            if left_ms <= 0 {
                return;
            }
            self.0.sleep(left_ms.min(SLICE_MS)).await;
        }
    }
}
