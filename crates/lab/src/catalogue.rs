//! The scenarios there are: those that come with the app, and those that a folder holds.

use crate::format;
use crate::report::{Mistake, Scenarios};
use crate::scenario::Scenario;
use std::fs;
use std::io::Read as _;
use std::path::Path;

/// What a scenario's file ends with.
const ENDING: &str = "kdl";
/// So many files of a folder are read.
const MOST_FILES: usize = 200;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../scenarios/", $name, ".kdl")))),*]
    };
}

/// In the order in which they are shown.
const SHIPPED: &[(&str, &str)] = shipped![
    "first-start",
    "fresh-at-launch",
    "due-at-launch",
    "expired",
    "due-at-focus",
    "by-itself",
    "single-flight",
    "rotation-is-stored",
    "status-is-heeded",
    "no-expires-in",
    "offline-past-the-end",
    "no-refresh-token",
    "ended-early",
    "sign-out",
    "cookie",
    "not-sent",
    "unknown-outcome",
    "truncated",
    "throttled",
    "server-trouble",
    "not-the-auth-server",
    "set-up",
    "unclear-refusal",
    "refused",
    "revoked",
    "api-refuses",
    "storm",
    "slow-server",
    "offline-sign-out",
    "sleep-8h",
    "clock-ahead",
    "clock-back",
    "sleep-past-the-refresh-token",
    "server-clock-wrong",
    "stopped-none",
    "stopped-grace",
    "stopped-until-used",
    "stopped-strict",
    "stop-and-start",
    "two-copies",
    "two-copies-sign-out",
    "two-copies-one-stopped",
];

/// There is no scenario of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scenario {0}")]
pub struct NoSuch(pub String);

/// Every scenario there is: those that come with the app, then those in `folder`, which is read anew
/// each time. A file that cannot be read as one, or that bears a shipped one's name, is told as a
/// mistake.
#[must_use]
pub fn scenarios(folder: Option<&Path>) -> Scenarios {
    let (all, mistakes) = all(folder);
    Scenarios {
        scenarios: all.iter().map(Scenario::view).collect(),
        mistakes,
        folder: folder.map(|folder| folder.display().to_string()).unwrap_or_default(),
    }
}

/// The scenarios of these names, in the order asked for; without names all there are.
///
/// # Errors
/// [`NoSuch`] for the first name that none of them bears.
pub fn chosen(folder: Option<&Path>, names: &[String]) -> Result<Vec<Scenario>, NoSuch> {
    let (all, _) = all(folder);
    if names.is_empty() {
        return Ok(all);
    }
    let named = |name: &String| {
        let found = all.iter().find(|scenario| scenario.name == *name).cloned();
        found.ok_or_else(|| NoSuch(name.clone()))
    };
    names.iter().map(named).collect()
}

/// Reads one file, wherever it is.
///
/// # Errors
/// Everything that is wrong in it; or that it cannot be opened, as a mistake of its first line.
pub fn read_file(path: &Path) -> Result<Scenario, Vec<Mistake>> {
    read_as(path, &path.display().to_string())
}

fn read_as(path: &Path, file: &str) -> Result<Scenario, Vec<Mistake>> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let source = text(path)
        .map_err(|message| vec![Mistake { file: file.to_owned(), line: 1, column: 1, message }])?;
    format::read(&name.unwrap_or_default(), file, &source)
}

/// The text of a regular file that is no larger than a scenario. Others are not opened: a pipe would
/// be waited for.
fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {error}");
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("this is no file".to_owned());
    }
    let mut bytes = Vec::new();
    let most = format::LARGEST as u64;
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > format::LARGEST {
        return Err(format!("a scenario is no larger than {} KiB", most / 1_024));
    }
    String::from_utf8(bytes).map_err(|_| "this is no text in UTF-8".to_owned())
}

fn all(folder: Option<&Path>) -> (Vec<Scenario>, Vec<Mistake>) {
    let (mut all, mut mistakes) = (Vec::new(), Vec::new());
    for (name, source) in SHIPPED {
        match format::read(name, &format!("{name}.{ENDING}"), source) {
            Ok(scenario) => all.push(Scenario { shipped: true, ..scenario }),
            Err(wrong) => mistakes.extend(wrong),
        }
    }
    if let Some(folder) = folder {
        read_folder(folder, &mut all, &mut mistakes);
    }
    (all, mistakes)
}

