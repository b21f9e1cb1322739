//! What the person chose, and this installation's seed: a small file that holds no secret.

use crate::wire::Preferences;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "preferences.json";

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stored {
    /// One per installation: every jitter is derived from it.
    pub(crate) seed: u64,
    /// What the person chose.
    pub(crate) preferences: Preferences,
}

/// Where the preferences are kept.
#[derive(Clone, Debug)]
pub(crate) struct PreferenceFile(PathBuf);

impl PreferenceFile {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.join(FILE))
    }

    /// Reads it. What is absent or damaged is made anew: nothing here is worth a question, and a
    /// seed that changes costs one jitter.
    pub(crate) fn read(&self) -> Stored {
        let read =
            std::fs::read(&self.0).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut stored: Stored = read.unwrap_or_default();
        if stored.seed == 0 {
            stored.seed = new_seed();
            if let Err(error) = self.write(&stored) {
                tracing::warn!(%error, "the preferences cannot be written");
            }
        }
        stored
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn write(&self, stored: &Stored) -> io::Result<()> {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, stored)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.0)?;
        Ok(())
    }
}

fn new_seed() -> u64 {
    // 53 bits, so that the number stays whole in any JSON reader.
    getrandom::u64().map_or(1, |random| (random >> 11).max(1))
}

impl Preferences {
    /// The policy that follows from them.
    pub(crate) fn policy(&self, assumed_lifetime_s: u32) -> engine::Policy {
        engine::Policy {
            lead_ms: self.lead_s.map(|seconds| i64::from(seconds) * engine::SECOND),
            assumed_lifetime_ms: i64::from(assumed_lifetime_s.max(1)) * engine::SECOND,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Language;

    #[test]
    fn what_was_chosen_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = PreferenceFile::in_folder(folder.path());
        let mut stored = file.read();
        stored.preferences.language = Language::Chinese;
        file.write(&stored).unwrap();
        assert_eq!(PreferenceFile::in_folder(folder.path()).read(), stored);
    }

    #[test]
    fn the_seed_stays_the_same_from_one_start_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = PreferenceFile::in_folder(folder.path());
        assert_eq!(file.read().seed, file.read().seed);
    }

    #[test]
    fn a_damaged_file_costs_the_preferences_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(
            PreferenceFile::in_folder(folder.path()).read().preferences,
            Preferences::default()
        );
    }
}
