//! Sessions that are kept in memory only.

use super::{Bench, save, signed_out, token_of};
use crate::Slot;
use crate::contract::sample;
use keeper::ports::Vault as _;
use keeper::record::{Keep, Record};
use std::fs;

fn in_memory(epoch: u64, token: &str) -> Record {
    Record { keep: Keep::Memory, ..sample(epoch, token) }
}

/// No session, nobody named.
#[track_caller]
fn nothing_on_disk(bench: &Bench) {
    for slot in Slot::BOTH {
        let document = bench.document(slot);
        assert_eq!(document["signed_in"], false, "{document}");
        assert!(document["identity"].is_null(), "{document}");
        // The settings name the user and the server.
        assert!(document["account"].is_null(), "{document}");
    }
}

#[test]
fn a_session_in_memory_leaves_neither_session_nor_name_nor_server_on_disk() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    save(&vault, in_memory(2, "only here")).unwrap();
    nothing_on_disk(&bench);
    let reading = vault.read().unwrap();
    assert_eq!(token_of(&reading), "only here");
    assert_eq!(reading.record.unwrap().keep, Keep::Memory);
    let card = vault.card().unwrap().unwrap();
    assert!(card.has_session && card.identity.is_some());
    // A restart: the session is gone, and the one before it does not come back.
    let record = bench.read().record.unwrap();
    assert!(record.session.is_none());
    assert_eq!(record.epoch, 2);
    assert!(record.account.is_null());
}

#[test]
fn renewing_in_memory_touches_no_file() {
    let bench = Bench::new();
    let vault = bench.vault();
    let first = save(&vault, in_memory(1, "first")).unwrap().unwrap();
    let before = Slot::BOTH.map(|slot| bench.raw(slot));
    let second = save(&vault, in_memory(1, "second")).unwrap().unwrap();
    assert!(second.generation > first.generation);
    assert_eq!(Slot::BOTH.map(|slot| bench.raw(slot)), before);
    assert_eq!(token_of(&vault.read().unwrap()), "second");
}

#[test]
fn turning_to_memory_in_mid_session_takes_the_session_off_the_disk() {
    let bench = Bench::renewed_once();
    let vault = bench.vault();
    save(&vault, in_memory(1, "third")).unwrap();
    nothing_on_disk(&bench);
    assert_eq!(token_of(&vault.read().unwrap()), "third");
}

#[test]
fn turning_to_disk_in_mid_session_keeps_it_in_both_slots() {
    let bench = Bench::new();
    let vault = bench.vault();
    save(&vault, in_memory(1, "first")).unwrap();
    save(&vault, sample(1, "second")).unwrap();
    assert_eq!(token_of(&bench.read()), "second");
    fs::remove_file(bench.path(bench.newest())).unwrap();
    assert_eq!(token_of(&bench.read()), "second");
    let reading = vault.read().unwrap();
    assert_eq!(reading.record.unwrap().keep, Keep::Disk);
}

#[test]
fn another_copys_sign_in_or_sign_out_ends_the_session_in_memory() {
    for later in [sample(2, "theirs"), signed_out(2)] {
        let bench = Bench::new();
        let vault = bench.vault();
        save(&vault, in_memory(1, "mine")).unwrap();
        bench.save(later.clone());
        let reading = vault.read().unwrap();
        assert_eq!(token_of(&reading), crate::contract::token(Some(&later)));
        assert_eq!(reading.record.unwrap().epoch, 2);
    }
}

#[test]
fn damage_on_disk_does_not_end_a_session_in_memory() {
    let bench = Bench::new();
    let vault = bench.vault();
    save(&vault, in_memory(1, "mine")).unwrap();
    for slot in Slot::BOTH {
        bench.put(slot, b"torn");
    }
    let reading = vault.read().unwrap();
    assert_eq!(token_of(&reading), "mine");
    assert_eq!(reading.set_aside.len(), 2);
}

#[test]
fn signing_out_and_forgetting_end_a_session_in_memory() {
    let bench = Bench::new();
    let vault = bench.vault();
    save(&vault, in_memory(1, "mine")).unwrap();
    for (epoch, keep) in [(2, Keep::Memory), (4, Keep::Disk)] {
        save(&vault, Record { keep, ..signed_out(epoch) }).unwrap();
        assert!(vault.read().unwrap().record.unwrap().session.is_none());
        nothing_on_disk(&bench);
        save(&vault, in_memory(epoch + 1, "mine")).unwrap();
    }
    vault.forget().unwrap();
    assert!(vault.read().unwrap().record.is_none());
}

#[test]
fn a_session_in_memory_needs_no_key() {
    let bench = Bench::renewed_once();
    let vault = bench.vault_by(super::keychain::Scripted::locked());
    save(&vault, in_memory(2, "mine")).unwrap();
    assert_eq!(token_of(&vault.read().unwrap()), "mine");
    nothing_on_disk(&bench);
}
