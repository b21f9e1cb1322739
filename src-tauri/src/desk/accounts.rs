//! Adding accounts and changing their settings.

use super::{Desk, no_such_account};
use crate::account::Account;
use crate::book::{self, Book, Line};
use crate::transfer;
use crate::wire::{AppError, ErrorCode, NewAccount};
use std::io;
use std::path::PathBuf;

impl Desk {
    /// Adds an account that nobody has signed in at, and brings it to the front. Answers its id.
    ///
    /// # Errors
    /// The first setting that cannot be used, or it could not be written down.
    pub(crate) async fn add_account(&self, new: &NewAccount) -> Result<String, AppError> {
        new.usable()?;
        let mut added = self.add(vec![Account::chosen(new, None)]).await?;
        let id = added.pop().ok_or_else(no_such_account)?;
        self.seats.bring_to_front(&id).await?;
        Ok(id)
    }

    /// Adds these, in this order, none of them to the front of another; answers their ids.
    ///
    /// # Errors
    /// There are too many, or they could not be written down: none was added.
    pub(crate) async fn add(&self, accounts: Vec<Account>) -> Result<Vec<String>, AppError> {
        if self.seats.state().book.accounts.len() + accounts.len() > transfer::MOST {
            let why = format!("more than {} accounts", transfer::MOST);
            return Err(AppError::new(ErrorCode::BadSettings, why));
        }
        let lines = accounts.iter().map(|account| {
            let (id, account) = (book::new_id()?, account.write());
            Ok(Line { id, account, changed: false })
        });
        let lines =
            lines.collect::<io::Result<Vec<_>>>().map_err(|error| super::not_saved(&error))?;
        let ids = lines.iter().map(|line| line.id.clone()).collect();
        self.seats.update(move |book| book.accounts.extend(lines)).await?;
        Ok(ids)
    }

    /// Changes an account's settings: they hold from the next sign-in on.
    ///
    /// # Errors
    /// There is no such account, it is the demo's, or the first setting that cannot be used.
    pub(crate) async fn change_account(&self, id: &str, new: &NewAccount) -> Result<(), AppError> {
        let seat = self.seats.of(id)?;
        let state = self.seats.state();
        let before = state.settings(&seat).and_then(|account| Account::read(&account).ok());
        if before == Some(Account::Demo) {
            let why = "the demo server's settings are its own";
            return Err(AppError::new(ErrorCode::BadSettings, why));
        }
        new.usable()?;
        let chosen = Account::chosen(new, before.as_ref());
        let recorded = seat.recorded().and_then(|account| Account::read(&account).ok());
        // Without a record, nothing else says what they are.
        let changed = recorded.is_some_and(|recorded| !recorded.is_chosen_like(&chosen));
        let (id, account) = (id.to_owned(), chosen.write());
        let change = move |book: &mut Book| match book.line_mut(&id) {
            Some(line) => (line.account, line.changed) = (account, changed),
            None => book.accounts.push(Line { id, account, changed }),
        };
        self.seats.update(change).await
    }

    /// Writes the settings of every account to a file.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) async fn export_accounts(&self, to: PathBuf) -> Result<(), AppError> {
        let accounts = self.every_account();
        let write = move || transfer::write(&to, &transfer::packed(&accounts)?);
        self.at_the_disk(write).await
    }

    /// Adds the accounts of a file that are not here yet; answers how many.
    ///
    /// # Errors
    /// It is no such file, or one of its accounts cannot be used: none was added.
    pub(crate) async fn import_accounts(&self, from: PathBuf) -> Result<usize, AppError> {
        let bytes = self.at_the_disk(move || transfer::read(&from)).await?;
        let accounts = transfer::unpacked(&bytes, &self.every_account())?;
        Ok(self.add(accounts).await?.len())
    }

    /// What every account would be signed in by.
    fn every_account(&self) -> Vec<Account> {
        let state = self.seats.state();
        let settings = state.accounts().filter_map(|seat| state.settings(seat));
        settings.filter_map(|account| Account::read(&account).ok()).collect()
    }

    /// Does what waits for a disk where it keeps nobody else waiting.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) async fn at_the_disk<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, AppError> {
        let done = self.runtime.spawn_blocking(job).await;
        let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        done.map_err(|error| super::not_saved(&error))
    }
}
