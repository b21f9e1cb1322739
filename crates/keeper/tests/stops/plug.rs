//! Something between the app and the world that stops it at one step: what reaches it from then on
//! goes nowhere.

use crate::bench::Bench;
use crate::desk::App;
use crate::over::{Over, With};
use async_trait::async_trait;
use engine::{Class, Exchange, Failure};
use keeper::ports::{
    Answer, ApiAnswer, AuthServer, Before, Call, Change, Connector, Credentials, IdAnswer,
    IdVerdict, Marks, Reading, RefreshLock, Vault, VaultFailure,
};
use keeper::record::{IdCheck, Record, Tokens};
use secrecy::SecretString;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Where the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At this step of a refresh.
    At(Step),
    /// Right after so many steps of the disk.
    AfterSteps(usize),
    /// Nowhere: it finishes what it does, and ends then.
    AfterAll,
}

/// A step of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    BeforeLock,
    BeforeReadingAgain,
    BeforeIntent,
    AfterIntent,
    BeforeRequest,
    Answered,
    BeforeSave,
    AfterSave,
    /// The answer is saved, and brings an ID token, which it brings nowhere else.
    BeforeCheck,
}

impl Step {
    /// Those of every renewal.
    pub(crate) const ALL: [Self; 8] = [
        Self::BeforeLock,
        Self::BeforeReadingAgain,
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::BeforeRequest,
        Self::Answered,
        Self::BeforeSave,
        Self::AfterSave,
    ];
}

/// Pulled at its step. Dropping it lets go of the threads that hang there: the dead do nothing.
pub(crate) struct Plug(Arc<Socket>);

struct Socket {
    end: End,
    pulled: watch::Sender<bool>,
    gone: Mutex<bool>,
    let_go: Condvar,
}

impl Plug {
    pub(crate) fn new(end: End) -> Self {
        let pulled = watch::Sender::new(false);
        Self(Arc::new(Socket { end, pulled, gone: Mutex::new(false), let_go: Condvar::new() }))
    }

    /// Starts the app, to end where it is to.
    pub(crate) fn launch(&self, bench: &Bench) -> App {
        let socket = Arc::clone(&self.0);
        let slots = match socket.end {
            End::AfterSteps(steps) => bench.slots().ending_after(steps, move || socket.hang()),
            End::At(_) | End::AfterAll => bench.slots(),
        };
        let vault = Guarded {
            inner: bench.vault_over(slots),
            socket: Arc::clone(&self.0),
            reads: Mutex::new(0),
            writes: Mutex::new(0),
        };
        let apis = GuardedApis { inner: bench.desk.connector(), socket: Arc::clone(&self.0) };
        bench.desk.launch_with(bench.wrapped(With(vault)), Arc::new(apis))
    }

    /// Returns once the end was reached.
    pub(crate) async fn pulled(&self) {
        let mut pulled = self.0.pulled.subscribe();
        let reached = pulled.wait_for(|pulled| *pulled);
        let reached = tokio::time::timeout(Duration::from_secs(20), reached).await.is_ok();
        assert!(reached, "{:?} was never reached", self.0.end);
    }

    /// Waits until the end was reached, or until `done` is.
    pub(crate) async fn pulled_before(&self, done: impl Future<Output = ()>) -> bool {
        if self.0.end == End::AfterAll {
            done.await;
            return false;
        }
        tokio::select! {
            biased;
            () = self.pulled() => true,
            () = done => false,
        }
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        *self.0.gone.lock().unwrap() = true;
        self.0.let_go.notify_all();
    }
}

impl Socket {
    /// Hangs until the test is over with this process; the dead do nothing.
    fn hang(&self) {
        self.pulled.send_replace(true);
        let gone = self.gone.lock().unwrap();
        drop(self.let_go.wait_while(gone, |gone| !*gone).unwrap());
    }

    fn ends(&self, step: Step) -> bool {
        self.end == End::At(step) || *self.pulled.borrow()
    }

    fn pass(&self, step: Step) -> Result<(), VaultFailure> {
        if !self.ends(step) {
            return Ok(());
        }
        self.hang();
        Err(VaultFailure::not_written("the process has ended"))
    }

    async fn pass_async(&self, step: Step) {
        if self.ends(step) {
            self.pulled.send_replace(true);
            std::future::pending::<()>().await;
        }
    }
}

struct Guarded {
    inner: vault::FileVault,
    socket: Arc<Socket>,
    reads: Mutex<u32>,
    writes: Mutex<u32>,
}

impl Over for Guarded {
    fn below(&self) -> &dyn Vault {
        &self.inner
    }

    fn read(&self) -> Result<Reading, VaultFailure> {
        // The first read is the start's.
        let first = std::mem::replace(&mut *self.reads.lock().unwrap(), 1) == 0;
        if !first {
            self.socket.pass(Step::BeforeReadingAgain)?;
        }
        self.inner.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        // The intent, or at the retry the look whether it is there, comes before the answer.
        let write = {
            let mut writes = self.writes.lock().unwrap();
            *writes += 1;
            *writes
        };
        let (before, after) = match write {
            1 => (Step::BeforeIntent, Step::AfterIntent),
            _ => (Step::BeforeSave, Step::AfterSave),
        };
        self.socket.pass(before)?;
        let changed = self.inner.change(change)?;
        self.socket.pass(after)?;
        Ok(changed)
    }

    fn try_refresh_lock(&self) -> Result<Option<RefreshLock>, VaultFailure> {
        self.socket.pass(Step::BeforeLock)?;
        self.inner.try_refresh_lock()
    }
}

struct GuardedApis<C> {
    inner: C,
    socket: Arc<Socket>,
}

impl<C: Connector> Connector for GuardedApis<C> {
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let inner = self.inner.connect(account)?;
        Ok(Arc::new(GuardedApi { inner, socket: Arc::clone(&self.socket) }))
    }

    fn issuer(&self, account: &serde_json::Value) -> String {
        self.inner.issuer(account)
    }
}

struct GuardedApi {
    inner: Arc<dyn AuthServer>,
    socket: Arc<Socket>,
}

#[async_trait]
impl AuthServer for GuardedApi {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.inner.sign_in(credentials, marks).await
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.socket.pass_async(Step::BeforeRequest).await;
        let mut answer = self.inner.refresh(tokens, call, marks).await;
        self.socket.pass_async(Step::Answered).await;
        if let (Ok(answer), End::At(Step::BeforeCheck)) = (&mut answer, self.socket.end) {
            answer.tokens.id = Some("an ID token".into());
            answer.id_check = IdCheck::Pending;
        }
        answer
    }

    async fn check_id(&self, _: &Tokens, _before: Before<'_>, _: &Marks) -> IdAnswer {
        self.socket.pass_async(Step::BeforeCheck).await;
        IdAnswer { verdict: IdVerdict::Good, exchanges: Vec::new() }
    }

    /// Nobody is told: a session that came back after its end would be a living one.
    async fn sign_out(&self, _: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
        Err(Box::new(Failure {
            class: Class::NotSent,
            retry_after_ms: None,
            exchange: Exchange::default(),
        }))
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        self.inner.call_api(access, marks).await
    }
}
