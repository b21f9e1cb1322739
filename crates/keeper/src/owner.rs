//! The task that owns the engine: every message in turn, every effect in order.

use crate::access::Counter;
use crate::handle::{Setup, Shown};
use crate::outbox::{Holder, Outbox};
use crate::ports::{AuthServer, Clock, Connector, Marks, RefreshLock};
use crate::record::{Intent, Keep, Session};
use crate::sign::{NotSignedIn, Turn};
use crate::store::Store;
use crate::teller::Teller;
use crate::unsaved::Unsaved;
use callers::Waiter;
use checking::Unchecked;
use elsewhere::Lookout;
use engine::{Boot, Effect, Engine, Fingerprint, Input, SECOND, Trigger};
pub(crate) use message::Message;
use std::collections::HashMap;
use std::sync::Arc;
use telling::Voice;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};

/// The clocks, and the record, are looked at this often, in milliseconds.
const TICK_MS: i64 = 5 * SECOND;

/// A session, and whose it is.
struct Answered {
    session: Session,
    holder: Option<Holder>,
}

/// What a refresh was begun with.
struct Asked {
    holder: Option<Holder>,
    /// What was to be renewed.
    with: Option<Fingerprint>,
}

/// Owns the engine, and everything that a session needs to go on.
///
/// Four things count. The *epoch* is the record's: from one sign-in to the next sign-in or sign-out,
/// in whatever process. An *era* is an epoch as this process has lived it: a refresh or a save that was
/// begun in an era that is over keeps nothing. A *turn* is a wish to sign in or out: of two the later
/// one wins, whichever is done first. An *attempt* is the engine's, one for each refresh.
pub(crate) struct Owner {
    clock: Arc<dyn Clock>,
    store: Store,
    connector: Arc<dyn Connector>,
    engine: Engine,
    /// The server of the present account, and the settings that it was made of.
    server: Option<(Arc<dyn AuthServer>, serde_json::Value)>,
    /// The session in use, with its tokens.
    session: Option<Session>,
    /// The one before it, whose access token serves on: that of `session` came with a bad ID token.
    serving: Option<Session>,
    /// The ID token of `session` is still to be checked.
    unchecked: Option<Unchecked>,
    /// Whose it is.
    holder: Option<Holder>,
    /// Answers that are saved and wait for the engine to have them exposed.
    answered: HashMap<u64, Answered>,
    asked: HashMap<u64, Asked>,
    /// What was last sent to be renewed in this run.
    tried: Option<Fingerprint>,
    /// An intent that could not be written down in time.
    put_off: Option<Intent>,
    unsaved: Option<Unsaved>,
    /// It is being written.
    saving: bool,
    lock: Option<RefreshLock>,
    /// A sign-out that is not written down: the epoch that it ended.
    unwritten: Option<u64>,
    /// So many sign-outs are being written.
    signing_out: u32,
    /// So many sign-ins are under way.
    signing_in: u32,
    known_epoch: u64,
    turn: Turn,
    /// The turn of the last sign-out, or of the sign-in that the present session came from.
    last_turn: Turn,
    /// Moves on when a session begins or ends here.
    era: Turn,
    waiters: Vec<Waiter>,
    /// They are told once everybody can see what has changed.
    done: Vec<oneshot::Sender<()>>,
    shown: Shown,
    show: watch::Sender<Shown>,
    counter: Arc<Counter>,
    inbox: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
    work: JoinSet<()>,
    effects: Vec<Effect>,
    lookout: Lookout,
    outbox: Outbox,
    /// What is on disk of it cannot be opened now.
    outbox_shut: bool,
    /// The server that is being told of one of them.
    telling: Option<Voice>,
    /// When it was last time for a tick.
    looked: Boot,
    /// A deadline of the past that this look left as it was.
    standing: Option<Boot>,
    teller: Teller,
    /// The epoch of the last session that was ended here, where it was kept in memory only.
    ended_in_memory: Option<u64>,
    /// Where the session was kept that something was last told of.
    told_about: Keep,
}

