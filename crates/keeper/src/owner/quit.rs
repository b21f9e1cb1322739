//! Ending.

use super::{Owner, sleep};
use engine::SECOND;
use std::sync::Arc;

/// Quitting waits so long for a refresh, in milliseconds; then its intent stays.
const REFRESH_MS: i64 = 3 * SECOND;
/// And so long for a write in progress: a disk that hangs must not keep the app for ever.
const WRITE_MS: i64 = 30 * SECOND;

impl Owner {
    /// Tries once more to write what could not be written, waits for the writes in progress, and a
    /// little for a refresh. Whoever asks for something meanwhile is told that the app is quitting.
    pub(super) async fn quit(&mut self) {
        self.save_again();
        self.sign_out_again();
        let now = self.clock.now().boot;
        let enough = sleep(Arc::clone(&self.clock), Some(now + REFRESH_MS));
        let too_much = sleep(Arc::clone(&self.clock), Some(now + WRITE_MS));
        let store = self.store.clone();
        let written = async {
            enough.await;
            store.at_rest().await;
        };
        tokio::pin!(written, too_much);
        loop {
            let idle = self.work.is_empty();
            tokio::select! {
                Some(_done) = self.work.join_next() => {}
                Some(_message) = self.messages.recv() => {}
                () = self.store.at_rest(), if idle => break,
                () = &mut written => break,
                () = &mut too_much => break,
            }
        }
        self.work.detach_all();
    }
}
