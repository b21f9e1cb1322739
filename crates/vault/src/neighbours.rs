//! The other accounts in the same folder: they share the key.

use crate::document::{self, Content};
use crate::keys::KeptBy;
use crate::slots::Slot;
use std::fs;
use std::io;
use std::path::Path;

/// What the other accounts keep here. Their clear parts are believed where they forbid something.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    /// There are some.
    pub(crate) any: bool,
    /// One of them says that its key is in the keychain.
    pub(crate) say_keychain: bool,
    /// One of them has a session, or an outbox, that is sealed with the key in the keychain.
    pub(crate) sealed_by_keychain: bool,
    /// The same for the key in the file.
    pub(crate) sealed_by_file: bool,
}

/// Looks at every slot in `folder` that is not `account`'s. What cannot be read of them counts as
/// sealed, by either key: it may be. What is damaged holds no session, and is nobody.
pub(crate) fn of(account: &str, folder: &Path) -> io::Result<Neighbours> {
    let mut neighbours = Neighbours::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((other, slot)) = name.to_str().and_then(owner) else { continue };
        if other == account {
            continue;
        }
        match fs::read(entry.path()).map(|bytes| document::read(other, slot, &bytes)) {
            Ok(Content::Whole(document)) => {
                neighbours.any = true;
                let by = document.clear.protection;
                neighbours.say_keychain |= by == Some(KeptBy::Keychain);
                if document.needs_key() {
                    neighbours.sealed_by_keychain |= by != Some(KeptBy::KeyFile);
                    neighbours.sealed_by_file |= by != Some(KeptBy::Keychain);
                }
            }
            Ok(Content::Newer(_)) | Err(_) => {
                neighbours.any = true;
                neighbours.sealed_by_keychain = true;
                neighbours.sealed_by_file = true;
            }
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
