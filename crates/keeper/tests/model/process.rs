//! One process: the real engine, and around it what the keeper's owner holds and does.
//! Models `owner.rs`, `owner/{deciding,renewal,saving,elsewhere}.rs` and `unsaved.rs` of the keeper.

use crate::record::{Held, Pair, Record};
use crate::refresh::{Refresh, Step};
use crate::signing::{SignIn, Write};
use crate::world::{Fault, World};
use engine::{
    Class, Effect, Engine, Exchange, Failure, Input, Policy, State, StoreTrouble, Trigger,
    WriteTrouble,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) engine: Arc<Engine>,
    /// The session in use. What it says of an intent is not looked at.
    pub(crate) session: Option<Held>,
    /// An answer that the engine has not decided about yet.
    answered: Option<Held>,
    pub(crate) tried: Option<Pair>,
    pub(crate) unsaved: Option<Unsaved>,
    /// The refresh lock is held for what could not be saved.
    pub(crate) keeps_lock: bool,
    /// A sign-out that is not written down: the epoch that it ended.
    pub(crate) unwritten: Option<u64>,
    pub(crate) known_epoch: u64,
    pub(crate) turn: u8,
    pub(crate) last_turn: u8,
    pub(crate) era: u8,
    pub(crate) refreshes: Vec<Refresh>,
    pub(crate) sign_ins: Vec<SignIn>,
    pub(crate) writes: Vec<Write>,
    /// No session of an epoch before this may be seen here any more.
    pub(crate) floor: u64,
}

/// What is on disk, by what tells it from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Over {
    epoch: Option<u64>,
    pair: Option<Pair>,
}

impl Over {
    pub(crate) fn of(record: Option<&Record>) -> Self {
        let held = record.and_then(|record| record.session.as_ref());
        Self { epoch: record.map(|record| record.epoch), pair: held.map(|held| held.pair) }
    }

    /// Whether that is what a refresh was begun for.
    pub(crate) fn is(self, epoch: u64, pair: Pair) -> bool {
        self == Self { epoch: Some(epoch), pair: Some(pair) }
    }
}

/// A record that is not on disk yet, and what it may replace there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsaved {
    pub(crate) record: Record,
    over: Vec<Over>,
    new_epoch: bool,
}

impl Unsaved {
    pub(crate) fn sign_in(record: Record) -> Self {
        Self { record, over: vec![], new_epoch: true }
    }

    pub(crate) fn renewal(record: Record, found: Over, before: Option<Self>) -> Self {
        let (mut over, new_epoch) =
            before.map_or((vec![], false), |before| (before.over, before.new_epoch));
        if !over.contains(&found) {
            over.push(found);
        }
        Self { record, over, new_epoch }
    }

    pub(crate) fn may_replace(&self, found: Over) -> bool {
        let older = self.new_epoch && found.epoch < Some(self.record.epoch);
        older || self.over.contains(&found)
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self { record, over, new_epoch } = self;
        record.hash_at(now_ms, into);
        (over, new_epoch).hash(into);
    }
}

pub(crate) fn disk_full() -> StoreTrouble {
    StoreTrouble { kind: WriteTrouble::DiskFull, detail: String::new() }
}

pub(crate) fn failure(class: Class) -> Box<Failure> {
    Box::new(Failure { class, retry_after_ms: None, exchange: Exchange::default() })
}

impl Process {
    /// The pair whose access token callers are given, while it is worth something.
    pub(crate) fn exposed(&self) -> Option<Pair> {
        let held = self.session.as_ref()?;
        (self.engine.in_use() == Some(held.pair.access())).then_some(held.pair)
    }

    pub(crate) fn needs_sign_in(&self) -> bool {
        matches!(self.engine.state(), State::NeedsSignIn { .. })
    }

    pub(crate) fn is_refreshing(&self) -> bool {
        matches!(self.engine.state(), State::Refreshing { .. })
    }

