//! The world of the model: a disk, a server, one or two processes, a clock, and what is left of the
//! bounds.

use crate::broken::Flaw;
use crate::process::Process;
use crate::record::{Held, Pair, Record};
use crate::server::Server;
use demo_server::Rotation;
use engine::{Boot, HOUR, Input, Now, SECOND, Wall};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

/// How long every access token lives: long enough to be planned for, and short, because the model
/// plays the keeper's ticks between two deadlines.
pub(crate) const LIFETIME_MS: i64 = 20 * SECOND;
/// The keeper's tick.
const TICK_MS: i64 = 5 * SECOND;
/// Nothing that renews here waits for longer than this.
const LONGEST_WAIT_MS: i64 = 2 * HOUR;
/// Longer than any token lives, and than any failure is waited for here.
const SLEEP_MS: i64 = 60 * SECOND;

/// The rules of the transaction. The proofs' own proof takes one away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Only the holder of the refresh lock sends the refresh token.
    pub(crate) lock: bool,
    /// Under the lock the record is read again, and what another process has renewed is adopted.
    pub(crate) adopt: bool,
    /// What is about to be sent is written down first.
    pub(crate) intent: bool,
    /// An answer is saved before it is handed out.
    pub(crate) save_first: bool,
    /// An answer is saved only over the epoch that it was asked for in.
    pub(crate) epoch: bool,
    /// A failure is told by its class: only a refusal ends a session.
    pub(crate) classes: bool,
    /// Nothing is sent for a session that the person has ended here since it was read.
    pub(crate) ended: bool,
    /// A sign-in of one's own that was read from disk before one heard of it is not begun again.
    pub(crate) sign_in: bool,
    /// What is broken in the engine.
    pub(crate) flaw: Option<Flaw>,
}

impl Rules {
    pub(crate) const ALL: Self = Self {
        lock: true,
        adopt: true,
        intent: true,
        save_first: true,
        epoch: true,
        classes: true,
        ended: true,
        sign_in: true,
        flaw: None,
    };
}

/// How often each thing may happen that nobody can foresee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bounds {
    pub(crate) sign_ins: u8,
    pub(crate) sign_outs: u8,
    /// A process dies.
    pub(crate) crashes: u8,
    /// An answer is lost after the server has decided.
    pub(crate) losses: u8,
    /// The server restarts: it cannot be reached, or says 503, and has not rotated.
    pub(crate) troubles: u8,
    /// The server ends every grant.
    pub(crate) revocations: u8,
    /// A write fails.
    pub(crate) full_disks: u8,
    /// The person asks for a renewal.
    pub(crate) asks: u8,
    /// Time passes to the next deadline.
    pub(crate) deadlines: u8,
    /// The computer sleeps for a minute.
    pub(crate) sleeps: u8,
}

/// What must never happen, where it shows in a step rather than in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// An older epoch, or an older renewal, replaced a newer one.
    CameBack,
    /// Signed out, and then signed in without a sign-in.
    SignedInAgain,
    /// A session ended although its stored refresh token was not refused.
    EndedUnrefused,
    /// A session ended because an answer was lost, and nobody said so.
    LossUntold,
}

/// One state of the model.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now_ms: i64,
    pub(crate) record: Option<Record>,
    /// Which process holds the refresh lock.
    pub(crate) locked_by: Option<usize>,
    pub(crate) processes: Vec<Option<Process>>,
    pub(crate) server: Server,
    /// Requests of processes that have died, which the server may still receive.
    pub(crate) orphans: Vec<Pair>,
    pub(crate) rules: Rules,
    pub(crate) left: Bounds,
    /// Whether a write has failed.
    pub(crate) disk_was_full: bool,
    /// Which pairs were ever on disk, a bit each.
    pub(crate) saved: u64,
    pub(crate) fault: Option<Fault>,
    /// No session up to this epoch need be kept: the person has ended it, written down or not.
    pub(crate) given_up: u64,
    /// No session up to this epoch could be kept: see `World::is_hazard`.
    pub(crate) out_of_reach: u64,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Start(usize),
    Dies(usize),
    SignIn(usize),
    SignOut(usize),
    Asks(usize),
    /// A refresh goes on by one step.
    Refresh(usize, usize),
    /// The same, and the disk takes nothing.
    RefreshDiskFull(usize, usize),
    /// The server answers a refresh.
    Answers(usize, usize),
    /// It decides, and its answer is lost.
    AnswerLost(usize, usize),
    /// It cannot be reached.
    Unreachable(usize, usize),
    /// It says 503.
    Unavailable(usize, usize),
    /// The request of a process that has died arrives.
    Arrives(usize),
    SignInGoesOn(usize, usize),
    SignInDiskFull(usize, usize),
    /// A sign-out, or a refusal, is written down.
    Writes(usize, usize),
    SignsOutAgain(usize),
    /// A process looks what others have written.
    Looks(usize),
    SavesAgain(usize),
    /// A deadline has fallen already.
    Ticks(usize),
    RevokesAll,
    ToTheNextDeadline,
    Sleeps,
}

