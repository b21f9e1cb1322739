//! Signing in with a password, and signing out.

use super::Desk;
use crate::account::Account;
use crate::seats::Seat;
use crate::wire::{AppError, ErrorCode};
use auth_client::oauth::OAuthServer;
use keeper::ports::{Clock, Connector as _, Credentials};
use keeper::record::Keep;
use keeper::{SignIn, SignInError};
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

impl Desk {
    /// The seat of this account; of one more, where none is named. A seat that is in front without an
    /// account is for the next one.
    ///
    /// # Errors
    /// There is no such account, or no place for one more.
    pub(crate) async fn seat_for(&self, id: Option<String>) -> Result<Arc<Seat>, AppError> {
        match id {
            Some(id) => self.seats.of(&id),
            None => self.seats.spare().await,
        }
    }

    /// The seat of the account at the demo server, or of one more.
    ///
    /// # Errors
    /// There is no place for one more.
    pub(crate) async fn seat_of_demo(&self) -> Result<Arc<Seat>, AppError> {
        let state = self.seats.state();
        let is_demo = |seat: &&Arc<Seat>| {
            let account = state.settings(seat).and_then(|account| Account::read(&account).ok());
            account == Some(Account::Demo)
        };
        match state.accounts().find(is_demo) {
            Some(seat) => Ok(Arc::clone(seat)),
            None => self.seats.spare().await,
        }
    }

    /// Signs in at an account, and renews by its settings from then on. It comes to the front.
    ///
    /// # Errors
    /// What was there before is still there.
    pub(crate) async fn enter(
        &self,
        seat: &Arc<Seat>,
        account: Account,
        (user, password): (String, SecretString),
        keep: Keep,
    ) -> Result<(), AppError> {
        let server = self
            .accounts(seat)
            .connect(&account.write())
            .map_err(|message| AppError::new(ErrorCode::BadSettings, message))?;
        let credentials = Credentials { user, password };
        let request = SignIn { server, account: account.write(), credentials, keep };
        let signed_in = seat.keepers.settled().await.keeper.sign_in(request).await;
        signed_in.map_err(|error| AppError::from(&error))?;
        self.has_signed_in(seat, &account).await;
        Ok(())
    }

    /// Somebody has signed in there.
    pub(crate) async fn has_signed_in(&self, seat: &Arc<Seat>, account: &Account) {
        self.renew_as(seat, Some(account)).await;
        if let Err(error) = self.seats.adopt(seat, account.write(), true).await {
            // The session is there all the same; so is the account, by its files.
            tracing::warn!(error = error.message, "an account could not be entered in the book");
        }
        if let Err(error) = self.seats.bring_to_front(&seat.id).await {
            tracing::warn!(error = error.message, "an account went away while somebody signed in");
        }
    }

    /// Signs out at the account in front, and then, where that is wanted, at its server in the browser.
    ///
    /// # Errors
    /// The app quits, or the browser could not be opened: one is signed out here all the same.
    pub(crate) async fn sign_out(&self, in_browser: bool) -> Result<(), AppError> {
        let seat = self.seats.front();
        // A browser that comes back later must not sign in again who has just signed out.
        self.sign_ins.cancel_at(&seat.id);
        let page = if in_browser { self.logout_page(&seat).await } else { None };
        let heard = seat.keepers.settled().await.keeper.sign_out().await;
        heard.then_some(()).ok_or_else(|| AppError::from(&SignInError::Quitting))?;
        let Some(page) = page else { return Ok(()) };
        let opened = self.open_link(page.into()).await;
        opened.map_err(|error| AppError::new(ErrorCode::NoBrowser, error.to_string()))
    }

    /// Where the server's own session ends. Asked for before the sign-out, with which the hint whose
    /// session it is goes away.
    async fn logout_page(&self, seat: &Seat) -> Option<Url> {
        let Account::OAuth { account } = Account::read(&seat.recorded()?).ok()? else {
            return None;
        };
        let id_token = seat.keeper().id_token().await;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        OAuthServer::new(*account, clock).ok()?.logout_link(id_token.as_ref())
    }
}
