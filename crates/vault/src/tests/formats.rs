//! What older versions of this app have written. The files here are theirs, sealed with
//! [`super::KEY`].

use super::records::exposed;
use super::{Bench, ids_of, save, signed_out_with, token_of};
use crate::Slot;
use crate::contract::{sample, unrevoked};
use keeper::ports::Vault as _;

fn first_format(files: [&[u8]; 2]) -> Bench {
    let bench = Bench::new();
    for (slot, bytes) in Slot::BOTH.into_iter().zip(files) {
        bench.put(slot, bytes);
    }
    bench
}

fn signed_in() -> Bench {
    first_format([include_bytes!("format-1-in-a.json"), include_bytes!("format-1-in-b.json")])
}

fn signed_out() -> Bench {
    first_format([include_bytes!("format-1-out-a.json"), include_bytes!("format-1-out-b.json")])
}

#[test]
fn a_session_from_before_some_members_existed_is_read() {
    let bench = Bench::new();
    bench.put(Slot::A, include_bytes!("format-1-early.json"));
    let reading = bench.read();
    assert!(reading.set_aside.is_empty(), "{:?}", reading.set_aside);
    assert_eq!(token_of(&reading), "kept since format 1");
    let mut record = sample(1, "kept since format 1");
    let read = reading.record.unwrap();
    record.generation = read.generation;
    assert_eq!(exposed(&read), exposed(&record));
}

#[test]
fn a_session_in_the_first_format_is_read_and_goes_on_in_the_second() {
    let bench = signed_in();
    let reading = bench.read();
    assert_eq!(token_of(&reading), "renewed in format 1");
    assert!(!reading.fell_back && reading.set_aside.is_empty());
    assert!(bench.vault().card().unwrap().unwrap().has_session);
    assert_eq!(bench.vault().vouched_settings().unwrap(), Some(sample(1, "").account));

    let record =
        keeper::record::Record { outbox: vec![unrevoked(7)], ..sample(1, "renewed in format 2") };
    bench.save(record);

    assert_eq!(bench.document(bench.newest())["version"], 2);
    assert_eq!(bench.document(bench.newest().other())["version"], 1, "the older one is untouched");
    let reading = bench.read();
    assert_eq!(token_of(&reading), "renewed in format 2");
    assert_eq!(ids_of(reading.record.as_ref()), [7]);
    assert!(!reading.fell_back);
}

#[test]
fn a_sign_out_in_the_first_format_is_read_without_a_key_and_nobody_vouches_for_it() {
    let bench = signed_out();
    let keychain = super::keychain::Scripted::holding(super::KEY);
    let vault = bench.vault_by(keychain.clone());
    let reading = vault.read().unwrap();
    let record = reading.record.unwrap();
    assert!(record.session.is_none() && record.epoch == 2 && !reading.fell_back);
    assert_eq!(record.account, sample(1, "").account);
    assert!(!vault.card().unwrap().unwrap().has_session);
    assert_eq!(vault.vouched_settings().unwrap(), None);
    assert_eq!(keychain.asked(), 0);

    save(&vault, sample(3, "again")).unwrap();
    save(&vault, signed_out_with(4, &[1])).unwrap();

    for slot in Slot::BOTH {
        assert_eq!(bench.document(slot)["version"], 2);
    }
    assert_eq!(ids_of(bench.read().record.as_ref()), [1]);
    assert_eq!(vault.vouched_settings().unwrap(), Some(sample(1, "").account));
}

#[test]
fn a_torn_write_over_the_first_format_falls_back_to_it() {
    let bench = signed_in();
    bench.save(sample(1, "renewed in format 2"));
    let newest = bench.newest();
    bench.put(newest, &bench.raw(newest)[..300]);
    let reading = bench.read();
    assert_eq!(token_of(&reading), "renewed in format 1");
    assert!(reading.fell_back);
}
