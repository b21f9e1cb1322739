//! The few things that the vault does to files, one by one.
//!
//! Everything that must survive a crash goes through here: the slots and the key file. So the same
//! lines of source that run over a real folder run over a simulated disk ([`crate::recording`]), and
//! a sync that is missing in them is missing there. Lock files are not among it: what they say ends
//! with the process that says it.

use crate::news::Glance;
use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

/// A file system, as far as the vault needs one. Nothing is durable before it was synced: the file
/// for its content, the folder for the names in it (POSIX `fsync`).
pub trait Files: Debug + Send + Sync {
    /// The file's bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The file from outside; see [`crate::Slots::glance`].
    fn glance(&self, path: &Path) -> Glance;

    /// The names in the folder, in any order.
    ///
    /// # Errors
    /// The folder cannot be read.
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// Sees to it that the file exists and is its owner's alone.
    ///
    /// # Errors
    /// It cannot be made, or not be made private; or it is a link to somewhere else, where nothing of
    /// ours is to be written.
    fn make_private(&self, path: &Path) -> io::Result<()>;

    /// Makes the file, empty and its owner's alone.
    ///
    /// # Errors
    /// Something is there already, or it cannot be made.
    fn make_new(&self, path: &Path) -> io::Result<()>;

    /// Empties the file, and writes this to it.
    ///
    /// # Errors
    /// There is no such file, or it cannot be written; it may be torn then.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// What was written to the file survives a loss of power from here on.
    ///
    /// # Errors
    /// The disk does not say so.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// The names in the folder survive a loss of power from here on.
    ///
    /// # Errors
    /// The disk does not say so.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Gives the file another name, in place of whatever has it.
    ///
    /// # Errors
    /// It keeps its name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes the file.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none; or it is still there.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn glance(&self, path: &Path) -> Glance {
        Glance::at(path)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    fn make_private(&self, path: &Path) -> io::Result<()> {
        match fs::symlink_metadata(path) {
            Ok(file) if file.is_symlink() => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "a link is in the place of the file",
                ));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        private_options().create(true).truncate(false).open(path)?;
        narrow(path, 0o600)
    }

    fn make_new(&self, path: &Path) -> io::Result<()> {
        private_options().create_new(true).open(path).map(drop)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
        file.write_all(bytes)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        // The system stamps files by a clock that may stand still for some milliseconds. Two writes
        // within that, of the same length, could not be told apart from outside.
        if let Err(error) = file.set_modified(SystemTime::now()) {
            tracing::debug!(%error, "a file's time could not be set");
        }
        file.sync_all()
    }

    /// Windows keeps no such promise to ask for.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Opens for writing; what it makes is its owner's alone.
pub(crate) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes the folder, for its owner alone, if need be.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    narrow(folder, 0o700)
}

/// Takes everybody else's permissions away where there are any.
#[cfg(unix)]
fn narrow(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(path)?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn narrow(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