impl Owner {
    pub(crate) fn new(
        setup: Setup,
        (inbox, messages): (mpsc::Sender<Message>, mpsc::Receiver<Message>),
        counter: Arc<Counter>,
        teller: Teller,
    ) -> (Self, watch::Receiver<Shown>) {
        let now = setup.clock.now();
        let (engine, effects) = Engine::new(setup.policy, setup.seed, now);
        let shown = Shown {
            view: engine.view(now),
            account: None,
            keep: Keep::Disk,
            set_aside: Vec::new(),
            sign_out_unwritten: None,
            known_as: None,
            outbox: Vec::new(),
            untold: 0,
            left_to_expire: None,
        };
        let (show, watched) = watch::channel(shown.clone());
        let owner = Self {
            store: Store::new(setup.vault, Arc::clone(&setup.clock)),
            clock: setup.clock,
            connector: setup.connector,
            engine,
            server: None,
            session: None,
            serving: None,
            unchecked: None,
            holder: None,
            answered: HashMap::new(),
            asked: HashMap::new(),
            tried: None,
            put_off: None,
            unsaved: None,
            saving: false,
            lock: None,
            unwritten: None,
            signing_out: 0,
            signing_in: 0,
            known_epoch: 0,
            turn: Turn::default(),
            last_turn: Turn::default(),
            era: Turn::default(),
            waiters: Vec::new(),
            done: Vec::new(),
            shown,
            show,
            counter,
            inbox,
            messages,
            work: JoinSet::new(),
            effects,
            lookout: Lookout::default(),
            outbox: Outbox::default(),
            outbox_shut: false,
            telling: None,
            looked: now.boot,
            standing: None,
            teller,
            ended_in_memory: None,
            told_about: Keep::Disk,
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
        // Always, signed out or not: without ticks a quiet hour would look like a sleep, and another
        // copy's sign-in go unseen. Counted from the last look: messages that keep coming must not put
        // it off.
        let tick = Some(self.looked + TICK_MS);
        let deadline = self.engine.next_deadline(now).map(|(at, _)| at);
        // A deadline that the last look has left standing waits for something else than time.
        let deadline = deadline.filter(|at| Some(*at) != self.standing);
        let waiters = self.waiters.iter().map(|waiter| waiter.until);
        // One that is overdue waits for something else than time: the tick looks whether it has come.
        let outbox = self.outbox.next_due().filter(|at| *at > now.boot);
        tick.into_iter().chain(deadline).chain(waiters).chain(outbox).min()
    }

    fn tick(&mut self) {
        let now = self.clock.now().boot;
        self.handle(Input::Tick);
        // Deadlines and curious callers come in between: they must not put it off.
        if now - self.looked >= TICK_MS {
            self.looked = now;
            self.look_elsewhere();
        }
        self.want_for_waiters();
        self.check_again();
        self.save_again();
        self.sign_out_again();
        self.tell_servers();
        let deadline = self.engine.next_deadline(self.clock.now()).map(|(at, _)| at);
        self.standing = deadline.filter(|at| *at <= now);
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Came(trigger) => {
                self.handle(Input::Came(trigger));
                self.look_again_for_the_outbox();
                self.look_elsewhere();
                if trigger == Trigger::NetworkBack {
                    self.outbox.hurry(self.clock.now().boot);
                    self.tell_servers();
                }
            }
            Message::Look(reply) => {
                self.tick();
                self.done.push(reply);
            }
            Message::SignIn(wish, reply) => self.sign_in(*wish, reply),
            Message::GiveBack(unused, reply) => {
                self.give_back_unused(*unused);
                self.done.push(reply);
            }
            Message::SignOut(reply) => {
                let ended = self.end_session();
                self.write_sign_out(ended, Some(reply));
            }
            Message::Forget(reply) => self.forget(reply),
            Message::Token { min_validity_ms, reply } => self.token_wanted(min_validity_ms, reply),
            Message::ApiRefused(access, reply) => {
                self.handle(Input::ApiRefused(access));
                self.look_elsewhere();
                self.done.push(reply);
            }
            Message::ApiAnswered { confirmed, clock } => {
                if let Some(sample) = clock {
                    self.handle(Input::ServerClock(sample));
                }
                if confirmed {
                    self.handle(Input::Confirmed);
                }
            }
            Message::IsSignedIn(reply) => {
                let _gone = reply.send(self.session.is_some());
            }
            Message::Inspect(inspection) => {
                let marks = self.session.as_ref().map(|it| Marks::new(it.fingerprint_key.clone()));
                inspection(self.tokens_in_use().as_ref(), marks.as_ref());
            }
            Message::ToConfirm(access, reply) => {
                let _gone = reply.send(self.to_confirm(access));
            }
            Message::ClientSecret(reply) => {
                let tokens = self.session.as_ref().map(|session| &session.tokens);
                let _gone = reply.send(tokens.and_then(|it| it.client_secret.clone()));
            }
            Message::IdToken(reply) => {
                let _gone = reply.send(self.known_id());
            }
            Message::Policy(policy) => self.handle(Input::PolicyChanged(policy)),
            Message::Quit(reply) => drop(reply),
            Message::Read(result) => {
                self.read(*result);
                self.tell_servers();
            }
            Message::Labelled(label) => self.labelled(label),
            Message::Looked(news) => {
                self.looked(*news);
                self.tell_servers();
            }
            Message::Refreshed { attempt, outcome } => self.refreshed(attempt, outcome),
            Message::SignedIn { result, turn, reply } => {
                self.signing_in = self.signing_in.saturating_sub(1);
                let answer = match result {
                    Ok(signed_in) => self.signed_in(*signed_in, turn),
                    Err(NotSignedIn { why, unused }) => {
                        if let Some((holder, session)) = unused {
                            self.give_back(session.tokens.clone(), Some(&session), holder);
                        }
                        Err(why)
                    }
                };
                let _gone = reply.send(answer);
            }
            Message::SignOutWritten { ended, began, result, reply } => {
                self.sign_out_written(ended, began, result);
                self.done.extend(reply);
            }
            Message::Forgotten { ended, began, result, reply } => {
                self.forgotten(ended, began, result, reply);
            }
            Message::IdChecked { access, checked } => self.id_checked(access, checked),
            Message::Told { id, told } => self.told(id, told),
            Message::OutboxStored(ids) => self.outbox_stored(&ids.unwrap_or_default()),
            Message::SavedLate { stand, began, result } => self.saved_late(stand, began, result),
            Message::Done => {}
        }
    }

