//! Going on with what could not be saved.

use super::{Message, Owner};
use crate::activity::DiskStep;
use crate::ports::VaultFailure;
use crate::record::Record;
use crate::refresh::{NotSaved, Saved};
use crate::store::Write;
use crate::unsaved::{Over, Unsaved};
use engine::{Input, Now, State, StoreTrouble};

impl Owner {
    /// An answer was handed out that is not on disk: it is held, with the lock, until it is.
    pub(super) fn not_saved(&mut self, record: Record, found: Over, how: NotSaved) {
        let NotSaved { why, lock, writing } = how;
        let unsaved = Unsaved::renewal(record, found, self.unsaved.take());
        let stand = unsaved.stand();
        self.unsaved = Some(unsaved);
        self.lock = lock;
        self.handle(Input::Unsaved(why.trouble()));
        if let Some((write, began)) = writing {
            self.await_save(stand, began, write);
        }
    }

    /// Goes on trying to save what could not be saved. Not while a refresh runs, which saves its
    /// answer itself, nor while the last try has not come back from the disk.
    pub(super) fn save_again(&mut self) {
        let idle = !self.saving && !matches!(self.engine.state(), State::Refreshing { .. });
        let Some(unsaved) = self.unsaved.clone().filter(|_| idle) else { return };
        let (stand, era) = (unsaved.stand(), self.era.clone());
        let began = self.clock.now();
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
        self.await_save(stand, began, write);
    }

    fn await_save(&mut self, stand: Over, began: Now, write: Write<Saved>) {
        self.saving = true;
        self.spawn(async move {
            let result = write.finished().await;
            Message::SavedLate { stand, began, result }
        });
    }

    pub(super) fn saved_late(
        &mut self,
        stand: Over,
        began: Now,
        result: Result<Saved, VaultFailure>,
    ) {
        self.saving = false;
        if self.unsaved.as_ref().map(Unsaved::stand) != Some(stand) {
            // Something newer has to be saved by now, or nothing any more.
            return;
        }
        match result {
            Ok(saved) => {
                if matches!(saved, Saved::Yes) {
                    self.tell_of_save(began, None);
                }
                self.unsaved = None;
                self.lock = None;
                self.handle(Input::Saved);
                if let Saved::No(stands) = saved {
                    self.adopt(stands.map(|record| *record));
                }
            }
            Err(failure) => {
                let trouble = failure.trouble();
                // It is tried every few seconds: the same trouble is told once.
                if self.shown.view.unsaved.as_ref() != Some(&trouble) {
                    self.tell_of_save(began, Some(trouble.clone()));
                }
                self.handle(Input::Unsaved(trouble));
            }
        }
    }

    fn tell_of_save(&self, began: Now, trouble: Option<StoreTrouble>) {
        let renewed = self.session.as_ref().is_some_and(|session| session.refreshes > 0);
        let step = if renewed { DiskStep::AnswerSaved } else { DiskStep::SignInSaved };
        self.teller.about(self.shown.keep).disk(step, began, trouble);
    }
}
