//! The README names the test that shows each of its claims; here those names are looked for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What stands in back ticks and has the form of a test's name: a sentence of four words or more.
fn named(readme: &str) -> BTreeSet<&str> {
    let is_name = |word: &&str| {
        word.matches('_').count() >= 3
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    readme.split('`').skip(1).step_by(2).filter(is_name).collect()
}

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !matches!(name.as_str(), "target" | "node_modules" | "ui") && !name.starts_with('.')
            {
                sources(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_readme_names_is_there() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let mut source = String::new();
    sources(&project(), &mut source);
    let names = named(&readme);
    let missing: Vec<_> =
        names.iter().filter(|name| !source.contains(&format!("fn {name}("))).collect();
    assert!(names.len() > 60, "{} names were found", names.len());
    assert!(missing.is_empty(), "{missing:#?}");
}
