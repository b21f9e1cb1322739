//! What one slot holds: a JSON document with a clear part, a sealed part, and a checksum over both.
//!
//! Three things are told apart that a decryption alone would mix up:
//! - *damaged*: the checksum does not fit. Torn, flipped or zeroed; or another slot's or account's,
//!   for the checksum covers which slot of which account this is. Found without the key.
//! - *newer*: whole, in a version that this program does not know. Never touched.
//! - *not opening*: whole, and the key at hand does not open it. Another key, or changed by somebody
//!   who corrected the checksum; see `standing`.
//!
//! The sealed part is bound to the whole clear part: account settings, identity, epoch, generation,
//! slot. Whoever edits the server's address in the clear cannot have the tokens sent there, because
//! they do not open beside another address.
//!
//! Every version of the format keeps the members `version` and `check`, and the latter's meaning;
//! everything else may change.

use crate::canonical::{canonical, checksum};
use crate::disk::{IdentityOnDisk, StampOnDisk};
use crate::keys::{KeptBy, Key};
use crate::seal::{self, Sealed};
use crate::slots::Slot;
use keeper::record::{Keep, Record, Session};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The version that is written.
const VERSION: u64 = 1;

/// The clear part, without the version.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Clear {
    pub(crate) generation: u64,
    pub(crate) epoch: u64,
    pub(crate) account: Value,
    pub(crate) identity: Option<IdentityOnDisk>,
    written: StampOnDisk,
    /// Which key sealed it or, signed out, the last one did. It is never changed silently.
    pub(crate) protection: Option<KeptBy>,
    /// The generation in the other slot when this was written. Another one there now, and it was
    /// rolled back or lost.
    pub(crate) after: Option<u64>,
    /// The first half of a write to both slots: nothing newer than this is lost with the other slot.
    pub(crate) first_of_two: bool,
}

/// A whole document.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) clear: Clear,
    sealed: Option<Sealed>,
    bound: Vec<u8>,
}

/// What a slot's bytes are.
pub(crate) enum Content {
    Whole(Box<Document>),
    Damaged(&'static str),
    Newer(u64),
}

/// Where a document goes, and what surrounds it.
pub(crate) struct Place<'a> {
    pub(crate) account: &'a str,
    pub(crate) slot: Slot,
    pub(crate) after: Option<u64>,
    pub(crate) first_of_two: bool,
    pub(crate) protection: Option<KeptBy>,
}

impl Document {
    /// A session is sealed in it.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// Epoch, then generation: which of two is newer.
    pub(crate) fn age(&self) -> (u64, u64) {
        (self.clear.epoch, self.clear.generation)
    }

    /// The session in it, where this key opens it.
    pub(crate) fn open(&self, key: &Key) -> Option<Session> {
        self.sealed.as_ref().and_then(|sealed| seal::open(key, &self.bound, sealed))
    }

    /// The record, with this for its session.
    pub(crate) fn record(&self, session: Option<Session>) -> Record {
        let clear = self.clear.clone();
        Record {
            epoch: clear.epoch,
            generation: clear.generation,
            account: clear.account,
            identity: clear.identity.map(Into::into),
            keep: Keep::Disk,
            written: clear.written.into(),
            session,
            outbox: Vec::new(),
        }
    }
}

/// Writes a record down as the document for `place`.
pub(crate) fn write_down(
    record: &Record,
    place: &Place<'_>,
    key: Option<&Key>,
) -> Result<Value, String> {
    let clear = Clear {
        generation: record.generation,
        epoch: record.epoch,
        account: record.account.clone(),
        identity: record.identity.as_ref().map(IdentityOnDisk::from),
        written: StampOnDisk::from(&record.written),
        protection: place.protection,
        after: place.after,
        first_of_two: place.first_of_two,
    };
    let Ok(Value::Object(mut document)) = serde_json::to_value(clear) else {
        return Err("the record cannot be written down".to_owned());
    };
    document.insert("version".to_owned(), VERSION.into());
    let sealed = match (&record.session, key) {
        (None, _) => None,
        (Some(session), Some(key)) => {
            let bound = in_its_place(place.account, place.slot, &document);
            Some(seal::seal(key, &canonical(&bound), session)?)
        }
        (Some(_), None) => return Err("there is no key to seal with".to_owned()),
    };
    let sealed = serde_json::to_value(sealed).map_err(|error| error.to_string())?;
    document.insert("sealed".to_owned(), sealed);
    let check = checksum(&in_its_place(place.account, place.slot, &document));
    document.insert("check".to_owned(), check.into());
    Ok(Value::Object(document))
}

/// Reads a slot's bytes.
pub(crate) fn read(account: &str, slot: Slot, bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Damaged("it was empty");
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Content::Damaged("it held nothing but zeroes");
    }
    let Ok(Value::Object(mut document)) = serde_json::from_slice(bytes) else {
        return Content::Damaged("it was cut short or overwritten");
    };
    let check = document.remove("check");
    let right = checksum(&in_its_place(account, slot, &document));
    if check.as_ref().and_then(Value::as_str) != Some(right.as_str()) {
        return Content::Damaged("its checksum did not fit");
    }
    match document.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Content::Newer(newer),
        _ => return Content::Damaged("it had no version"),
    }
    let sealed = document.remove("sealed").unwrap_or_default();
    let bound = canonical(&in_its_place(account, slot, &document));
    match (serde_json::from_value(sealed), serde_json::from_value(Value::Object(document))) {
        (Ok(sealed), Ok(clear)) => Content::Whole(Box::new(Document { clear, sealed, bound })),
        _ => Content::Damaged("something was missing in it"),
    }
}

/// The document together with where it belongs, which is not in it: a copy in another slot or
/// another account's is not the same thing.
fn in_its_place(account: &str, slot: Slot, document: &Map<String, Value>) -> Value {
    json!({
        "what": "session keeper slot",
        "account_id": account,
        "slot": slot.letter(),
        "document": document,
    })
}
