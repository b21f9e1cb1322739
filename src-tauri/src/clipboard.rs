//! The system's clipboard. A token stays on it for a minute at most.

use engine::{Boot, SECOND};
use keeper::clock::SystemClock;
use keeper::ports::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// So long a token stays on the clipboard, in milliseconds: by this computer's clock, which nobody
/// moves and which goes on while it is suspended.
const KEPT_MS: i64 = 60 * SECOND;
/// Other programs may be at the clipboard: so often it is tried to look at it, so far apart.
const LOOKS: u32 = 5;
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Where text is put for other programs. What goes wrong is told in the system's words.
pub(crate) trait Board: Send {
    /// Puts a text on it; a secret one where no history remembers it, if the system has such a place.
    fn put(&mut self, text: &str, secret: bool) -> Result<(), String>;
    /// The text on it; `None` where what is on it is none.
    fn text(&mut self) -> Result<Option<String>, String>;
    /// Takes off what is on it.
    fn clear(&mut self) -> Result<(), String>;
}

/// The clipboard, and what this app has put on it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Clipboard(Arc<Inner>);

struct Inner {
    open: Box<dyn Fn() -> Result<Box<dyn Board>, String> + Send + Sync>,
    /// Opened when it is first needed, and kept open: on X11 whoever has copied hands it over.
    board: Mutex<Option<Box<dyn Board>>>,
    token: Mutex<Option<Token>>,
    hasher: RandomState,
    clock: Arc<dyn Clock>,
    /// The app quits: nothing is put on it any more.
    closed: AtomicBool,
    runtime: tokio::runtime::Handle,
}

/// A token that may be on the clipboard still.
struct Token {
    /// Of the token, under a key of this process: the token itself is not remembered.
    hash: u64,
    timer: AbortHandle,
}

impl Clipboard {
    /// The system's.
    pub(crate) fn of_the_system(runtime: tokio::runtime::Handle) -> Self {
        let open = || {
            let board = arboard::Clipboard::new().map_err(|error| error.to_string())?;
            Ok(Box::new(board) as Box<dyn Board>)
        };
        Self::new(Box::new(open), Arc::new(SystemClock::new()), runtime)
    }

    fn new(
        open: Box<dyn Fn() -> Result<Box<dyn Board>, String> + Send + Sync>,
        clock: Arc<dyn Clock>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self(Arc::new(Inner {
            open,
            board: Mutex::default(),
            token: Mutex::default(),
            hasher: RandomState::new(),
            clock,
            closed: AtomicBool::default(),
            runtime,
        }))
    }

