//! The demo server inside the app: started when somebody wants it, taken over from another copy.

mod switches;

use crate::wire::{AppError, DemoView, ErrorCode};
use auth_client::AccountSettings;
use demo_server::{Clock, Config, Control, Elsewhere, PortChoice, Start, StartError, Switches};
use keeper::clock::TravelClock;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};
use switches::Curiosity;
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

/// The lifetimes that a person can choose, in milliseconds; the first is where it starts.
const LIFETIMES_MS: [u64; 3] = [20_000, 60_000, 3_600_000];

/// The demo server of this app. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Demo {
    state: Arc<watch::Sender<State>>,
    /// Held while it is started, so that it is started once.
    starting: Arc<Mutex<()>>,
    running: Arc<Mutex<Option<demo_server::Running>>>,
    folder: PathBuf,
    /// Hears of every change of its switches.
    follower: Arc<std::sync::Mutex<Option<AbortHandle>>>,
    curiosity: Arc<Curiosity>,
    seen: Seen,
    clock: Clock,
    runtime: tokio::runtime::Handle,
}

/// Whether somebody can see the window.
pub(crate) type Seen = Arc<dyn Fn() -> bool + Send + Sync>;

/// What is known of it.
#[derive(Clone, Default)]
pub(crate) struct State {
    control: Option<Control>,
    base_url: Option<String>,
    lifetime_ms: i64,
    switches: Option<Switches>,
    elsewhere: bool,
    problem: Option<AppError>,
}

impl Demo {
    /// A demo server that keeps its state in `folder`. It does not run yet.
    ///
    /// A sleep that `clock` was made to pass over passes here, too. A clock that was set wrong is
    /// this computer's own affair, of which a server knows nothing.
    pub(crate) fn new(
        folder: PathBuf,
        clock: Arc<TravelClock>,
        seen: Seen,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        let first = LIFETIMES_MS.first().copied().unwrap_or_default();
        let state = State { lifetime_ms: i64::try_from(first).unwrap_or(0), ..State::default() };
        Self {
            state: Arc::new(watch::channel(state).0),
            starting: Arc::default(),
            running: Arc::default(),
            follower: Arc::default(),
            curiosity: Arc::default(),
            seen,
            folder,
            clock: Clock::from_fn(Arc::new(move || {
                let slept = clock.moved().borrow().slept_ms;
                SystemTime::now() + Duration::from_millis(slept.try_into().unwrap_or_default())
            })),
            runtime,
        }
    }

    /// Somebody will want it: it is started behind their back.
    pub(crate) fn wanted(&self) {
        let demo = self.clone();
        self.runtime.spawn(async move {
            // What goes wrong is shown, and told to whoever sends a request.
            let _shown = demo.listening().await;
        });
    }

    /// Returns when it listens, here or in another copy of the app; starts it if need be.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) async fn listening(&self) -> Result<(), AppError> {
        let _one_at_a_time = self.starting.lock().await;
        if self.state.borrow().control.is_some() {
            return Ok(());
        }
        let config = Config {
            state_folder: Some(self.folder.clone()),
            port: PortChoice::RememberedOrNew,
            clock: self.clock.clone(),
            ..Config::default()
        };
        match demo_server::start(config).await {
            Ok(start) => {
                self.started(start).await;
                Ok(())
            }
            Err(error) => {
                let problem = problem(&error);
                self.state.send_modify(|state| state.problem = Some(problem.clone()));
                Err(problem)
            }
        }
    }

    async fn started(&self, start: Start) {
        let control = start.control();
        let base_url = start.base_url();
        let told = control.switches().await.ok();
        let elsewhere = match start {
            Start::Running(running) => {
                *self.running.lock().await = Some(running);
                None
            }
            Start::Elsewhere(elsewhere) => Some(elsewhere),
        };
        self.state.send_modify(|state| {
            state.elsewhere = elsewhere.is_some();
            state.control = Some(control.clone());
            state.base_url = Some(base_url);
            state.problem = None;
        });
        if let Some(told) = told {
            self.is_set(&told);
        }
        let follower = self.runtime.spawn(switches::follow(self.clone(), control)).abort_handle();
        let mut present = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = present.replace(follower) {
            before.abort();
        }
        drop(present);
        if let Some(elsewhere) = elsewhere {
            self.runtime.spawn(take_over(self.clone(), elsewhere));
        }
    }

    fn failed(&self, error: &StartError) {
        self.state.send_modify(|state| {
            *state = State {
                lifetime_ms: state.lifetime_ms,
                problem: Some(problem(error)),
                ..State::default()
            };
        });
    }

    /// The settings of an account at it.
    pub(crate) fn settings(&self) -> AccountSettings {
        AccountSettings {
            base_url: self.state.borrow().base_url.clone().unwrap_or_default(),
            user: demo_server::ALICE.username.to_owned(),
            ..AccountSettings::default()
        }
    }

    /// What the window is shown of it, on every change.
    pub(crate) fn changes(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// What the window is shown of it.
    pub(crate) fn view(&self) -> DemoView {
        let state = self.state.borrow();
        DemoView {
            base_url: state.base_url.clone(),
            lifetime_ms: state.lifetime_ms,
            elsewhere: state.elsewhere,
            switches: state.switches.clone(),
            problem: state.problem.clone(),
        }
    }

    /// Ends it, freeing its port.
    pub(crate) async fn quit(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.shutdown().await;
        }
    }
}

/// Waits until the other copy of the app has quit, and goes on with its demo server here.
fn take_over(demo: Demo, elsewhere: Elsewhere) -> BoxFuture {
    // Boxed, since what it starts may spawn it again.
    Box::pin(async move {
        match elsewhere.taken_over().await {
            Ok(running) => demo.started(Start::Running(running)).await,
            Err(error) => demo.failed(&error),
        }
    })
}

type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

fn problem(error: &StartError) -> AppError {
    let code = match error {
        StartError::PortTaken { .. } | StartError::RememberedPortTaken { .. } => {
            ErrorCode::PortTaken
        }
        StartError::Busy { .. }
        | StartError::Folder { .. }
        | StartError::Listen(_)
        | StartError::NoRandomness => ErrorCode::DemoUnavailable,
    };
    AppError::new(code, error.to_string())
}
