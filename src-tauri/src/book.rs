//! The book of accounts: which there are, in which order, and which one is in front. A small file in
//! clear that holds no secret; whose session an account has, its record says.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const FILE: &str = "accounts.json";
const LOCK: &str = "accounts.lock";
/// A book that is being written.
const NEW: &str = ".accounts-";
/// The first account of an installation has this name; before there were several, the only one had.
pub(crate) const FIRST: &str = "main";

const VERSION: u32 = 1;
/// Whoever holds the lock reads and writes one small file: nobody needs longer.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Book {
    version: u32,
    /// The account in front.
    #[serde(default)]
    pub(crate) front: Option<String>,
    /// In the order in which they were added.
    pub(crate) accounts: Vec<Line>,
    /// Accounts that were removed, and whose servers have still to be told.
    #[serde(default)]
    pub(crate) leaving: Vec<String>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    /// Names it on disk. Random, and never given to another one.
    pub(crate) id: String,
    /// Its settings, as a record keeps them.
    pub(crate) account: Value,
    /// They were changed since the last sign-in, so that the record's are not those to sign in by.
    #[serde(default)]
    pub(crate) changed: bool,
}

impl Default for Book {
    fn default() -> Self {
        Self { version: VERSION, front: None, accounts: Vec::new(), leaving: Vec::new() }
    }
}

impl Book {
    /// The line of this account.
    pub(crate) fn line(&self, id: &str) -> Option<&Line> {
        self.accounts.iter().find(|line| line.id == id)
    }

    /// The same, to be changed.
    pub(crate) fn line_mut(&mut self, id: &str) -> Option<&mut Line> {
        self.accounts.iter_mut().find(|line| line.id == id)
    }

    /// Takes an account out. The next one comes to the front in its place, or else the last.
    pub(crate) fn remove(&mut self, id: &str) {
        let Some(at) = self.accounts.iter().position(|line| line.id == id) else { return };
        self.accounts.remove(at);
        if self.front.as_deref() == Some(id) {
            let next = self.accounts.get(at).or(self.accounts.last());
            self.front = next.map(|line| line.id.clone());
        }
    }

    /// Only what can be used: a name that is none of a file's, or that stands there twice, is no
    /// account of ours.
    fn sound(mut self) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        self.accounts.retain(|line| is_plain(&line.id) && seen.insert(line.id.clone()));
        self.leaving.retain(|id| is_plain(id) && seen.insert(id.clone()));
        let known = |front: &String| self.accounts.iter().any(|line| line.id == *front);
        self.front = self.front.take().filter(known);
        self
    }
}

/// What is there of the book.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// Nothing.
    Absent,
    /// All of it.
    Whole(Book),
    /// Something that cannot be understood: why.
    Damaged(String),
    /// A newer version of this app has written it, or it cannot be read: it stays as it is.
    Untouchable(String),
}

/// Where the book is kept.
#[derive(Clone, Debug)]
pub(crate) struct BookFile(PathBuf);

impl BookFile {
    /// In the app's data folder, which is there.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Reads it.
    pub(crate) fn read(&self) -> Found {
        match fs::read(self.0.join(FILE)) {
            Ok(bytes) => understood(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Absent,
            Err(error) => Found::Untouchable(error.to_string()),
        }
    }

    /// Reads it again, changes what is there, and writes that, whole or not at all; another copy of
    /// the app may have changed it. Where nothing usable is there, `known` is what is changed. Answers
    /// what is there now.
    ///
    /// # Errors
    /// What the file system says, and that it is not to be touched.
    pub(crate) fn update(&self, known: Book, change: impl FnOnce(&mut Book)) -> io::Result<Book> {
        let _lock = self.lock()?;
        let before = match self.read() {
            Found::Whole(book) => Some(book),
            Found::Absent => None,
            Found::Damaged(_) => {
                self.set_aside()?;
                None
            }
            Found::Untouchable(why) => return Err(io::Error::other(why)),
        };
        let mut book = before.clone().unwrap_or(known);
        change(&mut book);
        let book = book.sound();
        if before.as_ref() != Some(&book) {
            self.write(&book)?;
        }
        Ok(book)
    }

    /// Moves a damaged one out of the way, and answers what it is called now.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn set_aside(&self) -> io::Result<String> {
        let free = (1..u32::MAX)
            .map(|number| format!("{FILE}.damaged-{number}"))
            .find(|name| !self.0.join(name).exists());
        let name = free.ok_or_else(|| io::Error::other("there is no free name"))?;
        fs::rename(self.0.join(FILE), self.0.join(&name))?;
        Ok(name)
    }

    /// The accounts that have files here, by name, as far as their names tell: where there is no book
    /// (an older version kept none) this is what is known.
    pub(crate) fn on_disk(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut ids: Vec<String> = names
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let id = name.strip_suffix("-a.json").or_else(|| name.strip_suffix("-b.json"))?;
                is_plain(id).then(|| id.to_owned())
            })
            .collect();
        // The first one first; the others' order is lost.
        ids.sort_by_key(|id| (id != FIRST, id.clone()));
        ids.dedup();
        ids
    }

    /// Under the lock: what begins as a new book does, and is none, a crash has left.
    fn write(&self, book: &Book) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)?.filter_map(Result::ok) {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(NEW)) {
                fs::remove_file(entry.path())?;
            }
        }
        let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(&self.0)?;
        serde_json::to_writer_pretty(&mut file, book)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(self.0.join(FILE))?;
        Ok(())
    }

    fn lock(&self) -> io::Result<File> {
        let file =
            File::options().create(true).truncate(false).write(true).open(self.0.join(LOCK))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                    return Err(io::Error::other("another copy of the app holds the accounts"));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOOK_AGAIN),
            }
        }
    }
}