    /// Puts a text on it that is no secret.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn copy(&self, text: String) -> Result<(), String> {
        self.put(text.into(), false).await
    }

    /// Puts a token on it, for a minute.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn copy_token(&self, token: SecretString) -> Result<(), String> {
        let hash = self.hash(token.expose_secret());
        let (clipboard, until) = (self.clone(), self.0.clock.now().boot + KEPT_MS);
        let timer = self.0.runtime.spawn(async move {
            clipboard.waited_until(until).await;
            clipboard.take_off(hash).await;
        });
        // Before it is there: whoever takes it off in this moment knows of it.
        self.remember(Some(Token { hash, timer: timer.abort_handle() }));
        let put = self.put(token, true).await;
        if put.is_err() {
            self.remember(None);
        }
        put
    }

    async fn put(&self, text: SecretString, secret: bool) -> Result<(), String> {
        let clipboard = self.clone();
        self.with(move |board| {
            if clipboard.0.closed.load(Ordering::SeqCst) {
                return Err("the app is quitting".to_owned());
            }
            board.put(text.expose_secret(), secret)
        })
        .await
    }

    /// The clock may be moved, and then returns early.
    async fn waited_until(&self, until: Boot) {
        while self.0.clock.now().boot < until {
            self.0.clock.sleep_until(until).await;
        }
    }

    /// Takes a token off it at once, where it is there still.
    pub(crate) async fn forget_token(&self) {
        if let Some(token) = self.remember(None) {
            self.take_off(token.hash).await;
        }
    }

    /// The same, and nothing is put on it any more.
    pub(crate) async fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.forget_token().await;
    }

    /// Remembers this one; answers the one before, for which nobody waits any more.
    fn remember(&self, token: Option<Token>) -> Option<Token> {
        let mut known = self.0.token.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *known, token);
        if let Some(before) = &before {
            before.timer.abort();
        }
        before
    }

    /// Clears it where the token with this hash is what is on it. What somebody else has copied since
    /// is theirs.
    async fn take_off(&self, hash: u64) {
        let mut looks = 0;
        while let Err(error) = self.take_off_now(hash).await {
            looks += 1;
            if looks == LOOKS {
                tracing::warn!(error, "a copied token could not be taken off the clipboard");
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn take_off_now(&self, hash: u64) -> Result<(), String> {
        let clipboard = self.clone();
        self.with(move |board| match board.text()? {
            Some(text) if clipboard.hash(&text) == hash => board.clear(),
            // Something else is on it.
            Some(_) | None => Ok(()),
        })
        .await
    }

    fn hash(&self, text: &str) -> u64 {
        self.0.hasher.hash_one(text)
    }

    /// Does something with it, on a thread that may wait for other programs.
    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut dyn Board) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let inner = Arc::clone(&self.0);
        let done = self.0.runtime.spawn_blocking(move || {
            let mut board = inner.board.lock().unwrap_or_else(PoisonError::into_inner);
            let board = match &mut *board {
                Some(board) => board,
                none => none.insert((inner.open)()?),
            };
            act(board.as_mut())
        });
        done.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

impl Board for arboard::Clipboard {
    fn put(&mut self, text: &str, secret: bool) -> Result<(), String> {
        let set = if secret { out_of_history(self.set()) } else { self.set() };
        set.text(text).map_err(|error| error.to_string())
    }

    fn text(&mut self) -> Result<Option<String>, String> {
        match self.get_text() {
            Ok(text) => Ok(Some(text)),
            Err(arboard::Error::ContentNotAvailable) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn clear(&mut self) -> Result<(), String> {
        Self::clear(self).map_err(|error| error.to_string())
    }
}

/// What is copied so is in no clipboard history and on no other device, where the system heeds it.
#[cfg(target_os = "linux")]
fn out_of_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtLinux::exclude_from_history(set)
}

/// The same.
#[cfg(target_os = "macos")]
fn out_of_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtApple::exclude_from_history(set)
}

/// The same.
#[cfg(windows)]
fn out_of_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtWindows as _;
    set.exclude_from_cloud().exclude_from_history().exclude_from_monitoring()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::clock::ManualClock;
    use std::sync::atomic::AtomicU32;

    /// A clipboard that others can reach: what is on it, and whether it was put there as a secret.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Option<(String, bool)>>>, Arc<AtomicU32>);

    impl Shared {
        fn on_it(&self) -> Option<(String, bool)> {
            self.0.lock().unwrap().clone()
        }

        /// Another program is at it, so many times from now on.
        fn is_busy(&self, times: u32) {
            self.1.store(times, Ordering::SeqCst);
        }

        fn busy(&self) -> Result<(), String> {
            let fewer = |times: u32| times.checked_sub(1);
            match self.1.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer) {
                Ok(_) => Err("another program is at it".to_owned()),
                Err(_) => Ok(()),
            }
        }
    }

    impl Board for Shared {
        fn put(&mut self, text: &str, secret: bool) -> Result<(), String> {
            self.busy()?;
            *self.0.lock().unwrap() = Some((text.to_owned(), secret));
            Ok(())
        }

        fn text(&mut self) -> Result<Option<String>, String> {
            self.busy()?;
            Ok(self.on_it().map(|(text, _)| text))
        }

        fn clear(&mut self) -> Result<(), String> {
            *self.0.lock().unwrap() = None;
            Ok(())
        }
    }

    fn clipboard() -> (Clipboard, Shared, Arc<ManualClock>) {
        let shared = Shared::default();
        let board = shared.clone();
        let open = move || Ok(Box::new(board.clone()) as Box<dyn Board>);
        let clock = Arc::new(ManualClock::new(0));
        let runtime = tokio::runtime::Handle::current();
        (Clipboard::new(Box::new(open), clock.clone(), runtime), shared, clock)
    }

    /// Lets so many seconds pass, and what falls due be done.
    async fn pass(clock: &ManualClock, seconds: i64) {
        // Whoever has just begun to wait does wait.
        tokio::time::sleep(Duration::from_millis(1)).await;
        clock.advance(seconds * SECOND);
        settle().await;
    }

    async fn settle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        // What waits for a thread of its own keeps the paused clock from running on.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn token(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_taken_off_after_a_minute_and_no_sooner() {
        let (clipboard, shared, clock) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        assert_eq!(shared.on_it(), Some(("t-1".to_owned(), true)), "out of every history");
        pass(&clock, 59).await;
        assert!(shared.on_it().is_some());
        pass(&clock, 2).await;
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_has_copied_since_stays() {
        let (clipboard, shared, clock) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        shared.clone().put("a shopping list", false).unwrap();
        pass(&clock, 61).await;
        assert_eq!(shared.on_it(), Some(("a shopping list".to_owned(), false)));
        clipboard.forget_token().await;
        assert!(shared.on_it().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_copied_again_has_its_minute_anew() {
        let (clipboard, shared, clock) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        pass(&clock, 40).await;
        clipboard.copy_token(token("t-1")).await.unwrap();
        pass(&clock, 40).await;
        assert!(shared.on_it().is_some());
        pass(&clock, 21).await;
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn quitting_takes_a_token_off_at_once_and_lets_none_come() {
        let (clipboard, shared, _clock) = clipboard();
        clipboard.copy("curl https://example.com".to_owned()).await.unwrap();
        clipboard.forget_token().await;
        assert!(shared.on_it().is_some(), "this was none");
        clipboard.copy_token(token("t-1")).await.unwrap();
        clipboard.close().await;
        assert_eq!(shared.on_it(), None);
        assert!(clipboard.copy_token(token("t-2")).await.is_err());
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clipboard_that_another_program_is_at_is_looked_at_again() {
        let (clipboard, shared, clock) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        shared.is_busy(3);
        pass(&clock, 61).await;
        assert!(shared.on_it().is_some(), "it could not be looked at");
        for _ in 0..3 {
            tokio::time::sleep(LOOK_AGAIN).await;
            settle().await;
        }
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_could_not_be_copied_is_not_looked_for() {
        let (clipboard, shared, clock) = clipboard();
        shared.is_busy(1);
        assert!(clipboard.copy_token(token("t-1")).await.is_err());
        // Somebody else has the same text on it: it was not put there by this app.
        shared.clone().put("t-1", false).unwrap();
        clipboard.forget_token().await;
        pass(&clock, 61).await;
        assert!(shared.on_it().is_some());
    }
}
