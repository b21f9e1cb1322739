//! Asks a key source on a thread of its own, for so long and no longer.

use super::{Key, KeyFailure, KeySource};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Another source, with a limit to how long an answer may take.
///
/// A keychain that asks the person for a password answers when they did, or never. The thread that
/// waits is left behind and never joined; while it waits nobody else is asked, so that there is one
/// prompt at most, and its late answer serves the next one who asks.
pub struct TimeLimited<S> {
    source: Arc<S>,
    limit: Duration,
    waiting: Mutex<Option<Waiting>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    Find,
    Create,
    Forget,
}

type Answer = Result<Option<Key>, KeyFailure>;
type Waiting = (Request, Receiver<Answer>);

impl<S: KeySource + 'static> TimeLimited<S> {
    /// Gives `source` so long for each answer.
    #[must_use]
    pub fn new(source: S, limit: Duration) -> Self {
        Self { source: Arc::new(source), limit, waiting: Mutex::new(None) }
    }

    fn ask(&self, request: Request) -> Answer {
        // Held to the end: two threads in one keychain entry are not served in order.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked, answers)) = waiting.take() {
            match answers.recv_timeout(self.limit) {
                // "There is none" may be out of date by now, and another request's answer is none to
                // this one.
                Ok(Ok(None)) => {}
                Ok(answer) if asked == Request::Find && request == Request::Find => return answer,
                Ok(_) | Err(RecvTimeoutError::Disconnected) => {}
                Err(RecvTimeoutError::Timeout) => {
                    *waiting = Some((asked, answers));
                    return Err(no_answer());
                }
            }
        }
        let (answer, answers) = channel();
        let source = Arc::clone(&self.source);
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let answered = match request {
                    Request::Find => source.find(),
                    Request::Create => source.create().map(Some),
                    Request::Forget => source.forget().map(|()| None),
                };
                // Nobody listens any more: the app is closing.
                let _ = answer.send(answered);
            })
            .map_err(|error| KeyFailure::failed(error.to_string()))?;
        match answers.recv_timeout(self.limit) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                *waiting = Some((request, answers));
                Err(no_answer())
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(KeyFailure::Locked("asking the keychain ended without an answer".to_owned()))
            }
        }
    }
}

fn no_answer() -> KeyFailure {
    KeyFailure::Slow("no answer in time; it may be waiting for a password".to_owned())
}

impl<S: KeySource + 'static> KeySource for TimeLimited<S> {
    fn find(&self) -> Result<Option<Key>, KeyFailure> {
        self.ask(Request::Find)
    }

    fn create(&self) -> Result<Key, KeyFailure> {
        self.ask(Request::Create)?.ok_or_else(|| KeyFailure::failed("the keychain made no key"))
    }

    fn forget(&self) -> Result<(), KeyFailure> {
        self.ask(Request::Forget).map(|_| ())
    }
}
