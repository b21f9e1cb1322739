//! Node and npm: whether they are there and new enough.

use anyhow::{Result, bail};

use crate::process;
use crate::project::node_program;

/// What Vite 8 asks for.
const OLDEST: Version = Version { major: 20, minor: 19 };

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    major: u32,
    minor: u32,
}

/// Fails with one sentence where Node or npm is missing or too old.
pub(crate) fn check() -> Result<()> {
    let node = process::answer("node", &["--version"]);
    let npm = process::answer(node_program("npm"), &["--version"]);
    if let Some(complaint) = complaint(node.as_deref(), npm.as_deref()) {
        bail!("{complaint}");
    }
    Ok(())
}

fn complaint(node: Option<&str>, npm: Option<&str>) -> Option<String> {
    let wanted = format!("Node {}.{} or newer, with npm,", OLDEST.major, OLDEST.minor);
    match (node, npm) {
        (None, _) => Some(format!(
            "{wanted} is needed to build the window, and `node` was not found: \
             https://nodejs.org/en/download"
        )),
        (Some(node), _) if parse(node).is_none_or(|version| version < OLDEST) => {
            Some(format!("{wanted} is needed to build the window, and this is Node {node}."))
        }
        (Some(_), None) => Some(format!(
            "{wanted} is needed to build the window, and `npm` was not found beside `node`."
        )),
        (Some(_), Some(_)) => None,
    }
}

/// Reads `v20.20.2`.
fn parse(text: &str) -> Option<Version> {
    let mut parts = text.trim().trim_start_matches('v').split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some(Version { major, minor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_node_prints_it() {
        assert_eq!(parse("v20.19.0\n"), Some(Version { major: 20, minor: 19 }));
        assert_eq!(parse("v24.1.0-nightly2026"), Some(Version { major: 24, minor: 1 }));
        assert_eq!(parse("system"), None);
    }

    #[test]
    fn the_oldest_that_works_and_newer_ones_are_accepted() {
        for version in ["v20.19.0", "v20.20.2", "v22.0.0"] {
            assert_eq!(complaint(Some(version), Some("11.0.0")), None, "{version}");
        }
    }

    #[test]
    fn each_thing_that_is_missing_is_named_in_one_sentence() {
        assert!(complaint(None, None).unwrap().contains("`node` was not found"));
        assert!(complaint(Some("v18.20.0"), Some("10")).unwrap().contains("this is Node v18.20.0"));
        assert!(complaint(Some("v20.9.0"), Some("10")).is_some());
        assert!(complaint(Some("v22.1.0"), None).unwrap().contains("`npm` was not found"));
    }
}
