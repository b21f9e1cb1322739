//! Signing in in the browser or on another device: one at a time, beside whatever session there is.
//!
//! A sign-in runs in a task of its own, and what it has come to is in the view. It can be cancelled at
//! any time; what was granted by then is given back. A newer one takes the place of an older.

mod opener;
mod qr;
mod run;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use opener::{Opener, SystemOpener};

use crate::account::Account;
use crate::desk::Desk;
use crate::seats::Seat;
use crate::wire::{AppError, ErrorCode, OtherPerson, SignInPhase, SignInView};
use auth_client::oauth::{OAuthAccount, SignInTrouble};
use keeper::record::Keep;
use run::Attempt;
use secrecy::{ExposeSecret as _, SecretString};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A sign-in that is cancelled has given back what it was granted within this.
const ENDED_WITHIN: Duration = Duration::from_secs(2);

/// The sign-in that is under way, if there is one.
pub(crate) struct SignIns {
    view: watch::Sender<Option<SignInView>>,
    present: Mutex<Present>,
    opener: Arc<dyn Opener>,
}

#[derive(Default)]
struct Present {
    /// Counts them: an older one shows nothing any more.
    number: u64,
    cancel: CancellationToken,
    answer: Option<oneshot::Sender<OtherPerson>>,
    task: Option<JoinHandle<()>>,
}

impl SignIns {
    /// None is under way.
    pub(crate) fn new(opener: Arc<dyn Opener>) -> Self {
        Self { view: watch::Sender::new(None), present: Mutex::default(), opener }
    }

