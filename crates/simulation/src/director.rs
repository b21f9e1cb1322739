//! Lets a life happen to a computer on which a policy's app runs.

mod copies;
mod person;

use crate::computer::{BACK_MS, Computer, Link};
use crate::judge::{Conditions, Judge};
use crate::life::often::{MINUTE, SECOND};
use crate::life::{Copy, Event, Life, Options};
use crate::policies::Policy;
use crate::reply::Request;
use crate::report::Tally;
use crate::server::{Fact, Server};
use crate::wire::{Note, Noted};
use copies::Running;
use person::{Caller, Person};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Without any other reason, the windows are looked at so often, in milliseconds.
const LOOKS_EVERY_MS: i64 = MINUTE;
/// What calls the API on a person's behalf is not told that they have signed out: so long after it,
/// in milliseconds, it asks in every copy that runs.
const ASKS_AFTER_SIGN_OUT_MS: [i64; 4] = [0, 5 * SECOND, 15 * SECOND, 45 * SECOND];

/// Lets this life happen to this policy, and gives what the judge counted. Runs on this thread alone.
#[must_use]
pub fn play(policy: &dyn Policy, life: &Life, options: &Options) -> Tally {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // Without threads and I/O nothing is asked of the system that it could refuse.
    let Ok(runtime) = runtime else { return Tally::default() };
    runtime.block_on(async { Director::new(policy, life, options).play(life).await })
}

/// What happens soon, because of something that a policy did.
#[derive(Clone, Copy, Debug)]
enum Soon {
    Open(Copy),
    Kill { copy: Copy, away_ms: i64 },
    CallApi(Copy),
    SignOut(Copy),
    SignIn(Copy),
}

/// What waits for a refresh.
#[derive(Clone, Copy, Debug)]
enum Armed {
    Kill { after_ms: i64, away_ms: i64 },
    SignOut { elsewhere: bool, after_ms: i64, away_ms: i64 },
}

/// The judge, and what the person wants: shared with the callers.
pub(crate) struct Shared {
    pub(crate) judge: Judge,
    pub(crate) wants_in: bool,
    /// Some copy's sign-in form is being filled in.
    pub(crate) signing_in: Option<u64>,
}

struct Director<'a> {
    policy: &'a dyn Policy,
    computer: Computer,
    shared: Arc<Mutex<Shared>>,
    noted: watch::Receiver<u64>,
    copies: BTreeMap<Copy, Running>,
    runs: u64,
    soon: Vec<(i64, Soon)>,
    armed: Vec<Armed>,
    wanted_at: Copy,
    present: bool,
    looked_ms: i64,
}

impl<'a> Director<'a> {
    fn new(policy: &'a dyn Policy, life: &Life, options: &Options) -> Self {
        let unsigned = |ms: i64| u64::try_from(ms).unwrap_or(0);
        let (access, refresh) = (options.access_lifetime_ms, options.refresh_lifetime_ms);
        let server = Server::new(unsigned(access), unsigned(refresh));
        let mut judge = Judge::new(access, refresh, server.terms.rotation);
        judge.conditions(Conditions { awake: true, ..Conditions::default() }, 0);
        let computer = Computer::new(server, life.seed);
        Self {
            policy,
            noted: computer.noted(),
            computer,
            shared: Arc::new(Mutex::new(Shared { judge, wants_in: false, signing_in: None })),
            copies: BTreeMap::new(),
            runs: 0,
            soon: Vec::new(),
            armed: Vec::new(),
            wanted_at: 0,
            present: true,
            looked_ms: 0,
        }
    }

    async fn play(mut self, life: &Life) -> Tally {
        for (at_ms, event) in &life.events {
            self.until(*at_ms).await;
            self.happens(*event).await;
        }
        self.until(life.ends_ms).await;
        for copy in [0, 1] {
            self.stop(copy).await;
        }
        let now_ms = self.computer.true_ms();
        let mut tally = self.shared().judge.tally(now_ms);
        tally.seed = life.seed;
        tally
    }

