//! Every account with its keeper and its activity, and which one is in front.
//!
//! Where there is no account yet, a spare seat is in front: it becomes an account once its record
//! names one. So a sign-in that fails adds nothing, and what an older version of the app has left is
//! taken over by being read.

mod seat;

pub(crate) use seat::Seat;

use crate::book::{self, Book, BookFile, FIRST, Found, Line};
use crate::wire::{AppError, ErrorCode};
use engine::Trigger;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// Opens the seat of an account over the files that have its name.
pub(crate) type Open = Box<dyn Fn(&str) -> io::Result<Seat> + Send + Sync>;

/// Every account.
pub(crate) struct Seats {
    state: watch::Sender<State>,
    open: Open,
    file: BookFile,
    /// The app quits: no account comes any more.
    quitting: AtomicBool,
    /// Held by whoever changes the book.
    changing: tokio::sync::Mutex<()>,
    runtime: tokio::runtime::Handle,
}

/// The accounts as they stand.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) book: Book,
    /// Every open seat: the accounts', those of accounts that are leaving, and the spare one.
    pub(crate) seats: BTreeMap<String, Arc<Seat>>,
    pub(crate) front: Arc<Seat>,
    /// Where the next account will be, if there is one already.
    spare: Option<String>,
}

impl State {
    /// The accounts in their order, and last those that are not in the book yet.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Arc<Seat>> {
        let named = self.book.accounts.iter().filter_map(|line| self.seats.get(&line.id));
        named.chain(self.seats.values().filter(|seat| {
            let elsewhere = self.book.line(&seat.id).is_some() || self.is_leaving(&seat.id);
            !elsewhere && seat.recorded().is_some_and(|account| !account.is_null())
        }))
    }

    /// Whether it was removed.
    pub(crate) fn is_leaving(&self, id: &str) -> bool {
        self.book.leaving.iter().any(|it| it == id)
    }

    /// The settings to sign in by at this seat: those of the session, unless they were changed since.
    pub(crate) fn settings(&self, seat: &Seat) -> Option<Value> {
        let line = self.book.line(&seat.id);
        let changed = line.filter(|line| line.changed).map(|line| line.account.clone());
        changed.or_else(|| seat.recorded()).or_else(|| line.map(|line| line.account.clone()))
    }
}

