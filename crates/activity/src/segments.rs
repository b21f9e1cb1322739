//! Lines in a file that does not grow for ever: two segments, of which the older makes way.
//!
//! A bound of so many bytes in all holds; at least half of that is there once so much was written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Two files of lines.
#[derive(Clone, Debug)]
pub(crate) struct Segments {
    folder: PathBuf,
    name: &'static str,
    limit: u64,
}

/// One of them, open at its end.
pub(crate) struct Tail {
    segments: Segments,
    file: Option<File>,
    length: u64,
    /// The last line is not whole: the next one begins on a new one.
    torn: bool,
}

impl Segments {
    /// At most `limit` bytes in both.
    pub(crate) fn new(folder: &Path, name: &'static str, limit: u64) -> Self {
        Self { folder: folder.to_owned(), name, limit }
    }

    fn newer(&self) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.name))
    }

    fn older(&self) -> PathBuf {
        self.folder.join(format!("{}.1.jsonl", self.name))
    }

    /// Every line, oldest first, through `read`; answers how many it could not read. What cannot be
    /// read of a file is as good as not there.
    pub(crate) fn read(&self, mut read: impl FnMut(&str) -> bool) -> usize {
        let mut unreadable = 0;
        for path in [self.older(), self.newer()] {
            let bytes = match self.bytes(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    tracing::warn!(%error, file = %path.display(), "a file of the activity cannot be read");
                    unreadable += 1;
                    continue;
                }
            };
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let whole = std::str::from_utf8(line).is_ok_and(&mut read);
                unreadable += usize::from(!whole);
            }
        }
        unreadable
    }

    /// No more than the bound, whoever wrote it.
    fn bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(self.limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn tail(&self) -> Tail {
        Tail { segments: self.clone(), file: None, length: 0, torn: false }
    }
}

impl Tail {
    /// Appends a line, which holds no line break, durably enough to outlive the process.
    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        let half = self.segments.limit / 2;
        let size = line.len() as u64 + 2;
        if size > half {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "one line is over the bound"));
        }
        if self.file.is_none() {
            self.open()?;
        }
        if self.length + size > half {
            self.file = None;
            fs::rename(self.segments.newer(), self.segments.older())?;
            self.open()?;
        }
        let mut bytes = Vec::with_capacity(line.len() + 2);
        bytes.extend(self.torn.then_some(b'\n'));
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        let Some(file) = self.file.as_mut() else { return Ok(()) };
        // In one piece, so that another process's lines come before or after it.
        let written = file.write_all(&bytes);
        self.length += bytes.len() as u64;
        self.torn = written.is_err();
        if written.is_err() {
            // What is there now is looked at again.
            self.file = None;
        }
        written
    }

    /// Hands what was written to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Removes both files.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        (self.file, self.length, self.torn) = (None, 0, false);
        let mut came = Ok(());
        for path in [self.segments.newer(), self.segments.older()] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => came = Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        came
    }

    fn open(&mut self) -> io::Result<()> {
        make_private_folder(&self.segments.folder)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(self.segments.newer())?;
        self.length = file.metadata()?.len();
        self.torn = self.length > 0 && {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            last != *b"\n"
        };
        self.file = Some(file);
        Ok(())
    }
}

/// A folder that only its owner may look into.
fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
