//! Going on with what could not be saved.

use super::{Message, Owner};
use crate::ports::VaultFailure;
use crate::record::Record;
use crate::refresh::{NotSaved, Saved};
use crate::store::Write;
use crate::unsaved::{Over, Unsaved};
use engine::{Input, State};

impl Owner {
    /// An answer was handed out that is not on disk: it is held, with the lock, until it is.
    pub(super) fn not_saved(&mut self, record: Record, found: Over, how: NotSaved) {
        let NotSaved { why, lock, writing } = how;
        let unsaved = Unsaved::renewal(record, found, self.unsaved.take());
        let stand = unsaved.stand();
        self.unsaved = Some(unsaved);
        self.lock = lock;
        self.handle(Input::Unsaved(why.trouble()));
        if let Some(write) = writing {
            self.await_save(stand, write);
        }
    }

    /// Goes on trying to save what could not be saved. Not while a refresh runs, which saves its
    /// answer itself, nor while the last try has not come back from the disk.
    pub(super) fn save_again(&mut self) {
        let idle = !self.saving && !matches!(self.engine.state(), State::Refreshing { .. });
        let Some(unsaved) = self.unsaved.clone().filter(|_| idle) else { return };
        let (stand, era) = (unsaved.stand(), self.era.clone());
        let write = self.store.write(move |vault| {
            let mut saved = false;
            let stands = vault.change(&mut |stored| {
                let found = Over::of(stored);
                saved = found == unsaved.stand();
                // A session that has ended here meanwhile must not come back.
                if saved || era.is_overtaken() || !unsaved.may_replace(found) {
                    return None;
                }
                saved = true;
                Some(unsaved.over(stored))
            })?;
            Ok(if saved { Saved::Yes } else { Saved::No(stands.map(Box::new)) })
        });
        self.await_save(stand, write);
    }

    fn await_save(&mut self, stand: Over, write: Write<Saved>) {
        self.saving = true;
        self.spawn(async move { Message::SavedLate { stand, result: write.finished().await } });
    }

    pub(super) fn saved_late(&mut self, stand: Over, result: Result<Saved, VaultFailure>) {
        self.saving = false;
        if self.unsaved.as_ref().map(Unsaved::stand) != Some(stand) {
            // Something newer has to be saved by now, or nothing any more.
            return;
        }
        match result {
            Ok(saved) => {
                self.unsaved = None;
                self.lock = None;
                self.handle(Input::Saved);
                if let Saved::No(stands) = saved {
                    self.adopt(stands.map(|record| *record));
                }
            }
            Err(failure) => self.handle(Input::Unsaved(failure.trouble())),
        }
    }
}
