//! A person's computer: its clocks, its network, what it keeps on disk.

use crate::reply::{Answer, Body, Reply, Request};
use crate::server::{Mood, Server};
use crate::wire::{End, Note, Noted};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The wall clock at the beginning: Monday, 5 January 2026, midnight where the person lives.
pub const BEGAN_MS: i64 = 1_767_571_200_000;
/// Nobody waits longer than this for an answer that was lost, in milliseconds.
pub const PATIENCE_MS: i64 = 30_000;
/// No answer takes less to come back, in milliseconds.
pub const BACK_MS: i64 = 10;
/// Nobody waits longer than this for a connection, in milliseconds, unless he says so.
pub const CONNECT_MS: i64 = 10_000;

/// What the computer is connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// A good network; an answer takes some tens of milliseconds.
    #[default]
    Up,
    /// None.
    Down,
    /// A network whose sign-in page answers instead of every server.
    Portal,
    /// A VPN that is slow: an answer takes seconds.
    Slow,
    /// A train: of a hundred requests so many do not get out, and of a hundred answers so many do not
    /// get back.
    Lossy {
        /// In a hundred.
        lost: u8,
    },
}

/// What running apps are told by the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Counts suspends: what was on its way over the network then never arrives.
    pub suspends: u64,
    /// The present link.
    pub link: Link,
}

/// A computer. Cheap to clone: every clone is the same one, as one run of an app has it.
#[derive(Clone)]
pub struct Computer(Arc<Inner>, u64);

struct Inner {
    began: Instant,
    clocks: Mutex<Clocks>,
    news: watch::Sender<News>,
    server: Mutex<Server>,
    chance: Mutex<Rng>,
    storage: Mutex<BTreeMap<String, String>>,
    stored: watch::Sender<u64>,
    wire: Mutex<Wire>,
    noted: watch::Sender<u64>,
}

/// What is remembered of requests, for the judge.
#[derive(Default)]
struct Wire {
    notes: Vec<Note>,
    running: BTreeSet<u64>,
    asked: u64,
}

#[derive(Clone, Copy, Debug)]
struct Clocks {
    /// True time that has passed beside tokio's: while the computer was suspended or off.
    asleep_ms: i64,
    /// The wall clock minus what it should show.
    wrong_ms: i64,
    /// The true time of the last boot.
    booted_ms: i64,
    boots: u64,
}

impl Computer {
    /// A computer that is just switched on, connected to `server`. Must be called inside of a tokio
    /// runtime whose time is paused.
    #[must_use]
    pub fn new(server: Server, seed: u64) -> Self {
        let clocks = Clocks { asleep_ms: 0, wrong_ms: 0, booted_ms: -60_000, boots: 1 };
        let inner = Inner {
            began: Instant::now(),
            clocks: Mutex::new(clocks),
            news: watch::Sender::default(),
            server: Mutex::new(server),
            chance: Mutex::new(Rng::with_seed(seed)),
            storage: Mutex::default(),
            stored: watch::Sender::default(),
            wire: Mutex::default(),
            noted: watch::Sender::default(),
        };
        Self(Arc::new(inner), 0)
    }

    /// The same computer as a new run of an app has it: what that run asks is noted under its number.
    #[must_use]
    pub fn for_run(&self, run: u64) -> Self {
        self.wire().running.insert(run);
        Self(Arc::clone(&self.0), run)
    }

    /// This run is stopped: what it has under way ends because of that.
    pub fn stopped(&self, run: u64) {
        self.wire().running.remove(&run);
    }

