//! Torn, flipped, swapped, rolled back and edited slots: never a wrong record, and what may have been
//! lost is told.

use super::{Bench, edited, save, signed_out, token_of};
use crate::Slot;
use crate::contract::sample;
use keeper::ports::{Vault as _, VaultFailure};
use std::fs;

/// Whatever is in the newest slot now, the older record is used, and it is told.
#[track_caller]
fn falls_back(bench: &Bench, case: &str) {
    let reading = bench.read();
    assert_eq!(token_of(&reading), "first", "{case}");
    assert!(reading.fell_back, "{case}");
    assert_eq!(reading.set_aside.len(), 1, "{case}");
}

#[test]
fn a_newest_slot_torn_at_any_length_falls_back() {
    let bench = Bench::renewed_once();
    let (newest, whole) = (bench.newest(), bench.raw(bench.newest()));
    for length in 0..whole.len() {
        bench.put(newest, &whole[..length]);
        falls_back(&bench, &format!("cut to {length} bytes"));
    }
}

#[test]
fn an_older_slot_torn_at_any_length_costs_nothing_but_certainty() {
    let bench = Bench::renewed_once();
    let (older, whole) = (bench.newest().other(), bench.raw(bench.newest().other()));
    for length in 0..whole.len() {
        bench.put(older, &whole[..length]);
        let reading = bench.read();
        assert_eq!(token_of(&reading), "second", "cut to {length} bytes");
        // It may have been a newer one that was torn.
        assert!(reading.fell_back && reading.set_aside.len() == 1, "cut to {length} bytes");
    }
}

#[test]
fn no_flipped_byte_gives_a_wrong_record() {
    let bench = Bench::renewed_once();
    let (newest, whole) = (bench.newest(), bench.raw(bench.newest()));
    for at in 0..whole.len() {
        for bit in [0x01, 0x20] {
            let mut flipped = whole.clone();
            flipped[at] ^= bit;
            bench.put(newest, &flipped);
            falls_back(&bench, &format!("byte {at} by {bit:#x}"));
        }
    }
}

#[test]
fn no_flipped_byte_turns_a_sign_out_into_anything_else() {
    let bench = Bench::new();
    bench.save(sample(1, "old"));
    bench.save(signed_out(2));
    let (newest, whole) = (bench.newest(), bench.raw(bench.newest()));
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x01;
        bench.put(newest, &flipped);
        let reading = bench.read();
        let record = reading.record.unwrap();
        assert!(record.session.is_none() && record.epoch == 2, "byte {at}");
        assert_eq!(record.identity, sample(2, "").identity, "byte {at}");
        assert_eq!(reading.set_aside.len(), 1, "byte {at}");
    }
}

#[test]
fn zeroes_and_other_files_are_damage() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let zeroes = vec![0; bench.raw(newest).len()];
    for bytes in [&zeroes[..], b"", b"{}", b"null", b"[1]", b"\xff\xfe", b"{\"version\":1}"] {
        bench.put(newest, bytes);
        falls_back(&bench, &format!("{bytes:?}"));
    }
    assert_eq!(bench.set_aside_files(), crate::vault::KEPT_ASIDE);
}

#[test]
fn a_line_tells_what_was_damaged_and_where_it_is_now() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    bench.put(newest, b"");
    let line = bench.read().set_aside.remove(0);
    let letter = newest.letter();
    assert!(line.starts_with(&format!("slot {}: it was empty", letter.to_uppercase())), "{line}");
    let file = line.rsplit(' ').next().unwrap();
    assert_eq!(file, format!("alice-{letter}.json.damaged-1"));
    assert!(bench.folder.path().join(file).exists());
}

#[test]
fn what_a_change_set_aside_is_told_by_the_next_reading() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    bench.put(bench.newest(), b"torn");
    save(&vault, sample(1, "third")).unwrap();
    let reading = vault.read().unwrap();
    assert_eq!(reading.set_aside.len(), 1);
    assert_eq!(token_of(&reading), "third");
    assert!(vault.read().unwrap().set_aside.is_empty());
}

