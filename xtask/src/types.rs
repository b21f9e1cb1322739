//! The TypeScript types that ts-rs derives from the Rust ones, and whether they are up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use similar::TextDiff;

use crate::process;
use crate::project::{APP, Project};

const COMMITTED: &str = "ui/src/generated";

/// Names below the folder, with `/` between them, and what the files say.
type Files = BTreeMap<String, String>;

/// Writes [`COMMITTED`] anew, and removes what no type exports any more.
pub(crate) fn write(project: &Project) -> Result<()> {
    let fresh = generate(project)?;
    let folder = project.path(COMMITTED);
    for name in read(&folder)?.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in &fresh {
        let file = folder.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)?;
    }
    println!("{COMMITTED} holds {} files.", fresh.len());
    Ok(())
}

/// Fails, with the difference printed, where the committed types are not what Rust says now.
pub(crate) fn check(project: &Project) -> Result<()> {
    let committed = read(&project.path(COMMITTED))?;
    let difference = difference(&committed, &generate(project)?);
    if !difference.is_empty() {
        print!("{difference}");
        bail!("{COMMITTED} is out of date: run `cargo xtask types`");
    }
    Ok(())
}

/// Exports the types of each crate into a folder of its own. ts-rs begins a file anew in each
/// process and exports what a type refers to as well, so a file is taken from the crate whose source
/// names it, and from no other.
fn generate(project: &Project) -> Result<Files> {
    let mut files = Files::new();
    for (package, source) in packages(project)? {
        let own = exported_files(&read(&project.path(&source))?);
        if own.is_empty() {
            continue;
        }
        let folder = tempfile::tempdir()?;
        let kinds: &[&str] = if package == APP { &["--bins"] } else { &["--lib"] };
        let arguments = [&["test", "--locked", "--package", &package], kinds].concat();
        let mut tests = project.cargo(&arguments);
        tests.arg("export_bindings").env("TS_RS_EXPORT_DIR", folder.path());
        process::run_quietly(&mut tests)?;
        files.extend(read(folder.path())?.into_iter().filter(|(name, _)| own.contains(name)));
    }
    Ok(files)
}

/// The packages that may export types, and where their sources are.
fn packages(project: &Project) -> Result<Vec<(String, String)>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(project.path("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        packages.push((name.clone(), format!("crates/{name}/src")));
    }
    packages.sort();
    packages.push((APP.to_owned(), "src-tauri/src".to_owned()));
    Ok(packages)
}

/// The files that these sources export types to.
fn exported_files(sources: &Files) -> BTreeSet<String> {
    const NAMED: &str = "export_to = \"";
    sources
        .values()
        .flat_map(|text| text.split(NAMED).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    if folder.is_dir() {
        read_into(&mut files, folder, "")?;
    }
    Ok(files)
}

fn read_into(files: &mut Files, folder: &Path, prefix: &str) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_into(files, &entry.path(), &format!("{name}/"))?;
        } else {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("{} could not be read", entry.path().display()))?;
            // A checkout on Windows may have turned the line ends.
            files.insert(name, text.replace("\r\n", "\n"));
        }
    }
    Ok(())
}

/// A unified diff of all files, empty where they are the same.
fn difference(committed: &Files, fresh: &Files) -> String {
    let mut text = String::new();
    let names = committed.keys().chain(fresh.keys().filter(|name| !committed.contains_key(*name)));
    for name in names {
        let [old, new] = [committed, fresh].map(|files| files.get(name));
        if old == new {
            continue;
        }
        let note = match (old, new) {
            (Some(_), None) => "no type is exported to this file any more",
            (None, _) => "this file is missing",
            (Some(_), Some(_)) => "this file says something else",
        };
        let diff =
            TextDiff::from_lines(old.map_or("", String::as_str), new.map_or("", String::as_str))
                .unified_diff()
                .header(&format!("{COMMITTED}/{name}"), note)
                .to_string();
        text.push_str(&diff);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_crate_owns_the_files_that_its_source_names() {
        let sources =
            files(&[("view.rs", "#[ts(export, export_to = \"session.ts\")] struct View;")]);
        assert_eq!(exported_files(&sources).into_iter().collect::<Vec<_>>(), ["session.ts"]);
    }

    #[test]
    fn equal_folders_have_no_difference() {
        let same = files(&[("view.ts", "export type View = 1;\n")]);
        assert_eq!(difference(&same, &same), "");
    }

    #[test]
    fn a_changed_a_missing_and_a_left_over_file_are_each_shown() {
        let committed = files(&[("a.ts", "one\n"), ("old.ts", "gone\n")]);
        let fresh = files(&[("a.ts", "two\n"), ("new.ts", "here\n")]);
        let shown = difference(&committed, &fresh);
        assert!(shown.contains("-one\n+two\n"), "{shown}");
        assert!(shown.contains("+++ no type is exported to this file any more"), "{shown}");
        assert!(shown.contains("ui/src/generated/new.ts"), "{shown}");
        assert!(shown.contains("+here"), "{shown}");
    }
}