    pub(crate) fn hash_at(&self, now_ms: i64, into: &mut impl Hasher) {
        let Self {
            engine,
            session,
            answered: _,
            tried,
            unsaved,
            keeps_lock,
            unwritten,
            known_epoch,
            turn,
            last_turn,
            era,
            refreshes,
            sign_ins,
            writes,
            floor,
        } = self;
        engine.hash_standing(crate::world::moment(now_ms), into);
        (session.is_some(), unsaved.is_some(), refreshes.len(), sign_ins.len(), writes).hash(into);
        if let Some(held) = session {
            held.hash_at(now_ms, into);
        }
        if let Some(unsaved) = unsaved {
            unsaved.hash_at(now_ms, into);
        }
        for sign_in in sign_ins {
            sign_in.hash_at(now_ms, into);
        }
        for refresh in refreshes {
            refresh.hash_at(now_ms, into);
        }
        (tried, keeps_lock, unwritten, known_epoch, turn, last_turn, era, floor).hash(into);
    }
}

impl World {
    /// A process starts, and reads its record.
    pub(crate) fn start(&mut self, p: usize) {
        let (engine, _restore) = Engine::new(Policy::default(), 7, self.now());
        let stored = self.record.clone();
        let held = stored.as_ref().and_then(|record| record.session.clone());
        let epoch = stored.as_ref().map_or(0, |record| record.epoch);
        self.processes[p] = Some(Process {
            engine: Arc::new(engine),
            session: held.clone().map(|held| Held { intent: None, ..held }),
            answered: None,
            tried: held.as_ref().and_then(|held| held.intent),
            unsaved: None,
            keeps_lock: false,
            unwritten: None,
            known_epoch: epoch,
            turn: 0,
            last_turn: 0,
            era: 0,
            refreshes: vec![],
            sign_ins: vec![],
            writes: vec![],
            floor: epoch,
        });
        let snapshot = held.map(|held| held.snapshot(epoch, self.now_ms));
        self.handle(p, Input::Restored(snapshot));
    }

    /// A process dies: its locks are free, and what it has sent may still arrive.
    pub(crate) fn dies(&mut self, p: usize) {
        let died = self.processes[p].take().expect("it lives");
        self.unlock(p);
        let sent = died.refreshes.iter().filter(|it| it.step == Step::Sent);
        self.orphans.extend(sent.map(|it| it.held.pair));
    }

    /// Has the engine decide, and does it.
    pub(crate) fn handle(&mut self, p: usize, input: Input) {
        let (now, flaw) = (self.now(), self.rules.flaw);
        let process = self.process_mut(p);
        let (state, asked) = (process.engine.state(), input == Input::Came(Trigger::Asked));
        let heard = match flaw {
            Some(flaw) => flaw.hears(&process.engine, input, now),
            None => Some(input),
        };
        let Some(heard) = heard else { return };
        let mut effects = Arc::make_mut(&mut process.engine).handle(heard, now);
        if let Some(flaw) = flaw {
            flaw.decides(state, asked, &mut effects);
        }
        if let Some(epoch) = process.engine.epoch() {
            if epoch < process.floor {
                self.fault.get_or_insert(Fault::CameBack);
            } else {
                process.floor = epoch;
            }
        }
        for effect in effects {
            self.perform(p, effect);
        }
    }

    /// The same, with an answer at hand.
    pub(crate) fn handle_answer(&mut self, p: usize, held: Held, input: Input) {
        self.process_mut(p).answered = Some(held);
        self.handle(p, input);
        self.process_mut(p).answered = None;
    }

    fn perform(&mut self, p: usize, effect: Effect) {
        match effect {
            // It was read when the process started.
            Effect::Restore => {}
            Effect::Refresh { attempt, even_unwritten, .. } => {
                self.begin_refresh(p, attempt, even_unwritten);
            }
            Effect::Expose { .. } => {
                let now_ms = self.now_ms;
                let process = self.process_mut(p);
                let Some(held) = process.answered.take() else { return };
                let pair = held.pair;
                process.session = Some(held);
                // Whatever is handed out is used at once: the server knows then that it arrived.
                self.server.use_access(pair, now_ms);
            }
            Effect::Forget => {
                let process = self.process_mut(p);
                process.session = None;
                process.unsaved = None;
                self.give_up_lock(p);
            }
            Effect::Discard { .. } => {
                if let Some(held) = self.process_mut(p).answered.take() {
                    self.server.sign_out(held.pair);
                }
            }
            Effect::RecordRefusal { why } => {
                let process = self.process_mut(p);
                let (held, epoch) = (process.session.as_mut(), process.engine.epoch());
                if let (Some(held), Some(epoch)) = (held, epoch) {
                    held.refused = Some(why);
                    process.writes.push(Write::Refusal { epoch, pair: held.pair, why });
                }
            }
            Effect::Withhold { .. } | Effect::RecordWait { .. } => {
                panic!("there are no ID tokens here, and no server asks to wait: {effect:?}");
            }
        }
    }

