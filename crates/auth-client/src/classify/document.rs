//! Names what is wrong with what a server publishes of itself: its documents, its keys.

use super::{Asking, Body, Named, by_somebody_else, by_status, rest};
use crate::transport::{Arrived, Whole};
use engine::{Class, Wall};
use serde_json::Value;

/// Names what is wrong with a document; `None` where it is a JSON object. Nobody's token is refused
/// here, so that no code and no setting says more than the status does.
pub(crate) fn document(came: &Arrived, body: &Body, wall: Wall) -> Option<Named> {
    let status = came.status;
    // A server that does not have it says so with whatever page it has, and is the server all the same.
    let absent = matches!(status, 404 | 410)
        .then(|| Named::new(Class::UnclearRefusal, format!("{status}: no such document")));
    absent
        .or_else(|| by_status(came, wall))
        .or_else(|| by_somebody_else(status, body))
        .or_else(|| (!(200..300).contains(&status)).then(|| rest(Asking::Refresh, status, body)))
        .or_else(|| unreadable(came, body))
}

fn unreadable(came: &Arrived, body: &Body) -> Option<Named> {
    let status = came.status;
    let what = match (came.whole, body.json()) {
        (Whole::Torn, _) => "and the document broke off",
        (Whole::TooLarge, _) => "with more than a megabyte",
        (Whole::Yes, Some(Value::Object(_))) => return None,
        (Whole::Yes, Some(_)) => "with JSON that is no object",
        (Whole::Yes, None) if body.is_empty() => "with nothing in it",
        (Whole::Yes, None) => "that is not JSON",
    };
    Some(Named::new(Class::UnknownOutcome, format!("{status} {what}")))
}
