//! What every implementation of [`Slots`] owes, as a check that runs over any of them. It answers the
//! first sentence that does not hold.

use crate::keys::{FileKey, FixedKey, Key, Keys};
use crate::{FileVault, Slot, Slots};
use engine::{Identity, Lifetime};
use keeper::ports::Vault;
use keeper::record::{Keep, Record, RenewalSecret, Session, Stamp, Tokens, Unrevoked};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Opens the slots of one account, always the same.
pub type Open<'a> = &'a dyn Fn() -> io::Result<Arc<dyn Slots>>;

/// Checks slots that nobody has written to yet.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(open: Open<'_>) -> Result<(), String> {
    slots_keep_what_they_are_given(open)?;
    slots_are_private(open)?;
    damage_is_set_aside(open)?;
    a_vault_stands_on_them(open)
}

fn slots_keep_what_they_are_given(open: Open<'_>) -> Result<(), String> {
    let slots = opened(open)?;
    holds(parsed(&*slots, Slot::A)?.is_none(), "a slot that was never written is absent")?;
    holds(slots.remove(Slot::A).is_ok(), "an absent slot can be removed")?;

    let first = json!({"one": 1, "text": "a \" \\ \u{7} 中", "deep": {"list": [1, 2.5, null]}});
    written(&*slots, Slot::A, &first)?;
    holds(parsed(&*slots, Slot::A)?.as_ref() == Some(&first), "what is written is read back")?;
    holds(parsed(&*slots, Slot::B)?.is_none(), "the other slot is left alone")?;

    let second = json!({"two": 2});
    written(&*slots, Slot::A, &second)?;
    let read = parsed(&*opened(open)?, Slot::A)?;
    holds(read.as_ref() == Some(&second), "a write replaces every member of what was there")?;

    // Another copy of the app has written since.
    fs::write(file_of(&*slots, Slot::A)?, br#"{"three":3,"four":4}"#).map_err(words)?;
    let third = json!({"three": "three"});
    written(&*slots, Slot::A, &third)?;
    let read = parsed(&*slots, Slot::A)?;
    holds(read.as_ref() == Some(&third), "nothing remembered gets into a write")?;

    holds(slots.remove(Slot::A).is_ok(), "a slot can be removed")?;
    holds(parsed(&*slots, Slot::A)?.is_none(), "a removed slot is absent")
}

#[cfg(not(unix))]
fn slots_are_private(_: Open<'_>) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
fn slots_are_private(open: Open<'_>) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let slots = opened(open)?;
    let mode = |path: &std::path::Path| {
        fs::metadata(path).map(|file| file.permissions().mode() & 0o777).map_err(words)
    };
    written(&*slots, Slot::A, &json!({"one": 1}))?;
    let file = file_of(&*slots, Slot::A)?;
    holds(mode(&file)? == 0o600, "a new slot is its owner's alone")?;
    holds(mode(slots.folder())? == 0o700, "the folder is its owner's alone")?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).map_err(words)?;
    written(&*slots, Slot::A, &json!({"two": 2}))?;
    holds(mode(&file)? == 0o600, "a slot that became wider is narrowed by the next write")?;
    slots.remove(Slot::A).map_err(words)
}

fn damage_is_set_aside(open: Open<'_>) -> Result<(), String> {
    let slots = opened(open)?;
    let mut names = Vec::new();
    for bytes in [&b""[..], b"{\"tor", b"\0\0\0\0"] {
        written(&*slots, Slot::B, &json!({"one": 1}))?;
        fs::write(file_of(&*slots, Slot::B)?, bytes).map_err(words)?;
        let raw = slots.read_raw(Slot::B).map_err(words)?;
        holds(raw.as_deref() == Some(bytes), "damage is read as it is")?;
        names.push(slots.set_aside(Slot::B).map_err(words)?);
        holds(parsed(&*slots, Slot::B)?.is_none(), "a slot that was set aside is absent")?;
        let kept = fs::read(slots.folder().join(names.last().map_or("", String::as_str)));
        holds(kept.is_ok_and(|kept| kept == bytes), "what was set aside is kept as it was")?;
    }
    slots.remove_set_aside(2).map_err(words)?;
    let left: Vec<_> = names.iter().map(|name| slots.folder().join(name).exists()).collect();
    holds(left == [false, true, true], "the newest of what was set aside stay")?;
    slots.remove_set_aside(0).map_err(words)?;
    holds(!names.iter().any(|name| slots.folder().join(name).exists()), "and can be removed")
}

fn a_vault_stands_on_them(open: Open<'_>) -> Result<(), String> {
    let vault = || -> Result<FileVault, String> {
        let slots = opened(open)?;
        let file = FileKey::new(slots.folder());
        Ok(FileVault::new(slots, Keys::new(FixedKey(Key::new([7; 32])), file)))
    };
    let save = |record: Record| vault()?.change(&mut |_| Some(record.clone())).map_err(words);
    save(sample(1, "first"))?;
    save(sample(1, "second"))?;
    let reading = vault()?.read().map_err(words)?;
    holds(token(reading.record.as_ref()) == "second" && !reading.fell_back, "the newest is read")?;

    let slots = opened(open)?;
    let generation = |slot| -> Result<Option<u64>, String> {
        Ok(parsed(&*slots, slot)?.and_then(|document| document.get("generation")?.as_u64()))
    };
    let newest = if generation(Slot::A)? > generation(Slot::B)? { Slot::A } else { Slot::B };
    let raw = slots.read_raw(newest).map_err(words)?.unwrap_or_default();
    let torn = raw.get(..raw.len() / 2).unwrap_or_default();
    fs::write(file_of(&*slots, newest)?, torn).map_err(words)?;
    let reading = vault()?.read().map_err(words)?;
    holds(
        token(reading.record.as_ref()) == "first" && reading.fell_back,
        "a torn slot falls back to the older one, and says so",
    )?;
    holds(reading.set_aside.len() == 1, "a torn slot is set aside")?;

    save(Record { session: None, ..sample(2, "") })?;
    holds(sessions(&*slots)? == 0, "a sign-out leaves no session")?;
    vault()?.forget().map_err(words)?;
    holds(parsed(&*slots, Slot::A)?.is_none(), "forgetting leaves no slot")
}

/// A record with a session, for checks and tests.
#[must_use]
pub fn sample(epoch: u64, refresh_token: &str) -> Record {
    let stamp = Stamp {
        wall_ms: 1_790_000_000_000,
        boot_ms: 5_000,
        boot_id: "boot-1".to_owned(),
        clock_offset_ms: Some(-250),
    };
    Record {
        epoch,
        generation: 0,
        account: json!({"name": "Demo", "base": "https://auth.example/", "lead": 0.1}),
        identity: Some(Identity { user: "alice".to_owned(), name: "Alice".to_owned() }),
        keep: Keep::Disk,
        written: stamp.clone(),
        outbox: Vec::new(),
        session: Some(Session {
            tokens: Tokens {
                access: SecretString::from(format!("access of {refresh_token}")),
                renewal: RenewalSecret::RefreshToken(SecretString::from(refresh_token)),
                id: None,
                client_secret: None,
            },
            fingerprint_key: Zeroizing::new([3; 32]),
            asked: stamp,
            lifetime: Lifetime::Told(3_600_000),
            refresh_in_ms: None,
            refresh_lifetime_ms: Some(86_400_000),
            refused: None,
            intent: None,
            confirmed_wall_ms: Some(1_790_000_000_001),
            refreshes: 0,
            refresh_end_moved: None,
            wait_until: None,
            id_check: keeper::record::IdCheck::Passed,
        }),
    }
}

/// An entry of an outbox, for checks and tests.
#[must_use]
pub fn unrevoked(id: u64) -> Unrevoked {
    let ended = sample(1, "");
    Unrevoked {
        id,
        account: ended.account,
        user: "alice".to_owned(),
        tokens: Tokens {
            access: SecretString::from(format!("ended access {id}")),
            renewal: RenewalSecret::RefreshToken(SecretString::from(format!("ended {id}"))),
            id: None,
            client_secret: None,
        },
        fingerprint_key: Some(Zeroizing::new([3; 32])),
        keep: Keep::Disk,
        since: ended.written.clone(),
        ends_wall_ms: Some(1_790_000_900_000),
        tries: 2,
        next_try: Some(ended.written),
    }
}

/// The refresh token in a record; empty where there is none.
#[must_use]
pub fn token(record: Option<&Record>) -> String {
    match record.and_then(|record| record.session.as_ref()).map(|session| &session.tokens.renewal) {
        Some(RenewalSecret::RefreshToken(token)) => token.expose_secret().to_owned(),
        _ => String::new(),
    }
}

fn sessions(slots: &dyn Slots) -> Result<usize, String> {
    let mut sessions = 0;
    for slot in Slot::BOTH {
        let document = parsed(slots, slot)?.unwrap_or_default();
        sessions += usize::from(document.get("signed_in") == Some(&Value::Bool(true)));
    }
    Ok(sessions)
}

fn opened(open: Open<'_>) -> Result<Arc<dyn Slots>, String> {
    open().map_err(words)
}

fn written(slots: &dyn Slots, slot: Slot, document: &Value) -> Result<(), String> {
    slots.write(slot, document).map_err(words)
}

fn parsed(slots: &dyn Slots, slot: Slot) -> Result<Option<Value>, String> {
    let raw = slots.read_raw(slot).map_err(words)?;
    raw.map(|raw| serde_json::from_slice(&raw).map_err(words)).transpose()
}

/// The slot's file, which ends like this in every implementation.
fn file_of(slots: &dyn Slots, slot: Slot) -> Result<std::path::PathBuf, String> {
    let file = slots.folder().join(format!("{}-{}.json", slots.account(), slot.letter()));
    holds(file.is_file(), "a slot's file is <account>-<letter>.json")?;
    Ok(file)
}

fn holds(it: bool, sentence: &str) -> Result<(), String> {
    if it { Ok(()) } else { Err(format!("it does not hold that {sentence}")) }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
