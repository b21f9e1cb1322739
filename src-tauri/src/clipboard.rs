//! The system's clipboard. A token stays on it for a minute at most.

use secrecy::{ExposeSecret as _, SecretString};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// So long a token stays on the clipboard, by a clock that nobody moves.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Where text is put for other programs. What goes wrong is told in the system's words.
pub(crate) trait Board: Send {
    /// Puts a text on it; a secret one where no history remembers it, if the system has such a place.
    fn put(&mut self, text: &str, secret: bool) -> Result<(), String>;
    /// The text on it.
    fn text(&mut self) -> Result<String, String>;
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
        Self::new(Box::new(open), runtime)
    }

    fn new(
        open: Box<dyn Fn() -> Result<Box<dyn Board>, String> + Send + Sync>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self(Arc::new(Inner {
            open,
            board: Mutex::default(),
            token: Mutex::default(),
            hasher: RandomState::new(),
            runtime,
        }))
    }

    /// Puts a text on it that is no secret.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn copy(&self, text: String) -> Result<(), String> {
        self.with(move |board| board.put(&text, false)).await
    }

    /// Puts a token on it, for a minute.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn copy_token(&self, token: SecretString) -> Result<(), String> {
        let hash = self.hash(token.expose_secret());
        self.with(move |board| board.put(token.expose_secret(), true)).await?;
        let clipboard = self.clone();
        let timer = self.0.runtime.spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            clipboard.take_off(hash).await;
        });
        self.remember(Some(Token { hash, timer: timer.abort_handle() }));
        Ok(())
    }

    /// Takes a token off it at once, where it is there still.
    pub(crate) async fn forget_token(&self) {
        if let Some(token) = self.remember(None) {
            self.take_off(token.hash).await;
        }
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
        let clipboard = self.clone();
        let done = self.with(move |board| match board.text() {
            Ok(text) if clipboard.hash(&text) == hash => board.clear(),
            // Something else is on it, or nothing that is a text.
            Ok(_) | Err(_) => Ok(()),
        });
        if let Err(error) = done.await {
            tracing::warn!(error, "a copied token could not be taken off the clipboard");
        }
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

    fn text(&mut self) -> Result<String, String> {
        self.get_text().map_err(|error| error.to_string())
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

    /// A clipboard that others can reach: what is on it, and whether it was put there as a secret.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Option<(String, bool)>>>);

    impl Shared {
        fn on_it(&self) -> Option<(String, bool)> {
            self.0.lock().unwrap().clone()
        }
    }

    impl Board for Shared {
        fn put(&mut self, text: &str, secret: bool) -> Result<(), String> {
            *self.0.lock().unwrap() = Some((text.to_owned(), secret));
            Ok(())
        }

        fn text(&mut self) -> Result<String, String> {
            self.on_it().map(|(text, _)| text).ok_or_else(|| "empty".to_owned())
        }

        fn clear(&mut self) -> Result<(), String> {
            *self.0.lock().unwrap() = None;
            Ok(())
        }
    }

    fn clipboard() -> (Clipboard, Shared) {
        let shared = Shared::default();
        let board = shared.clone();
        let open = move || Ok(Box::new(board.clone()) as Box<dyn Board>);
        (Clipboard::new(Box::new(open), tokio::runtime::Handle::current()), shared)
    }

    /// Lets so many seconds pass, and what falls due be done.
    async fn pass(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        // What waits for a thread of its own keeps the paused clock from running on.
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn token(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_taken_off_after_a_minute_and_no_sooner() {
        let (clipboard, shared) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        assert_eq!(shared.on_it(), Some(("t-1".to_owned(), true)), "out of every history");
        pass(59).await;
        assert!(shared.on_it().is_some());
        pass(2).await;
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_has_copied_since_stays() {
        let (clipboard, shared) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        shared.clone().put("a shopping list", false).unwrap();
        pass(61).await;
        assert_eq!(shared.on_it(), Some(("a shopping list".to_owned(), false)));
        clipboard.forget_token().await;
        assert!(shared.on_it().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_copied_again_has_its_minute_anew() {
        let (clipboard, shared) = clipboard();
        clipboard.copy_token(token("t-1")).await.unwrap();
        pass(40).await;
        clipboard.copy_token(token("t-1")).await.unwrap();
        pass(40).await;
        assert!(shared.on_it().is_some());
        pass(21).await;
        assert_eq!(shared.on_it(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn quitting_takes_a_token_off_at_once() {
        let (clipboard, shared) = clipboard();
        clipboard.copy("curl https://example.com".to_owned()).await.unwrap();
        clipboard.forget_token().await;
        assert!(shared.on_it().is_some(), "this was none");
        clipboard.copy_token(token("t-1")).await.unwrap();
        clipboard.forget_token().await;
        assert_eq!(shared.on_it(), None);
    }
}
