//! The activity as others hold it.

use crate::book::Book;
use crate::curl;
use crate::export;
use crate::life::{self, Life};
use crate::net::{cleaned, cleaned_life, in_calendar};
use crate::segments::Segments;
use crate::unmoved;
use crate::wire::{ActivityNews, Entry, ExportFormat, LifeHistory};
use crate::writer::{Files, Job, Writer};
use keeper::activity::{Event, Life as Told, Recorder, What};
use keeper::ports::Clock;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How much is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many entries.
    pub entries: usize,
    /// Their files hold so many bytes at most.
    pub entry_bytes: u64,
    /// So many tokens of the lifeline, and as many marks again and a half.
    pub tokens: usize,
    /// Its files hold so many bytes at most: two thirds of them for the tokens.
    pub life_bytes: u64,
}

impl Default for Limits {
    /// A day or more of busy work; and a month of tokens that live a minute each.
    fn default() -> Self {
        Self {
            entries: 4_000,
            entry_bytes: 4 * 1_024 * 1_024,
            tokens: 45_000,
            life_bytes: 18 * 1_024 * 1_024,
        }
    }
}

/// What was done and why, as far back as it is remembered.
///
/// What is told of a session that is kept in memory only is here as long as the process runs, and
/// nowhere else; all that a disk tells of it is that numbers are missing.
pub struct Activity {
    known: Mutex<Known>,
    /// Moves on with every entry, and when everything is forgotten.
    news: watch::Sender<()>,
    disk: Option<Disk>,
}

struct Disk {
    writer: Writer,
    /// By which it is told; what is written goes by [`Clock::unmoved`].
    clock: Arc<dyn Clock>,
}

struct Known {
    book: Book,
    life: Life,
    /// Counts how often everything was forgotten.
    forgotten: u64,
}

impl Activity {
    /// Reads what earlier runs have written down in `folder`, and goes on there. The folder and its
    /// files are made with the first entry, for their owner alone. Nothing here fails: what cannot be
    /// read is left out, what cannot be written is kept in memory. Blocks while it reads.
    ///
    /// What is told goes by `clock`, and so does what is here. What is written goes by the same clock
    /// as it stands unmoved: nothing on disk is later than the next start.
    #[must_use]
    pub fn open(folder: &Path, limits: Limits, clock: Arc<dyn Clock>) -> Arc<Self> {
        let bars = limits.life_bytes / 3 * 2;
        let files = Files {
            entries: Segments::new(folder, "activity", limits.entry_bytes),
            bars: Segments::new(folder, "tokens", bars),
            marks: Segments::new(folder, "marks", limits.life_bytes - bars),
        };
        let (mut book, mut life) = (Book::new(limits.entries), limits.life());
        let mut unreadable = files.entries.read(|line| {
            let entry = serde_json::from_str::<Entry>(line).ok();
            let entry = entry.filter(|it| can_be_counted_on(it) && in_calendar(it.at_ms));
            entry.map(|it| book.restore(Entry { what: cleaned(it.what), ..it })).is_some()
        });
        unreadable += files.bars.read(|line| {
            life::bar_in(line).map(|bar| life.add(keeper::activity::Living::Token(bar))).is_some()
        });
        unreadable += files.marks.read(|line| {
            life::mark_in(line).map(|mark| life.add(keeper::activity::Living::Mark(mark))).is_some()
        });
        if unreadable > 0 {
            tracing::warn!(unreadable, "lines of the activity were left out");
        }
        Self::with(book, life, Some(Disk { writer: Writer::new(files), clock }))
    }

    /// Keeps everything in memory only.
    #[must_use]
    pub fn in_memory(limits: Limits) -> Arc<Self> {
        Self::with(Book::new(limits.entries), limits.life(), None)
    }

    fn with(book: Book, life: Life, disk: Option<Disk>) -> Arc<Self> {
        let known = Mutex::new(Known { book, life, forgotten: 0 });
        Arc::new(Self { known, news: watch::Sender::new(()), disk })
    }