    /// Lets time pass until then, and what happens soon happen in it.
    async fn until(&mut self, at_ms: i64) {
        loop {
            let now_ms = self.computer.true_ms();
            self.look(now_ms);
            if let Some(soon) = self.due(now_ms.min(at_ms)) {
                self.happens_soon(soon).await;
                continue;
            }
            if now_ms >= at_ms {
                return;
            }
            let soon_ms = self.soon.iter().map(|(at_ms, _)| *at_ms).min().unwrap_or(i64::MAX);
            let next_ms = at_ms.min(soon_ms).min(self.looked_ms + LOOKS_EVERY_MS);
            let pause = u64::try_from(next_ms - now_ms).unwrap_or(0);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(pause)) => {}
                _ = self.noted.changed() => {}
            }
        }
    }

    fn due(&mut self, now_ms: i64) -> Option<Soon> {
        let place = self.soon.iter().position(|(at_ms, _)| *at_ms <= now_ms)?;
        Some(self.soon.remove(place).1)
    }

    /// What a bystander sees: what went over the wire, and what the windows show.
    fn look(&mut self, now_ms: i64) {
        self.looked_ms = now_ms;
        self.noted.mark_unchanged();
        for note in self.computer.take_notes() {
            self.shared().judge.note(&note);
            self.set_off(&note);
        }
        self.shared().judge.tick(now_ms);
        let mut asking = Vec::new();
        for (copy, running) in &mut self.copies {
            while running.tasks.try_join_next().is_some() {}
            let asks = running.app.asks_for_sign_in();
            if asks && !running.asked {
                let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                shared.judge.asks_for_sign_in(&self.computer.server(), now_ms);
            }
            running.asked = asks;
            if asks {
                asking.push(*copy);
            }
        }
        self.sign_in(&asking);
    }

    /// Something on the wire sets off what waited for it.
    fn set_off(&mut self, note: &Note) {
        let copy_of = |run: u64| {
            self.copies.iter().find(|(_, running)| running.run == run).map(|(copy, _)| *copy)
        };
        let (run, reached) = match &note.what {
            Noted::Left { run, request: Request::Refresh { .. }, .. } => (*run, false),
            Noted::Reached { run, facts, .. } => {
                let renewed = facts.iter().any(|fact| matches!(fact, Fact::Renewed { .. }));
                if !renewed {
                    return;
                }
                (*run, true)
            }
            Noted::Left { .. } | Noted::Ended { .. } => return,
        };
        let Some(copy) = copy_of(run) else { return };
        let waits = |armed: &Armed| match armed {
            Armed::Kill { .. } => reached,
            Armed::SignOut { .. } => !reached,
        };
        let Some(place) = self.armed.iter().position(waits) else { return };
        match self.armed.remove(place) {
            Armed::Kill { after_ms, away_ms } => {
                self.soon.push((note.at_ms + after_ms, Soon::Kill { copy, away_ms }));
            }
            Armed::SignOut { elsewhere, after_ms, away_ms } => {
                let other = u8::from(copy == 0);
                let there = elsewhere && self.copies.contains_key(&other);
                let copy = if there { other } else { copy };
                let at_ms = note.at_ms + after_ms;
                self.soon.push((at_ms, Soon::SignOut(copy)));
                self.soon.push((at_ms + away_ms, Soon::SignIn(copy)));
            }
        }
    }

    /// The person signs in where a copy asks for it, or because they want to.
    fn sign_in(&mut self, asking: &[Copy]) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let running = |run| self.copies.values().any(|running| running.run == run);
        let busy = shared.signing_in.is_some_and(running);
        if !self.present || !shared.wants_in || busy {
            return;
        }
        let wanted = || match self.copies.contains_key(&self.wanted_at) {
            true => Some(self.wanted_at),
            false => self.copies.keys().next().copied(),
        };
        let copy = if shared.judge.is_signed_out() { wanted() } else { asking.first().copied() };
        let Some(copy) = copy else { return };
        let Some(running) = self.copies.get_mut(&copy) else { return };
        shared.signing_in = Some(running.run);
        let person = Person {
            app: Arc::clone(&running.app),
            computer: self.computer.clone(),
            shared: Arc::clone(&self.shared),
            run: running.run,
        };
        running.tasks.spawn(person.signs_in());
    }

    async fn happens_soon(&mut self, soon: Soon) {
        match soon {
            Soon::Open(copy) => self.open(copy),
            Soon::Kill { copy, away_ms } => self.kill(copy, away_ms).await,
            Soon::CallApi(copy) => self.call_api(copy),
            Soon::SignOut(copy) => self.sign_out(copy),
            Soon::SignIn(copy) => self.wants_in(copy),
        }
    }

    async fn happens(&mut self, event: Event) {
        let now_ms = self.computer.true_ms();
        match event {
            Event::Open(copy) => self.open(copy),
            Event::Quit(copy) => self.quit(copy).await,
            Event::Kill { copy, away_ms } => self.kill(copy, away_ms).await,
            Event::KillInMidRefresh { after_ms, away_ms } => {
                if after_ms < BACK_MS {
                    self.shared().judge.loses_an_answer(now_ms);
                }
                self.armed.push(Armed::Kill { after_ms, away_ms });
            }
            Event::SignOutInMidRefresh { elsewhere, after_ms, away_ms } => {
                self.armed.push(Armed::SignOut { elsewhere, after_ms, away_ms });
            }
            Event::Focus(copy) => {
                if let Some(running) = self.copies.get_mut(&copy) {
                    let app = Arc::clone(&running.app);
                    running.tasks.spawn(async move { app.focus().await });
                }
            }
            Event::CallApi(copy) => self.call_api(copy),
            Event::Comes => self.present = true,
            Event::Leaves => self.present = false,
            Event::Suspend { until_ms } => {
                self.computer.suspend((until_ms - now_ms).max(0));
                let woke_ms = self.computer.true_ms();
                self.shared().judge.slept(now_ms, woke_ms);
            }
            Event::Off { until_ms } => self.off(until_ms).await,
            Event::Connect(link) => self.connect(link, now_ms),
            Event::SetClock(wrong_ms) => self.computer.set_wrong(wrong_ms),
            Event::Server(mood) => {
                self.computer.server().mood = mood;
                self.conditions(|conditions| conditions.mood = mood);
            }
            Event::LoseAnswer => {
                self.computer.server().answers_to_lose = 1;
                self.shared().judge.loses_an_answer(now_ms);
            }
            Event::Rotate(rotation) => {
                self.computer.server().terms.rotation = rotation;
                self.shared().judge.rotates(rotation, now_ms);
            }
            Event::ServerClock(off_ms) => self.computer.server().clock_offset_ms = off_ms,
            Event::Revoke => {
                self.computer.server().revoke();
                self.shared().judge.revoked(now_ms);
            }
            Event::ChangeKeys => {
                self.computer.server().change_keys(now_ms);
                self.shared().judge.keys_changed(now_ms);
            }
            Event::SignOut(copy) => self.sign_out(copy),
            Event::SignIn(copy) => self.wants_in(copy),
        }
    }

    fn wants_in(&mut self, copy: Copy) {
        self.wanted_at = copy;
        self.shared().wants_in = true;
    }

    fn connect(&mut self, link: Link, now_ms: i64) {
        let before = self.computer.link();
        self.computer.connect(link);
        let mut shared = self.shared();
        let conditions = Conditions { link, ..shared.judge.present() };
        shared.judge.conditions(conditions, now_ms);
        drop(shared);
        let leads = |link| !matches!(link, Link::Down | Link::Portal);
        if !leads(before) && leads(link) {
            for running in self.copies.values_mut() {
                let app = Arc::clone(&running.app);
                running.tasks.spawn(async move { app.network_back().await });
            }
        }
    }

    fn sign_out(&mut self, copy: Copy) {
        let now_ms = self.computer.true_ms();
        let Some(running) = self.copies.get_mut(&copy) else { return };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if !shared.judge.is_signed_in() {
            return;
        }
        shared.wants_in = false;
        let ended = shared.judge.signs_out(now_ms);
        let (computer, shared) = (self.computer.clone(), Arc::clone(&self.shared));
        let app = Arc::clone(&running.app);
        running.tasks.spawn(async move {
            app.sign_out().await;
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.judge.signed_out(ended, computer.true_ms());
        });
        for copy in [0, 1] {
            let asks = |after_ms| (now_ms + after_ms, Soon::CallApi(copy));
            self.soon.extend(ASKS_AFTER_SIGN_OUT_MS.map(asks));
        }
    }

    fn call_api(&mut self, copy: Copy) {
        let Some(running) = self.copies.get_mut(&copy) else { return };
        let caller = Caller {
            app: Arc::clone(&running.app),
            computer: self.computer.clone(),
            shared: Arc::clone(&self.shared),
            run: running.run,
        };
        running.tasks.spawn(caller.calls());
    }

    fn conditions(&self, change: impl FnOnce(&mut Conditions)) {
        let now_ms = self.computer.true_ms();
        let mut shared = self.shared();
        let mut conditions = shared.judge.present();
        change(&mut conditions);
        shared.judge.conditions(conditions, now_ms);
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
