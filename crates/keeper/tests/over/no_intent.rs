//! Writes down everything but intents.

use crate::over::Over;
use keeper::ports::{Change, Vault, VaultFailure};
use keeper::record::Record;

pub(crate) struct NoIntent(pub(crate) Box<dyn Vault>);

impl Over for NoIntent {
    fn below(&self) -> &dyn Vault {
        self.0.as_ref()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        self.0.change(&mut |record| {
            let mut next = change(record)?;
            if let Some(session) = &mut next.session {
                session.intent = None;
            }
            Some(next)
        })
    }
}
