//! The page that watches what the account in front does.

use super::Desk;
use activity::ActivityNews;
use std::sync::{Arc, PoisonError};
use tauri::ipc::Channel;

impl Desk {
    /// Tells a page of everything that the account in front did, and from then on of what is added,
    /// until the next one watches. When another account comes to the front, all of its is news.
    pub(crate) fn watch_activity(&self, channel: Channel<ActivityNews>) {
        let seats = Arc::clone(&self.seats);
        self.watched_by(Some(self.runtime.spawn(async move {
            let mut changes = seats.changes();
            loop {
                let seat = Arc::clone(&changes.borrow_and_update().front);
                let mut news = seat.activity.get().await.subscribe();
                loop {
                    tokio::select! {
                        news = news.next() => {
                            if channel.send(news).is_err() {
                                return;
                            }
                        }
                        changed = changes.changed() => {
                            if changed.is_err() {
                                return;
                            }
                            if changes.borrow().front.id != seat.id {
                                break;
                            }
                        }
                    }
                }
            }
        })));
    }

    /// Nobody watches any more.
    pub(crate) fn stop_watching_activity(&self) {
        self.watched_by(None);
    }

    fn watched_by(&self, task: Option<tokio::task::JoinHandle<()>>) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *watcher, task.map(|task| task.abort_handle()));
        if let Some(before) = before {
            before.abort();
        }
    }
}
