//! The task that owns the engine: every message in turn, every effect in order.

use crate::access::{AccessToken, Counter, Exposed};
use crate::handle::{Setup, Shown, SignIn, SignInError, Unavailable};
use crate::ports::{AuthServer, Call, Clock, Connector, Reading, RefreshLock, Vault, VaultFailure};
use crate::record::{Keep, Record, Session, Tokens};
use crate::refresh::{self, Around, Basis, Outcome, Renewed, Unsaved, on_vault};
use crate::sign::{self, SignedIn, Turn};
use crate::snapshot::{fingerprint, snapshot};
use engine::{
    Access, Boot, ClockSample, Effect, Engine, Fingerprint, Holdup, Input, Now, Policy, SECOND,
    Trigger,
};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// While somebody is signed in the clocks are looked at this often, in milliseconds.
const TICK_MS: i64 = 5 * SECOND;
/// Quitting waits so long for a refresh, in milliseconds; then its intent stays.
const QUIT_MS: i64 = 3 * SECOND;

/// What the owner is told.
pub(crate) enum Message {
    Came(Trigger),
    Look(oneshot::Sender<()>),
    SignIn(Box<SignIn>, oneshot::Sender<Result<(), SignInError>>),
    SignOut(oneshot::Sender<()>),
    Forget(oneshot::Sender<Result<(), VaultFailure>>),
    Token {
        min_validity_ms: i64,
        reply: oneshot::Sender<Result<AccessToken, Unavailable>>,
    },
    ApiRefused(Fingerprint),
    ApiAnswered {
        confirmed: bool,
        clock: Option<ClockSample>,
    },
    Server(oneshot::Sender<Option<Arc<dyn AuthServer>>>),
    Policy(Policy),
    Quit(oneshot::Sender<()>),
    // From the owner's own tasks:
    Read(Box<Result<Reading, VaultFailure>>),
    Refreshed {
        attempt: u64,
        outcome: Outcome,
    },
    SignedIn(Result<Box<SignedIn>, SignInError>, oneshot::Sender<Result<(), SignInError>>),
    SignOutWritten {
        result: Result<(), VaultFailure>,
        reply: Option<oneshot::Sender<()>>,
    },
    ServerTold(Result<(), String>),
    SavedLate(Result<bool, VaultFailure>),
    /// Something was done that nobody waits for.
    Done,
}

/// A caller who waits for a token.
struct Waiter {
    since: Boot,
    until: Boot,
    min_validity_ms: i64,
    reply: oneshot::Sender<Result<AccessToken, Unavailable>>,
}

pub(crate) struct Owner {
    clock: Arc<dyn Clock>,
    vault: Arc<dyn Vault>,
    connector: Arc<dyn Connector>,
    engine: Engine,
    server: Option<Arc<dyn AuthServer>>,
    /// The session in use, with its tokens.
    session: Option<Session>,
    /// Answers that are saved and wait for the engine to have them exposed.
    answered: HashMap<u64, Session>,
    unsaved: Option<Unsaved>,
    lock: Option<RefreshLock>,
    /// A sign-out that is not written down: the epoch that it ended.
    unwritten: Option<u64>,
    known_epoch: u64,
    turn: Turn,
    waiters: Vec<Waiter>,
    shown: Shown,
    show: watch::Sender<Shown>,
    counter: Arc<Counter>,
    inbox: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
    work: JoinSet<()>,
    effects: Vec<Effect>,
    /// When the clocks were last looked at.
    looked: Boot,
}

impl Owner {
    pub(crate) fn new(
        setup: Setup,
        inbox: mpsc::Sender<Message>,
        messages: mpsc::Receiver<Message>,
        counter: Arc<Counter>,
    ) -> (Self, watch::Receiver<Shown>) {
        let now = setup.clock.now();
        let (engine, effects) = Engine::new(setup.policy, setup.seed, now);
        let shown = Shown {
            view: engine.view(now),
            account: None,
            keep: Keep::Disk,
            set_aside: Vec::new(),
            sign_out_unwritten: None,
            sign_out_untold: None,
        };
        let (show, watched) = watch::channel(shown.clone());
        let owner = Self {
            clock: setup.clock,
            vault: setup.vault,
            connector: setup.connector,
            engine,
            server: None,
            session: None,
            answered: HashMap::new(),
            unsaved: None,
            lock: None,
            unwritten: None,
            known_epoch: 0,
            turn: Turn::default(),
            waiters: Vec::new(),
            shown,
            show,
            counter,
            inbox,
            messages,
            work: JoinSet::new(),
            effects,
            looked: now.boot,
        };
        (owner, watched)
    }