#[test]
fn a_missing_newest_slot_is_an_unknown_outcome_until_the_next_write() {
    let bench = Bench::renewed_once();
    fs::remove_file(bench.path(bench.newest())).unwrap();
    for _ in 0..2 {
        let reading = bench.read();
        assert!(reading.fell_back);
        assert_eq!(token_of(&reading), "first");
    }
    bench.save(sample(1, "third"));
    let reading = bench.read();
    assert!(!reading.fell_back);
    assert_eq!(token_of(&reading), "third");
}

#[test]
fn right_after_a_sign_in_either_slot_is_as_good_as_the_other() {
    for lost in Slot::BOTH {
        let bench = Bench::new();
        bench.save(sample(1, "only"));
        let second_half_lost = lost == bench.newest();
        fs::remove_file(bench.path(lost)).unwrap();
        let reading = bench.read();
        assert_eq!(token_of(&reading), "only");
        // The first half is what a renewal is written over: with it, something may be lost.
        assert_eq!(reading.fell_back, !second_half_lost);
    }
}

#[test]
fn with_both_slots_damaged_nothing_is_left_and_both_are_named() {
    let bench = Bench::renewed_once();
    for slot in Slot::BOTH {
        bench.put(slot, b"{");
    }
    let reading = bench.read();
    assert!(reading.record.is_none() && reading.fell_back);
    assert_eq!(reading.set_aside.len(), 2);
    let reading = bench.read();
    assert!(reading.record.is_none() && !reading.fell_back);
}

#[test]
fn a_slot_copied_over_the_other_one_does_not_count() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let before = bench.raw(newest);
    bench.put(newest, &bench.raw(newest.other()));
    falls_back(&bench, "the older over the newest");

    bench.put(newest, &before);
    bench.put(newest.other(), &before);
    let reading = bench.read();
    assert_eq!(token_of(&reading), "second");
    assert_eq!(reading.set_aside.len(), 1);

    let corrected = edited(&bench, newest, |_| {});
    let bench = Bench::renewed_once();
    bench.put(bench.newest(), &corrected);
    // The same slot of the same account under the same key: that is no copy but a backup.
    assert_eq!(token_of(&bench.read()), "second");
}

#[test]
fn a_slot_rolled_back_by_more_than_one_write_is_an_unknown_outcome() {
    let bench = Bench::renewed_once();
    let slot = bench.newest().other();
    let backup = bench.raw(slot);
    for token in ["third", "fourth", "fifth"] {
        bench.save(sample(1, token));
    }
    assert_eq!(bench.newest(), slot);
    bench.put(slot, &backup);
    let reading = bench.read();
    assert_eq!(token_of(&reading), "fourth");
    assert!(reading.fell_back);
}

#[test]
fn what_a_running_vault_has_seen_is_not_lost_with_the_disk() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    save(&vault, sample(1, "third")).unwrap();
    for _ in 0..3 {
        bench.put(bench.newest(), b"torn");
        let reading = vault.read().unwrap();
        assert_eq!(token_of(&reading), "third");
        assert_eq!((reading.fell_back, reading.set_aside.len()), (false, 1));
    }
    for slot in Slot::BOTH {
        bench.put(slot, b"torn");
    }
    let reading = vault.read().unwrap();
    assert_eq!(token_of(&reading), "third");
    assert_eq!((reading.fell_back, reading.set_aside.len()), (false, 2));
    // It is on disk again, for those who have not seen it.
    let reading = bench.read();
    assert_eq!(token_of(&reading), "third");
    assert!(!reading.fell_back);
}

#[test]
fn an_answer_saved_over_a_newest_slot_that_was_lost_meanwhile_finds_what_it_was_asked_with() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    vault.read().unwrap();
    bench.put(bench.newest(), b"torn");
    let mut seen = String::new();
    vault
        .change(&mut |present| {
            seen = crate::contract::token(present);
            Some(sample(1, "third"))
        })
        .unwrap();
    assert_eq!(seen, "second");
    assert_eq!(token_of(&bench.read()), "third");
}