    /// The lock that is kept for what could not be saved.
    pub(crate) fn give_up_lock(&mut self, p: usize) {
        if std::mem::take(&mut self.process_mut(p).keeps_lock) {
            self.unlock(p);
        }
    }

    /// Takes over what another process has saved.
    pub(crate) fn adopt(&mut self, p: usize, record: Option<Record>) {
        if self.process_mut(p).unsaved.take().is_some() {
            self.handle(p, Input::Saved);
        }
        self.give_up_lock(p);
        let now_ms = self.now_ms;
        let process = self.process_mut(p);
        process.session = None;
        let Some(record) = record else { return self.handle(p, Input::SignedOut) };
        process.known_epoch = process.known_epoch.max(record.epoch);
        if let Some(held) = record.session {
            let snapshot = held.snapshot(record.epoch, now_ms);
            process.session = Some(Held { intent: None, ..held });
            self.handle(p, Input::Adopted(snapshot));
        } else {
            process.floor = process.floor.max(record.epoch);
            self.handle(p, Input::SignedOut);
        }
    }

    /// Whether a look at the record would change anything here. Not while a write of this process
    /// is under way: what is read then is not used.
    pub(crate) fn has_news(&self, p: usize) -> bool {
        let (process, Some(record)) = (self.process(p), &self.record) else { return false };
        let found = Over::of(Some(record));
        let busy = process.unwritten.is_some() || !process.writes.is_empty();
        if busy || process.unsaved.as_ref().is_some_and(|unsaved| unsaved.may_replace(found)) {
            return false;
        }
        match (&process.session, &record.session) {
            (None, None) => record.epoch > process.known_epoch,
            (Some(ours), Some(theirs)) if self.is_same(p, record) => {
                let known = Held { intent: None, ..theirs.clone() };
                !process.is_refreshing() && *ours != known
            }
            (Some(_), _) | (None, Some(_)) => true,
        }
    }

    fn is_same(&self, p: usize, record: &Record) -> bool {
        let process = self.process(p);
        let ours = process.session.as_ref().map(|held| held.pair);
        let theirs = record.session.as_ref().map(|held| held.pair);
        process.engine.epoch() == Some(record.epoch) && ours == theirs
    }

    /// Looks at the record, and takes over what is news.
    pub(crate) fn look(&mut self, p: usize) {
        let Some(record) = self.record.clone() else { return };
        let now_ms = self.now_ms;
        let same = self.is_same(p, &record);
        let process = self.process_mut(p);
        match (&process.session, &record.session) {
            (None, None) => {
                process.known_epoch = process.known_epoch.max(record.epoch);
                process.floor = process.floor.max(record.epoch);
            }
            (Some(_), Some(theirs)) if same => {
                let snapshot = theirs.snapshot(record.epoch, now_ms);
                process.session = Some(Held { intent: None, ..theirs.clone() });
                self.handle(p, Input::Adopted(snapshot));
            }
            (Some(_), _) | (None, Some(_)) => self.adopt(p, Some(record)),
        }
    }

    pub(crate) fn can_save_again(&self, p: usize) -> bool {
        let process = self.process(p);
        process.unsaved.is_some() && !process.is_refreshing()
    }

    /// Saves what could not be saved.
    pub(crate) fn save_again(&mut self, p: usize) {
        let Some(unsaved) = self.process(p).unsaved.clone() else { return };
        let found = Over::of(self.record.as_ref());
        let known = found == Over::of(Some(&unsaved.record));
        let saved = known || unsaved.may_replace(found);
        if saved && !known {
            self.write(unsaved.record);
        }
        self.process_mut(p).unsaved = None;
        self.give_up_lock(p);
        self.handle(p, Input::Saved);
        if !saved {
            self.adopt(p, self.record.clone());
        }
    }
}
