//! Errors of the file system, with what they happened to.

use engine::{StoreTrouble, WriteTrouble};
use keeper::ports::{VaultFailure, store_trouble};
use std::error::Error;
use std::io::{self, ErrorKind};

/// What an ordinary trouble is called where it happens: unreadable, or not written.
pub(crate) type Blame = fn(StoreTrouble) -> VaultFailure;

/// [`VaultFailure::Unreadable`], as a [`Blame`].
pub(crate) fn unreadable(trouble: StoreTrouble) -> VaultFailure {
    VaultFailure::Unreadable(trouble.detail)
}

/// A trouble that only these words tell.
pub(crate) fn said(words: impl Into<String>) -> StoreTrouble {
    StoreTrouble { kind: WriteTrouble::Other, detail: words.into() }
}

/// The trouble that an error means, and what it happened to.
pub(crate) fn about(what: &str, error: &io::Error) -> StoreTrouble {
    let kind = store_trouble(&innermost(error).into()).kind;
    StoreTrouble { kind, detail: format!("{what}: {error}") }
}

/// What the file system said, in an error that somebody wrapped: a store or a serializer does, and
/// "the disk is full" must not become "something else" by that.
fn innermost(error: &io::Error) -> ErrorKind {
    let mut kind = error.kind();
    let mut inner = wrapped(error);
    while let Some(error) = inner {
        if let Some(json) = error.downcast_ref::<serde_json::Error>() {
            kind = json.io_error_kind().unwrap_or(kind);
        }
        let io = error.downcast_ref::<io::Error>();
        kind = io.map_or(kind, io::Error::kind);
        inner = io.map_or_else(|| error.source(), wrapped);
    }
    kind
}

/// What an error wraps. `source` alone would leave the wrapped error itself out.
fn wrapped(error: &io::Error) -> Option<&(dyn Error + 'static)> {
    error.get_ref().map(|inner| {
        let inner: &(dyn Error + 'static) = inner;
        inner
    })
}
