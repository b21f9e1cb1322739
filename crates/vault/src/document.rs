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
//! everything else may change. What changed so far:
//! - 1 sealed a session and nothing else; "signed out" was to have no sealed part.
//! - 2 seals session and outbox together, and a signed-out record as well: `signed_in` and `outbox`
//!   say in clear what is in there.

use crate::canonical::{canonical, checksum};
use crate::contents::{Contents, ContentsOnDisk, MOST};
use crate::disk::{IdentityOnDisk, StampOnDisk};
use crate::keys::{KeptBy, Key};
use crate::seal::{self, Sealed};
use crate::slots::Slot;
use keeper::record::{Keep, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The version that is written.
const VERSION: u64 = 2;

/// The clear part, without the version.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Clear {
    pub(crate) generation: u64,
    pub(crate) epoch: u64,
    pub(crate) account: Value,
    pub(crate) identity: Option<IdentityOnDisk>,
    /// A session is sealed in it.
    signed_in: bool,
    /// So many entries of the outbox are sealed in it.
    outbox: u32,
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
    version: u64,
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
    pub(crate) fn has_session(&self) -> bool {
        self.clear.signed_in
    }

    /// Something is sealed in it that is wanted at every start: a session, or entries of the outbox.
    pub(crate) fn needs_key(&self) -> bool {
        self.clear.signed_in || self.has_outbox()
    }

    /// Entries of the outbox are sealed in it.
    pub(crate) fn has_outbox(&self) -> bool {
        self.clear.outbox > 0
    }

    /// There is a sealed part, be it empty: it vouches for the clear one.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// Epoch, then generation: which of two is newer.
    pub(crate) fn age(&self) -> (u64, u64) {
        (self.clear.epoch, self.clear.generation)
    }

    /// What is sealed in it, where this key opens it.
    pub(crate) fn open(&self, key: &Key) -> Option<Contents> {
        let sealed = self.sealed.as_ref()?;
        let mut contents = match self.version {
            1 => seal::open_first_format(key, &self.bound, sealed)?,
            _ => seal::open(key, &self.bound, sealed)?,
        };
        let surplus = contents.outbox.len().saturating_sub(MOST);
        contents.outbox.drain(..surplus);
        (contents.session.is_some() == self.has_session()).then_some(contents)
    }

    /// The record, with what was sealed in it. Without that it has neither session nor outbox.
    pub(crate) fn record(&self, contents: Option<Contents>) -> Record {
        let clear = self.clear.clone();
        let (session, outbox) =
            contents.map_or((None, Vec::new()), |contents| (contents.session, contents.outbox));
        Record {
            epoch: clear.epoch,
            generation: clear.generation,
            account: clear.account,
            identity: clear.identity.map(Into::into),
            keep: Keep::Disk,
            written: clear.written.into(),
            session,
            outbox,
        }
    }
}

/// Writes a record down as the document for `place`. With a key it is sealed, signed in or out;
/// without one it may hold nothing that has to be.
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
        signed_in: record.session.is_some(),
        outbox: u32::try_from(record.outbox.len()).map_err(|error| error.to_string())?,
        written: StampOnDisk::from(&record.written),
        protection: place.protection,
        after: place.after,
        first_of_two: place.first_of_two,
    };
    let Ok(Value::Object(mut document)) = serde_json::to_value(clear) else {
        return Err("the record cannot be written down".to_owned());
    };
    document.insert("version".to_owned(), VERSION.into());
    let sealed = match key {
        Some(key) => {
            let bound = in_its_place(place.account, place.slot, &document);
            let contents = ContentsOnDisk::new(record.session.as_ref(), &record.outbox);
            Some(seal::seal(key, &canonical(&bound), &contents)?)
        }
        None if record.session.is_none() && record.outbox.is_empty() => None,
        None => return Err("there is no key to seal with".to_owned()),
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
    let version = match document.get("version").and_then(Value::as_u64) {
        Some(version @ 1..=VERSION) => version,
        Some(newer) if newer > VERSION => return Content::Newer(newer),
        _ => return Content::Damaged("it had no version"),
    };
    let sealed = document.remove("sealed").unwrap_or_default();
    let bound = canonical(&in_its_place(account, slot, &document));
    if version == 1 {
        document.insert("signed_in".to_owned(), (!sealed.is_null()).into());
        document.insert("outbox".to_owned(), 0.into());
    }
    let read = (serde_json::from_value(sealed), serde_json::from_value(Value::Object(document)));
    let (Ok(sealed), Ok(clear)) = read else {
        return Content::Damaged("something was missing in it");
    };
    let document = Document { version, clear, sealed, bound };
    if document.needs_key() && !document.is_sealed() {
        return Content::Damaged("something was missing in it");
    }
    Content::Whole(Box::new(document))
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