    pub(crate) async fn run(mut self) {
        let first = std::mem::take(&mut self.effects);
        self.perform(first);
        loop {
            let clock = Arc::clone(&self.clock);
            let wake_at = self.wake_at();
            tokio::select! {
                message = self.messages.recv() => match message {
                    Some(Message::Quit(reply)) => {
                        self.quit().await;
                        let _gone = reply.send(());
                        return;
                    }
                    Some(message) => self.take(message),
                    None => return,
                },
                () = sleep(clock, wake_at) => self.tick(),
                Some(_done) = self.work.join_next() => {}
            }
            self.settle();
        }
    }

    /// When to look at the clocks again, if nothing else happens.
    fn wake_at(&self) -> Option<Boot> {
        let now = self.clock.now();
        let busy = self.session.is_some() || self.unwritten.is_some();
        let tick = busy.then_some(now.boot + TICK_MS);
        let deadline = self.engine.next_deadline(now).map(|(at, _)| at);
        // A deadline that the last look has left standing waits for something else than time.
        let deadline = deadline.filter(|at| *at > self.looked);
        let waiters = self.waiters.iter().map(|waiter| waiter.until);
        tick.into_iter().chain(deadline).chain(waiters).min()
    }

    fn tick(&mut self) {
        self.looked = self.clock.now().boot;
        self.handle(Input::Tick);
        if let Some(wanted) = self.waiters.iter().map(|waiter| waiter.min_validity_ms).max() {
            self.handle(Input::TokenWanted { min_validity_ms: wanted });
        }
        self.save_again();
        if let Some(epoch) = self.unwritten {
            self.write_sign_out(epoch, None);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Came(trigger) => self.handle(Input::Came(trigger)),
            Message::Look(reply) => {
                self.tick();
                let _gone = reply.send(());
            }
            Message::SignIn(request, reply) => self.sign_in(*request, reply),
            Message::SignOut(reply) => {
                let ended = self.end_session();
                self.write_sign_out(ended, Some(reply));
            }
            Message::Forget(reply) => self.forget(reply),
            Message::Token { min_validity_ms, reply } => {
                let now = self.clock.now();
                self.handle(Input::TokenWanted { min_validity_ms });
                self.waiters.push(Waiter {
                    since: now.boot,
                    until: now.boot,
                    min_validity_ms,
                    reply,
                });
            }
            Message::ApiRefused(access) => self.handle(Input::ApiRefused(access)),
            Message::ApiAnswered { confirmed, clock } => {
                if let Some(sample) = clock {
                    self.handle(Input::ServerClock(sample));
                }
                if confirmed {
                    self.handle(Input::Confirmed);
                }
            }
            Message::Server(reply) => {
                let server = self.session.as_ref().and(self.server.clone());
                let _gone = reply.send(server);
            }
            Message::Policy(policy) => self.handle(Input::PolicyChanged(policy)),
            Message::Quit(reply) => drop(reply),
            Message::Read(result) => self.read(*result),
            Message::Refreshed { attempt, outcome } => self.refreshed(attempt, outcome),
            Message::SignedIn(result, reply) => {
                let answer = result.map(|signed_in| self.signed_in(*signed_in));
                let _gone = reply.send(answer);
            }
            Message::SignOutWritten { result, reply } => {
                match result {
                    Ok(()) => {
                        self.unwritten = None;
                        self.shown.sign_out_unwritten = None;
                    }
                    Err(failure) => self.shown.sign_out_unwritten = Some(failure.to_string()),
                }
                if let Some(reply) = reply {
                    let _gone = reply.send(());
                }
            }
            Message::ServerTold(result) => self.shown.sign_out_untold = result.err(),
            Message::SavedLate(result) => self.saved_late(result),
            Message::Done => {}
        }
    }