/// A folder that is not there holds no scenarios: that is no mistake.
fn read_folder(folder: &Path, all: &mut Vec<Scenario>, mistakes: &mut Vec<Mistake>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == ENDING));
    paths.sort();
    if paths.len() > MOST_FILES {
        let file = folder.display().to_string();
        let message = format!(
            "there are {} scenarios in this folder: the first {MOST_FILES} of them are read",
            paths.len()
        );
        mistakes.push(Mistake { file, line: 1, column: 1, message });
        paths.truncate(MOST_FILES);
    }
    for path in paths {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let file = file.unwrap_or_default();
        match read_as(&path, &file) {
            Err(wrong) => mistakes.extend(wrong),
            Ok(scenario) if all.iter().any(|known| known.name == scenario.name) => {
                let message = format!(
                    "a scenario {} comes with the app: give this file another name",
                    scenario.name
                );
                mistakes.push(Mistake { file, line: 1, column: 1, message });
            }
            // Whatever group a file names: what somebody wrote stands together.
            Ok(scenario) => all.push(Scenario { group: "own".to_owned(), ..scenario }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_shipped_and_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let mut shipped: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        files.sort();
        shipped.sort_unstable();
        assert_eq!(files, shipped);
        let read = scenarios(None);
        assert_eq!(read.mistakes, []);
        for view in read.scenarios {
            assert!(view.source.starts_with("// "), "{} does not say what it shows", view.name);
            assert!(view.title.zh != view.title.en, "{} has no Chinese title", view.name);
            assert_ne!(view.group, "own", "{}", view.name);
        }
    }

    #[test]
    fn what_is_no_file_or_a_huge_one_is_told_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| {
            let [mistake] = &read_file(path).unwrap_err()[..] else { panic!() };
            mistake.message.clone()
        };
        assert_eq!(told(folder.path()), "this is no file");
        let huge = folder.path().join("huge.kdl");
        fs::write(&huge, "// \n".repeat(64 * 1_024 / 4 + 1)).unwrap();
        assert!(told(&huge).contains("no larger than 16 KiB"), "{}", told(&huge));
        fs::write(&huge, b"title \"\xff\"").unwrap();
        assert!(told(&huge).contains("UTF-8"));
        #[cfg(unix)]
        {
            let endless = folder.path().join("endless.kdl");
            std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
            assert_eq!(told(&endless), "this is no file");
        }
    }

    #[test]
    fn no_more_files_of_a_folder_are_read_than_anybody_writes() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MOST_FILES {
            let text = "title \"A\"\nsign-in\nexpect logins=1\n";
            fs::write(folder.path().join(format!("{number:03}.kdl")), text).unwrap();
        }
        let read = scenarios(Some(folder.path()));
        assert_eq!(read.scenarios.len(), SHIPPED.len() + MOST_FILES);
        assert!(read.mistakes[0].message.contains("there are 201"), "{:?}", read.mistakes);
    }

    #[test]
    fn a_folder_is_read_anew_each_time_and_shadows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert_eq!(scenarios(Some(folder.path())).scenarios.len(), SHIPPED.len());
        write("mine.kdl", "title \"Mine\"\ngroup \"tutorial\"\nsign-in\nexpect logins=1\n");
        write("notes.txt", "nothing");
        let (shipped, _) = SHIPPED[0];
        write(&format!("{shipped}.kdl"), "title \"Also mine\"\nsign-in\nexpect logins=1\n");
        let read = scenarios(Some(folder.path()));
        let mine = read.scenarios.iter().find(|view| view.name == "mine").unwrap();
        assert_eq!((mine.group.as_str(), mine.shipped, mine.own_account), ("own", false, true));
        let [mistake] = &read.mistakes[..] else { panic!("{:?}", read.mistakes) };
        assert!(mistake.message.contains("another name"), "{mistake}");
        let theirs = chosen(Some(folder.path()), &[shipped.to_owned()]).unwrap();
        assert_ne!(theirs[0].title.en, "Also mine");
        let nobody = chosen(None, &["nobody".to_owned()]);
        assert_eq!(nobody.unwrap_err(), NoSuch("nobody".to_owned()));
    }
}