/// What is checked: the world at its beginning, its rules and its bounds.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) processes: usize,
    pub(crate) rotation: Rotation,
    pub(crate) bounds: Bounds,
    pub(crate) rules: Rules,
    /// Worlds from which the session is known to go on once all is well.
    pub(crate) goes_on: Arc<Mutex<HashSet<u64>>>,
    /// Worlds from which callers are known to be served until the next renewal is over.
    pub(crate) serves_on: Arc<Mutex<HashSet<u64>>>,
}

pub(crate) fn moment(ms: i64) -> Now {
    Now { wall: Wall(1_800_000_000_000 + ms), boot: Boot(HOUR + ms) }
}

impl World {
    /// Somebody has just signed in, and every process has read that.
    pub(crate) fn new(model: &Model) -> Self {
        let mut server = Server::new(model.rotation);
        let pair = server.sign_in(0);
        let mut world = Self {
            now_ms: 0,
            record: Some(Record { epoch: 1, session: Some(Held::new(pair, 0, 0)) }),
            locked_by: None,
            processes: vec![None; model.processes],
            server,
            orphans: vec![],
            rules: model.rules,
            left: model.bounds,
            disk_was_full: false,
            saved: pair.bit(),
            fault: None,
            given_up: 0,
            out_of_reach: 0,
        };
        for process in 0..model.processes {
            world.start(process);
        }
        world
    }

    pub(crate) fn now(&self) -> Now {
        moment(self.now_ms)
    }

    pub(crate) fn alive(&self) -> impl Iterator<Item = (usize, &Process)> {
        self.processes.iter().enumerate().filter_map(|(p, it)| it.as_ref().map(|it| (p, it)))
    }

    pub(crate) fn process(&self, p: usize) -> &Process {
        self.processes[p].as_ref().expect("it lives")
    }

    pub(crate) fn process_mut(&mut self, p: usize) -> &mut Process {
        self.processes[p].as_mut().expect("it lives")
    }

    /// Every write goes through here, under the record lock: one step.
    pub(crate) fn write(&mut self, next: Record) {
        if let Some(stored) = &self.record {
            let age = |record: &Record| {
                (record.epoch, record.session.as_ref().map_or(0, |held| held.refreshes))
            };
            let ended = stored.session.is_none() && stored.epoch == next.epoch;
            if ended && next.session.is_some() {
                self.fault.get_or_insert(Fault::SignedInAgain);
            } else if age(&next) < age(stored) {
                self.fault.get_or_insert(Fault::CameBack);
            }
        }
        self.saved |= next.session.as_ref().map_or(0, |held| held.pair.bit());
        self.record = Some(next);
    }

    pub(crate) fn unlock(&mut self, p: usize) {
        if self.locked_by == Some(p) {
            self.locked_by = None;
        }
    }

    /// The next deadline of any process that is still to come.
    fn next_deadline_ms(&self) -> Option<i64> {
        let now = self.now();
        let next = |process: &Process| process.engine.next_deadline(now).map(|(at, _)| at);
        let next = self.alive().filter_map(|(_, process)| next(process)).min()?;
        Some((self.now_ms + (next - now.boot)).max(self.now_ms))
    }

    /// Time passes, in the keeper's ticks. Answers whether there was anything to wait for, and soon
    /// enough for anybody who waits.
    pub(crate) fn reach_the_next_deadline(&mut self) -> bool {
        let soon = |at: &i64| *at > self.now_ms && *at - self.now_ms <= LONGEST_WAIT_MS;
        let Some(until) = self.next_deadline_ms().filter(soon) else { return false };
        while self.now_ms < until {
            self.now_ms = until.min(self.now_ms + TICK_MS);
            self.tick_all();
        }
        true
    }

    pub(crate) fn sleep(&mut self) {
        self.now_ms += SLEEP_MS;
        self.tick_all();
    }

    fn tick_all(&mut self) {
        for p in 0..self.processes.len() {
            if self.processes[p].is_some() {
                self.handle(p, Input::Tick);
            }
        }
    }

    /// All that the future hangs on, each moment as its distance from now; not what is left of the
    /// bounds, nor what is only remembered to judge by.
    fn hash_standing(&self, into: &mut impl Hasher) {
        let Self {
            now_ms,
            record,
            locked_by,
            processes,
            server,
            orphans,
            rules: _,
            left: _,
            disk_was_full: _,
            saved: _,
            fault: _,
            given_up: _,
            out_of_reach: _,
        } = self;
        (locked_by, orphans, record.is_some()).hash(into);
        if let Some(record) = record {
            record.hash_at(*now_ms, into);
        }
        server.hash_at(*now_ms, into);
        for process in processes {
            process.is_some().hash(into);
            if let Some(process) = process {
                process.hash_at(*now_ms, into);
            }
        }
    }

    /// A number for all that the future hangs on.
    pub(crate) fn standing(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_standing(&mut hasher);
        hasher.finish()
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, into: &mut H) {
        self.hash_standing(into);
        (self.left, self.disk_was_full, self.saved, self.fault).hash(into);
        (self.given_up, self.out_of_reach).hash(into);
        self.server.hash_memory(into);
    }
}

impl PartialEq for World {
    /// As the checker sees it, too: by its hash.
    fn eq(&self, other: &Self) -> bool {
        let number = |world: &Self| {
            let mut hasher = DefaultHasher::new();
            world.hash(&mut hasher);
            hasher.finish()
        };
        number(self) == number(other)
    }
}
