//! What must hold of slots whatever is in them: their bytes may be anybody's. Each function takes any
//! bytes, has them read as in earnest, and answers the first sentence that does not hold. For the fuzz
//! targets.

use crate::canonical::{canonical, checksum};
use crate::contents::{Contents, ContentsOnDisk, MOST};
use crate::contract::{sample, token, unrevoked};
use crate::document::{self, Content, Document, Place};
use crate::keys::{FoundKey, KeptBy, Key};
use crate::seal;
use crate::slots::Slot;
use crate::standing::{Look, State, Verdict, judge};
use keeper::record::{Record, RenewalSecret};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// What is wrong, in a sentence.
pub type Held = Result<(), String>;

const ACCOUNT: &str = "alice";
/// The refresh token of the session that is sealed in the other slot.
const TOKEN: &str = "the token of the older slot";

static KEY: LazyLock<FoundKey> =
    LazyLock::new(|| FoundKey { key: Key::new([9; 32]), kept_by: KeptBy::Keychain });

/// The other slot: signed in, sealed with the key, as this vault writes it.
static OLDER: LazyLock<Result<Box<Document>, String>> = LazyLock::new(|| {
    let record = Record { generation: 3, outbox: vec![unrevoked(1)], ..sample(1, TOKEN) };
    let place = Place {
        account: ACCOUNT,
        slot: Slot::B,
        after: Some(2),
        first_of_two: false,
        protection: Some(KeptBy::Keychain),
    };
    let written = document::write_down(&record, &place, Some(&KEY.key))?;
    match document::read(ACCOUNT, Slot::B, written.to_string().as_bytes()) {
        Content::Whole(document) => Ok(document),
        Content::Damaged(why) => Err(why.to_owned()),
        Content::Newer(version) => Err(format!("version {version}")),
    }
});

fn holds(it: bool, sentence: impl FnOnce() -> String) -> Held {
    if it { Ok(()) } else { Err(sentence()) }
}

/// A slot's file: as it is, and with its checksum corrected, as somebody would who has read this
/// source.
///
/// # Errors
/// The first thing that does not hold.
pub fn slot(input: &[u8]) -> Held {
    let raw = document::read(ACCOUNT, Slot::A, input);
    is_nobodys(raw)?;
    let Ok(Value::Object(mut document)) = serde_json::from_slice(input) else { return Ok(()) };
    document.remove("check");
    let place = json!({
        "what": "session keeper slot",
        "account_id": ACCOUNT,
        "slot": Slot::A.letter(),
        "document": document,
    });
    document.insert("check".to_owned(), checksum(&place).into());
    let corrected = Value::Object(document).to_string();
    let read = document::read(ACCOUNT, Slot::A, corrected.as_bytes());
    let damaged = matches!(&read, Content::Damaged(why) if why.contains("checksum"));
    holds(!damaged, || format!("the checksum of {corrected} does not fit"))?;
    // Another slot's, or another account's, is damaged here.
    for (account, slot) in [(ACCOUNT, Slot::B), ("bob", Slot::A)] {
        let moved = matches!(
            document::read(account, slot, corrected.as_bytes()),
            Content::Damaged(why) if why.contains("checksum")
        );
        holds(moved, || format!("{corrected} is taken for another slot's"))?;
    }
    is_nobodys(read)
}

