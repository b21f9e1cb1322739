//! What may not be seen is not there to be seen.

use super::keychain::Scripted;
use super::{Bench, KEY, save, signed_out, token_of};
use crate::contract::{sample, unrevoked};
use crate::document::{self, Content};
use crate::keys::{FileKey, Key, KeyFailure, Keys};
use crate::{FileVault, PlainFiles, Slot};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use keeper::ports::Vault as _;
use std::fs;

const CANARY: &str = "canary-5f0c9d1e-in-a-token";

/// Every form in which a secret is likely to be found by somebody who searches for it.
fn traces(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut traces = vec![secret.to_vec(), hex.into_bytes()];
    // Base64 of a part depends on where the part begins; its inner characters do not change.
    for skip in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&secret[skip..]);
            traces.push(text.as_bytes()[..text.len() - 4].to_vec());
        }
    }
    traces
}

#[track_caller]
fn nowhere(bench: &Bench, secret: &[u8], but: &str) {
    for path in bench.files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == but {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for trace in traces(secret) {
            assert!(!bytes.windows(trace.len()).any(|window| window == trace), "{name}");
        }
    }
}

#[test]
fn no_token_is_readable_in_any_file() {
    let bench = Bench::new();
    let mut record = sample(1, CANARY);
    let tokens = &mut record.session.as_mut().unwrap().tokens;
    tokens.id = Some(format!("{CANARY}, an ID token").into());
    tokens.client_secret = Some(format!("{CANARY}, a client's secret").into());
    let mut ended = unrevoked(1);
    ended.tokens = tokens.clone();
    record.outbox.push(ended);
    bench.save(record.clone());
    bench.save(record);
    bench.put(bench.newest(), &bench.raw(bench.newest())[..700]);
    bench.read();
    assert!(bench.files().len() >= 3);
    nowhere(&bench, CANARY.as_bytes(), "");
}

#[test]
fn the_search_for_tokens_finds_one_that_is_there() {
    let bench = Bench::new();
    for text in [CANARY.to_owned(), STANDARD.encode(format!("x{CANARY}y"))] {
        bench.put(Slot::A, text.as_bytes());
        let found = std::panic::catch_unwind(|| nowhere(&bench, CANARY.as_bytes(), ""));
        assert!(found.is_err(), "{text}");
    }
}

#[test]
fn the_key_is_in_the_key_file_alone() {
    let bench = Bench::new();
    let vault = bench.vault_by(Scripted::absent());
    save(&vault, sample(1, CANARY)).unwrap();
    let text = fs::read_to_string(bench.folder.path().join("key")).unwrap();
    nowhere(&bench, Key::from_text(&text).unwrap().bytes(), "key");
    nowhere(&bench, CANARY.as_bytes(), "");
}

#[test]
fn a_sign_out_leaves_no_session_not_even_in_damaged_files() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let mut flipped = bench.raw(newest);
    flipped[5] ^= 1;
    bench.put(newest, &flipped);
    bench.read();
    assert_eq!(bench.set_aside_files(), 1);
    bench.save(signed_out(2));
    assert_eq!(bench.set_aside_files(), 0);
    for slot in Slot::BOTH {
        let Content::Whole(document) = document::read("alice", slot, &bench.raw(slot)) else {
            panic!("a slot is damaged");
        };
        let contents = document.open(&Key::new(KEY)).expect("a sign-out is sealed, too");
        assert!(contents.session.is_none() && contents.outbox.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn files_and_folder_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let bench = Bench { folder };
    let vault = bench.vault_by(Scripted::absent());
    save(&vault, sample(1, CANARY)).unwrap();
    let _lock = vault.try_refresh_lock().unwrap();
    bench.put(bench.newest(), b"torn");
    vault.read().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(bench.folder.path()), 0o700);
    let files = bench.files();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_key_cannot_be_printed() {
    let key = Key::new([0xab; 32]);
    assert_eq!(format!("{key:?}"), "Key");
}

#[test]
fn a_key_file_that_was_cut_short_is_no_key_and_is_not_replaced() {
    use crate::keys::KeySource as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), "AAAA").unwrap();
    let file = FileKey::new(folder.path());
    assert!(matches!(file.find(), Err(KeyFailure::Unusable(_))));
    assert!(matches!(file.create(), Err(KeyFailure::Failed(_))));
    assert_eq!(fs::read_to_string(folder.path().join("key")).unwrap(), "AAAA");
}

#[test]
fn what_an_interrupted_key_file_left_behind_is_in_nobodys_way() {
    use crate::keys::KeySource as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.new"), "AA").unwrap();
    let file = FileKey::new(folder.path());
    assert!(file.find().unwrap().is_none());
    let made = file.create().unwrap();
    assert!(file.find().unwrap() == Some(made));
}

#[test]
fn a_session_is_written_down_without_moving_the_buffer() {
    use crate::contents::ContentsOnDisk;
    use crate::disk::SessionOnDisk;
    use keeper::record::RenewalSecret;
    // Characters that take six bytes each in JSON.
    for text in ["", "plain", &"\u{1}".repeat(10_000), &"\u{1}\"\\中".repeat(1_000)] {
        let mut session = sample(1, text).session.unwrap();
        session.tokens.access = text.into();
        session.tokens.renewal = RenewalSecret::Cookies(text.into());
        session.tokens.id = Some(text.into());
        session.tokens.client_secret = Some(text.into());
        session.id_check = keeper::record::IdCheck::Pending;
        session.lifetime = engine::Lifetime::Unknown(Some(text.to_owned()));
        session.asked.boot_id = text.to_owned();
        session.refused = Some(engine::Ended::AnswerLost);
        session.intent =
            Some(keeper::record::Intent { fingerprint: u64::MAX, since_wall_ms: i64::MIN });
        let mut ended = unrevoked(u64::MAX);
        ended.tokens = session.tokens.clone();
        ended.user = text.to_owned();
        let contents = ContentsOnDisk::new(Some(&session), &[ended.clone(), ended]);
        let session = SessionOnDisk::from(&session);
        let (written, tag) = (serde_json::to_vec(&session).unwrap().len(), 16);
        assert!(written + tag <= session.room(), "{written} of {}", session.room());
        let written = serde_json::to_vec(&contents).unwrap().len();
        assert!(written + tag <= contents.room(), "{written} of {}", contents.room());
    }
}

/// Somebody who may write to the folder tears both slots while the app runs, and lays beside them an
/// account without a session that says `key_file`, and a key that he knows. The vault writes the
/// session that it remembers again: sealed with its own key, not with his.
#[test]
fn a_running_session_keeps_its_key_whatever_the_files_beside_it_say() {
    let bench = Bench::new();
    let vault = bench.vault();
    save(&vault, sample(1, "first")).unwrap();
    let his = tempfile::tempdir().unwrap();
    let slots = PlainFiles::new(his.path(), "mallory").unwrap();
    let planted = FileVault::new(slots, Keys::new(Scripted::absent(), FileKey::new(his.path())));
    save(&planted, sample(1, "planted")).unwrap();
    save(&planted, signed_out(2)).unwrap();
    for name in ["mallory-a.json", "mallory-b.json", "key"] {
        fs::copy(his.path().join(name), bench.folder.path().join(name)).unwrap();
    }
    for slot in Slot::BOTH {
        bench.put(slot, b"torn");
    }

    assert_eq!(token_of(&vault.read().unwrap()), "first");

    for slot in Slot::BOTH {
        assert_eq!(bench.document(slot)["protection"], "keychain");
    }
    assert_eq!(token_of(&bench.read()), "first");
}