    /// What has been noted of requests since this was last asked.
    #[must_use]
    pub fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut self.wire().notes)
    }

    /// Tells that something was noted.
    #[must_use]
    pub fn noted(&self) -> watch::Receiver<u64> {
        self.0.noted.subscribe()
    }

    /// The true time since the beginning, in milliseconds. For the director and the judge: no app can
    /// know it.
    #[must_use]
    pub fn true_ms(&self) -> i64 {
        let awake = i64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        awake + self.clocks().asleep_ms
    }

    /// The wall clock and the time since boot, read at once.
    #[must_use]
    pub fn both_ms(&self) -> (i64, i64) {
        let clocks = self.clocks();
        let awake = i64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now_ms = awake + clocks.asleep_ms;
        (BEGAN_MS + now_ms + clocks.wrong_ms, now_ms - clocks.booted_ms)
    }

    /// What the wall clock shows: milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self) -> i64 {
        BEGAN_MS + self.true_ms() + self.clocks().wrong_ms
    }

    /// Time since boot, suspend included, in milliseconds.
    #[must_use]
    pub fn boot_ms(&self) -> i64 {
        self.true_ms() - self.clocks().booted_ms
    }

    /// Names the present boot.
    #[must_use]
    pub fn boot_id(&self) -> String {
        format!("boot-{}", self.clocks().boots)
    }

    /// Waits for so many milliseconds as timers on a desktop do: they stand still in a suspend.
    pub async fn sleep(&self, ms: i64) {
        tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }

    /// Suspends, and wakes after so many milliseconds.
    pub fn suspend(&self, ms: i64) {
        self.clocks_mut().asleep_ms += ms;
        self.0.news.send_modify(|news| news.suspends += 1);
    }

    /// Off for so many milliseconds, and on again. Whatever ran must have been stopped before.
    pub fn off(&self, ms: i64) {
        self.suspend(ms);
        let now = self.true_ms();
        let mut clocks = self.clocks_mut();
        clocks.boots += 1;
        clocks.booted_ms = now;
    }

    /// Sets the wall clock wrong by so many milliseconds.
    pub fn set_wrong(&self, ms: i64) {
        self.clocks_mut().wrong_ms = ms;
    }

    /// How wrong the wall clock is, in milliseconds.
    #[must_use]
    pub fn wrong_ms(&self) -> i64 {
        self.clocks().wrong_ms
    }

    /// Connects it otherwise.
    pub fn connect(&self, link: Link) {
        self.0.news.send_modify(|news| news.link = link);
    }

    /// What it is connected to.
    #[must_use]
    pub fn link(&self) -> Link {
        self.0.news.borrow().link
    }

    /// What the system tells apps: the link, and that it was suspended.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<News> {
        self.0.news.subscribe()
    }

    /// The server. Never keep it over an await.
    pub fn server(&self) -> MutexGuard<'_, Server> {
        self.0.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number below `below`, drawn anew.
    #[must_use]
    pub fn draw(&self, below: u64) -> u64 {
        self.0.chance.lock().unwrap_or_else(PoisonError::into_inner).u64(0..below.max(1))
    }

    /// What an app has stored under a name: kept when the app stops, and when the computer is off, as
    /// `localStorage` or a small file is. All copies of an app share it.
    #[must_use]
    pub fn stored(&self, name: &str) -> Option<String> {
        self.storage().get(name).cloned()
    }

    /// Stores, or with `None` removes. It is on disk at once: no policy is charged for a slow disk.
    pub fn store(&self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.storage().insert(name.to_owned(), value),
            None => self.storage().remove(name),
        };
        self.0.stored.send_modify(|count| *count += 1);
    }

    /// Tells of every change of what is stored, one's own included.
    #[must_use]
    pub fn stored_news(&self) -> watch::Receiver<u64> {
        self.0.stored.subscribe()
    }

    /// Sends a request, once, and waits for its answer. What was on its way in a suspend is lost, and
    /// so is an answer that nobody waits for any more: dropping this future is what stopping the
    /// process does to it.
    pub async fn ask(&self, request: Request) -> Reply {
        self.ask_with(request, CONNECT_MS).await
    }

    /// The same, for somebody who gives up connecting after so many milliseconds.
    pub async fn ask_with(&self, request: Request, connect_ms: i64) -> Reply {
        // Calls of the API are judged by who makes them.
        if matches!(request, Request::Api { .. }) {
            return self.carry(request, None, connect_ms).await;
        }
        let id = {
            let mut wire = self.wire();
            wire.asked += 1;
            wire.asked
        };
        self.note(Noted::Left { id, run: self.1, request: request.clone() });
        let under_way = UnderWay { computer: self, id, end: None };
        let reply = self.carry(request, Some(id), connect_ms).await;
        under_way.ended(match &reply {
            Reply::NotSent => End::NotSent,
            Reply::Lost => End::Lost,
            Reply::Answer(answer) => End::Arrived { retry_after_ms: answer.retry_after_ms },
        });
        reply
    }

    async fn carry(&self, request: Request, id: Option<u64>, connect_ms: i64) -> Reply {
        let suspends = self.0.news.borrow().suspends;
        let link = self.link();
        let (there_ms, back_ms) = match link {
            Link::Down => return Reply::NotSent,
            Link::Portal => {
                self.sleep(20).await;
                return self.portal();
            }
            Link::Up | Link::Lossy { .. } => {
                (10 + self.draw(30), BACK_MS.unsigned_abs() + self.draw(30))
            }
            Link::Slow => (500 + self.draw(3_000), 500 + self.draw(3_000)),
        };
        if let Link::Lossy { lost } = link
            && self.draw(100) < u64::from(lost)
        {
            // No connection can be made: nothing of the request has left.
            self.sleep(connect_ms).await;
            return Reply::NotSent;
        }
        let connected = |news: &News| {
            news.suspends == suspends && !matches!(news.link, Link::Down | Link::Portal)
        };
        self.sleep(signed(there_ms)).await;
        if !connected(&self.0.news.borrow()) {
            return Reply::Lost;
        }
        let mut reply = self.reach(&request, id);
        if let Link::Lossy { lost } = link
            && self.draw(100) < u64::from(lost)
        {
            reply = Reply::Lost;
        }
        if reply == Reply::Lost {
            self.sleep(PATIENCE_MS).await;
            return Reply::Lost;
        }
        self.sleep(signed(back_ms)).await;
        if !connected(&self.0.news.borrow()) {
            return Reply::Lost;
        }
        reply
    }

    fn reach(&self, request: &Request, id: Option<u64>) -> Reply {
        let now_ms = self.true_ms();
        let (reply, facts, rotation, well) = {
            let mut server = self.server();
            let reply = server.answer(request, now_ms);
            let facts = std::mem::take(&mut server.facts);
            (reply, facts, server.terms.rotation, server.mood == Mood::Well)
        };
        if let Some(id) = id {
            self.note(Noted::Reached { id, run: self.1, facts, rotation, well });
        }
        reply
    }

    fn note(&self, what: Noted) {
        let at_ms = self.true_ms();
        self.wire().notes.push(Note { at_ms, what });
        self.0.noted.send_modify(|count| *count += 1);
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn portal(&self) -> Reply {
        let date_ms = (BEGAN_MS + self.true_ms()) / 1_000 * 1_000;
        Reply::Answer(Answer { status: 200, retry_after_ms: None, date_ms, body: Body::Html })
    }

    fn clocks(&self) -> Clocks {
        *self.clocks_mut()
    }

    fn clocks_mut(&self) -> MutexGuard<'_, Clocks> {
        self.0.clocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn storage(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.storage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that somebody waits for. Dropped before its end, it was given up, or its process is gone.
struct UnderWay<'a> {
    computer: &'a Computer,
    id: u64,
    end: Option<End>,
}

impl UnderWay<'_> {
    fn ended(mut self, end: End) {
        self.end = Some(end);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let end = self.end.take().unwrap_or_else(|| {
            let runs =
                self.computer.1 == 0 || self.computer.wire().running.contains(&self.computer.1);
            if runs { End::GivenUp } else { End::Stopped }
        });
        self.computer.note(Noted::Ended { id: self.id, end });
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