    /// After every message: the token on the counter, the callers, and the view.
    fn settle(&mut self) {
        self.look_when_quiet();
        let now = self.clock.now();
        self.put_on_counter();
        self.answer_callers(now);
        self.shown.view = self.engine.view(now);
        self.shown.outbox = self.outbox.shown(now);
        self.shown.untold = self.outbox.len();
        self.show.send_if_modified(|known| {
            // That time has passed is no news.
            known.view.now_ms = self.shown.view.now_ms;
            let news = *known != self.shown;
            if news {
                known.clone_from(&self.shown);
            }
            news
        });
        for reply in self.done.drain(..) {
            let _gone = reply.send(());
        }
    }

    fn spawn(&mut self, work: impl Future<Output = Message> + Send + 'static) -> AbortHandle {
        let inbox = self.inbox.clone();
        self.work.spawn(async move {
            let message = work.await;
            // Nobody listens any more once the app has quit.
            let _gone = inbox.send(message).await;
        })
    }
}

/// Runs what may panic; `None` where it did. A panic must not leave everybody waiting for an answer.
async fn caught<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let mut alone = JoinSet::new();
    alone.spawn(work);
    alone.join_next().await?.ok()
}

async fn sleep(clock: Arc<dyn Clock>, until: Option<Boot>) {
    match until {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

mod callers;
mod checking;
mod deciding;
mod elsewhere;
mod message;
mod quit;
mod renewal;
mod saving;
mod signing;
mod telling;
