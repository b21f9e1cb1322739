//! The protection taken away: what the kills are judged by then shows it.

use crate::copy::Without;
use crate::lane::Lane;
use crate::moments::{Dice, Moment};
use crate::over::Over;
use demo_server::Rotation;
use keeper::ports::{Change, Reading, Vault, VaultFailure};
use keeper::record::Record;
use std::sync::{Mutex, PoisonError};
use vault::FileVault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_intent_a_kill_leaves_no_trace_of_what_the_server_was_asked() {
    for (without, unmarked) in [(Without::Nothing, 0), (Without::Intent, 1)] {
        let mut lane = Lane::begin(Rotation::Grace { seconds: 600 }, without, Dice(1)).await;
        lane.one_more(Some(Moment::Decided)).await;
        assert_eq!(lane.end().await.unmarked, unmarked, "{without:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_saving_first_a_token_that_was_used_is_lost_with_the_process() {
    for (without, lost) in [(Without::Nothing, 0), (Without::SaveFirst, 1)] {
        let mut lane = Lane::begin(Rotation::UntilSuccessorUsed, without, Dice(1)).await;
        lane.one_more(Some(Moment::Used)).await;
        assert_eq!(lane.end().await.lost, lost, "{without:?}");
    }
}

/// Answers for what it has only in memory, and writes it with the next thing.
pub(crate) struct LateSaves {
    inner: FileVault,
    answer: Mutex<Option<Record>>,
}

impl LateSaves {
    pub(crate) fn new(inner: FileVault) -> Self {
        Self { inner, answer: Mutex::default() }
    }

    fn write_at_last(&self) -> Result<(), VaultFailure> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(answer) = answer {
            self.inner.change(&mut |_| Some(answer.clone()))?;
        }
        Ok(())
    }
}

impl Over for LateSaves {
    fn below(&self) -> &dyn Vault {
        &self.inner
    }

    fn read(&self) -> Result<Reading, VaultFailure> {
        self.write_at_last()?;
        self.inner.read()
    }

    fn change(&self, change: Change<'_>) -> Result<Option<Record>, VaultFailure> {
        self.write_at_last()?;
        let mut answer = None;
        let changed = self.inner.change(&mut |record| {
            let renewals = |record: Option<&Record>| {
                record.and_then(|record| record.session.as_ref()).map_or(0, |held| held.refreshes)
            };
            let next = change(record)?;
            if renewals(Some(&next)) > renewals(record) {
                answer = Some(next);
                return None;
            }
            Some(next)
        })?;
        let late = answer.clone();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        Ok(late.or(changed))
    }

    fn has_news(&self) -> bool {
        false
    }
}