fn understood(bytes: &[u8]) -> Found {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_slice::<Versioned>(bytes) {
        Ok(Versioned { version: VERSION }) => {}
        Ok(Versioned { version }) if version > VERSION => {
            return Found::Untouchable(format!("a newer version of the app wrote {FILE}"));
        }
        Ok(Versioned { version }) => return Found::Damaged(format!("version {version}")),
        Err(error) => return Found::Damaged(error.to_string()),
    }
    match serde_json::from_slice::<Book>(bytes) {
        Ok(book) => Found::Whole(book.sound()),
        Err(error) => Found::Damaged(error.to_string()),
    }
}

/// A name for a new account: nobody else's, ever.
///
/// # Errors
/// The system gives no randomness.
pub(crate) fn new_id() -> io::Result<String> {
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("a{random:016x}"))
}

/// As the vault takes names for its files.
fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=64).contains(&id.len()) && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(id: &str) -> Line {
        Line { id: id.to_owned(), account: json!({ "kind": "demo" }), changed: false }
    }

    fn ids(book: &Book) -> Vec<&str> {
        book.accounts.iter().map(|line| line.id.as_str()).collect()
    }

    #[test]
    fn what_another_copy_has_added_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (BookFile::in_folder(folder.path()), BookFile::in_folder(folder.path()));
        let known = one.update(Book::default(), |book| book.accounts.push(line("one"))).unwrap();
        other.update(Book::default(), |book| book.accounts.push(line("other"))).unwrap();
        let book = one.update(known, |book| book.accounts.push(line("more"))).unwrap();
        assert_eq!(ids(&book), ["one", "other", "more"]);
        assert_eq!(one.read(), Found::Whole(book));
    }

    /// Headers of one's own may hold a key.
    #[test]
    fn what_a_crash_has_left_of_a_book_is_gone_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = BookFile::in_folder(folder.path());
        let left = folder.path().join(format!("{NEW}x1"));
        fs::write(&left, "{\"accounts\":").unwrap();
        file.update(Book::default(), |book| book.accounts.push(line("one"))).unwrap();
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, [FILE, LOCK]);
    }

    #[test]
    fn a_book_that_was_lost_is_written_again_from_what_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = BookFile::in_folder(folder.path());
        let known = file.update(Book::default(), |book| book.accounts.push(line("one"))).unwrap();
        fs::remove_file(folder.path().join(FILE)).unwrap();
        let book = file.update(known, |book| book.accounts.push(line("two"))).unwrap();
        assert_eq!(ids(&book), ["one", "two"]);
    }

    #[test]
    fn a_damaged_book_is_set_aside_and_a_newer_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = BookFile::in_folder(folder.path());
        fs::write(folder.path().join(FILE), "{\"version\": 1, \"acc").unwrap();
        assert!(matches!(file.read(), Found::Damaged(_)));
        file.update(Book::default(), |book| book.accounts.push(line("one"))).unwrap();
        assert!(folder.path().join("accounts.json.damaged-1").exists());

        let newer = "{\"version\": 2, \"somethingElse\": []}";
        fs::write(folder.path().join(FILE), newer).unwrap();
        assert!(file.update(Book::default(), |_| ()).is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), newer);
    }

    #[test]
    fn names_that_are_no_file_names_and_second_ones_are_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let file = BookFile::in_folder(folder.path());
        let lines = ["one", "../two", "one", ""].map(line);
        let book = json!({ "version": 1, "front": "../two", "accounts": lines });
        fs::write(folder.path().join(FILE), book.to_string()).unwrap();
        let Found::Whole(book) = file.read() else { panic!("it can be read") };
        assert_eq!((ids(&book), book.front.as_deref()), (vec!["one"], None));
    }

    #[test]
    fn when_the_account_in_front_is_removed_its_neighbour_comes_to_the_front() {
        let mut book = Book::default();
        book.accounts.extend(["one", "two", "three"].map(line));
        book.front = Some("two".to_owned());
        book.remove("two");
        assert_eq!(book.front.as_deref(), Some("three"));
        book.remove("three");
        assert_eq!(book.front.as_deref(), Some("one"));
        book.remove("one");
        assert_eq!(book.front, None);
    }

    #[test]
    fn accounts_that_have_files_are_found_without_a_book() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["a1-a.json", "main-a.json", "main-b.json", "preferences.json", "x-a.json.damaged-1"]
        {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        assert_eq!(BookFile::in_folder(folder.path()).on_disk(), ["main", "a1"]);
    }

    #[test]
    fn no_two_accounts_get_the_same_name() {
        let (one, two) = (new_id().unwrap(), new_id().unwrap());
        assert!(one != two && is_plain(&one) && is_plain(&two));
    }
}