impl Seats {
    /// Opens every account there is. Answers what was damaged, too.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub(crate) fn new(
        open: Open,
        file: BookFile,
        runtime: tokio::runtime::Handle,
    ) -> io::Result<(Self, Option<String>)> {
        let found = file.read();
        let fresh = found == Found::Absent;
        let (book, damage) = match found {
            Found::Whole(book) => (Some(book), None),
            Found::Absent => (None, None),
            Found::Damaged(why) => {
                let name = file.set_aside()?;
                (None, Some(format!("{name}: {why}")))
            }
            Found::Untouchable(why) => (None, Some(why)),
        };
        let known = book.is_some();
        let mut book = book.unwrap_or_default();
        let mut seats = BTreeMap::new();
        // Without a book, whoever has files is an account once its record has named it.
        let found = if known { Vec::new() } else { file.on_disk() };
        let ids = book.accounts.iter().map(|line| &line.id).chain(&book.leaving).chain(&found);
        for id in ids {
            seats.insert(id.clone(), Arc::new(open(id)?));
        }
        let wanted = book.front.clone().or_else(|| book.accounts.first().map(|l| l.id.clone()));
        let front = wanted.or_else(|| found.first().cloned());
        let front = front.and_then(|id| seats.get(&id).cloned());
        let (front, spare) = if let Some(front) = front {
            (front, None)
        } else {
            let id = if fresh { FIRST.to_owned() } else { book::new_id()? };
            let seat = Arc::new(open(&id)?);
            seats.insert(id.clone(), Arc::clone(&seat));
            (seat, Some(id))
        };
        book.front = book.line(&front.id).map(|line| line.id.clone());
        let state = watch::Sender::new(State { book, seats, front, spare });
        let (quitting, changing) = (AtomicBool::default(), tokio::sync::Mutex::default());
        Ok((Self { state, open, file, quitting, changing, runtime }, damage))
    }

    /// How they stand.
    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// The same, on every change: of the book, of the one in front, and of what a line says.
    pub(crate) fn changes(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// The one in front.
    pub(crate) fn front(&self) -> Arc<Seat> {
        Arc::clone(&self.state.borrow().front)
    }

    /// An account's.
    ///
    /// # Errors
    /// There is no such account.
    pub(crate) fn of(&self, id: &str) -> Result<Arc<Seat>, AppError> {
        let state = self.state.borrow();
        let seat = state.seats.get(id).filter(|_| !state.is_leaving(id));
        seat.cloned().ok_or_else(no_such)
    }

    /// Every open one.
    pub(crate) fn all(&self) -> Vec<Arc<Seat>> {
        self.state.borrow().seats.values().cloned().collect()
    }

    /// What a line would say of one of them is another thing now.
    pub(crate) fn said(&self) {
        self.state.send_modify(|_| ());
    }

    /// Tells every keeper that something happened.
    pub(crate) async fn tell(&self, trigger: Trigger) {
        for seat in self.all() {
            seat.keepers.tell(trigger).await;
        }
    }

    /// Has every keeper look at the clocks.
    pub(crate) async fn look(&self) {
        for seat in self.all() {
            seat.keeper().look().await;
        }
    }

    /// A place for one account more.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) async fn spare(&self) -> Result<Arc<Seat>, AppError> {
        let _one_at_a_time = self.changing.lock().await;
        let state = self.state();
        let spare = state.spare.and_then(|id| state.seats.get(&id).cloned());
        if let Some(spare) = spare.filter(|spare| state.book.line(&spare.id).is_none()) {
            return Ok(spare);
        }
        let seat = self.opened(&book::new_id().map_err(not_saved)?)?;
        self.state.send_modify(|state| {
            state.spare = Some(seat.id.clone());
            state.seats.insert(seat.id.clone(), Arc::clone(&seat));
        });
        Ok(seat)
    }

    /// Its record names this account: it is one from now on, and where it is new, and somebody has just
    /// signed in there, in front.
    ///
    /// # Errors
    /// The book cannot be written.
    pub(crate) async fn adopt(
        &self,
        seat: &Arc<Seat>,
        account: Value,
        signed_in: bool,
    ) -> Result<(), AppError> {
        let (it, in_front) = (Arc::clone(seat), self.front().id == seat.id);
        self.update(move |book| {
            // It was forgotten meanwhile.
            if !signed_in && it.recorded().as_ref() != Some(&account) {
                return;
            }
            if book.leaving.contains(&it.id) {
                return;
            }
            match book.line_mut(&it.id) {
                Some(line) if line.changed && !signed_in => {}
                Some(line) => (line.account, line.changed) = (account, false),
                None => {
                    book.accounts.push(Line { id: it.id.clone(), account, changed: false });
                    if signed_in || in_front {
                        book.front = Some(it.id.clone());
                    }
                }
            }
        })
        .await
    }

    /// Brings this account to the front.
    ///
    /// # Errors
    /// There is no such account.
    pub(crate) async fn bring_to_front(&self, id: &str) -> Result<(), AppError> {
        let front = self.of(id)?;
        // At once: the window does not wait for a disk.
        self.state.send_modify(|state| state.front = Arc::clone(&front));
        let id = front.id.clone();
        let known = move |book: &mut Book| {
            if book.line(&id).is_some() {
                book.front = Some(id);
            }
        };
        // Which one is in front is a convenience: it must not fail for want of disk.
        if let Err(error) = self.update(known).await {
            tracing::warn!(error = error.message, "which account is in front was not written down");
        }
        Ok(())
    }

    /// Changes the book, and opens and closes what has to be after that.
    ///
    /// # Errors
    /// It cannot be written: nothing is changed.
    pub(crate) async fn update(
        &self,
        change: impl FnOnce(&mut Book) + Send + 'static,
    ) -> Result<(), AppError> {
        let _one_at_a_time = self.changing.lock().await;
        let (file, known) = (self.file.clone(), self.state.borrow().book.clone());
        let front = known.front.clone();
        let written = self.runtime.spawn_blocking(move || {
            file.update(known, |book| {
                // Another copy has its own in front.
                if front.as_ref().is_some_and(|front| book.line(front).is_some()) {
                    book.front = front;
                }
                change(book);
            })
        });
        let written = written.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        self.follow(written.map_err(not_saved)?)
    }

    /// Opens what the book names and is not open, and closes what it does not name any more.
    fn follow(&self, book: Book) -> Result<(), AppError> {
        let mut next = self.state();
        let named = |id: &String| book.line(id).is_some() || book.leaving.contains(id);
        for line in &book.accounts {
            if !next.seats.contains_key(&line.id) {
                let seat = self.opened(&line.id)?;
                next.seats.insert(line.id.clone(), seat);
            }
        }
        // Those that are no account yet stay: the spare one, and what was found without a book.
        let gone: Vec<Arc<Seat>> = next
            .seats
            .values()
            .filter(|seat| {
                let was =
                    next.book.line(&seat.id).is_some() || next.book.leaving.contains(&seat.id);
                was && !named(&seat.id)
            })
            .cloned()
            .collect();
        for seat in &gone {
            next.seats.remove(&seat.id);
        }
        if next.spare.as_ref().is_some_and(named) {
            next.spare = None;
        }
        let is_account = book.line(&next.front.id).is_some();
        let wanted = book.front.as_ref().or_else(|| book.accounts.first().map(|line| &line.id));
        match wanted.and_then(|id| next.seats.get(id)) {
            Some(seat) if !is_account || book.front != next.book.front => {
                next.front = Arc::clone(seat);
            }
            Some(_) => {}
            None if next.spare.as_ref() == Some(&next.front.id) => {}
            None => {
                let spare = match next.spare.as_ref().and_then(|id| next.seats.get(id)) {
                    Some(spare) => Arc::clone(spare),
                    None => self.opened(&book::new_id().map_err(not_saved)?)?,
                };
                next.seats.insert(spare.id.clone(), Arc::clone(&spare));
                next.spare = Some(spare.id.clone());
                next.front = spare;
            }
        }
        next.book = book;
        self.state.send_replace(next);
        for seat in gone {
            self.runtime.spawn(async move { seat.keepers.quit().await });
        }
        Ok(())
    }

    /// No account is left: the seat in front is the spare one, and every other, which is answered, is
    /// nobody's.
    ///
    /// # Errors
    /// The book cannot be written.
    pub(crate) async fn clear(&self) -> Result<Vec<Arc<Seat>>, AppError> {
        let _one_at_a_time = self.changing.lock().await;
        let file = self.file.clone();
        let write = move || file.update(Book::default(), |book| *book = Book::default());
        let written = self.runtime.spawn_blocking(write).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        let mut others = Vec::new();
        self.state.send_modify(|state| {
            state.book = Book::default();
            state.spare = Some(state.front.id.clone());
            let front = state.seats.remove(&state.front.id);
            others.extend(std::mem::take(&mut state.seats).into_values());
            state.seats.extend(front.map(|front| (front.id.clone(), front)));
        });
        written.map(|_book| others).map_err(not_saved)
    }

    fn opened(&self, id: &str) -> Result<Arc<Seat>, AppError> {
        if self.is_quitting() {
            return Err(AppError::new(ErrorCode::Quitting, "the app is quitting"));
        }
        (self.open)(id).map(Arc::new).map_err(not_saved)
    }

    /// Whether the app quits.
    pub(crate) fn is_quitting(&self) -> bool {
        self.quitting.load(Ordering::SeqCst)
    }

    /// Ends every keeper, all at the same time; what never became an account leaves no trace.
    pub(crate) async fn quit(&self) {
        self.quitting.store(true, Ordering::SeqCst);
        let state = self.state();
        let mut ending = tokio::task::JoinSet::new();
        for seat in state.seats.into_values() {
            ending.spawn_on(async move { seat.keepers.quit().await }, &self.runtime);
        }
        let _ended = ending.join_all().await;
    }

    /// Removes what a place for an account has left that became none. To be called at the very end.
    pub(crate) fn clear_up(&self) {
        let state = self.state();
        let spare = state.spare.filter(|id| id != FIRST && state.book.line(id).is_none());
        if let Some(seat) = spare.and_then(|id| state.seats.get(&id).cloned())
            && seat.recorded().is_none()
        {
            seat.remove_files();
        }
    }
}

fn no_such() -> AppError {
    AppError::new(ErrorCode::BadSettings, "there is no such account")
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands on")]
fn not_saved(error: io::Error) -> AppError {
    AppError::new(ErrorCode::NotSaved, error.to_string())
}