#[test]
fn a_session_that_another_copy_began_after_forgetting_everything_is_taken_for_what_it_is() {
    let bench = Bench::renewed_once();
    let mine = bench.vault();
    save(&mine, sample(1, "third")).unwrap();
    let theirs = bench.vault();
    theirs.forget().unwrap();
    assert!(mine.read().unwrap().record.is_none());
    let mine = bench.vault();
    save(&mine, sample(1, "mine")).unwrap();
    save(&mine, sample(1, "mine")).unwrap();
    theirs.forget().unwrap();
    let mut other = sample(1, "theirs");
    other.session.as_mut().unwrap().fingerprint_key = zeroize::Zeroizing::new([8; 32]);
    save(&theirs, other).unwrap();
    assert_eq!(token_of(&mine.read().unwrap()), "theirs");
}

#[test]
fn a_sign_out_that_was_seen_and_rolled_back_is_an_unknown_outcome() {
    let bench = Bench::renewed_once();
    let backup = Slot::BOTH.map(|slot| (slot, bench.raw(slot)));
    let vault = bench.vault();
    save(&vault, signed_out(2)).unwrap();
    for (slot, bytes) in backup {
        bench.put(slot, &bytes);
    }
    assert!(vault.read().unwrap().fell_back);
    assert!(!vault.read().unwrap().fell_back, "told once");
}

#[test]
fn an_edited_server_address_never_gets_the_tokens() {
    let edit = |document: &mut serde_json::Value| {
        document["account"]["base"] = "https://evil.example/".into();
    };
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let plain = {
        let mut document = bench.document(newest);
        edit(&mut document);
        serde_json::to_vec(&document).unwrap()
    };
    let corrected = edited(&bench, newest, edit);
    bench.put(newest, &plain);
    falls_back(&bench, "checksum left as it was");
    bench.put(newest, &corrected);
    let reading = bench.read();
    assert_eq!(token_of(&reading), "first");
    assert_eq!(reading.record.unwrap().account["base"], "https://auth.example/");
    assert!(reading.fell_back);
    assert!(reading.set_aside[0].contains("changed from outside"));
}

#[test]
fn with_both_slots_edited_nothing_opens_and_nothing_is_destroyed() {
    let bench = Bench::renewed_once();
    for slot in Slot::BOTH {
        let bytes = edited(&bench, slot, |document| document["identity"]["name"] = "Eve".into());
        bench.put(slot, &bytes);
    }
    assert!(matches!(bench.vault().read(), Err(VaultFailure::KeyGone(_))));
    assert_eq!(bench.set_aside_files(), 0);
}

#[test]
fn every_clear_member_is_under_the_seal() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let document = bench.document(newest);
    let mut tried = 0;
    for (name, value) in document.as_object().unwrap() {
        if ["check", "sealed", "version", "epoch", "generation", "protection", "signed_in"]
            .contains(&name.as_str())
        {
            continue;
        }
        let other: serde_json::Value = match name.as_str() {
            "account" => serde_json::json!({}),
            "identity" => serde_json::Value::Null,
            "written" => {
                let mut written = value.clone();
                written["wall_ms"] = 1.into();
                written
            }
            "after" => 77.into(),
            "first_of_two" => true.into(),
            "outbox" => 1.into(),
            unknown => panic!("a new member: {unknown}"),
        };
        let bytes = edited(&bench, newest, |document| document[name.as_str()] = other);
        let whole = bench.raw(newest);
        bench.put(newest, &bytes);
        falls_back(&bench, name);
        bench.put(newest, &whole);
        tried += 1;
    }
    assert_eq!(tried, 6);
    // Raised, so that the slot stays the newest.
    for name in ["epoch", "generation"] {
        let whole = bench.raw(newest);
        let bytes = edited(&bench, newest, |document| document[name] = 99.into());
        bench.put(newest, &bytes);
        falls_back(&bench, name);
        bench.put(newest, &whole);
    }
}

#[test]
fn a_slot_edited_to_name_another_place_for_its_key_waits_for_that_place() {
    let bench = Bench::renewed_once();
    let newest = bench.newest();
    let bytes = edited(&bench, newest, |document| document["protection"] = "key_file".into());
    bench.put(newest, &bytes);
    // Not the older slot: whoever changes the place of the key for good passes through this, too.
    assert!(matches!(bench.vault().read(), Err(VaultFailure::KeyGone(_))));
    assert_eq!(bench.raw(newest), bytes);
}
