//! The entries in memory: numbered, bounded, and searched for refresh tokens that were sent twice.

use crate::wire::Entry;
use engine::InputKind;
use keeper::activity::{DiskStep, Ending, Purpose, What};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Every entry there is.
pub(crate) struct Book {
    entries: VecDeque<Arc<Entry>>,
    most: usize,
    next_seq: u64,
    run: u64,
    /// Which entry has sent a refresh token that no answer has given since.
    sent: HashMap<String, u64>,
    /// The refresh token that is about to be sent, and the entry that says so.
    about_to: Option<(String, u64)>,
}

impl Book {
    pub(crate) fn new(most: usize) -> Self {
        let (entries, sent) = (VecDeque::new(), HashMap::new());
        Self { entries, most, next_seq: 1, run: 1, sent, about_to: None }
    }

    /// Takes back what an earlier run has written down.
    pub(crate) fn restore(&mut self, entry: Entry) {
        // Two copies of the app may have written at once, and used one number twice.
        let seq = entry.seq.max(self.next_seq);
        self.next_seq = seq.saturating_add(1);
        self.run = self.run.max(entry.run.saturating_add(1));
        self.note_tokens(seq, &entry.what);
        self.push(Arc::new(Entry { seq, ..entry }));
    }

    /// Adds what was done just now.
    pub(crate) fn add(&mut self, at_ms: i64, what: What) -> Arc<Entry> {
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        let sent_before = self.note_tokens(seq, &what);
        let entry = Arc::new(Entry { seq, run: self.run, at_ms, what, sent_before });
        self.push(Arc::clone(&entry));
        entry
    }

    /// Takes note of the tokens that were sent, and of those that came; answers who has sent the same
    /// before. A token that was given since is not one that was used twice: the server keeps it, or
    /// another one has the same six characters.
    fn note_tokens(&mut self, seq: u64, what: &What) -> Option<u64> {
        let (purpose, outcome, sent, access, refresh) = match what {
            What::Exchange { purpose, outcome, sent, access, refresh, .. } => {
                (purpose, outcome, sent, access, refresh)
            }
            What::Disk { step: DiskStep::IntentWritten, trouble: None, token, .. } => {
                self.about_to = token.clone().map(|token| (token, seq));
                return None;
            }
            // A new start of the keeper: what was about to be sent before may have been sent, and
            // nobody was there to tell what came of it.
            What::Decision { input: InputKind::Restored, .. } => {
                self.sent.extend(self.about_to.take());
                return None;
            }
            What::Decision { .. } | What::Disk { .. } | What::Switch { .. } | What::App { .. } => {
                return None;
            }
        };
        if *purpose == Purpose::Refresh {
            self.about_to = None;
        }
        let before = match (purpose, sent) {
            (Purpose::Refresh, Some(sent)) => self.sent.insert(sent.clone(), seq),
            (
                Purpose::Refresh
                | Purpose::SignIn
                | Purpose::SignOut
                | Purpose::Api
                | Purpose::Discovery
                | Purpose::Keys
                | Purpose::DeviceCode
                | Purpose::Confirm,
                _,
            ) => None,
        };
        if *outcome == Ending::Good {
            for came in [access, refresh].into_iter().flatten() {
                self.sent.remove(came);
            }
        }
        before
    }

    fn push(&mut self, entry: Arc<Entry>) {
        if self.entries.len() >= self.most
            && let Some(oldest) = self.entries.pop_front()
            && let What::Exchange { sent: Some(sent), .. } | What::Disk { token: Some(sent), .. } =
                &oldest.what
            && self.sent.get(sent) == Some(&oldest.seq)
        {
            self.sent.remove(sent);
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.sent.clear();
        self.about_to = None;
    }

    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.entries.iter().cloned().collect()
    }

    /// Those after that number; `None` where some of them are forgotten already.
    pub(crate) fn after(&self, seq: u64) -> Option<Vec<Arc<Entry>>> {
        let first = self.entries.front().map_or(self.next_seq, |entry| entry.seq);
        if first > seq.saturating_add(1) {
            return None;
        }
        let known = self.entries.partition_point(|entry| entry.seq <= seq);
        Some(self.entries.iter().skip(known).cloned().collect())
    }

    pub(crate) fn entry(&self, seq: u64) -> Option<Arc<Entry>> {
        let at = self.entries.partition_point(|entry| entry.seq < seq);
        self.entries.get(at).filter(|entry| entry.seq == seq).cloned()
    }

    /// The number of the last one, whether it is here still or not.
    pub(crate) fn last_seq(&self) -> u64 {
        self.next_seq.saturating_sub(1)
    }
}
