//! The other accounts in the same folder: they share the key.

use crate::document::{self, Content};
use crate::keys::KeptBy;
use crate::slots::Slot;
use std::fs;
use std::io;
use std::path::Path;

/// What the other accounts keep here.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    /// There are some.
    pub(crate) any: bool,
    /// One of them has a sealed session.
    pub(crate) sealed: bool,
    /// Where the key is kept, as they say.
    pub(crate) protection: Option<KeptBy>,
}

/// Looks at every slot in `folder` that is not `account`'s. What cannot be read of them counts as
/// sealed: it may be.
pub(crate) fn of(account: &str, folder: &Path) -> io::Result<Neighbours> {
    let mut neighbours = Neighbours::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((other, slot)) = name.to_str().and_then(owner) else { continue };
        if other == account {
            continue;
        }
        neighbours.any = true;
        match fs::read(entry.path()).map(|bytes| document::read(other, slot, &bytes)) {
            Ok(Content::Whole(document)) => {
                neighbours.sealed |= document.is_sealed();
                neighbours.protection = neighbours.protection.or(document.clear.protection);
            }
            Ok(Content::Newer(_)) | Err(_) => neighbours.sealed = true,
            Ok(Content::Damaged(_)) => {}
        }
    }
    Ok(neighbours)
}

/// Whose slot a file is, and which.
fn owner(name: &str) -> Option<(&str, Slot)> {
    Slot::BOTH.into_iter().find_map(|slot| {
        let account = name.strip_suffix(".json")?.strip_suffix(slot.letter())?.strip_suffix('-')?;
        Some((account, slot))
    })
}