    /// How far it is, on every change.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<SignInView>> {
        self.view.subscribe()
    }

    /// How far it is.
    pub(crate) fn view(&self) -> Option<SignInView> {
        self.view.borrow().clone()
    }

    /// Cancels it, or puts its failure away.
    pub(crate) fn cancel(&self) {
        // Held while it is taken off, so that nothing is shown afterwards.
        let _present = self.next();
        self.view.send_replace(None);
    }

    /// Cancels it where it is at this account.
    pub(crate) fn cancel_at(&self, account: &str) {
        if self.view().is_some_and(|view| view.account == account) {
            self.cancel();
        }
    }

    /// Cancels it, and waits a little until it has ended.
    pub(crate) async fn quit(&self) {
        let task = self.present().task.take();
        self.cancel();
        if let Some(task) = task {
            let _ended = tokio::time::timeout(ENDED_WITHIN, task).await;
        }
    }

    /// Answers who is to be signed in, where that was asked.
    pub(crate) fn answer(&self, answer: OtherPerson) {
        if let Some(asked) = self.present().answer.take() {
            let _gone = asked.send(answer);
        }
    }

    /// Ends the present one, and makes place for another.
    fn next(&self) -> MutexGuard<'_, Present> {
        let mut present = self.present();
        present.cancel.cancel();
        let number = present.number + 1;
        *present = Present { number, ..Present::default() };
        present
    }

    /// Shows how far this one is, unless another has taken its place. Whether it was shown.
    fn show(&self, number: u64, view: Option<SignInView>) -> bool {
        // Held while it is shown, so that no other comes in between.
        let present = self.present();
        let is_it = present.number == number;
        if is_it {
            self.view.send_replace(view);
        }
        is_it
    }

    /// Where the browser is to go, or the device.
    fn link(&self) -> Option<String> {
        match self.view()?.phase {
            SignInPhase::Browser { link, .. } => Some(link),
            SignInPhase::Device { link, complete_link, .. } => Some(complete_link.unwrap_or(link)),
            SignInPhase::Asking
            | SignInPhase::Finishing
            | SignInPhase::OtherPerson { .. }
            | SignInPhase::Failed { .. } => None,
        }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Begins a sign-in at this account; how far it is, is in the view from then on.
    ///
    /// # Errors
    /// It could not be begun: there is no such account, no network, or the client secret is needed.
    pub(crate) async fn begin_sign_in(
        self: &Arc<Self>,
        id: &str,
        keep: Keep,
        secret: Option<SecretString>,
    ) -> Result<(), AppError> {
        let seat = self.seats.of(id)?;
        if let Some(offline) = self.offline() {
            return Err(offline);
        }
        let chosen = self.seats.state().settings(&seat);
        let Some(Account::OAuth { account }) = chosen.and_then(|it| Account::read(&it).ok()) else {
            let why = "this account signs in with a password";
            return Err(AppError::new(ErrorCode::BadSettings, why));
        };
        let secret = self.client_secret(&seat, &account, secret).await?;
        let mut present = self.sign_ins.next();
        let attempt = Attempt {
            number: present.number,
            cancel: present.cancel.clone(),
            desk: Arc::clone(self),
            seat,
            keep,
        };
        self.sign_ins.view.send_replace(Some(attempt.view(SignInPhase::Asking)));
        present.task = Some(self.runtime.spawn(attempt.run(*account, secret)));
        Ok(())
    }

    /// The secret to sign in with: the one that was typed, beside the server's address; otherwise the
    /// one of the session in use, where a seal vouches that it goes to the same server.
    async fn client_secret(
        &self,
        seat: &Seat,
        account: &OAuthAccount,
        typed: Option<SecretString>,
    ) -> Result<Option<SecretString>, AppError> {
        if !account.settings.confidential {
            return Ok(None);
        }
        if let Some(typed) = typed.filter(|typed| !typed.expose_secret().is_empty()) {
            return Ok(Some(typed));
        }
        let chosen = Account::OAuth { account: Box::new(account.clone()) };
        if self.vouch_for(seat, &chosen).await.is_ok()
            && let Some(kept) = seat.keeper().client_secret().await
        {
            return Ok(Some(kept));
        }
        let field = Some("clientSecret".to_owned());
        Err(AppError {
            field,
            ..AppError::new(ErrorCode::BadSettings, "the client secret is needed")
        })
    }

    /// Opens the browser once more.
    pub(crate) async fn open_browser_again(&self) {
        let number = self.sign_ins.present().number;
        if let Some(link) = self.sign_ins.link() {
            self.open_for(number, link).await;
        }
    }

    /// Opens this link for that sign-in, and shows where it could not be opened.
    async fn open_for(&self, number: u64, link: String) {
        let not_opened = self.open_link(link).await.err().map(|error| error.to_string());
        let Some(mut view) = self.sign_ins.view() else { return };
        if let SignInPhase::Browser { not_opened: shown, .. } = &mut view.phase
            && *shown != not_opened
        {
            *shown = not_opened;
            self.sign_ins.show(number, Some(view));
        }
    }

    /// Opens a link in the system's browser.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn open_link(&self, link: String) -> io::Result<()> {
        let opener = Arc::clone(&self.sign_ins.opener);
        let opened = self.runtime.spawn_blocking(move || opener.open(&link)).await;
        opened.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    /// Puts the link on the clipboard.
    ///
    /// # Errors
    /// There is none, or what the system says.
    pub(crate) async fn copy_sign_in_link(&self) -> Result<(), AppError> {
        let none = || AppError::new(ErrorCode::BadSettings, "there is no link to copy");
        let copied = self.clipboard.copy(self.sign_ins.link().ok_or_else(none)?).await;
        copied.map_err(|error| AppError::new(ErrorCode::NotSaved, error))
    }
}

impl From<SignInTrouble> for AppError {
    fn from(trouble: SignInTrouble) -> Self {
        match trouble {
            SignInTrouble::Settings(problem) => Self::from(problem),
            SignInTrouble::Failed(failure) => {
                let error = Self::from(failure.as_ref());
                // Nobody has typed a password.
                let refused = error.code == ErrorCode::WrongPassword;
                Self { code: if refused { ErrorCode::Denied } else { error.code }, ..error }
            }
            SignInTrouble::Denied { code, description } => {
                let said = description.map(|said| format!(": {said}")).unwrap_or_default();
                Self::new(ErrorCode::Denied, format!("{code}{said}"))
            }
            SignInTrouble::IdToken(exchange) => Self {
                exchange: Some((*exchange).clone()),
                ..Self::new(ErrorCode::IdToken, exchange.detail)
            },
            SignInTrouble::PortTaken(ports) => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                let field = Some("redirect.ports".to_owned());
                let message = format!("taken: {}", ports.join(", "));
                Self { field, ..Self::new(ErrorCode::RedirectPortTaken, message) }
            }
            SignInTrouble::TimedOut => Self::new(ErrorCode::TimedOut, "nobody came back in time"),
        }
    }
}