/// What was not sealed with the key does not open, and takes nothing away from what was.
fn is_nobodys(content: Content) -> Held {
    let Content::Whole(document) = content else { return Ok(()) };
    let shell = document.record(None);
    holds(shell.session.is_none() && shell.outbox.is_empty(), || {
        "a record has a session that nobody opened".to_owned()
    })?;
    holds(document.open(&KEY.key).is_none(), || "it opens without its key".to_owned())?;
    holds(!document.needs_key() || document.is_sealed(), || {
        "a session is there that nothing is sealed in".to_owned()
    })?;
    let says_signed_out = !document.has_session();
    let age = document.age();
    let older = OLDER.as_ref().map_err(Clone::clone)?.clone();
    let newer = age > older.age();
    for b in [State::Absent, State::Damaged("torn"), State::Whole(older)] {
        let beside = b.whole().is_some();
        let look = Look { a: State::Whole(document.clone()), b };
        for key in [None, Some(&*KEY)] {
            let verdict = judge(&look, key);
            let opened = verdict.is_opened();
            holds(!opened || (beside && key.is_some()), || {
                "settings that nobody vouches for are vouched for".to_owned()
            })?;
            match verdict {
                Verdict::Nothing { .. } => return Err("a whole slot is nothing".to_owned()),
                Verdict::Shut(shut) => holds(shut.shell.session.is_none(), || {
                    "a session is read that does not open".to_owned()
                })?,
                Verdict::Known(known) => {
                    let read = token(Some(&known.record));
                    holds(read.is_empty() || read == TOKEN, || format!("the token is {read}"))?;
                    // A sign-out stays one, whoever wrote it; nothing else that does not open counts.
                    holds(!(newer && says_signed_out) || known.slot == Slot::A, || {
                        "somebody is signed in again".to_owned()
                    })?;
                    holds(known.slot == Slot::B || says_signed_out, || {
                        "a slot that does not open is the record".to_owned()
                    })?;
                }
            }
        }
    }
    Ok(())
}

/// What is inside the seal, in either format: written by another version, or by whoever has the key.
///
/// # Errors
/// The first thing that does not hold.
pub fn contents(input: &[u8]) -> Held {
    if let Ok(read) = serde_json::from_slice::<ContentsOnDisk>(input) {
        let room = read.room();
        let contents = Contents::from(read);
        let again = ContentsOnDisk::new(contents.session.as_ref(), &contents.outbox);
        let written = serde_json::to_vec(&again).map_err(|error| error.to_string())?;
        // The buffer must not move while it is filled: a moved one leaves its secrets behind.
        holds(again.room() >= written.len() && room == again.room(), || {
            format!("{} bytes are written where there is room for {room}", written.len())
        })?;
        let once_more: ContentsOnDisk =
            serde_json::from_slice(&written).map_err(|error| error.to_string())?;
        let once_more = serde_json::to_vec(&once_more).map_err(|error| error.to_string())?;
        holds(once_more == written, || "what is kept is read otherwise".to_owned())?;
        opens_again(&contents)?;
    }
    Ok(())
}

/// Sealed, it opens, beside its own clear part and beside no other.
fn opens_again(contents: &Contents) -> Held {
    let bound = canonical(&json!({"epoch": 1}));
    let on_disk = ContentsOnDisk::new(contents.session.as_ref(), &contents.outbox);
    let sealed = seal::seal(&KEY.key, &bound, &on_disk)?;
    let opened = seal::open(&KEY.key, &bound, &sealed).ok_or("what was sealed does not open")?;
    holds(opened.outbox.len() == contents.outbox.len(), || "an entry is lost".to_owned())?;
    let elsewhere = canonical(&json!({"epoch": 2}));
    holds(seal::open(&KEY.key, &elsewhere, &sealed).is_none(), || {
        "it opens beside another clear part".to_owned()
    })?;
    let record = Record {
        outbox: contents.outbox.clone(),
        session: contents.session.clone(),
        ..sample(1, "")
    };
    let place = Place {
        account: ACCOUNT,
        slot: Slot::A,
        after: None,
        first_of_two: true,
        protection: Some(KeptBy::Keychain),
    };
    let written = document::write_down(&record, &place, Some(&KEY.key))?;
    let Content::Whole(read) = document::read(ACCOUNT, Slot::A, written.to_string().as_bytes())
    else {
        return Err("what was written does not read back".to_owned());
    };
    let opened = read.open(&KEY.key).ok_or("what was written does not open")?;
    holds(opened.outbox.len() == contents.outbox.len().min(MOST), || {
        format!("{} entries of an outbox", opened.outbox.len())
    })?;
    let renewal = |contents: &Contents| {
        let session = contents.session.as_ref()?;
        Some(matches!(session.tokens.renewal, RenewalSecret::RefreshToken(_)))
    };
    holds(renewal(&opened) == renewal(contents), || "a session is read otherwise".to_owned())
}
