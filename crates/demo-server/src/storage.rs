//! The state folder: one file of state, and one file whose lock says who runs the server.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::desk::Saved;

const STATE: &str = "state.json";
const NEW_STATE: &str = "state.json.new";
const LOCK: &str = "running.lock";

/// The format of the state file.
pub(crate) const VERSION: u32 = 1;

/// A folder that holds a server's state.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// What was found in the state file.
pub(crate) enum Found {
    Nothing,
    State(Box<Saved>),
    /// It was no state, and was moved here.
    SetAside(PathBuf),
}

/// As much of the state file as another copy needs to find the one that runs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Peek {
    pub(crate) instance: String,
    pub(crate) control_key: String,
    pub(crate) port: Option<u16>,
}

impl Folder {
    /// Opens a folder, making it for this person alone if there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(path)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Claims the folder for as long as the file is kept; none if another copy has it.
    pub(crate) fn claim(&self) -> io::Result<Option<File>> {
        // Never deleted: a lock on a deleted file would exclude nobody.
        let file = private().create(true).truncate(false).open(self.path.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Reads the state. A file that cannot be read is an error; one that can be read and makes
    /// no sense is set aside, never overwritten.
    pub(crate) fn read(&self) -> io::Result<Found> {
        let path = self.path.join(STATE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        match serde_json::from_slice::<Saved>(&bytes) {
            Ok(saved) if saved.version == VERSION => Ok(Found::State(Box::new(saved))),
            Ok(_) | Err(_) => {
                let aside = self.free_name()?;
                fs::rename(&path, &aside)?;
                Ok(Found::SetAside(aside))
            }
        }
    }

    /// Reads what another copy wrote, without touching anything; none while there is nothing.
    pub(crate) fn peek(&self) -> Option<Peek> {
        let bytes = fs::read(self.path.join(STATE)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Writes the state so that after a power cut there is either the old one or the new one.
    /// Only whoever claimed the folder calls this.
    pub(crate) fn write(&self, saved: &Saved) -> io::Result<()> {
        let new = self.path.join(NEW_STATE);
        let mut file = private().create(true).truncate(true).open(&new)?;
        file.write_all(&serde_json::to_vec(saved)?)?;
        file.sync_all()?;
        fs::rename(&new, self.path.join(STATE))?;
        // Without this the rename itself may be lost. Windows has no such call.
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    fn free_name(&self) -> io::Result<PathBuf> {
        (1_u32..)
            .map(|number| self.path.join(format!("{STATE}.damaged-{number}")))
            .find(|path| !path.exists())
            .ok_or_else(|| io::ErrorKind::AlreadyExists.into())
    }
}

/// A file that nobody but this person may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
