//! Writes on a thread of its own, so that nobody who tells something waits for a disk.

use crate::life::{bar_line, mark_line};
use crate::segments::{Segments, Tail};
use crate::wire::Entry;
use keeper::activity::Living;
use keeper::ports::store_trouble;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// So much may wait for a disk that does not answer; then the oldest of it is left out.
const WAITING: usize = 20_000;

/// The files.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) entries: Segments,
    pub(crate) bars: Segments,
    pub(crate) marks: Segments,
}

/// Where to leave what is to be written.
pub(crate) struct Writer(Arc<Desk>);

#[derive(Default)]
struct Desk {
    queue: Mutex<Queue>,
    news: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Everything is to be removed before the jobs are done.
    clear: Vec<oneshot::Sender<io::Result<()>>>,
    /// They are told once the jobs are done.
    flush: Vec<oneshot::Sender<()>>,
    over: bool,
}

/// A line to write.
pub(crate) enum Job {
    Entry(Arc<Entry>),
    Living(Living),
}

impl Writer {
    /// Begins. Where no thread can be had, nothing is written, and that is said.
    pub(crate) fn new(files: Files) -> Self {
        let desk = Arc::new(Desk::default());
        let of_thread = Arc::clone(&desk);
        let begun = std::thread::Builder::new()
            .name("activity".to_owned())
            .spawn(move || write(&of_thread, &files));
        if let Err(error) = begun {
            tracing::warn!(%error, "the activity is not written down");
            desk.lock().over = true;
        }
        Self(desk)
    }

    pub(crate) fn write(&self, job: Job) {
        let mut queue = self.0.lock();
        if queue.over {
            return;
        }
        if queue.jobs.len() >= WAITING {
            queue.jobs.pop_front();
        }
        queue.jobs.push_back(job);
        self.0.news.notify_one();
    }

    /// Removes everything: what is on disk, and what waits to be written. Closed without an answer
    /// where nobody writes.
    pub(crate) fn clear(&self) -> oneshot::Receiver<io::Result<()>> {
        let (told, done) = oneshot::channel();
        let mut queue = self.0.lock();
        queue.jobs.clear();
        if !queue.over {
            queue.clear.push(told);
            self.0.news.notify_one();
        }
        done
    }

    /// Answers once everything so far is written.
    pub(crate) fn flush(&self) -> oneshot::Receiver<()> {
        let (told, done) = oneshot::channel();
        let mut queue = self.0.lock();
        if !queue.over {
            queue.flush.push(told);
            self.0.news.notify_one();
        }
        done
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.news.notify_one();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `None` when nothing will come any more.
    fn next(&self) -> Option<Queue> {
        let idle = |queue: &mut Queue| {
            queue.jobs.is_empty() && queue.clear.is_empty() && queue.flush.is_empty() && !queue.over
        };
        let mut queue =
            self.news.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let over = queue.over;
        let taken = std::mem::take(&mut *queue);
        queue.over = over;
        let nothing = taken.jobs.is_empty() && taken.clear.is_empty() && taken.flush.is_empty();
        (!(over && nothing)).then_some(taken)
    }
}

/// The ends of the files, and whether the last write went well.
struct Tails {
    entries: Tail,
    bars: Tail,
    marks: Tail,
    in_trouble: bool,
}

fn write(desk: &Desk, files: &Files) {
    let mut tails = Tails {
        entries: files.entries.tail(),
        bars: files.bars.tail(),
        marks: files.marks.tail(),
        in_trouble: false,
    };
    while let Some(Queue { jobs, clear, flush, over: _ }) = desk.next() {
        if !clear.is_empty() {
            let mut came = tails.remove();
            for told in clear {
                let again = came.as_ref().map_err(|error| io::Error::from(error.kind())).copied();
                let _gone = told.send(std::mem::replace(&mut came, again));
            }
        }
        for job in &jobs {
            let written = tails.write(job);
            tails.say(written);
        }
        if !flush.is_empty() {
            let synced = tails.sync();
            tails.say(synced);
        }
        for told in flush {
            let _gone = told.send(());
        }
    }
}

impl Tails {
    fn write(&mut self, job: &Job) -> io::Result<()> {
        match job {
            Job::Entry(entry) => self.entries.append(&serde_json::to_string(entry.as_ref())?),
            Job::Living(Living::Token(bar)) => self.bars.append(&bar_line(bar)?),
            Job::Living(Living::Mark(mark)) => self.marks.append(&mark_line(mark)?),
        }
    }

    /// Trouble is said once, until a write goes well again.
    fn say(&mut self, came: io::Result<()>) {
        match came {
            Ok(()) => self.in_trouble = false,
            Err(error) if !self.in_trouble => {
                self.in_trouble = true;
                let trouble = store_trouble(&error);
                tracing::warn!(kind = ?trouble.kind, detail = trouble.detail, "the activity cannot be written down");
            }
            Err(_) => {}
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.entries.sync().and(self.bars.sync()).and(self.marks.sync())
    }

    fn remove(&mut self) -> io::Result<()> {
        let came = [self.entries.remove(), self.bars.remove(), self.marks.remove()];
        came.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Mark, MarkKind};

    #[test]
    fn what_waits_when_everything_is_forgotten_is_forgotten_too() {
        // Nobody takes anything from this desk.
        let writer = Writer(Arc::default());
        let mark = Mark { at_ms: 0, kind: MarkKind::SignIn };
        writer.write(Job::Living(Living::Mark(mark)));
        let _told = writer.clear();
        writer.write(Job::Living(Living::Mark(mark)));
        let queue = writer.0.lock();
        assert_eq!((queue.jobs.len(), queue.clear.len()), (1, 1));
    }

    #[test]
    fn a_disk_that_never_answers_does_not_fill_the_memory() {
        let writer = Writer(Arc::default());
        let mark = Mark { at_ms: 0, kind: MarkKind::SignIn };
        for _ in 0..WAITING + 10 {
            writer.write(Job::Living(Living::Mark(mark)));
        }
        assert_eq!(writer.0.lock().jobs.len(), WAITING);
    }
}