    /// What is there, and from then on what is added.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>) -> Subscription {
        let news = self.news.subscribe();
        Subscription { of: Arc::clone(self), news, seen: None }
    }

    /// Every entry there is, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        // Copied once nobody is kept waiting.
        let entries = self.known().book.all();
        entries.iter().map(|entry| Entry::clone(entry)).collect()
    }

    /// The lifeline as far back as it is remembered.
    #[must_use]
    pub fn life(&self) -> LifeHistory {
        self.known().life.history()
    }

    /// Forgets everything: at once in memory; answers when the files are gone, too. What is told
    /// afterwards is remembered again.
    ///
    /// # Errors
    /// A file could not be removed.
    pub async fn clear(&self) -> io::Result<()> {
        let removed = {
            let mut known = self.known();
            known.book.clear();
            known.life.clear();
            known.forgotten += 1;
            // Under the lock: what is told from now on waits behind it.
            self.disk.as_ref().map(|disk| disk.writer.clear())
        };
        self.news.send_replace(());
        match removed {
            None => Ok(()),
            Some(removed) => removed
                .await
                .unwrap_or_else(|_| Err(io::Error::other("nothing can be written or removed"))),
        }
    }

    /// Answers once everything so far is on disk, or cannot be put there. Waits as long as the disk
    /// does: whoever quits gives it a limit.
    pub async fn flush(&self) {
        let flushed = self.disk.as_ref().map(|disk| disk.writer.flush());
        if let Some(flushed) = flushed {
            let _closed = flushed.await;
        }
    }

    /// Writes every entry to `to`, as it was known at so many milliseconds since 1970; answers how
    /// many there were.
    ///
    /// # Errors
    /// As `to` fails.
    pub fn export(
        &self,
        format: ExportFormat,
        at_ms: i64,
        to: &mut dyn io::Write,
    ) -> io::Result<usize> {
        let entries = self.known().book.all();
        export::write(&entries, format, at_ms, to)?;
        Ok(entries.len())
    }

    /// The request of the exchange with this number, as one `curl` command for a POSIX shell with
    /// marks where its secrets were. `None` where that entry is gone, or is no exchange.
    #[must_use]
    pub fn curl(&self, seq: u64) -> Option<String> {
        let entry = self.known().book.entry(seq)?;
        let What::Exchange { exchange, .. } = &entry.what else { return None };
        curl::command(exchange)
    }

    fn add(&self, event: Event) {
        let Event { at_ms, memory_only, what } = event;
        let what = cleaned(what);
        {
            let mut known = self.known();
            let entry = known.book.add(at_ms, what);
            if let Some(disk) = self.disk.as_ref().filter(|_| !memory_only) {
                disk.writer.write(Job::Entry(unmoved::entry(entry, disk.clock.as_ref())));
            }
        }
        self.news.send_replace(());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Numbers beyond are not told apart by a page (RFC 8259 section 6); and a forged line must not leave
/// no number for what comes after it.
const LARGEST_NUMBER: u64 = 1 << 53;

fn can_be_counted_on(entry: &Entry) -> bool {
    entry.seq < LARGEST_NUMBER && entry.run < LARGEST_NUMBER
}

impl Recorder for Activity {
    fn record(&self, event: Event) {
        self.add(event);
    }

    fn life(&self, life: Told) {
        let Some(what) = cleaned_life(life.what) else { return };
        let mut known = self.known();
        known.life.add(what.clone());
        if let Some(disk) = self.disk.as_ref().filter(|_| !life.memory_only) {
            disk.writer.write(Job::Living(unmoved::living(what, disk.clock.as_ref())));
        }
    }
}

impl Limits {
    fn life(self) -> Life {
        Life::new(self.tokens, self.tokens.saturating_add(self.tokens / 2))
    }
}

/// Somebody who is told of every entry.
pub struct Subscription {
    of: Arc<Activity>,
    news: watch::Receiver<()>,
    /// How often everything was forgotten, and the number of the last entry told.
    seen: Option<(u64, u64)>,
}

impl Subscription {
    /// What there is at first; then what is added, once something is. Whoever lags behind so far that
    /// entries are forgotten is told everything anew, as is everybody when all was forgotten. May be
    /// dropped while it waits.
    pub async fn next(&mut self) -> ActivityNews {
        loop {
            self.news.mark_unchanged();
            if let Some(news) = self.look() {
                return news;
            }
            // The sender lives as long as this does.
            let _closed = self.news.changed().await;
        }
    }

    fn look(&mut self) -> Option<ActivityNews> {
        let (entries, anew) = {
            let known = self.of.known();
            let now = (known.forgotten, known.book.last_seq());
            let before = self.seen.replace(now);
            if before == Some(now) {
                return None;
            }
            let added = before
                .filter(|(forgotten, _)| *forgotten == known.forgotten)
                .and_then(|(_, seq)| known.book.after(seq));
            let anew = added.is_none();
            (added.unwrap_or_else(|| known.book.all()), anew)
        };
        let entries = entries.iter().map(|entry| Entry::clone(entry)).collect();
        Some(ActivityNews { anew, entries })
    }
}