    fn handle(&mut self, input: Input) {
        let now = self.clock.now();
        let effects = self.engine.handle(input, now);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Restore => {
                    let vault = Arc::clone(&self.vault);
                    self.spawn(async move {
                        Message::Read(Box::new(on_vault(&vault, |vault| vault.read()).await))
                    });
                }
                Effect::Refresh { attempt, connect_quickly, .. } => {
                    self.refresh(attempt, connect_quickly);
                }
                Effect::Expose { attempt } => {
                    if let Some(session) = self.answered.remove(&attempt) {
                        self.session = Some(session);
                    }
                }
                Effect::Forget => {
                    self.session = None;
                    self.unsaved = None;
                    self.lock = None;
                }
                Effect::Discard { attempt } => {
                    if let Some(session) = self.answered.remove(&attempt) {
                        self.give_back(session.tokens);
                    }
                }
                Effect::RecordRefusal => self.record_refusal(),
            }
        }
    }

    /// After every message: the token on the counter, the callers, and the view.
    fn settle(&mut self) {
        let now = self.clock.now();
        self.put_on_counter();
        self.answer_callers(now);
        self.shown.view = self.engine.view(now);
        self.show.send_if_modified(|known| {
            let mut same = known.clone();
            same.view.now_ms = self.shown.view.now_ms;
            let news = same != self.shown;
            known.clone_from(&self.shown);
            news
        });
    }

    fn put_on_counter(&self) {
        let fresh = self.engine.fresh_until();
        let token = self.session.as_ref().map(|session| {
            let name = fingerprint(&session.fingerprint_key, &session.tokens.access);
            let until = fresh.filter(|(of, _)| *of == name).map_or(Boot(i64::MIN), |(_, at)| at);
            (name, until, session)
        });
        let present = self.counter.present();
        let unchanged = match (&token, &present) {
            (Some((name, until, _)), Some(present)) => {
                present.fingerprint() == *name && present.fresh_until() == *until
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if unchanged {
            return;
        }
        self.counter.put(token.map(|(name, until, session)| {
            AccessToken::new(Exposed {
                secret: session.tokens.access.clone(),
                fingerprint: name,
                fresh_until: until,
                half_life_ms: match session.lifetime {
                    engine::Lifetime::Told(ms) => ms / 2,
                    engine::Lifetime::Unknown(_) => 0,
                },
            })
        }));
    }

    fn answer_callers(&mut self, now: Now) {
        for mut waiter in std::mem::take(&mut self.waiters) {
            match self.engine.access(waiter.min_validity_ms, waiter.since, now) {
                Access::Take(_) => {
                    let token = self.counter.present().ok_or(Unavailable { next_try: None });
                    let _gone = waiter.reply.send(token);
                }
                Access::Wait { until } if !waiter.reply.is_closed() => {
                    waiter.until = until;
                    self.waiters.push(waiter);
                }
                Access::Wait { .. } => {}
                Access::Unavailable { next_try } => {
                    let next_try = next_try.map(|at| now.wall_at(at));
                    let _gone = waiter.reply.send(Err(Unavailable { next_try }));
                }
            }
        }
    }

    fn spawn(&mut self, work: impl Future<Output = Message> + Send + 'static) {
        let inbox = self.inbox.clone();
        self.work.spawn(async move {
            let message = work.await;
            // Nobody listens any more once the app has quit.
            let _gone = inbox.send(message).await;
        });
    }

    /// Waits for the writes in progress, and a little for a refresh.
    async fn quit(&mut self) {
        let until = self.clock.now().boot + QUIT_MS;
        let clock = Arc::clone(&self.clock);
        let over = sleep(clock, Some(until));
        tokio::pin!(over);
        while !self.work.is_empty() {
            tokio::select! {
                Some(_done) = self.work.join_next() => {}
                Some(_message) = self.messages.recv() => {}
                () = &mut over => break,
            }
        }
        self.work.detach_all();
    }
}

async fn sleep(clock: Arc<dyn Clock>, until: Option<Boot>) {
    match until {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

mod work;
