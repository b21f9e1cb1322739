//! One durable save of a record: read again under the lock, sealed, written, synced.

use crate::stage::{Stage, vault_in};
use crate::{Outcome, median};
use keeper::clock::SystemClock;
use keeper::ports::Vault as _;
use keeper::record::Record;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const SAVES: usize = 101;

/// In milliseconds, the median.
pub(crate) async fn measure(below: &Path) -> Outcome<f64> {
    let stage = Stage::signed_in(below, Arc::new(SystemClock::new())).await?;
    let vault = vault_in(stage.folder())?;
    let mut took = Vec::new();
    for _ in 0..SAVES {
        let start = Instant::now();
        vault.change(&mut |record: Option<&Record>| record.cloned())?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    stage.strike().await?;
    median(took)
}
